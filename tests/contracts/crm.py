"""What every system of record owes: a suite that each implementation of `Crm` runs over a deal of its own."""

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass

from crm.records import Crm, DealEvidence, Fix, PullRequest
from pipeline.crm_fields import Conflict, FieldType, Gone, Rejected, Saved
from pipeline.crm_records import AccountRecord, FieldKind, FieldValue, OpportunityRecord


@dataclass(frozen=True)
class CrmCase:
    """A system of record with one open deal whose close date and next step are filled in."""

    crm: Crm
    opportunity_id: str
    now: int
    """A moment after the deal was last modified."""
    request: PullRequest

    def read(self) -> DealEvidence:
        deal = self.crm.read_deal(self.opportunity_id, self.request)
        assert deal is not None
        return deal

    def fix(self, later: int = 0, **changes: tuple[FieldValue, FieldValue]) -> Fix:
        return Fix(self.opportunity_id, "005", self.now + later, changes)


class CrmContract(ABC):
    """Subclass it as a test class and give it a `case` fixture."""

    @abstractmethod
    def case(self) -> CrmCase: ...

    def test_a_deal_read_alone_is_what_a_pull_yields_of_it(self, case: CrmCase) -> None:
        deal = case.read()
        pulled = [record for batch in case.crm.pull(case.request) for record in batch.records]
        own = [record for record in pulled if getattr(record, "opportunity_id", "") == case.opportunity_id]
        assert deal.opportunity in pulled
        hanging = [
            *deal.history,
            *deal.changes,
            *deal.lines,
            *deal.contacts,
            *deal.splits,
            *deal.activities,
        ]
        assert sorted(map(repr, own)) == sorted(map(repr, hanging))

    def test_deals_read_together_are_what_each_is_alone(self, case: CrmCase) -> None:
        found = case.crm.read_deals(["006nothing", case.opportunity_id], case.request)
        assert [deal for some in found for deal in some] == [case.read()]

    def test_who_can_tell_what_changed_tells_of_a_fix_and_who_cannot_says_so(self, case: CrmCase) -> None:
        mark = case.crm.mark()
        if mark is None:
            assert case.crm.changes("an old mark", case.request) is None
            return
        before = case.read().opportunity
        case.crm.write(case.fix(NextStep=(before.next_step, "Seen by the next pull")))
        changes = case.crm.changes(mark, case.request)
        assert changes is not None
        assert {type(one) for batch in changes.accounts for one in batch.records} <= {AccountRecord}
        assert case.read() in [deal for some in changes.deals for deal in some]

    def test_the_ids_of_what_stands_are_those_of_a_pull_or_every_pull_is_complete(
        self, case: CrmCase
    ) -> None:
        live = case.crm.live_ids()
        if live is None:
            return
        pulled = [record for batch in case.crm.pull(case.request) for record in batch.records]
        standing = [one.id for one in pulled if isinstance(one, OpportunityRecord) and not one.is_deleted]
        assert sorted(one for some in live for one in some) == sorted(standing)

    def test_a_deal_that_is_not_there_is_none_and_gone(self, case: CrmCase) -> None:
        assert case.crm.read_deal("006nothing", case.request) is None
        result = case.crm.write(Fix("006nothing", "005", case.now, {"NextStep": (None, "x")}))
        assert result == Gone()

    def test_a_change_is_saved_as_a_whole_and_read_back(self, case: CrmCase) -> None:
        before = case.read().opportunity
        assert before.close_day is not None
        result = case.crm.write(
            case.fix(
                CloseDate=(before.close_day, before.close_day + 14),
                NextStep=(before.next_step, "Call the sponsor"),
            )
        )
        after = case.read().opportunity
        assert isinstance(result, Saved)
        assert (after.close_day, after.next_step) == (before.close_day + 14, "Call the sponsor")

    def test_a_field_that_somebody_else_changed_is_a_conflict_and_nothing_is_written(
        self, case: CrmCase
    ) -> None:
        before = case.read().opportunity
        case.crm.write(case.fix(NextStep=(before.next_step, "First")))
        assert before.close_day is not None
        result = case.crm.write(
            case.fix(
                1,
                NextStep=(before.next_step, "Second"),
                CloseDate=(before.close_day, before.close_day + 1),
            )
        )
        assert isinstance(result, Conflict)
        (difference,) = result.differences
        assert (difference.field, difference.seen, difference.now, difference.wanted) == (
            "NextStep",
            before.next_step,
            "First",
            "Second",
        )
        assert _of(case.read()) == _of_record(before._replace(next_step="First"))

    def test_a_write_repeated_after_a_crash_is_saved_and_changes_nothing(self, case: CrmCase) -> None:
        before = case.read().opportunity
        fix = case.fix(NextStep=(before.next_step, "Only once"))
        assert isinstance(case.crm.write(fix), Saved)
        once = case.read()
        assert isinstance(case.crm.write(fix), Saved)
        assert case.read() == once

    def test_an_unknown_field_or_stage_is_refused_at_the_field_and_nothing_is_written(
        self, case: CrmCase
    ) -> None:
        before = case.read().opportunity
        for wrong, value in (("Colour__c", None), ("StageName", before.stage)):
            changes = {"NextStep": (before.next_step, "Lost with it"), wrong: (value, "Almost")}
            result = case.crm.write(Fix(case.opportunity_id, "005", case.now, changes))
            assert isinstance(result, Rejected)
            assert wrong in {field for refusal in result.refusals for field in refusal.fields}
            assert all(refusal.says for refusal in result.refusals)
        assert case.read().opportunity == before

    def test_the_shape_holds_what_a_form_needs(self, case: CrmCase) -> None:
        fields = case.crm.describe(case.opportunity_id).fields
        record = case.read().opportunity
        assert fields["CloseDate"].type is FieldType.DAY
        assert fields["Amount"].type is FieldType.MONEY
        assert fields["StageName"].type is FieldType.PICKLIST
        assert record.stage in {pick.value for pick in fields["StageName"].picks}
        assert "Commit" in {pick.value for pick in fields["ForecastCategoryName"].picks}
        assert all(shape.label for shape in fields.values())

    def test_of_several_people_who_save_at_once_one_wins(self, case: CrmCase) -> None:
        before = case.read().opportunity
        results: list[object] = []

        def save(number: int) -> None:
            results.append(case.crm.write(case.fix(NextStep=(before.next_step, f"Person {number}"))))

        threads = [threading.Thread(target=save, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(isinstance(result, Saved) for result in results) == 1
        assert sum(isinstance(result, Conflict) for result in results) == 5


def request_of(now: int, **fields: FieldKind) -> PullRequest:
    return PullRequest(fields, "USD", now, "America/Los_Angeles")


def _of(deal: DealEvidence) -> tuple[object, ...]:
    return _of_record(deal.opportunity)


def _of_record(record: OpportunityRecord) -> tuple[object, ...]:
    return record.stage, record.amount, record.close_day, record.next_step
