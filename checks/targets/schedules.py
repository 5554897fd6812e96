"""What runs on a schedule beside Celery's beat: jobs of APScheduler, and Django's commands that a host or cron starts.

Sentry learns a monitor's schedule from the first check-in that carries it; a check-in without one, for a monitor that nobody
made, is dropped (https://docs.sentry.io/platforms/python/crons/).
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from msgspec import Struct

from checks.hosts.commands import start_commands
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.backends import Backend
from checks.repository.dependencies import python_manifests
from checks.repository.facts import Facts, inside
from checks.repository.settings import resolve_import
from checks.targets.crontabs import Clocked, crontabs
from checks.targets.triggers import Schedule, crontab, schedule_of

_BRINGS_APSCHEDULER = ("apscheduler", "flask-apscheduler", "django-apscheduler")
ADDED, DECORATED = "add_job", "scheduled_job"
"""The methods of a scheduler that take a job (https://apscheduler.readthedocs.io/en/3.x/userguide.html#adding-jobs)."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Scheduled(Struct, frozen=True, kw_only=True):
    """A function that runs on a schedule: its file, its `def`, the monitor's slug, and what names it (`source`, `line`).

    `schedule` is None where it cannot be written as Sentry takes it, and `monitored` says that a monitor of the SDK is around it.
    """

    path: str
    function: _Function
    slug: str
    source: str
    line: int
    schedule: Schedule | None
    monitored: bool


def may_schedule(facts: Facts, backend: Backend) -> bool:
    """Return whether APScheduler is among a backend's dependencies."""
    return python_manifests(facts, backend.root).has(*_BRINGS_APSCHEDULER)


def jobs_of(facts: Facts, backend: Backend, path: str, module: Module) -> Iterator[Scheduled]:
    """Yield the jobs that a module gives a scheduler of APScheduler, those of one date left out."""
    zone = _zone_of_scheduler(module)
    for node in module.nodes:
        if isinstance(node, _Function):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _method(decorator) == DECORATED:
                    yield from _job(path, module, node, decorator, decorator.args, zone, path)
        elif isinstance(node, ast.Call) and _method(node) == ADDED and node.args:
            given = _function(facts, backend, path, module, node.args[0])
            if given is not None:
                yield from _job(given[0], given[1], given[2], node, node.args[1:], zone, path)


def commands_of(facts: Facts, backend: Backend) -> Iterator[Scheduled]:
    """Yield the commands of a Django project that are started by the clock: Render's cron jobs, CronJobs, crontabs."""
    for clocked in (*_of_hosts(facts), *crontabs(facts)) if backend.is_django else ():
        words = [w.rpartition("/")[2] for w in clocked.words]
        if "manage.py" not in words[:-1]:
            continue
        name = clocked.words[words.index("manage.py") + 1]
        handle = _handle(facts, backend, name)
        if handle is not None:
            path, module, function = handle
            known = crontab(clocked.schedule)
            yield Scheduled(
                path=path,
                function=function,
                slug=_slug(name),
                source=clocked.path,
                line=clocked.line,
                schedule=Schedule(kind="crontab", value=known, zone=clocked.zone) if known else None,
                monitored=is_monitored(module, function),
            )


def _of_hosts(facts: Facts) -> Iterator[Clocked]:
    clocks = {(d.path, d.line): d for d in facts.deployments if d.schedule}
    for command in start_commands(facts) if clocks else ():
        found = clocks.get((command.path, command.line))
        if found is not None:
            place = {"path": found.path, "line": found.line}
            yield Clocked(words=command.words, schedule=found.schedule, zone=found.zone, **place)  # type: ignore[arg-type]


def is_monitored(module: Module, function: _Function) -> bool:
    """Return whether a function has the SDK's `monitor` as a decorator, or as a context manager in its body."""
    names = _names_of_monitor(module)
    around = [d.func for d in function.decorator_list if isinstance(d, ast.Call)]
    for node in ast.walk(function):
        if isinstance(node, (ast.With, ast.AsyncWith)):
            around += [i.context_expr.func for i in node.items if isinstance(i.context_expr, ast.Call)]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "capture_checkin":
            return True
    return any(ast.unparse(f) in names for f in around)


def _names_of_monitor(module: Module) -> set[str]:
    names = set()
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "sentry_sdk":
                    names |= {f"{alias.asname or alias.name}.{n}" for n in ("monitor", "crons.monitor")}
                elif alias.name.startswith("sentry_sdk.crons"):
                    names.add(f"{alias.asname or 'sentry_sdk.crons'}.monitor")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sentry_sdk":
            names |= {a.asname or a.name for a in node.names if a.name == "monitor"}
            names |= {f"{a.asname or a.name}.monitor" for a in node.names if a.name == "crons"}
    return names


def _job(
    path: str, module: Module, function: _Function, call: ast.Call, given: list[ast.expr], zone: str | None, source: str
) -> Iterator[Scheduled]:
    named = {k.arg: k.value for k in call.keywords if k.arg}
    trigger = given[0] if given else named.get("trigger")
    if trigger is None or (isinstance(trigger, ast.Constant) and trigger.value == "date"):
        return  # runs once
    if isinstance(trigger, ast.Call) and ast.unparse(trigger.func).rpartition(".")[2] == "DateTrigger":
        return
    identity = named.get("id")
    name = identity.value if isinstance(identity, ast.Constant) and isinstance(identity.value, str) else function.name
    yield Scheduled(
        path=path,
        function=function,
        slug=_slug(name),
        source=source,
        line=line_of(call),
        schedule=schedule_of(trigger, named, zone) if all(k.arg for k in call.keywords) else None,
        monitored=is_monitored(module, function),
    )


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _zone_of_scheduler(module: Module) -> str | None:
    """Return the time zone that a scheduler of the module is given ("": none is), or None where it cannot be determined."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].endswith("Scheduler"):
            for keyword in node.keywords:
                if keyword.arg == "timezone":
                    value = keyword.value
                    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
    return ""


def _function(
    facts: Facts, backend: Backend, path: str, module: Module, node: ast.expr
) -> tuple[str, Module, _Function] | None:
    """Return the function that a name stands for, in its module or in the one it is imported from."""
    if not isinstance(node, ast.Name):
        return None
    own = [f for f in module.nodes if isinstance(f, _Function) and f.name == node.id]
    if own:
        return (path, module, own[0]) if len(own) == 1 else None
    for imported in module.imports:
        if node.id in imported.names:
            target = resolve_import(facts, backend, path, imported.module, imported.level)
            there = facts.python(target) if target is not None else None
            if target is not None and isinstance(there, Module):
                own = [f for f in there.tree.body if isinstance(f, _Function) and f.name == node.id]
                if own:
                    return target, there, own[0]
    return None


def _handle(facts: Facts, backend: Backend, name: str) -> tuple[str, Module, _Function] | None:
    """Return the method `handle` of a command (https://docs.djangoproject.com/en/stable/howto/custom-management-commands/)."""
    ending = posixpath.join("management", "commands", f"{name}.py")
    for path in sorted(facts.paths):
        if not (path.endswith("/" + ending) and inside(path, backend.root)):
            continue
        module = facts.python(path)
        for node in module.tree.body if isinstance(module, Module) else ():
            if isinstance(node, ast.ClassDef) and node.name == "Command":
                found = next((f for f in node.body if isinstance(f, _Function) and f.name == "handle"), None)
                if found is not None and isinstance(module, Module):
                    return path, module, found
    return None


def _slug(name: str) -> str:
    """Return a monitor's slug for a name (https://docs.sentry.io/api/crons/): small letters, digits, `-` and `_`, at most 50."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name.lower()).replace("_", "-")
    return kept.strip("-")[:50] or "job"
