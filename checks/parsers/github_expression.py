"""GitHub's expressions: their lexer and grammar, as documented and as GitHub's own parser reads them.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions,
https://github.com/actions/languageservices/tree/main/expressions. What an expression is worth: `github_evaluation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern


class Unknown(Struct, frozen=True):
    """A value that is not written here; `why` is the expression it comes from, `holds` whether it counts as true where that is known."""

    why: str
    holds: bool | None = None


Value: TypeAlias = "bool | float | str | list[object] | dict[str, object] | Unknown | None"
_TOKEN = lazy_pattern(
    r"[ \t\r\n]*(?:(?P<text>'(?:[^']|'')*')|(?P<operator>&&|\|\||==|!=|<=|>=|[<>!()\[\],*])|(?P<dot>\.)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)(?![^\s(\[)\],.!><=&|*])|(?P<number>[-+0-9][^\s(\[)\],!><=&|]*))"
)
_FRACTION = lazy_pattern(r"\.[^\s(\[)\],!><=&|]*")
_DECIMAL = lazy_pattern(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_MAX_CHARACTERS, _MAX_DEPTH = 21000, 50
_CONSTANTS: dict[str, Value] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
}
_MAX_ARGUMENTS = 255
FUNCTIONS: dict[str, tuple[int, int]] = {
    "contains": (2, 2),
    "startswith": (2, 2),
    "endswith": (2, 2),
    "format": (1, _MAX_ARGUMENTS),
    "join": (1, 2),
    "tojson": (1, 1),
    "fromjson": (1, 1),
    "hashfiles": (1, _MAX_ARGUMENTS),
    "case": (3, _MAX_ARGUMENTS),
    **dict.fromkeys(("always", "success", "failure", "cancelled"), (0, _MAX_ARGUMENTS)),
}
"""GitHub's functions in lower case, each with the fewest and the most arguments that it takes."""

STATUS = frozenset({"always", "success", "failure", "cancelled"})
"""The status functions; one of them lifts the rule that a job is skipped with the jobs it needs."""


class Expression(Struct, frozen=True):
    """A parsed expression: `kind` is literal, context, call, index, star, not, or an operator; `text` is its source.

    `&&` and `||` have all their operands as parts, a comparison two.
    """

    kind: str
    text: str
    value: Value = None
    parts: tuple[Expression, ...] = ()


def parse_expression(text: str, contexts: frozenset[str] | None = None) -> Expression:
    """Parse one expression, without its `${{ }}`; an empty one is null. `contexts` are the names that exist (None: any).

    Raises `ParseError`.
    """
    if len(text) > _MAX_CHARACTERS:
        raise ParseError("longer than GitHub lets an expression be")
    parser = _Parser(text, list(_tokens(text)), contexts)
    if parser.tokens[0][0] == "end":
        return Expression(kind="literal", text=text)
    found = parser.expression()
    if parser.tokens[parser.at][0] != "end":
        raise ParseError(f"not an expression: {text[:60]}")
    return found


def parse_condition(text: str) -> Expression:
    """Parse an `if`: bare, or in `${{ }}`; text around one, be it a line break, makes it a non-empty text. Raises `ParseError`."""
    stripped = text.strip()
    found, plain = list(segments(text)), ""
    if not any(is_expression for is_expression, _ in found):
        if not stripped:
            raise ParseError("not an expression: nothing is written")
        return parse_expression(stripped)
    parts = [parse_expression(inner) for is_expression, inner in found if is_expression]
    plain = "".join(inner for is_expression, inner in found if not is_expression)
    if plain:
        # https://github.com/actions/runner/issues/1173: the rest is text, and text is true.
        return Expression(kind="literal", text=stripped, value=stripped)
    if len(parts) == 1:
        return parts[0]
    pattern = Expression("literal", stripped, "".join(f"{{{n}}}" for n in range(len(parts))))
    return Expression("call", stripped, "format", (pattern, *parts))


def segments(text: str) -> Iterator[tuple[bool, str]]:
    """Yield `(whether it is an expression, text)` for what stands in `${{ }}` and around it. Raises `ParseError`.

    Braces within a quoted text do not close an expression.
    """
    at = 0
    while (start := text.find("${{", at)) >= 0:
        if start > at:
            yield False, text[at:start]
        end, quoted = start + 3, False
        while end < len(text) and (quoted or not text.startswith("}}", end)):
            quoted ^= text[end] == "'"
            end += 1
        if end >= len(text):
            raise ParseError(f"not an expression: `{text[start : start + 40]}` is not closed")
        inner = text[start + 3 : end]
        if not inner.strip():
            raise ParseError("not an expression: nothing is written in `${{ }}`")
        yield True, inner
        at = end + 2
    if at < len(text):
        yield False, text[at:]


def in_text(text: str) -> list[Expression]:
    """Parse every `${{ }}` of a text. Raises `ParseError`."""
    return [parse_expression(inner) for is_expression, inner in segments(text) if is_expression]


def to_number(text: str) -> float:
    """Return a text as the number that GitHub makes of it: nothing is 0, what is not a number is NaN."""
    text = text.strip()
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return float(text)
    if text.lstrip("+-") == "Infinity" and len(text) <= 9:
        return float(text)
    digits, base = text[2:], {"0x": 16, "0o": 8}.get(text[:2])
    try:
        return float(int(digits, base)) if base and digits.isalnum() else float("nan")
    except (ValueError, OverflowError):
        return float("nan")


_Token = tuple[str, str, int, int]


def _tokens(text: str) -> Iterator[_Token]:
    at, last = 0, ""
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        kind = str(match.lastgroup) if match else ""
        if match is not None and kind == "dot" and last not in ("name", "]", ")", "*"):
            start = match.start("dot")
            match, kind = _FRACTION.match(text, start), "number"
        if match is None:
            raise ParseError(f"not an expression: {text[at : at + 40]}")
        found = match.group("dot" if kind == "dot" else kind) if kind in match.re.groupindex else match.group()
        start = match.end() - len(found)
        if kind == "number" and to_number(found) != to_number(found):
            raise ParseError(f"not a number: {found[:40]}")
        yield kind, found, start, match.end()
        last = found if kind == "operator" else kind
        at = match.end()
    yield "end", "", end, end


class _Parser:
    """GitHub's grammar, with its own limit of depth."""

    def __init__(self, source: str, tokens: list[_Token], contexts: frozenset[str] | None) -> None:
        self.source, self.tokens, self.at, self.depth, self.contexts = source, tokens, 0, 0, contexts

    def take(self, *wanted: str) -> bool:
        kind, text, _, _ = self.tokens[self.at]
        if kind in ("operator", "dot") and text in wanted:
            self.at += 1
            return True
        return False

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise ParseError(f"not an expression: `{wanted}` is missing")

    def deeper(self, by: int = 1) -> None:
        self.depth += by
        if self.depth > _MAX_DEPTH:
            raise ParseError("an expression nested too deep")

    def made(self, kind: str, start: int, value: Value = None, parts: tuple[Expression, ...] = ()) -> Expression:
        text = self.source[self.tokens[start][2] : self.tokens[self.at - 1][3]]
        return Expression(kind, text, value, parts)

    def expression(self) -> Expression:
        self.deeper()
        found = self.logical("||")
        self.depth -= 1
        return found

    def logical(self, operator: str) -> Expression:
        start = self.at
        parts = [self.operand(operator)]
        if self.tokens[self.at][:2] != ("operator", operator):
            return parts[0]
        self.deeper()
        while self.take(operator):
            parts.append(self.operand(operator))
        self.depth -= 1
        return self.made(operator, start, None, tuple(parts))

    def operand(self, operator: str) -> Expression:
        return self.logical("&&") if operator == "||" else self.equality()

    def equality(self) -> Expression:
        start, left = self.at, self.comparison()
        while self.take("==", "!="):
            operator = self.tokens[self.at - 1][1]
            left = self.made(operator, start, None, (left, self.comparison()))
        return left

    def comparison(self) -> Expression:
        start, left = self.at, self.unary()
        while self.take("<", "<=", ">", ">="):
            operator = self.tokens[self.at - 1][1]
            left = self.made(operator, start, None, (left, self.unary()))
        return left

    def unary(self) -> Expression:
        start = self.at
        if not self.take("!"):
            return self.postfix()
        self.deeper()
        inner = self.unary()
        self.depth -= 1
        return self.made("not", start, None, (inner,))

    def postfix(self) -> Expression:
        start = self.at
        left, steps = self.primary(), 0
        while left.kind != "literal" or self.source[self.tokens[start][2]] == "(":
            if self.take("["):
                star = self.take("*")
                inner = self.made("star", self.at - 1) if star else self.expression()
                self.need("]")
            elif self.take("."):
                kind, name, _, _ = self.tokens[self.at]
                self.at += kind != "end"
                if kind != "name" and name != "*":
                    raise ParseError("not an expression: a name is missing after a dot")
                inner = Expression("star", "*") if kind != "name" else Expression("literal", name, name)
            else:
                break
            self.deeper()
            steps += 1
            left = self.made("index", start, None, (left, inner))
        self.depth -= steps
        return left

    def primary(self) -> Expression:
        start = self.at
        kind, text, _, _ = self.tokens[start]
        self.at += kind != "end"
        if kind == "number":
            return Expression("literal", text, to_number(text))
        if kind == "text":
            return Expression("literal", text, text[1:-1].replace("''", "'"))
        if (kind, text) == ("operator", "("):
            inner = self.expression()
            self.need(")")
            return Expression(inner.kind, f"({inner.text})", inner.value, inner.parts)
        if kind != "name":
            raise ParseError(f"not an expression at `{text}`")
        if self.take("("):
            return self.call(start, text)
        if text in _CONSTANTS:
            return Expression("literal", text, _CONSTANTS[text])
        if self.contexts is not None and text.lower() not in self.contexts:
            raise ParseError(f"no context is called `{text}`")
        return Expression("context", text)

    def call(self, start: int, name: str) -> Expression:
        arguments: list[Expression] = []
        while not self.take(")"):
            if arguments:
                self.need(",")
            arguments.append(self.expression())
        fewest, most = FUNCTIONS.get(name.lower(), (1, 0))
        if most < fewest:
            raise ParseError(f"no function is called `{name}`")
        odd = name.lower() != "case" or len(arguments) % 2 == 1
        if not fewest <= len(arguments) <= most or not odd:
            raise ParseError(f"`{name}` does not take {len(arguments)} arguments")
        return self.made("call", start, name.lower(), tuple(arguments))


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and everything in it."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.parts)


def names(expression: Expression) -> frozenset[str]:
    """Return the contexts that an expression reads, in lower case."""
    return frozenset(n.text.strip("()").lower() for n in walk(expression) if n.kind == "context")


def calls(expression: Expression) -> frozenset[str]:
    """Return the functions that an expression calls, in lower case."""
    return frozenset(str(n.value) for n in walk(expression) if n.kind == "call")


def dotted(expression: Expression) -> tuple[str, ...]:
    """Return the names of `github.event.action`, however it is written (`GITHUB['event'].action`), in lower case; none for another."""
    found: list[str] = []
    node = expression
    while node.kind == "index" and node.parts[1].kind == "literal" and isinstance(node.parts[1].value, str):
        found.append(node.parts[1].value.lower())
        node = node.parts[0]
    return (node.text.strip("()").lower(), *reversed(found)) if node.kind == "context" else ()
