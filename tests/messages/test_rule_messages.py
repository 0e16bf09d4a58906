"""What the rules lab says."""

import pytest

from messages.render.blockkit import render_card
from messages.rule_trial import compose_trial
from pipeline.rule_trial import RuleTrial
from tests.messages.rule_examples import changed_rule, observing_rule, unasked_rule


@pytest.mark.parametrize("trial", [changed_rule(), observing_rule(), unasked_rule()])
def test_a_preview_is_one_message_on_slack_which_takes_one_table(trial: RuleTrial) -> None:
    assert len(render_card(compose_trial(trial), {})) == 1
