"""The commands of a text, read by the grammar of shell; what is no shell is split line by line, and nothing is sure of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from checks.parsers.position import Line
from checks.parsers.text import ParseError

if TYPE_CHECKING:  # the grammar is loaded only where a text is read
    from checks.parsers.shell import Command


@lru_cache(maxsize=1024)
def read_commands(text: str, known: tuple[tuple[str, str], ...] = (), options: str = "") -> tuple[Command, ...]:
    """Return the commands of a script; those of a text that is not shell line by line, with `runs=None`.

    `known` are variables that are given from outside, `options` those that the shell is started with.
    """
    from checks.parsers.shell import Command, parse_shell

    try:
        return parse_shell(text, dict(known), options)
    except ParseError as error:
        why = f"this cannot be read as shell: {error.message}"
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), start=1)]
    return tuple(
        Command(
            words=tuple(w.strip("\"'") for w in line.split()),
            line=Line(n, text=line),
            runs=None,
            text=line,
            why=why,
            assigned={},
        )
        for n, line in lines
        if line and not line.startswith(("#", "//"))
    )
