"""The council's further messages: preparation, recap, and what goes to operations."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from messages.action_lines import action_line
from messages.card import Card, Form
from messages.council import compose_council
from messages.council_threads import Around, compose_late_word
from messages.owner_notice import compose_owner_notice
from messages.preparation import (
    compose_context_form,
    compose_context_said,
    compose_context_saved,
    compose_context_too_long,
    compose_preparation,
    show_context,
)
from messages.recap import compose_recap
from messages.wording import Wording
from pipeline.access import Function
from pipeline.actions import ActionStatus, CouncilAction
from pipeline.cell_gaps import cells_to_speak_about
from pipeline.cell_names import CellName
from pipeline.editions import Context
from pipeline.matrix import Dimension, Metric
from pipeline.preparation import CellAsk, FixableDeal, choose_cells
from pipeline.recap import Recap
from pipeline.restating import restatements
from tests.messages.finding_examples import ANA, CARA, deal_lines
from tests.messages.matrix_examples import last_week, matrix
from tests.messages.picture_example import PICTURE

COUNCIL = date(2026, 11, 30)
EMEA = CellName(Dimension.REGION, "EMEA", Metric.COVERAGE)


def action(title: str = "2x on Data Cloud", status: ActionStatus = ActionStatus.OPEN) -> CouncilAction:
    return CouncilAction(
        no=12,
        kind="spiff",
        cell=EMEA,
        title=title,
        owner=ANA,
        assigner=CARA,
        due=date(2026, 12, 4),
        cost=Decimal(5_000),
        currency="USD",
        expected="",
        status=status,
        opened_on=COUNCIL,
        changed_on=COUNCIL,
    )


def preparation() -> Card:
    deals = tuple(FixableDeal(deal, ("Close date was 30 Sep, 54 days ago.",)) for deal in deal_lines()[:2])
    chosen = choose_cells(cells_to_speak_about([matrix()]))
    asks = [
        CellAsk(case, deals if place == 0 else (), 6 if place < 2 else 0) for place, case in enumerate(chosen)
    ]
    actions = {chosen[0].name: (action_line(action(), COUNCIL, Wording()),)}
    card = compose_preparation(
        ANA.id, COUNCIL, asks, more=2, instead_of=("Sigrid Haugland",), actions=actions
    )
    return show_context(card, chosen[0].name, COUNCIL, "Two large deals slipped into Q1.")


def thread() -> Card:
    said = Context(
        EMEA, ANA.id, ANA.name, "Two large deals slipped into Q1.", datetime(2026, 11, 27, tzinfo=UTC)
    )
    around = Around(
        actions_by_row={"EMEA": (action_line(action(), date(2026, 12, 7), Wording()),)},
        contexts=(said,),
        asked={EMEA: ANA.name, replace(EMEA, metric=Metric.OPEN_PIPELINE): CARA.name},
    )
    return compose_council(matrix(), None, PICTURE, around).cards[1]


def restated_post() -> Card:
    seen = last_week()
    around = Around(
        restated=restatements(seen, replace(matrix(), as_of=seen.as_of)),
        restated_of=seen.as_of,
        red_without_action=("EMEA",),
    )
    return compose_council(matrix(), seen, PICTURE, around).summary


def recap() -> Recap:
    done = action("Dinner in Paris", ActionStatus.DONE)
    return Recap(COUNCIL, "FY27 Q4", ("EMEA", "APAC & Japan"), (action(),), (done,))


COUNCIL_CARDS: dict[str, Card] = {
    "council_preparation": preparation(),
    "council_thread_with_words": thread(),
    "council_restated": restated_post(),
    "council_context_too_long": compose_context_too_long(EMEA, COUNCIL, "Two large deals slipped. " * 45),
    "council_context_said": compose_context_said(EMEA, COUNCIL, "Two large deals slipped into Q1."),
    "council_late_word": compose_late_word("word", "Ana Lind", EMEA, "Two large deals slipped into Q1."),
    "council_context_saved": compose_context_saved(EMEA, COUNCIL, "Two large deals slipped into Q1."),
    "council_owners_missing": compose_owner_notice(
        COUNCIL, CARA.id, (Function.PRODUCT, Function.MARKETING), ("EMEA coverage", "LATAM forecast")
    ),
    "council_recap": compose_recap(recap()),
}

CONTEXT_FORM: Form = compose_context_form(EMEA, COUNCIL, "Two large deals", "That is too long.")
