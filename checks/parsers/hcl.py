"""Terraform's language as far as it is literal: blocks, attributes, objects and lists; the rest is kept as not known.

Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md. Nothing is evaluated, and work and depth are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

from checks.parsers.position import Line
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern

_TOKEN = lazy_pattern(
    r"(?P<space>[ \t\r]+|(?:#|//)[^\n]*)"
    r"|(?P<comment>/\*)"
    r"|(?P<line>\n)"
    r"|<<[-~]?(?P<here>\w+)\n"
    r"|\"(?P<string>(?:\\.|[^\"\\\n$%]|[$%](?!\{)|[$%]\{[^}\n]{0,400}\})*)\""
    r"|(?P<name>[A-Za-z_][\w-]*(?:\.[\w-]+|\[\d+\])*)"
    r"|(?P<number>\d[\d.]*)"
    r"|(?P<mark>[{}\[\]()=:,])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_MAX_CHARACTERS = 256 * 1024
_DEEPEST = 40


class Value(Struct, kw_only=True):
    """A value: `text` of a literal, `items` of a list, `body` of an object, the `call` around one, `null`; none of them: not known.

    `name` is the reference that is all of a value (`local.variables`).
    """

    line: int
    text: str | None = None
    items: list[Value] | None = None
    body: Body | None = None
    call: str | None = None
    null: bool = False
    name: str | None = None


class Body(Struct, kw_only=True):
    """What stands between braces: attributes by name, and blocks by their type."""

    attributes: dict[str, Value] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


class Block(Struct, kw_only=True):
    """A block: its type, its labels, its body, its line."""

    kind: str
    labels: list[str]
    body: Body
    line: int


def parse_hcl(text: str) -> Body:
    """Parse a file. Raises `ParseError` where it is too large or a bracket is not closed."""
    if len(text) > _MAX_CHARACTERS:
        raise ParseError(f"larger than {_MAX_CHARACTERS // 1024} KiB")
    reader = _Reader(_tokens(text))
    return reader.body(0, closing=None)


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """Split a file; a comment or a here-document without its end is refused, so that none is looked for twice."""
    found: list[tuple[str, str, int]] = []
    line = 1
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            break
        kind, end = match.lastgroup or "other", match.end()
        if kind == "comment":
            end = text.find("*/", end) + 2
            if end < 2:
                raise ParseError("a comment is not closed", line)
        elif kind == "here":
            close = re.compile(rf"^[ \t]*{match.group('here')}[ \t]*$", re.MULTILINE).search(text, end)
            if close is None:
                raise ParseError("a here-document is not closed", line)
            found.append(("string", text[end : close.start()], line))
            end = close.end()
        elif kind != "space":
            found.append(
                (kind, match.group(kind), Line(line, column=match.start(kind) - text.rfind("\n", 0, match.start(kind))))
            )
        line += text.count("\n", at, end)
        at = end
    return found


class _Reader:
    """Reads tokens once, from left to right."""

    def __init__(self, tokens: list[tuple[str, str, int]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> tuple[str, str, int]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "", 0)

    def take(self) -> tuple[str, str, int]:
        token = self.peek()
        self.at += 1
        return token

    def skip_lines(self) -> None:
        while self.peek()[0] == "line" or self.peek()[:2] == ("mark", ","):
            self.at += 1

    def body(self, depth: int, closing: str | None) -> Body:
        """Read attributes and blocks up to a closing brace, or the end of the file."""
        if depth > _DEEPEST:
            raise ParseError(f"more than {_DEEPEST} brackets are open", self.peek()[2] or None)
        body = Body()
        while True:
            self.skip_lines()
            kind, text, line = self.take()
            if kind == "end":
                if closing:
                    raise ParseError("a bracket is not closed")
                return body
            if text == closing and kind == "mark":
                return body
            if kind not in ("name", "string"):
                self.rest_of_line()
                continue
            labels = []
            while self.peek()[0] in ("string", "name"):
                labels.append(self.take()[1])
            kind_after, mark, _ = self.peek()
            if kind_after == "mark" and mark in "=:" and not labels:
                self.at += 1
                body.attributes[text] = self.value(depth + 1)
            elif kind_after == "mark" and mark == "{":
                self.at += 1
                body.blocks.append(Block(kind=text, labels=labels, body=self.body(depth + 1, "}"), line=line))
            else:
                self.rest_of_line()

    def value(self, depth: int) -> Value:
        """Read one expression; what is more than a literal, a list, an object or a call of one is not known."""
        while self.peek()[0] == "line":
            self.at += 1
        kind, text, line = self.take()
        found = Value(line=line)
        if kind in ("string", "number"):
            found.text = None if "${" in text or "%{" in text else text
        elif kind == "name" and text in ("true", "false"):
            found.text = text
        elif kind == "name" and text == "null":
            found.null = True
        elif kind == "name" and self.peek()[1] == "(":
            self.at += 1
            inner = self.items(depth + 1, ")")
            if text == "jsonencode" and len(inner) == 1:
                found = inner[0]
            else:
                found.call, found.items = text, inner
        elif kind == "name":
            found.name = text
        elif kind == "mark" and text == "[":
            found.items = self.items(depth + 1, "]")
        elif kind == "mark" and text == "{":
            found.body = self.body(depth + 1, "}")
        elif kind == "mark":
            self.at -= 1
        if self.rest_of_line():
            return Value(line=line)
        return found

    def items(self, depth: int, closing: str) -> list[Value]:
        if depth > _DEEPEST:
            raise ParseError(f"more than {_DEEPEST} brackets are open", self.peek()[2] or None)
        found: list[Value] = []
        while True:
            self.skip_lines()
            kind, text, _ = self.peek()
            if kind == "end":
                raise ParseError("a bracket is not closed")
            if text == closing and kind == "mark":
                self.at += 1
                return found
            before = self.at
            found.append(self.value(depth))
            if self.at == before:
                self.at += 1

    def rest_of_line(self) -> bool:
        """Pass over the rest of an expression; tell whether there was any."""
        passed = False
        depth = 0
        while True:
            kind, text, _ = self.peek()
            if kind == "end" or (depth == 0 and (kind == "line" or (kind == "mark" and text in "},])"))):
                return passed
            if kind == "mark":
                depth += (text in "{[(") - (text in "}])")
            passed = True
            self.at += 1


def walk(body: Body) -> Iterator[Block]:
    """Yield every block, outer ones first."""
    waiting = body.blocks[::-1]
    while waiting:
        block = waiting.pop()
        yield block
        waiting += block.body.blocks[::-1]
