"""`waive`: a rep asks to exempt a finding, a manager above decides; whoever may decide does so at once."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

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
from handlers.rules import rule_names
from handlers.words import old_button
from messages.card import Form
from messages.card_text import card_to_text
from messages.nudge_choices import (
    REASON,
    UNTIL,
    WAIVER_DECLINE,
    WAIVER_GRANT,
    Problems,
    compose_waiver_decided,
    compose_waiver_form,
    compose_waiver_wish,
)
from messages.reply import Reply
from messages.wording import Wording
from pipeline.access import Action, Deal, may
from pipeline.audiences import operations_desk, to_person
from pipeline.digests import BY_OPERATIONS, Done, DoneKind
from pipeline.errors import CouncilError
from pipeline.people import People
from storage.database import Connection, reading
from storage.deal_heads import read_deal_head
from storage.findings_of import findings_on
from storage.nudge_choices import (
    WaiverWish,
    ask_waiver,
    decline_waiver,
    grant_waiver,
    is_waiver_asked,
    read_wish,
)
from storage.outbox import Letter, put_letter, revise_letter
from storage.people import read_people
from storage.score_moves import moving_scores

USUAL_WAIVER = timedelta(days=90)


def open_waiver(asked: Asked, clicked: Clicked) -> Reply:
    choice = _choice(asked, clicked.argument)
    decides = _decides(asked, choice)
    with reading(asked.engine) as connection:
        _refuse_second_wish(connection, asked, choice)
    longest = timedelta(days=asked.company.nudges.longest_waiver_days)
    until = today_of(asked) + min(USUAL_WAIVER, longest)
    return Reply(form=_form(asked, choice, until, "", {}, decides=decides))


def save_waiver(asked: Asked, sent: Submitted) -> Reply:
    choice = _choice(asked, sent.argument)
    decides = _decides(asked, choice)
    today = today_of(asked)
    longest = timedelta(days=asked.company.nudges.longest_waiver_days)
    until, day_problem = read_day_answer(sent.answers.get(UNTIL, ""), today, today + longest)
    reason = sent.answers.get(REASON, "").strip()
    problems = {UNTIL: day_problem, REASON: word_problem(reason)}
    if until is None or any(problems.values()):
        return Reply(form=_form(asked, choice, until, reason, problems, decides=decides))
    people = read_people(asked.engine)
    has_manager = bool(people.managers_of(asked.member.id))
    with asked.acting() as connection:
        _refuse_second_wish(connection, asked, choice)
        number = ask_waiver(
            connection,
            choice.deal,
            choice.rule,
            until=until,
            reason=reason,
            by=asked.member.id,
            now=asked.now,
        )
        act, kind = ("waive", DoneKind.WAIVED) if decides else ("ask_waiver", DoneKind.WAIVER_ASKED)
        record_choice(connection, asked, choice, act, new=until.isoformat(), note=reason)
        if decides:
            with moving_scores(connection, asked.company, choice.deal, asked.now):
                grant_waiver(connection, number, by=asked.member.id, today=today)
        else:
            _ask_managers(connection, asked, people, read_wish(connection, number))
        done = Done(kind, new=None if has_manager else BY_OPERATIONS, until=until, rules=(choice.rule,))
        show_done(connection, asked, choice.deal, done)
    settled = settled_choices(asked, choice.deal, (done,))
    if decides:
        return Reply(settled, note=f"{choice.deal.name} is exempt until {Wording().full_day(until).words}.")
    asked_is = "Your manager was" if has_manager else "Sales operations were"
    return Reply(settled, note=f"{asked_is} asked. I tell you what comes of it.")


def grant(asked: Asked, clicked: Clicked) -> Reply:
    return _decide(asked, clicked, granted=True)


def decline(asked: Asked, clicked: Clicked) -> Reply:
    return _decide(asked, clicked, granted=False)


CAPABILITY = Capability(
    clicks={"waive": open_waiver, WAIVER_GRANT: grant, WAIVER_DECLINE: decline},
    forms={"waive": save_waiver},
    opens=frozenset({"waive"}),
)


def _choice(asked: Asked, argument: str) -> DealChoice:
    choice = read_choice(asked, argument)
    if choice.rule not in rule_names(asked.company.hygiene):
        raise old_button()
    return choice


def _form(
    asked: Asked, choice: DealChoice, until: date | None, reason: str, problems: Problems, *, decides: bool
) -> Form:
    return compose_waiver_form(
        choice.argument,
        choice.deal.name,
        choice.rule,
        until,
        reason,
        problems,
        decides=decides,
        has_manager=bool(read_people(asked.engine).managers_of(asked.member.id)),
    )


def _decides(asked: Asked, choice: DealChoice) -> bool:
    """Whether the person exempts it at once. Raises `AccessDenied` for whoever may not even ask."""
    if may_on(asked, Action.WAIVE, choice.deal).allowed:
        return True
    may_on(asked, Action.ASK_WAIVER, choice.deal).require()
    return False


def _refuse_second_wish(connection: Connection, asked: Asked, choice: DealChoice) -> None:
    """Raises `CouncilError` while the person's earlier wish waits: a manager is asked once."""
    if is_waiver_asked(connection, choice.deal, choice.rule, by=asked.member.id):
        raise CouncilError(
            f"You have asked to exempt {choice.deal.name} from this already. Your manager still has to "
            "decide, and I tell you what comes of it."
        )


def _ask_managers(connection: Connection, asked: Asked, people: People, wish: WaiverWish) -> None:
    deal = read_deal_head(connection, wish.deal_id)
    found = [one for one in findings_on(connection, asked.company, deal.id) if one.rule == wish.rule]
    value = found[0].value if found else None
    currency = asked.company.definitions.money.corporate_currency
    has_manager = bool(people.managers_of(wish.asked_by))
    for audience in _deciders(asked, people, wish.asked_by):
        key = _wish_key(wish.number, audience)
        card = compose_waiver_wish(
            key,
            wish.number,
            asker=asked.member.name,
            deal=deal.name if has_manager else name_for_operations(deal),
            rule=wish.rule,
            says=found[0].says if found else "",
            worth="" if value is None else Wording().short_money(value, currency),
            until=wish.until,
            reason=wish.reason,
        )
        letter = Letter(key=key, kind="waiver", audience=audience, card=card_to_text(card))
        put_letter(connection, letter, asked.now)


def _deciders(asked: Asked, people: People, asker: str) -> tuple[str, ...]:
    """The nearest managers; where there is none, sales operations, who find one."""
    managers = tuple(to_person(manager) for manager in people.managers_of(asker))
    company = asked.company
    return managers or operations_desk(people, company.people.operations, company.chat)


def _wish_key(number: int, audience: str) -> str:
    return f"waiver:{number}:{audience.lstrip('@#')}"


def _decide(asked: Asked, clicked: Clicked, *, granted: bool) -> Reply:
    if not (clicked.argument.isascii() and clicked.argument.isdigit() and len(clicked.argument) < 16):
        raise old_button()
    number = int(clicked.argument)
    with reading(asked.engine) as connection:
        wish = read_wish(connection, number)
    choice = read_choice(asked, f"{wish.deal_id}:{wish.rule}")
    people = read_people(asked.engine)
    has_manager = bool(people.managers_of(wish.asked_by))
    deal = Deal(choice.deal.owner_id, choice.deal.is_confidential, is_unmanaged=not has_manager)
    may(asked.member, Action.WAIVE, deal).require()
    if wish.asked_by == asked.member.id:
        raise CouncilError("Somebody else has to decide about your own wish.")
    asker = people.by_id(wish.asked_by)
    with asked.acting() as connection:
        if granted:
            with moving_scores(connection, asked.company, choice.deal, asked.now):
                grant_waiver(connection, number, by=asked.member.id, today=today_of(asked))
            show_done(
                connection,
                asked,
                choice.deal,
                Done(DoneKind.WAIVED, until=wish.until, rules=(wish.rule,)),
            )
        else:
            decline_waiver(connection, number, by=asked.member.id)
        act = "waive" if granted else "decline_waiver"
        record_choice(connection, asked, choice, act, new=wish.until.isoformat(), note=wish.reason)
        outcome = _Outcome(
            decider=asked.member.name,
            asker=asker.name if asker else wish.asked_by,
            deal=choice.deal.name,
            rule=wish.rule,
            until=wish.until,
            granted=granted,
        )
        for audience in _deciders(asked, people, wish.asked_by):
            key = _wish_key(number, audience)
            seen = outcome if has_manager else replace(outcome, deal=name_for_operations(choice.deal))
            revise_letter(connection, key, seen.card(key))
        key = f"waiver_decided:{number}"
        letter = Letter(key=key, kind="waiver", audience=to_person(wish.asked_by), card=outcome.card(key))
        put_letter(connection, letter, asked.now)
    return Reply(note="Decided, and told to whoever asked.")


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """What became of a wish, for everybody who was asked and whoever asked."""

    decider: str
    asker: str
    deal: str
    rule: str
    until: date
    granted: bool

    def card(self, key: str) -> str:
        card = compose_waiver_decided(
            key,
            decider=self.decider,
            asker=self.asker,
            deal=self.deal,
            rule=self.rule,
            until=self.until,
            granted=self.granted,
        )
        return card_to_text(card)
