"""The licence header that a repository's files start with, for files that are made (https://reuse.software/spec-3.3/)."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence

from checks.patterns import lazy_pattern

_HASH = lazy_pattern(
    r"(\.(py|ya?ml|toml|cfg|ini|sh|tf)|(^|/)(Dockerfile|Makefile|\.gitignore|\.env[\w.-]*|[\w.-]*\benv\.[\w.-]+))$"
)
_SLASH = lazy_pattern(r"\.[cm]?[jt]sx?$")
_LICENSED = lazy_pattern(r"SPDX-|copyright|licen[cs]e", re.IGNORECASE)
_NOT_WRITTEN = lazy_pattern(r"(^|/)(node_modules|vendor|dist|build|migrations|static)(/|$)|\.d\.ts$")
_LICENCE = lazy_pattern(r"(?m)^[ \t]*(?:#|//|\*)?[ \t]*SPDX-License-Identifier: ([\w.+-]+)[ \t]*$")
_REUSE = "REUSE.toml"
"""Where a repository tells its licences (https://reuse.software/spec-3.3/#reusetoml)."""
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
    others = [p for p in paths if mark_of(p) == other and not _NOT_WRITTEN.search(p)]
    return _usual(alike, read, mark) or _usual(others, read, mark) or _of_reuse(path, alike + others, read, mark)


def _of_reuse(path: str, paths: Sequence[str], read: Callable[[str], str | None], mark: str) -> str:
    """Return the header that `reuse lint` asks of a new file: each file has its own authors, and the project is this one's.

    Nothing where no REUSE.toml names the project, or where one of its patterns has the file already.
    """
    try:
        told = tomllib.loads(read(_REUSE) or "")
    except ValueError:
        return ""
    name, home = told.get("SPDX-PackageName"), told.get("SPDX-PackageDownloadLocation")
    patterns = [p for a in told.get("annotations", []) for p in _strings(a.get("path"))]
    if not isinstance(name, str) or any(_matches(path, p) for p in patterns):
        return ""
    licences: Counter[str] = Counter()
    for other in paths[:: max(len(paths) // _LOOKED_AT, 1)]:
        found = _LICENCE.search(read(other) or "")
        licences[found[1] if found is not None else ""] += 1
    licence, count = next(((n, c) for n, c in licences.most_common() if n), ("", 0))
    if count * 2 < licences.total() or not licence:
        return ""
    holder = f"{name} <{home}>" if isinstance(home, str) else name
    return f"{mark} SPDX-FileCopyrightText: {holder}\n{mark} SPDX-License-Identifier: {licence}\n\n"


def _strings(value: object) -> list[str]:
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)]


def _matches(path: str, pattern: str) -> bool:
    """Return whether a pattern of a REUSE.toml has a path: `*` is anything but a slash, `**` anything."""
    parts = re.split(r"(\*\*|\*)", pattern)
    words = (".*" if p == "**" else "[^/]*" if p == "*" else re.escape(p) for p in parts)
    return re.fullmatch("".join(words), path) is not None


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
