"""`snooze` and `wrong_rule`: a finding that is not asked about for a while, or that a rule finds wrongly."""

from collections.abc import Mapping
from datetime import timedelta

from handlers.asking import Asked, Clicked, Submitted
from handlers.capability import Capability
from handlers.deal_choice import (
    DealChoice,
    may_on,
    name_for_operations,
    read_choice,
    read_day_answer,
    record_choice,
    settled_choices,
    show_done,
    today_of,
    word_problem,
)
from messages.card_text import card_to_text
from messages.nudge_choices import (
    REASON,
    UNTIL,
    compose_dispute,
    compose_dispute_form,
    compose_snooze_form,
)
from messages.reply import Reply
from messages.wording import Wording
from pipeline.access import Action
from pipeline.audiences import operations_desk
from pipeline.digests import Done, DoneKind
from storage.nudge_choices import put_snooze
from storage.outbox import Letter, put_letter
from storage.people import read_people

LONGEST_SNOOZE = timedelta(days=90)
USUAL_SNOOZE = timedelta(days=7)


def open_snooze(asked: Asked, clicked: Clicked) -> Reply:
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.SNOOZE, choice.deal).require()
    until = today_of(asked) + USUAL_SNOOZE
    return Reply(form=compose_snooze_form(choice.argument, choice.deal.name, until, "", {}))


def save_snooze(asked: Asked, sent: Submitted) -> Reply:
    choice = read_choice(asked, sent.argument)
    may_on(asked, Action.SNOOZE, choice.deal).require()
    today = today_of(asked)
    until, day_problem = read_day_answer(sent.answers.get(UNTIL, ""), today, today + LONGEST_SNOOZE)
    reason = sent.answers.get(REASON, "")
    problems = _named(until=day_problem, reason=word_problem(reason))
    if until is None or problems:
        return Reply(form=compose_snooze_form(choice.argument, choice.deal.name, until, reason, problems))
    with asked.acting() as connection:
        put_snooze(
            connection,
            choice.deal,
            choice.rule,
            until=until,
            reason=reason.strip(),
            by=asked.member.id,
            now=asked.now,
        )
        record_choice(connection, asked, choice, "snooze", new=until.isoformat(), note=reason.strip())
        done = Done(DoneKind.SNOOZED, until=until, rules=_rules(choice))
        show_done(connection, asked, choice.deal, done)
    return Reply(
        settled_choices(asked, choice.deal, (done,)),
        note=f"{choice.deal.name}: I ask again on {Wording().full_day(until).words}.",
    )


def open_dispute(asked: Asked, clicked: Clicked) -> Reply:
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.SNOOZE, choice.deal).require()
    return Reply(form=compose_dispute_form(choice.argument, choice.deal.name, choice.rule, "", {}))


def save_dispute(asked: Asked, sent: Submitted) -> Reply:
    """Sales operations hear of it; the finding is not asked about again in the digests that show it."""
    choice = read_choice(asked, sent.argument)
    may_on(asked, Action.SNOOZE, choice.deal).require()
    reason = sent.answers.get(REASON, "")
    problems = _named(reason=word_problem(reason))
    if problems:
        form = compose_dispute_form(choice.argument, choice.deal.name, choice.rule, reason, problems)
        return Reply(form=form)
    company = asked.company
    desk = operations_desk(read_people(asked.engine), company.people.operations, company.chat)
    with asked.acting() as connection:
        record_choice(connection, asked, choice, "wrong_rule", note=reason.strip())
        done = Done(DoneKind.DISPUTED, rules=_rules(choice))
        show_done(connection, asked, choice.deal, done)
        for audience in desk:
            key = f"wrong_rule:{choice.argument}:{asked.member.id}:{int(asked.now.timestamp())}:{audience}"
            card = compose_dispute(
                key,
                by=asked.member.name,
                deal=name_for_operations(choice.deal),
                rule=choice.rule,
                reason=reason.strip(),
            )
            letter = Letter(key=key, kind="wrong_rule", audience=audience, card=card_to_text(card))
            put_letter(connection, letter, asked.now)
    settled = settled_choices(asked, choice.deal, (done,))
    return Reply(settled, note="Sales operations will look at the rule. Thank you.")


CAPABILITY = Capability(
    clicks={"snooze": open_snooze, "wrong_rule": open_dispute},
    forms={"snooze": save_snooze, "wrong_rule": save_dispute},
    opens=frozenset({"snooze", "wrong_rule"}),
)


def _rules(choice: DealChoice) -> tuple[str, ...]:
    return (choice.rule,) if choice.rule else ()


def _named(**problems: str) -> Mapping[str, str]:
    return {key: problem for key, problem in problems.items() if problem}
