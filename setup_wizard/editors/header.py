"""The licence header that a repository's files start with, for files that are made (https://reuse.software/spec-3.3/)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from checks.patterns import lazy_pattern

_HASH = lazy_pattern(
    r"(\.(py|ya?ml|toml|cfg|ini|sh|tf)|(^|/)(Dockerfile|Makefile|\.gitignore|\.env[\w.-]*|[\w.-]*\benv\.[\w.-]+))$"
)
_SLASH = lazy_pattern(r"\.[cm]?[jt]sx?$")
_LICENSED = lazy_pattern(r"SPDX-|copyright|licen[cs]e", re.IGNORECASE)
_NOT_WRITTEN = lazy_pattern(r"(^|/)(node_modules|vendor|dist|build|migrations|static)(/|$)|\.d\.ts$")
_LOOKED_AT = 60
"""Files that are read; a repository that has headers has them everywhere."""


def mark_of(path: str) -> str | None:
    """Return what begins a comment line in a file of this name, or None where its language has no such comments."""
    if _SLASH.search(path):
        return "//"
    return "#" if _HASH.search(path) else None


def header_for(path: str, paths: Sequence[str], read: Callable[[str], str | None]) -> str:
    """Return the header for a new file, in its own comments, with the empty line after it; nothing where most files have none."""
    mark = mark_of(path)
    if mark is None:
        return ""
    alike = [p for p in paths if mark_of(p) == mark and not _NOT_WRITTEN.search(p)]
    other = "#" if mark == "//" else "//"
    return _usual(alike, read, mark) or _usual(
        [p for p in paths if mark_of(p) == other and not _NOT_WRITTEN.search(p)], read, mark
    )


def _usual(paths: Sequence[str], read: Callable[[str], str | None], mark: str) -> str:
    found: Counter[tuple[str, ...]] = Counter()
    for path in paths[:: max(len(paths) // _LOOKED_AT, 1)]:
        text = read(path)
        if text and text.strip():
            found[_header(text, mark_of(path) or mark)] += 1
    lines, count = next(((h, n) for h, n in found.most_common() if h), ((), 0))
    if count < 2 or count * 2 < found.total():
        return ""
    return "\n".join(f"{mark} {line}".rstrip() for line in lines) + "\n\n"


def _header(text: str, mark: str) -> tuple[str, ...]:
    """Return the comment that a file starts with, less its marks, where it speaks of a licence."""
    rows: list[str] = []
    for line in text.lstrip("\ufeff").splitlines():
        if line.startswith("#!") or re.match(r"#.*coding[:=]", line):
            continue
        if not line.startswith(mark):
            break
        rows.append(line.removeprefix(mark).removeprefix(" ").rstrip())
    return tuple(rows) if _LICENSED.search("\n".join(rows)) else ()
