"""What makes an init call that is there run before the page renders: the text for the person, since a call is never moved."""

from __future__ import annotations

import posixpath
import re

from tree_sitter import Node

from checks.frontends.inits import BrowserInit
from checks.frontends.stores import action_around, action_calls
from checks.parsers import javascript as js
from checks.repository.browser import entries, reached
from checks.repository.facts import parent
from checks.repository.frontends import Frontend
from setup_wizard.editors import entry
from setup_wizard.steps.context import Context

_EVERYWHERE = frozenset(
    {"window", "document", "location", "process", "globalThis", "undefined", "Infinity", "NaN", "console"}
)


def _is_movable(call: Node) -> bool:
    """Return whether a call may stand in a module of its own: no condition or function is around it, and it needs no more than imports."""
    statement, top = call.parent, call
    while top.parent is not None:
        top = top.parent
    if statement is None or statement.type != "expression_statement" or statement.parent != top:
        return False
    known = {name for _, given, _ in js.imports(top) for name in given}
    used = {js.text_of(n) for n in js.descend(call) if n.type in ("identifier", "shorthand_property_identifier")}
    bound = [n for n in js.descend(call) if n.type in ("formal_parameters", "variable_declarator", "arrow_function")]
    own = {js.text_of(n) for b in bound for part in _binding(b) for n in js.descend(part) if n.type == "identifier"}
    return not used - known - own - _EVERYWHERE


def _binding(node: Node) -> list[Node]:
    """Return the part of a declaration, or of a function with one bare parameter, that binds names."""
    if node.type == "formal_parameters":
        return [node]
    part = node.child_by_field_name("name" if node.type == "variable_declarator" else "parameter")
    return [part] if part is not None else []


def _is_of_zustand(node: Node) -> bool:
    root = node
    while root.parent is not None:
        root = root.parent
    return any(module.split("/")[0] == "zustand" for module, _, _ in js.imports(root))


def before_rendering(context: Context, frontend: Frontend, init: BrowserInit) -> str:
    """Return what makes a call that is there run first: the import of its module in the entry, else the call where it may stand alone."""
    start = next(iter(entries(context.facts, frontend)), None)
    if start is not None and not init.function and init.path not in reached(context.facts, frontend):
        style = entry.style_of(context.read(start), start)
        module = relative(re.sub(r"\.[cm]?[jt]sx?$", "", init.path), parent(start))
        return f"// {start}, above its other imports\nimport {style.quote}{module}{style.quote}{style.semicolon}"
    action = action_around(init.node)
    calls = list(action_calls(context.facts, frontend, init.path, *action)) if action is not None else []
    if action is not None and start is not None and len(calls) == 1 and _is_of_zustand(init.node):
        given = calls[0][1].child_by_field_name("arguments")
        made = f"{action[0]}.getState().{action[1]}{js.text_of(given) if given is not None else '()'}"
        where = f"{calls[0][0]}:{js.line_of(calls[0][1])}"
        return f"// {start}, before the application renders: wait there for what {where} waits for\n{made}"
    if _is_movable(init.node):
        return f"// in a module that the entry imports first\n{js.text_of(init.node)}"
    return ""


def relative(path: str, folder: str) -> str:
    """Return a path as a module of a folder imports it."""
    found = posixpath.relpath(path, folder)
    return found if found.startswith("../") else f"./{found}"
