"""A frontend and its browser SDK: the package, the init call that runs, and the verdicts of a frontend without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tree_sitter import Node

from checks.frontends.aliases import taken_away
from checks.frontends.bundler_entries import production_config
from checks.frontends.configs import tree_of
from checks.frontends.deferred import loaded_on_start
from checks.frontends.inits import BrowserInit, browser_inits
from checks.frontends.nuxt_module import PACKAGE, nuxt_module, starts
from checks.frontends.places import Place
from checks.frontends.setup import step_hint
from checks.model import (
    Finding,
    Outcome,
    Verdict,
    failed,
    failed_or_unknown,
    in_repository,
    not_applicable,
    passed,
    unknown,
)
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.repository.browser import (
    SDK,
    blank_entry,
    entries,
    is_test,
    reached,
    reached_from,
    script,
    sources_holding,
)
from checks.repository.cdn_loader import loader, only_loaded, template_loader
from checks.repository.facts import Facts, inside, join, parent, upwards
from checks.repository.frontends import Frontend, left_out, manifest_of
from checks.repository.module_imports import imported
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes
from checks.repository.starting_pages import renders, starting_pages
from checks.repository.text_index import word_index
from checks.targets.browser_off import ended
from checks.targets.browser_start import runs_first, when

_SCRIPTS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".vue")
_WRAPPERS = ("sentry", "monitoring", "observability", "telemetry")
"""Words in the names of packages that may initialize the SDK: whether one does is not known here."""


def no_frontend(facts: Facts) -> list[Verdict]:
    """State that nothing is built for browsers, and which packages were not taken for it."""
    others = "".join(f"; {o.root} was left out ({o.why}; `frontend.root` names it)" for o in left_out(facts)[:5])
    return [not_applicable(f"no frontend found (no package that a bundler builds for browsers{others})")]


def each_frontend(facts: Facts, decide: Callable[[Facts, Frontend], Verdict]) -> Sequence[Verdict]:
    """Decide for each frontend."""
    return [decide(facts, f) for f in facts.frontends] or no_frontend(facts)


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


def decide_initialized(facts: Facts, frontend: Frontend) -> Verdict:
    """Decide `frontend-initialized` for one frontend, once; other items begin with it."""
    return facts.memoize(decide_initialized, frontend.root, lambda: _initialized(facts, frontend))


def reports_nothing_yet(facts: Facts, frontend: Frontend) -> bool:
    """Return whether a frontend beside a backend surely does not report to Sentry: its releases have no use yet."""
    return bool(facts.backends) and decide_initialized(facts, frontend).outcome is Outcome.FAIL


def _initialized(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    inits = browser_inits(facts, frontend)
    late: list[Finding] = []
    uncertainties: list[Finding] = []
    for init in inits:
        state, why = runs_first(facts, frontend, init)
        if state == "first":
            off = ended(Place(facts, frontend, init.path), init, lambda i: when(facts, frontend, i))
            if off is not None and off.certain:
                return failed(off.finding, target=target)
            if off is not None:
                end = off.finding
                hint = "check whether it does so in production"
                return unknown(end.message, path=end.path, line=end.line, hint=hint, target=target)
            gone = taken_away(facts, frontend.root, frontend.dependencies, init.package)
            if gone is not None:
                hint = "check whether the page that is deployed loads the SDK"
                return unknown(gone, path=init.path, line=init.line, hint=hint, target=target)
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
    bundle = only_loaded(facts, by_page) if by_page is not None else None
    if by_page is not None and bundle is not None:
        hint = "check that the page calls Sentry.init() after it, then sign the item off"
        return unknown(bundle, path=by_page[0], line=by_page[1], hint=hint, target=target)
    if by_page is not None:
        return passed(
            in_repository("the page loads Sentry's script, which initializes itself", *by_page), target=target
        )
    integration = _by_framework(facts, frontend)
    if integration is not None:
        return integration
    decided = failed_or_unknown(() if uncertainties else late, uncertainties, target=target)
    if decided is not None:
        return decided
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
        named = imported(facts, path)
        wrapped = next(
            (m for m in named if m[0] == "@" and m[:8] != "@sentry/" and any(w in m for w in _WRAPPERS)), None
        )
        if wrapped:
            return unknown(
                f"`{wrapped}` may initialize the SDK",
                path=path,
                hint="check whether it calls Sentry.init()",
                target=target,
            )
    elsewhere = init_elsewhere(facts, frontend)
    if elsewhere is not None:
        path, line = elsewhere
        whose = "the frontend" if frontend.root == "." else frontend.root
        return unknown(
            f"Sentry.init() is in {path}, and no entry of {whose} appears to load it",
            path=path,
            line=line,
            hint="check that the page loads it first, then sign the item off",
            target=target,
        )
    whose = "the frontend" if frontend.root == "." else frontend.root
    blank = blank_entry(facts, frontend)
    if blank is not None:
        message = f"{blank}, the entry of {whose}, is empty: nothing starts the application"
        hint = "write the entry, or name the packages that are deployed in `frontend.root`"
        return unknown(message, path=blank, line=1, hint=hint, target=target)
    place = next(iter(entries(facts, frontend)), frontend.manifest)
    return failed(
        Finding(
            message=f"no Sentry.init() in the code of {whose}",
            path=place,
            hint=step_hint(frontend, "frontend-sdk"),
        ),
        target=target,
    )


def init_elsewhere(facts: Facts, frontend: Frontend) -> tuple[str, int] | None:
    """Return the module in the folder of a backend that calls init, and the line: bundles of Django's templates are kept there."""
    others = [f.root for f in facts.frontends if f.root != frontend.root and inside(f.root, frontend.root)]
    for path in word_index(facts).files_containing("sentry", "Sentry"):
        kept = path.endswith(_SCRIPTS) and not folder_purposes(path) & NOT_DEPLOYED and not is_test(path)
        if (
            not kept
            or not _of_backend(facts, frontend, path)
            or not inside(path, frontend.root)
            or any(inside(path, o) for o in others)
        ):
            continue
        tree = script(facts, path)
        if not isinstance(tree, Node):
            continue
        names = {n for module, given, _ in js.modules_by_name(tree) if SDK.match(module) for n in given}
        calls = (n.child_by_field_name("function") for n in js.descend(tree) if n.type == "call_expression")
        called = next((c for c in calls if c is not None and js.text_of(c) in {f"{n}.init" for n in names}), None)
        if called is not None:
            return path, js.line_of(called)
    return None


def _of_backend(facts: Facts, frontend: Frontend, path: str) -> bool:
    """Return whether a module lies where a backend keeps what its pages load: in its folder, or in `static` or `templates`."""
    own = [b.root for b in facts.backends if b.root != frontend.root and inside(b.root, frontend.root)]
    shared = any(b.root == frontend.root for b in facts.backends) and {"static", "templates"} & {*path.split("/")}
    return bool(shared) or any(inside(path, root) for root in own)


def _other_pages(facts: Facts, frontend: Frontend, inits: tuple[BrowserInit, ...]) -> Verdict | None:
    """Return what is wrong with the pages after the first: each needs its own init call or a shared one."""
    config = frontend.vite_config or production_config(facts, frontend) or frontend.manifest
    silent: list[Finding] = []
    for page in starting_pages(facts, frontend)[1:]:
        if not page:
            return unknown(
                f"the configuration of the {frontend.build_name} has entries that cannot be determined here",
                path=config,
                hint="check whether each page calls Sentry.init(), or spell out the paths of the entries",
                target=frontend.target,
            )
        order = reached_from(facts, frontend, page)
        calling = {init.path for init in inits}
        if not calling & order.keys() and not calling & loaded_on_start(facts, frontend, order):
            first = starting_pages(facts, frontend)[0]
            if not renders(facts, frontend, first) and renders(facts, frontend, page):
                return unknown(
                    f"whether the page whose entry is {page[0]} loads {first[0]} too, which calls Sentry.init(), is not known",
                    path=page[0],
                    hint="check that its template loads that one first, then sign the item off",
                    target=frontend.target,
                )
            message = f"the page whose entry is {page[0]} runs no Sentry.init()"
            silent.append(Finding(message=message, path=page[0], hint="first import the module that calls it"))
    return failed(*silent, target=frontend.target) if silent else None


def _by_framework(facts: Facts, frontend: Frontend) -> Verdict | None:
    """Judge what initializes the SDK by options of a configuration: Nuxt 2's module, and Astro's integration."""
    module = nuxt_module(facts, frontend)
    if module is not None:
        works, why, line = starts(facts, module)
        if works:
            return passed(in_repository(f"{PACKAGE} initializes the SDK", module.path, line), target=frontend.target)
        if works is None:
            message = f"whether {PACKAGE} initializes the SDK before the page renders cannot be determined: {why}"
            hint = "check it in the deployed page, then sign the item off"
            return unknown(message, path=module.path, line=line, hint=hint, target=frontend.target)
        finding = Finding(
            message=f"{PACKAGE} does not initialize the SDK in the browser: {why}",
            path=module.path,
            line=line,
            hint="let it be on in production",
        )
        return failed(finding, target=frontend.target)
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
        what = finding.message if finding else "it is not in a module of this frontend"
        return unknown(
            f"the options of Sentry.init() cannot be determined: {what}",
            path=finding.path if finding else None,
            line=finding.line if finding else None,
            hint="see frontend-initialized",
            target=frontend.target,
        )
    place = verdict.evidence[0] if verdict.evidence else None
    return next((i for i in inits if place is not None and (i.path, i.line) == (place.path, place.line)), inits[-1])
