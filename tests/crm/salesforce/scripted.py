"""A server on this machine that answers what a test says, call by call, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import SecretStr

from crm.salesforce.definition import SalesforceDefinition

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: Mapping[str, str]
    content: str


class Scripted:
    """Replies by path, used up in their order; the last one stands for good."""

    def __init__(self) -> None:
        self.address = ""
        self.calls: list[Call] = []
        self._replies: dict[str, list[Reply]] = {}
        self._held: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self._tokens = 0

    def answers(self, path: str, *replies: Reply) -> None:
        self._replies[path] = list(replies)

    @contextmanager
    def holding_back(self, path: str) -> Iterator[None]:
        """Nobody who asks for it gets an answer before the end."""
        self._held[path] = threading.Event()
        try:
            yield
        finally:
            self._held.pop(path).set()

    def wait(self, call: Call) -> None:
        held = self._held.get(call.path.partition("?")[0])
        if held is not None:
            held.wait()

    def called(self, path: str) -> Sequence[Call]:
        return [call for call in self.calls if call.path.partition("?")[0] == path]

    def reply(self, call: Call) -> Reply:
        with self._lock:
            self.calls.append(call)
            path = call.path.partition("?")[0]
            waiting = self._replies.get(path)
            if waiting:
                return waiting.pop(0) if len(waiting) > 1 else waiting[0]
            if path == "/services/oauth2/token":
                self._tokens += 1
                return Reply(body={"access_token": f"secret-{self._tokens}", "instance_url": self.address})
            return Reply(
                404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
            )


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone away is none."""


@contextmanager
def scripted() -> Iterator[Scripted]:
    """A server on a free port of this machine."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            call = Call(self.command, self.path, dict(self.headers.items()), content)
            script.wait(call)
            reply = script.reply(call)
            body = b"" if reply.body is None else json.dumps(reply.body).encode()
            self.send_response_only(reply.status)
            headers = {"Date": self.date_time_string(), "Content-Length": str(len(body)), **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - names of the library

        def log_message(self, format: str, *args: object) -> None:
            """Tests are silent."""

    server = _Server(("127.0.0.1", 0), Handler)
    script.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def definition_of(address: str, **more: Any) -> SalesforceDefinition:
    return SalesforceDefinition(host=address, client_id="app", client_secret=SecretStr("hush-hush"), **more)
