"""A line of shell as the simple commands that it names, in order: words, the variables before them, and what joins them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from msgspec import Struct

_OPERATORS = frozenset({"&&", "||", ";", "|", "&", "(", ")", ";;", "|&"})
_KEYWORDS = frozenset(
    {"then", "do", "else", "if", "elif", "while", "until", "!", "{", "time", "exec", "sudo", "command"}
)
_OPENING = frozenset({"if", "while", "until"})
_CLOSING = frozenset({"fi", "done", "esac", "}"})
_MOST = 400


class Simple(Struct, frozen=True, kw_only=True):
    """A simple command: its words, the variables set before it, its line in the text, and the operators around it.

    `perhaps` says that an `if`, a loop or a `case` decides whether it runs.
    """

    words: tuple[str, ...]
    env: dict[str, str]
    line: int
    before: str
    after: str
    text: str
    perhaps: bool = False


def simple_commands(text: str) -> list[Simple]:
    """Return the simple commands of a text, at most 400; a line whose quotes do not close names none.

    Subshells are flattened between commands `(` and `)`, which have these as their only word.
    """
    found: list[Simple] = []
    depth = 0
    for number, line in _logical(text):
        try:
            tokens = _tokens(line)
        except ValueError:
            continue
        made, depth = _split(tokens, number, depth)
        found += made
        if len(found) > _MOST:
            return found[:_MOST]
    return found


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their continuations joined, without the bodies of here-documents."""
    lines, at, end = text.splitlines(), 0, ""
    while at < len(lines):
        start, line = at, lines[at]
        at += 1
        if end:
            end = "" if line.strip() == end else end
            continue
        while line.endswith("\\") and at < len(lines):
            line = line[:-1] + " " + lines[at].lstrip()
            at += 1
        _, here, rest = line.partition("<<")
        if here and not rest.startswith("<"):
            word = rest.lstrip("-~ ").split()
            end = word[0].strip("'\"") if word else ""
            line = line.partition("<<")[0]
        yield start, line


def _tokens(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()<>")
    lexer.whitespace_split, lexer.commenters = True, ""
    tokens: list[str] = []
    for token in lexer:
        if token.startswith("#") and not token.startswith("#{"):
            break
        tokens.append(token)
    return tokens


def _split(tokens: list[str], number: int, depth: int) -> tuple[list[Simple], int]:
    found: list[Simple] = []
    words: list[str] = []
    before, skip = "", False

    def close(operator: str) -> None:
        nonlocal depth
        env: dict[str, str] = {}
        while words and (words[0] in _KEYWORDS or _assigns(words[0])):
            first = words.pop(0)
            depth += first in _OPENING
            if _assigns(first):
                env[first.partition("=")[0]] = first.partition("=")[2]
        if words and words[0] in ("for", "case", "select"):
            depth += 1
        elif words and words[0] in _CLOSING:
            depth -= words[0] != "}" and depth > 0
        elif words or env:
            found.append(
                Simple(
                    words=tuple(words),
                    env=env,
                    line=number,
                    before=before,
                    after=operator,
                    text=" ".join(words),
                    perhaps=depth > 0,
                )
            )
        words.clear()

    for token in tokens:
        if skip:
            skip = False
        elif token and set(token) <= set("<>&") and set(token) & set("<>"):
            skip = True
            if words and words[-1].isdecimal():
                words.pop()
        elif token in _OPERATORS or (token and set(token) <= set(";&|()")):
            close(token)
            before = token
            for bracket in token:
                if bracket in "()":
                    found.append(Simple(words=(bracket,), env={}, line=number, before="", after="", text=bracket))
        else:
            words.append(token)
    close("")
    return found, depth


def _assigns(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isidentifier()
