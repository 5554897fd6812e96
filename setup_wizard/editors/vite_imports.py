"""The imports of a Vite config: what their modules cannot hold."""

from __future__ import annotations

import re

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.parsers.vite_following import Modules
from checks.parsers.vite_objects import CannotDefine, resolve


def missing_in_imports(root: Node, modules: Modules) -> CannotDefine:
    """Return what imported names cannot hold: keys that their module, read as text, does not name."""
    texts = {
        local: (text, imported)
        for module, names, _ in js.imports(root)
        if module[:1] == "." and (text := modules.text(module)) is not None
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
