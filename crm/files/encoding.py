"""Whether a file is the UTF-8 text that an export should be, before a row of it is read."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CouncilError

_BLOCK = 1 << 20
_SAVE_AS = "save it again as “CSV UTF-8 (comma delimited)”"
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook (.xlsx): unpack it, or open it and " + _SAVE_AS),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook (.xls): open it and " + _SAVE_AS),
    (b"\x1f\x8b", "is compressed (gzip): unpack it first"),
    (b"%PDF", "is a PDF document: export the table itself as CSV"),
    (codecs.BOM_UTF32_LE, "is written in UTF-32: " + _SAVE_AS),
    (codecs.BOM_UTF16_LE, "is written in UTF-16 (“Unicode text”): " + _SAVE_AS),
    (codecs.BOM_UTF16_BE, "is written in UTF-16 (“Unicode text”): " + _SAVE_AS),
)
_MARKUP = ((b"<!doctype html", b"<html", b"<head", b"<?xml"), (b"{", b"["))


class UnreadableFile(CouncilError):
    """A file that holds no usable table; the text says what it is and what to do."""


@dataclass(frozen=True)
class Survey:
    """What a look over a file's bytes tells."""

    line_count: int
    """Ends of lines, which is about the number of rows."""
    first_foreign_line: int | None
    """The first line with bytes that are not UTF-8."""


def check_signature(path: Path) -> None:
    """Look at a file's first bytes. Raises `UnreadableFile` where they are not those of a CSV text."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise UnreadableFile(f"cannot be opened: {error.strerror}; check the file's permissions") from error
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise UnreadableFile("is empty: export it again, or remove it")
    for signature, says in _SIGNATURES:
        if head.startswith(signature):
            raise UnreadableFile(says)
    if b"\0" in head:
        raise UnreadableFile(f"is written in UTF-16 or is not a text at all: {_SAVE_AS}")
    _check_markup(head)


def _check_markup(head: bytes) -> None:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    pages, json_starts = _MARKUP
    if start.startswith(pages):
        raise UnreadableFile(
            "is a web page, probably a login or error page that was saved in place of the export: "
            "sign in and export it again"
        )
    if start.startswith(json_starts):
        raise UnreadableFile("is JSON, probably the answer to a failed request: export it again as CSV")


def survey(path: Path) -> Survey:
    """Look over all bytes of a file, at the speed of the disk."""
    line_count = 0
    first_foreign_line: int | None = None
    last_byte = b"\n"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if first_foreign_line is None:
                foreign_at = _foreign_at(decoder, block)
                if foreign_at is not None:
                    first_foreign_line = line_count + block.count(b"\n", 0, foreign_at) + 1
            line_count += block.count(b"\n")
            last_byte = block[-1:]
    if first_foreign_line is None and decoder.getstate()[0]:
        first_foreign_line = line_count + 1
    return Survey(line_count + (last_byte != b"\n"), first_foreign_line)


def _foreign_at(decoder: codecs.IncrementalDecoder, block: bytes) -> int | None:
    """Where in the block the first byte stands that is not UTF-8."""
    pending = len(decoder.getstate()[0])
    if block.isascii() and not pending:
        return None
    try:
        decoder.decode(block)
    except UnicodeDecodeError as error:
        return max(0, error.start - pending)
    return None
