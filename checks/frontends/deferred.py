"""Modules that are loaded by `import()` while the page starts: which of them run before the application renders.

A module waits for `await import()` at its top level, and so does whatever imports it; its siblings do not wait
(https://developer.mozilla.org/docs/Web/JavaScript/Reference/Operators/await#top_level_await).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace
from tree_sitter import Node

from checks.frontends.functions import FUNCTIONS
from checks.frontends.guards import enclosing
from checks.frontends.inits import BrowserInit
from checks.frontends.rendering import render_calls, renderings, renders_before, renders_the_page
from checks.parsers import javascript as js
from checks.repository.browser import reached, reached_from, resolve, script
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.module_imports import lazily_imported

_NESTED, _MOST = 4, 60
_WORDS = (b"render", b"mount", b"Root", b"hydrate", b"bootstrap", b"Vue(")


class Deferred(Struct, frozen=True):
    """How an init call that `import()` loads stands to the rendering: `first`, `late` or `uncertainty`, why, and the `import()`."""

    state: str
    why: str
    path: str
    call: Node


class _Load(Struct, frozen=True):
    """An `import()` that runs while its module is loaded: the module, the call, its target, and the function around it."""

    path: str
    call: Node
    target: str
    function: Node | None

    @property
    def waiting(self) -> Node | None:
        """The `await` that the code after it in its function, or module, waits at; None where nothing does."""
        node, above = self.call, self.call.parent
        while above is not None and above.type != "await_expression":
            called = above.child_by_field_name("function") if above.type == "call_expression" else None
            chained = above.type == "member_expression" or (called is not None and called.id == node.id)
            together = called is not None and js.text_of(called) in ("Promise.all", "Promise.allSettled")
            if not (chained or together or above.type in ("parenthesized_expression", "array", "arguments")):
                return None
            if above.type == "call_expression" and not (together or _chains(called)):
                return None
            node, above = above, above.parent
        return above

    @property
    def awaited(self) -> bool:
        """Whether the code after it in its function, or module, waits for it."""
        return self.waiting is not None

    @property
    def then(self) -> Node | None:
        """The call of `.then()` on it, or None."""
        member = self.call.parent
        name = member.child_by_field_name("property") if member is not None else None
        above = member.parent if member is not None else None
        chained = name is not None and js.text_of(name) == "then" and above is not None
        return above if chained and above is not None and above.type == "call_expression" else None


def deferred(facts: Facts, frontend: Frontend, init: BrowserInit) -> Deferred | None:
    """Return how an init call runs that no import statement reaches; None where no `import()` of the start loads it."""
    for path in reached(facts, frontend):
        for load in _loads(facts, frontend, path):
            inner = reached_from(facts, frontend, (load.target,))
            if init.path in inner:
                state, why = _judged(facts, frontend, init, load, inner)
                return Deferred(state, why, path, load.call)
    for path in reached(facts, frontend):
        for load in _loads(facts, frontend, path):
            chain = _chain(facts, frontend, load, init.path)
            if chain is not None:
                state, why = _nested(facts, frontend, init, chain)
                return Deferred(state, why, path, load.call)
    return None


def lazily_reached(facts: Facts, frontend: Frontend) -> dict[str, str]:
    """Return the files that modules of the page load by `import()`, also inside of each other, with the module that does."""

    def compute() -> dict[str, str]:
        by: dict[str, str] = {}
        waiting = list(reached(facts, frontend))
        seen = set(waiting)
        while waiting:
            path = waiting.pop()
            for module in lazily_imported(facts, path):
                target = resolve(facts, frontend, path, module)
                for file in reached_from(facts, frontend, (target,)) if target else ():
                    if file not in seen:
                        seen.add(file)
                        by[file] = path
                        waiting.append(file)
        return by

    return facts.memoize(lazily_reached, frontend.root, compute)


def _chain(facts: Facts, frontend: Frontend, load: _Load, wanted: str) -> list[_Load] | None:
    """Return the loads, one inside of what the one before loads, that come to a file; the shortest way of a few."""
    ways, seen = [[load]], {load.target}
    while ways and len(seen) < _MOST:
        way = ways.pop(0)
        for path in reached_from(facts, frontend, (way[-1].target,)):
            if path == wanted:
                return way
            for inner in _loads(facts, frontend, path) if len(way) < _NESTED else ():
                if inner.target not in seen:
                    seen.add(inner.target)
                    ways.append([*way, inner])
    return None


def _nested(facts: Facts, frontend: Frontend, init: BrowserInit, chain: list[_Load]) -> tuple[str, str]:
    """Judge an init call behind several loads: `first` where each is waited for; `late` where the first is after the rendering."""
    first, last = chain[0], chain[-1]
    begun = replace(init, path=chain[1].path, node=chain[1].call, function="")
    inner = reached_from(facts, frontend, (first.target,))
    state, why = _judged(facts, frontend, begun, first, inner)
    if init.function:
        return "uncertainty", f"is in {init.function}, and its caller was not found"
    if state != "first":
        return state, why
    order = reached_from(facts, frontend, (last.target,))
    earlier = any(order[p] < order[init.path] and _renders(facts, p) for p in order)
    waits = all(load.awaited and load.function is None for load in chain[1:])
    if not waits or earlier or renders_before(_tree(facts, init.path), init.node.start_byte):
        return (
            "uncertainty",
            f"runs in a module that {last.path} loads, and whether anything renders before cannot be determined",
        )
    return "first", f"in a module that {last.path} waits for"


def loaded_on_start(facts: Facts, frontend: Frontend, order: dict[str, int]) -> set[str]:
    """Return the files that some modules load by `import()` while they are loaded themselves, with what those import."""
    targets = tuple(load.target for path in order for load in _loads(facts, frontend, path))
    return set(reached_from(facts, frontend, targets))


def _judged(facts: Facts, frontend: Frontend, init: BrowserInit, load: _Load, inner: dict[str, int]) -> tuple[str, str]:
    if init.function:
        return "uncertain", f"is in {init.function}, and its caller was not found"
    order = reached(facts, frontend)
    lazily = ("late", f"runs in a module that {load.path} loads lazily")
    earlier = [p for p in inner if p not in order and inner[p] < inner[init.path] and _renders(facts, p)]
    if earlier:
        certain = any(renders_the_page(_tree(facts, p)) for p in earlier)
        return ("late" if certain else "uncertain"), f"runs after {earlier[0]}" + (" rendered" if certain else "")
    tree = _tree(facts, load.path)
    if tree is None or renders_before(_tree(facts, init.path), init.node.start_byte):
        return "late", "runs after the application rendered"
    here = list(renderings(tree)) + [c for c in render_calls(load.function or tree) if load.function is not None]
    before = [c for c in here if c.start_byte < load.call.start_byte]
    outside = [c for c in here if load.function is not None and not _within(c, load.function)]
    if before or outside or (here and not load.awaited and not _only_then(load, here)):
        return "late", "runs after the application rendered" if before else lazily[1]
    waits = load.awaited and load.function is None
    for path in order:
        if (
            path != load.path
            and _begins(facts, frontend, path)
            and not (waits and load.path in reached_from(facts, frontend, (path,)))
        ):
            certain = order[path] < order[load.path] and renders_the_page(_tree(facts, path))
            return (
                ("late", f"runs after {path} rendered") if certain else ("uncertain", f"may run after {path} rendered")
            )
    others = [o for o in _loads(facts, frontend, load.path) if o.call.start_byte != load.call.start_byte]
    for other in others:
        raced = load.waiting is None or other.call.start_byte < load.waiting.end_byte
        nested = load.then is not None and _within(other.call, load.then)
        if raced and not nested and any(_renders(facts, p) for p in reached_from(facts, frontend, (other.target,))):
            return "uncertain", f"may run after {other.target}, which {load.path} loads too"
    called = _called_before(facts, frontend, load, tree)
    if called is not None:
        return "uncertain", f"runs after {called} in {load.path}, which may render the application"
    if load.awaited:
        return "first", f"in a module that {load.path} waits for"
    if load.then is not None and any(_goes_on(n) for n in js.descend(load.then) if n.id != load.call.id):
        return "first", f"in a module that {load.path} waits for"
    if any(_renders(facts, p) for p in inner):
        return "first", f"before what {load.path} loads renders"
    return lazily


def _loads(facts: Facts, frontend: Frontend, path: str) -> Iterator[_Load]:
    """Yield each `import()` that runs while a module is loaded, also in a function that the module itself calls."""
    if b"import(" not in (facts.read(path) or b""):
        return
    tree = _tree(facts, path)
    called = facts.memoize(_called_at_start, path, lambda: _called_at_start(tree) if tree is not None else set())
    for node in js.descend(tree) if tree is not None else ():
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if node.type != "call_expression" or function is None or function.type != "import" or arguments is None:
            continue
        given = js.string_of(arguments.named_children[0]) if arguments.named_children else None
        target = resolve(facts, frontend, path, given) if given else None
        around = enclosing(node)
        if target is None or (around and around not in called):
            continue
        yield _Load(path, node, target, _function_of(node))


def _called_at_start(tree: Node) -> set[str]:
    """Return the names of the functions that a module calls while it is loaded."""
    functions = (n.child_by_field_name("function") for n in js.descend(tree) if n.type == "call_expression")
    return {js.text_of(f) for f in functions if f is not None and f.type == "identifier" and not enclosing(f)}


def _function_of(node: Node) -> Node | None:
    above = node.parent
    while above is not None and above.type not in FUNCTIONS:
        above = above.parent
    return above


def _chains(called: Node | None) -> bool:
    """Return whether a call is one of the methods that a promise hands itself on with."""
    name = called.child_by_field_name("property") if called is not None else None
    return name is not None and js.text_of(name) in ("then", "catch", "finally")


def _only_then(load: _Load, calls: list[Node]) -> bool:
    return load.then is not None and all(_within(c, load.then) for c in calls)


def _goes_on(node: Node) -> bool:
    """Return whether a node loads or renders something."""
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    return function is not None and (function.type == "import" or next(render_calls(node), None) is not None)


def _called_before(facts: Facts, frontend: Frontend, load: _Load, tree: Node) -> str | None:
    """Return a call of the repository's own code that runs before a module is loaded: it may render."""
    own = {n for m, local, _ in js.imports(tree) if resolve(facts, frontend, load.path, m) for n in local}
    own |= {js.text_of(n) for c in tree.named_children if (n := c.child_by_field_name("name")) is not None}
    for node in js.descend(tree):
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        if function is None or node.end_byte > load.call.start_byte:
            continue
        first = function.child_by_field_name("object") if function.type == "member_expression" else function
        if first is not None and js.text_of(first) in own and _function_of(node) in (None, load.function):
            return f"{js.text_of(function)}()"
    return None


def _begins(facts: Facts, frontend: Frontend, path: str) -> bool:
    """Return whether a module renders something while it is loaded, or loads what does."""
    return _renders(facts, path) or any(
        _renders(facts, p)
        for load in _loads(facts, frontend, path)
        for p in reached_from(facts, frontend, (load.target,))
    )


def _renders(facts: Facts, path: str) -> bool:
    data = facts.read(path) or b""
    tree = _tree(facts, path) if any(w in data for w in _WORDS) else None
    return tree is not None and next(renderings(tree), None) is not None


def _within(node: Node, outer: Node) -> bool:
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def _tree(facts: Facts, path: str) -> Node | None:
    tree = script(facts, path)
    return tree if isinstance(tree, Node) else None
