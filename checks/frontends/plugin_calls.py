"""Which calls of a bundler's configuration bring Sentry's plugin: decided by where the called name is imported from."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from checks.frontends.configs import module_path, tree_of
from checks.parsers import javascript as js
from checks.parsers.imported_names import Origin, origin_of, origins
from checks.parsers.javascript_exports import exported, exported_elsewhere
from checks.parsers.javascript_scopes import binding_of
from checks.repository.facts import Facts

VITE = "sentryVitePlugin"
CALLS = {
    "withSentryConfig": 1,
    "withSentry": 1,
    "sentryWebpackPlugin": 0,
    "SentryWebpackPlugin": 0,
    "SentryCliPlugin": 0,
    "sentryEsbuildPlugin": 0,
    "sentryRollupPlugin": 0,
    "sentrySvelteKit": 0,
    "sentrySolidStartVite": 0,
    "sentryReactRouter": 0,
    "sentryTanstackStart": 0,
    "@sentry/astro": 0,
    VITE: 0,
}
"""Functions that bring a plugin, and which of their arguments are Sentry's options."""

_DEFAULTS = {"@sentry/webpack-plugin": "SentryWebpackPlugin", "@sentry/astro": "@sentry/astro"}
"""Modules that export a plugin as a whole: the webpack plugin did before its version 2."""

_MODULES = ("@sentry/nuxt", "@sentry/nuxt/module", "@sentry/gatsby")
_DEPTH = 4


def plugin_calls(facts: Facts, path: str, root: Node) -> Iterator[tuple[Node, str, str]]:
    """Yield each call, or module of a list, that brings Sentry's plugin: the node, the plugin's name, and what is not known of it.

    The last is empty where Sentry's own function is called. A function of that name which the repository itself declares, and
    which does not come from Sentry, is none.
    """
    known = origins(root)
    for node in js.descend(root):
        if node.type in ("call_expression", "new_expression"):
            function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
            found = _called(facts, path, function, known) if function is not None else None
            if found is not None:
                yield node, *found
        elif node.type == "string" and js.string_of(node) in _MODULES:
            above, module = node.parent, js.string_of(node)
            if above is not None and above.type == "array" and module is not None:
                yield node, module, ""


def _called(facts: Facts, path: str, function: Node, known: dict[str, Origin | None]) -> tuple[str, str] | None:
    written = js.text_of(function).rpartition(".")[2]
    origin = origin_of(function, known)
    if origin is not None:
        return _by_origin(facts, path, origin, written)
    if written not in CALLS:
        return None
    if written in known:
        return written, f"`{written}` is imported from several modules"
    return (written, f"`{written}` is not imported") if binding_of(function, written) is None else None


def _by_origin(facts: Facts, path: str, origin: Origin, written: str, depth: int = _DEPTH) -> tuple[str, str] | None:
    """Return the plugin that a name of another module is, with what is not known of it; None where it is none."""
    name = _DEFAULTS.get(origin.module, "") if origin.name in ("default", "*") else origin.name
    if origin.module.startswith("@sentry/"):
        return (name, "") if name in CALLS else None
    shown = name or written
    if shown not in CALLS:
        return None
    target = module_path(facts, path, origin.module)
    tree = tree_of(facts, target) if target is not None else None
    if target is None or tree is None or depth == 0:
        return shown, f"`{written}` is imported from {origin.module}"
    elsewhere = exported_elsewhere(tree, origin.name)
    if elsewhere is not None:
        return _by_origin(facts, target, Origin(*elsewhere), written, depth - 1)
    given = exported(tree, "default" if origin.name == "*" else origin.name)
    handed = origin_of(given, origins(tree)) if given is not None else None
    if handed is not None:
        return _by_origin(facts, target, handed, written, depth - 1)
    if not any(m.startswith("@sentry/") for m in _imported(tree)):
        return None
    return shown, f"`{written}` is {target}'s own"


def _imported(tree: Node) -> Iterator[str]:
    return (origin.module for origin in origins(tree).values() if origin is not None)
