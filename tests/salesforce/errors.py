"""Refusals as Salesforce words them: an HTTP status, a code, a message and the fields it names."""

from dataclasses import dataclass

from tests.salesforce.values import Json


@dataclass(frozen=True)
class Refused(Exception):
    """What a call gets instead of its result."""

    status: int
    code: str
    message: str
    fields: tuple[str, ...] | None = None
    """`None` where this kind of error has no list of fields."""

    def body(self) -> list[Json]:
        error: Json = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = list(self.fields)
        return [error]


def no_such_resource() -> Refused:
    return Refused(404, "NOT_FOUND", "The requested resource does not exist")


def session_has_ended() -> Refused:
    return Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
