"""Code between an exception and Sentry: middleware, handlers, and routes left over from a test."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

from checks.model import Evidence, Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers.flow import walk
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.patterns import lazy_pattern
from checks.production.heap import texts
from checks.production.values import Known, OneOf, members
from checks.repository.backends import Backend, module_path
from checks.repository.facts import Facts
from checks.repository.settings import SettingsChain, resolve_import, settings_chain
from checks.targets.applicability import (
    application_modules,
    call_name,
    each_backend,
    find_function,
    unparsed_module_verdict,
)
from checks.targets.reached_routes import Routes
from checks.targets.serving_verdicts import handlers_of_server, routes_of_server

_REPORTS = frozenset(
    [
        "capture_exception",
        "capture_message",
        "exception",
        "error",
        "critical",
        "exception_handler",
        "handle_uncaught_exception",
    ]
)
_SENDS = ("send", "send_robust", "asend", "asend_robust")
_ROUTE_NAMES = (
    "sentry-debug",
    "sentry_debug",
    "trigger_error",
    "trigger-error",
    "sentry-test",
    "sentry_test",
    "debug-sentry",
)
_GUARDS = (
    "staff_member_required",
    "user_passes_test",
    "permission_required",
    "superuser_required",
    "is_staff",
    "is_superuser",
)


def exceptions_not_swallowed(facts: Facts) -> Sequence[Verdict]:
    """A middleware or handler that turns an exception into a response hides it: the SDK then reports nothing.

    To fix: call `sentry_sdk.capture_exception()` (or `logger.exception()`) there, or re-raise the exception.
    """
    return each_backend(facts, _exceptions_not_swallowed)


def _exceptions_not_swallowed(facts: Facts, backend: Backend) -> Verdict:
    target = backend.target
    if not backend.is_django:
        return handlers_of_server(facts, backend)
    chain = settings_chain(facts, backend)
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    for dotted, kind in _named(chain):
        located = _locate(facts, backend, dotted)
        if located is None:
            continue
        path, node = located
        if isinstance(node, Module):
            return unknown(
                f"{kind} `{dotted}` is not found in {path}",
                path=path,
                hint="check whether it reports exceptions",
                target=target,
            )
        problem = _swallows(node, kind)
        if problem is not None:
            findings.append(
                Finding(
                    message=f"{kind} {node.name} turns exceptions into a response and reports none",
                    path=path,
                    line=problem,
                    hint="call sentry_sdk.capture_exception() there",
                )
            )
        else:
            evidence.append(in_repository(f"{kind} {node.name} hides no exception", path, line_of(node)))
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    if evidence:
        return passed(*evidence, target=target)
    if chain.problems:
        path, parse = chain.problems[0]
        return unknown(f"{path} cannot be read", path=path, line=parse.line, hint="fix the syntax error", target=target)
    return not_applicable("the project has no middleware or exception handler", target=target)


def _named(chain: SettingsChain) -> Iterator[tuple[str, str]]:
    """Yield the middleware that the settings end with, and the handler of Django REST framework, each with what it is."""
    yield from ((name, "the middleware") for name in _middleware(chain) if "." in name)
    rest, machine = chain.bindings.get("REST_FRAMEWORK"), chain.machine
    options = machine.dictionary(rest.value) if rest is not None and machine is not None else None
    handler = options.items.get("EXCEPTION_HANDLER") if options is not None else None
    for value in members(handler.value) if handler is not None else ():
        if isinstance(value, Known) and isinstance(value.value, str):
            yield value.value, "the exception handler"


def _middleware(chain: SettingsChain) -> list[str]:
    bound, machine = chain.bindings.get("MIDDLEWARE"), chain.machine
    if bound is None or machine is None:
        return []
    if machine.items(bound.value) is not None or isinstance(bound.value, OneOf):
        return texts(machine.heap, bound.value)
    parts = walk(bound.node) if bound.node is not None else ()
    return [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]


def _locate(
    facts: Facts, backend: Backend, dotted: str
) -> tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | Module] | None:
    module_name, _, name = dotted.rpartition(".")
    path = module_path(facts, backend.root, module_name)
    module = facts.python(path) if path else None
    if path is None or not isinstance(module, Module):
        return None
    for node in module.tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            return path, node
    return path, module


def _swallows(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, kind: str) -> int | None:
    """Return the line on which exceptions are swallowed, or None."""
    if kind == "the exception handler":
        calls = {call_name(n) for n in walk(node) if isinstance(n, ast.Call)}
        answers = any("Response" in c for c in calls)
        return line_of(node) if answers and not _reports(node) and not _raises(node) else None
    for part in walk(node):
        if isinstance(part, ast.FunctionDef) and part.name == "process_exception":
            returned = [n for n in walk(part) if isinstance(n, ast.Return) and n.value is not None]
            answers = any(not isinstance(n.value, ast.Constant) for n in returned)
            if answers and not _reports(part) and not _only_some(part):
                return line_of(part)
        if isinstance(part, ast.ExceptHandler) and _broad(part):
            answers = any(isinstance(n, ast.Return) for n in walk(part))
            guards_view = any(
                isinstance(n, ast.Call) and call_name(n) in ("get_response", "__acall__", "view_func")
                for statement in _try_of(node, part)
                for n in walk(statement)
            )
            if answers and guards_view and not _reports(part) and not _raises(part):
                return line_of(part)
    return None


def _try_of(root: ast.AST, handler: ast.ExceptHandler) -> list[ast.stmt]:
    return next((n.body for n in walk(root) if isinstance(n, ast.Try) and handler in n.handlers), [])


def _broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
    )


def _reports(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Call) and (call_name(n) in _REPORTS or _sends_signal(n)) for n in walk(node))


def _sends_signal(node: ast.Call) -> bool:
    """Return whether a call sends Django's `got_request_exception`, to which the SDK listens.

    See https://docs.djangoproject.com/en/stable/ref/signals/#got-request-exception.
    """
    sent = node.func
    if not (isinstance(sent, ast.Attribute) and sent.attr in _SENDS):
        return False
    signal = sent.value
    return (signal.attr if isinstance(signal, ast.Attribute) else getattr(signal, "id", "")) == "got_request_exception"


def _raises(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Raise) for n in walk(node))


def _only_some(function: ast.FunctionDef) -> bool:
    """A handler that checks the exception's class handles only some of them."""
    return any(isinstance(n, ast.Call) and call_name(n) == "isinstance" for n in walk(function))


_ROUTE_WORDS = ("trigger_error", "ZeroDivisionError", "sentry", "urlpatterns")


def debug_route_guarded(facts: Facts) -> Sequence[Verdict]:
    """A public route that raises an error on purpose lets anyone use up the quota.

    To fix: remove the route after the test, or add it only `if settings.DEBUG`.
    """
    return each_backend(facts, _debug_route_guarded)


def _debug_route_guarded(facts: Facts, backend: Backend) -> Verdict:
    target = backend.target
    if not backend.is_django:
        return routes_of_server(facts, backend)
    broken = set(_ROUTE_NAMES)
    guarded: set[str] = set()
    for _, module in application_modules(facts, backend, *_ROUTE_WORDS, where=_MAY_RAISE_ON_PURPOSE.search):
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef) and (_divides_by_zero(node) or _only_raises(node)):
                broken.add(node.name)
                if any(g in ast.unparse(node) for g in (*_GUARDS, "DEBUG")):
                    guarded.add(node.name)
    findings: list[Finding] = []
    uncertainties: list[Finding] = []
    evidence: list[Evidence] = []
    routes = Routes(
        modules=list(application_modules(facts, backend, "urlpatterns")),
        machine=settings_chain(facts, backend).machine,
        find=lambda path, dotted, level: resolve_import(facts, backend, path, dotted, level),
    )
    for path, module in routes.modules:
        for node in module.nodes:
            if (
                not isinstance(node, ast.Call)
                or call_name(node) not in ("path", "re_path", "url")
                or len(node.args) < 2
            ):
                continue
            route = str(node.args[0].value) if isinstance(node.args[0], ast.Constant) else ""
            view = node.args[1]
            name = view.attr if isinstance(view, ast.Attribute) else getattr(view, "id", "")
            named = any(w in route for w in _ROUTE_NAMES)
            if not named and name not in broken and not _divides_by_zero(view):
                continue
            by_condition, test = routes.around(path, node)
            if by_condition is True:
                by_condition, test = routes.of_module(path)
            if (
                name in guarded
                or _is_guarded(facts, backend, path, name)
                or by_condition is False
                or any(g in ast.unparse(view) for g in _GUARDS)
            ):
                evidence.append(in_repository(f"the route {route!r} is guarded", path, line_of(node)))
            elif by_condition is None:
                uncertainties.append(
                    Finding(
                        message=f"whether production has the route {route!r} cannot be determined: `{test}` decides",
                        path=path,
                        line=line_of(node),
                        hint="remove it, or add it only `if settings.DEBUG`",
                    )
                )
            else:
                findings.append(
                    Finding(
                        message=f"the route {route!r} raises an error for everyone",
                        path=path,
                        line=line_of(node),
                        hint="remove it, or add it only `if settings.DEBUG`",
                    )
                )
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    if uncertainties:
        first = uncertainties[0]
        return unknown(
            first.message, path=first.path, line=first.line, hint=first.hint, evidence=evidence, target=target
        )
    open_one = unparsed_module_verdict(
        facts, backend, "urlpatterns", files=facts.named("urls.py")
    ) or unparsed_module_verdict(facts, backend, *_ROUTE_WORDS, where=_MAY_RAISE_ON_PURPOSE.search)
    if open_one is not None:
        return open_one
    if evidence:
        return passed(*evidence, target=target)
    return not_applicable("no route raises an error on purpose", target=target)


def _is_guarded(facts: Facts, backend: Backend, path: str, name: str) -> bool:
    """Return whether the view of a name lets only some people in."""
    located = find_function(facts, path, name, settings_chain(facts, backend)) if name else None
    return located is not None and any(g in ast.unparse(located[1]) for g in _GUARDS)


_MAY_RAISE_ON_PURPOSE = lazy_pattern(
    r"[/%](?>(?:[\s()\\]+|#[^\n]*)*)\.?0|\brequest\b[^\n]*:\s+(?:[\"'][^\n]*\s+)?raise\b"
)
"""What a division by a literal zero looks like, with anything between the two, or a view that begins with `raise`.

Most modules need no closer check.

Atomic: a row of `#` can be split into comments in as many ways as it has parts.
"""


def _divides_by_zero(node: ast.AST) -> bool:
    return any(
        isinstance(n, ast.BinOp)
        and isinstance(n.op, (ast.Div, ast.FloorDiv, ast.Mod))
        and isinstance(n.right, ast.Constant)
        and n.right.value == 0
        and not isinstance(n.right.value, bool)
        for n in walk(node)
    )


_OWN_PURPOSE = frozenset({"NotImplementedError", "PermissionError", "StopIteration", "KeyboardInterrupt", "SystemExit"})
"""Python's exceptions that a view raises for another reason than to see them reported."""


def _only_raises(function: ast.FunctionDef) -> bool:
    """Return whether a view does nothing but raise one of Python's own exceptions."""
    body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    raised = body[0].exc if len(body) == 1 and isinstance(body[0], ast.Raise) else None
    named = raised.func if isinstance(raised, ast.Call) else raised
    parameters = [a.arg for a in function.args.args]
    if not isinstance(named, ast.Name) or "request" not in parameters[:2] or named.id in _OWN_PURPOSE:
        return False
    known = getattr(builtins, named.id, None)
    return isinstance(known, type) and issubclass(known, BaseException)
