"""Whether our user sees and may change everything in Salesforce that the configuration needs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.checked import Checked
from crm.salesforce.calls import ITEMS, may_read_calls
from crm.salesforce.errors import (
    LimitReached,
    QueryRefused,
    RequestRefused,
    SalesforceError,
    SignInFailed,
    Unavailable,
)
from crm.salesforce.organisation import Organisation
from crm.salesforce.quotas import QUOTAS, may_read_quotas
from crm.salesforce.sight import FIELDS, OPPORTUNITY, WITHOUT, WITHOUT_FIELD, Sight

DEPLOY = (
    "Deploy the permission set again (council manifest salesforce) and assign it to our user; an object that "
    "is not there at all is a feature that your organisation has not switched on."
)
_ESSENTIAL = frozenset({OPPORTUNITY, "User", "OpportunityStage"})
_OPTIONAL: Mapping[str, str] = {
    "OpportunitySplit": "deals are not shared over several owners",
    "CurrencyType": "all amounts are in one currency",
    "DatedConversionRate": "exchange rates have no dates",
    "Period": "fiscal years are those of [calendar]",
}
"""Features that many organisations do not use, and what holds without them."""
_PEOPLE_TRIED = 25


@dataclass(frozen=True)
class Needed:
    """What the configuration asks of Salesforce."""

    read: Mapping[str, str]
    """Path from an opportunity -> the key that names it."""
    written: Collection[str]
    """Opportunity fields that people mend in chat."""
    owners: Sequence[str]
    """User ids of those with open deals, as far as the mirror knows them."""


def check_salesforce(organisation: Organisation, needed: Needed) -> Iterator[Checked]:
    """One after the other; ends where nothing further can be asked."""
    try:
        yield from _check_sign_in(organisation)
    except (SignInFailed, Unavailable, LimitReached) as error:
        yield Checked(False, str(error))
        return
    sight = Sight(organisation.descriptions)
    for name in FIELDS:
        yield _check_object(organisation, sight, name)
    yield _check_quotas(organisation, sight)
    yield _check_calls(organisation, sight)
    yield from _check_standard_fields(sight)
    yield from _check_configured_fields(sight, needed.read)
    yield _check_writing(organisation, needed.written)
    if organisation.definition.writes == "as_person":
        yield from _check_people(organisation, needed.owners)


def _check_sign_in(organisation: Organisation) -> Iterator[Checked]:
    session = organisation.session
    limits = session.get("limits")
    where = ""
    try:
        [held] = session.query("SELECT Name, IsSandbox FROM Organization")
        where = f" to {held['Name']}{', a sandbox' if held['IsSandbox'] else ''}"
    except (QueryRefused, RequestRefused):
        pass  # a user may sign in without seeing the organisation's own record
    yield Checked(True, f"We are signed in{where}.")
    calls = limits.get("DailyApiRequests") or {}
    if "Max" in calls:
        allowed, left = int(calls["Max"]), int(calls["Remaining"])
        share = organisation.definition.call_budget
        says = f"{allowed - left:,} of {allowed:,} API calls of the last 24 hours are used"
        if allowed - left < share * allowed:
            yield Checked(True, f"{says}; pulls stop at {share:.0%}.")
        else:
            yield Checked(
                False,
                f"{says}, so pulls stop: from {share:.0%} on the rest is left to people's fixes.",
                "See which app uses them: Setup, System Overview, API Usage.",
            )


def _check_object(organisation: Organisation, sight: Sight, name: str) -> Checked:
    """Tried by a query: what describe shows can still be closed."""
    select = sight.select(name)
    if select is None:
        return _absent(sight, name)
    try:
        organisation.session.get("query", {"q": f"{select.text} LIMIT 1"})
    except (QueryRefused, RequestRefused) as error:
        return Checked(False, f"{name} cannot be read: {error} {_loss(name)}", DEPLOY)
    if name == OPPORTUNITY:
        return Checked(True, f"{name} can be read: we see {_count(organisation)}.")
    return Checked(True, f"{name} can be read.")


def _count(organisation: Organisation) -> str:
    try:
        found = organisation.session.get("query", {"q": f"SELECT COUNT() FROM {OPPORTUNITY}"})
    except (QueryRefused, Unavailable):  # too many to be counted in time
        return "more records than can be counted"
    total = int(found["totalSize"])
    return f"{total:,} records" if total else "no record (give our user View All on Opportunity)"


def _absent(sight: Sight, name: str) -> Checked:
    what = sight.missing(name)
    if name in _OPTIONAL:
        return Checked(True, f"{what} is not there: {_OPTIONAL[name]}.")
    return Checked(False, f"We do not see {what}: {_loss(name)}", DEPLOY)


def _loss(name: str) -> str:
    if name in _ESSENTIAL:
        return "nothing works without it."
    return f"{WITHOUT.get(name, 'what needs it is switched off')}."


def _check_quotas(organisation: Organisation, sight: Sight) -> Checked:
    without = "targets are those of the file targets.csv"
    if not may_read_quotas(sight):
        return Checked(
            True, f"{QUOTAS} is not there, or needs “View All Forecasts” and “Manage Quotas”: {without}."
        )
    return _check_forecasts(organisation, QUOTAS, "quotas are targets", without)


def _check_calls(organisation: Organisation, sight: Sight) -> Checked:
    without = "the top manager's call is that of the file calls.csv"
    if not may_read_calls(sight):
        return Checked(True, f"{ITEMS} is not there, or needs “View All Forecasts”: {without}.")
    return _check_forecasts(organisation, ITEMS, "the top manager's call stands beside our forecast", without)


def _check_forecasts(organisation: Organisation, name: str, use: str, without: str) -> Checked:
    """Tried by a query: forecasts are closed by a right of the user, which describe does not know of."""
    try:
        organisation.session.get("query", {"q": f"SELECT Id FROM {name} LIMIT 1"})
    except (QueryRefused, RequestRefused) as error:
        return Checked(False, f"{name} cannot be read: {error} Without it {without}.", DEPLOY)
    return Checked(True, f"{name} can be read: {use}.")


def _check_standard_fields(sight: Sight) -> Iterator[Checked]:
    for field, loss in WITHOUT_FIELD.items():
        if not sight.sees(OPPORTUNITY, field):
            yield Checked(False, f"We do not see {OPPORTUNITY}.{field}: {loss}.", DEPLOY)


def _check_configured_fields(sight: Sight, read: Mapping[str, str]) -> Iterator[Checked]:
    missing = {path: key for path, key in read.items() if not sight.sees(OPPORTUNITY, path)}
    for path, key in sorted(missing.items()):
        yield Checked(
            False,
            f"{key} names {path}, which our user does not see.",
            f"{DEPLOY} council fields lists what it sees.",
        )
    if read and not missing:
        yield Checked(True, f"All {len(read)} fields that the configuration names can be read.")


def _check_writing(organisation: Organisation, written: Collection[str]) -> Checked:
    """As our own user; a person's own rights are looked at when a fix is saved."""
    described = organisation.descriptions.object(OPPORTUNITY)
    held = {} if described is None else described.fields
    closed = sorted(name for name in written if name in held and not held[name].is_updateable)
    if organisation.definition.writes == "as_person":
        return Checked(True, "Fixes are saved under each person's own name, by that person's own rights.")
    if not closed:
        return Checked(True, "Every field that people mend in chat can be written.")
    return Checked(
        False,
        f"{', '.join(closed)} can be read and not written: fixes of {'it' if len(closed) == 1 else 'them'} "
        "are refused.",
        f"{DEPLOY} A formula, or a field that a page layout shows as read-only, stays closed.",
    )


def _check_people(organisation: Organisation, owners: Sequence[str]) -> Iterator[Checked]:
    """Whether Salesforce lets us in as those whose deals are to be mended."""
    refused = dict[str, str]()
    tried = owners[:_PEOPLE_TRIED]
    for owner in tried:
        username = organisation.people.username(owner)
        if username is None:
            refused[owner] = "is no active user"
            continue
        try:
            organisation.session.acting_as(username).get("limits")
        except SalesforceError as error:
            refused[username] = str(error)
    more = f" (of {len(owners)} with open deals)" if len(owners) > len(tried) else ""
    if not tried:
        yield Checked(True, "Nobody has open deals yet, so nobody's sign-in was tried.")
    elif not refused:
        yield Checked(True, f"Salesforce lets us in as each of {len(tried)} people{more}.")
    for name, says in refused.items():
        yield Checked(
            False,
            f"We cannot save as {name}: {says}",
            "Pre-authorise the app for the person: assign the permission set that its policies name.",
        )
