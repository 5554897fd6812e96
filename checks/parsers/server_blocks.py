"""Configurations of web servers as their directives: nginx' (`name words;`, `name words { … }`) and Caddy's (a line each)."""

from __future__ import annotations

from msgspec import Struct

from checks.parsers.text import ParseError

_MOST_DIRECTIVES = 5_000
_DEEPEST = 20


class Directive(Struct, frozen=True, kw_only=True):
    """A directive: its words (the name first, without quotes), its 1-based line, and what is in its block (None: no block)."""

    words: tuple[str, ...]
    line: int
    block: tuple[Directive, ...] | None = None

    @property
    def name(self) -> str:
        """Its first word."""
        return self.words[0] if self.words else ""

    def inside(self, *names: str) -> list[Directive]:
        """Return the directives of some names in its block."""
        return [d for d in self.block or () if d.name in names]


class _Token(Struct, frozen=True):
    text: str
    line: int
    quoted: bool = False


def parse_nginx(text: str) -> tuple[Directive, ...]:
    """Return the directives of an nginx configuration (https://nginx.org/en/docs/beginners_guide.html). Raises `ParseError`."""
    return _Reader(_tokens(text, ends=";")).block()


def parse_caddy(text: str) -> tuple[Directive, ...]:
    """Return the directives of a Caddyfile (https://caddyserver.com/docs/caddyfile/concepts). Raises `ParseError`.

    A site without braces is the whole file: its addresses are the first line.
    """
    return _Reader(_tokens(text, ends="\n")).block()


def _tokens(text: str, *, ends: str) -> list[_Token]:
    found: list[_Token] = []
    at, line, size = 0, 1, len(text)
    while at < size:
        char = text[at]
        if char == "\n":
            if ends == "\n":
                found.append(_Token("\n", line))
            line += 1
            at += 1
        elif char.isspace():
            at += 1
        elif char == "#":
            at = text.find("\n", at)
            at = size if at < 0 else at
        elif char in "{};" and (char != ";" or ends == ";") and not (ends == "\n" and _placeholder(text, at)):
            found.append(_Token(char, line))
            at += 1
        elif char in "\"'`" and not (char == "`" and ends == ";"):
            end = at + 1
            while end < size and text[end] != char:
                end += 2 if text[end] == "\\" and char != "`" else 1
            if end >= size:
                raise ParseError("a quote is not closed", line)
            found.append(_Token(text[at + 1 : end], line, quoted=True))
            line += text.count("\n", at, end)
            at = end + 1
        else:
            end = at
            while end < size and not text[end].isspace():
                if text[end] == "\\":
                    end += 2
                    continue
                variable = text[end] == "{" and (text[end - 1] == "$" or ends == "\n")
                if variable:
                    close = text.find("}", end)
                    end = size if close < 0 else close + 1
                    continue
                if (text[end] in ";{" and ends == ";") or (text[end] == "}" and ends == ";"):
                    break
                end += 1
            found.append(_Token(text[at:end], line))
            at = end
    return found


def _placeholder(text: str, at: int) -> bool:
    """Return whether a brace of a Caddyfile begins or ends a placeholder (`{path}`): other characters follow it at once."""
    if text[at] == "}":
        return False
    return at + 1 < len(text) and not text[at + 1].isspace()


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.count = 0

    def block(self, depth: int = 0) -> tuple[Directive, ...]:
        """Read directives up to the end of a block, or of the file."""
        found: list[Directive] = []
        words: list[str] = []
        line = 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            plain = not token.quoted
            if plain and token.text in (";", "\n"):
                self._keep(found, words, line, None)
                words = []
            elif plain and token.text == "{":
                if depth >= _DEEPEST:
                    raise ParseError("it nests too deep", token.line)
                self._keep(found, words, line or token.line, self.block(depth + 1))
                words = []
            elif plain and token.text == "}":
                self._keep(found, words, line, None)
                if not depth:
                    raise ParseError("a brace is closed that was not opened", token.line)
                return tuple(found)
            else:
                line = line if words else token.line
                words.append(token.text)
        if depth:
            raise ParseError("a brace is not closed", self.tokens[-1].line if self.tokens else 1)
        self._keep(found, words, line, None)
        return tuple(found)

    def _keep(self, found: list[Directive], words: list[str], line: int, block: tuple[Directive, ...] | None) -> None:
        if not words and block is None:
            return
        self.count += 1
        if self.count > _MOST_DIRECTIVES:
            raise ParseError("it has too many directives", line)
        found.append(Directive(words=tuple(words), line=line, block=block))
