"""A manager looks in on a deal: `inspect`, and `acknowledge` for what no edit can mend."""

from handlers.asking import Asked, Clicked
from handlers.capability import Capability
from handlers.deal_choice import may_on, read_choice, record_choice, say_in_letter, today_of
from messages.reply import Reply
from pipeline.access import Action
from pipeline.audiences import to_person
from pipeline.errors import CouncilError
from pipeline.findings import Audience
from storage.database import reading
from storage.findings_of import findings_on
from storage.letter_deals import letters_showing
from storage.nudge_choices import put_acknowledgement, record_inspection


def inspect(asked: Asked, clicked: Clicked) -> Reply:
    """The manager confirms that the deal is as its record says."""
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.INSPECT, choice.deal).require()
    with asked.acting() as connection:
        record_inspection(
            connection, choice.deal, manager=asked.member.id, day=today_of(asked), how="confirmed"
        )
        record_choice(connection, asked, choice, "inspect", note="")
        own = letters_showing(connection, choice.deal.id, asked.now, audience=to_person(asked.member.id))
        for key in own:
            say_in_letter(connection, key, choice.deal.id, "you looked at it: it is right", settled=True)
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
    with asked.acting() as connection:
        put_acknowledgement(connection, choice.deal, choice.rule, by=asked.member.id, now=asked.now)
        record_choice(connection, asked, choice, "acknowledge", note="")
    return Reply(note=f"{choice.deal.name}: noted, until it is pushed or changes its stage.")


CAPABILITY = Capability(clicks={"inspect": inspect, "acknowledge": acknowledge})
