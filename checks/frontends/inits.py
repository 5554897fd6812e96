"""Where a frontend's own code calls `init` of a browser SDK, with what, and where it closes the client again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.clients import changes, removals
from checks.frontends.guards import Guard, enclosing, guards
from checks.frontends.init_options import ANYTHING, Given, options_of
from checks.frontends.places import Place
from checks.parsers import javascript as js
from checks.parsers.javascript_scopes import binding_of
from checks.parsers.text import ParseError
from checks.repository.browser import (
    SDK,
    file_stem,
    reached,
    reached_from,
    resolve,
    script,
    sources_holding,
)
from checks.repository.facts import Facts, inside
from checks.repository.frontends import Frontend
from checks.repository.module_imports import lazily_imported

_ON_SERVER = frozenset(
    {
        "sentry.server.config",
        "sentry.edge.config",
        "hooks.server",
        "entry.server",
        "instrument.server",
        "instrumentation",
    }
)
"""Files that frameworks load on the server only: Next.js, SvelteKit, Remix, React Router, SolidStart, Nuxt, Astro."""


class BrowserInit(Struct, frozen=True, kw_only=True):
    """A call of a browser SDK's `init`: its place, enclosing function and guards.

    `function` is empty at module level. `given` are the options in the order in which they are set, with their files.
    """

    path: str
    node: Node
    package: str
    function: str
    guards: tuple[Guard, ...]
    given: tuple[Given, ...] = ()

    @property
    def line(self) -> int:
        """The 1-based line of the call."""
        return js.line_of(self.node)

    def option(self, name: str) -> Node | None:
        """Return an option's value, or None: where it is not given, or not known."""
        found = self._last(name)
        return found.value if found is not None else None

    def path_of(self, name: str) -> str:
        """Return the file in which an option's value is written."""
        found = self._last(name)
        return found.path if found is not None and found.path else self.path

    def is_open(self, name: str) -> bool:
        """Return whether it is not known here what an option is, or whether it is given at all."""
        found = self._last(name)
        return found is not None and found.value is None

    def values(self) -> Iterator[tuple[str, Node]]:
        """Yield `(file, value)` of each option whose value is known, also of those that a later one replaces."""
        yield from ((g.path, g.value) for g in self.given if g.value is not None)

    @property
    def unread(self) -> bool:
        """Whether nothing is known of the options."""
        return self.given == (ANYTHING,)

    def _last(self, name: str) -> Given | None:
        return next((g for g in reversed(self.given) if g.name is None or g.name == name), None)


def browser_inits(facts: Facts, frontend: Frontend) -> tuple[BrowserInit, ...]:
    """Return every `init` call of a browser SDK in a frontend's own code."""
    return facts.memoize(browser_inits, frontend.root, lambda: tuple(_sdk_calls(facts, frontend, ("init",))))


def browser_ends(facts: Facts, frontend: Frontend) -> tuple[BrowserInit, ...]:
    """Return every call in a frontend's own code that closes a browser SDK's client (`Sentry.close()`, `getClient()?.close()`)."""
    return facts.memoize(browser_ends, frontend.root, lambda: tuple(_sdk_calls(facts, frontend, _CLOSING)))


def client_changes(facts: Facts, frontend: Frontend) -> tuple[tuple[BrowserInit, str | None, Node | None], ...]:
    """Return each place that changes the options of the client after `init`, or takes the client off a scope, with option and value.

    The option is None where it is not written out, the value None where it is not one expression.
    """
    return facts.memoize(client_changes, frontend.root, lambda: tuple(_changes(facts, frontend)))


def _changes(facts: Facts, frontend: Frontend) -> Iterator[tuple[BrowserInit, str | None, Node | None]]:
    for path in sources_holding(facts, frontend, "sentry"):
        data = facts.read(path) or b""
        if not (b"getOptions" in data or b"setClient" in data) or file_stem(path) in _ON_SERVER:
            continue
        tree = script(facts, path)
        if not isinstance(tree, Node):
            continue
        place = Place(facts, frontend, path)
        for node, name, value in changes(place, tree):
            yield _placed(place, node), name, value
        for node, nothing in removals(tree):
            yield _placed(place, node), "client", nothing


def _placed(place: Place, node: Node) -> BrowserInit:
    around = tuple(guards(node))
    return BrowserInit(path=place.path, node=node, package="", function=enclosing(node), guards=around)


_CLOSING = (
    "close",
    "getClient().close",
    "getClient()?.close",
    "getClient()!.close",
    "getCurrentScope().getClient()?.close",
)


def _sdk_calls(facts: Facts, frontend: Frontend, functions: tuple[str, ...]) -> Iterator[BrowserInit]:
    # What an entry imports is the frontend's own in whatever folder it is: `static` and another package among them.
    paths = dict.fromkeys([*sources_holding(facts, frontend, "sentry"), *_reached_at_all(facts, frontend)])
    last = functions[0].encode()
    for path in paths:
        data = facts.read(path)
        if data is None or b"@sentry/" not in data or last not in data or file_stem(path) in _ON_SERVER:
            continue
        tree = script(facts, path)
        if isinstance(tree, ParseError) or tree is None:
            continue
        names: dict[str, tuple[str, Node]] = {}
        for module, local, named in js.modules_by_name(tree):
            if SDK.match(module):
                for written, imported_name in local.items():
                    for function in functions:
                        first, rest = re.match(r"(\w+)(.*)", function).groups()  # type: ignore[union-attr]
                        if imported_name in ("*", "default"):
                            names[f"{written}.{function}"] = module, named
                        elif imported_name == first:
                            names[written + rest] = module, named
        for node in js.descend(tree):
            if node.type != "call_expression":
                continue
            called = node.child_by_field_name("function")
            text = js.text_of(called) if called is not None and called.end_byte - called.start_byte < 80 else ""
            if text in names:
                assert called is not None
                module, named = names[text]
                yield _located(Place(facts, frontend, path), node, module, called, named)


def _reached_at_all(facts: Facts, frontend: Frontend) -> Iterator[str]:
    """Yield the files that the entries import, then those of other packages that they load by `import()`."""
    order = reached(facts, frontend)
    yield from order
    named = ((p, m) for p in order for m in lazily_imported(facts, p))
    loaded = (t for p, m in named if (t := resolve(facts, frontend, p, m)) and not inside(t, frontend.root))
    yield from (p for p in reached_from(facts, frontend, tuple(dict.fromkeys(loaded))) if p not in order)


def _located(place: Place, node: Node, package: str, called: Node, named: Node) -> BrowserInit:
    arguments = node.child_by_field_name("arguments")
    candidates = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    # The Vue SDK of old took the application first; Svelte's and React's options come first.
    given = [g for a in candidates if (g := options_of(place, a, node)) != (ANYTHING,)]
    unknown = (ANYTHING,) if candidates and not given else ()
    conditions = [*guards(node), *guards(named), *_shadowed(called)]
    if enclosing(named) not in ("", enclosing(node)):
        conditions.append(Guard(called.named_children[0] if called.named_children else called, True, "shadowed"))
    return BrowserInit(
        path=place.path,
        node=node,
        package=package,
        function=enclosing(node),
        guards=tuple(conditions),
        given=unknown or tuple(g for part in given for g in part),
    )


def _takes_sdk(node: Node) -> bool:
    """Return whether a constant is the SDK itself: `const Sentry = require("@sentry/browser")`."""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if node.type != "call_expression" or function is None or arguments is None or js.text_of(function) != "require":
        return False
    return len(arguments.named_children) == 1 and bool(SDK.match(js.string_of(arguments.named_children[0]) or ""))


def _shadowed(called: Node) -> Iterator[Guard]:
    """Yield a condition where the name of the SDK is another one in a function: a parameter, or a constant."""
    first = called
    while first.type == "member_expression" and first.named_children:
        first = first.named_children[0]
    bound = binding_of(called, js.text_of(first)) if first.type == "identifier" else None
    if bound is not None and bound.node is not None and not _takes_sdk(bound.node):
        yield Guard(first, True, "shadowed")
