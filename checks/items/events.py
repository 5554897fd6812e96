"""Which events the SDK makes: the integrations that are installed, and logging."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct
from packaging.version import Version

from checks.items.scope import (
    Initialised,
    call_name,
    each_initialised,
)
from checks.model import Evidence, Finding, Verdict, failed, in_repository, passed, unknown
from checks.parsers.flow import walk
from checks.production.trial import value_in
from checks.production.values import External, Known
from checks.repository.dependencies import Manifests, python_manifests
from checks.repository.facts import Facts
from checks.repository.integrations import ALWAYS_THERE, NEEDS, module_of
from checks.repository.sdk_options import LATEST
from checks.repository.settings import LocatedInit

_LEVELS = frozenset({"NOTSET", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL"})
_ERROR = 40


def integrations_installed(facts: Facts) -> Sequence[Verdict]:
    """An integration that is listed, but whose package is missing, raises DidNotEnable at start: nothing runs.

    Django, Celery, Redis and RQ are enabled automatically where they are installed; you need not list them.

    To fix: remove the integration from the list, or add its package to the dependencies.
    """
    return each_initialised(facts, _integrations_installed)


def _integrations_installed(facts: Facts, found: Initialised) -> Verdict:
    target = found.backend.target
    manifests = python_manifests(facts, found.backend.root)
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    doubts: list[Finding] = []
    for call in found.calls:
        listed = _listed(found, call.call.keywords.get("integrations"))
        if listed is None:
            line = call.call.line
            message = "the list of integrations cannot be followed"
            doubts.append(Finding(message=message, path=call.path, line=line, hint="write the list in the call itself"))
            continue
        for name, line in listed:
            module = module_of(name)
            if module is None or module in ALWAYS_THERE:
                continue
            needed = NEEDS[module]
            if manifests.has(*needed):
                evidence.append(in_repository(f"{name} is listed, and {module} is installed", call.path, line))
            elif manifests.problems or not manifests.declarations or _open(manifests):
                message = f"whether {needed[0]} is installed cannot be determined"
                doubts.append(Finding(message=message, path=call.path, line=line, hint="declare it"))
            else:
                message = (
                    f"{name} is listed, but {needed[0]} is not among the dependencies: the application does not start"
                )
                hint = "remove it from the list: it is enabled automatically where the package is installed"
                findings.append(Finding(message=message, path=call.path, line=line, hint=hint))
        findings += _switched_off(found, call.call.keywords, listed, call.path, call.call.line)
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    if doubts:
        first = doubts[0]
        return unknown(
            first.message, path=first.path, line=first.line, hint=first.hint, evidence=evidence, target=target
        )
    if not evidence:
        last = found.last
        evidence.append(in_repository("no integration that needs a package is listed", last.path, last.call.line))
    return passed(*evidence, target=target)


def _open(manifests: Manifests) -> bool:
    """Without Django among the runtime declarations, the file that production installs was not found."""
    return not manifests.has("django")


def _switched_off(
    found: Initialised, keywords: dict[str, ast.expr], listed: list[tuple[str, int]], path: str, line: int
) -> list[Finding]:
    if any(name == "DjangoIntegration" for name, _ in listed):
        return []
    for option in ("default_integrations", "auto_enabling_integrations"):
        node = keywords.get(option)
        if isinstance(node, ast.Constant) and node.value is False:
            message = f"{option}=False switches Django's integration off"
            return [Finding(message=message, path=path, line=line, hint="list DjangoIntegration()")]
    return []


def _listed(found: Initialised, node: ast.expr | None, depth: int = 5) -> list[tuple[str, int]] | None:
    """Return `(class name, line)` of each listed integration, or None when the list cannot be followed."""
    names = found.chain.names | found.last.bound
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return []
    if depth == 0:
        return None
    if isinstance(node, ast.Name) and node.id in names:
        return _listed(found, names[node.id], depth - 1)
    if isinstance(node, ast.BinOp):
        left, right = _listed(found, node.left, depth - 1), _listed(found, node.right, depth - 1)
        return None if left is None or right is None else [*left, *right]
    if isinstance(node, (ast.List, ast.Tuple)):
        listed: list[tuple[str, int]] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = _listed(found, element.value, depth - 1)
                if inner is None:
                    return None
                listed += inner
            elif isinstance(element, ast.Call):
                listed.append((call_name(element), element.lineno))
            elif isinstance(element, ast.Name) and isinstance(names.get(element.id), ast.Call):
                listed.append((call_name(names[element.id]), element.lineno))  # type: ignore[arg-type]
            elif isinstance(element, (ast.Name, ast.Attribute)):
                listed.append((element.id if isinstance(element, ast.Name) else element.attr, element.lineno))
        return listed
    return None


def logging_captured(facts: Facts) -> Sequence[Verdict]:
    """`logger.error()` and `logger.exception()` become issues through LoggingIntegration; switched off, they are lost.

    To fix: leave LoggingIntegration as it is, or set `event_level=logging.ERROR`; remove raven's handler.
    """
    return each_initialised(facts, _logging_captured)


def _logging_captured(facts: Facts, found: Initialised) -> Verdict:
    target = found.backend.target
    version = found.version.assumed if found.version else LATEST
    findings: list[Finding] = []
    doubts: list[Finding] = []
    explicit: Evidence | None = None
    for call in found.calls:
        node = call.call.keywords.get("integrations")
        for part in walk(_resolved(found, node)) if node is not None else ():
            if not isinstance(part, ast.Call) or call_name(part) != "LoggingIntegration":
                continue
            given = next((k.value for k in part.keywords if k.arg == "event_level"), None)
            given = given or (part.args[1] if len(part.args) > 1 else None)
            level = None if given is None else _level(found, call, given)
            if level is not None and level.lost:
                message = f"LoggingIntegration(event_level={level.text}): logger.error() makes no issue"
                findings.append(
                    Finding(message=message, path=call.path, line=part.lineno, hint="set event_level=logging.ERROR")
                )
            elif level is not None and level.lost is None:
                message = f"event_level is `{level.text}`, which cannot be determined here"
                doubts.append(
                    Finding(message=message, path=call.path, line=part.lineno, hint="set event_level=logging.ERROR")
                )
            elif given is not None or version < Version("3.0.0a1"):
                explicit = in_repository("LoggingIntegration turns logged errors into issues", call.path, part.lineno)
        disabled = call.call.keywords.get("disabled_integrations")
        if disabled is not None and "LoggingIntegration" in ast.unparse(disabled):
            message = "LoggingIntegration is disabled"
            findings.append(
                Finding(message=message, path=call.path, line=call.call.line, hint="remove it from the list")
            )
        off = call.call.keywords.get("default_integrations")
        if isinstance(off, ast.Constant) and off.value is False and explicit is None:
            message = "default_integrations=False switches logging off"
            findings.append(
                Finding(message=message, path=call.path, line=call.call.line, hint="list LoggingIntegration()")
            )
    logging = found.chain.names.get("LOGGING")
    for part in walk(logging) if logging is not None else ():
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.startswith("raven."):
            path = found.chain.name_files.get("LOGGING", found.last.path)
            message = f"LOGGING still uses {part.value}"
            findings.append(Finding(message=message, path=path, line=part.lineno, hint="remove raven's handler"))
    if findings:
        return failed(*findings, target=target)
    if doubts:
        first = doubts[0]
        return unknown(first.message, path=first.path, line=first.line, hint=first.hint, target=target)
    if explicit is not None:
        return passed(explicit, target=target)
    if version >= Version("3.0.0a1"):
        return failed(
            Finding(
                message="sentry-sdk 3 turns logged errors into issues only with LoggingIntegration(event_level=…)",
                path=found.last.path,
                line=found.last.call.line,
                hint="list LoggingIntegration(event_level=logging.ERROR)",
            ),
            target=target,
        )
    if found.opaque_last is not None:
        return found.unfollowed(found.opaque_last)
    fact = "LoggingIntegration is on by default: logged errors become issues"
    return passed(in_repository(fact, found.last.path, found.last.call.line), target=target)


class _Level(Struct, frozen=True):
    """A level of logging as the code has it, and whether errors are below it (None: that cannot be determined)."""

    text: str
    lost: bool | None


def _level(found: Initialised, call: LocatedInit, node: ast.expr) -> _Level:
    """Return the level that an expression is in production (https://docs.python.org/3/library/logging.html#logging-levels)."""
    machine = found.chain.machine
    names = found.chain.names | call.bound
    value = value_in(machine, call.path, node, names) if machine is not None else None
    if isinstance(value, External) and value.name.startswith("logging."):
        name = value.name.removeprefix("logging.")
        return _Level(value.name, name in ("CRITICAL", "FATAL") if name in _LEVELS else None)
    if isinstance(value, Known):
        text = repr(value.value)
        if isinstance(value.value, str):
            return _Level(text, value.value in ("CRITICAL", "FATAL") if value.value in _LEVELS else None)
        return _Level(text, value.value is None or (isinstance(value.value, (int, float)) and value.value > _ERROR))
    return _Level(ast.unparse(node), None)


def _resolved(found: Initialised, node: ast.expr) -> ast.expr:
    names = found.chain.names | found.last.bound
    parts: list[ast.expr] = [node]
    for part in walk(node):
        if isinstance(part, ast.Name) and part.id in names:
            parts.append(names[part.id])
    return ast.List(elts=parts, ctx=ast.Load())
