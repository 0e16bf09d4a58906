"""Who may come in: this machine's own browser, with the token of this start, and nobody else's page."""

import hmac
import secrets
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.preview.static_files import StaticFiles

MAX_BODY_BYTES = 64 * 1024
TOKEN_PARAMETER = "token"  # noqa: S105 the name of the parameter

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types rendered-card"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Door:
    """The address of one start of the room, and the secrets that open it."""

    host: str
    port: int
    token: str = field(default_factory=_new_secret, repr=False)
    """In the printed address; exchanged for the cookie."""
    session: str = field(default_factory=_new_secret, repr=False)
    """The cookie's value."""

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"{self.origin}/?{TOKEN_PARAMETER}={self.token}"

    @property
    def cookie(self) -> str:
        """Browsers share cookies between ports, so each room's has a name of its own."""
        return f"council_room_{self.port}"

    def knows_host(self, request: web.Request) -> bool:
        """A page elsewhere whose name was made to point here still sends its own name."""
        return request.headers.get("Host", "").lower() in self._names()

    def knows_origin(self, request: web.Request) -> bool:
        """Absent where a person opens the address or follows a link; needed wherever something happens."""
        origin = request.headers.get("Origin")
        if origin is None:
            return request.method in {"GET", "HEAD"}
        return origin.lower() in {f"http://{name}" for name in self._names()}

    def is_asked_by_another_page(self, request: web.Request) -> bool:
        """Other servers of this machine are the same site to a browser: our strict cookie comes along."""
        asked_from = request.headers.get("Sec-Fetch-Site", "none")
        return request.path != "/" and asked_from not in {"same-origin", "none"}

    def opens_with_token(self, request: web.Request) -> bool:
        return _is_same(request.query.get(TOKEN_PARAMETER, ""), self.token)

    def opens_with_cookie(self, request: web.Request) -> bool:
        return _is_same(request.cookies.get(self.cookie, ""), self.session)

    def _names(self) -> set[str]:
        names = ("127.0.0.1", "localhost", "[::1]")
        return {f"{name}:{self.port}" for name in names} | (set(names) if self.port == 80 else set())


def _is_same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), secret.encode())


def guard(door: Door, files: StaticFiles) -> Middleware:
    """The middleware that stands before every handler."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_ours = door.knows_host(request) and door.knows_origin(request)
        if not is_ours or door.is_asked_by_another_page(request):
            return files.response("closed.html", status=403)
        is_open_to_all = request.path.startswith("/static/")
        if request.path == "/" and request.method == "GET" and door.opens_with_token(request):
            return _come_in(door, await handler(request))
        if not is_open_to_all and not door.opens_with_cookie(request):
            return files.response("closed.html", status=403)
        return await handler(request)

    return check


def _come_in(door: Door, page: web.StreamResponse) -> web.StreamResponse:
    """The page itself answers, and drops the token from the address bar: a redirect would lose the
    strict cookie where the address was opened from another page."""
    page.set_cookie(door.cookie, door.session, httponly=True, samesite="Strict", path="/")
    return page


async def add_security_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """For every answer, refusals and streams included."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
