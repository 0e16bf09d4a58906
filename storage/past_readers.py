"""Who could have got a digest on an earlier day, and what people had put off by then: for replaying rules.

People, their countries and managers are those of now; leave is the latest that we know of.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from pipeline.calendar import FiscalCalendar
from pipeline.company import Company
from pipeline.local_time import zone_of
from pipeline.nudging import Morning, is_digest_time
from pipeline.people import People, User
from pipeline.put_offs import PutOffs, Snoozed, Waived
from pipeline.rule_course import Reader
from storage.nudge_memory import Leave, read_leaves
from storage.nudge_tables import snooze, waiver
from storage.outbox_budget import CountedLetter, counted_letters
from storage.people import people_of

_DIGEST = "digest"


@dataclass(frozen=True)
class PastReaders:
    """Everybody, with their leave and the messages that they had got."""

    company: Company
    calendar: FiscalCalendar
    people: People
    leaves: Mapping[str, Leave]
    letters: Mapping[str, Sequence[CountedLetter]]

    def reader(self, person_id: str, day: date) -> Reader | None:
        """`None`: a digest would not have reached the person on that day. Raises `PeriodMissing` for a day
        outside the calendar."""
        user = self._owner(person_id)
        if user is None:
            return None
        nudges, working_days = self.company.nudges, self.company.working_days
        local = datetime.combine(day, nudges.time_at)
        away_until = self._away_until(person_id, day)
        country = self.company.countries.of(user)
        if not is_digest_time(local, nudges, working_days, country, away_until, nudges.time_at):
            return None
        return self._reader(user, local)

    def reader_on_any_day(self, person_id: str, day: date) -> Reader | None:
        """As if it were a day of digests, and everybody there."""
        user = self._owner(person_id)
        return (
            None if user is None else self._reader(user, datetime.combine(day, self.company.nudges.time_at))
        )

    def _owner(self, person_id: str) -> User | None:
        user = self.people.by_id(person_id)
        return user if user is not None and user.is_active and not user.is_integration else None

    def _reader(self, user: User, local: datetime) -> Reader:
        day, nudges = local.date(), self.company.nudges
        country = self.company.countries.of(user)
        had = self._had_in_the_week(user, local)
        return Reader(
            Morning(day, nudges, self.company.working_days, self.calendar.period_of(day), country),
            other_letters=sum(kind != _DIGEST for kind, _ in had),
            digest_days=frozenset(sent for kind, sent in had if kind == _DIGEST and sent < day),
        )

    def _away_until(self, person_id: str, day: date) -> date | None:
        leave = self.leaves.get(person_id)
        return leave.until if leave is not None and leave.since <= day else None

    def _had_in_the_week(self, user: User, local: datetime) -> Sequence[tuple[str, date]]:
        """Kind and local day of each message that counted from Monday up to that time."""
        zone = zone_of(user, self.company.definitions.calendar.zone)
        now = local.replace(tzinfo=zone)
        monday = datetime.combine(local.date() - timedelta(days=local.weekday()), time(), zone)
        began, ends = monday.timestamp(), now.timestamp()
        return [
            (one.kind, datetime.fromtimestamp(one.sent_at, zone).date())
            for one in self.letters.get(user.id, ())
            if began <= one.sent_at < ends
        ]


def read_past_readers(
    connection: Connection, company: Company, calendar: FiscalCalendar, days: Sequence[date]
) -> PastReaders:
    """`days` stand in order: no message from before the week of the first is read."""
    since = datetime.combine(days[0] - timedelta(days=8), time(), UTC) if days else None
    return PastReaders(
        company=company,
        calendar=calendar,
        people=people_of(connection),
        leaves=read_leaves(connection),
        letters={} if since is None else counted_letters(connection, since),
    )


def read_put_offs(connection: Connection, rules: Collection[str], zone: ZoneInfo) -> Mapping[str, PutOffs]:
    """What people have put off or exempted, by rule. A snooze that was replaced is not kept, so it is not
    seen here."""
    snoozes: defaultdict[str, defaultdict[int, list[Snoozed]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(select(snooze).where(snooze.c.rule.in_([*rules, ""]))):
        set_on = datetime.fromtimestamp(row.at, zone).date()
        for rule in rules if row.rule == "" else (row.rule,):
            snoozes[rule][row.opportunity].append(Snoozed(set_on, date.fromordinal(row.until_day)))
    waivers: defaultdict[str, defaultdict[int, list[Waived]]] = defaultdict(lambda: defaultdict(list))
    granted = select(waiver).where(waiver.c.rule.in_(rules), waiver.c.state == "granted")
    for row in connection.execute(granted):
        days = Waived(date.fromordinal(row.since_day), date.fromordinal(row.until_day))
        waivers[row.rule][row.opportunity].append(days)
    return {rule: PutOffs(snoozes[rule], waivers[rule]) for rule in rules}
