"""A rule replayed beside the digests that were really sent, over three weeks, on either database.

Everything that decides about a question happens: a deal changes hands, one is snoozed, one waived, a
person is away, and a person has had the week's share of messages. By hand, with digests on Tuesdays (3, 10,
17 November 2026) and Thursdays (5, 12, 19):

- 006A is Ana's: asked on the 3rd and, three working days and more later, on the 10th.
- 006B is Ana's on the 3rd; Ben's from the 4th, so that his ten working days end on the 18th: the 19th.
- 006C is Ana's: asked on the 3rd, snoozed on the 4th until the 17th, on which Ana is away: the 19th.
- 006D is Ben's, waived from the 2nd to the 18th: the 19th.
- Ana had three other messages in the week of the 10th: that day's digest is held back.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council, build_crm
from jobs.job import JobRun
from jobs.measure import measure_today
from jobs.nudge import send_digests
from pipeline.company import Company
from pipeline.message_budget import MessageBudget
from pipeline.rule_trial import RuleTrial
from storage.chat_tables import outbox
from storage.database import reading, writing
from storage.deal_heads import read_deal_head
from storage.nudge_choices import ask_waiver, grant_waiver, put_pause, put_snooze
from storage.outbox import Letter, put_letter, to_person
from storage.outbox_budget import hold_if_over_budget
from storage.rule_statistics import read_rule_statistics
from storage.rule_trials import try_rules
from tests.journeys.exported import Exported
from tests.journeys.test_field_versions import CONFIGURATION, PLAN_RULE, STAGES, deal

ANA, BEN = "005A", "005B"
DIGESTS = (3, 5, 10, 12, 17, 19)
USERS = [
    {"Id": ANA, "Name": "Ana Lind", "Email": "ana@example.com", "IsActive": "true"},
    {"Id": BEN, "Name": "Ben Osei", "Email": "ben@example.com", "IsActive": "true"},
]
NUDGING = PLAN_RULE + "nudge = true\n"


def at(day: int, hour: int = 17) -> datetime:
    """17:00 UTC is nine in the morning in Los Angeles, where the company is."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


class Month:
    """What happens, and the digests that are sent."""

    def __init__(self, home: Path, url: str) -> None:
        self.exported = Exported(home, CONFIGURATION.format(url=url, further=NUDGING))

    @property
    def council(self) -> Council:
        return self.exported.council

    def pull(self, day: int, owner_of_b: str) -> None:
        owners = {"006A": ANA, "006B": owner_of_b, "006C": ANA, "006D": BEN}
        deals = [{**deal(id, "Call"), "OwnerId": owner} for id, owner in owners.items()]
        self.exported.write({"Opportunity": deals, "OpportunityStage": STAGES, "User": USERS})
        self.exported.pull(at(day, 20))

    def put_off(self) -> None:
        with writing(self.council.engine) as connection:
            waived = read_deal_head(connection, "006D")
            wish = ask_waiver(
                connection, waived, "plan_missing", until=date(2026, 11, 18), reason="x", by=BEN, now=at(2)
            )
            grant_waiver(connection, wish, by=ANA, today=date(2026, 11, 2))
            put_pause(connection, ANA, since=date(2026, 11, 17), until=date(2026, 11, 17))

    def snooze(self) -> None:
        with writing(self.council.engine) as connection:
            put_snooze(
                connection,
                read_deal_head(connection, "006C"),
                "plan_missing",
                until=date(2026, 11, 17),
                reason="x",
                by=ANA,
                now=at(4),
            )

    def fill_the_week(self) -> None:
        """Three other messages to Ana, sent on Monday the 9th."""
        with writing(self.council.engine) as connection:
            for number in range(3):
                reminder = Letter(
                    key=f"r{number}", kind="reminder", audience=to_person(ANA), card="{}", counts=True
                )
                put_letter(connection, reminder, at(9))
        self._send(at(9))

    def digests(self, day: int) -> None:
        council = self.council
        crm = build_crm(council.settings, at(day))
        run = JobRun(council.engine, council.company, crm, at(day), at(day).date())
        measure_today(run)
        send_digests(run)
        self._send(at(day))

    def _send(self, now: datetime) -> None:
        """Send what waits, as the delivery does: within the budget."""
        budget = MessageBudget(3, "America/Los_Angeles")
        with writing(self.council.engine) as connection:
            for row in connection.execute(select(outbox).where(outbox.c.state == "pending")).all():
                if not hold_if_over_budget(connection, row, budget, now):
                    sent = {"state": "sent", "sent_at": int(now.timestamp())}
                    connection.execute(outbox.update().where(outbox.c.no == row.no).values(**sent))

    def sent(self) -> Counter[tuple[str, str]]:
        """By person and state, the digests that were written."""
        with reading(self.council.engine) as connection:
            rows = connection.execute(
                select(outbox.c.audience, outbox.c.state).where(outbox.c.kind == "digest")
            )
            return Counter((row.audience.removeprefix("@"), row.state) for row in rows)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory, template_url: str) -> Iterator[Month]:
    """The tests only ask about it."""
    told = Month(tmp_path_factory.mktemp("month"), template_url)
    told.pull(2, ANA)
    told.put_off()
    told.digests(3)
    told.pull(4, BEN)
    told.snooze()
    told.digests(5)
    told.fill_the_week()
    for day in DIGESTS[2:]:
        told.digests(day)
    told.pull(20, BEN)
    yield told
    told.exported.close()


def trial_of(council: Council, company: Company) -> RuleTrial:
    (trial,) = try_rules(council.engine, company, company.hygiene, ["plan_missing"], weeks=3)
    return trial


def test_the_replay_counts_the_digests_that_were_sent_and_held_back(month: Month) -> None:
    assert month.sent() == {(ANA, "sent"): 2, (ANA, "held"): 1, (BEN, "sent"): 1}
    course = trial_of(month.council, month.council.company).proposed
    assert course is not None
    assert [day.day for day in course.days] == list(DIGESTS)
    assert [(one.person.id, one.messages, one.held) for one in course.people] == [(ANA, 2, 1), (BEN, 1, 0)]
    # Ana on the 3rd about three deals and on the 19th about one; Ben on the 19th about two.
    assert [(one.person.id, one.asks) for one in course.people] == [(ANA, 4), (BEN, 2)]
    assert (course.messages, course.asks, course.held, course.findings) == (3, 6, 1, 4)
    assert [(week.monday.day, week.messages, week.held) for week in course.weeks] == [
        (2, 1, 0),
        (9, 0, 1),
        (16, 2, 0),
    ]


def test_a_rule_has_two_weeks_from_its_first_question_before_it_counts_as_ignored(month: Month) -> None:
    book = read_rule_statistics(month.council.engine, month.council.company)
    (rule,) = (one for one in book.rules if one.rule == "plan_missing")
    # On the 20th three deals were first asked about on the 3rd and one on the 19th; none is fixed.
    assert (rule.open, rule.asked, rule.counted, rule.fixed) == (4, 4, 3, 0)


def test_a_day_on_which_the_company_is_closed_sends_no_digest(month: Month) -> None:
    council = month.council
    thursday = date(2026, 11, 19)
    closed = replace(council.company.working_days, further=frozenset({thursday}))
    trial = trial_of(council, replace(council.company, working_days=closed))
    assert trial.proposed is not None
    assert thursday not in trial.proposed.days
    assert trial.proposed.messages == 1
