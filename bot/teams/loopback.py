"""The development switch: no tokens, and nobody let in but this machine.

Microsoft's local client has no credentials. A tunnel or a proxy on this machine would make everybody local,
and so would a page in the developer's browser: both show by their headers, and are refused.
"""

from collections.abc import Mapping

import structlog
from yarl import URL

from bot.teams.gate import MAX_BODY_BYTES, Arrived, Genuine, NotGenuine, Refused, parse_activity, refuse
from bot.teams.service_urls import is_loopback_host, is_loopback_url

logger = structlog.get_logger()

WARNING = (
    "DEVELOPMENT: Teams requests are taken WITHOUT tokens from programs on this machine. Whoever can run one "
    "here can speak as anybody. Never set teams.development in production."
)
"""What the room prints, loudly, when it starts so."""
_PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class LoopbackGate:
    """Lets in whatever comes from this machine and asks to be answered there."""

    def __init__(self) -> None:
        logger.warning("teams_development_without_tokens", message=WARNING)

    async def check_request(self, arrived: Arrived) -> Genuine | Refused:
        """`Refused` with 413 for too large a body, else with 401. Never raises."""
        if len(arrived.body) > MAX_BODY_BYTES:
            return refuse("too large", 413)
        try:
            _check_way(arrived)
            activity = parse_activity(arrived.body)
            service = activity.get("serviceUrl")
            if not (isinstance(service, str) and is_loopback_url(service)):
                raise NotGenuine("service address not local")
        except NotGenuine as refused:
            return refuse(str(refused))
        return Genuine(activity)


def _check_way(arrived: Arrived) -> None:
    """Raises `NotGenuine` unless both ends are this machine, with nothing between them."""
    if not is_loopback_host(arrived.peer or ""):
        raise NotGenuine("client not local")
    if not is_loopback_host(_host(arrived.headers)):
        raise NotGenuine("host not local")
    if any(arrived.headers.get(name) for name in _PASSED_ON):
        raise NotGenuine("passed on by a proxy")
    origin = arrived.headers.get("Origin")
    if origin is not None and not is_loopback_url(origin):
        raise NotGenuine("sent by a page from elsewhere")


def _host(headers: Mapping[str, str]) -> str:
    """The host of the Host header; empty for none, or for one that is more than a host and a port."""
    written = headers.get("Host", "")
    try:
        url = URL(f"http://{written}")
    except ValueError:
        return ""
    return "" if any(sign in written for sign in "@/?#\\") else url.host or ""
