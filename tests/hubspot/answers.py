"""What HubSpot answers to a request, as its documentation says: no sockets here."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tests.hubspot.account import READ_ONLY, TOKEN, Account, Stored, iso

_MOST_A_SEARCH = 200
_MOST_A_PAGE = 100
_MOST_A_BATCH = 100
_MOST_WITH_HISTORY = 50
_VERSIONS_TOLD = 20
_SEARCHES_A_SECOND = 5
_FILTERS_A_GROUP = 6


@dataclass
class Refused(Exception):
    """An answer other than success."""

    status: int
    message: str
    category: str = "VALIDATION_ERROR"
    further: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        return {
            "status": "error",
            "message": self.message,
            "correlationId": "0f3c2a5e",
            "category": self.category,
            **self.further,
        }


@dataclass
class Request:
    method: str
    path: str
    params: Mapping[str, str]
    token: str
    body: Any


class Answers:
    """The API over one account. Faults are switched by methods that read as facts."""

    def __init__(self, account: Account, clock: Callable[[], float]) -> None:
        self.account = account
        self.requests: list[Request] = []
        self.refused: list[Refused] = []
        self.links_a_page = 500
        self.most_found = 10_000
        """Rows at which a search ends."""
        self._clock = clock
        self._searched: list[float] = []
        self._faults: list[Refused] = []
        self._before_patch: list[Callable[[], None]] = []

    # --- Faults ------------------------------------------------------------------------------------

    def refuses_next(self, *faults: Refused) -> None:
        """The next requests fail like that, one after the other."""
        self._faults.extend(faults)

    def before_next_patch(self, act: Callable[[], None]) -> None:
        """Something happens between the last look of a writer and the write."""
        self._before_patch.append(act)

    # --- The API -----------------------------------------------------------------------------------

    def answer(self, request: Request) -> Any:
        """The body of a success. Raises `Refused`."""
        with self.account.lock:
            self.requests.append(request)
            try:
                return self._answer(request)
            except Refused as refused:
                self.refused.append(refused)
                raise

    def _answer(self, request: Request) -> Any:
        if self._faults:
            raise self._faults.pop(0)
        if request.token != f"Bearer {TOKEN}":
            raise Refused(401, "Authentication credentials not found.", "INVALID_AUTHENTICATION")
        return self._route(request)

    def _route(self, request: Request) -> Any:
        match (request.method, request.path.strip("/").split("/")):
            case "GET", ["crm", "v3", "properties", object_type]:
                self._need(f"crm.schemas.{object_type}.read")
                return {"results": list(self.account.properties[object_type].values())}
            case "GET", ["crm", "v3", "pipelines", "deals"]:
                self._need("crm.objects.deals.read")
                return {"results": self.account.pipelines}
            case "GET", ["crm", "v3", "owners"]:
                self._need("crm.objects.owners.read")
                return self._owners(request.params)
            case "GET", ["settings", "v3", "currencies", "exchange-rates"]:
                self._need("settings.currencies.read")
                return {"results": self.account.rates}
            case "GET", ["crm", "v3", "objects", object_type]:
                self._need(f"crm.objects.{object_type}.read")
                return self._list(object_type, request.params)
            case "GET", ["crm", "v3", "objects", "deals", deal_id]:
                self._need("crm.objects.deals.read")
                stored = self._stored("deals", deal_id)
                return _told(stored, request.params.get("properties", "").split(","), ())
            case "PATCH", ["crm", "v3", "objects", "deals", deal_id]:
                self._need("crm.objects.deals.write")
                return self._patch(deal_id, request.body["properties"])
            case "POST", ["crm", "v3", "objects", object_type, "batch", "read"]:
                self._need(f"crm.objects.{object_type}.read")
                return self._batch(object_type, request.body)
            case "POST", ["crm", "v3", "objects", "deals", "search"]:
                self._need("crm.objects.deals.read")
                return self._search(request.body)
            case "POST", ["crm", "v4", "associations", "deals", object_type, "batch", "read"]:
                self._need(f"crm.objects.{object_type}.read")
                return self._links(object_type, request.body["inputs"])
        raise Refused(404, "resource not found", "OBJECT_NOT_FOUND")

    def _need(self, scope: str) -> None:
        if scope not in self.account.scopes:
            errors = [{"message": "…", "context": {"requiredGranularScopes": [scope]}}]
            message = "This app hasn't been granted all required scopes to make this call."
            raise Refused(403, message, "MISSING_SCOPES", {"errors": errors})

    def _stored(self, object_type: str, id: str) -> Stored:
        stored = self.account.objects[object_type].get(int(id)) if id.isdecimal() else None
        if stored is None or stored.is_archived:
            raise Refused(404, "Object not found.  objectId are usually numeric.", "OBJECT_NOT_FOUND")
        return stored

    def _list(self, object_type: str, params: Mapping[str, str]) -> Any:
        limit = int(params.get("limit", "10"))
        if not 1 <= limit <= _MOST_A_PAGE:
            raise Refused(400, f"limit must be between 1 and {_MOST_A_PAGE}")
        after = int(params.get("after", "0"))
        standing = (
            stored
            for id, stored in sorted(self.account.objects[object_type].items())
            if id > after and not stored.is_archived
        )
        found = list(islice(standing, limit + 1))
        body: dict[str, Any] = {
            "results": [_told(one, params.get("properties", "").split(","), ()) for one in found[:limit]]
        }
        if len(found) > limit:
            body["paging"] = {"next": {"after": str(found[limit - 1].id), "link": "…"}}
        return body

    def _batch(self, object_type: str, body: Any) -> Any:
        with_history = body.get("propertiesWithHistory") or ()
        most = _MOST_WITH_HISTORY if with_history else _MOST_A_BATCH
        if len(body["inputs"]) > most:
            raise Refused(400, f"No more than {most} inputs are allowed")
        objects = self.account.objects[object_type]
        found = [objects[int(one["id"])] for one in body["inputs"] if int(one["id"]) in objects]
        return {
            "status": "COMPLETE",
            "results": [_told(one, body["properties"], with_history) for one in found if not one.is_archived],
        }

    def _search(self, body: Any) -> Any:
        self._count_search()
        limit, after = body.get("limit", 10), int(body.get("after", 0))
        if limit > _MOST_A_SEARCH:
            raise Refused(400, f"limit must be at most {_MOST_A_SEARCH}")
        if after + limit > self.most_found:
            raise Refused(400, f"You can page through {self.most_found} results at most")
        groups = body.get("filterGroups") or [{"filters": []}]
        found = [
            stored
            for stored in self.account.objects["deals"].values()
            if not stored.is_archived and any(self._holds(stored, group["filters"]) for group in groups)
        ]
        for sort in reversed(body.get("sorts", [])):
            found.sort(key=lambda one: int(one.properties.get(sort["propertyName"], "0")))
        page = found[after : after + limit]
        answer: dict[str, Any] = {
            "total": len(found),
            "results": [_told(one, body.get("properties", ()), ()) for one in page],
        }
        if after + limit < len(found):
            answer["paging"] = {"next": {"after": str(after + limit)}}
        return answer

    def _count_search(self) -> None:
        now = self._clock()
        self._searched = [at for at in self._searched if at > now - 1]
        if len(self._searched) >= _SEARCHES_A_SECOND:
            raise too_fast()
        self._searched.append(now)

    def _holds(self, stored: Stored, filters: list[Any]) -> bool:
        if len(filters) > _FILTERS_A_GROUP:
            raise Refused(400, f"filters: at most {_FILTERS_A_GROUP} in a group")
        for one in filters:
            name = one["propertyName"]
            if name not in self.account.properties["deals"]:
                raise Refused(400, f"There was a problem with the request. Unknown property {name}")
            held = stored.properties.get(name, "")
            match one["operator"]:
                case "GT" if not int(held or 0) > int(one["value"]):
                    return False
                case "IN" if held not in one["values"]:
                    return False
                case "GT" | "IN":
                    continue
                case other:
                    raise Refused(400, f"Invalid operator {other}")
        return True

    def _links(self, object_type: str, inputs: list[Any]) -> Any:
        if len(inputs) > 1000:
            raise Refused(400, "No more than 1000 inputs are allowed")
        results = []
        for one in inputs:
            after = int(one.get("after", 0))
            own = self._by_end(int(one["id"]), object_type)
            page = own[after : after + self.links_a_page]
            if not page:
                continue
            result: dict[str, Any] = {"from": {"id": one["id"]}, "to": page}
            if after + self.links_a_page < len(own):
                result["paging"] = {"next": {"after": str(after + self.links_a_page)}}
            results.append(result)
        return {"status": "COMPLETE", "results": results}

    def _by_end(self, deal_id: int, object_type: str) -> list[dict[str, Any]]:
        labels: dict[int, list[str]] = {}
        for end, label in self.account.links.get((deal_id, object_type), ()):
            labels.setdefault(end, []).extend([label] if label else [])
        return [
            {
                "toObjectId": end,
                "associationTypes": [
                    {"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None},
                    *({"category": "USER_DEFINED", "typeId": 36, "label": label} for label in own),
                ],
            }
            for end, own in labels.items()
        ]

    def _owners(self, params: Mapping[str, str]) -> Any:
        wanted = params.get("archived") == "true"
        return {"results": [owner for owner in self.account.owners if owner["archived"] is wanted]}

    def _patch(self, deal_id: str, properties: dict[str, str]) -> Any:
        while self._before_patch:
            self._before_patch.pop(0)()
        stored = self._stored("deals", deal_id)
        if wrong := [one for name, value in properties.items() for one in self._objections(name, value)]:
            raise Refused(400, f"Property values were not valid: {json.dumps(wrong)}")
        self.account.change("deals", stored.id, **properties)
        return _told(stored, list(properties), ())

    def _objections(self, name: str, value: str) -> list[dict[str, Any]]:
        definition = self.account.properties["deals"].get(name)
        if definition is None:
            return [_invalid(name, f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST")]
        if name in READ_ONLY:
            return [_invalid(name, f'"{name}" is a read only property', "READ_ONLY_VALUE")]
        options = self._options(name, definition)
        if options and value and value not in options:
            says = f"{value} was not one of the allowed options: {sorted(options)}"
            return [_invalid(name, says, "INVALID_OPTION")]
        if definition["type"] == "number" and value and not value.replace(".", "", 1).lstrip("-").isdecimal():
            return [_invalid(name, f"{value} was not a valid number.", "INVALID_DOUBLE")]
        return []

    def _options(self, name: str, definition: Mapping[str, Any]) -> set[str]:
        if name == "dealstage":
            return {stage["id"] for pipeline in self.account.pipelines for stage in pipeline["stages"]}
        return {option["value"] for option in definition["options"]}


def too_fast(seconds: int = 1) -> Refused:
    """The account's limit of requests in a short time."""
    return Refused(
        429,
        "You have reached your secondly limit.",
        "RATE_LIMITS",
        {"policyName": "SECONDLY"},
        {"Retry-After": str(seconds)},
    )


def day_used_up() -> Refused:
    return Refused(429, "You have reached your daily limit.", "RATE_LIMITS", {"policyName": "DAILY"})


def _invalid(name: str, says: str, code: str) -> dict[str, Any]:
    return {"isValid": False, "message": says, "error": code, "name": name, "localizedErrorMessage": says}


def _told(stored: Stored, names: Any, with_history: Any) -> dict[str, Any]:
    """An object as HubSpot tells it: properties that it does not know are left out in silence."""
    always = ("hs_object_id", "createdate", "hs_lastmodifieddate")
    told: dict[str, Any] = {
        "id": str(stored.id),
        "properties": {name: stored.properties.get(name) or None for name in (*always, *names) if name},
        "archived": stored.is_archived,
    }
    if with_history:
        told["propertiesWithHistory"] = {
            name: [
                {"value": value, "timestamp": iso(at), "sourceType": "CRM_UI"}
                for at, value in stored.history.get(name, ())[:_VERSIONS_TOLD]
            ]
            for name in with_history
        }
    return told
