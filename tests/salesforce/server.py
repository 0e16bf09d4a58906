"""The local Salesforce over HTTP: token endpoint, REST and Bulk API 2.0, on loopback alone.

What a test switches is in `org` (what an administrator or a person does), `app` and `faults`; what was
asked is in `calls`.
"""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.salesforce.describing import describe, layout, picklist_values
from tests.salesforce.errors import Refused, no_such_resource, session_has_ended
from tests.salesforce.faults import Break, Faults
from tests.salesforce.oauth import App, SignInRefused, TokenEndpoint
from tests.salesforce.org import Org
from tests.salesforce.pages import LARGEST_PAGE, BulkJobs, Queries, rendered
from tests.salesforce.query import run
from tests.salesforce.soql import parse
from tests.salesforce.values import Json, long_id
from tests.salesforce.writing import patch

LONGEST_ADDRESS = 16_384
_BULK_PAGE = 100_000
_MOST_PARTS, _MOST_QUERIES = 25, 5
"""Of a composite request."""
_QUERIES = frozenset({"query", "queryAll"})


@dataclass(frozen=True)
class Call:
    """What was asked, without the token."""

    method: str
    path: str
    params: dict[str, str]
    body: Any
    headers: dict[str, str]
    user_id: str = ""
    """Whose session it was; empty where none was needed or it had ended."""


@dataclass(frozen=True)
class Answered:
    """What a call gets."""

    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class LocalSalesforce:
    """One organisation behind a login host and, elsewhere, its instance."""

    def __init__(self, org: Org, app: App) -> None:
        self.org = org
        self.app = app
        self.faults = Faults()
        self.tokens = TokenEndpoint(org, app)
        self.queries = Queries(org, self.faults)
        self.jobs = BulkJobs(org, self.faults)
        self.calls: list[Call] = []
        self.has_ui_api = True
        self.calls_allowed = 15_000
        self.calls_used = 0
        """Of the day; other apps may have used some."""
        self.login_url = self.instance_url = ""
        self._lock = threading.RLock()

    def answer(self, call: Call, token: str, *, at_login: bool) -> Answered:
        """One call at a time: what a test sees afterwards is whole."""
        with self._lock:
            if call.path == "/services/oauth2/token":
                self.calls.append(call)
                return self._sign_in(call)
            try:
                return self._resource(call, token, at_login=at_login)
            except Refused as refused:
                return self._refusal(refused)

    # --- sign-in ----------------------------------------------------------------------------------

    def _sign_in(self, call: Call) -> Answered:
        try:
            if self.faults.sign_in_error is not None:
                raise SignInRefused(*self.faults.sign_in_error)
            token = self.tokens.sign_in(call.body, self.login_url)
        except SignInRefused as refused:
            return _json(400, {"error": refused.error, "error_description": refused.description})
        return _json(
            200,
            {
                "access_token": token,
                "instance_url": self.instance_url,
                "id": f"{self.login_url}/id/00D5f0000000001EAA/{self.tokens.sessions[token]}",
                "token_type": "Bearer",
                "scope": "api",
            },
        )

    # --- resources --------------------------------------------------------------------------------

    def _resource(self, call: Call, token: str, *, at_login: bool) -> Answered:
        user_id = self.tokens.sessions.get(token)
        self.calls.append(Call(call.method, call.path, call.params, call.body, call.headers, user_id or ""))
        if at_login and self.instance_url != self.login_url:
            raise no_such_resource()
        if self.faults.refusals:
            raise self.faults.refusals.pop(0)
        if user_id is None:
            raise session_has_ended()
        if self.calls_used >= self.calls_allowed:
            raise Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.calls_used += 1
        match call.path.strip("/").split("/"):
            case ["services", "data", version, *rest] if version.startswith("v"):
                return self._versioned(call, rest, version[1:], token, user_id)
        raise no_such_resource()

    def _versioned(self, call: Call, path: list[str], version: str, token: str, user_id: str) -> Answered:
        match call.method, path:
            case "GET", ["query" | "queryAll" as kind]:
                size = _batch_size(call.headers.get("sforce-query-options", ""))
                everything = kind == "queryAll"
                page = self.queries.start(
                    call.params.get("q", ""), token, version, size=size, include_deleted=everything
                )
                return self._paged(_json(200, page))
            case "GET", ["query" | "queryAll", locator]:
                return self._paged(_json(200, self.queries.go_on(locator, token, version)))
            case "GET", []:
                return _json(200, {"query": f"/services/data/v{version}/query"})
            case "GET", ["sobjects"]:
                names = [name for name in self.org.objects if self.org.visible(name)]
                return _json(200, {"sobjects": [{"name": name, "queryable": True} for name in names]})
            case "GET", ["sobjects", name, "describe"]:
                return _json(200, describe(self.org, name))
            case "GET", ["sobjects", name, row_id]:
                return _json(200, self._record(name, row_id, call.params.get("fields"), version))
            case "PATCH", ["sobjects", name, row_id]:
                return self._patch(call, name, row_id, user_id)
            case "GET", ["ui-api", "object-info", name, "picklist-values", kind]:
                self._check_ui_api()
                return _json(200, picklist_values(self.org, name, kind))
            case "GET", ["ui-api", "layout", name]:
                self._check_ui_api()
                return _json(200, layout(self.org, name, call.params.get("recordTypeId", "")))
            case "GET", ["limits"]:
                left = max(0, self.calls_allowed - self.calls_used)
                return _json(200, {"DailyApiRequests": {"Max": self.calls_allowed, "Remaining": left}})
            case "POST", ["composite"]:
                return _json(200, {"compositeResponse": self._composite(call, token, user_id)})
            case _, ["jobs", "query", *rest]:
                return self._bulk(call, rest, version)
        raise no_such_resource()

    def _composite(self, call: Call, token: str, user_id: str) -> list[Json]:
        """Several requests in one call; each is answered as it would be alone."""
        parts = call.body["compositeRequest"]
        queries = [part for part in parts if urlsplit(part["url"]).path.rpartition("/")[2] in _QUERIES]
        if len(parts) > _MOST_PARTS or len(queries) > _MOST_QUERIES:
            raise Refused(
                400,
                "LIMIT_EXCEEDED",
                f"A composite request holds {_MOST_PARTS} requests and {_MOST_QUERIES} queries at most.",
            )
        return [self._part(part, token, user_id) for part in parts]

    def _part(self, part: Json, token: str, user_id: str) -> Json:
        address = urlsplit(part["url"])
        params = {key: values[-1] for key, values in parse_qs(address.query).items()}
        _, _, version, *path = address.path.strip("/").split("/")
        inner = Call(part["method"], address.path, params, part.get("body"), {}, user_id)
        try:
            answered = self._versioned(inner, path, version.removeprefix("v"), token, user_id)
        except Refused as refused:
            answered = _json(refused.status, refused.body())
        return {
            "body": json.loads(answered.content) if answered.content else None,
            "httpHeaders": {},
            "httpStatusCode": answered.status,
            "referenceId": part["referenceId"],
        }

    def _check_ui_api(self) -> None:
        if not self.has_ui_api:
            raise Refused(
                403, "FUNCTIONALITY_NOT_ENABLED", "This feature is not currently enabled for this user."
            )

    def _record(self, name: str, row_id: str, fields: str | None, version: str) -> Json:
        sobject = self.org.visible(name)
        row = self.org.row(sobject.name, long_id(row_id)) if sobject is not None else None
        if sobject is None or row is None:
            raise no_such_resource()
        if row.get("IsDeleted"):
            raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted", ())
        wanted = fields or ",".join(sobject.fields)
        query = parse(f"SELECT {wanted} FROM {sobject.name} WHERE Id = '{row['Id']}'")
        result = run(self.org, query, include_deleted=False)
        return rendered(self.org, result, row, version)

    def _patch(self, call: Call, name: str, row_id: str, user_id: str) -> Answered:
        if self.faults.before_writes:
            self.faults.before_writes.pop(0)()
        if self.faults.write_refusals:
            raise self.faults.write_refusals.pop(0)
        since = call.headers.get("if-unmodified-since")
        if not isinstance(call.body, dict):
            raise Refused(
                400,
                "JSON_PARSER_ERROR",
                "The HTTP entity body is required, but this request has no entity body.",
            )
        patch(self.org, name, row_id, call.body, by=user_id, unmodified_since=since)
        return Answered(204)

    def _bulk(self, call: Call, path: list[str], version: str) -> Answered:
        match call.method, path:
            case "POST", []:
                return _json(200, self.jobs.create(call.body, version))
            case "GET", [job_id]:
                return _json(200, self.jobs.state(job_id))
            case "PATCH", [job_id]:
                return _json(200, self.jobs.abort(job_id))
            case "DELETE", [job_id]:
                self.jobs.delete(job_id)
                return Answered(204)
            case "GET", [job_id, "results"]:
                size = int(call.params.get("maxRecords", _BULK_PAGE))
                page = self.jobs.page(job_id, call.params.get("locator"), size)
                headers = {
                    "Content-Type": "text/csv",
                    "Sforce-Locator": page.locator,
                    "Sforce-NumberOfRecords": str(page.count),
                }
                return self._paged(Answered(200, page.csv.encode(), headers))
        raise no_such_resource()

    def _paged(self, answered: Answered) -> Answered:
        """Sessions and locators end by the number of pages of rows that were answered."""
        faults = self.faults
        if faults.pages_until_expiry is not None:
            faults.pages_until_expiry -= 1
            if faults.pages_until_expiry <= 0:
                faults.pages_until_expiry = None
                self.tokens.end_sessions()
        if faults.pages_until_locators_expire is not None:
            faults.pages_until_locators_expire -= 1
            if faults.pages_until_locators_expire <= 0:
                faults.pages_until_locators_expire = None
                self.queries.forget()
        return answered

    def _refusal(self, refused: Refused) -> Answered:
        answered = _json(refused.status, refused.body())
        if refused.status in {429, 503} and self.faults.retry_after_seconds is not None:
            answered.headers["Retry-After"] = str(self.faults.retry_after_seconds)
        return answered


def _batch_size(options: str) -> int:
    size = options.partition("batchSize=")[2].strip()
    return int(size) if size.isdecimal() else LARGEST_PAGE


def _json(status: int, body: Any) -> Answered:
    return Answered(status, json.dumps(body).encode(), {"Content-Type": "application/json;charset=UTF-8"})


@contextmanager
def serve(org: Org, app: App, *, instance_elsewhere: bool = True) -> Iterator[LocalSalesforce]:
    """Served on free ports of loopback; the instance has another address than the login host."""
    salesforce = LocalSalesforce(org, app)
    login = _Server(salesforce, is_login=True)
    instance = _Server(salesforce, is_login=False) if instance_elsewhere else login
    salesforce.login_url, salesforce.instance_url = login.url, instance.url
    servers = {id(each): each for each in (login, instance)}.values()
    threads = [threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True) for each in servers]
    for thread in threads:
        thread.start()
    try:
        yield salesforce
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, salesforce: LocalSalesforce, *, is_login: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.salesforce = salesforce
        self.is_login = is_login

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone away is none."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and content go together
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Not on the terminal."""

    def _handle(self) -> None:
        salesforce = self.server.salesforce
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if len(self.path) > LONGEST_ADDRESS:
            self._write(Answered(414))
            return
        how = salesforce.faults.next_break(self.command)
        if how is Break.BEFORE:
            self.close_connection = True
            return
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        answered = salesforce.answer(self._call(content), token, at_login=self.server.is_login)
        if how is Break.AFTER:
            self.close_connection = True
            return
        self._write(answered, is_halved=how is Break.HALFWAY)

    def _call(self, content: bytes) -> Call:
        address = urlsplit(self.path)
        params = {key: values[-1] for key, values in parse_qs(address.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items() if name != "Authorization"}
        body: Any = None
        if content and "json" in headers.get("content-type", ""):
            body = json.loads(content)
        elif content:
            body = dict(parse_qsl(content.decode()))
        return Call(self.command, address.path, params, body, headers)

    def _write(self, answered: Answered, *, is_halved: bool = False) -> None:
        salesforce = self.server.salesforce
        content, headers = answered.content, dict(answered.headers)
        if content and "gzip" in (self.headers.get("Accept-Encoding") or ""):
            content = gzip.compress(content, 1)
            headers["Content-Encoding"] = "gzip"
        self.send_response_only(answered.status)
        self.send_header("Date", formatdate(salesforce.org.clock(), usegmt=True))
        self.send_header("Sforce-Limit-Info", f"api-usage={salesforce.calls_used}/{salesforce.calls_allowed}")
        for name, value in headers.items():
            self.send_header(name, value)
        if answered.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if is_halved:
            content = content[: len(content) // 2]
            self.close_connection = True
        self.wfile.write(content)
