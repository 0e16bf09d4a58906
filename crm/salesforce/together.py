"""Several queries in one call: an organisation's calls are counted, and each one is a way there and back."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from crm.salesforce.session import Session
from crm.salesforce.soql import Select

QUERIES_A_CALL = 5
"""As many as Salesforce takes."""
FIRST_VERSION = 38.0
"""Of the API that takes several."""


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
    parts = [_part(session, number, select) for number, select in enumerate(selects)]
    told = session.ask("composite", {"compositeRequest": parts})["compositeResponse"]
    answers = {answer["referenceId"]: answer for answer in told}
    return [
        answers[part["referenceId"]]["body"]
        if answers[part["referenceId"]]["httpStatusCode"] == 200
        else _alone(session, select)  # which is patient, and says what is wrong
        for part, select in zip(parts, selects, strict=True)
    ]


def _part(session: Session, number: int, select: Select) -> dict[str, str]:
    url = f"/services/data/v{session.version}/{session.query_path(select.include_deleted)}"
    return {
        "method": "GET",
        "url": f"{url}?q={quote(select.text, safe='')}",
        "referenceId": f"query{number}",
    }


def _alone(session: Session, select: Select) -> Any:
    return next(session.pages(select.text, select.include_deleted))
