"""Whether a function stops the build that calls it: it throws, exits with an error, or sets the exit code."""

from __future__ import annotations

from tree_sitter import Node

from checks.frontends.guards import guards
from checks.parsers import javascript as js
from checks.parsers.javascript_scopes import FUNCTIONS, is_configuration
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value
from checks.parsers.vite_objects import resolve
from checks.parsers.vite_plugins import gate_of

_DEPTH = 4
_HOOKS = frozenset(
    {
        "options",
        "config",
        "configResolved",
        "buildStart",
        "buildEnd",
        "renderStart",
        "generateBundle",
        "writeBundle",
        "closeBundle",
    }
)
"""Hooks that every build runs (https://rollupjs.org/plugin-development/#build-hooks, https://vite.dev/guide/api-plugin)."""


def always_stops(function: Node, root: Node, depth: int = _DEPTH) -> bool | None:
    """Return whether each call of a function stops the build; None where that cannot be determined.

    A promise that an `async` function rejects is not awaited by the plugin, so it is left open.
    """
    body = function.child_by_field_name("body")
    if body is None:
        return False
    if any(c.type == "async" for c in function.children):
        return None if _may_stop(body, root) else False
    if body.type != "statement_block":
        return _stops(body, root, depth)
    open_one = False
    for statement in body.named_children:
        if statement.type == "return_statement":
            return None if open_one else False
        if statement.type == "throw_statement":
            return True
        inner = statement.named_children[0] if statement.type == "expression_statement" else None
        state = _stops(inner, root, depth) if inner is not None else None if _may_stop(statement, root) else False
        if state:
            return True
        open_one = open_one or state is None
    return None if open_one else False


def stop_in_build(root: Node, values: BuildValues) -> Node | None:
    """Return what stops a build with some variables: a `throw` of the config itself, or of a plugin's hook; None without one.

    A condition that is not known in that build is none that stops it.
    """
    for node in js.descend(root):
        ends = node.type == "throw_statement" or (node.type == "call_expression" and _fails(node))
        if ends and _runs_in_build(node, values) and _all_true(node, values):
            return node
    return None


def _fails(call: Node) -> bool:
    """Return whether a call ends the build: `this.error()` of a hook, or `process.exit(1)`."""
    function = call.child_by_field_name("function")
    return function is not None and (js.text_of(function) == "this.error" or _stops(call, call, 1) is True)


def _runs_in_build(node: Node, values: BuildValues) -> bool:
    function = node.parent
    while function is not None and function.type not in FUNCTIONS:
        if function.type in ("try_statement", "for_in_statement", "while_statement"):
            return False
        function = function.parent
    if function is None or is_configuration(function):
        return True
    pair = function if function.type == "method_definition" else function.parent
    key = pair.child_by_field_name("name") or pair.child_by_field_name("key") if pair is not None else None
    plugin = pair.parent if pair is not None and key is not None and js.text_of(key) in _HOOKS else None
    if plugin is None or plugin.type != "object":
        return False
    apply = next((v for n, _, v in js.properties(plugin) if n == "apply"), None)
    builds = apply is None or js.string_of(js.unwrap(apply)) == "build"
    return builds and _in_plugins(plugin) and gate_of(plugin, values) is None


def _in_plugins(node: Node) -> bool:
    """Return whether a config lists an object in its `plugins`."""
    above = node.parent
    while above is not None and above.type in (
        "array",
        "parenthesized_expression",
        "binary_expression",
        "ternary_expression",
    ):
        above = above.parent
    key = above.child_by_field_name("key") if above is not None and above.type == "pair" else None
    return key is not None and js.text_of(key) == "plugins"


def _all_true(node: Node, values: BuildValues) -> bool:
    for guard in guards(node):
        known = production_value(guard.condition, build=values)
        if guard.kind or known is UNKNOWN or bool(known) is not guard.wanted:
            return False
    child, above = node, node.parent
    while above is not None and child.type not in FUNCTIONS:
        earlier = (s for s in above.named_children if s.start_byte < child.start_byte)
        if above.type == "statement_block" and any(s.type == "return_statement" for s in earlier):
            return False
        child, above = above, above.parent
    return True


def _may_stop(node: Node, root: Node) -> bool:
    kinds = ("throw_statement", "call_expression", "assignment_expression")
    return any(n.type == "throw_statement" or _stops(n, root, 1) for n in js.descend(node) if n.type in kinds)


def _stops(node: Node, root: Node, depth: int) -> bool | None:
    node = js.unwrap(node)
    if node.type == "assignment_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        named = left is not None and js.text_of(left) == "process.exitCode"
        return _is_error(right) if named else False
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if node.type != "call_expression" or function is None or arguments is None:
        return False
    given = [a for a in arguments.named_children if a.type != "comment"]
    if js.text_of(function) == "process.exit":
        return _is_error(given[0]) if given else None  # without a code it is process.exitCode
    if js.text_of(function) == "process.abort":
        return True
    called = resolve(function, root)
    if called.type in FUNCTIONS:
        return always_stops(called, root, depth - 1) if depth else None
    known = js.text_of(function).partition(".")[0] in ("console", "logger", "process")
    return False if known else None


def _is_error(code: Node | None) -> bool | None:
    node = js.unwrap(code) if code is not None else None
    if node is None or node.type != "number":
        return None
    return js.text_of(node) != "0"
