"""The imports of a Vite config: what their modules cannot hold, and where another one belongs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.parsers.vite_objects import CannotDefine, resolve

_OF_NODE = frozenset({"child_process", "crypto", "fs", "fs/promises", "module", "os", "path", "process", "url", "util"})
_OWN = (".", "/", "~", "#", "@/", "node:")
"""Beginnings of what is no package: a file, an alias, a module of Node's."""
Modules = Callable[[str], str | None]
"""Returns the text of a module that the config imports by a relative name, or None where it cannot be read."""


def missing_in_imports(root: Node, modules: Modules) -> CannotDefine:
    """Return what imported names cannot hold: keys that their module, read as text, does not name."""
    texts = {
        local: (text, imported)
        for module, names, _ in js.imports(root)
        if module[:1] == "." and (text := modules(module)) is not None
        for local, imported in names.items()
    }

    def cannot_define(node: Node, key: str) -> bool:
        name = re.match(r"\w+", js.text_of(node))
        text, imported = texts.get(name.group(0), ("", "")) if name else ("", "")
        if not text or re.search(rf"\b{key}\b", text):
            return False
        return ("..." not in text and "import" not in text) or _is_closed(text, imported)

    return cannot_define


def _is_closed(text: str, name: str) -> bool:
    """Return whether a module exports an object under a name, with all keys of it and of its `build` written there."""
    try:
        root = js.parse_javascript(text.encode(), "module.ts")
    except ParseError:
        return False
    exported = _default(root) if name == "default" else js.declared(root, name)
    found: Node | None = resolve(exported, root) if exported is not None else root
    for _ in range(2):  # the object, then its `build`
        if found is None:
            return True
        if found.type != "object" or any(not _plain(c) for c in found.named_children):
            return False
        found = next((resolve(v, root) for k, _, v in js.properties(found) if k == "build"), None)
    return True


def _default(root: Node) -> Node | None:
    exports = (n for n in root.named_children if n.type == "export_statement")
    return next((v for n in exports if (v := n.child_by_field_name("value")) is not None), None)


def _plain(part: Node) -> bool:
    """Return whether an entry of an object has its key written."""
    key = part.child_by_field_name("key")
    return part.type != "spread_element" and (key is None or key.type != "computed_property_name")


def place_among(nodes: Sequence[Node], package: str) -> Node | None:
    """Return the import before which another one keeps sorted packages sorted; None where they are not, or it comes last.

    Import sorters of the field order packages by name, scoped ones first (https://biomejs.dev/assist/actions/organize-imports/).
    """
    packages = _packages(nodes)
    names = [_module(n).lower() for n in packages]
    if len(names) < 2 or names != sorted(names):
        return None
    following = next((n for n, name in zip(packages, names, strict=True) if name > package.lower()), None)
    apart = following is None or following.start_point.column != 0
    return None if apart or (following is not None and _is_told(following)) else following


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


def last_package(nodes: Sequence[Node]) -> Node:
    """Return the last import of a package, for the project's own files are imported behind them; the last one without any."""
    return max(_packages(nodes) or nodes, key=lambda n: n.end_byte)


def _packages(nodes: Sequence[Node]) -> list[Node]:
    found = [n for n in nodes if n.type == "import_statement" and _module(n) and not _module(n).startswith(_OWN)]
    return sorted((n for n in found if _module(n) not in _OF_NODE), key=lambda n: n.start_byte)


def _module(node: Node) -> str:
    source = node.child_by_field_name("source")
    return js.text_of(source).strip("\"'`") if source is not None else ""
