"""The further choices of a digest: `more` about one deal, and `show_all` of its deals."""

from handlers.asking import Asked, Clicked
from handlers.capability import Capability
from handlers.deal_choice import may_on, read_choice
from messages.nudge import MORE, SHOW_ALL, compose_all, compose_more
from messages.reply import Reply
from pipeline.access import Action
from pipeline.digests import items_of
from pipeline.errors import AccessDenied, CouncilError
from storage.database import reading
from storage.digests import read_digest
from storage.findings_of import findings_on


def answer_more(asked: Asked, clicked: Clicked) -> Reply:
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.SNOOZE, choice.deal).require()
    with reading(asked.engine) as connection:
        items = items_of(findings_on(connection, asked.company, choice.deal.id))
    if not items:
        raise CouncilError(f"Nothing is open on {choice.deal.name} any more. Thank you.")
    return Reply((compose_more(items[0]),))


def answer_show_all(asked: Asked, clicked: Clicked) -> Reply:
    with reading(asked.engine) as connection:
        digest = read_digest(connection, clicked.argument)
    if digest.person.id != asked.member.id:
        raise AccessDenied("This digest is somebody else's. Yours is in /hygiene.")
    return Reply((compose_all(digest, asked.company.definitions.money.corporate_currency),))


CAPABILITY = Capability(clicks={MORE: answer_more, SHOW_ALL: answer_show_all})
