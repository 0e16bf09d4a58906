"""The account behind real HTTP on loopback."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.hubspot.account import Account
from tests.hubspot.answers import Answers, Refused, Request
from tests.hubspot.clock import HandClock


class LocalHubspot:
    """A running server: `url`, the account behind it, and its faults."""

    def __init__(self, url: str, answers: Answers, clock: HandClock) -> None:
        self.url = url
        self.answers = answers
        self.account = answers.account
        self.clock = clock
        self.hangs_up_after_next_write = False


@contextmanager
def running_hubspot() -> Iterator[LocalHubspot]:
    clock = HandClock()
    answers = Answers(Account(), clock)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    hubspot = LocalHubspot(f"http://127.0.0.1:{server.server_port}", answers, clock)
    _Handler.hubspot_of[server.server_port] = hubspot
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hubspot
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        del _Handler.hubspot_of[server.server_port]


class _Handler(BaseHTTPRequestHandler):
    hubspot_of: dict[int, LocalHubspot] = {}  # noqa: RUF012 - shared on purpose: by port
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one packet: two of them wait for each other

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PATCH(self) -> None:
        self._serve("PATCH")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests look at `Answers.requests`."""

    def _serve(self, method: str) -> None:
        hubspot = self.hubspot_of[self.server.server_address[1]]  # type: ignore[index]
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        token = self.headers.get("Authorization", "")
        request = Request(method, address.path, dict(parse_qsl(address.query)), token, body)
        try:
            answer = hubspot.answers.answer(request)
        except Refused as refused:
            self._send(refused.status, refused.body(), refused.headers)
            return
        if method == "PATCH" and hubspot.hangs_up_after_next_write:
            hubspot.hangs_up_after_next_write = False
            self.close_connection = True
            return
        self._send(200, answer, {})

    def _send(self, status: int, body: Any, headers: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
