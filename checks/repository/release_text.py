"""A release's name as text with its parts: `shop@` and the full commit are not the full commit."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from checks.production.values import FromEnvironment
from checks.repository.release_kinds import (
    FULL,
    NONE,
    SHORT,
    TAG,
    VERSION,
    cut,
    kind_of_expression,
    kind_of_javascript,
    kind_of_name,
    kind_of_python,
    kind_of_script,
    text_of_javascript,
)

TEXT, UNKNOWN = "text", "unknown"


class Part(Struct, frozen=True, kw_only=True):
    """A part of a name: `text` as it is, or an expression of a known kind, or an unknown one; `length` is that of a short commit."""

    kind: str
    text: str
    length: int | None = None

    def same(self, other: Part) -> bool | None:
        """Return whether two parts are equal in every deployment, None where that cannot be determined."""
        if UNKNOWN in (self.kind, other.kind):
            return True if self == other else None
        if {self.kind, other.kind} in ({TEXT, VERSION}, {TEXT, TAG}):
            return None  # a version that is written down may be the one that the other side reads
        if self.kind == other.kind == SHORT:
            return None in (self.length, other.length) or self.length == other.length
        return self.kind == other.kind and (self.kind != TEXT or self.text == other.text)


def shell_parts(text: str) -> tuple[Part, ...]:
    """Split the text of a CI file or a shell word: expressions and variables are parts, all else is text."""
    text = text.strip().strip("\"'")
    if text in ("propose-version", "?"):
        return (Part(kind=FULL if text != "?" else UNKNOWN, text=text),)
    if text.startswith("github.") and text.replace(".", "").replace("_", "").isalnum():
        return (Part(kind=kind_of_expression(text) or UNKNOWN, text=text),)
    found: list[Part] = []
    at = 0
    while at < len(text):
        end = _dynamic_end(text, at)
        if end > at:
            found.append(_dynamic(text[at:end]))
            at = end
        else:
            found.append(Part(kind=TEXT, text=text[at]))
            at += 1
    return joined(found)


_CLOSED = {"${{": "}}", "$((": "))", "$(": ")", "${": "}", "`": "`"}


def _dynamic_end(text: str, at: int) -> int:
    """Return where the expression, the command or the variable that begins at a place ends; the place itself where none does."""
    opening = next((o for o in _CLOSED if text.startswith(o, at)), None)
    if opening is not None:
        return _closed(text, at + len(opening), opening)
    end = at + 1
    while text[at] == "$" and end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return end if end > at + 1 else at


def _closed(text: str, at: int, opening: str) -> int:
    """Return the place behind what closes an opening, those within it counted; the end of the text where nothing does."""
    depth, close = 1, _CLOSED[opening]
    while at < len(text):
        if text.startswith(close, at):
            depth, at = depth - 1, at + len(close)
            if depth == 0:
                return at
        elif opening in ("$(", "${") and text[at] == opening[1]:
            depth, at = depth + 1, at + 1
        else:
            at += 1
    return len(text)


def _dynamic(text: str) -> Part:
    """Return the part that an expression, a command or a variable is."""
    length: int | None = None
    kind: str | None
    if text.startswith("${{"):
        kind = kind_of_expression(text[3:].removesuffix("}}"))
    elif text.startswith(("$(", "`")):
        inner = text[2:-1] if text.startswith("$(") else text[1:-1]
        # Azure's variables look like commands (https://learn.microsoft.com/azure/devops/pipelines/process/variables).
        named = inner.replace(".", "").replace("_", "").isalnum() and "." in inner
        kind, length = (kind_of_name(inner), None) if named else kind_of_script(inner)
    else:
        kind, length = _of_variable(text.strip("${}"))
    return Part(kind=kind or UNKNOWN, text=text, length=length)


def _of_variable(text: str) -> tuple[str | None, int | None]:
    """Return the kind of `NAME`, `NAME::7`, `NAME:-other`, `NAME#v`, and the length that it is cut to."""
    end = next((n for n, c in enumerate(text) if not (c.isalnum() or c == "_")), len(text))
    kind, rest = kind_of_name(text[:end]), text[end:]
    if not rest or rest.startswith((":-", "-", ":?", "?", ":=")):
        return kind, None
    if rest.startswith((":0:", "::")):
        digits = rest.rpartition(":")[2].strip()
        return cut(kind), int(digits) if digits.isdecimal() else None
    return (kind if kind in (TAG, VERSION) else None), None


def javascript_part(text: str) -> Part:
    """Return what a JavaScript expression that names a release is: a value of a known kind, a text written out whole, or unknown."""
    kind = kind_of_javascript(text)
    if kind is not None:
        return Part(kind=kind, text=text)
    written = text_of_javascript(text)
    return Part(kind=TEXT, text=written) if written else Part(kind=UNKNOWN, text=text)


def joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Join neighboring texts, and leave empty ones out."""
    found: list[Part] = []
    for part in parts:
        if part.kind == TEXT and found and found[-1].kind == TEXT:
            found[-1] = Part(kind=TEXT, text=found[-1].text + part.text)
        elif part.kind != TEXT or part.text:
            found.append(part)
    return tuple(found)


def agree(one: tuple[Part, ...], other: tuple[Part, ...]) -> bool | None:
    """Return whether two names are always the same text; None where an unknown part decides it."""
    if one == other and not any(p.kind == UNKNOWN for p in one):
        return True
    if any(p.kind == UNKNOWN for p in (*one, *other)):
        return None
    if len(one) != len(other):
        written, read = sorted((one, other), key=len)
        return None if written and _literal(written) and any(p.kind in (VERSION, TAG) for p in read) else False
    same = [a.same(b) for a, b in zip(one, other, strict=True)]
    return False if False in same else None if None in same else True


def _literal(parts: tuple[Part, ...]) -> bool:
    return all(p.kind == TEXT for p in parts)


def describe(parts: tuple[Part, ...]) -> str:
    """Name what a release is made of, as in "`shop@` and the full commit SHA"."""
    return " and ".join(f"`{p.text}`" if p.kind in (TEXT, UNKNOWN) else p.kind for p in parts) or NONE


Variable = Callable[[str], tuple[Part, ...] | None]
"""Returns what a variable of the environment is worth at run time: no parts where nothing sets it, None if not known."""


Read = Callable[[ast.expr], FromEnvironment | None]
"""Returns the read of the environment that an expression is, None for anything else."""


def python_parts(
    node: ast.expr, names: dict[str, ast.expr], variable: Variable, read: Read, depth: int = 12
) -> tuple[Part, ...]:
    """Split the text of a Python expression: literals, f-strings, sums, slices, and reads of the environment."""
    if depth == 0:
        return (Part(kind=UNKNOWN, text=ast.unparse(node)),)
    match node:
        case ast.Constant(value=None):
            return ()
        case ast.Constant(value=value):
            return joined([Part(kind=TEXT, text=str(value))])
        case ast.Name(id=name) if name in names:
            return python_parts(names[name], {k: v for k, v in names.items() if k != name}, variable, read, depth - 1)
        case ast.JoinedStr(values=values):
            return joined([p for v in values for p in python_parts(v, names, variable, read, depth - 1)])
        case ast.FormattedValue(value=value):
            return python_parts(value, names, variable, read, depth - 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            sides = (left, right)
            return joined([p for v in sides for p in python_parts(v, names, variable, read, depth - 1)])
        case ast.Call(func=ast.Attribute(value=value, attr="strip" | "decode" | "rstrip" | "lower")):
            return python_parts(value, names, variable, read, depth - 1)
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=ast.Constant(value=int(upper)))):
            return _cut(python_parts(value, names, variable, read, depth - 1), upper, ast.unparse(node))
        case ast.BoolOp(op=ast.Or(), values=values):
            return _first(python_parts(v, names, variable, read, depth - 1) for v in values)
        case ast.IfExp(body=body, orelse=orelse):
            one, other = (python_parts(v, names, variable, read, depth - 1) for v in (body, orelse))
            return one if agree(one, other) else (Part(kind=UNKNOWN, text=ast.unparse(node)),)
    found = read(node)
    if found is not None:
        worth = variable(found.name)
        if worth is None:
            return (Part(kind=UNKNOWN, text=found.name),)
        default = found.default.value if found.default is not None else None
        return worth or joined([Part(kind=TEXT, text="" if default is None else str(default))])
    return (Part(kind=kind_of_python(node) or UNKNOWN, text=ast.unparse(node)),)


def _cut(parts: tuple[Part, ...], length: int, text: str) -> tuple[Part, ...]:
    if len(parts) == 1 and parts[0].kind == TEXT:
        return joined([Part(kind=TEXT, text=parts[0].text[:length])])
    if len(parts) == 1 and parts[0].kind == FULL:
        return parts if length >= 40 else (Part(kind=SHORT, text=text, length=length),)
    return parts if not parts else (Part(kind=UNKNOWN, text=text),)


def _first(alternatives: Iterator[tuple[Part, ...]]) -> tuple[Part, ...]:
    """Return the first alternative that is set; one that no file sets gives way to a later one that is known."""
    unsure: tuple[Part, ...] = ()
    for parts in alternatives:
        if parts and not any(p.kind == UNKNOWN for p in parts):
            return parts
        unsure = unsure or parts
    return unsure
