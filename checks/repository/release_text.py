"""A release's name as text with its parts: `shop@` and the full commit are not the full commit."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from checks.patterns import lazy_pattern
from checks.production.values import FromEnvironment

FULL, SHORT, DESCRIBE, TAG, VERSION, NONE = (
    "the full commit SHA",
    "a short SHA",
    "git describe",
    "a tag",
    "a version number",
    "none",
)
TEXT, UNKNOWN = "text", "unknown"

_CLASSES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        lazy_pattern(
            r"rev-parse\s+--short|SHORT_SHA|short_sha|sha_short|::\d{1,2}\b|:0:\d{1,2}\b|cut -c\s*1?-\d{1,2}\b|\[:\d{1,2}\]"
        ),
        SHORT,
    ),
    (lazy_pattern(r"git\s+describe|['\"]describe['\"]"), DESCRIBE),
    (
        lazy_pattern(
            r"github\.sha|GITHUB_SHA|CI_COMMIT_SHA|CIRCLE_SHA1|BITBUCKET_COMMIT|Build\.SourceVersion|BUILD_SOURCEVERSION"
            r"|rev-parse\s+(--verify\s+)?HEAD|['\"]rev-parse['\"],\s*['\"]HEAD|propose-version|RENDER_GIT_COMMIT|RAILWAY_GIT_COMMIT_SHA"
            r"|VERCEL_GIT_COMMIT_SHA|HEROKU_(SLUG|BUILD)_COMMIT|SOURCE_VERSION|COMMIT_REF|CF_PAGES_COMMIT_SHA|\bGIT_COMMIT\b"
            r"|COMMIT_SHA\b|GIT_SHA\b|get_default_release|fetch_git_sha|head\.(object\.)?hexsha"
        ),
        FULL,
    ),
    (
        lazy_pattern(
            r"github\.ref_name|GITHUB_REF_NAME|CI_COMMIT_TAG|tag_name|refs/tags|CIRCLE_TAG|\bTAG\b|_TAG\b|\btag\b"
        ),
        TAG,
    ),
    (
        lazy_pattern(
            r"package\.json|npm_package_version|__version__|\bVERSION\b|APP_VERSION|pyproject|importlib|\bversion\b"
        ),
        VERSION,
    ),
)
_DYNAMIC = lazy_pattern(r"\$\{\{.*?\}\}|\$\([^)]*\)|`[^`]*`|\$\{[^}]*\}|\$\w+")
_LENGTH = lazy_pattern(r"(?::|-c\s?1?-)(\d{1,2})\b")
_WHOLE_EXPRESSION = lazy_pattern(r"^(github\.[\w.]+|propose-version|\?)$")


def classify(text: str) -> str | None:
    """Return the class of a release expression, or None."""
    return next((name for pattern, name in _CLASSES if pattern.search(text)), None)


class Part(Struct, frozen=True, kw_only=True):
    """A part of a name: `text` as it is, or an expression of a known class, or an unknown one."""

    kind: str
    text: str

    def same(self, other: Part) -> bool | None:
        """Return whether two parts are equal in every deployment, None where that cannot be determined."""
        if UNKNOWN in (self.kind, other.kind):
            return True if self == other else None
        if {self.kind, other.kind} in ({TEXT, VERSION}, {TEXT, TAG}):
            return None  # a version that is written down may be the one that the other side reads
        if self.kind == other.kind == SHORT:
            lengths = {n for p in (self, other) for n in _LENGTH.findall(p.text)}
            return len(lengths) < 2
        return self.kind == other.kind and (self.kind != TEXT or self.text == other.text)


def shell_parts(text: str) -> tuple[Part, ...]:
    """Split the text of a CI file or a shell word: expressions and variables are parts, all else is text."""
    text = text.strip().strip("\"'")
    if _WHOLE_EXPRESSION.match(text):
        return (_dynamic(text),)
    found: list[Part] = []
    at = 0
    for match in _DYNAMIC.finditer(text):
        found += [Part(kind=TEXT, text=text[at : match.start()]), _dynamic(match.group())]
        at = match.end()
    return joined([*found, Part(kind=TEXT, text=text[at:])])


_COMMITS = frozenset({"COMMIT_SHA", "GIT_SHA", "GIT_COMMIT"})
_OTHER_COMMITS = frozenset(
    {"BASE", "BEFORE", "PREVIOUS", "PREV", "LAST", "OLD", "PARENT", "TARGET", "MERGE", "UPSTREAM"}
)


def _dynamic(text: str) -> Part:
    name = text.strip("${}")
    if name.isidentifier() and name not in _COMMITS and _OTHER_COMMITS & set(name.upper().split("_")):
        return Part(kind=UNKNOWN, text=text)  # another commit than the one that is built
    return Part(kind=classify(text) or UNKNOWN, text=text)


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
    return (_dynamic(ast.unparse(node)),)


def _cut(parts: tuple[Part, ...], length: int, text: str) -> tuple[Part, ...]:
    if len(parts) == 1 and parts[0].kind == TEXT:
        return joined([Part(kind=TEXT, text=parts[0].text[:length])])
    if len(parts) == 1 and parts[0].kind == FULL:
        return parts if length >= 40 else (Part(kind=SHORT, text=text),)
    return parts if not parts else (Part(kind=UNKNOWN, text=text),)


def _first(alternatives: Iterator[tuple[Part, ...]]) -> tuple[Part, ...]:
    """Return the first alternative that is set; one that no file sets gives way to a later one that is known."""
    unsure: tuple[Part, ...] = ()
    for parts in alternatives:
        if parts and not any(p.kind == UNKNOWN for p in parts):
            return parts
        unsure = unsure or parts
    return unsure
