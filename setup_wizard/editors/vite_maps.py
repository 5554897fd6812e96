"""Which maps a Vite build writes: the globs that are deleted after the upload, and never a file of somebody else's.

Sources: https://vite.dev/config/build-options.html#build-emptyoutdir, https://rollupjs.org/configuration-options/#output-entryfilenames
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_scopes import FUNCTIONS
from checks.parsers.vite_objects import ConfigObject, production_branch, resolve


def _value(node: Node | None, *names: str) -> Node | None:
    """Return the value at a path of keys of an object literal, the first of alternatives (`a|b`) that is present."""
    for name in names:
        if node is None or js.unwrap(node).type != "object":
            return None
        node = next((v for k, _, v in js.properties(js.unwrap(node)) if k in name.split("|")), None)
    return node


def is_shared(config: ConfigObject, root: Node, folder: str | None) -> bool:
    """Return whether the output folder keeps what others put there: it is not emptied, by option or for lying outside the root."""
    text = _emptying(config, root)
    if text in ("true", "false"):
        return text == "false"
    return folder is not None and (folder == ".." or folder.startswith(("../", "/")))


def is_emptied(config: ConfigObject, root: Node) -> bool:
    """Return whether the config says that the output folder is emptied, wherever it is."""
    return _emptying(config, root) == "true"


def _emptying(config: ConfigObject, root: Node) -> str:
    empty = _value(_literal(config, root), "emptyOutDir")
    return js.text_of(js.unwrap(empty)) if empty is not None else ""


def written_names(config: ConfigObject, root: Node) -> list[str] | None:
    """Return globs, below the output folder, of the maps that the build writes; None where a function names its files."""
    build = _literal(config, root)
    if _value(build, "lib") is not None:
        return None
    assets = _value(build, "assetsDir")
    folder = js.string_of(js.unwrap(assets)) if assets is not None else "assets"
    output = _value(build, "rollupOptions|rolldownOptions", "output")
    if folder is None or (
        output is not None and (js.unwrap(output).type != "object" or js.has_spread(js.unwrap(output)))
    ):
        return None
    found = []
    for key in ("entryFileNames", "chunkFileNames"):
        node = _value(output, key)
        name = f"{folder}/[name]-[hash].js" if node is None else _named(js.unwrap(node))
        if name is None:
            return None
        glob = re.sub(r"\*+", "*", re.sub(r"\[[^\]]*\]", "*", name)).lstrip("./") + ".map"
        if glob.startswith("*.") and glob.count("*") == 1:
            return None  # every map of the folder: nothing tells this build's from those of others
        found.append(glob)
    return list(dict.fromkeys(found))


def _named(node: Node) -> str | None:
    """Return the name of files that a text gives, or a function with one `return` of a text."""
    if node.type not in FUNCTIONS:
        return js.string_of(node)
    body = node.child_by_field_name("body")
    if body is None or body.type != "statement_block":
        return js.string_of(js.unwrap(body)) if body is not None else None
    returned = [n for n in js.descend(body) if n.type == "return_statement"]
    names = {js.string_of(js.unwrap(n.named_children[0])) if n.named_children else None for n in returned}
    return names.pop() if len(names) == 1 and len(returned) == 1 else None


def matching(pattern: str, paths: Iterable[str]) -> str | None:
    """Return the first of some paths that a glob names (`*` within a folder, `**` through folders)."""
    parts = (re.escape(p).replace(r"\*", "[^/]*") for p in pattern.removeprefix("./").split("**/"))
    regex = re.compile("(?:.*/)?".join(parts))
    return next((p for p in paths if regex.fullmatch(p)), None)


def _literal(config: ConfigObject, root: Node) -> Node | None:
    if not isinstance(config.build, Node):
        return None
    return production_branch(resolve(config.build, root), root)


def only_serves(node: Node) -> bool:
    """Return whether an object is for the development server alone: it is under `command === 'serve'` or `development`."""
    child, current = node, node.parent
    while current is not None:
        if current.type in ("if_statement", "ternary_expression"):
            condition, then = current.child_by_field_name("condition"), current.child_by_field_name("consequence")
            text = js.text_of(condition) if condition is not None else ""
            inside = then is not None and then.start_byte <= child.start_byte < then.end_byte
            serves = re.search(r"serve|development|\bDEV\b", text) is not None
            if (
                condition is not None
                and condition.id != child.id
                and serves is inside
                and (serves or re.search(r"===?\s*['\"](build|production)['\"]", text))
            ):
                return True
        child, current = current, current.parent
    return False


def is_absolute(node: Node) -> bool:
    """Return whether an expression gives an absolute folder."""
    return bool(
        re.match(r"(path\.)?resolve\(|(path\.)?join\((__dirname|process\.cwd\(\))|fileURLToPath\(", js.text_of(node))
    )


def defined_folder(node: Node, quote: str) -> str:
    """Return an expression's source; a variable that may not be set falls back to Vite's default folder."""
    text = js.text_of(node)
    if re.fullmatch(r"(process\.)?env(\.\w+|\[\W?\w+\W?\])", text):
        return f"{text} ?? {quote}dist{quote}"
    return text
