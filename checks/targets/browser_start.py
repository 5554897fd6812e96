"""When an init call of the browser SDK runs: before the application renders, after it, or never."""

from __future__ import annotations

from tree_sitter import Node

from checks.frontends.conditions import held_back
from checks.frontends.deferred import deferred, lazily_reached
from checks.frontends.exports import is_never_called
from checks.frontends.guards import function_name, guards, holder, runs_later
from checks.frontends.inits import BrowserInit
from checks.frontends.invocation import AFTER_RENDERING, calls_of, inner_functions, iterated_in_place, kept_from
from checks.frontends.places import Place
from checks.frontends.rendering import renderings, renders_before, renders_the_page
from checks.frontends.route_pages import loaded_by_routes
from checks.frontends.stores import action_around, action_calls
from checks.frontends.unresolved import perhaps_imports
from checks.parsers import javascript as js
from checks.parsers.javascript_exports import exported
from checks.repository.browser import entries, reached, script
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend
from checks.targets.browser_off import switched_off


def runs_first(facts: Facts, frontend: Frontend, init: BrowserInit) -> tuple[str, str]:
    """Return `first`, `late` or `uncertain`, and why: whether an init call is made before the page renders, and is on."""
    place = Place(facts, frontend, init.path)
    off = switched_off(place, init)
    held = held_back(place, init.guards) or off
    if held is not None and held[0] == "late":
        return held
    if off is not None and off[0] == "late":
        return off
    found = when(facts, frontend, init)
    return found if held is None or found[0] == "late" else held


def when(facts: Facts, frontend: Frontend, init: BrowserInit) -> tuple[str, str]:
    """Return whether a call is made before the page renders, whatever its own conditions and options say."""
    if AFTER_RENDERING.match(init.function) or (
        init.function[:1].isupper() and init.path.endswith(("x", "vue", "svelte"))
    ):
        return "late", f"runs inside {init.function}, after the application rendered"
    starts = entries(facts, frontend)
    if not starts:
        return "uncertain", "is in a file, and the entry that the page loads was not found"
    order = reached(facts, frontend)
    place = Place(facts, frontend, init.path)
    if init.path not in order:
        loaded = deferred(facts, frontend, init)
        if loaded is not None:
            held = held_back(Place(facts, frontend, loaded.path), guards(loaded.call))
            return held or (loaded.state, loaded.why)
        inner = lazily_reached(facts, frontend).get(init.path)
        if inner is not None:
            return "late", f"runs in a module that {inner} loads lazily"
        by_route = _of_routes(facts, frontend, init, starts[0])
        if by_route is not None:
            return by_route
        perhaps = perhaps_imports(facts, frontend, init.path)
        if perhaps is not None:
            importer, module = perhaps
            return "uncertain", f"may be in what {importer} imports as `{module}`, an alias that is not followed"
        return "late", f"is in a module that nothing from {starts[0]} imports"
    action = action_around(init.node)
    if action is not None:
        return _of_store(facts, frontend, init.path, *action)
    around = iterated_in_place(init.node) or inner_functions(place, init.node)
    if around is not None:
        return around
    if not init.function:
        if init.path in starts and renders_before(_tree(facts, init.path), init.node.start_byte):
            return "late", "runs after the application rendered"
        renders = [p for p in order if order[p] < order[init.path] and _renders(facts, p, starts)]
        if renders:
            return "late", f"runs after {renders[0]} rendered"
        return "first", f"in the entry {init.path}" if init.path in starts else f"before {starts[0]} renders"
    by_itself = _called_by_framework(facts, frontend, init)
    if by_itself is not None:
        return "first", f"by {init.function}(), which {by_itself} calls"
    named = f"{within}.{init.function}" if (within := holder(init.node)) else init.function
    prevented: tuple[str, str] | None = None
    for path in order:
        for call in calls_of(facts, frontend, path, init.path, named):
            held = kept_from(Place(facts, frontend, path), call, init.node)
            if held is None and path in starts and renders_before(_tree(facts, path), call.node.start_byte):
                held = "late", f"is called in {path} after the application rendered"
            if held is None:
                return "first", f"by {init.function}(), called in {path}"
            prevented = held if prevented is None or prevented[0] == "late" else prevented
    if prevented is not None:
        return prevented
    if is_never_called(facts, frontend, init.path, init.node, init.function):
        return "late", f"is in {init.function}, which nothing calls"
    return "uncertain", f"is in {init.function}, and its caller was not found"


def _of_routes(facts: Facts, frontend: Frontend, init: BrowserInit, start: str) -> tuple[str, str] | None:
    """Judge a call in a module that pages import by themselves, each before it renders; None where no page does."""
    with_it, without = loaded_by_routes(facts, frontend, init.path)
    if not with_it:
        return None
    if init.function:
        return "uncertain", f"is in {init.function}, and its caller was not found"
    if not without:
        return "first", f"by each of {_counted(len(with_it))}"
    count = len(with_it) + len(without)
    return (
        "late",
        f"runs on {len(with_it)} of {_counted(count)}: {without[0]} does not import its module, nor does {start}",
    )


def _counted(pages: int) -> str:
    return f"{pages:,} page" + ("" if pages == 1 else "s")


def _of_store(facts: Facts, frontend: Frontend, home: str, store: str, action: str) -> tuple[str, str]:
    """Judge a call in an action of a store by where the frontend calls that action."""
    calls = list(action_calls(facts, frontend, home, store, action))
    for path, call, own in calls:
        around = enclosing_chain(call)
        if own and not around and path in reached(facts, frontend):
            tree = _tree(facts, path)
            before = tree is not None and not renders_before(tree, call.start_byte)
            held = held_back(Place(facts, frontend, path), guards(call))
            if before and held is None:
                return "first", f"by {store}'s {action}(), called in {path}"
    inside = [next((a for a in enclosing_chain(c) if AFTER_RENDERING.match(a)), None) for _, c, _ in calls]
    if calls and all(inside) and all(own for _, _, own in calls):
        path, call, _ = calls[0]
        return "late", f"runs inside {inside[0]} of {path}:{js.line_of(call)}, after the application rendered"
    return (
        "uncertain",
        f"is in {store}'s {action}, and whether it is called before the page renders cannot be determined",
    )


def enclosing_chain(node: Node) -> list[str]:
    """Return the names of the functions around a node, the innermost first."""
    found, current = [], node.parent
    while current is not None:
        if runs_later(current, node):
            found.append(function_name(current) or "a function")
        current = current.parent
    return found


def _called_by_framework(facts: Facts, frontend: Frontend, init: BrowserInit) -> str | None:
    """Return the name of the framework that calls the function of an init by itself."""
    framework, tree = frontend.framework, _tree(facts, init.path)
    if framework is None or tree is None or init.function not in framework.calls or holder(init.node):
        return None
    known = {join(frontend.root, stem) for stem in framework.client_files}
    given = exported(tree, init.function)
    return framework.name if given is not None and init.path.rpartition(".")[0] in known else None


def _renders(facts: Facts, path: str, starts: tuple[str, ...]) -> bool:
    """Return whether a module puts the application on the page; the scripts of a page run in their order."""
    tree = _tree(facts, path)
    return any(renderings(tree)) if path in starts and tree is not None else renders_the_page(tree)


def _tree(facts: Facts, path: str) -> Node | None:
    tree = script(facts, path)
    return tree if isinstance(tree, Node) else None
