"""Long texts and tables in parts that a surface can hold, with no word lost."""

from collections.abc import Iterator
from dataclasses import replace

from messages.card import Bold, Link, Person, Plain, Span, Text
from messages.inert import inert, pieces, span_words


def text_parts(words: Text, limit: int) -> list[Text]:
    """The spans in parts of at most `limit` characters, in order; at least one part, if empty."""
    parts: list[list[Span]] = [[]]
    used = 0
    for span in words:
        for piece in _split(span, limit):
            length = len(span_words(piece))
            if used + length > limit and parts[-1]:
                parts.append([])
                used = 0
            parts[-1].append(piece)
            used += length
    return [tuple(part) for part in parts]


def which_rows(first: int, last: int, all_rows: int) -> str:
    """`rows 1 to 18 of 19`, then `row 19 of 19`: which part of a table this is."""
    rows = f"row {first}" if first == last else f"rows {first} to {last}"
    return f"{rows} of {all_rows}"


def _split(span: Span, limit: int) -> Iterator[Span]:
    """What comes from a record can be of any length; dates, money and colours are short."""
    match span:
        case Plain() | Bold() | Link():
            yield from (replace(span, text=piece) for piece in pieces(inert(span.text), limit))
        case Person():
            yield from (replace(span, name=piece) for piece in pieces(inert(span.name), limit))
        case _:
            yield span
