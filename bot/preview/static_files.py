"""The page's own files, read once when the room opens."""

from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"

_MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class StaticFiles:
    """Only what lies in the folder can be asked for: names are looked up, never turned into paths."""

    def __init__(self) -> None:
        self._bodies = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}

    def response(self, name: str, status: int = 200) -> web.Response:
        body = self._bodies.get(name)
        if body is None:
            raise web.HTTPNotFound(text="There is no such file in the local room.")
        media_type = _MEDIA_TYPES[Path(name).suffix]
        return web.Response(body=body, status=status, content_type=media_type, charset="utf-8")
