"""`/link`: which chat user is which person, for sales operations."""

from collections.abc import Sequence
from dataclasses import dataclass

from messages.card import (
    Block,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Column,
    Fact,
    Facts,
    Form,
    Heading,
    Paragraph,
    Table,
    TableRow,
    TextCell,
    TextInput,
    Tone,
    text,
)
from messages.people import platform_name, say_why
from messages.wording import Wording
from pipeline.directory import DirectoryEntry
from pipeline.person_links import PersonLink, Stranger

SHOWN = 5
"""Chat users in one answer, so that it can be read."""
PEOPLE_SHOWN = 20

ACCOUNT, PERSON = "account", "person"
"""Keys of the form's inputs."""


def compose_links(
    strangers: Sequence[Stranger], unreachable: Sequence[DirectoryEntry], wording: Wording | None = None
) -> Card:
    """Chat users who are nobody yet, who asked last first; then people whom no message reaches."""
    told = wording or Wording()
    title = _title(strangers, unreachable, told)
    blocks = (*_strangers(strangers, told), *_unreachable(unreachable))
    usage = "/link U123 ana@example.com links a chat user, /unlink U123 undoes it. All are in council people."
    return Card(
        "links",
        title,
        (*blocks, Paragraph(text(usage), Tone.NOTE)),
        title,
        actions=(Button("Link a chat user", "link_form"),),
    )


def _title(strangers: Sequence[Stranger], unreachable: Sequence[DirectoryEntry], told: Wording) -> str:
    unknown = told.count(len(strangers), "chat user is nobody yet", "chat users are nobody yet")
    unreached = told.count(len(unreachable), "person cannot be reached", "people cannot be reached")
    said = [*([unknown] if strangers else []), *([unreached] if unreachable else [])]
    return ", ".join(said) or "Everybody who wrote to me is linked"


def _strangers(strangers: Sequence[Stranger], told: Wording) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for stranger in strangers[:SHOWN]:
        sender = stranger.sender
        blocks += (
            Heading(f"{sender.name} on {platform_name(sender.account.surface)}"),
            Facts(
                (
                    Fact("Chat user", text(str(sender.account))),
                    Fact("E-mail", text(sender.email or "not shown")),
                    Fact("Not matched", text(say_why(stranger))),
                    Fact("Wrote last", text(told.moment(stranger.asked_at))),
                )
            ),
            Buttons((Button("Link to somebody", "link_form", str(sender.account)),)),
        )
    if len(strangers) > SHOWN:
        rest = f"{len(strangers) - SHOWN} more wrote before these: council people lists them all."
        blocks.append(Paragraph(text(rest), Tone.NOTE))
    return tuple(blocks)


_PEOPLE_COLUMNS = (Column("Person"), Column("CRM user"), Column("Why"))


def _unreachable(entries: Sequence[DirectoryEntry]) -> tuple[Block, ...]:
    if not entries:
        return ()
    rows = tuple(
        TableRow(
            (
                TextCell(text(entry.name)),
                TextCell(text(entry.id if entry.is_in_crm else "none")),
                TextCell(text(say_no_way(entry))),
            )
        )
        for entry in entries[:PEOPLE_SHOWN]
    )
    table = Table("Not reached", _PEOPLE_COLUMNS, rows)
    more = len(entries) - PEOPLE_SHOWN
    note = (Paragraph(text(f"{more} more: council people lists them all."), Tone.NOTE),) if more > 0 else ()
    return (Heading("People whom no message reaches"), table, *note)


def say_no_way(entry: DirectoryEntry) -> str:
    """Why no message reaches somebody."""
    if not entry.waiting:
        return "No chat user, and no e-mail in the CRM"
    return "1 message waits for a way" if entry.waiting == 1 else f"{entry.waiting} messages wait for a way"


def compose_linked(link: PersonLink, person: str) -> Card:
    """What came of it."""
    called = link.name or link.account.user_id
    title = f"{called} is {person} now"
    what = f"On {platform_name(link.account.surface)} they see and do what {person} may. "
    sent = "Messages that waited for this are on their way."
    undo = Button("Unlink", "unlink", str(link.account), ButtonStyle.DANGER)
    return Card(
        f"link:{link.account}",
        title,
        (
            Facts((Fact("Chat user", text(str(link.account))), Fact("Person", text(person)))),
            Paragraph(text(what + sent)),
            Buttons((undo,)),
        ),
        title,
    )


def compose_unlinked(link: PersonLink, person: str) -> Card:
    called = link.name or link.account.user_id
    title = f"{called} is no longer {person}"
    what = (
        "From now on I do not know them, whatever their e-mail is, until you link them again: "
        f"/link {link.account} and the person."
    )
    again = Button("Link to somebody", "link_form", str(link.account))
    return Card(f"link:{link.account}", title, (Paragraph(text(what)), Buttons((again,))), title)


@dataclass(frozen=True)
class LinkDraft:
    """What was typed so far, and what is wrong with it."""

    account: str = ""
    person: str = ""
    account_problem: str = ""
    person_problem: str = ""
    problem: str = ""


def compose_link_form(draft: LinkDraft) -> Form:
    says = "They will see and do what this person may, so be sure that it is the same human being."
    return Form(
        "link_form",
        "Link a chat user",
        (
            Paragraph(text(says)),
            TextInput(
                ACCOUNT,
                "Chat user",
                draft.account,
                hint="U123, or in full slack:T01ABC:U123",
                required=True,
                problem=draft.account_problem,
            ),
            TextInput(
                PERSON,
                "Person",
                draft.person,
                hint="Name, e-mail or CRM user id",
                required=True,
                problem=draft.person_problem,
            ),
        ),
        "link_save",
        submit="Link",
        problem=draft.problem,
    )
