"""Which events the SDK makes: the integrations that are installed, and logging."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from packaging.version import Version

from checks.backends.frameworks import framework_named
from checks.model import Evidence, Finding, Verdict, failed, failed_or_unknown, in_repository, passed
from checks.parsers.flow import walk
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.dependencies import Manifests, python_manifests
from checks.repository.facts import Facts
from checks.repository.integrations import ALWAYS_THERE, NEEDS, module_of
from checks.repository.pins import surely_older
from checks.repository.sdk_options import LATEST
from checks.repository.settings import LocatedInit
from checks.targets.applicability import InitializedBackend, each_initialized
from checks.targets.integrations import ListedIntegration, is_false, listed_integrations
from checks.targets.invoked import Unlisted, unlisted
from checks.targets.log_levels import level_of, lost_logs

_KNOWN_SINCE = Version("2.75.0")
"""The SDK from which on the oldest versions of frameworks are known here."""


def integrations_installed(facts: Facts) -> Sequence[Verdict]:
    """An integration that is listed, but whose package is missing, raises DidNotEnable at start: nothing runs.

    Django, Celery, Redis and RQ are enabled automatically where they are installed; you need not list them. A framework that is
    older than its integration works with gets none: the SDK says nothing of it.

    AwsLambdaIntegration has to be listed: without it, errors of the handler are not reported, and Lambda freezes the process
    before events are sent.

    To fix: upgrade the framework, list AwsLambdaIntegration, remove the integration from the list, or add its package to the
    dependencies.
    """
    return each_initialized(facts, _integrations_installed)


def _integrations_installed(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    manifests = python_manifests(facts, found.backend.root)
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    uncertainties: list[Finding] = []
    for call in found.calls:
        listed, whole = listed_integrations(found.chain, call)
        for integration in listed:
            name, path, line = integration.name, integration.path, integration.line
            module = module_of(name)
            if module is None or module in ALWAYS_THERE:
                if name == found.backend.facts.integration:
                    evidence.append(in_repository(f"{name} is listed", path, line))
                continue
            needed = NEEDS[module]
            if manifests.has(*needed):
                evidence.append(in_repository(f"{name} is listed, and {module} is installed", path, line))
            elif manifests.problems or not manifests.declarations or _open(manifests, found) or not integration.sure:
                message = f"whether {needed[0]} is installed cannot be determined"
                if not integration.sure:
                    message = f"{needed[0]} is not among the dependencies, and {name} may be listed"
                uncertainties.append(Finding(message=message, path=path, line=line, hint="declare it"))
            else:
                message = (
                    f"{name} is listed, but {needed[0]} is not among the dependencies: the application does not start"
                )
                hint = "remove it from the list: it is enabled automatically where the package is installed"
                findings.append(Finding(message=message, path=path, line=line, hint=hint))
        if not whole:
            message = "the list of integrations cannot be followed"
            hint = "write the list in the call itself"
            uncertainties.append(Finding(message=message, path=call.path, line=call.call.line, hint=hint))
            continue
        findings += _switched_off(facts, found, call, listed)
    for missing in unlisted(facts, found.backend):
        (findings if missing.by_hand is None else uncertainties).append(_left_out(missing))
    older = _older(facts, found)
    if older is not None and not _wrapped(facts, found):
        known, package = found.backend.facts, found.backend.facts.distributions[0]
        message = (
            f"{known.integration} needs {package}>={known.oldest}, and {package} is {older[0]}: the SDK leaves it off"
        )
        hint = f"upgrade {package} to {known.oldest} or newer"
        findings.append(Finding(message=message, path=older[1], line=older[2], hint=hint))
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence, target=target)
    if decided is not None:
        return decided
    if found.opaque_last is not None:
        return found.unfollowed(found.opaque_last)
    evidence += _doubled(facts, found) if older is None else []
    if not evidence:
        last = found.last
        evidence.append(in_repository("no integration that needs a package is listed", last.path, last.call.line))
    return passed(*evidence, target=target)


def _left_out(missing: Unlisted) -> Finding:
    """Say that a function has no integration of its host."""
    known = framework_named(missing.entry.framework)
    hint = f"add {known.listed} to `integrations`"
    if missing.by_hand is not None:
        path, line = missing.by_hand
        message = (
            f"{known.integration} is not listed, and whether this sends the errors of every call cannot be determined"
        )
        return Finding(message=message, path=path, line=line, hint=hint)
    message = f"{known.integration} is not listed, and the SDK does not enable it automatically: errors of the handler are lost"
    return Finding(message=message, path=missing.call.path, line=missing.call.call.line, hint=hint)


def _older(facts: Facts, found: InitializedBackend) -> tuple[str, str, int] | None:
    """Return what says that the framework is older than what the SDK's integration works with: the SDK leaves it off then."""
    known, version = found.backend.facts, found.version.assumed if found.version else LATEST
    if not known.oldest or version < _KNOWN_SINCE:
        return None
    return surely_older(facts, found.backend.root, known.distributions[0], known.oldest)


def _open(manifests: Manifests, found: InitializedBackend) -> bool:
    """Without the framework among the runtime declarations, the file that production installs was not found."""
    return not manifests.has(*(found.backend.facts.distributions or ("sentry-sdk",)))


def _wrapped(facts: Facts, found: InitializedBackend) -> bool:
    """Return whether a middleware of the SDK, or one made for it, stands around the application in place of the integration."""
    entry = found.backend.entry
    if entry is None:
        return False
    from checks.backends.leading import reached_modules

    names = ("SentryAsgiMiddleware", "SentryWsgiMiddleware", "SentryMiddleware")
    return any(n in (facts.text(p) or "") for p in reached_modules(facts, entry.path) for n in names)


_MIDDLEWARES = {
    "sentry_sdk.integrations.asgi.SentryAsgiMiddleware": "SentryAsgiMiddleware",
    "sentry_sdk.integrations.wsgi.SentryWsgiMiddleware": "SentryWsgiMiddleware",
}


def _doubled(facts: Facts, found: InitializedBackend) -> list[Evidence]:
    """Return where a middleware of the SDK wraps an application that its integration wraps as well.

    No fault: the inner one of the two does nothing (tried with sentry-sdk 2.75.0 on FastAPI and Flask).
    """
    entry, known = found.backend.entry, found.backend.facts
    off = any(is_false(c, o) for c in found.calls for o in ("default_integrations", "auto_enabling_integrations"))
    if entry is None or known.kind != "web" or not known.integration or off:
        return []
    from checks.backends.applications import dotted_name, imported_names
    from checks.backends.leading import reached_modules

    for path in sorted(reached_modules(facts, entry.path)):
        module = facts.python(path) if any(n in (facts.text(path) or "") for n in _MIDDLEWARES.values()) else None
        if not isinstance(module, Module):
            continue
        names = imported_names(module)
        for call in (n for n in module.nodes if isinstance(n, ast.Call)):
            for node in (call.func, *call.args):
                name, level = dotted_name(node, names) or ("", 0)
                if name in _MIDDLEWARES and not level:
                    fact = f"{_MIDDLEWARES[name]} is redundant beside {known.integration}: each error is sent once"
                    return [in_repository(fact, path, line_of(call))]
    return []


def _switched_off(
    facts: Facts, found: InitializedBackend, call: LocatedInit, listed: list[ListedIntegration]
) -> list[Finding]:
    known = found.backend.facts
    own = {known.integration, "StarletteIntegration" if known.name == "fastapi" else ""}
    if not known.integration or any(i.name in own for i in listed) or _wrapped(facts, found):
        return []
    for option in ("default_integrations", "auto_enabling_integrations"):
        if is_false(call, option):
            message = f"{option}=False switches {known.title}'s integration off"
            return [Finding(message=message, path=call.path, line=call.call.line, hint=f"list {known.integration}()")]
    return []


def logging_captured(facts: Facts) -> Sequence[Verdict]:
    """`logger.error()` and `logger.exception()` become issues through LoggingIntegration; without it, they are lost.

    A logger whose level is above ERROR sends none, and neither does any after `logging.disable()`.

    To fix: leave LoggingIntegration as it is, or set `event_level=logging.ERROR`; remove raven's handler; set the root logger to
    ERROR or a lower level.
    """
    return each_initialized(facts, _logging_captured)


def _logging_captured(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    version = found.version.assumed if found.version else LATEST
    findings: list[Finding] = []
    uncertainties: list[Finding] = []
    explicit: Evidence | None = None
    for call in found.calls:
        listed = False
        for integration in listed_integrations(found.chain, call)[0]:
            made, path, line = integration.made, integration.path, integration.line
            if integration.name != "LoggingIntegration":
                continue
            listed = True
            if made is None:
                message = "where LoggingIntegration comes from cannot be determined"
                uncertainties.append(Finding(message=message, path=path, line=line, hint="import it from sentry_sdk"))
                continue
            given = made.named.get("event_level") or (made.given[1] if len(made.given) > 1 else None)
            level = None if given is None else level_of(found.chain.machine, given)
            if level is not None and level.above_errors():
                message = f"LoggingIntegration(event_level={level.text}): logger.error() makes no issue"
                findings.append(Finding(message=message, path=path, line=line, hint="set event_level=logging.ERROR"))
            elif level is not None and level.above_errors() is None:
                message = f"event_level is `{level.text}`, which cannot be determined here"
                uncertainties.append(
                    Finding(message=message, path=path, line=line, hint="set event_level=logging.ERROR")
                )
            elif given is not None or version < Version("3.0.0a1"):
                explicit = in_repository("LoggingIntegration turns logged errors into issues", path, line)
        disabled = listed_integrations(found.chain, call, "disabled_integrations")[0]
        if any(d.name == "LoggingIntegration" for d in disabled):
            message = "LoggingIntegration is disabled"
            findings.append(
                Finding(message=message, path=call.path, line=call.call.line, hint="remove it from the list")
            )
        if is_false(call, "default_integrations") and not listed:
            message = "default_integrations=False switches logging off"
            findings.append(
                Finding(message=message, path=call.path, line=call.call.line, hint="list LoggingIntegration()")
            )
    logging = found.chain.names.get("LOGGING")
    for part in walk(logging) if logging is not None else ():
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.startswith("raven."):
            path = found.chain.name_files.get("LOGGING", found.last.path)
            message = f"LOGGING still uses {part.value}"
            findings.append(Finding(message=message, path=path, line=line_of(part), hint="remove raven's handler"))
    lost, perhaps = lost_logs(found.chain)
    decided = failed_or_unknown([*findings, *lost], [*uncertainties, *perhaps], target=target)
    if decided is not None:
        return decided
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
