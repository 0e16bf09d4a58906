"""What happened, as text and back: how an event waits in the inbox, should its process die."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from handlers.asking import Clicked, Question, Quote, Submitted, Typed, Where

_KINDS: dict[str, type[Typed] | type[Clicked] | type[Submitted]] = {
    kind.__name__: kind for kind in (Typed, Clicked, Submitted)
}


@dataclass(frozen=True)
class Happening:
    """Somebody asked something somewhere."""

    who: str
    question: Question
    where: Where

    @property
    def words(self) -> str:
        """What was typed; empty for a click or a form, which name nothing that a person would know."""
        return self.question.text if isinstance(self.question, Typed) else ""


def event_to_text(happening: Happening) -> str:
    question = happening.question
    return json.dumps(
        {
            "who": happening.who,
            "kind": type(question).__name__,
            "question": asdict(question),
            "where": asdict(happening.where),
        },
        ensure_ascii=False,
    )


def event_from_text(text: str) -> Happening:
    """Raises `ValueError` for a text that another version wrote in another way."""
    try:
        content: dict[str, Any] = json.loads(text)
        where = dict(content["where"])
        quoted = where.pop("quoted")
        return Happening(
            str(content["who"]),
            _KINDS[content["kind"]](**content["question"]),
            Where(**where, quoted=Quote(**quoted) if quoted else None),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this is no event of this version: {error}") from error


def asker_from_text(text: str) -> str | None:
    """Who asked, as far as that can be read of a text that is no event of this version."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    who = content.get("who") if isinstance(content, dict) else None
    return who if isinstance(who, str) and who else None
