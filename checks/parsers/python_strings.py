"""The strings of newer Python: f-strings and t-strings of the grammar as trees of `ast`."""

from __future__ import annotations

import ast
import re
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING

from checks.patterns import lazy_pattern

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMED_CHARACTER = lazy_pattern(r"(\\N\{[^{}]*\})")
_LINE_END = lazy_pattern(rb"\r\n|\r|\n")

Place = tuple[int, int]
"""A line from 1 and a column in bytes from 0, as `ast` counts."""


class NotPythonError(Exception):
    """The text is not Python of any version that is known here."""


class Strings(ABC):
    """Builds the trees of a text's strings; `parse` is what reads the parts that are older."""

    def __init__(self, text: str, parse: Callable[[str], ast.Module]) -> None:
        self.parse = parse
        self.data = text.encode("utf-8", "surrogatepass")
        self.starts = [0, *(m.end() for m in line_ends(self.data, 0, len(self.data)))]

    @abstractmethod
    def expression(self, start: int, end: int) -> ast.expr:
        """Parse a part of the text as an expression, with its own places."""

    def place(self, at: int) -> Place:
        """Return the place of a byte."""
        line = bisect_right(self.starts, at)
        return line, at - self.starts[line - 1]

    def locate(self, tree: ast.expr, start: int, end: int) -> None:
        """Say of a tree where it stands."""
        tree.lineno, tree.col_offset = self.place(start)
        tree.end_lineno, tree.end_col_offset = self.place(end)

    def string(self, node: Node) -> ast.expr:
        """Return the tree of an f-string or t-string, or of several strings side by side."""
        parts = [node] if node.type == "string" else [c for c in node.children if c.type == "string"]
        values: list[ast.expr] = []
        for part in parts:
            if prefix(part) & {"b"}:
                raise NotPythonError("bytes and strings are next to each other")
            values += self.values(part)
        if any("t" in prefix(p) for p in parts):
            if not all("t" in prefix(p) for p in parts):
                raise NotPythonError("a t-string is next to another string")
            given = [v.value if isinstance(v, ast.FormattedValue) else v for v in values]
            return ast.Call(func=self.at(ast.Name("__template__", ast.Load()), node), args=given, keywords=[])
        joined = ast.JoinedStr(values=_merged(values))
        self.locate(joined, node.start_byte, node.end_byte)
        return joined if _can_be_written(joined) else self.formatted(joined, node)

    def at(self, tree: ast.expr, node: Node) -> ast.expr:
        """Return a tree that stands where a node does."""
        self.locate(tree, node.start_byte, node.end_byte)
        return tree

    def formatted(self, joined: ast.JoinedStr, node: Node) -> ast.expr:
        """Return an f-string as a sum of texts, or a call of `format`: `ast.unparse` of Python 3.11 cannot write it."""
        plain = [v for v in joined.values if isinstance(v, ast.FormattedValue)]
        if any(v.conversion not in (-1, ord("s")) or v.format_spec is not None for v in plain):
            template, arguments = _template(joined)
            method = ast.Attribute(self.at(ast.Constant(template), node), "format", ast.Load())
            return ast.Call(func=self.at(method, node), args=arguments, keywords=[])
        total: ast.expr = self.at(ast.Constant(""), node)
        for value in joined.values:
            if isinstance(value, ast.FormattedValue):
                name = self.at(ast.Name("str", ast.Load()), node)
                value = self.at(ast.Call(func=name, args=[value.value], keywords=[]), node)
            total = self.at(ast.BinOp(total, ast.Add(), value), node)
        return total

    def values(self, node: Node) -> list[ast.expr]:
        """Return the texts and values of one string, in order."""
        opening, closing = node.children[0], node.children[-1]
        start = self.data[opening.start_byte : opening.end_byte].decode()
        quote = start.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        raw, with_values = "r" in prefix(node), bool(prefix(node) & {"f", "t"})
        inside = [c for c in node.children if c.type == "interpolation"]
        return self.between(inside, opening.end_byte, closing.start_byte, quote, raw=raw, braces=with_values)

    def between(
        self, inside: list[Node], start: int, end: int, quote: str, *, raw: bool, braces: bool
    ) -> list[ast.expr]:
        """Return what stands between two bytes of a string: texts, and the values of its interpolations."""
        values: list[ast.expr] = []
        at = start
        for part in [*inside, None]:
            until = end if part is None else part.start_byte
            if until > at:
                text = self.text(at, until, quote, raw=raw, braces=braces)
                constant = ast.Constant(text)
                self.locate(constant, at, until)
                values.append(constant)
            if part is not None:
                values += self.value(part, quote, raw=raw)
                at = part.end_byte
        return values

    def text(self, start: int, end: int, quote: str, *, raw: bool, braces: bool) -> str:
        """Return what a part of a string's source stands for."""
        source = self.data[start:end].decode("utf-8", "surrogatepass")
        if braces:
            pieces = [source] if raw else _NAMED_CHARACTER.split(source)
            source = "".join(
                p if not raw and p.startswith("\\N{") else p.replace("{{", "{").replace("}}", "}") for p in pieces
            )
        # Quotes at the end of a part would join the closing ones.
        body = source.rstrip(quote[0])
        if (len(body) - len(body.rstrip("\\"))) % 2:
            body = source[: len(body) + 1]
        ending = source[len(body) :]
        mark = "r" if raw else ""
        tree = self.parse(f"{mark}{quote}{body}{quote}")
        statement = tree.body[0]
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Constant):
            raise NotPythonError("a string ends where it should not")
        return str(statement.value.value) + ending

    def value(self, node: Node, quote: str, *, raw: bool) -> list[ast.expr]:
        """Return a value in braces, after its own source where it is written `{x=}`."""
        expression = node.child_by_field_name("expression")
        if expression is None or expression.type == "lambda":
            raise NotPythonError("empty braces, or a function without brackets")
        tree = self.expression(expression.start_byte, expression.end_byte)
        conversion, spec, shown = -1, None, None
        for child in node.children:
            if child.type == "type_conversion":
                conversion = self.data[child.end_byte - 1]
            elif child.type == "format_specifier":
                inside = [c for c in child.children if c.type == "format_expression"]
                # A line may end in it, whatever the quotes of the string.
                around = quote if len(quote) == 3 else quote * 3
                begin = child.start_byte + 1
                parts = self.between(inside, begin, child.end_byte, around, raw=raw, braces=True)
                spec = ast.JoinedStr(values=_merged(parts))
                self.locate(spec, child.start_byte, child.end_byte)
            elif child.type == "=":
                shown = child
        values: list[ast.expr] = []
        if shown is not None:
            until = shown.end_byte
            while self.data[until : until + 1].isspace():
                until += 1
            constant = ast.Constant(self.data[node.start_byte + 1 : until].decode("utf-8", "surrogatepass"))
            self.locate(constant, node.start_byte, until)
            values.append(constant)
            if conversion == -1 and spec is None:
                conversion = ord("r")
        formatted = ast.FormattedValue(value=tree, conversion=conversion, format_spec=spec)
        self.locate(formatted, node.start_byte, node.end_byte)
        return [*values, formatted]


def line_ends(data: bytes, start: int, end: int) -> list[re.Match[bytes]]:
    """Return the ends of lines in a part of a text, as `ast` counts them."""
    return list(_LINE_END.finditer(data, start, end))


def prefix(node: Node) -> set[str]:
    """Return the letters before a string's quotes."""
    opening = node.children[0].text or b""
    return set(opening.decode().lower()) & set("fturb")


def _merged(values: list[ast.expr]) -> list[ast.expr]:
    """Join texts that stand side by side, as `ast` does."""
    merged: list[ast.expr] = []
    for value in values:
        last = merged[-1] if merged else None
        if isinstance(value, ast.Constant) and isinstance(last, ast.Constant):
            last.value = str(last.value) + str(value.value)
            last.end_lineno, last.end_col_offset = value.end_lineno, value.end_col_offset
        else:
            merged.append(value)
    return merged


def _can_be_written(tree: ast.expr) -> bool:
    try:
        ast.unparse(tree)
    except ValueError:
        return False
    return True


def _template(joined: ast.JoinedStr) -> tuple[str, list[ast.expr]]:
    """Return the template and arguments of `format` that give what an f-string gives."""
    text, arguments = "", []
    for value in joined.values:
        if isinstance(value, ast.FormattedValue):
            mark = f"!{chr(value.conversion)}" if value.conversion != -1 else ""
            arguments.append(value.value)
            spec = ""
            if isinstance(value.format_spec, ast.JoinedStr):
                spec, inner = _template(value.format_spec)
                arguments += inner
                spec = f":{spec}"
            text += f"{{{mark}{spec}}}"
        elif isinstance(value, ast.Constant):
            text += str(value.value).replace("{", "{{").replace("}", "}}")
    return text, arguments
