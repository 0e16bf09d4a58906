"""Saving a fix: looked at right before, written under a condition, and never sent twice in the blind."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from email.utils import format_datetime

from crm.records import Fix, PullRequest
from crm.salesforce.deals import LiveDeal
from crm.salesforce.describing import FieldDescription, ObjectDescription
from crm.salesforce.errors import (
    LimitReached,
    NotThere,
    RequestRefused,
    RowLocked,
    SignInFailed,
    Unavailable,
)
from crm.salesforce.ids import is_id
from crm.salesforce.organisation import Organisation
from crm.salesforce.pairs import fields_beside
from crm.salesforce.refusing import answered_refusals, refusals_of
from crm.salesforce.session import Session
from crm.salesforce.shapes import OBJECT, Kind, categories_of
from pipeline.crm_fields import Busy, Conflict, DealShape, Gone, Refusal, Rejected, Saved, WriteResult
from pipeline.crm_records import FieldValue
from pipeline.deal_fields import CATEGORY_FIELD, STANDARD_PLACES, differences, is_done
from pipeline.money import SCALE
from pipeline.records import parse_category

ReadDeal = Callable[[str, PullRequest], LiveDeal | None]
"""The deal as it is now; `None` where it is not there (any more). Raises `SalesforceError`."""

_RECORDS = f"sobjects/{OBJECT}"
INTEGRATION_USER = "the integration user"
_LOOKS = 3
"""How often a deal that changes under our hands is read again before a fix gives way."""
_LOCK_PAUSES_SECONDS = (0.5, 1.0, 2.0)
_SILENCE_PAUSES_SECONDS = (0.0, 1.0, 3.0)
"""Before each look after a write that nobody answered: it may still be under way."""
_MODIFIED_MEANWHILE = "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE_CHECK"
_ANY_CURRENCY, _ANY_ZONE = "USD", "UTC"
"""For reading a deal to compare it: nothing is converted there."""


class _ChangedMeanwhile(Exception):
    """Somebody saved the deal between our look and our write."""


@dataclass(frozen=True)
class _Author:
    """Under whose name a change is written."""

    session: Session
    written_as: str
    whom: str
    """For refusals: `Salesforce does not let … change this deal`."""


@dataclass(frozen=True)
class Writer:
    """Writes fixes. `read`: how a deal is looked at.

    `If-Unmodified-Since` counts in whole seconds, so a deal that was saved within this very second is
    looked at again in the next: then no change of somebody else's is ever overwritten unseen.
    """

    organisation: Organisation
    read: ReadDeal
    clock: Callable[[], float] = time.time

    def write(self, fix: Fix) -> WriteResult:
        """Raises `SignInFailed` where our own user is not let in, and `Unavailable` where nobody can tell
        whether the change was saved."""
        if not is_id(fix.opportunity_id):
            return Gone()
        try:
            return self._write(fix)
        except _NothingWritten as error:
            return Busy(str(error))

    def _write(self, fix: Fix) -> WriteResult:
        for _ in range(_LOOKS):
            deal = self._settled(fix)
            if deal is None:
                return self._absent(fix)
            if different := differences(fix.changes, deal.record):
                return Conflict(different)
            if is_done(fix.changes, deal.record):
                return Saved()
            described, shape = self._form_of(deal)
            refusals = refusals_of(fix, shape, described, deal.record, has_products=deal.has_products)
            if refusals:
                return Rejected(refusals)
            try:
                return self._send(fix, deal, described)
            except _ChangedMeanwhile:
                continue
        return Busy("Somebody is changing this deal in Salesforce right now. Try again in a moment.")

    # --- Looking ----------------------------------------------------------------------------------

    def _settled(self, fix: Fix) -> LiveDeal | None:
        """The deal, with no save in the second of our look that its stamp would hide."""
        deal = self._look(fix)
        for _ in range(_LOOKS):
            if deal is None or abs(self.clock() - deal.modified_at.timestamp()) >= 1:
                break
            self.organisation.session.pause(1)
            deal = self._look(fix)
        return deal

    def _look(self, fix: Fix) -> LiveDeal | None:
        try:
            deal = self._read_now(fix)
        except (Unavailable, LimitReached) as error:
            raise _NothingWritten(str(error)) from None
        return deal

    def _read_now(self, fix: Fix) -> LiveDeal | None:
        shape = self.organisation.shapes.of_deal(fix.opportunity_id)
        beside = fields_beside(fix.changes, shape)
        kinds = {name: kind for name, kind in fix.kinds.items() if name not in STANDARD_PLACES}
        request = PullRequest({**beside, **kinds}, _ANY_CURRENCY, fix.at, _ANY_ZONE)
        deal = self.read(fix.opportunity_id, request)
        return None if deal is None or deal.record.is_deleted else deal

    def _form_of(self, deal: LiveDeal) -> tuple[ObjectDescription, DealShape]:
        try:
            shape = self.organisation.shapes.of_kind(Kind(deal.record_type_id, deal.has_products))
            described = self.organisation.descriptions.object(OBJECT)
        except (Unavailable, LimitReached) as error:
            raise _NothingWritten(str(error)) from None
        return described or ObjectDescription(OBJECT, OBJECT, {}), shape

    def _absent(self, fix: Fix) -> WriteResult:
        """Gone; or there, and held in a way that no pull understands either."""
        try:
            self.organisation.session.get(f"{_RECORDS}/{fix.opportunity_id}", {"fields": "Id"})
        except NotThere:
            return Gone()
        except (Unavailable, LimitReached) as error:
            raise _NothingWritten(str(error)) from None
        return Rejected(
            (
                Refusal(
                    "Salesforce holds something in this deal that we cannot read, so nothing was written. "
                    "Change the deal in Salesforce."
                ),
            )
        )

    # --- Writing ----------------------------------------------------------------------------------

    def _send(self, fix: Fix, deal: LiveDeal, described: ObjectDescription) -> WriteResult:
        author = self._author(fix)
        if isinstance(author, Rejected):
            return author
        body = body_of(fix, described)
        try:
            self._patch(author.session, fix, deal, body)
        except NotThere as error:
            return self._not_there(fix, error, described, author)
        except RowLocked as error:
            if "UNABLE_TO_LOCK_ROW" in error.codes:
                return Busy(
                    "Somebody else is saving this deal, or a record that hangs together with it, in "
                    "Salesforce. Nothing was written: try again in a minute."
                )
            return Rejected(answered_refusals(error, described, author.whom))
        except RequestRefused as error:
            return self._refused(error, described, author)
        except SignInFailed as error:
            if author.session.username is None:
                raise
            return Rejected((Refusal(_not_let_in(error)),))
        except LimitReached as error:
            return Busy(str(error))
        except Unavailable as error:
            return self._after_silence(fix, author, error)
        return Saved(author.written_as)

    def _patch(self, session: Session, fix: Fix, deal: LiveDeal, body: Mapping[str, object]) -> None:
        """A row that is locked was certainly not written, so it is tried again; nothing else is."""
        path = f"{_RECORDS}/{fix.opportunity_id}"
        headers = {"If-Unmodified-Since": format_datetime(deal.modified_at.astimezone(UTC), usegmt=True)}
        for pause in (*_LOCK_PAUSES_SECONDS, None):
            try:
                session.patch(path, body, headers)
            except RowLocked as error:
                if pause is None or "UNABLE_TO_LOCK_ROW" not in error.codes:
                    raise
                self.organisation.session.pause(pause)
            else:
                return

    def _refused(self, error: RequestRefused, described: ObjectDescription, author: _Author) -> WriteResult:
        if error.status == 412 or _MODIFIED_MEANWHILE in error.codes:
            raise _ChangedMeanwhile
        if "INVALID_FIELD" in error.codes:
            # The field went away, or was closed to us, since it was described.
            self.organisation.descriptions.forget()
        return Rejected(answered_refusals(error, described, author.whom))

    def _not_there(
        self, fix: Fix, error: NotThere, described: ObjectDescription, author: _Author
    ) -> WriteResult:
        """Deleted a moment ago; or hidden from the person in whose name we write."""
        if self._look(fix) is None:
            return self._absent(fix)
        return Rejected(answered_refusals(error, described, author.whom))

    def _after_silence(self, fix: Fix, author: _Author, error: Unavailable) -> WriteResult:
        """A write that nobody answered is never repeated; the deal itself says whether it was done.

        Raises `Unavailable` where the deal cannot be read either.
        """
        for pause in _SILENCE_PAUSES_SECONDS:
            self.organisation.session.pause(pause)
            deal = self._read_now(fix)
            if deal is None:
                return self._absent(fix)
            if is_done(fix.changes, deal.record):
                return Saved(author.written_as)
        return Busy(f"{error} The deal in Salesforce does not show the change.")

    def _author(self, fix: Fix) -> _Author | Rejected:
        session = self.organisation.session
        if self.organisation.definition.writes == "as_integration_user":
            return _Author(session, INTEGRATION_USER, "the council's own user")
        try:
            username = self.organisation.people.username(fix.by)
        except (Unavailable, LimitReached) as error:
            raise _NothingWritten(str(error)) from None
        if username is None:
            return Rejected(
                (
                    Refusal(
                        "Changes are written under your own name in Salesforce, and you are no active user "
                        "there. Ask your Salesforce administrator, or a colleague to change the deal."
                    ),
                )
            )
        return _Author(session.acting_as(username), username, "you")


class _NothingWritten(Exception):
    """Salesforce did not answer or limits us before anything was sent."""


def _not_let_in(error: SignInFailed) -> str:
    return (
        f"Changes are written under your own name in Salesforce, which does not let us in as you. {error} "
        "Nothing was written: change the deal in Salesforce until your administrator has mended this."
    )


def body_of(fix: Fix, described: ObjectDescription) -> Mapping[str, object]:
    """The new values by field, as the API takes them."""
    return {
        name: _written(wanted, described.fields[name], described) for name, (_, wanted) in fix.changes.items()
    }


def _written(value: FieldValue, field: FieldDescription, described: ObjectDescription) -> object:
    if value is None or value == "":
        return None
    if field.name == CATEGORY_FIELD:
        return _category_value(str(value), described)
    match field.type:
        case "currency" | "double" | "percent" | "int" | "long":
            whole, part = divmod(int(value), SCALE)
            return whole if part == 0 else int(value) / SCALE
        case "date":
            return date.fromordinal(int(value)).isoformat()
        case "boolean":
            return bool(value)
        case _:
            return value


def _category_value(label: str, described: ObjectDescription) -> str:
    """The organisation's own name of the category."""
    wanted = parse_category(label)
    active = [pick.value for pick in described.fields[CATEGORY_FIELD].picks if pick.is_active]
    meant = categories_of(described)
    return next((value for value in active if meant.get(value) is wanted), label)
