"""Whether a call reports an exception to Sentry, by what its name stands for: the SDK, a logger, code of the repository, other code."""

from __future__ import annotations

import ast
import builtins
import logging
import sys
from collections.abc import Callable

from checks.backends.applications import application_at, dotted_name, find_module, framework_of_class, imported_names
from checks.backends.frameworks import FRAMEWORKS
from checks.parsers.flow import parameters, walk
from checks.parsers.python import Module
from checks.repository.facts import Facts
from checks.targets.answered import Answers

_SDK = frozenset({"capture_exception", "capture_message", "capture_event"})
_LOGGERS = frozenset({"logging.getLogger", "loguru.logger", "celery.utils.log.get_task_logger", "logging.root"})
"""What gives a logger whose errors the SDK reports by itself (https://docs.sentry.io/platforms/python/integrations/logging/)."""
_OTHER_LOGGERS = frozenset({"structlog.get_logger", "structlog.getLogger", "structlog.stdlib.get_logger"})
"""What gives a logger whose configuration decides whether its errors reach `logging`."""
_LOUD = frozenset({"exception", "error", "critical", "fatal"})
_QUIET = frozenset({"trace", "debug", "info", "success", "warning", "warn"})
_CURRENT = frozenset({"flask.current_app", "quart.current_app"})
_DJANGOS_SIGNAL = "django.core.signals.got_request_exception."
_SENDS = frozenset({"send", "send_robust", "asend", "asend_robust"})
"""How Django's signal is sent that the SDK listens to (https://docs.djangoproject.com/en/stable/ref/signals/#got-request-exception)."""
_DJANGOS_OWN = frozenset({"handle_uncaught_exception", "response_for_exception"})
_SILENT = (sys.stdlib_module_names - {"logging"}) | {
    *(n.partition(".")[0] for f in FRAMEWORKS for n in f.applications),
    *("django", "starlette", "werkzeug", "jinja2", "markupsafe", "pydantic", "orjson", "ujson", "rest_framework"),
}
"""Packages whose functions report nothing, whatever they are handed."""
_DEEPEST = 4
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Def = ast.FunctionDef | ast.AsyncFunctionDef
Answer = bool | None
"""Whether something reports; None where that cannot be determined."""


def lets_go(facts: Facts, path: str, node: ast.ExceptHandler | _Def, depth: int = 0) -> Answer:
    """Return whether code raises or reports an exception on every way; None where a call in it may report one, or a condition decides."""
    module = facts.python(path)
    if not isinstance(module, Module):
        return None
    given = {node.name or ""} if isinstance(node, ast.ExceptHandler) else set(parameters(node))
    found = Answers(
        body=node.body,
        exception=next(iter(given), "") if isinstance(node, ast.ExceptHandler) else next(iter(parameters(node)), ""),
        given=frozenset(given),
        names=facts.memoize(imported_names, path, lambda: imported_names(module)),
        helpers={},
        reports=lambda call: reports(facts, path, call, given, depth),
        holds=lambda test: None,
        ends=True,
    ).answered()
    return True if found is None else None if found.why else False


def reports(facts: Facts, path: str, call: ast.Call, caught: set[str], depth: int = 0) -> Answer:
    """Return whether a call reports an exception, whose names are given; None where it may: it hands them to other code."""
    module = facts.python(path)
    if not isinstance(module, Module):
        return None
    names = facts.memoize(imported_names, path, lambda: imported_names(module))
    resolved = dotted_name(call.func, names)
    if resolved is not None:
        dotted, level = resolved
        package, _, last = dotted.rpartition(".")
        if not level and dotted.partition(".")[0] == "sentry_sdk":
            return last in _SDK
        if not level and package in ("logging", "loguru.logger"):
            return _of_level(call, last)
        if not level and dotted.startswith(_DJANGOS_SIGNAL):
            return last in _SENDS
        within = _followed(facts, path, dotted, level, depth)
        if within is not None:
            return within[0]
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in _DJANGOS_OWN:
        return True
    if isinstance(call.func, ast.Name):
        own = next((n for n in module.nodes if isinstance(n, _FUNCTIONS) and n.name == call.func.id), None)
        if own is not None:
            return lets_go(facts, path, own, depth + 1) if depth < _DEEPEST else None
    elif isinstance(call.func, ast.Attribute):
        around = _class_around(module, call)
        if isinstance(call.func.value, ast.Name) and call.func.value.id in ("self", "cls") and around is not None:
            return _of_method(facts, path, around, method, depth)
        owner = _kind_of(facts, path, module, call.func.value, depth)
        if owner == "logger":
            return _of_level(call, method)
        if owner == "perhaps a logger":
            return None if method in _LOUD else False
        if isinstance(owner, tuple):
            return _of_method(facts, *owner, method, depth)
    if resolved is not None and not resolved[1] and resolved[0].partition(".")[0] in _SILENT:
        return False
    if isinstance(call.func, ast.Name) and (hasattr(builtins, call.func.id) or _is_class(module, call.func.id)):
        return False
    if isinstance(call.func, ast.Name) and call.func.id in module.assignments:
        return None
    handed = any(isinstance(a, ast.Name) and a.id in caught for a in (*call.args, *(k.value for k in call.keywords)))
    told = any(k.arg == "exc_info" for k in call.keywords)
    # Code that is not here may report what it is handed.
    return None if method in _LOUD or told or (handed and not _makes(call)) else False


def _class_around(module: Module, call: ast.Call) -> ast.ClassDef | None:
    """Return the class whose method has a call."""
    classes = [n for n in module.nodes if isinstance(n, ast.ClassDef)]
    return next((c for c in reversed(classes) if any(n is call for n in walk(c))), None)


def _is_class(module: Module, name: str) -> bool:
    return any(isinstance(n, ast.ClassDef) and n.name == name for n in module.tree.body)


def _makes(call: ast.Call) -> bool:
    """Return whether a call makes an object of a class, by Python's way to write one: a response that shows the error reports none."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name[:1].isupper()


def _of_level(call: ast.Call, method: str) -> Answer:
    """Return whether a method of a logger logs an error, by its name, or by the level that it is given."""
    if method != "log":
        return True if method in _LOUD else False if method in _QUIET else None
    level = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "level"), None)
    written = (
        level.attr if isinstance(level, ast.Attribute) else level.value if isinstance(level, ast.Constant) else None
    )
    number = getattr(logging, written.upper(), None) if isinstance(written, str) else written
    return number >= logging.ERROR if isinstance(number, int) else None


def _followed(facts: Facts, path: str, dotted: str, level: int, depth: int) -> tuple[Answer] | None:
    """Return whether a function of another module of the repository reports, None where it is none."""
    home, _, name = dotted.rpartition(".")
    place = find_module(facts, path, home, level) if home or level else None
    module = facts.python(place) if place is not None else None
    if place is None or not isinstance(module, Module):
        return None
    if depth >= _DEEPEST:
        return (None,)
    function = next((n for n in module.tree.body if isinstance(n, _FUNCTIONS) and n.name == name), None)
    if function is not None:
        return (lets_go(facts, place, function, depth + 1),)
    if any(isinstance(n, ast.ClassDef) and n.name == name for n in module.tree.body):
        return (False,)
    further = imported_names(module).get(name)
    return _followed(facts, place, *further, depth + 1) if further is not None else None


def _kind_of(
    facts: Facts, path: str, module: Module, node: ast.expr, depth: int
) -> str | tuple[str, ast.ClassDef] | None:
    """Return what an expression gives: a logger, perhaps one, an object of a class of the repository (its file and class), or None."""
    if depth > _DEEPEST:
        return None
    names = facts.memoize(imported_names, path, lambda: imported_names(module))
    resolved = dotted_name(node.func if isinstance(node, ast.Call) else node, names)
    if resolved is not None and not resolved[1]:
        if resolved[0] in _LOGGERS:
            return "logger"
        if resolved[0] in _OTHER_LOGGERS:
            return "perhaps a logger"
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("bind", "getChild", "opt"):
            return _kind_of(facts, path, module, node.func.value, depth + 1)
        return _of_class(facts, path, module, node.func)
    if isinstance(node, ast.Attribute) and node.attr == "logger":
        current = dotted_name(node.value, names)
        if current is not None and current[0] in _CURRENT:
            return "logger"
        if isinstance(node.value, ast.Name):
            made = application_at(facts, path, node.value.id)
            if made is not None:
                return "logger"
    if isinstance(node, ast.Attribute):
        return _any(module, node, lambda v: _kind_of(facts, path, module, v, depth + 1))
    if isinstance(node, ast.Name) and node.id not in names:
        value = module.assignments.get(node.id)
        return _kind_of(facts, path, module, value, depth + 1) if value is not None else None
    if resolved is None:
        return None
    home, _, last = resolved[0].rpartition(".")
    place = find_module(facts, path, home, resolved[1]) if home or resolved[1] else None
    other = facts.python(place) if place is not None else None
    if place is None or place == path or not isinstance(other, Module):
        return None
    return _kind_of(facts, place, other, ast.Name(id=last), depth + 1)


def _any(
    module: Module, node: ast.Attribute, kind: Callable[[ast.expr], str | tuple[str, ast.ClassDef] | None]
) -> str | tuple[str, ast.ClassDef] | None:
    """Return what every assignment of the module to that attribute of that name gives, None where they differ or there is none."""
    written = ast.unparse(node)
    values = [
        n.value
        for n in module.nodes
        if isinstance(n, ast.Assign)
        and any(isinstance(t, ast.Attribute) and ast.unparse(t) == written for t in n.targets)
    ]
    kinds = [kind(v) for v in values]
    return kinds[0] if kinds and all(k == kinds[0] for k in kinds) else None


def _of_class(facts: Facts, path: str, module: Module, node: ast.expr) -> tuple[str, ast.ClassDef] | None:
    """Return the class of the repository that a call makes an object of, with its file."""
    if framework_of_class(facts, path, node) is not None:
        return None
    if isinstance(node, ast.Name):
        own = next((n for n in module.tree.body if isinstance(n, ast.ClassDef) and n.name == node.id), None)
        if own is not None:
            return path, own
    resolved = dotted_name(node, imported_names(module))
    home, _, last = resolved[0].rpartition(".") if resolved is not None else ("", "", "")
    place = find_module(facts, path, home, resolved[1]) if resolved is not None and (home or resolved[1]) else None
    other = facts.python(place) if place is not None else None
    if place is None or not isinstance(other, Module):
        return None
    made = next((n for n in other.tree.body if isinstance(n, ast.ClassDef) and n.name == last), None)
    return (place, made) if made is not None else None


def _of_method(facts: Facts, path: str, made: ast.ClassDef, method: str, depth: int) -> Answer:
    """Return whether a method of a class reports; None for one that a base which is not here may have."""
    own = next((n for n in made.body if isinstance(n, _FUNCTIONS) and n.name == method), None)
    if own is None or depth >= _DEEPEST:
        return None
    return lets_go(facts, path, own, depth + 1)
