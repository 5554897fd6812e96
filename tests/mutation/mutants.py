"""Mutants of a module: one small change each, inside a function, as a code object that can take the function's place.

Changed are comparisons, `and` and `or` (each operand is dropped, too), `not`, conditions, numbers, strings, True and False, arithmetic,
returned values, calls whose value is not used, `continue` and `break`, and keyword arguments. Docstrings and annotations are not
behavior. What a module does while it is imported (tables, patterns, defaults) is not changed: a function is replaced in a process in
which every module is imported already.
"""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

Key = tuple[str, int]
"""A function of a module: its qualified name and its first line."""
Way = tuple[tuple[str, int | None], ...]
"""The way from a function to a node: fields, with the index where a field is a list."""

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Add,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


class Mutant(NamedTuple):
    """One change: the line, that of its statement, the function, the operator, and what stands there before and after."""

    path: str
    line: int
    statement: int
    key: Key
    operator: str
    before: str
    after: str
    number: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.operator}: `{_short(self.before)}` -> `{_short(self.after)}`"

    def codes(self, root: Path) -> dict[Key, types.CodeType]:
        """Return the function that is changed, as `code_of` does."""
        return {self.key: code_of(root, self)}


class Written(NamedTuple):
    """A change that a person wrote: a text that is in a module once, another in its place, and the test that notices it."""

    path: str
    before: str
    after: str
    test: str

    def __str__(self) -> str:
        return f"{self.path}: `{_short(self.before)}` -> `{_short(self.after)}`"

    def codes(self, root: Path) -> dict[Key, types.CodeType]:
        """Return each function that is changed. Raises `ValueError` where the text is not there once, or changes no function."""
        source = (root / self.path).read_text("utf-8")
        if source.count(self.before) != 1:
            raise ValueError(f"{self}: it is in the module {source.count(self.before)} times")
        name = str(root / self.path)
        try:
            old, new = (
                codes(compile(text, name, "exec")) for text in (source, source.replace(self.before, self.after))
            )
        except SyntaxError as error:
            raise ValueError(f"{self}: {error}") from error
        found = {key: code for key, code in new.items() if key in old and code != old[key]}
        if not found:
            raise ValueError(f"{self}: no function is another one then")
        return found


class _Place(NamedTuple):
    """A node by the way to it from its function, and what takes its place."""

    key: Key
    line: int
    statement: int
    way: Way
    operator: str
    before: ast.AST
    after: ast.AST


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """Return every mutant of a module, in the order of its text."""
    return [
        Mutant(path, p.line, p.statement, p.key, p.operator, _text(p.before), _text(p.after), number)
        for number, p in enumerate(_places(ast.parse((root / path).read_text("utf-8"))))
    ]


def code_of(root: Path, mutant: Mutant) -> types.CodeType:
    """Return the mutant's function as a code object. Raises `ValueError` where the change leaves no valid Python."""
    tree = ast.parse((root / mutant.path).read_text("utf-8"))
    place = list(_places(tree))[mutant.number]
    node = _function(tree, place.key)
    *way, (field, index) = place.way
    for name, at in way:
        node = getattr(node, name) if at is None else getattr(node, name)[at]
    if index is None:
        setattr(node, field, place.after)
    else:
        getattr(node, field)[index] = place.after
    try:
        compiled = compile(ast.fix_missing_locations(tree), str(root / mutant.path), "exec")
    except SyntaxError as error:
        raise ValueError(str(error)) from error
    return codes(compiled)[mutant.key]


def codes(module: types.CodeType) -> dict[Key, types.CodeType]:
    """Return the code of each function of a module and of each method of its classes; what is nested belongs to those."""
    found: dict[Key, types.CodeType] = {}
    for constant in module.co_consts:
        if not isinstance(constant, types.CodeType):
            continue
        if constant.co_flags & 0x2:  # CO_NEWLOCALS: a function; a class body has none
            found[constant.co_qualname, constant.co_firstlineno] = constant
        else:
            found |= codes(constant)
    return found


def _outermost(tree: ast.AST, prefix: str = "") -> Iterator[tuple[Key, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            yield (prefix + node.name, first), node
        elif isinstance(node, ast.ClassDef):
            yield from _outermost(node, f"{prefix}{node.name}.")
        elif isinstance(node, (ast.If, ast.Try)):
            yield from _outermost(node, prefix)


def _function(tree: ast.AST, key: Key) -> ast.AST:
    return next(node for found, node in _outermost(tree) if found == key)


def _places(tree: ast.Module) -> Iterator[_Place]:
    for key, function in _outermost(tree):
        body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
        start = len(function.body) - len(body)
        for number, statement in enumerate(body, start):
            for way, within, node in _walk(statement, (("body", number),), statement.lineno):
                for operator, after in _changes(node):
                    yield _Place(key, getattr(node, "lineno", within), within, way, operator, node, after)


def _walk(node: ast.AST, way: Way, within: int) -> Iterator[tuple[Way, int, ast.AST]]:
    if isinstance(node, ast.stmt):
        within = node.lineno
    yield way, within, node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_comment", "decorator_list", "format_spec"):
            continue
        if isinstance(value, ast.AST):
            yield from _walk(value, (*way, (field, None)), within)
        elif isinstance(value, list):
            for index, part in enumerate(value):
                nested = isinstance(node, Function) and field == "body" and index == 0
                if isinstance(part, ast.AST) and not (nested and ast.get_docstring(node) is not None):  # type: ignore[arg-type]
                    yield from _walk(part, (*way, (field, index)), within)


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(ops=[first, *rest]) if type(first) in _COMPARED:
            yield "comparison", _with(node, ops=[_COMPARED[type(first)](), *rest])
        case ast.BoolOp(op=op, values=values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "and/or", _with(node, op=other)
            for index in range(len(values)):
                kept = [v for n, v in enumerate(values) if n != index]
                yield "operand dropped", kept[0] if len(kept) == 1 else _with(node, values=kept)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not dropped", operand
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if isinstance(
            test, (ast.Name, ast.Call, ast.Attribute, ast.NamedExpr)
        ):
            yield "condition", _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.comprehension(ifs=[_, *_]):
            yield "filter dropped", _with(node, ifs=node.ifs[1:])
        case ast.Constant(value=bool() as value):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield "constant", ast.Constant(value + 1)
        case ast.Constant(value=str() as value):
            yield "text", ast.Constant(value + "~" if value.strip() else "~")
        case ast.BinOp(op=op) if type(op) in _COMPUTED:
            yield "arithmetic", _with(node, op=_COMPUTED[type(op)]())
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "returned value", _with(node, value=ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign():
            yield "statement dropped", ast.Pass()
        case ast.Continue():
            yield "continue/break", ast.Break()
        case ast.Break():
            yield "continue/break", ast.Continue()
        case ast.Call(keywords=keywords):
            for index, keyword in enumerate(keywords):
                if keyword.arg is not None:
                    yield "argument dropped", _with(node, keywords=keywords[:index] + keywords[index + 1 :])
        case _:
            pass


def _with(node: ast.AST, **changes: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in changes.items():
        setattr(other, name, value)
    return other


def _text(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except (AttributeError, ValueError):
        return type(node).__name__.lower()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:60]} … {line[-25:]}"
