"""Which modules a script loads: by import and re-export statements, `require` calls, `import.meta.glob`, and `import()`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.globs import glob_matches
from checks.patterns import lazy_pattern
from checks.repository.browser import script, script_part
from checks.repository.facts import Facts, join, parent

_SPACE = lazy_pattern(r"""(?:\s|//[^\n]*|/\*.*?\*/|(["'])use [a-z]+\1;?|;)*""", re.DOTALL)
_STATEMENT = lazy_pattern(
    r"""(?:import|export)\b(?P<names>\s+[\w$\s,{}*]+?\bfrom\b)?\s*(?:'(?P<one>[^'\n]*)'|"(?P<two>[^"\n]*)")"""
)
"""A whole statement of the tokens that its grammar allows; one with a comment inside, or with anything else, is read by the parser."""
_TYPES = lazy_pattern(r"\s+type\s+(?!from\b)")
_MORE = lazy_pattern(
    r"\brequire\s*\(|\bimport\.meta\.glob\b|^[ \t]*(?:import|export)\b[^\n(=]*(?:[\"']|\{)", re.MULTILINE
)
_NAMED = lazy_pattern(
    r"^[ \t]*(?:import|export)\b(?!\s+type\s+(?!from\b)[\w{*])(?:[^'\";()]*?\bfrom)?\s*[\"']([^\"'\n]+)[\"']",
    re.MULTILINE,
)


def imported(facts: Facts, path: str) -> tuple[str, ...]:
    """Return the modules that a file loads before its own code runs, in order.

    Most files begin with all of their imports, and a page may load a thousand files: only what has more behind them is parsed.
    """
    return facts.memoize(imported, path, lambda: _imported(facts, path))


def lazily_imported(facts: Facts, path: str) -> tuple[str, ...]:
    """Return the modules that a file loads by `import()` when it gets to it."""
    return facts.memoize(lazily_imported, path, lambda: tuple(_lazily(facts, path)))


def _imported(facts: Facts, path: str) -> tuple[str, ...]:
    text = script_part(facts.text(path) or "", path)
    found, at = _head(text)
    if _MORE.search(text, at) is None:
        return tuple(found)
    tree = script(facts, path)
    if isinstance(tree, Node):
        return tuple(_of_tree(facts, path, tree))
    return tuple(found + _NAMED.findall(text[at:]))  # a file that cannot be parsed


def _head(text: str) -> tuple[list[str], int]:
    """Return the modules of the statements at the beginning of a file, and where they end."""
    found: list[str] = []
    at = _end(_SPACE.match(text), 0)
    while (statement := _STATEMENT.match(text, at)) is not None:
        if not _TYPES.match(statement["names"] or ""):
            found.append(statement["one"] or statement["two"] or "")
        at = _end(_SPACE.match(text, statement.end()), statement.end())
    return [f for f in found if f], at


def _end(match: re.Match[str] | None, default: int) -> int:
    return match.end() if match is not None else default


def _of_tree(facts: Facts, path: str, tree: Node) -> Iterator[str]:
    for node in js.descend(tree):
        if node.type in ("import_statement", "export_statement"):
            source = js.string_of(node.child_by_field_name("source"))
            if source and not any(c.type == "type" for c in node.children):
                yield source
        elif node.type == "call_expression":
            function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if function is not None and js.text_of(function) == "require" and arguments is not None:
                given = js.string_of(arguments.named_children[0]) if arguments.named_children else None
                if given:
                    yield given
            elif function is not None and js.text_of(function) == _GLOB:
                yield from _globbed(facts, path, node, eager=True)


_GLOB = "import.meta.glob"
_MOST_GLOBBED = 400


def _globbed(facts: Facts, path: str, call: Node, *, eager: bool) -> Iterator[str]:
    """Yield the modules that `import.meta.glob` names by relative patterns, those that it imports at once or those that it does not.

    https://vite.dev/guide/features.html#glob-import
    """
    arguments = call.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    if not given:
        return
    options = js.unwrap(given[1]) if len(given) > 1 else None
    said = {k: js.text_of(v) for k, _, v in js.properties(options)} if options is not None else {}
    if (said.get("eager") == "true") is not eager:
        return
    first = js.unwrap(given[0])
    nodes = [n for n in first.named_children if n.type != "comment"] if first.type == "array" else [first]
    texts = [js.string_of(n) or "" for n in nodes]
    folder = parent(path)
    patterns = [join(folder, t) for t in texts if t.startswith(".")]
    without = [join(folder, t[1:]) for t in texts if t.startswith("!.")]
    found = (p for p in facts.paths if p != path and any(glob_matches(g, p) for g in patterns))
    kept = (p for p in found if not any(glob_matches(g, p) for g in without))
    for _, module in zip(range(_MOST_GLOBBED), sorted(kept), strict=False):
        yield "./" + posixpath.relpath(module, folder)


def _lazily(facts: Facts, path: str) -> Iterator[str]:
    data = facts.read(path) or b""
    if b"import(" not in data and _GLOB.encode() not in data:
        return
    tree = script(facts, path)
    for node in js.descend(tree) if isinstance(tree, Node) else ():
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if (
            node.type == "call_expression"
            and function is not None
            and function.type == "import"
            and arguments is not None
        ):
            given = js.string_of(arguments.named_children[0]) if arguments.named_children else None
            if given:
                yield given
        elif node.type == "call_expression" and function is not None and js.text_of(function) == _GLOB:
            yield from _globbed(facts, path, node, eager=False)
