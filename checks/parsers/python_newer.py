"""Python that is newer than the interpreter that runs this: the newer parts are located by a grammar and read by themselves.

What stands in the place of each part in the text has the same lines and columns, so that every node of the tree is
where it is in the file. `ast` judges the rest, and each expression inside of a part.

- f-strings with quotes, backslashes, line ends and comments inside (https://peps.python.org/pep-0701/)
- `type X = …` and type parameters (https://peps.python.org/pep-0695/, https://peps.python.org/pep-0696/)
- `except A, B:` (https://peps.python.org/pep-0758/)
- t-strings (https://peps.python.org/pep-0750/)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from checks.parsers.python_strings import NotPythonError, Place, Strings, line_ends, prefix

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_DEEPEST = 12
_LONGEST = 2_000_000
_PYTHON_2 = frozenset({"print_statement", "exec_statement"})


def parse_newer(text: str, parse: Callable[[str], ast.Module] = ast.parse, *, every: bool = False) -> ast.Module:
    """Parse a module that `ast` refuses, as a newer Python would. Raises `NotPythonError`, and what `parse` raises.

    With `every`, f-strings that this Python knows are read in the same way, for comparison.
    """
    return _Reader(text, parse, every=every, depth=0).module()


@cache
def _parser() -> Parser:
    from tree_sitter import Parser

    from checks.parsers.grammars import language

    return Parser(language("tree_sitter_python"))


class _Reader(Strings):
    """Replaces the newer parts of one text by names, and these by their trees."""

    def __init__(self, text: str, parse: Callable[[str], ast.Module], *, every: bool, depth: int) -> None:
        if depth > _DEEPEST or len(text) > _LONGEST:
            raise NotPythonError("it is nested too deeply, or too long")
        super().__init__(text, parse)
        self.every, self.depth = every, depth
        self.out = bytearray(self.data)
        self.trees: dict[Place, ast.expr] = {}

    def module(self) -> ast.Module:
        for node in self.newer_parts(_parser().parse(self.data).root_node):
            match node.type:
                case "type_parameter":
                    self.blank(node.start_byte, node.end_byte, continued=True)
                case "type_alias_statement":
                    self.blank(node.start_byte, node.end_byte)
                    self.out[node.start_byte : node.start_byte + 4] = b"pass"
                case "except_clause":
                    values = node.children_by_field_name("value")
                    start, end = values[0].start_byte, values[-1].end_byte
                    self.put(start, end, self.expression(start, end))
                case _:
                    self.put(node.start_byte, node.end_byte, self.string(node))
        tree = self.parse(self.out.decode("utf-8", "surrogatepass"))
        placed = _Put(self.trees)
        placed.visit(tree)
        if placed.left:
            raise NotPythonError("a part is not where a value can be")
        return tree

    def newer_parts(self, root: Node) -> Iterator[Node]:
        """Yield the outermost parts to replace, in order. Raises `NotPythonError` where the grammar finds an error."""
        stack = [root]
        while stack:
            node = stack.pop()
            if node.type == "ERROR" or node.is_missing or node.type in _PYTHON_2:
                raise NotPythonError(f"line {self.place(node.start_byte)[0]}")
            if node.type in ("string", "concatenated_string"):
                if node.has_error:
                    raise NotPythonError(f"line {self.place(node.start_byte)[0]}")
                if self.is_newer(node):
                    yield node
                continue
            if node.type == "type_parameter" and _declares(node):
                self.check_parameters(node)
                yield node
                continue
            if node.type == "type_alias_statement":
                if node.has_error:
                    raise NotPythonError(f"line {self.place(node.start_byte)[0]}")
                yield node
                continue
            if node.type == "except_clause" and len(node.children_by_field_name("value")) > 1:
                yield node
                values = {v.id for v in node.children_by_field_name("value")}
                stack += [c for c in reversed(node.children) if c.id not in values]
                continue
            stack += reversed(node.children)

    def check_parameters(self, node: Node) -> None:
        """See that type parameters with defaults, which the grammar does not know, are written as a function's are."""
        if node.has_error:
            inner = self.data[node.start_byte + 1 : node.end_byte - 1].decode("utf-8", "surrogatepass")
            self.parse(f"def _({inner}\n): pass")

    def is_newer(self, node: Node) -> bool:
        parts = [node] if node.type == "string" else node.children
        kinds = {kind for p in parts if p.type == "string" for kind in prefix(p) & {"f", "t"}}
        if not kinds:
            return False
        if self.every or "t" in kinds:
            return True
        text = self.data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")
        try:
            self.parse(f"({text})")
        except SyntaxError:
            return True
        return False

    def blank(self, start: int, end: int, *, continued: bool = False) -> None:
        """Write spaces over a part, but keep its line ends."""
        for at in range(start, end):
            if self.out[at] not in b"\r\n":
                self.out[at] = 0x20
        if continued:
            for found in reversed(line_ends(self.data, start, end)):
                if self.out[found.start() - 1] != 0x20:
                    raise NotPythonError("there is an empty line between type parameters")
                self.out[found.start() - 1] = 0x5C

    def put(self, start: int, end: int, tree: ast.expr) -> None:
        """Write a name over an expression, and keep the expression's tree under the name's place."""
        line, column = self.place(start)
        self.blank(start, end)
        if self.place(end - 1)[0] == line:
            self.out[start : start + 1] = b"_"
        else:
            self.out[start : start + 2] = b"(_"
            self.out[end - 1 : end] = b")"
            column += 1
        self.locate(tree, start, end)
        self.trees[line, column] = tree

    def expression(self, start: int, end: int) -> ast.expr:
        """Parse a part as an expression, with its own places."""
        line, column = self.place(start)
        text = self.data[start:end].decode("utf-8", "surrogatepass")
        padded = f"(\n{' ' * column}{text}\n)"
        try:
            tree = self.parse(padded)
        except SyntaxError:
            tree = _Reader(padded, self.parse, every=self.every, depth=self.depth + 1).module()
        statement = tree.body[0] if len(tree.body) == 1 else None
        if not isinstance(statement, ast.Expr):
            raise NotPythonError(f"line {line}")
        ast.increment_lineno(statement, line - 2)
        return statement.value


class _Put(ast.NodeTransformer):
    """Puts trees in the places of their names."""

    def __init__(self, trees: dict[Place, ast.expr]) -> None:
        self.left = dict(trees)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = None
        if node.id == "_" and isinstance(node.ctx, ast.Load):
            found = self.left.pop((node.lineno, node.col_offset), None)
        return node if found is None else found


def _declares(node: Node) -> bool:
    """Return whether type parameters belong to a function or class, not to a type that is subscripted."""
    return node.parent is not None and node.parent.type in ("function_definition", "class_definition")
