"""Where a value of production comes from, as checks tell it: the environment, the code, or an expression that is not followed."""

from __future__ import annotations

import ast

from msgspec import Struct

from checks.parsers.position import line_of, written
from checks.patterns import lazy_pattern
from checks.production.values import FromEnvironment, Known, Value, members


class EnvRead(Struct, frozen=True, kw_only=True):
    """A value read from the environment: the variable's name, its default as text (None: none), the file and line that read it."""

    name: str
    default: str | None
    path: str
    line: int


class Literal(Struct, frozen=True, kw_only=True):
    """A value written in the code."""

    value: object
    line: int


class Unresolved(Struct, frozen=True, kw_only=True):
    """A value that the code computes in a way that is not followed."""

    source: str
    line: int


Origin = EnvRead | Literal | Unresolved


def origin(value: Value, node: ast.expr) -> Origin:
    """Return where a value comes from that the evaluator found; `node` is its expression."""
    if isinstance(value, Known):
        return Literal(value=value.value, line=line_of(node))
    read = environment_read(value)
    if read is None:
        return Unresolved(source=written(node), line=line_of(node))
    default = read.default.value if read.default is not None else None
    # `str(None)` is what a code makes of a variable that is not set.
    text = None if default in (None, "None") else str(default)
    return EnvRead(name=read.name, default=text, path=read.path, line=read.line)


_NAME = lazy_pattern(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


def name_asked_for(source: str) -> str | None:
    """Return the variable that a call which is not followed names by its first argument: `env.str("SHOP_DSN", default=None)`.

    It is for texts to people: whether the call reads the environment is not known. None where no argument is such a name.
    """
    try:
        call = ast.parse(source, mode="eval").body
    except SyntaxError:
        return None
    match call:
        case ast.Call(args=[ast.Constant(value=str(name)), *_]) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name if _NAME.fullmatch(name) else None
    return None


def environment_read(value: Value | None) -> FromEnvironment | None:
    """Return the read of the environment that a value is, the first where it is one of several such; else None."""
    found = list(members(value)) if value is not None else []
    reads = [v for v in found if isinstance(v, FromEnvironment)]
    return reads[0] if reads and len(reads) == len(found) else None
