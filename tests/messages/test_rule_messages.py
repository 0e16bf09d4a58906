"""What the rules lab says."""

from dataclasses import replace

import pytest

from messages.render.blockkit import render_card
from messages.render.terminal import render_text
from messages.rule_trial import compose_trial
from messages.rules import compose_rules
from pipeline.rule_trial import RuleTrial
from tests.messages.rule_examples import (
    changed_rule,
    managers_rule,
    observing_rule,
    rule_book,
    unasked_rule,
)


@pytest.mark.parametrize("trial", [changed_rule(), managers_rule(), observing_rule(), unasked_rule()])
def test_a_preview_is_one_message_on_slack_which_takes_one_table(trial: RuleTrial) -> None:
    assert len(render_card(compose_trial(trial), {})) == 1


def test_the_rules_are_one_message_on_slack() -> None:
    assert len(render_card(compose_rules(rule_book()), {})) == 1


def test_a_rule_that_found_nothing_says_so() -> None:
    trial = observing_rule()
    assert trial.proposed is not None
    nothing = replace(trial.proposed, weeks=(), people=(), standing=0, open_at_end=0, told_apart=0)
    card = compose_trial(replace(trial, proposed=nothing))
    assert "It would have found nothing, on 14 days of digests." in render_text(card, 200)
