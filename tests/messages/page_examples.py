"""A person's own page and single deals."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from messages.card import Card, Choice
from messages.deal import DealShown, compose_deal
from messages.deal_findings import by_deal
from messages.home import Home, compose_home
from messages.which_one import compose_which_one
from pipeline.cell_gaps import cells_to_speak_about
from pipeline.findings import Audience, Score
from tests.messages.action_examples import TODAY, open_action, overdue_action
from tests.messages.finding_examples import ANA, findings
from tests.messages.matrix_examples import matrix

TIMES = ("08:00", "08:30", "09:00", "09:30", "10:00")


def page_cards() -> dict[str, Card]:
    return {
        "home": compose_home(_home()),
        "home_of_a_leader": compose_home(_home_of_a_leader()),
        "home_all_well": compose_home(_home_all_well()),
        "deal": compose_deal(_deal()),
        "deal_all_well": compose_deal(_deal_all_well()),
        "which_deal": compose_which_one(
            "acme", "open_deal", [Choice(f"006{no}", f"Acme {no} · $40K · Ana Lind") for no in range(7)]
        ),
    }


def _home() -> Home:
    own = [one for one in findings() if one.audience is not Audience.OPERATIONS]
    return Home(
        person=ANA,
        today=TODAY,
        deals=by_deal(own),
        score=Score("rep", ANA.id, ANA.name, Fraction(71, 100), Fraction(3, 4), 12, 9),
        team_deals=None,
        actions=(overdue_action(), open_action()),
        cells=(),
        paused_until=None,
        digest_at="08:30",
        digest_times=TIMES,
        currency="USD",
    )


def _home_of_a_leader() -> Home:
    return Home(
        person=ANA,
        today=TODAY,
        deals=None,
        score=None,
        team_deals=by_deal(findings()),
        actions=(open_action(),),
        cells=cells_to_speak_about([matrix()]),
        paused_until=None,
        digest_at="08:30",
        digest_times=TIMES,
        currency="USD",
    )


def _home_all_well() -> Home:
    return Home(
        person=ANA,
        today=TODAY,
        deals=(),
        score=Score("rep", ANA.id, ANA.name, Fraction(1), Fraction(1), 12, 12),
        team_deals=(),
        actions=(),
        cells=(),
        paused_until=date(2026, 12, 4),
        digest_at="09:00",
        digest_times=TIMES,
        currency="USD",
    )


def _deal() -> DealShown:
    return DealShown(
        id="006000000000901AAA",
        name="Acme renewal & expansion",
        owner=ANA,
        stage="Negotiation",
        amount=Decimal(840_000),
        currency="USD",
        close_day=date(2026, 10, 18),
        next_step=None,
        findings=findings()[:2],
        may_fix=True,
    )


def _deal_all_well() -> DealShown:
    return DealShown(
        id="006000000000902AAA",
        name="Initech",
        owner=None,
        stage="Qualification",
        amount=None,
        currency="EUR",
        close_day=None,
        next_step="Call Bo on Monday",
        findings=(),
        may_fix=True,
    )
