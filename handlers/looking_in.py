"""A manager looks in on a deal: `inspect`, and `acknowledge` for what no edit can mend."""

from collections.abc import Sequence

from handlers.asking import Asked, Clicked
from handlers.capability import Capability
from handlers.deal_choice import DealChoice, may_on, read_choice, record_choice, today_of
from messages.card_text import card_from_text, card_to_text
from messages.deal_findings import sentence
from messages.deal_letters import say_done
from messages.reply import Reply
from pipeline.access import Action
from pipeline.audiences import to_person
from pipeline.errors import CouncilError
from pipeline.findings import Audience
from pipeline.nudging import wants_the_manager
from storage.database import Connection, reading
from storage.findings_of import findings_on
from storage.letter_deals import letters_showing
from storage.nudge_choices import put_acknowledgement, record_inspection
from storage.outbox import revise_letter


def inspect(asked: Asked, clicked: Clicked) -> Reply:
    """The manager confirms that the deal is as its record says."""
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.INSPECT, choice.deal).require()
    with asked.acting() as connection:
        record_inspection(
            connection, choice.deal, manager=asked.member.id, day=today_of(asked), how="confirmed"
        )
        record_choice(connection, asked, choice, "inspect", note="")
        _say_in_own(connection, asked, choice, "you looked at it: it is right", ())
    return Reply(note=f"{choice.deal.name} is marked as inspected.")


def acknowledge(asked: Asked, clicked: Clicked) -> Reply:
    """A finding about the past, which no edit can mend, is closed until the next push or stage change."""
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.INSPECT, choice.deal).require()
    with reading(asked.engine) as connection:
        open_here = {one.rule: one for one in findings_on(connection, asked.company, choice.deal.id)}
    finding = open_here.get(choice.rule)
    if finding is None:
        raise CouncilError(f"{choice.deal.name} has no such finding any more: there is nothing to do.")
    if finding.audience is not Audience.MANAGER:
        raise CouncilError("Only findings about the past are acknowledged. Fix or exempt this one.")
    left = [one for rule, one in open_here.items() if rule != choice.rule and wants_the_manager(one)]
    with asked.acting() as connection:
        put_acknowledgement(connection, choice.deal, choice.rule, by=asked.member.id, now=asked.now)
        record_choice(connection, asked, choice, "acknowledge", note="")
        _say_in_own(connection, asked, choice, "you know", [sentence(one.says) for one in left])
    return Reply(note=f"{choice.deal.name}: noted, until it is pushed or changes its stage.")


def _say_in_own(
    connection: Connection, asked: Asked, choice: DealChoice, words: str, left: Sequence[str]
) -> None:
    """At the deal in the messages to this manager; others have an eye of their own to cast on it."""
    own = letters_showing(connection, choice.deal.id, asked.now, audience=to_person(asked.member.id))
    for letter in own:
        card = say_done(card_from_text(letter.card), choice.deal.id, words, left)
        revise_letter(connection, letter.key, card_to_text(card))


CAPABILITY = Capability(clicks={"inspect": inspect, "acknowledge": acknowledge})
