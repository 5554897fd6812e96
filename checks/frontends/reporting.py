"""Whether a piece of code reports an error to Sentry: itself, or by a function or component that it uses."""

from __future__ import annotations

from tree_sitter import Node

from checks.frontends.names import root_of, sentry_names, sentry_part
from checks.frontends.places import Place
from checks.frontends.production import followed
from checks.parsers import javascript as js
from checks.parsers.javascript_exports import exported
from checks.parsers.javascript_values import scopes
from checks.repository.browser import resolve, script

REPORTERS = frozenset(
    {
        "captureException",
        "captureReactException",
        "captureEvent",
        "reactErrorHandler",
        "captureUnderscoreErrorException",
        "captureRemixErrorBoundaryError",
        "handleErrorWithSentry",
        "sentryOnError",
        "ErrorBoundary",
        "withErrorBoundary",
        "withSentryErrorBoundary",
    }
)
"""What of the SDKs reports an error that it is given (https://docs.sentry.io/platforms/javascript/guides/react/features/error-boundary/)."""

_DEPTH = 4
_DEFINITIONS = frozenset({"function_declaration", "class_declaration", "generator_function_declaration"})


def definition(place: Place, node: Node) -> tuple[Place, Node] | None:
    """Return what a name stands for: a constant, function or class of this module or of one that it imports from."""
    if node.type not in ("identifier", "shorthand_property_identifier"):
        return place, node
    name = js.text_of(node)
    for scope in scopes(node):
        found = _defined(scope, name)
        if found is not None:
            return place, found
    there, value = followed(place, node)
    if value.type not in ("identifier", "shorthand_property_identifier"):
        return there, value
    if there.path != place.path:
        found = _defined(root_of(value), js.text_of(value))
        return (there, found) if found is not None else None
    for module, names, _ in js.imports(root_of(node)):
        path = resolve(place.facts, place.frontend, place.path, module) if name in names else None
        tree = script(place.facts, path) if path else None
        if path and isinstance(tree, Node):
            given = exported(tree, names[name])
            if given is not None:
                return place.at(path), _defined(tree, js.text_of(given)) or given
    return None


def _defined(scope: Node, name: str) -> Node | None:
    for statement in scope.named_children:
        inner = statement.child_by_field_name("declaration") if statement.type == "export_statement" else statement
        own = inner.child_by_field_name("name") if inner is not None and inner.type in _DEFINITIONS else None
        if own is not None and js.text_of(own) == name:
            return inner
    return None


def reports(place: Place, node: Node, depth: int = _DEPTH) -> bool | None:
    """Return whether code reports an error to Sentry; None where it calls what was not found in the repository."""
    given = definition(place, js.unwrap(node))
    if given is None or depth == 0:
        return None
    place, node = given
    names = sentry_names(root_of(node))
    uncertainty = False
    for part in js.descend(node):
        if part.type in ("member_expression", "identifier") and sentry_part(part, names) in REPORTERS:
            return True
        called = _called(part)
        if called is None or called.id == node.id or called.type != "identifier":
            continue
        target = definition(place, called)
        if target is None:
            uncertainty = uncertainty or _imported_as_own(called)
            continue
        found = reports(target[0], target[1], depth - 1) if target[1].id != node.id else False
        if found:
            return True
        uncertainty = uncertainty or found is None
    return None if uncertainty else False


def _called(node: Node) -> Node | None:
    if node.type == "call_expression":
        return node.child_by_field_name("function")
    if node.type in ("jsx_opening_element", "jsx_self_closing_element"):
        name = node.child_by_field_name("name")
        return name if name is not None and js.text_of(name)[:1].isupper() else None
    if node.type == "identifier" and node.parent is not None and node.parent.type == "arguments":
        return node
    return None


def _imported_as_own(called: Node) -> bool:
    """Return whether a name comes from a module that may report: one of a scope or a path, with a name that says so."""
    name = js.text_of(called).lower()
    if not any(word in name for word in ("report", "log", "track", "capture", "monitor", "notify", "error")):
        return False
    return any(js.text_of(called) in names for _, names, _ in js.imports(root_of(called)))
