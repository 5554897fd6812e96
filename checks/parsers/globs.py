"""Glob patterns as npm's tools read them: `**`, `*`, `?`, `{a,b}` and `[…]` on paths with slashes."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase

_MAX_ALTERNATIVES = 64


def glob_matches(pattern: str, path: str) -> bool:
    """Return whether a pattern matches a path; a pattern without wildcards is also every file below its folder."""
    path = posixpath.normpath(path)
    for plain in _alternatives(pattern):
        plain = posixpath.normpath(plain)
        if not set("*?[") & set(plain):
            if path == plain or path.startswith(plain + "/") or plain == ".":
                return True
        elif _parts(plain.split("/"), path.split("/")):
            return True
    return False


def _alternatives(pattern: str) -> list[str]:
    done: list[str] = []
    waiting = [pattern]
    while waiting and len(done) + len(waiting) < _MAX_ALTERNATIVES:
        current = waiting.pop()
        start = current.rfind("{")
        end = current.find("}", start)
        if start < 0 or end < 0:
            done.append(current)
        else:
            waiting += [current[:start] + option + current[end + 1 :] for option in current[start + 1 : end].split(",")]
    return done


def _parts(pattern: list[str], path: list[str]) -> bool:
    """Match parts from the left, keeping the set of places that the pattern can be at."""
    places = {0}
    for part in pattern:
        if part == "**":
            places = {n for p in places for n in range(p, len(path) + 1)}
        else:
            places = {p + 1 for p in places if p < len(path) and fnmatchcase(path[p], part)}
    return len(path) in places
