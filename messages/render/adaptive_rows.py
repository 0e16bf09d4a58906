"""A table that is too wide for a phone, as Adaptive Card elements: each row by its name, its cells below."""

from collections.abc import Iterator, Sequence

from messages.render.adaptive_text import Json, run


def row_elements(titles: Sequence[str], words: Sequence[str]) -> Iterator[Json]:
    """One row: the first cell in bold, and the others below it, each behind the title of its column."""
    first, *others = words
    yield {"type": "RichTextBlock", "inlines": [run(first or "–", weight="Bolder")]}
    inlines = [
        part
        for number, (title, cell) in enumerate(zip(titles[1:], others, strict=True))
        for part in (
            run(f"{' · ' if number else ''}{title}: ", size="Small", isSubtle=True),
            run(cell or "–", size="Small"),
        )
    ]
    if inlines:
        yield {"type": "RichTextBlock", "inlines": inlines, "spacing": "None"}
