"""GitHub's expressions through a parser, evaluated three-valued: what is not known here stays unknown.

Grammar, casing and conversion as documented:
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern


class Unknown(Struct, frozen=True):
    """A value that is not written here; `why` is the expression it comes from."""

    why: str


Value: TypeAlias = "bool | float | str | list[object] | dict[str, object] | Unknown | None"
_TOKEN = lazy_pattern(
    r"\s*(?:(?P<number>-?(?:0x[0-9a-fA-F]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.]))"
    r"|(?P<text>'(?:[^']|'')*')|(?P<operator>&&|\|\||==|!=|<=|>=|[<>!()\[\],.*])|(?P<name>[A-Za-z_][\w-]*))"
)
_MAX_CHARACTERS, _DEEPEST = 21000, 50
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
_LEVELS: tuple[tuple[str, ...], ...] = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="))
FUNCTIONS = frozenset(
    [
        "contains",
        "startswith",
        "endswith",
        "format",
        "join",
        "tojson",
        "fromjson",
        "hashfiles",
        "always",
        "success",
        "failure",
        "cancelled",
        "case",
    ]
)


class Expression(Struct, frozen=True):
    """A parsed expression: `kind` is literal, context, call, index, not, or an operator; `text` its name or source."""

    kind: str
    text: str
    value: Value = None
    parts: tuple[Expression, ...] = ()


def parse_expression(text: str) -> Expression:
    """Parse one expression, without its `${{ }}`. Raises `ParseError`."""
    if len(text) > _MAX_CHARACTERS:
        raise ParseError("longer than GitHub lets an expression be")
    parser = _Parser(list(_tokens(text)))
    found = parser.level(0, 0)
    if parser.tokens[parser.at][0] != "end":
        raise ParseError(f"not an expression: {text[:60]}")
    return found


def parse_condition(text: str) -> Expression:
    """Parse an `if`: bare, or in `${{ }}`; text around one makes it a non-empty text. Raises `ParseError`."""
    stripped = text.strip()
    whole = re.fullmatch(r"\$\{\{((?:(?!\}\}).)*)\}\}", stripped, re.DOTALL)
    if whole:
        return parse_expression(whole.group(1))
    if "${{" in stripped:
        # https://github.com/actions/runner/issues/1173: the rest is text, and text is true.
        return Expression(kind="literal", text=stripped, value=stripped)
    return parse_expression(stripped)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise ParseError(f"not an expression: {text[at : at + 40]}")
        yield str(match.lastgroup), match.group(str(match.lastgroup))
        at = match.end()
    yield "end", ""


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def take(self, *wanted: str) -> bool:
        if self.tokens[self.at][0] == "operator" and self.tokens[self.at][1] in wanted:
            self.at += 1
            return True
        return False

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise ParseError(f"not an expression: `{wanted}` is missing")

    def level(self, level: int, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise ParseError("an expression nested too deep")
        if level == len(_LEVELS):
            return self.unary(depth)
        left = self.level(level + 1, depth)
        while self.take(*_LEVELS[level]):
            operator = self.tokens[self.at - 1][1]
            right = self.level(level + 1, depth)
            left = Expression(kind=operator, text=f"{left.text} {operator} {right.text}", parts=(left, right))
        return left

    def unary(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise ParseError("an expression nested too deep")
        if self.take("!"):
            inner = self.unary(depth + 1)
            return Expression(kind="not", text=f"!{inner.text}", parts=(inner,))
        return self.postfix(depth)

    def postfix(self, depth: int) -> Expression:
        kind, text = self.tokens[self.at]
        self.at += kind != "end"
        if kind == "number":
            return self.literal(text, float(int(text, 0)) if re.match(r"-?0[xo]", text) else float(text))
        if kind == "text":
            return self.literal(text, text[1:-1].replace("''", "'"))
        if kind == "operator" and text == "(":
            inner = self.level(0, depth + 1)
            self.need(")")
            return self.behind(Expression(inner.kind, f"({inner.text})", inner.value, inner.parts), depth)
        if kind != "name":
            raise ParseError(f"not an expression at `{text}`")
        lower = text.lower()
        if self.take("("):
            if lower not in FUNCTIONS:
                raise ParseError(f"no function is called `{text}`")
            arguments: list[Expression] = []
            while not self.take(")"):
                if arguments:
                    self.need(",")
                arguments.append(self.level(0, depth + 1))
            shown = f"{text}({', '.join(a.text for a in arguments)})"
            return self.behind(Expression(kind="call", text=shown, value=lower, parts=tuple(arguments)), depth)
        if text in _CONSTANTS:
            return self.literal(text, _CONSTANTS[text])
        if text in ("NaN", "Infinity"):
            return self.literal(text, float(text))
        return self.behind(Expression(kind="context", text=text), depth)

    def literal(self, text: str, value: Value) -> Expression:
        return Expression(kind="literal", text=text, value=value)

    def behind(self, left: Expression, depth: int) -> Expression:
        while True:
            if self.take("."):
                kind, name = self.tokens[self.at]
                self.at += kind != "end"
                if kind != "name" and name != "*":
                    raise ParseError("not an expression: a name is missing behind a dot")
                left = Expression("index", f"{left.text}.{name}", name, (left, Expression("literal", name, name)))
            elif self.take("["):
                inner = Expression("literal", "*", "*") if self.take("*") else self.level(0, depth + 1)
                self.need("]")
                left = Expression("index", f"{left.text}[{inner.text}]", None, (left, inner))
            else:
                return left


def names(expression: Expression) -> frozenset[str]:
    """Return the contexts that an expression reads, in lower case."""
    found, stack = set(), [expression]
    while stack:
        node = stack.pop()
        if node.kind == "context":
            found.add(node.text.lower())
        stack.extend(node.parts)
    return frozenset(found)


def calls(expression: Expression) -> frozenset[str]:
    """Return the functions that an expression calls, in lower case."""
    found, stack = set(), [expression]
    while stack:
        node = stack.pop()
        if node.kind == "call":
            found.add(str(node.value))
        stack.extend(node.parts)
    return frozenset(found)


def evaluate(expression: Expression, contexts: Mapping[str, Value], status: Mapping[str, Value] | None = None) -> Value:
    """Return the value of an expression; `contexts` are by lower-case name, `status` what success() and the like return."""
    node = expression
    match node.kind:
        case "literal":
            return node.value
        case "context":
            return contexts.get(node.text.lower(), Unknown(node.text))
        case "not":
            inner = truth(evaluate(node.parts[0], contexts, status))
            return Unknown(node.text) if inner is None else not inner
        case "&&" | "||":
            left = evaluate(node.parts[0], contexts, status)
            right = evaluate(node.parts[1], contexts, status)
            first, second = truth(left), truth(right)
            decides = node.kind == "||"
            if first is None:
                return (
                    right
                    if second is decides and second is not None and isinstance(right, bool)
                    else Unknown(node.text)
                )
            return left if first is decides else right
        case "call":
            return _call(node, contexts, status or {})
        case "index":
            return _index(node, contexts, status)
    left, right = (evaluate(p, contexts, status) for p in node.parts)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown(node.text)
    return _compare(node.kind, left, right)


def truth(value: Value) -> bool | None:
    """Return whether a value counts as true; None for an unknown one."""
    if isinstance(value, Unknown):
        return None
    return not (value is None or value is False or value == "" or value == 0 or value != value)


def _index(node: Expression, contexts: Mapping[str, Value], status: Mapping[str, Value] | None) -> Value:
    base, key = evaluate(node.parts[0], contexts, status), evaluate(node.parts[1], contexts, status)
    if isinstance(base, Unknown) or isinstance(key, Unknown) or key == "*":
        return Unknown(node.text)
    if isinstance(base, dict):
        return {k.lower(): v for k, v in base.items()}.get(str(key).lower(), base.get("*"))  # type: ignore[return-value]
    if isinstance(base, list):
        return base[int(key)] if isinstance(key, float) and 0 <= key < len(base) else None  # type: ignore[return-value]
    return None


def _number(value: Value) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool | float | int):
        return float(value)
    if isinstance(value, str):
        try:
            return float(int(value.strip(), 0)) if re.match(r"\s*-?0[xo]", value) else float(value or 0)
        except ValueError:
            return float("nan")
    return float("nan")


def _compare(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        first, second = left.lower(), right.lower()
        result: dict[str, Callable[[], bool]] = {
            "==": lambda: first == second,
            "!=": lambda: first != second,
            "<": lambda: first < second,
            "<=": lambda: first <= second,
            ">": lambda: first > second,
            ">=": lambda: first >= second,
        }
        return result[operator]()
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return (left is right) == (operator == "==") if operator in ("==", "!=") else False
    one, two = _number(left), _number(right)
    return {"==": one == two, "!=": one != two, "<": one < two, "<=": one <= two, ">": one > two, ">=": one >= two}[
        operator
    ]


def as_text(value: Value) -> str:
    """Return a value as GitHub writes it into a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value == value and abs(value) < 1e15 and value == int(value) else repr(value)
    if isinstance(value, list):
        return "Array"
    return "Object" if isinstance(value, dict) else str(value)


def _call(node: Expression, contexts: Mapping[str, Value], status: Mapping[str, Value]) -> Value:
    name = str(node.value)
    if name in ("always", "success", "failure", "cancelled"):
        return True if name == "always" else status.get(name, Unknown(node.text))
    given = [evaluate(p, contexts, status) for p in node.parts]
    if name == "case":
        return _case(node, given)
    if any(isinstance(g, Unknown) for g in given) or name == "hashfiles":
        return Unknown(node.text)
    texts = [as_text(g) for g in given]
    if name == "contains" and len(given) == 2:
        if isinstance(given[0], list):
            return any(_compare("==", g, given[1]) is True for g in given[0])  # type: ignore[arg-type]
        return texts[1].lower() in texts[0].lower()
    if name in ("startswith", "endswith") and len(given) == 2:
        ends = texts[0].lower().endswith if name == "endswith" else texts[0].lower().startswith
        return ends(texts[1].lower())
    if name == "format" and given:
        return _format(texts, node)
    if name == "join" and given:
        parts = given[0] if isinstance(given[0], list) else [given[0]]
        return (texts[1] if len(texts) > 1 else ",").join(as_text(p) for p in parts)  # type: ignore[arg-type]
    if name == "tojson" and len(given) == 1:
        return json.dumps(given[0], indent=2)
    if name == "fromjson" and len(given) == 1:
        try:
            return json.loads(texts[0], parse_int=float)  # type: ignore[no-any-return]
        except (ValueError, RecursionError):
            return Unknown(node.text)
    return Unknown(node.text)


def _case(node: Expression, given: list[Value]) -> Value:
    for at in range(0, len(given) - 1, 2):
        holds = truth(given[at])
        if holds is None:
            return Unknown(node.text)
        if holds:
            return given[at + 1]
    return given[-1] if len(given) % 2 else Unknown(node.text)


def _format(texts: list[str], node: Expression) -> Value:
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        if match.group() in ("{{", "}}"):
            return match.group()[0]
        at = int(match.group(1)) + 1
        missing = missing or at >= len(texts)
        return texts[at] if at < len(texts) else ""

    text = re.sub(r"\{\{|\}\}|\{(\d{1,3})\}", fill, texts[0])
    return Unknown(node.text) if missing else text
