"""Who somebody in a chat is: what strangers are told, and what sales operations are asked about them."""

from collections.abc import Sequence

from messages.card import Block, Button, Buttons, ButtonStyle, Card, Fact, Facts, Paragraph, Tone, text
from pipeline.people import User
from pipeline.person_links import ChatAccount, PersonLink, Sender, Stranger, WhyUnmatched

CANDIDATES_SHOWN = 3
"""So many people are offered by a button of their own."""

_PLATFORMS = {"slack": "Slack", "teams": "Teams", "preview": "the local room"}

_SAID_TO_THEM = {
    WhyUnmatched.NO_EMAIL: "{platform} does not show me your e-mail address, so I cannot tell which CRM user "
    "you are.",
    WhyUnmatched.NOBODY: "No active CRM user has your e-mail address, {email}.",
    WhyUnmatched.SEVERAL: "Several CRM users have your e-mail address, {email}: I cannot tell which is you.",
    WhyUnmatched.INACTIVE: "The CRM user with your e-mail address, {email}, is not active.",
    WhyUnmatched.TAKEN: "Your e-mail address, {email}, belongs to somebody who already speaks with me as "
    "another user of {platform}.",
    WhyUnmatched.UNLINKED: "Sales operations have undone the link between you and a CRM user.",
}
_SAID_OF_THEM = {
    WhyUnmatched.NO_EMAIL: "{platform} shows no e-mail of theirs.",
    WhyUnmatched.NOBODY: "No active CRM user has their e-mail.",
    WhyUnmatched.SEVERAL: "Several active CRM users have their e-mail.",
    WhyUnmatched.INACTIVE: "The CRM user with their e-mail is not active.",
    WhyUnmatched.TAKEN: "Whoever has their e-mail in the CRM already speaks with me as another chat user.",
    WhyUnmatched.UNLINKED: "They were linked, and the link was undone.",
}


def platform_name(surface: str) -> str:
    return _PLATFORMS.get(surface, surface)


def say_unmatched(sender: Sender, why: WhyUnmatched, whom_to_ask: str) -> str:
    """To somebody whom nobody knows. `whom_to_ask`: `pipeline.audiences.name_operations`."""
    reason = _SAID_TO_THEM[why].format(platform=platform_name(sender.account.surface), email=sender.email)
    sentence = reason[0].upper() + reason[1:]
    return f"{sentence}\nAsk {whom_to_ask} to link you to your CRM user, then write to me again."


def say_why(stranger: Stranger) -> str:
    """To sales operations, in one sentence."""
    said = _SAID_OF_THEM[stranger.why].format(platform=platform_name(stranger.sender.account.surface))
    return said[0].upper() + said[1:]


# --- Letters to sales operations ------------------------------------------------------------------


def compose_stranger(key: str, stranger: Stranger, candidates: Sequence[User]) -> Card:
    """Somebody wrote who could not be matched: who could it be?"""
    sender = stranger.sender
    platform = platform_name(sender.account.surface)
    title = f"Who is {sender.name} on {platform}?"
    what = f"{sender.name} wrote to me, and I cannot tell which person that is. {say_why(stranger)}"
    todo = "Until you link them they see nothing. They were told to ask you."
    blocks: tuple[Block, ...] = (
        Paragraph(text(what)),
        Facts(_facts(sender, candidates)),
        Paragraph(text(todo), Tone.NOTE),
    )
    return Card(
        key, title, blocks, f"{title} {say_why(stranger)}", actions=_links_offered(sender, candidates)
    )


def _facts(sender: Sender, candidates: Sequence[User]) -> tuple[Fact, ...]:
    facts = [
        Fact("Chat user", text(str(sender.account))),
        Fact("E-mail", text(sender.email or "not shown")),
    ]
    if candidates:
        facts.append(Fact("Could be", text("; ".join(_described(user) for user in candidates))))
    return tuple(facts)


def _described(user: User) -> str:
    state = "" if user.is_active else ", not active"
    return f"{user.name} ({user.id}{state})"


def _links_offered(sender: Sender, candidates: Sequence[User]) -> tuple[Button, ...]:
    """A button for each who may be meant, and one for anybody else."""
    active = [user for user in candidates if user.is_active][:CANDIDATES_SHOWN]
    is_one = len(active) == 1
    direct = tuple(
        Button(
            f"Link to {user.name}" if is_one else f"Link to {user.name}, {user.id}",
            "link_to",
            f"{user.id} {sender.account}",
        )
        for user in active
    )
    style = ButtonStyle.PLAIN if direct else ButtonStyle.PRIMARY
    return (*direct, Button("Link to somebody", "link_form", str(sender.account), style))


def compose_stranger_known(key: str, link: PersonLink, person: str, by: str) -> Card:
    """The same letter when the chat user is linked. `by`: who did it; empty where an e-mail did."""
    called = link.name or link.account.user_id
    title = f"{called} is {person}"
    how = f"Linked by {by}." if by else "Linked by their e-mail."
    return Card(
        key,
        title,
        (Paragraph(text(f"{how} What waited for {person} is on its way.")), _undo(link.account)),
        f"{title}. {how}",
    )


def compose_email_moved(key: str, sender: Sender, person: str, others: Sequence[User]) -> Card:
    """A linked chat user has somebody else's e-mail by now. The link stays until operations change it."""
    platform = platform_name(sender.account.surface)
    title = f"{sender.name} on {platform} has another e-mail now"
    names = " and ".join(user.name for user in others)
    what = f"It is {sender.email}, in the CRM that of {names}. On {platform} they still act as {person}."
    todo = "If that is right, do nothing. If not, unlink them, then link them to the right person."
    return Card(
        key,
        title,
        (
            Paragraph(text(what)),
            Facts((Fact("Chat user", text(str(sender.account))), Fact("Acts as", text(person)))),
            Paragraph(text(todo)),
            _undo(sender.account),
        ),
        f"{title}, and still acts as {person}",
    )


def _undo(account: ChatAccount) -> Buttons:
    return Buttons((Button("Unlink", "unlink", str(account), ButtonStyle.DANGER),))
