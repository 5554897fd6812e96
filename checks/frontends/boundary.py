"""Where a frontend's framework catches errors, and whether Sentry is told of them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field
from tree_sitter import Node

from checks.frontends.names import sentry_names, sentry_part
from checks.frontends.places import Place
from checks.frontends.production import followed
from checks.frontends.reporting import reports
from checks.parsers import javascript as js
from checks.parsers.javascript_exports import exported, exported_elsewhere
from checks.parsers.text import ParseError
from checks.repository.browser import resolve, script, sources, sources_holding
from checks.repository.facts import Facts, inside, join
from checks.repository.frontends import Frontend

Spot = tuple[str, int, str]
"""A path, a line, and what is there."""

_ROUTE_KEYS = ("errorElement", "errorComponent")
_SUFFIXES = ("tsx", "jsx", "ts", "js")
_HANDLERS = ("onUncaughtError", "onCaughtError")


class Caught(Struct, kw_only=True):
    """What was found: what reports errors, what keeps them to itself, what could not be told, what could not be read.

    `handlers` are those of React's root: name, whether it reports, place. `routes` are React Router's and TanStack's error
    elements. `around_router` are Sentry boundaries that are only around a router, which catches errors inside by itself.
    """

    reporting: list[Spot] = field(default_factory=list)
    silent: list[Spot] = field(default_factory=list)
    uncertainties: list[Spot] = field(default_factory=list)
    unread: list[Spot] = field(default_factory=list)
    handlers: list[tuple[str, bool | None, Spot]] = field(default_factory=list)
    routes: list[tuple[bool | None, Spot]] = field(default_factory=list)
    around_router: list[Spot] = field(default_factory=list)


def caught_by_react(facts: Facts, frontend: Frontend) -> Caught:
    """Look at each place where a React application may catch errors."""
    found = Caught()
    for path in sources_holding(facts, frontend, "ErrorBoundary", "errorElement", "componentDidCatch", "sentry"):
        tree = script(facts, path)
        if tree is None:
            continue
        if isinstance(tree, ParseError):
            if b"ErrorBoundary" in (facts.read(path) or b"") or b"@sentry/" in (facts.read(path) or b""):
                found.unread.append((path, tree.line or 1, "it cannot be read"))
            continue
        place = Place(facts, frontend, path)
        names = sentry_names(tree)
        for node in js.descend(tree):
            _look(found, place, node, names)
    return found


def _look(found: Caught, place: Place, node: Node, names: dict[str, str]) -> None:
    if node.type in ("jsx_opening_element", "jsx_self_closing_element"):
        _element(found, place, node, names)
    elif node.type == "call_expression":
        function = node.child_by_field_name("function")
        part = sentry_part(function, names) if function is not None else None
        if part == "withErrorBoundary" and not _never_used(place, node):
            found.reporting.append((place.path, js.line_of(node), "withErrorBoundary"))
        elif function is not None and js.text_of(function).rpartition(".")[2] in ("createRoot", "hydrateRoot"):
            _root(found, place, node)
        elif function is not None and js.text_of(function) == "useErrorBoundary":
            arguments = node.child_by_field_name("arguments")
            weigh(
                found,
                place,
                node,
                arguments.named_children[0] if arguments and arguments.named_children else None,
                "useErrorBoundary",
            )
    elif node.type in ("method_definition", "public_field_definition"):
        name = node.child_by_field_name("name")
        if name is not None and js.text_of(name) == "componentDidCatch":
            weigh(found, place, node, node, "componentDidCatch")
    elif node.type == "pair":
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        word = js.text_of(key) if key is not None else ""
        if value is not None and (word in _ROUTE_KEYS or (word == "ErrorBoundary" and _is_route(node.parent))):
            found.routes.append((reports(place, value), (place.path, js.line_of(node), word)))


def _never_used(place: Place, call: Node) -> bool:
    """Return whether a component is wrapped under a name that nothing reads: not its own module, and none of the frontend's others."""
    made = call.parent
    while made is not None and made.type in ("parenthesized_expression", "as_expression", "satisfies_expression"):
        made = made.parent
    name = made.child_by_field_name("name") if made is not None and made.type == "variable_declarator" else None
    return name is not None and name.type == "identifier" and not _is_read(place, name)


def _is_left_out(place: Place, node: Node) -> bool:
    """Return whether an element is in a component that a module has under a name which nothing reads.

    A default export is taken by its module, and frameworks take components by the names of their files.
    """
    if place.frontend.framework is not None and place.frontend.framework.name not in _BY_ENTRY:
        return False
    around = node
    while around.parent is not None and around.parent.parent is not None:
        around = around.parent
    if around.type == "export_statement":
        if any(c.type == "default" for c in around.children):
            return False
        around = around.child_by_field_name("declaration") or around
    declared = around
    if around.type in ("lexical_declaration", "variable_declaration"):
        found = [c for c in around.named_children if c.type == "variable_declarator"]
        declared = found[0] if len(found) == 1 else around
    name = declared.child_by_field_name("name")
    plain = declared.type in ("function_declaration", "class_declaration", "variable_declarator")
    return plain and name is not None and not _is_read(place, name)


_BY_ENTRY = ("React", "Preact")


def _is_read(place: Place, name: Node) -> bool:
    """Return whether anything reads a name of a module: the module itself, or another one of the frontend's."""
    word = js.text_of(name)
    for path in {place.path, *sources(place.facts, place.frontend)}:
        if word.encode() not in (place.facts.read(path) or b""):
            continue
        tree = script(place.facts, path)
        if not isinstance(tree, Node):
            return True
        named = (n for n in js.descend(tree) if not n.children and js.text_of(n) == word)
        if any(path != place.path or n.start_byte != name.start_byte for n in named):
            return True
    return False


def _is_route(node: Node | None) -> bool:
    keys = {"path", "element", "Component", "children", "lazy"}
    return node is not None and node.type == "object" and any(n in keys for n, _, _ in js.properties(node))


def weigh(found: Caught, place: Place, node: Node, code: Node | None, what: str) -> None:
    """Note whether a piece of code that gets errors reports them; no code reports nothing."""
    state = reports(place, code) if code is not None else False
    kept = found.reporting if state else found.uncertainties if state is None else found.silent
    kept.append((place.path, js.line_of(node), what))


def attributes_of(node: Node) -> Iterator[tuple[str, Node | None]]:
    """Yield the attributes of a JSX element, each with its value."""
    for child in node.named_children:
        if child.type == "jsx_attribute" and child.named_children:
            yield (
                js.text_of(child.named_children[0]),
                child.named_children[1] if len(child.named_children) > 1 else None,
            )


def _element(found: Caught, place: Place, node: Node, names: dict[str, str]) -> None:
    name = node.child_by_field_name("name")
    if name is None:
        return
    spot = (place.path, js.line_of(node), js.text_of(name))
    for attribute, value in attributes_of(node):
        if attribute in _ROUTE_KEYS and value is not None:
            found.routes.append((reports(place, value), (place.path, js.line_of(node), attribute)))
        elif (
            attribute in ("onError", "unstable_onError") and value is not None and "HydratedRouter" in js.text_of(name)
        ):
            weigh(found, place, node, value, attribute)
    if sentry_part(name, names) == "ErrorBoundary":
        if _is_left_out(place, node):
            return
        (found.around_router if _holds_router(node) else found.reporting).append(spot)
    elif js.text_of(name).rpartition(".")[2].endswith("ErrorBoundary"):
        given = next((v for a, v in attributes_of(node) if a == "onError" and v is not None), None)
        if given is not None:
            weigh(found, place, node, given, f"onError of {js.text_of(name)}")


def _holds_router(opening: Node) -> bool:
    around = opening.parent
    return around is not None and any(
        n.type in ("jsx_self_closing_element", "jsx_opening_element")
        and (name := n.child_by_field_name("name")) is not None
        and js.text_of(name) == "RouterProvider"
        for n in js.descend(around)
    )


def _root(found: Caught, place: Place, call: Node) -> None:
    arguments = call.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    for argument in given[1:]:
        there, options = followed(place, argument)
        for name, part, value in js.properties(options) if options.type == "object" else ():
            if name in _HANDLERS:
                found.handlers.append((name, reports(there, value), (there.path, js.line_of(part), name)))


def exported_function(
    facts: Facts, frontend: Frontend, stems: tuple[str, ...], name: str
) -> tuple[Place, Node] | str | None:
    """Return what the first of some modules exports under a name; the module's path where it exports no such thing."""
    first = None
    for path in (join(frontend.root, f"{s}.{e}") for s in stems for e in _SUFFIXES):
        tree = script(facts, path) if path in facts.paths else None
        if isinstance(tree, Node):
            given = exported(tree, name)
            if given is not None:
                return Place(facts, frontend, path), given
            elsewhere = exported_elsewhere(tree, name)
            target = resolve(facts, frontend, path, elsewhere[0]) if elsewhere is not None else None
            other = script(facts, target) if target else None
            if elsewhere is not None and target and isinstance(other, Node):
                there = exported(other, elsewhere[1])
                if there is not None:
                    return Place(facts, frontend, target), there
            first = first or path
    return first


def error_pages(facts: Facts, frontend: Frontend) -> list[str]:
    """Return the `error` files of Next.js's app folder, each of which catches the errors below it."""
    folders = (join(frontend.root, "app"), join(frontend.root, "src/app"))
    return [
        p
        for p in sources(facts, frontend)
        if p.rpartition("/")[2].partition(".")[0] == "error" and any(inside(p, f) for f in folders)
    ]


def has_app_folder(facts: Facts, frontend: Frontend) -> bool:
    """Return whether Next.js's app router is used: there is a root layout."""
    return any(
        join(frontend.root, f"{f}/layout.{s}") in facts.paths for f in ("app", "src/app") for s in _SUFFIXES
    ) or any(join(frontend.root, f"{f}/global-error.{s}") in facts.paths for f in ("app", "src/app") for s in _SUFFIXES)
