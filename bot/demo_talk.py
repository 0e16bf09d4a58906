"""What people of the demo company say: in the council's channel after each of its meetings, and to the bot
in the weeks before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MENTION = "@Pipeline Council"


@dataclass(frozen=True)
class Line:
    """Somebody says something in the thread of a row; a mention of the bot is a command."""

    speaker: str
    """Their CRM user id."""
    about: str
    """The row whose thread it is, by its name."""
    words: str


def lines_after_council(council: int, day: date) -> Sequence[Line]:
    """What is said after the first, second, ... council that is told of, held on a day."""
    from crm.demo.company import APAC, EMEA
    from crm.demo.people import CHIEF, PRODUCT_HEAD, USER_IDS, VICE_PRESIDENTS, email_of

    chief, apac, emea = USER_IDS[CHIEF], USER_IDS[VICE_PRESIDENTS[APAC]], USER_IDS[VICE_PRESIDENTS[EMEA]]
    product = email_of(PRODUCT_HEAD)
    soon, later = (f"{day + timedelta(days=days)}" for days in (4, 11))
    said: dict[int, tuple[Line, ...]] = {
        1: (
            Line(apac, APAC, "Two of our largest deals wait for a reference in their own market."),
            Line(
                apac,
                APAC,
                f'{MENTION} assign enablement APAC coverage "Reference calls for the ten largest deals" '
                f"@{product} by {soon}",
            ),
        ),
        2: (
            Line(chief, APAC, "What would bring new pipeline within this quarter?"),
            Line(apac, APAC, "A dinner with prospects in Sydney. We did one in spring, and six deals came."),
            Line(
                chief,
                APAC,
                f'{MENTION} assign dinner APAC coverage "Prospect dinner in Sydney" '
                f"@{email_of(VICE_PRESIDENTS[APAC])} by {later} cost 18000",
            ),
        ),
        3: (
            Line(apac, APAC, "The dinner is booked, 24 have said yes. We need something for mid-market too."),
            Line(emea, APAC, "A SPIFF on Data Cloud did that for us last year. I can share its rules."),
            Line(
                chief,
                APAC,
                f'{MENTION} assign spiff APAC coverage "2x on Data Cloud in mid-market" '
                f"@{email_of(VICE_PRESIDENTS[APAC])} by {later} cost 5000",
            ),
        ),
    }
    return said.get(council, ())


def words_before_council(council: int) -> tuple[str, str] | None:
    """Who tells the bot what the council should know, and in which words, before the first, second, ..."""
    from crm.demo.company import APAC
    from crm.demo.people import USER_IDS, VICE_PRESIDENTS

    said = {
        2: "Half of the gap is two deals that wait for a reference.",
        3: "Our largest Commit slipped into next quarter; the dinner is to fill the gap.",
    }
    words = said.get(council)
    if words is None:
        return None
    return USER_IDS[VICE_PRESIDENTS[APAC]], f'/council context APAC coverage "{words}"'


@dataclass(frozen=True)
class Errand:
    """Somebody tells the bot what to do."""

    speaker: str
    """Their CRM user id."""
    day: date
    words: str


_CAMPAIGN = (
    ("AMER", "AMER coverage", "Discovery workshop for new reps", 2_000),
    ("EMEA", "EMEA coverage", "Pricing clinic before the quarter's end", 0),
    ("LATAM", "LATAM forecast", "Demo training in Spanish and Portuguese", 1_500),
    ("APAC", "MM coverage", "Mid-market playbook", 0),
    ("EMEA", "BDR open pipeline", "Outbound writing course", 2_500),
    ("AMER", "ENT forecast", "Close plan reviews for enterprise", 0),
    ("EMEA", "EMEA forecast", "Negotiation training", 4_000),
)
DAYS_TO_DO = 6


def earlier_errands(campaign: date, today: date) -> Sequence[Errand]:
    """A campaign of actions of one type, so many that the ledger can tell what moved after; and the leave of
    the rep whom visitors are first, who then finds her deals asked about for the first time."""
    from crm.demo.people import CHIEF, USER_IDS, VICE_PRESIDENTS, cast_rep_id, email_of

    due = campaign + timedelta(days=DAYS_TO_DO)
    leave = Errand(cast_rep_id(), today - timedelta(days=36), f"/pause until {today - timedelta(days=6)}")
    return (
        leave,
        *(
            Errand(
                USER_IDS[CHIEF],
                campaign,
                f'/action enablement {cell} "{title}" @{email_of(VICE_PRESIDENTS[region])} by {due} '
                f"cost {cost}",
            )
            for region, cell, title, cost in _CAMPAIGN
        ),
    )
