"""What Slack tells us that somebody did, read into values. Nothing in it is trusted but who did it.

Slack vouches for the user, the workspace and the channel; texts, button values, `private_metadata` and the
contents of messages come from people.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from bot.slack.commands import CommandNames
from bot.slack.rendering import Origin, key_in, key_of_block, origin_from_text
from handlers.asking import Clicked, Question, Quote, Submitted, Typed
from messages.render.blockkit import argument_of_pick, command_of
from messages.render.blockkit_inputs import PROBLEM_SIGN

Json = Mapping[str, Any]

MAX_ANSWER = 10_000
HOME_PAGE = "home"
"""What Slack calls the view of a person's own page."""
ASK_AGAIN = "slack_ask_again"
"""A button of this room alone: asks the typed line in its value once more."""
_LINK = re.compile(r"<((?:https?|mailto):[^|>\s]+)(?:\|([^>]*))?>")
_CHANNEL = re.compile(r"<#[A-Z0-9]+\|([^>]*)>")
_USER = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_UNFURLED_AT_MOST = 5


class NotOurs(Exception):
    """Something that is nobody's question to us: other bots' words, edits, what has lost its parts."""


@dataclass(frozen=True)
class Heard:
    """What somebody did, where, and how Slack may be answered."""

    event: str
    """By which a repetition is known, on whatever way it comes."""
    user: str
    team: str
    question: Question
    origin: Origin
    """Channel, message and thread; for a form, those from which it was opened."""
    trigger: str | None = None
    """Opens a form, for three seconds."""
    view: str | None = None
    """The form in which it was done."""
    quoted: Quote | None = None
    is_aloud: bool = False
    """Said in a channel before everybody, so that the answer stands in the thread of what was said."""
    shows_problems: bool = False
    """The form that was sent says already what was wrong with the answers before."""

    @property
    def is_from_home(self) -> bool:
        """Done on the person's own page or in a form of it: the page shows it when it is done."""
        return self.origin.page == HOME_PAGE


def read_command(body: Json, names: CommandNames) -> Heard:
    """A slash command, by whatever name the workspace has for it."""
    name = names.ours(str(body.get("command") or ""))
    return Heard(
        event=f"slack:command:{body['trigger_id']}",
        user=str(body["user_id"]),
        team=str(body["team_id"]),
        question=Typed(f"/{name} {plain_words(str(body.get('text') or ''))}".strip()),
        origin=Origin(channel=str(body["channel_id"]), response_url=str(body.get("response_url") or "")),
        trigger=str(body["trigger_id"]),
    )


def read_click(body: Json) -> Heard:
    """A button, a date or a choice, in a message, in a form or on somebody's home page."""
    actions = body.get("actions") or ()
    if not actions:
        raise NotOurs("no action")
    action: Json = actions[0]
    view: Json = body.get("view") or {}
    origin = origin_from_text(str(view.get("private_metadata") or "")) if view else _origin_of(body)
    if view.get("type") == HOME_PAGE:
        origin = replace(origin, page=HOME_PAGE)
    return Heard(
        event=f"slack:click:{body['trigger_id']}",
        user=str(body["user"]["id"]),
        team=_team(body),
        question=_clicked(action),
        origin=origin,
        trigger=str(body["trigger_id"]),
        view=str(view["id"]) if view.get("type") == "modal" else None,
    )


def _clicked(action: Json) -> Question:
    action_id = str(action.get("action_id") or "")
    command = command_of(action_id)
    match action.get("type"):
        case "button" if command == ASK_AGAIN:
            return Typed(str(action.get("value") or ""))
        case "button":
            return Clicked(command, str(action.get("value") or ""))
        case "datepicker":
            return Clicked(command, argument_of_pick(action_id), str(action.get("selected_date") or ""))
        case "static_select" | "external_select":
            chosen: Json = action.get("selected_option") or {}
            return Clicked(command, argument_of_pick(action_id), str(chosen.get("value") or ""))
        case "plain_text_input":
            return Clicked(command, argument_of_pick(action_id), str(action.get("value") or ""))
        case _:
            raise NotOurs("a control that we do not make")


def _origin_of(body: Json) -> Origin:
    message: Json = body.get("message") or {}
    container: Json = body.get("container") or {}
    channel: Json = body.get("channel") or {}
    ts = str(message.get("ts") or container.get("message_ts") or "")
    thread = str(message.get("thread_ts") or container.get("thread_ts") or "")
    key = key_of_block(_block_of(body)) or key_in(message.get("blocks") or ())
    return Origin(
        channel=str(channel.get("id") or container.get("channel_id") or ""),
        message=ts,
        thread="" if thread == ts else thread,
        message_key="" if _is_unfurl(body) else key,
        response_url=str(body.get("response_url") or ""),
    )


def _is_unfurl(body: Json) -> bool:
    """The control stands beside an address that a person posted: nothing of ours is there to be replaced, and
    what the one who pressed may see is not for everybody who reads that message."""
    container: Json = body.get("container") or {}
    return bool(container.get("is_app_unfurl") or body.get("app_unfurl"))


def _block_of(body: Json) -> str:
    """The block whose control was used."""
    actions: Sequence[Json] = body.get("actions") or ({},)
    return str(actions[0].get("block_id") or "")


def read_submission(body: Json) -> Heard:
    """A form that was filled in."""
    view: Json = body["view"]
    origin = origin_from_text(str(view.get("private_metadata") or ""))
    return Heard(
        event=f"slack:form:{view['id']}:{body.get('trigger_id') or view.get('hash') or ''}",
        user=str(body["user"]["id"]),
        team=_team(body),
        question=Submitted(str(view.get("callback_id") or ""), origin.argument, _answers(view)),
        origin=origin,
        view=str(view["id"]),
        shows_problems=any(_is_problem(block) for block in view.get("blocks") or ()),
    )


def _is_problem(block: Json) -> bool:
    text: Json = block.get("text") or {}
    return block.get("type") == "section" and str(text.get("text") or "").startswith(PROBLEM_SIGN)


def _answers(view: Json) -> dict[str, str]:
    """By the keys of the inputs. A menu in which nothing was chosen can come as `{}`."""
    values: Json = (view.get("state") or {}).get("values") or {}
    answers = {}
    for block, elements in values.items():
        for element in elements.values():
            answers[str(block)] = _answer(element if isinstance(element, Mapping) else {})[:MAX_ANSWER]
    return answers


def _answer(element: Json) -> str:
    option: Json = element.get("selected_option") or {}
    found = element.get("value") or element.get("selected_date") or option.get("value") or ""
    return str(found)


def read_message_menu(body: Json, command: str) -> Heard:
    """An entry of a message's own menu."""
    message: Json = body["message"]
    origin = _origin_of(body)
    if not origin.thread:  # a message in no thread counts as the head of one
        origin = replace(origin, thread=origin.message)
    return Heard(
        event=f"slack:menu:{body['trigger_id']}",
        user=str(body["user"]["id"]),
        team=_team(body),
        question=Clicked(command),
        origin=origin,
        trigger=str(body["trigger_id"]),
        quoted=Quote(
            plain_words(str(message.get("text") or ""))[:MAX_ANSWER], str(message.get("user") or "")
        ),
    )


def read_words(body: Json) -> Heard:
    """What somebody wrote to us, alone with us or by a mention. Raises `NotOurs` for anything else."""
    event: Json = body["event"]
    if event.get("bot_id") or event.get("subtype") not in (None, "thread_broadcast") or not event.get("user"):
        raise NotOurs("not a person's new words")
    ts, thread = str(event["ts"]), str(event.get("thread_ts") or "")
    is_mention = event["type"] == "app_mention"
    return Heard(
        event=f"slack:words:{event['channel']}:{ts}",
        user=str(event["user"]),
        team=str(event.get("team") or body.get("team_id") or ""),
        question=Typed(plain_words(_without_mention(str(event.get("text") or "")))),
        origin=Origin(channel=str(event["channel"]), message=ts, thread=thread),
        is_aloud=is_mention,
    )


def read_home(body: Json) -> Heard:
    """Somebody opened the app's home page."""
    event: Json = body["event"]
    if event.get("tab") != "home":
        raise NotOurs("another tab")
    return Heard(
        event=f"slack:home:{body.get('event_id')}",
        user=str(event["user"]),
        team=str(body.get("team_id") or ""),
        question=Typed("/home"),
        origin=Origin(),
    )


def read_links(body: Json) -> tuple[Heard, tuple[str, ...]]:
    """Who posted addresses of the CRM, where, and which. Raises `NotOurs` for what is still being written."""
    event: Json = body["event"]
    if event.get("source") == "composer" or not event.get("user"):
        raise NotOurs("not posted yet, or by no person")
    links = [str(link.get("url") or "") for link in event.get("links") or ()]
    heard = Heard(
        event=f"slack:links:{body.get('event_id')}",
        user=str(event["user"]),
        team=str(body.get("team_id") or ""),
        question=Typed("/help"),
        origin=Origin(
            channel=str(event["channel"]),
            message=str(event["message_ts"]),
            thread=str(event.get("thread_ts") or ""),
        ),
    )
    return heard, tuple(dict.fromkeys(links))[:_UNFURLED_AT_MOST]


def mentioned_users(text: str) -> tuple[str, ...]:
    """The users whom a text names, each once; as `plain_words` leaves them."""
    return tuple(dict.fromkeys(_USER.findall(text)))


def with_addresses(text: str, emails: Mapping[str, str]) -> str:
    """The text with a user's e-mail where a mention stands, for those whose e-mail is known."""
    return _USER.sub(lambda found: "@" + emails[found[1]] if found[1] in emails else found[0], text)


def plain_words(text: str) -> str:
    """Slack's markup of links, channels and special letters as a person wrote it; mentions stay."""
    addresses = _LINK.sub(lambda found: found[2] or found[1].removeprefix("mailto:"), text)
    return unescape(_CHANNEL.sub(lambda found: "#" + found[1], addresses))


def _without_mention(text: str) -> str:
    return re.sub(r"^\s*<@[A-Z0-9]+(?:\|[^>]*)?>[\s,:]*", "", text)


def _team(body: Json) -> str:
    """The user's own workspace, where Slack names it: in a shared channel it can be another one."""
    user: Json = body.get("user") or {}
    team: Json = body.get("team") or {}
    return str(user.get("team_id") or team.get("id") or "")
