"""What every editor shares: its three results, and text that keeps byte-order mark, line ends and indentation."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

from msgspec import Struct


class Edited(Struct, frozen=True):
    """The file's new bytes."""

    data: bytes


class Unchanged(Struct, frozen=True):
    """Nothing had to change, and why."""

    reason: str


class Refused(Struct, frozen=True):
    """The editor does not understand the file's shape and changed nothing: why, what to write by hand, and where."""

    reason: str
    snippet: str
    place: str


Edit = Edited | Unchanged | Refused


class Text(Struct, frozen=True):
    """A file's text without its byte-order mark; line ends stay as they are in `body`."""

    body: str
    bom: bool

    @property
    def newline(self) -> str:
        """The line end to write: the one most lines have."""
        crlf = self.body.count("\r\n")
        return "\r\n" if crlf and crlf * 2 >= self.body.count("\n") else "\n"

    @property
    def mixed(self) -> bool:
        """Whether lines end in different ways."""
        crlf = self.body.count("\r\n")
        return 0 < crlf < self.body.count("\n") or "\r" in self.body.replace("\r\n", "")

    def encode(self, body: str) -> bytes:
        """Return a changed body as bytes, with the mark where there was one."""
        return (codecs.BOM_UTF8 if self.bom else b"") + body.encode()


MAX_EDITABLE_BYTES = 256 * 1024
"""Bytes of the largest file that is edited; nothing that people write by hand comes near."""


def read_text(data: bytes | None) -> Text | None:
    """Return a file's text, an empty one for a missing file; None when it is no UTF-8, or larger than `MAX_EDITABLE_BYTES`."""
    if data is None:
        return Text("", False)
    if len(data) > MAX_EDITABLE_BYTES:
        return None
    bom = data.startswith(codecs.BOM_UTF8)
    try:
        return Text(data[len(codecs.BOM_UTF8) if bom else 0 :].decode(), bom)
    except UnicodeDecodeError:
        return None


def splice(body: str, insertions: Iterable[tuple[int, int, str]]) -> str:
    """Replace `(start, end, text)` ranges; ranges do not overlap, and at one place the earlier in the list comes first."""
    ordered = sorted(enumerate(insertions), key=lambda e: (e[1][0], e[0]), reverse=True)
    for _, (start, end, text) in ordered:
        body = body[:start] + text + body[end:]
    return body


def indent_unit(body: str) -> str:
    """Return one level of indentation as the text has it: a tab, or its smallest number of spaces (two when none)."""
    levels = [m.group(1) for m in re.finditer(r"^([ \t]+)\S", body, re.MULTILINE)]
    if any(level.startswith("\t") for level in levels):
        return "\t"
    widths = [len(level) for level in levels if len(level) in (2, 3, 4, 8)]
    return " " * (min(widths) if widths else 2)


def line_starts(body: str) -> list[int]:
    """Return the offset at which each line begins, and one behind the last line.

    Lines end with line feeds alone, as `ast` counts them: `str.splitlines` also ends them at form feeds and the like
    (https://docs.python.org/3/library/stdtypes.html#str.splitlines).
    """
    starts = [0]
    for row in body.split("\n"):
        starts.append(starts[-1] + len(row) + 1)
    return starts


def line_start(body: str, offset: int) -> int:
    """Return the offset at which the line of `offset` begins."""
    return body.rfind("\n", 0, offset) + 1


def line_indent(body: str, offset: int) -> str:
    """Return the white space that begins the line of `offset`."""
    match = re.compile(r"[ \t]*").match(body, line_start(body, offset))
    return match.group(0) if match else ""


def not_utf8(path: str) -> Refused:
    """Return the refusal of a file that `read_text` does not read."""
    return Refused(f"{path} is not UTF-8 text, or larger than {MAX_EDITABLE_BYTES // 1024} KiB", "", path)
