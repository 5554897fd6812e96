"""The commands of a step, as the tool that runs in the end: `sudo npx @sentry/cli@2 …` is `sentry-cli …`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from checks.parsers.text import ParseError

if TYPE_CHECKING:  # the grammar is loaded only where a step is read
    from checks.parsers.shell import Command
    from checks.repository.ci import Step

_WRAPPERS: dict[str, tuple[str, ...]] = {
    "sudo": (),
    "env": (),
    "time": (),
    "nohup": (),
    "exec": (),
    "command": (),
    "xargs": (),
    "npx": (),
    "bunx": (),
    "pnpx": (),
    "uvx": (),
    "yarn": ("exec", "dlx"),
    "pnpm": ("exec", "dlx"),
    "npm": ("exec", "x"),
    "bun": ("x",),
    "uv": ("run",),
    "poetry": ("run",),
    "pipenv": ("run",),
    "pdm": ("run",),
    "hatch": ("run",),
    "pipx": ("run",),
    "bundle": ("exec",),
}
"""Programs that run the command behind them, with the word that says so where there is one."""

_VALUED = frozenset({"-p", "--package", "--from", "--with", "-u", "--user", "-n", "-I", "--prefix", "-C"})
_SENTRY_NAMES = {"@sentry/cli": "sentry-cli", "getsentry/sentry-cli": "sentry-cli"}


def commands(step: Step) -> tuple[Command, ...]:
    """Return the commands of a step; those of text that is no shell with `runs=None`."""
    if not step.run:
        return ()
    found = _read(step.run, tuple(sorted(step.env.items())))
    if step.runs is True:
        return found
    return tuple(replace(c, runs=step.runs if c.runs is not False else False, why=c.why or step.why) for c in found)


@lru_cache(maxsize=512)
def _read(text: str, env: tuple[tuple[str, str], ...]) -> tuple[Command, ...]:
    from checks.parsers.shell import Command, parse_shell

    known = {name: value for name, value in env if "$" not in value}
    try:
        found = parse_shell(text, known)
    except ParseError as error:
        why = f"this cannot be read as shell: {error.message}"
        lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), start=1)]
        return tuple(
            Command(
                words=tuple(w.strip("\"'") for w in line.split()), line=n, runs=None, text=line, why=why, assigned={}
            )
            for n, line in lines
            if line and not line.startswith(("#", "//"))
        )
    return tuple(replace(c, words=tool(c.words)) for c in found)


def tool(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command without what only starts it, its program by its plain name."""
    for _ in range(8):
        if not words:
            return words
        name = words[0].rpartition("/")[2]
        rest = words[1:]
        if name == "timeout":
            words = _behind_flags(rest)[1:]
        elif name in ("python", "python3") and rest[:1] == ("-m",):
            words = rest[1:]
        elif name in ("docker", "podman") and rest[:1] == ("run",):
            at = next((i for i, w in enumerate(rest) if "sentry-cli" in w and not w.startswith("-")), None)
            return ("sentry-cli", *rest[at + 1 :]) if at is not None else words
        elif name in _WRAPPERS:
            inner = _behind_flags(rest)
            needed = _WRAPPERS[name]
            if needed:
                if inner[:1] and inner[0] in needed:
                    inner = _behind_flags(inner[1:])
                else:
                    return words
            words = inner
        else:
            return (_named(words[0]), *rest)
    return words


def _behind_flags(words: tuple[str, ...]) -> tuple[str, ...]:
    at = 0
    while at < len(words) and (words[at].startswith("-") or re.match(r"\w+=", words[at])):
        at += 2 if words[at] in _VALUED else 1
    return words[at:]


def _named(word: str) -> str:
    """Return `sentry-cli` for each of its names and places, `sentry` for the newer tool; all others as written."""
    scoped = re.match(r"(@[\w.-]+/[\w.-]+|[\w.-]+/[\w.-]+|[\w.-]+?)(?:@[^/]+|:[\w.-]+)?$", word)
    name = scoped.group(1) if scoped else word
    if name in _SENTRY_NAMES:
        return _SENTRY_NAMES[name]
    last = word.rpartition("/")[2].partition("@")[0] if not word.startswith("@") else name
    return last if last in ("sentry-cli", "sentry") else word


def arguments(words: tuple[str, ...], valued: frozenset[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Split a command's words into plain words and flags with their values; `valued` are the flags that take one."""
    plain: list[str] = []
    flags: dict[str, list[str]] = {}
    at = 1
    while at < len(words):
        word = words[at]
        if word.startswith("-") and len(word) > 1:
            name, equals, value = word.partition("=")
            if not equals and name in valued and at + 1 < len(words):
                at += 1
                value = words[at]
            flags.setdefault(name, []).append(value)
        else:
            plain.append(word)
        at += 1
    return plain, flags
