"""Code between an exception and Sentry: middleware, handlers, and routes left over from a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from checks.backends.applications import imported_names
from checks.model import Evidence, Finding, Verdict, failed_or_unknown, in_repository, not_applicable, passed, unknown
from checks.parsers.flow import call_name, parameters, walk
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.production.heap import texts
from checks.production.trial import holds_in
from checks.production.values import Known, OneOf, members
from checks.repository.backends import Backend, module_path
from checks.repository.facts import Facts
from checks.repository.settings import SettingsChain, settings_chain
from checks.targets.answered import Answered, Answers
from checks.targets.applicability import (
    each_backend,
)
from checks.targets.reporting import lets_go, reports
from checks.targets.serving_verdicts import handlers_of_server


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
    uncertainties: list[Finding] = []
    evidence: list[Evidence] = []
    for dotted, kind in _named(chain):
        located = _locate(facts, backend, dotted)
        if located is None:
            continue
        path, module, node = located
        if node is None:
            return unknown(
                f"{kind} `{dotted}` is not found in {path}",
                path=path,
                hint="check whether it reports exceptions",
                target=target,
            )
        problem = _swallows(facts, chain, path, module, node, kind)
        hint = "call sentry_sdk.capture_exception() there"
        if problem is not None and problem.why:
            message = f"whether {kind} {node.name} reports exceptions cannot be determined: `{problem.why}` decides"
            uncertainties.append(Finding(message=message, path=path, line=problem.line, hint=hint))
        elif problem is not None:
            message = f"{kind} {node.name} turns exceptions into a response and reports none"
            findings.append(Finding(message=message, path=path, line=problem.line, hint=hint))
        else:
            evidence.append(in_repository(f"{kind} {node.name} hides no exception", path, line_of(node)))
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence, target=target)
    if decided is not None:
        return decided
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
) -> tuple[str, Module, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | None] | None:
    """Return the module of a dotted name with the class or function (None: it is not there); None where the module is not ours."""
    module_name, _, name = dotted.rpartition(".")
    path = module_path(facts, backend.root, module_name)
    module = facts.python(path) if path else None
    if path is None or not isinstance(module, Module):
        return None
    for node in module.tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            return path, module, node
    return path, module, None


def _swallows(
    facts: Facts,
    chain: SettingsChain,
    path: str,
    module: Module,
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
    kind: str,
) -> Answered | None:
    """Return where exceptions end in an answer, or may do so, or None."""
    if kind == "the exception handler":
        return None if isinstance(node, ast.ClassDef) else _answered(facts, chain, path, module, node, node, 0)
    for part in walk(node):
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)) and part.name == "process_exception":
            found = _answered(facts, chain, path, module, node, part, 1)
            if found is not None:
                return Answered(line_of(part), found.why)
        if isinstance(part, ast.ExceptHandler) and _broad(part):
            answers = any(isinstance(n, ast.Return) for n in walk(part))
            guards_view = any(
                isinstance(n, ast.Call) and call_name(n) in ("get_response", "__acall__", "view_func")
                for statement in _try_of(node, part)
                for n in walk(statement)
            )
            continues = lets_go(facts, path, part) if answers and guards_view else True
            if continues is not True:
                return Answered(line_of(part), "what it calls" if continues is None else "")
    return None


def _answered(
    facts: Facts,
    chain: SettingsChain,
    path: str,
    module: Module,
    owner: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    position: int,
) -> Answered | None:
    """Follow a function that is given an exception at a position among its arguments."""
    given, machine = parameters(function), chain.machine
    if len(given) <= position:
        return None
    bodies = [*module.tree.body, *(owner.body if isinstance(owner, ast.ClassDef) else ())]
    return Answers(
        body=function.body,
        exception=given[position],
        given=frozenset(given),
        names=imported_names(module),
        helpers={n.name: n for n in bodies if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))},
        reports=lambda call: reports(facts, path, call, {given[position]}),
        holds=lambda test: holds_in(machine, path, test) if machine is not None else None,
    ).answered()


def _try_of(root: ast.AST, handler: ast.ExceptHandler) -> list[ast.stmt]:
    return next((n.body for n in walk(root) if isinstance(n, ast.Try) and handler in n.handlers), [])


def _broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
    )
