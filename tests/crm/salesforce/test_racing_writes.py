"""Whatever colleagues save and whatever breaks meanwhile: nothing is overwritten unseen, nothing is written
twice, and the answer is true. Salesforce's own field history is the witness."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.records import Fix
from crm.salesforce.crm import SalesforceCrm
from pipeline.crm_fields import Busy, Saved
from tests.crm.salesforce.conftest import Connections, user_id
from tests.crm.salesforce.pulling import open_crm
from tests.examples import examples
from tests.salesforce.errors import Refused
from tests.salesforce.faults import Break
from tests.salesforce.organisation import new_organisation, salesforce
from tests.salesforce.server import LocalSalesforce
from tests.salesforce.values import Row

SEEN, WANTED = "Call on Tuesday", "Send the offer"
LOCKED = Refused(500, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", ())
LATER = Refused(503, "SERVER_UNAVAILABLE", "Server temporarily unavailable.")


@dataclass(frozen=True)
class Arrival:
    """What happens while one of our writes is on its way."""

    after_seconds: float
    colleague_saves: str | None
    fault: Break | Refused | None


@dataclass(frozen=True)
class Schedule:
    saved_before_seconds: float
    """How long before our first look somebody saved the deal."""
    arrivals: list[Arrival]
    in_pause: str | None
    """What a colleague saves in the first pause of ours."""


_FIELDS = st.sampled_from([None, None, "NextStep", "LeadSource"])
_ARRIVALS = st.builds(
    Arrival,
    st.sampled_from([0.0, 0.3, 1.2]),
    _FIELDS,
    st.sampled_from([None, None, Break.BEFORE, Break.AFTER, Break.HALFWAY, LOCKED, LATER]),
)
_SCHEDULES = st.builds(
    Schedule, st.sampled_from([0.0, 0.4, 0.9, 60.0]), st.lists(_ARRIVALS, max_size=4), _FIELDS
)


class Office:
    """One organisation whose clock the test moves."""

    def __init__(
        self, served: LocalSalesforce, connections: Connections, folder: Path, now: list[float]
    ) -> None:
        self.served = served
        self.connections = connections
        self.now = now
        self.crm: SalesforceCrm = open_crm(connections, folder, clock=lambda: now[0])
        self.us, self.colleague = user_id(served, "Council Integration"), user_id(served, "Omar Öz")

    def new_deal(self, age_seconds: float) -> str:
        return self.served.org.insert(
            "Opportunity", at=datetime.fromtimestamp(self.now[0] - age_seconds, UTC), Name="Raced",
            StageName="Discovery", CloseDate=date(2026, 9, 30), NextStep=SEEN, OwnerId=self.colleague,
        )  # fmt: skip

    def saving(self, deal: str, field: str | None, after_seconds: float) -> Callable[[], None]:
        def act() -> None:
            self.now[0] += after_seconds
            if field is not None:
                value = "Web" if field == "LeadSource" else "Theirs"
                self.served.org.update("Opportunity", deal, by=self.colleague, **{field: value})

        return act

    def plan(self, deal: str, schedule: Schedule) -> None:
        faults = self.served.faults
        for arrival in schedule.arrivals:
            saves = self.saving(deal, arrival.colleague_saves, arrival.after_seconds)
            faults.before_writes.append(self._failing(saves, arrival.fault))
        in_pause = [self.saving(deal, schedule.in_pause, 0)]

        def while_paused(seconds: float) -> None:
            self.now[0] += seconds
            if in_pause:
                in_pause.pop()()

        self.connections.while_paused = while_paused

    def _failing(self, act: Callable[[], None], fault: Break | Refused | None) -> Callable[[], None]:
        def arrive() -> None:
            act()
            if isinstance(fault, Refused):
                self.served.faults.write_refusals.append(fault)

        return arrive

    def ours(self, deal: str) -> list[Row]:
        """Our changes of the field, as its history tells."""
        return [
            row
            for row in self.served.org.rows("OpportunityFieldHistory")
            if (row["OpportunityId"], row["Field"], row["CreatedById"]) == (deal, "NextStep", self.us)
        ]


def test_no_schedule_overwrites_repeats_or_is_answered_untruly(tmp_path: Path) -> None:
    now = [1_790_000_000.5]
    with salesforce(new_organisation(lambda: now[0])) as served:
        connections = Connections(served, tmp_path)
        office = Office(served, connections, tmp_path, now)

        @settings(max_examples=examples(80), deadline=None)
        @given(_SCHEDULES)
        def holds(schedule: Schedule) -> None:
            now[0] = float(int(now[0])) + 100.95 - schedule.saved_before_seconds % 0.5
            deal = office.new_deal(schedule.saved_before_seconds)
            office.plan(deal, schedule)
            breaks = [one.fault for one in schedule.arrivals]
            served.faults.breaks_writes(*(one if isinstance(one, Break) else None for one in breaks))
            result = office.crm.write(Fix(deal, office.colleague, 0, {"NextStep": (SEEN, WANTED)}))
            row, ours = served.org.row("Opportunity", deal), office.ours(deal)
            assert row is not None
            assert [change["OldValue"] for change in ours] in ([], [SEEN])
            assert isinstance(result, Saved) <= bool(ours)
            if isinstance(result, Busy):
                assert row["NextStep"] != WANTED
            elif not isinstance(result, Saved):
                assert not ours
            served.faults.before_writes.clear()
            served.faults.write_refusals.clear()
            served.faults.write_breaks.clear()

        try:
            holds()
        finally:
            connections.close()
