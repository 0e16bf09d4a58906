"""Elements of a message in as few messages as a surface's limits allow, what belongs together in one."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Json = dict[str, Any]


def packed(
    elements: Sequence[Json], closes: Callable[[Json], bool], fits: Callable[[Sequence[Json]], bool]
) -> Iterator[list[Json]]:
    """In order; at least one message, if empty.

    A passage is what is said and the controls or the table below it, which `closes` it. A reader must not
    find a deal in one message and its buttons in the next; only a passage that fits no message is parted.
    """
    message: list[Json] = []
    for passage in _passages(elements, closes):
        for part in [passage] if fits(passage) else [[element] for element in passage]:
            if message and not fits([*message, *part]):
                yield message
                message = []
            message = [*message, *part]
    yield message


def _passages(elements: Sequence[Json], closes: Callable[[Json], bool]) -> Iterator[list[Json]]:
    passage: list[Json] = []
    for element in elements:
        if passage and closes(passage[-1]) and not closes(element):
            yield passage
            passage = []
        passage.append(element)
    if passage:
        yield passage
