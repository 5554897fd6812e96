"""Where another import belongs among the imports of a module."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tree_sitter import Node

from checks.parsers import javascript as js

_OF_NODE = frozenset({"child_process", "crypto", "fs", "fs/promises", "module", "os", "path", "process", "url", "util"})
_OWN = (".", "/", "~", "#", "@/", "node:")
"""Beginnings of what is no package: a file, an alias, a module of Node's."""


def place_among(nodes: Sequence[Node], package: str) -> Node | None:
    """Return the import before which another one keeps sorted packages sorted; None where they are not, or it comes last.

    Import sorters of the field order packages by name, scoped ones first (https://biomejs.dev/assist/actions/organize-imports/).
    """
    following = next((n for n in _in_order(nodes) if _module(n).lower() > package.lower()), None)
    return following if following is not None and _is_apart(following) else None


def place_in_entry(nodes: Sequence[Node], package: str) -> tuple[Node, bool] | None:
    """Return the import beside which an entry imports a package, and whether after it; None where no place is among the packages.

    Packages that are sorted stay sorted. Others get the new one first, after the style sheets that are imported for their effect.
    """
    following = place_among(nodes, package)
    if following is not None:
        return following, False
    packages = _packages(nodes)
    ordered = _in_order(nodes) or packages[:1]
    if ordered and _module(ordered[-1]).lower() < package.lower():
        return ordered[-1], True
    return (packages[0], False) if packages and _is_apart(packages[0]) else None


def _in_order(nodes: Sequence[Node]) -> list[Node]:
    """Return the packages' imports that are sorted by name: all of them, else those of values, which some sorters keep apart from types."""
    packages = _packages(nodes)
    values = [n for n in packages if not any(c.type == "type" for c in n.children)]
    for chosen in (packages, values):
        names = [_module(n).lower() for n in chosen]
        if len(names) > 1 and names == sorted(names):
            return chosen
    return []


def _is_apart(node: Node) -> bool:
    """Return whether another import may be written above one: at the beginning of its line, without a comment of its own."""
    return node.start_point.column == 0 and not _is_told(node)


def _is_told(node: Node) -> bool:
    """Return whether a comment right above an import speaks of it: no directive of TypeScript's, and not the head of the file.

    https://www.typescriptlang.org/docs/handbook/triple-slash-directives.html
    """
    above = node.prev_sibling
    if above is None or above.type != "comment" or above.end_point.row != node.start_point.row - 1:
        return False
    text = js.text_of(above)
    if re.match(r"///\s*<", text):
        return False
    return above.start_point.row > 0 or re.search(r"@ts-|next-line", text) is not None


def line_end(body: str, end: int) -> int:
    """Return where a line is added after a statement that ends at `end`: at the end of its line, past a comment there."""
    rest = body.find("\n", end)
    place = rest if rest != -1 else len(body)
    if rest != -1 and body[rest - 1 : rest] == "\r":
        place -= 1
    trailing = body[end:place].strip()
    return end if trailing and not trailing.startswith(("//", "/*", ";")) else place


def last_package(nodes: Sequence[Node]) -> Node:
    """Return the last import of a package, for the project's own files are imported behind them; the last one without any."""
    return max(_packages(nodes) or nodes, key=lambda n: n.end_byte)


def _packages(nodes: Sequence[Node]) -> list[Node]:
    """Return the imports of packages in their order, without those for an effect only, such as a style sheet's."""
    found = [n for n in nodes if n.type == "import_statement" and _module(n) and not _module(n).startswith(_OWN)]
    named = [n for n in found if any(c.type in ("import_clause", "import_require_clause") for c in n.named_children)]
    return sorted((n for n in named if _module(n) not in _OF_NODE), key=lambda n: n.start_byte)


def _module(node: Node) -> str:
    source = node.child_by_field_name("source")
    return js.text_of(source).strip("\"'`") if source is not None else ""
