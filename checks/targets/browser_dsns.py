"""What the DSN of a frontend is, followed to where it is written, and its hosts."""

from __future__ import annotations

from tree_sitter import Node

from checks.frontends.inits import BrowserInit
from checks.frontends.places import Place
from checks.frontends.production import env_name, followed, value_of
from checks.parsers import javascript as js
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.javascript_values import UNKNOWN
from checks.repository.builds import find_builds
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend
from checks.sentry_api.dsn import parse_dsn
from checks.targets.defined_dsn import is_dsn

_STEPS = 12


def followed_dsn(place: Place, node: Node) -> tuple[Place, Node]:
    """Follow an expression to what decides it: declarations, defaults behind `||` and `??`, branches of production, `.trim()`."""
    for _ in range(_STEPS):
        place, node = followed(place, node)
        following: Node | None = None
        if node.type == "binary_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            sign = js.text_of(operator) if (operator := node.child_by_field_name("operator")) is not None else ""
            if sign in ("||", "??") and right is not None:
                default = value_of(place, right)
                following = left if default in ("", None, False) else right if is_dsn(default) else None
            elif sign == "&&" and left is not None and value_of(place, left) not in (UNKNOWN, "", None, False):
                following = right
        elif node.type == "ternary_expression":
            condition = node.child_by_field_name("condition")
            value = value_of(place, condition) if condition is not None else UNKNOWN
            following = (
                None if value is UNKNOWN else node.child_by_field_name("consequence" if value else "alternative")
            )
        elif node.type == "template_string" and len(node.named_children) == 1:
            inner = node.named_children[0]
            following = inner.named_children[0] if inner.type == "template_substitution" else None
        elif node.type == "call_expression":
            function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            given = arguments.named_children if arguments is not None else []
            if function is not None and function.type == "member_expression" and not given:
                method = function.child_by_field_name("property")
                trims = method is not None and js.text_of(method) in ("trim", "toString")
                following = function.child_by_field_name("object") if trims else None
            elif function is not None and js.text_of(function) == "String" and len(given) == 1:
                following = given[0]
        if following is None:
            break
        node = following
    return place, node


def dsn_hosts(facts: Facts, init: BrowserInit, frontend: Frontend) -> list[tuple[str, str, int]]:
    """Return the hosts of the DSNs that a frontend is seen to be given, each with its place."""
    option = init.option("dsn")
    if option is None:
        return []
    place, node = followed_dsn(Place(facts, frontend, init.path_of("dsn")), option)
    given = [(js.string_of(node) or "", place.path, js.line_of(node))]
    read = env_name(place, node)
    name = read[1] if read is not None else ""
    for path in (join(frontend.root, ".env.production"), join(frontend.root, ".env")) if name else ():
        variables = parse_dotenv(facts.text(path) or "") if path in facts.paths else ()
        given += [(v.value or "", path, v.line) for v in variables if v.name == name]
    for deployment in facts.deployments if name else ():
        declared = deployment.variables.get(name)
        if declared is not None:
            given.append((declared.value or "", declared.path, declared.line))
    if name:
        given += [
            (b.step.env.get(name) or "", b.path, b.line)
            for b in find_builds(facts, frontend, name)
            if b.step is not None
        ]
    return [(parse_dsn(text).host, path, line) for text, path, line in given if is_dsn(text)]
