"""Routes left over from a test of Sentry, which raise an error for everyone who asks for them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from checks.model import (
    Evidence,
    Finding,
    Verdict,
    failed_or_unknown,
    in_repository,
    not_applicable,
    passed,
)
from checks.parsers.flow import call_name, walk
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.patterns import lazy_pattern
from checks.production.values import Known
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.settings import resolve_import, settings_chain
from checks.targets.applicability import (
    application_modules,
    each_backend,
    find_function,
    unparsed_module_verdict,
)
from checks.targets.reached_routes import Reached, Routes, both
from checks.targets.serving_verdicts import routes_of_server

_ROUTE_NAMES = (
    "sentry-debug",
    "sentry_debug",
    "trigger_error",
    "trigger-error",
    "sentry-test",
    "sentry_test",
    "debug-sentry",
)
_ROUTE_WORDS = ("trigger_error", "ZeroDivisionError", "sentry", "urlpatterns")
_GUARDS = frozenset(
    {
        "staff_member_required",
        "user_passes_test",
        "permission_required",
        "superuser_required",
        "login_required",
        "admin_view",
        "UserPassesTestMixin",
        "PermissionRequiredMixin",
        "LoginRequiredMixin",
    }
)
"""What lets only some people in, around a view."""
_METHODS = ("dispatch", "get", "post", "put", "patch", "delete", "head", "get_context_data")
_View = ast.FunctionDef | ast.AsyncFunctionDef
_HINT = "remove it, or add it only `if settings.DEBUG`"


class _Raising(NamedTuple):
    """A view of the repository that may raise on purpose: what its route names, its file, and the functions that answer."""

    path: str
    node: _View | ast.ClassDef
    functions: tuple[_View, ...]


def debug_route_guarded(facts: Facts) -> Sequence[Verdict]:
    """A public route that raises an error on purpose lets anyone use up the quota.

    To fix: remove the route after the test, or add it only `if settings.DEBUG`.
    """
    return each_backend(facts, _debug_route_guarded)


def _debug_route_guarded(facts: Facts, backend: Backend) -> Verdict:
    target = backend.target
    if not backend.is_django:
        return routes_of_server(facts, backend)
    chain = settings_chain(facts, backend)
    urls = chain.bindings.get("ROOT_URLCONF")
    root = str(urls.value.value) if urls is not None and isinstance(urls.value, Known) else ""
    routes = Routes(
        modules=list(application_modules(facts, backend, "urlpatterns")),
        machine=chain.machine,
        find=lambda path, dotted, level: resolve_import(facts, backend, path, dotted, level),
        root=resolve_import(facts, backend, chain.files[0], root, 0) if root and chain.files else None,
    )
    views = {
        node.name: _Raising(path, node, functions)
        for path, module in application_modules(facts, backend, *_ROUTE_WORDS, where=_MAY_RAISE_ON_PURPOSE.search)
        for node, functions in _views(module)
        if any(map(_on_purpose, functions))
    }
    findings: list[Finding] = []
    uncertainties: list[Finding] = []
    evidence: list[Evidence] = []
    for path, node, route in _routes(routes):
        names = _names(node.args[1])
        named = [views[n] for n in names if n in views]
        if not named and not _divides_by_zero(node.args[1]):
            if not any(w in route for w in _ROUTE_NAMES) and not any(n in _ROUTE_NAMES for n in names):
                continue
            named = [
                v for n in names if (v := _located(facts, backend, routes.homes(path, node.args[1]), n)) is not None
            ]
        reached = routes.of_list(path, node)
        if named and reached[0] is not False:
            reached = both(reached, _any([_of_view(routes, v) for v in named]))
        if reached[0] is False or _lets_some_in(node.args[1]):
            evidence.append(in_repository(f"the route {route!r} is guarded", path, line_of(node)))
            continue
        message = f"the route {route!r} raises an error for everyone"
        if reached[0] is None:
            message = f"whether production has the route {route!r} cannot be determined: {reached[1]}"
        kind = uncertainties if reached[0] is None else findings
        kind.append(Finding(message=message, path=path, line=line_of(node), hint=_HINT))
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence, target=target)
    if decided is not None:
        return decided
    open_one = unparsed_module_verdict(
        facts, backend, "urlpatterns", files=facts.named("urls.py")
    ) or unparsed_module_verdict(facts, backend, *_ROUTE_WORDS, where=_MAY_RAISE_ON_PURPOSE.search)
    if open_one is not None:
        return open_one
    if evidence:
        return passed(*evidence, target=target)
    return not_applicable("no route raises an error on purpose", target=target)


def _routes(routes: Routes) -> Iterator[tuple[str, ast.Call, str]]:
    """Yield the module, the call and the text of each route."""
    for path, module in routes.modules:
        for node in module.nodes:
            if isinstance(node, ast.Call) and call_name(node) in ("path", "re_path", "url") and len(node.args) > 1:
                first = node.args[0]
                yield path, node, str(first.value) if isinstance(first, ast.Constant) else ""


def _names(view: ast.expr) -> list[str]:
    """Return the names that may be the view: of itself, of the class before `.as_view()`, of what a decorator is called with."""
    match view:
        case ast.Name():
            return [view.id]
        case ast.Attribute():
            return [view.attr]
        case ast.Call(func=ast.Attribute(attr="as_view", value=owner)):
            return _names(owner)
        case ast.Call():
            return [n for a in view.args for n in _names(a)]
    return []


def _views(module: Module) -> Iterator[tuple[_View | ast.ClassDef, tuple[_View, ...]]]:
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, (node,)
        elif isinstance(node, ast.ClassDef):
            answers = [s for s in node.body if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)]
            if functions := tuple(f for f in answers if f.name in _METHODS):
                yield node, functions


def _located(facts: Facts, backend: Backend, homes: Sequence[str], name: str) -> _Raising | None:
    """Return the view that a name stands for, in one of some modules or in one that they import it from."""
    chain = settings_chain(facts, backend)
    for home in homes:
        located = find_function(facts, home, name, chain)
        if located is not None and isinstance(located[1], ast.FunctionDef):
            return _Raising(located[0], located[1], (located[1],))
    return None


def _of_view(routes: Routes, view: _Raising) -> Reached:
    """Return whether someone who is not signed in makes a view raise, and the condition that decides it."""
    around = [*view.node.decorator_list, *(view.node.bases if isinstance(view.node, ast.ClassDef) else ())]
    if any(map(_lets_some_in, around)):
        return False, ""
    found = []
    for function in view.functions:
        if any(map(_lets_some_in, function.decorator_list)):
            continue
        raising = [n for n in _own(function) if _raises_on_purpose(n)]
        found += [routes.within(view.path, n, function) for n in raising] or [(True, "")]
    return _any(found) if found else (False, "")


def _any(found: Sequence[Reached]) -> Reached:
    order = {True: 0, None: 1, False: 2}
    return min(found, key=lambda r: order[r[0]])


def _lets_some_in(node: ast.AST) -> bool:
    """Return whether a decorator, base class or call around a view lets only some people in."""
    if isinstance(node, ast.Call) and call_name(node) == "user_passes_test" and node.args:
        test = node.args[0]
        if isinstance(test, ast.Lambda) and isinstance(test.body, ast.Constant) and test.body.value:
            return False
    return any(
        (isinstance(n, ast.Name) and n.id in _GUARDS) or (isinstance(n, ast.Attribute) and n.attr in _GUARDS)
        for n in walk(node)
    )


_MAY_RAISE_ON_PURPOSE = lazy_pattern(
    r"[/%](?>(?:[\s()\\]+|#[^\n]*)*)\.?0|\brequest\b[^\n]*:\s+(?:[\"'][^\n]*\s+)?raise\b"
)
"""What a division by a literal zero looks like, with anything between the two, or a view that begins with `raise`.

Most modules need no closer check.

Atomic: a row of `#` can be split into comments in as many ways as it has parts.
"""


def _own(function: _View) -> Iterator[ast.AST]:
    for statement in function.body:
        if not isinstance(statement, _View | ast.ClassDef):
            yield from walk(statement)


def _is_zero_division(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod))
        and isinstance(node.right, ast.Constant)
        and node.right.value == 0
        and not isinstance(node.right.value, bool)
    )


def _divides_by_zero(node: ast.AST) -> bool:
    return any(map(_is_zero_division, walk(node)))


_OWN_PURPOSE = frozenset({"NotImplementedError", "PermissionError", "StopIteration", "KeyboardInterrupt", "SystemExit"})
"""Python's exceptions that a view raises for another reason than to see them reported."""


def _raises_on_purpose(node: ast.AST) -> bool:
    """Return whether a node of a view raises one of Python's own exceptions, to see it reported."""
    if _is_zero_division(node):
        return True
    raised = node.exc if isinstance(node, ast.Raise) else None
    named = raised.func if isinstance(raised, ast.Call) else raised
    if not isinstance(named, ast.Name) or named.id in _OWN_PURPOSE:
        return False
    known = getattr(builtins, named.id, None)
    return isinstance(known, type) and issubclass(known, BaseException)


def _on_purpose(function: _View) -> bool:
    """Return whether a view divides by zero, or does nothing but raise one of Python's own exceptions."""
    if any(map(_is_zero_division, _own(function))):
        return True
    body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    parameters = [a.arg for a in function.args.args]
    return len(body) == 1 and _raises_on_purpose(body[0]) and "request" in parameters[:2]
