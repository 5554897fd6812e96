"""Where Solid, Svelte, Preact and Vue catch errors; what they do not catch reaches the browser's own handler, and so the SDK."""

from __future__ import annotations

from tree_sitter import Node

from checks.frontends.boundary import Caught, Spot, attributes_of, weigh
from checks.frontends.guards import enclosing
from checks.frontends.inits import BrowserInit
from checks.frontends.names import sentry_names, sentry_part
from checks.frontends.places import Place
from checks.frontends.reporting import definition, reports
from checks.frontends.svelte_markup import boundaries
from checks.parsers import javascript as js
from checks.repository.browser import reached, script, sources, sources_holding
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend


def caught_by_solid(facts: Facts, frontend: Frontend) -> Caught:
    """Look at each `ErrorBoundary` and `catchError` of Solid (https://docs.solidjs.com/reference/components/error-boundary)."""
    found = Caught()
    for path in sources_holding(facts, frontend, "ErrorBoundary", "catchError"):
        tree = script(facts, path)
        if not isinstance(tree, Node):
            continue
        place, names = Place(facts, frontend, path), sentry_names(tree)
        own = {n: name for m, local, _ in js.imports(tree) if m == "solid-js" for n, name in local.items()}
        for node in js.descend(tree):
            if node.type in ("jsx_opening_element", "jsx_self_closing_element"):
                _solid_element(found, place, node, own, names)
            elif node.type == "call_expression":
                function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
                given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
                if function is not None and own.get(js.text_of(function)) == "catchError":
                    weigh(found, place, node, given[1] if len(given) > 1 else None, "catchError")
    return found


def _solid_element(found: Caught, place: Place, node: Node, own: dict[str, str], names: dict[str, str]) -> None:
    name = node.child_by_field_name("name")
    if name is None or not js.text_of(name).endswith("ErrorBoundary"):
        return
    spot = (place.path, js.line_of(node), js.text_of(name))
    if own.get(js.text_of(name)) == "ErrorBoundary":
        weigh(found, place, node, dict(attributes_of(node)).get("fallback"), "ErrorBoundary")
        return
    made = definition(place, name)
    if made is None or made[1].type != "call_expression":
        return  # a component of one's own: what it uses is looked at where it stands
    function = made[1].child_by_field_name("function")
    there = names if made[0].path == place.path else _names_in(made[0])
    if function is not None and sentry_part(function, there) == "withSentryErrorBoundary":
        found.reporting.append(spot)
    else:
        found.uncertainties.append(spot)


def _names_in(place: Place) -> dict[str, str]:
    tree = script(place.facts, place.path)
    return sentry_names(tree) if isinstance(tree, Node) else {}


def caught_by_svelte(facts: Facts, frontend: Frontend) -> Caught:
    """Look at each `<svelte:boundary>`: one with neither `onerror` nor `failed` catches nothing."""
    found = Caught()
    for path in sources(facts, frontend):
        if not path.endswith(".svelte") or b"svelte:boundary" not in (facts.read(path) or b""):
            continue
        place = Place(facts, frontend, path)
        for boundary in boundaries(facts, path):
            spot = (path, boundary.line, "<svelte:boundary>")
            state = reports(place, boundary.handler) if boundary.handler is not None else False
            if state:
                found.reporting.append(spot)
            elif state is None or not boundary.readable:
                found.uncertainties.append(spot)
            elif boundary.handler is not None or boundary.fails:
                found.silent.append(spot)
    return found


def overridden_in_vue(facts: Facts, frontend: Frontend, init: BrowserInit) -> tuple[list[Spot], list[Spot]]:
    """Return `(silent, uncertain)` handlers that replace the SDK's: `app.config.errorHandler` set after `init` and reporting nothing.

    The SDK keeps and calls a handler that is there before it (https://docs.sentry.io/platforms/javascript/guides/vue/).
    """
    order = reached(facts, frontend)
    silent: list[Spot] = []
    uncertain: list[Spot] = []
    for path in sources_holding(facts, frontend, "errorHandler"):
        tree = script(facts, path)
        for node in js.descend(tree) if isinstance(tree, Node) else ():
            left = node.child_by_field_name("left") if node.type == "assignment_expression" else None
            right = node.child_by_field_name("right")
            if left is None or right is None or not js.text_of(left).endswith(".config.errorHandler"):
                continue
            state = reports(Place(facts, frontend, path), right)
            spot = (path, js.line_of(node), "app.config.errorHandler")
            known = path in order and init.path in order and not init.function and not enclosing(node)
            later = known and (order[path], node.start_byte) > (order[init.path], init.node.start_byte)
            if state or (known and not later):
                continue
            (silent if known and state is False else uncertain).append(spot)
    return silent, uncertain
