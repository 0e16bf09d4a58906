"""Several readings in one call: an organisation's calls are counted, and each one is a way there and back."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from crm.salesforce.session import Session
from crm.salesforce.soql import Select

QUERIES_A_CALL = 5
"""As many as Salesforce takes; of other readings it takes more."""
FIRST_VERSION = 38.0
"""Of the API that takes several."""
_FOUND = 200


class Part(NamedTuple):
    """What one of several readings brought."""

    status: int
    body: Any


def answered_together(session: Session, paths: Sequence[str]) -> list[Part]:
    """The answers of resources, relative to the version, in the order of the paths."""
    parts = [
        {"method": "GET", "url": f"/services/data/v{session.version}/{path}", "referenceId": f"part{number}"}
        for number, path in enumerate(paths)
    ]
    told = session.ask("composite", {"compositeRequest": parts})["compositeResponse"]
    answers = {answer["referenceId"]: answer for answer in told}
    in_order = (answers[part["referenceId"]] for part in parts)
    return [Part(int(answer["httpStatusCode"]), answer["body"]) for answer in in_order]


def first_pages(session: Session, selects: Sequence[Select]) -> list[Any]:
    """The first page of each. Raises `SalesforceError` as the queries would alone."""
    if float(session.version) < FIRST_VERSION:
        return [_alone(session, select) for select in selects]
    pages: list[Any] = []
    for start in range(0, len(selects), QUERIES_A_CALL):
        pages.extend(_together(session, selects[start : start + QUERIES_A_CALL]))
    return pages


def _together(session: Session, selects: Sequence[Select]) -> list[Any]:
    if len(selects) == 1:
        return [_alone(session, selects[0])]
    paths = [
        f"{session.query_path(select.include_deleted)}?q={quote(select.text, safe='')}" for select in selects
    ]
    # Who is refused among others is asked again alone: that is patient, and says what is wrong.
    return [
        part.body if part.status == _FOUND else _alone(session, select)
        for part, select in zip(answered_together(session, paths), selects, strict=True)
    ]


def _alone(session: Session, select: Select) -> Any:
    return next(session.pages(select.text, select.include_deleted))
