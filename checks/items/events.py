"""Which events leave the application: filters, noise, integrations and logging."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from packaging.version import Version

from checks.items.scope import (
    Initialised,
    Option,
    application_modules,
    call_name,
    each_initialised,
    find_function,
    unread,
)
from checks.model import Evidence, Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers.flow import Function, falls_through, parameters, returns, walk
from checks.parsers.values import Literal
from checks.repository.dependencies import Manifests, python_manifests
from checks.repository.facts import Facts
from checks.repository.integrations import ALWAYS_THERE, NEEDS, module_of
from checks.repository.sdk_options import LATEST

_FILTERS = ("before_send", "before_send_transaction", "before_breadcrumb", "before_send_log")


def before_send_safe(facts: Facts) -> Sequence[Verdict]:
    """A `before_send` that forgets to return the event drops every error, and nothing tells anybody.

    To fix: end the function with `return event`, and return None only where an event is really unwanted.
    """
    return each_initialised(facts, _before_send_safe)


def _before_send_safe(facts: Facts, found: Initialised) -> Verdict:
    target = found.backend.target
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    for name in _FILTERS:
        for option in found.options(name):
            if isinstance(option.value, Literal) and option.value.value is None:
                continue
            located = _function(facts, found, option)
            if located is None:
                return unknown(
                    f"the {name} `{ast.unparse(option.node)}` is not found in this repository",
                    path=option.path,
                    line=option.line,
                    hint="define it beside the settings",
                    target=target,
                )
            path, function = located
            problems = _filter_problems(name, path, function)
            findings += problems
            if not problems:
                evidence.append(in_repository(f"{name} returns the event on every path", path, function.lineno))
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    if evidence:
        return passed(*evidence, target=target)
    return not_applicable("no before_send is set", target=target)


def _function(facts: Facts, found: Initialised, option: Option) -> tuple[str, Function] | None:
    if isinstance(option.node, ast.Lambda):
        return option.path, option.node
    name = option.node.id if isinstance(option.node, ast.Name) else getattr(option.node, "attr", "")
    return find_function(facts, option.path, name, found.chain) if name else None


def _filter_problems(name: str, path: str, function: Function) -> list[Finding]:
    line = function.lineno
    names = parameters(function)
    variadic = function.args.vararg is not None
    if len(names) < 2 and not variadic:
        message = f"{name} takes {len(names)} of the 2 arguments it is called with: it raises for every event"
        return [Finding(message=message, path=path, line=line, hint=f"write `def {name}(event, hint):`")]
    found = returns(function)
    kept = [v for v, _ in found if v is not None and not (isinstance(v, ast.Constant) and not v.value)]
    if not kept:
        return [Finding(message=f"{name} drops every event", path=path, line=line, hint="return the event at its end")]
    if falls_through(function):
        message = f"{name} can end without a return: those events are dropped"
        return [Finding(message=message, path=path, line=line, hint="return the event at its end")]
    odd = [(v, at) for v, at in found if isinstance(v, ast.Constant) and v.value not in (None,)]
    return [
        Finding(
            message=f"{name} returns {ast.unparse(v)}, which is no event", path=path, line=at, hint="return the event"
        )
        for v, at in odd
        if v is not None
    ]


def noise_filtered(facts: Facts) -> Sequence[Verdict]:
    """Errors that nobody will fix (wrong Host headers, broken pipes) use the quota and hide those that count.

    To fix: set `ignore_errors`, `ignore_logger("django.security.DisallowedHost")`, or a `before_send` that drops them.
    """
    return each_initialised(facts, _noise_filtered)


def _noise_filtered(facts: Facts, found: Initialised) -> Verdict:
    target = found.backend.target
    evidence = []
    for name in ("ignore_errors", "before_send", "error_sampler", "sample_rate"):
        for option in found.options(name):
            empty = isinstance(option.node, (ast.List, ast.Tuple)) and not option.node.elts
            off = isinstance(option.value, Literal) and option.value.value in (None, 1, 1.0)
            if not empty and not off:
                evidence.append(in_repository(f"{name} filters events", option.path, option.line))
    for path, module in application_modules(facts, found.backend, "ignore_logger"):
        for node in module.nodes:
            if isinstance(node, ast.Call) and call_name(node) == "ignore_logger":
                evidence.append(in_repository("ignore_logger filters events", path, node.lineno))
    if evidence:
        return passed(*evidence, target=target)
    if found.opaque_last is not None:
        return found.unfollowed(found.opaque_last)
    open_one = unread(facts, found.backend, "ignore_logger")
    if open_one is not None:
        return open_one
    return failed(
        Finding(
            message="nothing filters events that nobody will fix",
            path=found.last.path,
            line=found.last.call.line,
            hint='call ignore_logger("django.security.DisallowedHost"), or set ignore_errors',
        ),
        target=target,
    )


def integrations_installed(facts: Facts) -> Sequence[Verdict]:
    """An integration that is listed, but whose package is missing, raises DidNotEnable at start: nothing runs.

    Django, Celery, Redis and RQ are enabled by themselves where they are installed; they need no listing.

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
            doubts.append(Finding(message=message, path=call.path, line=line, hint="write the list in the call"))
            continue
        for name, line in listed:
            module = module_of(name)
            if module is None or module in ALWAYS_THERE:
                continue
            needed = NEEDS[module]
            if manifests.has(*needed):
                evidence.append(in_repository(f"{name} is listed, and {module} is installed", call.path, line))
            elif manifests.problems or not manifests.declarations or _open(manifests):
                message = f"whether {needed[0]} is installed cannot be told"
                doubts.append(Finding(message=message, path=call.path, line=line, hint="declare it"))
            else:
                message = (
                    f"{name} is listed, but {needed[0]} is not among the dependencies: the application does not start"
                )
                hint = "remove it from the list: it is enabled by itself where the package is installed"
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
    explicit: Evidence | None = None
    for call in found.calls:
        node = call.call.keywords.get("integrations")
        for part in walk(_resolved(found, node)) if node is not None else ():
            if not isinstance(part, ast.Call) or call_name(part) != "LoggingIntegration":
                continue
            given = next((k.value for k in part.keywords if k.arg == "event_level"), None)
            given = given or (part.args[1] if len(part.args) > 1 else None)
            if isinstance(given, ast.Constant) and given.value is None:
                message = "LoggingIntegration(event_level=None): logger.error() makes no issue"
                findings.append(
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


def _resolved(found: Initialised, node: ast.expr) -> ast.expr:
    names = found.chain.names | found.last.bound
    parts: list[ast.expr] = [node]
    for part in walk(node):
        if isinstance(part, ast.Name) and part.id in names:
            parts.append(names[part.id])
    return ast.List(elts=parts, ctx=ast.Load())
