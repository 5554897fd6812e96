"""Env files as located bindings, read by python-dotenv's own parser."""

from __future__ import annotations

import io

from msgspec import Struct

from checks.parsers.position import Line
from checks.patterns import lazy_pattern

_COMMENTED = lazy_pattern(r"^\s*#\s*(?:export\s+)?([A-Z][A-Z0-9_]+)\s*=")


class Variable(Struct, frozen=True, kw_only=True):
    """A binding of an env file: its value without quotes (None for a bare name) and its 1-based line."""

    name: str
    value: str | None
    line: int


def parse_dotenv(text: str) -> list[Variable]:
    """Parse an env file; lines that are no binding are left out, as dotenv does."""
    from dotenv.parser import parse_stream  # a repository without env files does without it

    found = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.key is not None and not binding.error:
            raw = binding.original.string
            lead = len(raw) - len(raw.lstrip("\r\n\t "))
            line = binding.original.line + raw[:lead].count("\n")
            found.append(
                Variable(name=binding.key, value=binding.value, line=Line(line, text=raw.strip().partition("\n")[0]))
            )
    return found


def commented_out(text: str) -> dict[str, int]:
    """Return the variables that an env file names in a comment (`# NAME=`), each with its 1-based line."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        commented = _COMMENTED.match(line)
        if commented:
            found.setdefault(commented.group(1), Line(number, column=commented.start(1) + 1))
    return found
