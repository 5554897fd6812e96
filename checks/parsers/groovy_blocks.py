"""The blocks of a declarative Jenkinsfile: names, what they are given, and what is in their braces; comments hold nothing."""

from __future__ import annotations

from msgspec import Struct

from checks.parsers.position import Line
from checks.parsers.text import ParseError

_MAX_TOKENS, _DEEPEST = 20_000, 60
_PUNCTUATION = "{}()[];,"


class Token(Struct, frozen=True):
    """A word, a string (`text` without its quotes), or a mark; `line` is 1-based."""

    kind: str
    text: str
    line: int


class Block(Struct, kw_only=True):
    """A statement: its name, the tokens behind it, and the statements in its braces (None: it has none)."""

    name: str
    line: int
    given: list[Token]
    body: list[Block] | None = None


def parse_blocks(text: str) -> list[Block]:
    """Return the statements of a Groovy file as far as braces and lines tell them. Raises `ParseError`."""
    tokens = _tokens(text)
    found, at = _statements(tokens, 0, 0)
    if at < len(tokens):
        raise ParseError("a brace is closed that was not opened", tokens[at].line)
    return found


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at, line = 0, 1
    while at < len(text):
        letter = text[at]
        if len(found) > _MAX_TOKENS:
            raise ParseError("too long")
        if letter == "\n":
            found.append(Token("end", "", line))
            line, at = line + 1, at + 1
        elif text.startswith("//", at):
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif text.startswith("/*", at):
            end = text.find("*/", at + 2)
            stop = len(text) if end < 0 else end + 2
            line, at = line + text.count("\n", at, stop), stop
        elif letter in "'\"":
            quote = letter * 3 if text.startswith(letter * 3, at) else letter
            value, stop = _string(text, at + len(quote), quote, line)
            found.append(Token("string", value, _placed(text, at, line)))
            line, at = line + text.count("\n", at, stop), stop
        elif letter in _PUNCTUATION:
            found.append(Token("mark", letter, line))
            at += 1
        elif letter.isspace():
            at += 1
        else:
            stop = at
            while stop < len(text) and not text[stop].isspace() and text[stop] not in _PUNCTUATION + "'\"":
                stop += 1
            found.append(Token("word", text[at:stop], _placed(text, at, line)))
            at = stop
    return found


def _placed(text: str, at: int, line: int) -> int:
    """Return a line with the column of a place in it."""
    return Line(line, column=at - text.rfind("\n", 0, at))


def _string(text: str, at: int, quote: str, line: int) -> tuple[str, int]:
    value = ""
    while at < len(text):
        if text.startswith(quote, at):
            return value, at + len(quote)
        if text[at] == "\\" and at + 1 < len(text):
            follows = text[at + 1]
            value += {"n": "\n", "t": "\t"}.get(follows, follows if follows in "'\"$\\" else "\\" + follows)
            at += 2
        elif text[at] == "\n" and len(quote) == 1:
            break
        else:
            value += text[at]
            at += 1
    raise ParseError("a text that does not end", line)


def _statements(tokens: list[Token], at: int, depth: int) -> tuple[list[Block], int]:
    if depth > _DEEPEST:
        raise ParseError("nested too deeply")
    found: list[Block] = []
    ended = True
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "mark" and token.text == "}":
            return found, at
        if token.kind == "end" or (token.kind == "mark" and token.text in ";,"):
            ended = ended or token.kind != "end"
            at += 1
            continue
        if token.kind == "mark" and token.text == "{":
            # The braces of the statement before, on a line of their own; else a block without a name.
            inner, at = _statements(tokens, at + 1, depth + 1)
            if at >= len(tokens):
                raise ParseError("a brace that is not closed", token.line)
            if ended or found[-1].body is not None:
                found.append(Block(name="", line=token.line, given=[], body=inner))
            else:
                found[-1].body = inner
            ended, at = True, at + 1
            continue
        block = Block(name=token.text if token.kind == "word" else "", line=token.line, given=[])
        at += 1
        brackets = 1 if token.kind == "mark" and token.text in "([" else 0
        while at < len(tokens):
            token = tokens[at]
            if token.kind == "end" or (token.kind == "mark" and token.text == ";"):
                if brackets <= 0:
                    break
            elif token.kind == "mark" and token.text == "{":
                inner, at = _statements(tokens, at + 1, depth + 1)
                if at >= len(tokens):
                    raise ParseError("a brace that is not closed", block.line)
                block.body = [*(block.body or []), *inner]
            elif token.kind == "mark" and token.text == "}":
                break
            else:
                brackets += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0) if token.kind == "mark" else 0
                block.given.append(token)
            at += 1
        found.append(block)
        ended = False
    return found, at
