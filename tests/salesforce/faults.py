"""What goes wrong at the local Salesforce, said as facts: `faults.expires_session_after(pages=1)`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tests.salesforce.errors import Refused


class Break(StrEnum):
    """How a connection breaks."""

    BEFORE = "before"
    """Nothing was done."""
    AFTER = "after"
    """It was done, and nobody hears of it."""
    HALFWAY = "halfway"
    """In the middle of the answer."""


@dataclass
class Faults:
    """Everything is off at first. What is counted happens that often and is over."""

    pages_until_expiry: int | None = None
    pages_until_locators_expire: int | None = None
    refusals: list[Refused] = field(default_factory=list)
    """The next calls get these, whatever they ask."""
    write_refusals: list[Refused] = field(default_factory=list)
    """The next writes get these."""
    before_writes: list[Callable[[], None]] = field(default_factory=list)
    """What somebody else does right before the next writes arrive."""
    breaks: list[Break] = field(default_factory=list)
    write_breaks: list[Break | None] = field(default_factory=list)
    retry_after_seconds: int | None = None
    sign_in_error: tuple[str, str] | None = None
    shuffles_columns: bool = False
    """Bulk results have their columns in another order from page to page."""
    drops_null_columns: bool = False
    """Bulk results lack a column in which a page has no value."""

    def expires_session_after(self, pages: int) -> None:
        """All tokens end once so many pages of rows were answered; their query locators end with them."""
        self.pages_until_expiry = pages

    def expires_locators_after(self, pages: int) -> None:
        """Query locators end once so many pages of rows were answered, though the session goes on."""
        self.pages_until_locators_expire = pages

    def is_unavailable(self, times: int, retry_after_seconds: int | None = None) -> None:
        self._refuse(times, Refused(503, "SERVER_UNAVAILABLE", "Server temporarily unavailable."))
        self.retry_after_seconds = retry_after_seconds

    def asks_too_often(self, times: int, retry_after_seconds: int | None = None) -> None:
        self._refuse(times, Refused(429, "TOO_MANY_REQUESTS", "Too many requests."))
        self.retry_after_seconds = retry_after_seconds

    def has_too_many_requests_at_once(self, times: int) -> None:
        says = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
        self._refuse(times, Refused(403, "REQUEST_LIMIT_EXCEEDED", says))

    def cannot_lock_rows(self, times: int, status: int = 400) -> None:
        says = "unable to obtain exclusive access to this record"
        self.write_refusals += [Refused(status, "UNABLE_TO_LOCK_ROW", says, ())] * times

    def finds_duplicates(self, times: int = 1) -> None:
        self.write_refusals += [Refused(400, "DUPLICATES_DETECTED", "Use one of these records?", ())] * times

    def breaks_connection(self, *how: Break) -> None:
        """The next calls, in this order."""
        self.breaks += how

    def breaks_writes(self, *how: Break | None) -> None:
        """The next writes, in this order; what else is asked is answered."""
        self.write_breaks += how

    def next_break(self, method: str) -> Break | None:
        if method == "PATCH" and self.write_breaks:
            return self.write_breaks.pop(0)
        return self.breaks.pop(0) if self.breaks else None

    def refuses_sign_in(self, error: str, description: str) -> None:
        """`invalid_grant`, `inactive_org`, ... until `accepts_sign_in`."""
        self.sign_in_error = (error, description)

    def accepts_sign_in(self) -> None:
        self.sign_in_error = None

    def _refuse(self, times: int, refused: Refused) -> None:
        self.refusals += [refused] * times
