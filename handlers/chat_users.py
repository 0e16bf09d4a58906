"""Which chat user and which person are meant by what operations type."""

from collections.abc import Sequence

from handlers.asking import Where
from pipeline.access import listed_emails
from pipeline.company import Company
from pipeline.errors import UnknownName
from pipeline.people import People
from pipeline.person_links import ChatAccount, fold_email, read_account
from pipeline.person_matching import match_person
from storage.database import Connection
from storage.person_links import read_links
from storage.strangers import read_strangers

_WITH_OWN_USERS = ("slack", "teams")
"""Platforms whose user ids people can know before we do."""


def find_account(connection: Connection, typed: str, where: Where) -> ChatAccount:
    """The chat user of `slack:T01:U123`, of `U123` or of a mention: one who wrote to us, else one of the
    place where it is typed. Raises `UnknownName`."""
    bare = _bare(typed)
    known = [stranger.sender.account for stranger in read_strangers(connection)]
    known += [link.account for link in read_links(connection)]
    named = [account for account in known if account.user_id == bare]
    if len(named) == 1:
        return named[0]
    if len(named) > 1:
        raise UnknownName(f"“{bare}” could be {_listed(named)}. Write the one you mean in full.")
    if bare.count(":") >= 2:
        return read_account(bare)
    if where.surface in _WITH_OWN_USERS and bare and " " not in bare and "@" not in bare:
        return ChatAccount(where.surface, where.tenant, bare)
    raise UnknownName(
        f"Nobody with the chat user id “{bare[:80]}” has written to me. /link lists who has; or write "
        "platform, tenant and user id, such as slack:T01ABC:U123."
    )


def find_linked_account(connection: Connection, typed: str, where: Where, people: People) -> ChatAccount:
    """The same for a link that there is; by its person too, where they have one. Raises `UnknownName`."""
    links = read_links(connection)
    bare = _bare(typed)
    named = [link.account for link in links if bare in (link.account.user_id, str(link.account))]
    if not named and ("@" in bare or people.by_id(bare) is not None):
        user = people.by_email(bare) or people.by_id(bare)
        names = {bare.casefold(), *([user.id] if user is not None else [])}
        named = [link.account for link in links if link.person in names]
    if len(named) == 1:
        return named[0]
    here = [
        account for account in named if (account.surface, account.tenant) == (where.surface, where.tenant)
    ]
    if len(here) == 1:
        return here[0]
    if named:
        raise UnknownName(f"“{bare}” is linked as {_listed(named)}. Write the one you mean in full.")
    raise UnknownName(f"There is no link of “{bare[:80]}”. council people lists every link.")


def find_linkable_person(people: People, company: Company, typed: str) -> str:
    """CRM user id, or the listed e-mail of somebody whom the CRM does not know. Raises `UnknownName`."""
    email = fold_email(typed)
    if email in listed_emails(company.people) | people.council and people.by_email(str(email)) is None:
        return str(email)
    departed = people.by_email(typed) or people.by_id(typed)
    if departed is not None and not departed.is_active:
        raise UnknownName(
            f"The CRM user of {departed.name} is not active. Set it active first, or name somebody else."
        )
    return match_person(typed, people.users.values()).id


def _bare(typed: str) -> str:
    """Without what a chat puts around a mention: `<@U123|ana>`, `@U123`."""
    return typed.strip().removeprefix("<").removesuffix(">").split("|")[0].removeprefix("@")


def _listed(accounts: Sequence[ChatAccount]) -> str:
    return " or ".join(str(account) for account in sorted(accounts))
