"""What the items ask of a backend that is no Django project: debugging, handlers that hide exceptions, routes left over from a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.backends.applications import applications_of
from checks.backends.framework import Framework
from checks.backends.frameworks import FRAMEWORKS, framework_named
from checks.backends.leading import reached_modules
from checks.backends.served import Debugging
from checks.backends.serving import server_chain
from checks.model import (
    Evidence,
    Finding,
    Verdict,
    failed,
    failed_or_unknown,
    in_repository,
    not_applicable,
    passed,
    unknown,
)
from checks.parsers.flow import call_name, own_nodes, walk
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.production.core import reading_hint
from checks.repository.backends import Backend
from checks.repository.dependencies import python_manifests
from checks.repository.facts import Facts
from checks.repository.settings import repository_of
from checks.targets.applicability import not_application
from checks.targets.bare_workers import bare_worker
from checks.targets.beat import beat_without_sdk
from checks.targets.invoked import functions_of, handler_of, without_warning
from checks.targets.other_images import is_in_another_image
from checks.targets.reached_routes import INCLUDES, Routes
from checks.targets.reporting import lets_go

_VERBS = frozenset(
    {"get", "post", "put", "delete", "patch", "route", "api_route", "websocket", "add_api_route", "head"}
)
_NEXT = frozenset({"call_next", "app", "handler", "dispatch"})
"""What a middleware calls to continue."""
_BROAD = frozenset({"Exception", "BaseException"})
_ROUTES = (
    "sentry-debug",
    "sentry_debug",
    "trigger-error",
    "trigger_error",
    "sentry-test",
    "sentry_test",
    "debug-sentry",
)
_MAX_MODULES = 800
_HANDLER = "the Lambda function"


def debug_of_server(facts: Facts, backend: Backend) -> Verdict:
    """Decide `debug-off`: what the command switches on, the application's own switch, the development server."""
    target = backend.target
    known = backend.facts
    entry = backend.entry
    if entry is None or known.kind != "web":
        return not_applicable(f"{known.title} has no debug mode that production could serve", target=target)
    findings = []
    started = entry.started
    if started is not None and entry.rank < 2 and (started.reload or started.debug):
        what = "watches the code and restarts" if started.reload else "runs with its debugger"
        message = f"the server {what} (`{'--reload' if started.reload else '--debug'}`), which is for development only"
        findings.append(
            Finding(message=message, path=entry.found_in, line=entry.found_line, hint="remove it from the command")
        )
    chain = server_chain(facts, backend)
    if chain.problems:
        path, problem = chain.problems[0]
        message = f"{path} cannot be read: {problem.message}"
        return unknown(message, path=path, line=problem.line, hint=reading_hint(problem), target=target)
    uncertainties: list[Debugging] = []
    for switch in chain.debugging:
        truth = chain.truth(switch.value)
        if truth is None or (
            truth
            and (entry.script or entry.runner)
            and switch.path in (entry.path, entry.runner)
            and is_in_another_image(facts, entry)
        ):
            uncertainties.append(switch)
        elif truth:
            findings.append(
                Finding(
                    message=f"`{switch.what}` is on", path=switch.path, line=switch.line, hint="make its default False"
                )
            )
    if findings:
        return failed(*findings, target=target)
    if uncertainties:
        first = uncertainties[0]
        message = f"`{first.what}` cannot be determined here{chain.undecided(first.value)}"
        return unknown(message, path=first.path, line=first.line, hint="switch it off in the code", target=target)
    made = [c for c in chain.created if framework_named(c.framework).kind == "web"]
    if not made:
        return unknown(
            f"no application object was found, starting from {entry.path}",
            path=entry.path,
            hint="set `backend.settings` to the module that the server starts",
            target=target,
        )
    return passed(
        *(in_repository(f"{known.title} runs without debug", c.path, c.line) for c in made[:1]), target=target
    )


def handlers_of_server(facts: Facts, backend: Backend) -> Verdict:
    """Decide `exceptions-not-swallowed`: what catches every exception before the SDK sees it.

    Tried with sentry-sdk 2.75.0: a handler of `Exception` hides errors in Flask and Quart; in FastAPI, Starlette and Litestar the
    SDK reports before it. A middleware that catches `Exception` hides them everywhere.
    """
    target = backend.target
    known = backend.facts
    served, called = _served(facts, backend), functions_of(backend)
    if not served and not called:
        return not_applicable(f"{known.title} has no handlers of its own", target=target)
    findings: list[Finding] = []
    uncertainties: list[Finding] = []
    evidence: list[Evidence] = []
    hiding = tuple(dict.fromkeys(h for f in served for h in f.hiding_handlers))
    for path, module in _modules(facts, backend):
        handlers = [(h, _HANDLER) for e in called if e.path == path and (h := handler_of(module, e)) is not None]
        for function, what in (*_catching(module, hiding), *handlers):
            hides = _hides(facts, path, function, what)
            if hides is None:
                message = f"whether {what} {function.name} reports the exceptions that it catches cannot be determined"
                hint = "call sentry_sdk.capture_exception() there"
                uncertainties.append(Finding(message=message, path=path, line=line_of(function), hint=hint))
            elif hides:
                findings.append(
                    Finding(
                        message=f"{what} {function.name} turns every exception into a response and reports none",
                        path=path,
                        line=line_of(function),
                        hint="call sentry_sdk.capture_exception() there",
                    )
                )
            else:
                evidence.append(in_repository(f"{what} {function.name} hides no exception", path, line_of(function)))
    findings += without_warning(facts, backend)
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence, target=target)
    if decided is not None:
        return decided
    if evidence:
        return passed(*evidence, target=target)
    return not_applicable("no middleware and no handler for every exception hides one from the SDK", target=target)


def _served(facts: Facts, backend: Backend) -> list[Framework]:
    """Return the web frameworks that a backend answers with: its own, or that of the application that a function hands events to."""
    entry = backend.entry
    if entry is None or backend.facts.kind not in ("web", "function"):
        return []
    if backend.facts.kind == "web":
        return [backend.facts]
    made = {a.framework for p in (entry.path, *reached_modules(facts, entry.path)) for a in applications_of(facts, p)}
    return [f for n in sorted(made) if (f := framework_named(n)).kind == "web"]


def _unseen_worker(facts: Facts, backend: Backend) -> str | None:
    """Return a worker among the dependencies of which no process was found."""
    manifests = python_manifests(facts, backend.root)
    seen = {e.framework for e in backend.others} | {backend.framework}
    kinds = {n: f for f in FRAMEWORKS if f.kind == "worker" for n in f.distributions} | dict.fromkeys(("taskiq",))
    return next((n for n, f in kinds.items() if manifests.has(n) and (f is None or f.name not in seen)), None)


_Def = ast.FunctionDef | ast.AsyncFunctionDef


def _modules(facts: Facts, backend: Backend, *words: str) -> Iterator[tuple[str, Module]]:
    """Yield the backend's own modules that its entry reaches and that may catch exceptions or have routes, or have one of some words."""
    entry = backend.entry
    for path in sorted(reached_modules(facts, entry.path))[:_MAX_MODULES] if entry is not None else ():
        if not_application(path):
            continue
        text = facts.text(path) or ""
        if not any(w in text for w in ("Exception", *_ROUTES, *words)):
            continue
        module = facts.python(path)
        if isinstance(module, Module):
            yield path, module


def _catching(module: Module, handlers: tuple[str, ...]) -> Iterator[tuple[_Def, str]]:
    """Yield the handlers of `Exception` that a framework asks before the SDK, and every middleware."""
    functions = {n.name: n for n in module.nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
    registered: set[str] = set()
    between: set[str] = set()
    for node in module.nodes:
        if isinstance(node, ast.Call):
            between |= {n.id for n in _put_between(node) if isinstance(n, ast.Name)}
        if (
            isinstance(node, ast.Call)
            and call_name(node) in handlers
            and len(node.args) > 1
            and _is_broad(node.args[0])
        ):
            name = node.args[1].id if isinstance(node.args[1], ast.Name) else ""
            registered |= {name} & functions.keys()
    for function in functions.values():
        decorators = [d for d in function.decorator_list if isinstance(d, (ast.Call, ast.Attribute))]
        calls = [d for d in decorators if isinstance(d, ast.Call)]
        handles = any(call_name(d) in handlers and d.args and _is_broad(d.args[0]) for d in calls)
        if function.name in registered or handles:
            yield function, "the handler"
        elif (
            any(_is_middleware(d) for d in decorators)
            or function.name in between
            or function.name == "dispatch"
            or (function.name == "__call__" and [a.arg for a in function.args.args][1:3] == ["scope", "receive"])
        ):
            yield function, "the middleware"


def _put_between(call: ast.Call) -> Iterator[ast.expr]:
    """Yield what a call makes a middleware: `app.middleware("http")(f)`, `app.add_middleware(BaseHTTPMiddleware, dispatch=f)`."""
    if isinstance(call.func, ast.Call) and _is_middleware(call.func):
        yield from call.args[:1]
    elif call_name(call) == "add_middleware":
        yield from (k.value for k in call.keywords if k.arg == "dispatch")


def _is_middleware(node: ast.expr) -> bool:
    function = node.func if isinstance(node, ast.Call) else node
    return isinstance(function, ast.Attribute) and function.attr == "middleware"


def _is_broad(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in _BROAD


def _hides(facts: Facts, path: str, function: _Def, what: str) -> bool | None:
    """Return whether a function keeps an exception from the SDK: it neither reports it nor lets it continue; None where a call may."""
    if what == "the handler":
        continues = lets_go(facts, path, function)
        return None if continues is None else not continues
    # What a host calls hides what it catches around its work; of a smaller part, the code may make something else.
    around = [n for n in function.body if isinstance(n, ast.Try)] if what == _HANDLER else own_nodes(function)
    found: set[bool | None] = set()
    for node in around:
        if not isinstance(node, ast.Try) or (
            what != _HANDLER
            and not any(isinstance(n, ast.Call) and call_name(n) in _NEXT for s in node.body for n in walk(s))
        ):
            continue
        for handler in node.handlers:
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            if handler.type is None or any(k is not None and _is_broad(k) for k in kinds):
                found.add(lets_go(facts, path, handler))
    return True if False in found else None if None in found else False


def routes_of_server(facts: Facts, backend: Backend) -> Verdict:
    """Decide `debug-route-guarded`: a route that raises on purpose, which production serves to everyone."""
    target = backend.target
    if backend.facts.kind != "web" or backend.entry is None:
        return not_applicable(f"{backend.facts.title} answers no requests", target=target)
    machine = server_chain(facts, backend).machine
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    uncertainties: list[Finding] = []
    repository = machine.repository if machine is not None else repository_of(facts, backend)
    routes = Routes(modules=list(_modules(facts, backend, *INCLUDES)), machine=machine, find=repository.find)
    for path, module in routes.modules:
        for function in module.nodes:
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            routed = next(
                (d for d in function.decorator_list if isinstance(d, ast.Call) and call_name(d) in _VERBS and d.args),
                None,
            )
            first = routed.args[0] if routed is not None else None
            route = str(first.value) if isinstance(first, ast.Constant) else ""
            if routed is None or not any(w in route for w in _ROUTES):
                continue
            place = {"path": path, "line": line_of(function), "hint": "remove it, or add it only where debugging is on"}
            truth, _ = routes.around(path, function)
            owner = routed.func.value if isinstance(routed.func, ast.Attribute) else None
            if truth is True and isinstance(owner, ast.Name):
                truth, _ = routes.of_router(path, owner.id)
            guarded = (
                any(k.arg in ("dependencies", "guards") for k in routed.keywords) or len(function.decorator_list) > 1
            )
            if truth is False:
                evidence.append(in_repository(f"production does not have the route {route!r}", path, line_of(function)))
            elif truth is None or guarded:
                message = f"whether everyone reaches the route {route!r} cannot be determined"
                uncertainties.append(Finding(message=message, **place))  # type: ignore[arg-type]
            else:
                findings.append(Finding(message=f"the route {route!r} raises an error for everyone", **place))  # type: ignore[arg-type]
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence, target=target)
    if decided is not None:
        return decided
    if evidence:
        return passed(*evidence, target=target)
    return not_applicable("no route raises an error on purpose", target=target)


def workers_of_server(facts: Facts, backend: Backend) -> Verdict:
    """Decide `init-covers-workers`: each other process of the same code starts the SDK as well."""
    target = backend.target
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    uncertainties: list[Finding] = []
    own = server_chain(facts, backend)
    late = "the signal worker_process_init"
    for entry in ((backend.entry,) if backend.facts.kind == "worker" and backend.entry else ()) + backend.others:
        title = framework_named(entry.framework).title
        chain = own if entry is backend.entry else server_chain(facts, backend, entry)
        running = [i for i in chain.inits if i.runs]
        place = {"path": entry.path, "line": entry.application.line if entry.application else None}
        in_time = [i for i in running if i.reached_by != late]
        if in_time:
            first = in_time[0]
            evidence.append(in_repository(f"the {title} process initializes the SDK", first.path, first.call.line))
        elif running:
            message = "worker_process_init runs only in the worker's children: the worker itself reports nothing"
            line = running[0].call.line
            findings.append(
                Finding(
                    message=message,
                    path=running[0].path,
                    line=line,
                    hint="call init at module level, or in celeryd_init",
                )
            )
        elif chain.problems or any(i.runs is None for i in chain.inits):
            message = f"whether the {title} process ({entry.path}) initializes the SDK cannot be determined"
            uncertainties.append(Finding(message=message, hint="call init when its module is imported", **place))  # type: ignore[arg-type]
        else:
            message = f"the {title} process ({entry.path}) does not initialize the SDK: its errors are not reported"
            findings.append(Finding(message=message, hint="call sentry_sdk.init() in its module", **place))  # type: ignore[arg-type]
    beat = beat_without_sdk(facts, backend)
    if beat is not None and evidence and not findings:
        message = "Celery's beat does not initialize the SDK: the signals of a worker are not sent in it"
        hint = "call init at module level, or in beat_init as well"
        findings.append(Finding(message=message, path=beat.path, line=beat.line, hint=hint))
    bare = bare_worker(facts, backend.root)
    if bare is not None:
        uncertainties.append(bare)
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence if findings else (), target=target)
    if decided is not None:
        return decided
    if evidence:
        return passed(*evidence, target=target)
    running = [i for i in own.inits if i.runs]
    unseen = _unseen_worker(facts, backend)
    if unseen is not None:
        return unknown(
            f"{unseen} is a dependency, and nothing that starts its worker was found",
            target=target,
            hint="check that the worker's module calls sentry_sdk.init()",
        )
    if not running:
        return not_applicable("no other process was found", target=target)
    fact = "the only process found initializes the SDK"
    return passed(in_repository(fact, running[0].path, running[0].call.line), target=target)
