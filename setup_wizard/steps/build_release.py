"""The release that a frontend's own code names, as the configuration of its build writes it: maps and events need the same one."""

from __future__ import annotations

import json

from tree_sitter import Node

from checks.frontends.inits import browser_inits
from checks.frontends.places import Place
from checks.frontends.production import env_read, followed
from checks.parsers import javascript as js
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.vite_builds import vite_builds
from checks.targets.defined_dsn import defined_as

DEFAULT = "process.env.SENTRY_RELEASE"
_JOINED = frozenset({"binary_expression", "template_string", "template_substitution", "parenthesized_expression"})
_TEXTS = frozenset({"string", "string_fragment", "escape_sequence"})
_DEEPEST = 6


def build_release(facts: Facts, frontend: Frontend) -> str:
    """Return the expression for a module that Node runs: of what `init` is given, SENTRY_RELEASE where that cannot be determined."""
    for init in browser_inits(facts, frontend):
        value = init.option("release")
        if value is not None:
            place = Place(facts, frontend, init.path_of("release"))
            return _of_node(place, value, _DEEPEST) or _of_define(facts, frontend, followed(place, value)[1]) or DEFAULT
    return DEFAULT


def release_variable(expression: str) -> str | None:
    """Return the variable that such an expression reads, None where it is more than one read."""
    name = expression.removeprefix("process.env.")
    return name if name != expression and name.isidentifier() else None


def _of_node(place: Place, node: Node, depth: int) -> str | None:
    """Return an expression of texts and variables of the build, in Node's own spelling; None where it has anything else."""
    place, node = followed(place, node)
    read = env_read(node)
    if read is not None:
        return f"process.env.{read[1]}"
    plain = js.string_of(node)
    if plain is not None:
        return json.dumps(plain, ensure_ascii=False)
    if node.type not in _JOINED or depth == 0:
        return None
    text, at = "", node.start_byte
    for child in node.children:
        raw = node.text or b""
        text += raw[at - node.start_byte : child.start_byte - node.start_byte].decode()
        at = child.end_byte
        inner = js.text_of(child) if not child.is_named or child.type in _TEXTS else _of_node(place, child, depth - 1)
        if inner is None:
            return None
        text += inner
    return text


def _of_define(facts: Facts, frontend: Frontend, node: Node) -> str | None:
    """Return what the configuration itself puts into the code for a constant, where it is one name or one read of a variable."""
    for made in vite_builds(facts, frontend):
        found = defined_as(facts, frontend, made, js.text_of(node))
        function = found[1].child_by_field_name("function") if found is not None else None
        arguments = found[1].child_by_field_name("arguments") if found is not None else None
        if function is None or arguments is None or js.text_of(function) != "JSON.stringify":
            return None
        given = js.unwrap(arguments.named_children[0]) if arguments.named_children else None
        return js.text_of(given) if given is not None and given.type in ("identifier", "member_expression") else None
    return None
