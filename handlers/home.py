"""`/home`: a person's own page, and what they set on it."""

from handlers.age import say_age
from handlers.asking import Asked, Clicked
from handlers.capability import Capability, Words
from handlers.deal_choice import today_of
from handlers.pausing import answer_pause
from handlers.today import read_today
from messages.deal_findings import DealFindings, by_deal
from messages.home import DIGEST_AT, PAUSE_OFF, PAUSE_UNTIL, Home, compose_home
from messages.reply import Reply
from pipeline.access import Action, CompanyCells, Member, Role, may
from pipeline.actions import UNFINISHED
from pipeline.cell_gaps import CellCase, cells_to_speak_about
from pipeline.cell_owners import find_owner
from pipeline.errors import CouncilError
from pipeline.findings import Audience, PersonName
from pipeline.people import is_same_id
from storage.actions import read_actions
from storage.apm import dimensions_of, read_apm
from storage.audit import AuditEntry, record_audit
from storage.database import Connection, reading
from storage.findings_of import findings_of
from storage.nudge_choices import read_pause
from storage.person_settings import put_digest_at, read_digest_at
from storage.scores_by_day import read_scores


def answer_home(asked: Asked, words: Words) -> Reply:  # noqa: ARG001 - the page has no parts to ask for
    """Raises `NothingPulled` before the first pull."""
    member, nudges = asked.member, asked.company.nudges
    day = read_today(asked.engine)
    is_rep = Role.REP in member.roles
    cells = _own_cells(asked)
    with reading(asked.engine) as connection:
        scores = read_scores(connection, day, "rep", {member.id: member.name}) if is_rep else ()
        own = _deals(connection, asked, {member.id}) if is_rep else ()
        home = Home(
            person=PersonName(member.id, member.name),
            today=today_of(asked),
            deals=own if own or scores else None,
            score=next(iter(scores), None),
            team_deals=_deals(connection, asked, member.reports) if member.reports else None,
            actions=read_actions(connection, involved=[member.id], statuses=UNFINISHED),
            cells=cells,
            paused_until=read_pause(connection, member.id, today_of(asked)),
            digest_at=read_digest_at(connection, member.id) or nudges.at,
            digest_times=nudges.digest_times,
            currency=asked.company.definitions.money.corporate_currency,
        )
    return say_age(asked, Reply((compose_home(home),)))


def _deals(
    connection: Connection, asked: Asked, owners: set[str] | frozenset[str]
) -> tuple[DealFindings, ...]:
    found = findings_of(connection, asked.company, owners)
    """Rules that only observe ask nobody for anything, so the page leaves them out."""
    return by_deal(
        one for one in found if one.nudges and not one.waived and one.audience is not Audience.OPERATIONS
    )


def _own_cells(asked: Asked) -> list[CellCase]:
    """Red and yellow cells that the person answers for, as of the last measuring."""
    owners = asked.company.council.owners
    if not owners or not may(asked.member, Action.SEE, CompanyCells()).allowed:
        return []
    day = read_today(asked.engine)
    tables = [
        read_apm(asked.engine, asked.company, as_of=day, dimension=dimension)
        for dimension in dimensions_of(asked.company)
    ]
    return [
        case
        for case in cells_to_speak_about(tables)
        if (owner := find_owner(case.name, owners)) is not None and _is(asked.member, owner.person)
    ]


def _is(member: Member, name: str) -> bool:
    return is_same_id(member.id, name.strip()) or member.id == name.strip().casefold()


# --- Settings -------------------------------------------------------------------------------------


def pause_until(asked: Asked, clicked: Clicked) -> Reply:
    return answer_pause(asked, ("until", clicked.value))


def pause_off(asked: Asked, clicked: Clicked) -> Reply:  # noqa: ARG001 - the button says it all
    return answer_pause(asked, ("off",))


def set_digest_at(asked: Asked, clicked: Clicked) -> Reply:
    """Raises `CouncilError` for a time at which nobody is asked anything."""
    times = asked.company.nudges.digest_times
    if clicked.value not in times:
        raise CouncilError(f"A digest comes between {times[0]} and {times[-1]}. Choose one of these times.")
    with asked.acting() as connection:
        before = read_digest_at(connection, asked.member.id)
        put_digest_at(connection, asked.member.id, clicked.value, asked.now)
        entry = AuditEntry(
            by=asked.member.id,
            surface=asked.where.surface,
            act="digest_at",
            object=f"person:{asked.member.id}",
            old=before,
            new=clicked.value,
        )
        record_audit(connection, entry, asked.now)
    return Reply(note=f"Your digest comes at {clicked.value} from now on.")


CAPABILITY = Capability(
    typed={"home": answer_home},
    clicks={PAUSE_UNTIL: pause_until, PAUSE_OFF: pause_off, DIGEST_AT: set_digest_at},
)
