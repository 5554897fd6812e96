"""Vite's own functions, whatever hands them on, and which statements of a config's function a build comes to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.imported_names import Origin, origin_of, origins
from checks.parsers.javascript_calls import called_name
from checks.parsers.javascript_scopes import binding_of
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value

_VITE = frozenset({"vite", "vitest/config", "vitest/node", "rolldown-vite", "vite-plus"})
"""Modules whose `defineConfig` gives back what it gets (https://vite.dev/config/, https://viteplus.dev/config/)."""


def is_vite(module: str) -> bool:
    """Return whether a module has Vite's own functions: Vite itself, a distribution of it, or what hands its exports on.

    Deno names packages as `npm:vite@7` (https://docs.deno.com/runtime/fundamentals/modules/).
    """
    name = module.removeprefix("npm:").removeprefix("https://esm.sh/")
    return name.partition("@")[0] in _VITE


def vite_function(call: Node) -> str:
    """Return the name of Vite's own function that a call calls, by where it is imported from; empty for any other."""
    function = call.child_by_field_name("function")
    origin = origin_of(function, _origins(js.top(call))) if function is not None else None
    if origin is not None:
        return origin.name if is_vite(origin.module) else ""
    name = called_name(call)
    bound = binding_of(call, name) if function is not None and function.type == "identifier" else None
    return name if bound is None or bound.node is None else ""


@lru_cache(maxsize=16)
def _origins(root: Node) -> Mapping[str, Origin | None]:
    """Return where a module's names come from; kept, for each call of it asks."""
    return origins(root)


def reached(node: Node, body: Node, values: BuildValues | None) -> bool:
    """Return whether the production build can come to a statement of a function."""
    current = node
    while current.parent is not None and current.id != body.id:
        block = current.parent
        if block.type == "if_statement":
            condition = block.child_by_field_name("condition")
            value = production_value(condition, build=values) if condition is not None else UNKNOWN
            then = block.child_by_field_name("consequence")
            inside = then is not None and then.start_byte <= current.start_byte < then.end_byte
            if value is not UNKNOWN and bool(value) is not inside:
                return False
        if block.type == "statement_block":
            for earlier in block.named_children:
                if earlier.start_byte >= current.start_byte:
                    break
                if _leaves(earlier, values):
                    return False
        current = block
    return True


def _leaves(statement: Node, values: BuildValues | None) -> bool:
    """Return whether an `if` in front of others is true in production and returns."""
    if statement.type != "if_statement":
        return False
    condition, then = statement.child_by_field_name("condition"), statement.child_by_field_name("consequence")
    value = production_value(condition, build=values) if condition is not None else UNKNOWN
    if then is None or value is UNKNOWN or not value:
        return False
    last = then.named_children[-1] if then.type == "statement_block" and then.named_children else then
    return last.type == "return_statement"
