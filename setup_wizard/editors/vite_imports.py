"""What the modules that a Vite config imports cannot hold."""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.vite_objects import CannotDefine

Modules = Callable[[str], str | None]
"""Returns the text of a module that the config imports by a relative name, or None where it cannot be read."""


def missing_in_imports(root: Node, modules: Modules) -> CannotDefine:
    """Return what imported names cannot hold: keys that their module, read as text, does not name."""
    texts = {local: modules(module) for module, names, _ in js.imports(root) for local in names if module[:1] == "."}

    def cannot_define(node: Node, key: str) -> bool:
        name = re.match(r"\w+", js.text_of(node))
        text = texts.get(name.group(0)) if name else None
        return text is not None and not re.search(rf"\b{key}\b", text) and "..." not in text and "import" not in text

    return cannot_define
