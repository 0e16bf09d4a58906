"""Finding and erasing a person, for whoever has the database in hand."""

from datetime import datetime

from handlers.links import Linker, name_of, person_names
from pipeline.access import listed_emails
from pipeline.company import Company
from pipeline.erasure import ErasedPerson, names_of
from pipeline.errors import CouncilError, UnknownName
from pipeline.people import People, User, is_same_id
from pipeline.person_links import fold_email
from storage.audit import AuditEntry, record_audit
from storage.database import Engine, reading, writing
from storage.erasure import Erasable, KeptOf, erase_person
from storage.people import read_people
from storage.person_links import read_links_of_person


class StillListed(CouncilError):
    """The configuration names somebody who is to be erased."""


def find_erasable(engine: Engine, company: Company, typed: str, token: str) -> Erasable:
    """The person of an e-mail or CRM user id, active or not, and all that is kept under their names.

    Raises `UnknownName`, and `StillListed` where the configuration would give them their roles back.
    """
    people = read_people(engine)
    user = _find_user(people, typed)
    email = fold_email(user.email) if user is not None else fold_email(typed)
    person = user.id if user is not None else str(email)
    _check_not_listed(company, person, email)
    names = person_names(people, person)
    with reading(engine) as connection:
        accounts = tuple(link.account for link in read_links_of_person(connection, names))
    if user is None and not accounts:
        raise UnknownName(f"Nobody has the e-mail or CRM user id “{typed[:80]}”. council people lists all.")
    name = name_of(people, person)
    told = names_of(person, name, email, [str(account) for account in accounts])
    return Erasable(person, name, names, email, accounts, ErasedPerson(told, token))


def erase(engine: Engine, who: Erasable, by: Linker, now: datetime) -> KeptOf:
    """Erase, and write down that it was done, without the name."""
    gone = erase_person(engine, who, now)
    entry = AuditEntry(
        by=by.id,
        surface=by.surface,
        act="erase",
        object=f"person:{who.erased.taken_out_of(who.person)}",
        new=who.erased.token,
    )
    with writing(engine) as connection:
        record_audit(connection, entry, now)
    return gone


def _find_user(people: People, typed: str) -> User | None:
    wanted = fold_email(typed)
    found = people.by_id(typed.strip())
    if found is not None:
        return found
    holders = [user for user in people.users.values() if wanted and fold_email(user.email) == wanted]
    if len(holders) > 1:
        ids = " or ".join(sorted(user.id for user in holders))
        raise UnknownName(f"Several CRM users have the e-mail {typed}: name the one you mean, {ids}.")
    return holders[0] if holders else None


def _check_not_listed(company: Company, person: str, email: str | None) -> None:
    definition = company.people
    ids = (*definition.council, *definition.operations, *definition.administrators)
    if email in listed_emails(definition) or any(is_same_id(each.strip(), person) for each in ids):
        raise StillListed(
            f"The configuration lists {email or person} under [people]. Take that out first: else the roles "
            "and the address would come back."
        )
