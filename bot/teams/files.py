"""Files in Teams: whoever asked is asked whether to take one, and then it goes into their own drive.

Between the question and the answer nothing is kept. What was asked stands in the question; it comes back from
outside, so it is asked anew then, and access is checked when the file is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from botbuilder.schema import Activity, ActivityTypes, Attachment

from bot.surface import OutcomeUnknown, TryLater, Unreachable
from handlers.asking import Clicked, Question, Typed
from messages.reply import Attachment as File

Json = Mapping[str, Any]

CONSENT = "application/vnd.microsoft.teams.card.file.consent"
_INFO = "application/vnd.microsoft.teams.card.file.info"
DRIVES = (".sharepoint.com", ".sharepoint.us", ".sharepoint-mil.us", ".sharepoint.cn")
"""Where the drives of people are."""
_WITHIN = aiohttp.ClientTimeout(total=60)


@dataclass(frozen=True)
class Upload:
    """Where somebody lets us put a file."""

    address: str
    name: str
    shown_at: str
    file_id: str
    kind: str


def ask_to_take(file: File, question: Question) -> Activity:
    """The question whether somebody takes a file that answers `question`."""
    context = _context_of(question)
    content = {
        "description": f"{file.name}, for your own drive",
        "sizeInBytes": len(file.content),
        "acceptContext": context,
        "declineContext": context,
    }
    return Activity(
        type=ActivityTypes.message,
        attachments=[Attachment(content_type=CONSENT, name=file.name, content=content)],
    )


def question_in(context: Json) -> Question | None:
    """What was asked, from what came back."""
    if isinstance(context.get("typed"), str):
        return Typed(context["typed"][:1000])
    if isinstance(context.get("command"), str):
        return Clicked(
            context["command"], str(context.get("argument") or ""), str(context.get("value") or "")
        )
    return None


def read_upload(value: Json) -> Upload | None:
    """`None` where the file is not wanted, or the place is no place for it."""
    info = value.get("uploadInfo")
    if value.get("action") != "accept" or not isinstance(info, Mapping):
        return None
    return Upload(
        str(info.get("uploadUrl") or ""),
        str(info.get("name") or "")[:200],
        str(info.get("contentUrl") or ""),
        str(info.get("uniqueId") or ""),
        str(info.get("fileType") or ""),
    )


async def put_file(
    session: aiohttp.ClientSession, upload: Upload, content: bytes, drives: tuple[str, ...] = DRIVES
) -> None:
    """Put a file where it may go. Raises `DeliveryFailed`, `OutcomeUnknown`."""
    parts = urlsplit(upload.address)
    if not f".{parts.hostname}".endswith(drives):
        raise Unreachable("Teams named a place for the file that is none of Microsoft's drives.")
    last = len(content) - 1
    headers = {"Content-Type": "application/octet-stream", "Content-Range": f"bytes 0-{last}/{last + 1}"}
    try:
        async with session.put(
            upload.address, data=content, headers=headers, timeout=_WITHIN, allow_redirects=False
        ) as answer:
            if answer.status >= 400:
                raise Unreachable(f"The drive did not take the file (HTTP {answer.status}).")
    except aiohttp.ClientConnectorError as error:
        raise TryLater("The drive could not be reached.") from error
    except (TimeoutError, OSError, aiohttp.ClientError) as error:
        raise OutcomeUnknown("The connection to the drive broke.") from error


def show_file(upload: Upload) -> Activity:
    """The file as Teams shows one that is there."""
    content = {"uniqueId": upload.file_id, "fileType": upload.kind}
    attachment = Attachment(
        content_type=_INFO, name=upload.name, content_url=upload.shown_at, content=content
    )
    return Activity(type=ActivityTypes.message, attachments=[attachment])


def _context_of(question: Question) -> dict[str, str]:
    if isinstance(question, Typed):
        return {"typed": question.text}
    if isinstance(question, Clicked):
        return {"command": question.command, "argument": question.argument, "value": question.value}
    return {}
