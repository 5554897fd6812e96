"""Which expressions of a JavaScript module hold the environment."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_scopes import binding_of


def environment_source(node: Node, depth: int = 6) -> str | None:
    """Tell what an expression holds of the environment: `process`, `all` or `public` variables; None for anything else.

    `loadEnv` gives variables that begin with `VITE_`, with `''` as its third argument all of them
    (https://vite.dev/config/#using-environment-variables-in-config).
    """
    node = js.unwrap(node)
    text = js.text_of(node).replace("?.", ".")
    if depth == 0:
        return None
    if text in ("process.env", "globalThis.process.env"):
        return "process"
    if node.type == "identifier":
        bound = binding_of(node, text)
        plain = bound is not None and bound.node is not None and bound.key is None and bound.index is None
        return environment_source(bound.node, depth - 1) if plain and bound and bound.node else None
    if node.type == "await_expression":
        return environment_source(node.named_children[-1], depth - 1)
    if node.type == "object":
        inner = [c.named_children[0] for c in node.named_children if c.type == "spread_element" and c.named_children]
        found = {environment_source(i, depth - 1) for i in inner}
        return next((kind for kind in ("all", "process", "public") if kind in found), None)
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if node.type != "call_expression" or function is None or arguments is None:
        return None
    given = [a for a in arguments.named_children if a.type != "comment"]
    name = js.text_of(function).rpartition(".")[2]
    if name == "loadEnv":
        return "all" if len(given) > 2 and _opens(given[2]) else "public"
    if name == "assign" and given:
        sources = {environment_source(g, depth - 1) for g in given}
        return next((kind for kind in ("all", "process", "public") if kind in sources), None)
    return None


def _opens(prefix: Node) -> bool:
    """Return whether a third argument of `loadEnv` lets in variables of every name, or of Sentry's."""
    prefix = js.unwrap(prefix)
    values = prefix.named_children if prefix.type == "array" else [prefix]
    texts = [js.string_of(js.unwrap(v)) for v in values]
    return any(t is None or "SENTRY_AUTH_TOKEN".startswith(t) for t in texts)
