"""What Teams tells us that somebody did, read into values. Nothing in it is trusted but who did it.

The gate vouches that Teams sent it, so user, organisation and conversation are as they say; texts, the data
of buttons and the contents of messages come from people.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from bot.teams.places import Conversation, Thread, split_thread
from handlers.asking import Clicked, Question, Quote, Submitted, Typed

Json = Mapping[str, Any]

MAX_ANSWER = 10_000
MOST_PARTS = 1_000
ASSIGN_COMMAND = "assign_from_message"
"""The entry in the menu of a message."""
_OURS = frozenset(
    {"alone", "argument", "asked_in", "card", "form", "message", "msteams", "part", "value_in", "verb"}
)
"""What buttons carry beside the answers of a form."""
_MENTION = re.compile(r"<at[^>]*>(.*?)</at>", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"<[^>]*>")
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|tr)>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_MESSAGE_HOSTS = frozenset({"teams.microsoft.com", "teams.cloud.microsoft", "teams.microsoft.us"})


class NotOurs(Exception):
    """Something that is nobody's question to us: edits, reactions, what has lost its parts."""


@dataclass(frozen=True)
class Origin:
    """Where something was done."""

    conversation: Conversation
    is_personal: bool
    """Between that person and us alone."""
    channel: str = ""
    """Teams' id of the channel, if it is one."""
    message: str = ""
    """The message that was used, or that the words stand in."""
    thread: str = ""
    """The message that heads the thread."""
    message_key: str = ""
    """The key of the card in which a button stood; it comes from outside and proves nothing."""
    part: int = 0
    """Which of the messages of that card, from 0; from outside likewise."""
    asked_in: str = ""
    """The thread of a channel from which the card came into our chat; from outside likewise."""
    is_form_alone: bool = False
    """The message is a form, and stands in the place of no other."""

    @property
    def here(self) -> Thread:
        """Where an answer for all stands: in the thread, which what is said in a channel begins."""
        head = (self.thread or self.message) if self.channel else ""
        return Thread(self.conversation, head or None)


@dataclass(frozen=True)
class Heard:
    """What somebody did, and where."""

    event: str
    """By which a repetition is known."""
    user: str
    """Teams' own id."""
    tenant: str
    question: Question
    origin: Origin
    timezone: str | None = None
    """Of the client, where it says so."""
    quoted: Quote | None = None
    mentions: Mapping[str, str] | None = None
    """Names as they stand in the text, with Teams' ids of those who are meant."""


def read_words(activity: Json) -> Heard:
    """What somebody wrote to us, alone with us or by a mention. Raises `NotOurs` for anything else."""
    sender: Json = activity.get("from") or {}
    if str(sender.get("id") or "").startswith("28:") or sender.get("role") in ("bot", "skill"):
        raise NotOurs("another app")
    origin = _origin_of(activity)
    value = activity.get("value")
    if not activity.get("text") and isinstance(value, Mapping) and value.get("verb"):
        return _heard(activity, _used(value, value), _with_key(origin, value))  # a client without `Execute`
    mentions = _mentions(activity)
    ours = str((activity.get("recipient") or {}).get("id") or "")
    text = str(activity.get("text") or "")
    words = plain_words(text, {name: user for name, user in mentions.items() if user == ours})
    others = {name: user for name, user in mentions.items() if user != ours}
    return _heard(activity, Typed(words[:MAX_ANSWER]), origin, mentions=others)


def read_click(activity: Json) -> Heard:
    """A control of a card, or a form that stands in its place (`adaptiveCard/action`)."""
    action = _object(_object(activity.get("value")).get("action"))
    data = _object(action.get("data"))
    return _heard(activity, _used({**data, "verb": action.get("verb")}, data), _card_origin(activity, data))


def read_dialog(activity: Json) -> Heard:
    """A button that opens a dialog, or a dialog that was sent (`task/fetch`, `task/submit`)."""
    data = _object(_object(activity.get("value")).get("data"))
    origin = _card_origin(activity, data)
    if not origin.message:  # Teams need not say what a window was opened from, so we wrote it down there
        origin = replace(origin, message=str(data.get("message") or "")[:100])
    return _heard(activity, _used(data, data), origin)


def read_message_menu(activity: Json) -> Heard:
    """The entry of a message's own menu (`composeExtension/fetchTask`)."""
    value = _object(activity.get("value"))
    if value.get("commandId") != ASSIGN_COMMAND:
        raise NotOurs("an entry that we do not offer")
    payload = _object(value.get("messagePayload"))
    origin = _origin_of(activity)
    message = str(payload.get("id") or "")
    heads = str(payload.get("replyToId") or "") or origin.thread or message
    author = _object(_object(payload.get("from")).get("user"))
    words = plain_words(str(_object(payload.get("body")).get("content") or ""), {})
    return _heard(
        activity,
        Clicked(ASSIGN_COMMAND),
        Origin(origin.conversation, origin.is_personal, origin.channel, message, heads),
        quoted=Quote(
            words[:MAX_ANSWER],
            str(author.get("displayName") or "")[:200],
            _message_link(str(payload.get("linkToMessage") or "")),
        ),
    )


def read_extension_form(activity: Json) -> Heard:
    """The form of such an entry, filled in (`composeExtension/submitAction`)."""
    value = _object(activity.get("value"))
    data = _object(value.get("data"))
    payload = _object(value.get("messagePayload"))
    origin = _origin_of(activity)
    message = str(payload.get("id") or "")
    heads = str(payload.get("replyToId") or "") or origin.thread or message
    here = Origin(origin.conversation, origin.is_personal, origin.channel, message, heads)
    return _heard(activity, _used(data, data), here)


def read_place(activity: Json) -> Heard:
    """That something happened to us somewhere: we were added, or taken away."""
    return _heard(activity, Typed("/home"), _origin_of(activity))


# --- Parts ------------------------------------------------------------------------------------------


def _heard(
    activity: Json,
    question: Question,
    origin: Origin,
    *,
    quoted: Quote | None = None,
    mentions: Mapping[str, str] | None = None,
) -> Heard:
    """Raises `NotOurs` for what does not say who did it."""
    sender: Json = activity.get("from") or {}
    user, happening = str(sender.get("id") or ""), str(activity.get("id") or "")
    if not user or not happening:
        raise NotOurs("it says neither who nor what")
    return Heard(
        event=f"teams:{origin.conversation.id}:{happening}",
        user=user,
        tenant=tenant_of(activity),
        question=question,
        origin=origin,
        timezone=_timezone(activity),
        quoted=quoted,
        mentions=mentions,
    )


def tenant_of(activity: Json) -> str:
    """The organisation of whoever did it."""
    data, conversation = _object(activity.get("channelData")), _object(activity.get("conversation"))
    return str(_object(data.get("tenant")).get("id") or conversation.get("tenantId") or "")


def _origin_of(activity: Json) -> Origin:
    conversation, data = _object(activity.get("conversation")), _object(activity.get("channelData"))
    base, head = split_thread(str(conversation.get("id") or ""))
    if not base:
        raise NotOurs("it stands nowhere")
    kind = conversation.get("conversationType")
    channel = str(_object(data.get("channel")).get("id") or (base if kind == "channel" else ""))
    message = str(activity.get("id") or "")
    return Origin(
        Conversation(str(activity.get("serviceUrl") or ""), channel or base),
        is_personal=kind == "personal",
        channel=channel,
        message=message,
        thread=head if channel else "",
    )


def _card_origin(activity: Json, data: Json) -> Origin:
    """Of a control: the message in which it stands."""
    here = _origin_of(activity)
    message = str(activity.get("replyToId") or "")
    thread = "" if here.thread == message else here.thread
    return _with_key(Origin(here.conversation, here.is_personal, here.channel, message, thread), data)


def _with_key(origin: Origin, data: Json) -> Origin:
    part = data.get("part")
    return replace(
        origin,
        message_key=str(data.get("card") or "")[:1500],
        part=part if isinstance(part, int) and 0 <= part < MOST_PARTS else 0,
        asked_in=str(data.get("asked_in") or "")[:500],
        is_form_alone=origin.is_personal and data.get("alone") is True,
    )


def _used(named: Json, data: Json) -> Question:
    """What a control or a form asks."""
    command, argument = str(named.get("verb") or ""), str(data.get("argument") or "")
    if data.get("form") is True:
        answers = {key: _answer(value) for key, value in data.items() if key not in _OURS}
        return Submitted(command, argument, answers)
    value_in = str(data.get("value_in") or "")
    return Clicked(command, argument, _answer(data.get(value_in)) if value_in else "")


def _answer(value: Any) -> str:
    """Teams sends numbers as numbers, and nothing for a field that was left empty."""
    if value is None or isinstance(value, Mapping | list):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:MAX_ANSWER]


def _mentions(activity: Json) -> dict[str, str]:
    """Teams' ids of those who are mentioned, by the words that stand for them."""
    found = {}
    for entity in activity.get("entities") or ():
        one = _object(entity)
        if one.get("type") == "mention":
            user = str(_object(one.get("mentioned")).get("id") or "")
            name = _MENTION.sub(lambda at: at[1], str(one.get("text") or "")).strip()
            if user and name:
                found[name] = user
    return found


def plain_words(text: str, dropped: Mapping[str, str]) -> str:
    """Text as a person wrote it: without markup, and without mentions of those who are dropped.

    Of others `@` and the name stay, by which `with_addresses` finds them.
    """
    named = _MENTION.sub(lambda at: "" if unescape(at[1]).strip() in dropped else f"@{at[1]}", text)
    lines = _BREAKS.sub("\n", named)
    return _SPACES.sub(" ", unescape(_MARKUP.sub("", lines)).replace("\xa0", " ")).strip()


def with_addresses(text: str, mentions: Mapping[str, str], emails: Mapping[str, str]) -> str:
    """The text with e-mails where mentions stand, for those whose e-mail is known."""
    for name in sorted(mentions, key=len, reverse=True):
        email = emails.get(mentions[name])
        if email is not None:
            text = text.replace(f"@{name}", f"@{email}")
    return text


def _message_link(address: str) -> str | None:
    """The address of a message, where it is one of Teams'."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address[:2000] if parts.scheme == "https" and parts.hostname in _MESSAGE_HOSTS else None


def _timezone(activity: Json) -> str | None:
    found = activity.get("localTimezone")
    if not found:
        infos = (_object(one) for one in activity.get("entities") or ())
        found = next((one.get("timezone") for one in infos if one.get("type") == "clientInfo"), None)
    return str(found)[:100] if isinstance(found, str) and found else None


def _object(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}
