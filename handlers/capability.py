"""What one file of this room offers: by the word that is typed, the control that is clicked, the form that
is filled in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from handlers.asking import Asked, Clicked, Submitted
from messages.reply import Reply

Words = Sequence[str]
"""What stands behind the command's name."""


@dataclass(frozen=True)
class Capability:
    """Handlers by the names under which they are asked for; names are unique over all capabilities."""

    typed: Mapping[str, Callable[[Asked, Words], Reply]] = field(default_factory=dict)
    sayings: frozenset[str] = frozenset()
    """Typed commands that hold a long text which somebody has to say."""
    clicks: Mapping[str, Callable[[Asked, Clicked], Reply]] = field(default_factory=dict)
    forms: Mapping[str, Callable[[Asked, Submitted], Reply]] = field(default_factory=dict)
    opens: frozenset[str] = frozenset()
    """The clicks among these that open a form as a rule."""

    def __post_init__(self) -> None:
        if unknown := self.opens - self.clicks.keys():
            raise ValueError(f"no click is called {', '.join(sorted(unknown))}")
