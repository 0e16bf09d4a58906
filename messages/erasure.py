"""What is to be erased of a person, and that it is done."""

from messages.card import Card, Fact, Facts, Paragraph, text
from messages.wording import Wording


def compose_erasure(
    name: str, person: str, *, links: int, letters: int, texts: int, wording: Wording
) -> Card:
    """Before: what goes and what stays. Nothing is erased yet."""
    title = f"Erase {name}?"
    goes = Facts(
        (
            Fact("Person", text(f"{name} ({person})")),
            Fact("Links", text(wording.count(links, "chat user", "chat users"))),
            Fact("Messages to them", text(wording.count(letters, "message", "messages"))),
            Fact("Mentions elsewhere", text(wording.count(texts, "record at most", "records at most"))),
        )
    )
    stays = (
        "Deals, figures, scores and the audit stay under the CRM user's id, so that totals still add up. "
        "Erase the person in the CRM and in the chat too: those are not ours to change."
    )
    todo = "It cannot be undone, and they can no longer use this. To do it, add --yes."
    return Card(
        "erase",
        title,
        (goes, Paragraph(text(stays)), Paragraph(text(todo))),
        f"{title} Nothing is erased yet.",
    )


def compose_erased(token: str, *, links: int, letters: int, texts: int, wording: Wording) -> Card:
    """After, without the name."""
    title = "The person is erased"
    counted = f"{wording.count(links, 'link', 'links')}, {wording.count(letters, 'message', 'messages')}"
    texts_too = f"the names in {wording.count(texts, 'record', 'records')}"
    gone = f"{counted} and {texts_too} are gone. Where the name stood there is {token} now."
    return Card("erase", title, (Paragraph(text(gone)),), title)
