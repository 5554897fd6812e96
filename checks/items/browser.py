"""Whether the frontend has Sentry's SDK, initializes it before it renders, and gets a DSN in the build that is deployed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tree_sitter import Node

from checks.frontends.configs import tree_of
from checks.frontends.deferred import deferred, lazily_reached, loaded_on_start
from checks.frontends.exports import exports_from, is_never_called
from checks.frontends.guards import Guard, enclosing, guards, holder
from checks.frontends.places import Place
from checks.frontends.production import value_of
from checks.frontends.rendering import renders_before, renders_the_page
from checks.items.frontend import no_frontend
from checks.model import Finding, Outcome, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN
from checks.parsers.position import line_with
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.browser import (
    SDK,
    BrowserInit,
    browser_ends,
    browser_inits,
    entries,
    imported,
    pages,
    reached,
    reached_from,
    resolve,
    script,
    sources_holding,
)
from checks.repository.cdn_loader import loader, template_loader
from checks.repository.facts import Facts, inside, join, parent, upwards
from checks.repository.frontends import Frontend, manifest_of

_WRAPPER = lazy_pattern(r"sentry|monitoring|observability|telemetry")
_LATE = lazy_pattern(
    r"^(use\w*Effect\(\)|onMounted\(\)|onMount\(\)|componentDidMount|.*\.then\(\)|setTimeout\(\)|requestIdleCallback\(\)|[\w.]*addEventListener\(\))$"
)


def each_frontend(facts: Facts, decide: Callable[[Facts, Frontend], Verdict]) -> Sequence[Verdict]:
    """Decide for each frontend."""
    return [decide(facts, f) for f in facts.frontends] or no_frontend(facts)


def frontend_sdk_installed(facts: Facts) -> Sequence[Verdict]:
    """Without an SDK in the bundle, only the user sees an error in their browser.

    To fix: `npm install @sentry/react` (or the SDK of the framework) in the frontend.
    """
    return each_frontend(facts, _sdk_installed)


def sdk_package(facts: Facts, frontend: Frontend) -> tuple[str, str, str] | None:
    """Return `(package, specifier, manifest)` of the browser SDK a frontend declares, its own manifest first, or None."""
    return _declared(facts, frontend.root)


def sdk_of_module(facts: Facts, frontend: Frontend) -> tuple[str, str, str] | None:
    """Return `(package, specifier, manifest)` of the SDK that another package declares, whose module calls `init` here, or None."""
    order = reached(facts, frontend)
    homes = (parent(i.path) for i in browser_inits(facts, frontend) if i.path in order)
    outside = (home for home in homes if not inside(home, frontend.root))
    return next((found for home in outside if (found := _declared(facts, home)) is not None), None)


def _declared(facts: Facts, root: str) -> tuple[str, str, str] | None:
    for folder in upwards(root):
        path = join(folder, "package.json")
        manifest = manifest_of(facts, path) if path in facts.paths else None
        for key in ("dependencies", "devDependencies"):
            table = (manifest or {}).get(key)
            for name, version in table.items() if isinstance(table, dict) else ():
                if SDK.match(name) and isinstance(version, str):
                    return name, version, path
    return None


def _sdk_installed(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    found = sdk_package(facts, frontend) or sdk_of_module(facts, frontend)
    if found is not None:
        name, version, path = found
        line = _line_of(facts, path, f'"{name}"')
        return passed(in_repository(f"{name} {version} is declared", path, line), target=target)
    by_page = loader(facts, frontend) or template_loader(facts)
    if by_page is not None:
        return passed(in_repository("the page loads Sentry's script", *by_page), target=target)
    message = f"no Sentry SDK in {frontend.manifest}"
    return failed(
        Finding(message=message, path=frontend.manifest, hint="`sentry-setup apply frontend-sdk --yes` adds it"),
        target=target,
    )


def _line_of(facts: Facts, path: str, needle: str) -> int | None:
    return line_with(facts.text(path) or "", needle)


def frontend_initialized(facts: Facts) -> Sequence[Verdict]:
    """`Sentry.init` must run before the application renders: earlier errors are lost.

    The check reads the modules that the page's entry imports; a module that nothing imports never runs.

    To fix: call `Sentry.init` in `src/instrument.ts` and import that first in the entry.
    """
    return each_frontend(facts, decide_initialized)


def decide_initialized(facts: Facts, frontend: Frontend) -> Verdict:
    """Decide `frontend-initialized` for one frontend, once; other items begin with it."""
    return facts.memoize(decide_initialized, frontend.root, lambda: _initialized(facts, frontend))


def _initialized(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    inits = browser_inits(facts, frontend)
    late: list[Finding] = []
    uncertainties: list[Finding] = []
    for init in inits:
        state, why = _runs_first(facts, frontend, init)
        if state == "first":
            ended = _ended(facts, frontend, init)
            if ended is not None:
                return failed(ended, target=target)
            evidence = in_repository(f"{init.package} is initialized {why}", init.path, init.line)
            return _other_pages(facts, frontend, inits) or passed(evidence, target=target)
        finding = Finding(
            message=f"Sentry.init() {why}",
            path=init.path,
            line=init.line,
            hint="call it in a module that the entry imports first",
        )
        (late if state == "late" else uncertainties).append(finding)
    by_page = loader(facts, frontend) or template_loader(facts)
    if by_page is not None:
        return passed(
            in_repository("the page loads Sentry's script, which initializes itself", *by_page), target=target
        )
    integration = _by_framework(facts, frontend)
    if integration is not None:
        return integration
    if uncertainties:
        first = uncertainties[0]
        return unknown(first.message, path=first.path, line=first.line, hint=first.hint, target=target)
    if late:
        return failed(*late, target=target)
    for path in sources_holding(facts, frontend, "sentry", "Sentry", "monitoring", "observability", "telemetry"):
        data = facts.read(path) or b""
        if b"@sentry/" in data and isinstance(tree := script(facts, path), ParseError):
            return unknown(
                f"{path} names Sentry and cannot be read: {tree.message}",
                path=path,
                line=tree.line,
                hint="fix the syntax error",
                target=target,
            )
        named = imported(facts.text(path) or "")
        wrapped = next((m for m in named if m[0] == "@" and m[:8] != "@sentry/" and _WRAPPER.search(m)), None)
        if wrapped:
            return unknown(
                f"`{wrapped}` may initialize the SDK",
                path=path,
                hint="check whether it calls Sentry.init()",
                target=target,
            )
    place = next(iter(entries(facts, frontend)), frontend.manifest)
    return failed(
        Finding(
            message=f"no Sentry.init() in the code of {'the frontend' if frontend.root == '.' else frontend.root}",
            path=place,
            hint="`sentry-setup apply frontend-sdk --yes` adds it",
        ),
        target=target,
    )


def _other_pages(facts: Facts, frontend: Frontend, inits: tuple[BrowserInit, ...]) -> Verdict | None:
    """Return what is wrong with the pages after the first: each needs its own init call or a shared one."""
    config = frontend.vite_config or frontend.manifest
    silent: list[Finding] = []
    for page in pages(facts, frontend)[1:]:
        if not page:
            return unknown(
                "the Vite config has entries that cannot be determined here",
                path=config,
                hint="check whether each page calls Sentry.init(), or spell out the paths of `input`",
                target=frontend.target,
            )
        order = reached_from(facts, frontend, page)
        calling = {init.path for init in inits}
        if not calling & order.keys() and not calling & loaded_on_start(facts, frontend, order):
            message = f"the page that begins with {page[0]} runs no Sentry.init()"
            silent.append(Finding(message=message, path=page[0], hint="import the module that calls it, first"))
    return failed(*silent, target=frontend.target) if silent else None


def _runs_first(facts: Facts, frontend: Frontend, init: BrowserInit) -> tuple[str, str]:
    held = _held_back(Place(facts, frontend, init.path), init.guards) or _switched_off(facts, frontend, init)
    return held or _when(facts, frontend, init)


def _when(facts: Facts, frontend: Frontend, init: BrowserInit) -> tuple[str, str]:
    """Return whether a call is made before the page renders, whatever its own conditions and options say."""
    if _LATE.match(init.function) or (init.function[:1].isupper() and init.path.endswith(("x", "vue", "svelte"))):
        return "late", f"runs inside {init.function}, after the application rendered"
    starts = entries(facts, frontend)
    if not starts:
        return "uncertain", "is in a file, and the entry that the page loads was not found"
    order = reached(facts, frontend)
    if init.path not in order:
        loaded = deferred(facts, frontend, init)
        if loaded is not None:
            held = _held_back(Place(facts, frontend, loaded.path), tuple(guards(loaded.call)))
            return held or (loaded.state, loaded.why)
        inner = lazily_reached(facts, frontend).get(init.path)
        if inner is not None:
            return "late", f"runs in a module that {inner} loads lazily"
        return "late", f"is in a module that nothing from {starts[0]} imports"
    if not init.function:
        if init.path in starts:
            if renders_before(_tree(facts, init.path), init.node.start_byte):
                return "late", "runs after the application rendered"
            return "first", f"in the entry {init.path}"
        renders = [
            p for p in order if order[p] < order[init.path] and p not in starts and renders_the_page(_tree(facts, p))
        ]
        if renders:
            return "late", f"runs after {renders[0]} rendered"
        return "first", f"before {starts[0]} renders"
    named = f"{within}.{init.function}" if (within := holder(init.node)) else init.function
    for path in order:
        for call in calls_of(facts, frontend, path, init.path, named):
            held = _held_back(Place(facts, frontend, path), tuple(guards(call)))
            if held is not None:
                return held
            if path in starts and renders_before(_tree(facts, path), call.start_byte):
                return "late", f"is called in {path} after the application rendered"
            return "first", f"by {init.function}(), called in {path}"
    if is_never_called(facts, frontend, init.path, init.node, init.function):
        return "late", f"is in {init.function}, which nothing calls"
    return "uncertain", f"is in {init.function}, and its caller was not found"


def _ended(facts: Facts, frontend: Frontend, init: BrowserInit) -> Finding | None:
    """Return what switches the SDK off again after a call of init: a call that closes it, or a second init that is off."""
    order = reached(facts, frontend)

    def follows(other: BrowserInit) -> bool:
        if other.path == init.path:
            return other.node.start_byte > init.node.end_byte
        return order.get(other.path, -1) > order.get(init.path, -1)

    for end in browser_ends(facts, frontend):
        if follows(end) and not end.guards and _when(facts, frontend, end)[0] == "first":
            message = f"`{' '.join(js.text_of(end.node).split())[:80]}` switches the SDK off after it was initialized"
            return Finding(message=message, path=end.path, line=end.line, hint="remove it")
    for other in browser_inits(facts, frontend):
        if other.path != init.path and not follows(other):
            continue
        dsn = other.option("dsn")
        off = dsn is not None and js.string_of(dsn) == ""
        held = _switched_off(facts, frontend, other)
        is_off = off or (held is not None and held[0] == "late")
        if is_off and follows(other) and not other.guards and _when(facts, frontend, other)[0] == "first":
            what = "has an empty DSN" if off else held[1] if held is not None else ""
            message = f"a second Sentry.init() {what}: it takes the place of the first"
            return Finding(message=message, path=other.path, line=other.line, hint="remove it")
    return None


def _held_back(place: Place, conditions: tuple[Guard, ...]) -> tuple[str, str] | None:
    """Return why a call does not run in production, or why that cannot be determined; None where nothing prevents it."""
    uncertainty = None
    for guard in conditions:
        value = value_of(place, guard.condition)
        if value is UNKNOWN:
            uncertainty = uncertainty or (
                "uncertain",
                f"runs only if {guard.text[:80]}, and its value in production cannot be determined here",
            )
        elif bool(value) is not guard.wanted:
            return "late", f"runs only if {guard.text[:80]}, which it is not in production"
    return uncertainty


def _switched_off(facts: Facts, frontend: Frontend, init: BrowserInit) -> tuple[str, str] | None:
    """Return why the option `enabled` keeps the SDK quiet in production, or why that cannot be determined."""
    given = init.option("enabled")
    value = value_of(Place(facts, frontend, init.path), given) if given is not None else True
    if given is None or (value is not UNKNOWN and value):
        return None
    written = " ".join(js.text_of(given).split())[:80]
    if value is UNKNOWN:
        return "uncertain", f"is given `enabled: {written}`, and its value in production cannot be determined here"
    return "late", f"is given `enabled: {written}`, which is off in production"


def calls_of(facts: Facts, frontend: Frontend, path: str, home: str, function: str, depth: int = 3) -> Iterator[Node]:
    """Yield the calls of a function of module `home` that run when module `path` is loaded, also through its other functions."""
    tree = script(facts, path)
    if not isinstance(tree, Node) or depth == 0:
        return
    names = {function} if path == home else set()
    first, dot, member = function.partition(".")
    for module, given, _ in js.imports(tree):
        there = resolve(facts, frontend, path, module) if path != home else None
        if there is None or not (there == home or exports_from(facts, frontend, there, home, first)):
            continue
        locals_ = {local for local, name in given.items() if name in (first, "default")}
        locals_ |= {f"{local}.{first}" for local, name in given.items() if name == "*"}
        names |= {local + dot + member for local in locals_}
    for node in js.descend(tree) if names else ():
        called = node.child_by_field_name("function") if node.type == "call_expression" else None
        if called is None or called.end_byte - called.start_byte > 80 or js.text_of(called) not in names:
            continue
        around = enclosing(node)
        if not around:
            yield node
        elif around.isidentifier() and around != function:
            yield from calls_of(facts, frontend, path, path, around, depth - 1)


def _tree(facts: Facts, path: str) -> Node | None:
    tree = script(facts, path)
    return tree if isinstance(tree, Node) else None


def _by_framework(facts: Facts, frontend: Frontend) -> Verdict | None:
    """Astro's integration initializes the SDK from the options that its configuration gives it."""
    for suffix in ("mjs", "ts", "js", "mts"):
        path = join(frontend.root, f"astro.config.{suffix}")
        tree = tree_of(facts, path)
        names = (
            [n for m, given, _ in js.imports(tree) if m == "@sentry/astro" for n in given] if tree is not None else []
        )
        for node in js.descend(tree) if tree is not None and names else ():
            function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if (
                node.type != "call_expression"
                or function is None
                or arguments is None
                or js.text_of(function) not in names
            ):
                continue
            given = arguments.named_children[0] if arguments.named_children else None
            if given is not None and given.type == "object" and any(n == "dsn" for n, _, _ in js.properties(given)):
                evidence = in_repository("@sentry/astro initializes the SDK", path, js.line_of(node))
                return passed(evidence, target=frontend.target)
    return None


def require_browser_init(facts: Facts, frontend: Frontend) -> BrowserInit | Verdict:
    """Return the init call that runs in a frontend, or the verdict that an item which needs one gets without it."""
    verdict = decide_initialized(facts, frontend)
    if verdict.outcome is Outcome.FAIL and not browser_inits(facts, frontend):
        return not_applicable("the SDK is not initialized (see frontend-initialized)", target=frontend.target)
    inits = browser_inits(facts, frontend)
    if len(inits) == 1 and verdict.outcome is Outcome.UNKNOWN:
        return inits[0]  # whether it runs is not known; what it is given is
    if not inits or verdict.outcome is Outcome.UNKNOWN:
        finding = verdict.findings[0] if verdict.findings else None
        what = finding.message if finding else "it is in no module of this frontend"
        return unknown(
            f"the options of Sentry.init() cannot be determined: {what}",
            path=finding.path if finding else None,
            line=finding.line if finding else None,
            hint="see frontend-initialized",
            target=frontend.target,
        )
    place = verdict.evidence[0] if verdict.evidence else None
    return next((i for i in inits if place is not None and (i.path, i.line) == (place.path, place.line)), inits[-1])
