"""Next steps and activities: what people wrote down and did for a deal, and what they left undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from crm.demo.company import DISCOVERY, NEGOTIATION, PROPOSAL, PROSPECTING, QUALIFICATION
from crm.demo.deals import Deal, Neglect
from crm.demo.lives import draw_workday, workday_before
from crm.records import ActivityRecord

_NEXT_STEPS: dict[int, tuple[str, ...]] = {
    PROSPECTING: ("Find the person who owns the budget", "Call back after their planning week"),
    QUALIFICATION: (
        "Agree on the problem and who feels it",
        "Confirm the budget with finance",
        "Book the discovery workshop",
    ),
    DISCOVERY: (
        "Workshop with their operations team",
        "Demo on their own data",
        "Meet the head of IT",
        "Send the notes and agree on success criteria",
    ),
    PROPOSAL: (
        "Walk through the offer with the sponsor",
        "Security questionnaire back by Friday",
        "Reference call with a customer of their size",
        "Revise the offer for three years",
    ),
    NEGOTIATION: (
        "Redlines with legal",
        "Signature meeting with the economic buyer",
        "Purchase order through procurement",
        "Agree on the start date",
    ),
}


@dataclass(frozen=True)
class Diary:
    """What stands beside a deal besides its own values."""

    next_steps: Sequence[tuple[int, str]]
    """Day and text from then on, in order; no two alike follow each other."""
    activities: Sequence[ActivityRecord]
    last_activity_day: int | None


def draw_diary(rng: Random, deal: Deal, today: int) -> Diary:
    if not deal.is_open:
        return _closed_diary(rng, deal)
    activities = _past_activities(rng, deal, today)
    last = max((activity.day or 0 for activity in activities), default=None)
    return Diary(_next_steps(rng, deal, today), [*activities, *_planned(rng, deal, today)], last)


def _closed_diary(rng: Random, deal: Deal) -> Diary:
    closed_on = deal.now.day
    day = draw_workday(rng, deal.created, closed_on)
    text = rng.choice(_NEXT_STEPS[min(deal.steps[-2].stage, NEGOTIATION)])
    activity_days = sorted({day, workday_before(max(closed_on - 1, deal.created))})
    activities = [ActivityRecord(deal.id, one, True, one == day) for one in activity_days]
    return Diary([(day, text)], activities, activity_days[-1])


def _next_steps(rng: Random, deal: Deal, today: int) -> list[tuple[int, str]]:
    if Neglect.NEXT_STEP_MISSING in deal.neglect:
        return []
    if deal.now.stage == PROSPECTING and rng.random() < 0.5:
        return []
    if Neglect.NEXT_STEP_STALE in deal.neglect:
        latest = max(today - rng.randint(25, 48), deal.created)
    else:
        latest = max(draw_workday(rng, today - 6, today - 1), deal.created)
    texts = rng.sample(_NEXT_STEPS[deal.now.stage], k=2)
    if latest - deal.created < 12:
        return [(latest, texts[0])]
    earlier = draw_workday(rng, deal.created, latest - 6)
    return [(earlier, texts[1]), (latest, texts[0])]


def _past_activities(rng: Random, deal: Deal, today: int) -> list[ActivityRecord]:
    if Neglect.QUIET in deal.neglect:
        latest = today - rng.randint(36, 70)
        if latest < deal.created:
            return []
    else:
        latest = max(draw_workday(rng, today - 5, today - 1), deal.created)
    days = {latest, draw_workday(rng, deal.created, latest)}
    return [ActivityRecord(deal.id, day, is_closed=True, is_task=rng.random() < 0.5) for day in sorted(days)]


def _planned(rng: Random, deal: Deal, today: int) -> list[ActivityRecord]:
    planned = []
    if Neglect.TASK_OVERDUE in deal.neglect:
        day = max(today - rng.randint(6, 20), deal.created)
        planned.append(ActivityRecord(deal.id, day, is_closed=False, is_task=True))
    if Neglect.NOTHING_PLANNED not in deal.neglect and Neglect.QUIET not in deal.neglect:
        day = workday_before(today + rng.randint(3, 16))
        planned.append(ActivityRecord(deal.id, day, is_closed=False, is_task=rng.random() < 0.6))
    return planned
