"""What a backend can send beyond errors, each at a cost: logs, profiles, check-ins of scheduled jobs, calls of language models."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from packaging.version import InvalidVersion, Version

from checks.model import Evidence, Finding, Outcome, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers.flow import call_name
from checks.parsers.position import line_of
from checks.parsers.requirements import Dependency
from checks.production.values import Known, Value
from checks.repository.ai_clients import AI_CLIENTS, AiClient
from checks.repository.backends import Backend
from checks.repository.dependencies import python_manifests
from checks.repository.facts import Facts
from checks.repository.installs import left_out
from checks.repository.sdk_options import LATEST
from checks.targets.applicability import (
    InitializedBackend,
    Option,
    application_modules,
    each_backend,
    each_initialized,
    place_of,
    require_initialized,
    unparsed_module_verdict,
)
from checks.targets.browser_logs import browser_logs
from checks.targets.initialized import no_backend
from checks.targets.integrations import is_false, listed_integrations
from checks.targets.offers import Offer, not_on, undetermined
from checks.targets.schedules import ADDED, DECORATED, Scheduled, commands_of, jobs_of, may_schedule
from checks.targets.traced import tracing_of

LOGS = Offer(
    answer="backend.logs",
    what="sending logs",
    cost="logs are billed by volume",
    by_hand="pass `enable_logs=True` to init",
)
PROFILES = Offer(
    answer="backend.profiles",
    what="profiling",
    cost="profiles are billed by the hour, and each profiled process is a little slower",
    by_hand='pass `profile_session_sample_rate=1.0` and `profile_lifecycle="trace"` to init',
)
CRONS = Offer(
    answer="backend.crons",
    what="monitoring scheduled jobs",
    cost="each job is a monitor; one is included, others are billed",
    by_hand="decorate the job with `@sentry_sdk.monitor(…)`",
)
AI = Offer(
    answer="backend.ai",
    what="monitoring language models",
    cost="each call is a span, and spans are billed by volume",
    by_hand="sample traces, and list the client's integration",
)


def logs_enabled(facts: Facts) -> Sequence[Verdict]:
    """With `enable_logs` the application's log records are searchable in Sentry, beside the errors of the same trace.

    Logs are billed by volume, so they are optional: nothing fails while they are off, unless you asked for them.

    To fix: give `sentry_sdk.init()` the option `enable_logs=True`, and `Sentry.init()` in the browser `enableLogs: true`.
    """
    verdicts = [_logs_of_backend(facts, b) for b in facts.backends] + [browser_logs(facts, f) for f in facts.frontends]
    return verdicts or no_backend()


def _logs_of_backend(facts: Facts, backend: Backend) -> Verdict:
    found = require_initialized(facts, backend)
    return found if isinstance(found, Verdict) else _logs_enabled(facts, found)


def _logs_enabled(facts: Facts, found: InitializedBackend) -> Verdict:
    option, target = found.option("enable_logs"), found.backend.target
    experiment = _experiment(found, "enable_logs")
    switched = _value(found, option) if option is not None else Known(False)
    if isinstance(switched, Known) and not switched.value and experiment is not None:
        option, switched = experiment
    if not isinstance(switched, Known):
        return _undetermined(facts, option, "enable_logs", found)
    if not switched.value:
        if found.opaque_last is not None:
            return found.unfollowed(found.opaque_last, "write `enable_logs` in the call")
        return not_on(facts, LOGS, target, found.last.path, found.last.call.line)
    path, line = (option.path, option.line) if option is not None else (found.last.path, found.last.call.line)
    listed, whole = listed_integrations(found.chain, found.last)
    bridges = [i for i in listed if i.name in ("LoggingIntegration", "LoguruIntegration")]
    silent = next(
        (i for i in bridges if i.made is not None and _gives_none(i.made.named.get("sentry_logs_level"))), None
    )
    if silent is not None or (is_false(found.last, "default_integrations") and not bridges) or not whole:
        why = (
            "the integrations leave out the one that sends `logging` records"
            if whole
            else "the integrations are not known"
        )
        return unknown(
            f"enable_logs is on; {why}, and whether the code calls `sentry_sdk.logger` is not checked",
            path=path,
            line=line,
            hint="list LoggingIntegration()",
            target=target,
        )
    return passed(in_repository("enable_logs sends log records to Sentry", path, line), target=target)


def _gives_none(bound: object) -> bool:
    return getattr(bound, "value", None) == Known(None)


def profiling_enabled(facts: Facts) -> Sequence[Verdict]:
    """Profiles show which function of a slow request takes the time.

    They are billed by the hour, so they are optional. `profile_session_sample_rate` records nothing until a profiler starts:
    with `profile_lifecycle="trace"` in each sampled trace, else where the code calls `start_profiler()`.

    To fix: give `sentry_sdk.init()` both options, and sample traces.
    """
    return each_initialized(facts, _profiling_enabled)


def _profiling_enabled(facts: Facts, found: InitializedBackend) -> Verdict:
    target, last = found.backend.target, found.last
    old = found.option("profiles_sample_rate") or found.option("profiles_sampler")
    option = found.option("profile_session_sample_rate")
    if option is None and old is not None:
        option = old
    if option is None:
        if found.opaque_last is not None:
            return found.unfollowed(found.opaque_last, "write `profile_session_sample_rate` in the call")
        return not_on(facts, PROFILES, target, last.path, last.call.line)
    value = _value(found, option)
    sampler = option is old and found.option("profiles_sample_rate") is None
    if not sampler and not isinstance(value, Known):
        return _undetermined(facts, option, "the profiles' rate", found)
    if isinstance(value, Known) and not value.value:
        return not_on(facts, PROFILES, target, option.path, option.line)
    traced = tracing_of(facts, found)
    evidence = in_repository("profiles are sampled", option.path, option.line)
    lifecycle = found.option("profile_lifecycle")
    kind = _value(found, lifecycle) if lifecycle is not None else Known("manual")
    if option is old or kind == Known("trace"):
        if traced.outcome is Outcome.PASS:
            return passed(evidence, *traced.evidence[:1], target=target)
        message = "profiles are recorded in sampled traces only, and "
        if traced.outcome is Outcome.UNKNOWN:
            return unknown(
                message + "whether traces are sampled is not known", **place_of(facts, option), target=target
            )
        finding = Finding(
            message=message + "tracing is off", **place_of(facts, option), hint="set `traces_sample_rate=0.1`"
        )
        return failed(finding, target=target)
    if kind != Known("manual"):
        return _undetermined(facts, lifecycle, "profile_lifecycle", found)
    for path, module in application_modules(facts, found.backend, "sentry"):
        for node in module.nodes:
            if isinstance(node, ast.Call) and call_name(node) in ("start_profiler", "start_profile_session"):
                return passed(
                    evidence, in_repository("the code starts the profiler", path, line_of(node)), target=target
                )
    unread = unparsed_module_verdict(facts, found.backend, "sentry")
    message = "profile_lifecycle is `manual`, and nothing calls start_profiler(): no profile is recorded"
    hint = 'set `profile_lifecycle="trace"`'
    return unread or failed(Finding(message=message, **place_of(facts, option), hint=hint), target=target)


def crons_monitored(facts: Facts) -> Sequence[Verdict]:
    """A job that no longer starts raises no error: a monitor notices the missing check-in.

    Jobs of APScheduler and Django's commands that a host or a crontab runs on a schedule are checked; Celery's schedule is the item
    `celery-monitored`. Each monitor may cost, so this is optional.

    To fix: decorate the job with `@sentry_sdk.monitor(monitor_slug=…, monitor_config=…)`.
    """
    return each_backend(facts, _crons_monitored)


def scheduled_of(facts: Facts, backend: Backend) -> list[Scheduled]:
    """Return what a backend runs on a schedule, beside Celery's tasks."""
    found = list(commands_of(facts, backend))
    if may_schedule(facts, backend):
        for path, module in application_modules(facts, backend, ADDED, DECORATED):
            found += jobs_of(facts, backend, path, module)
    return found


def _crons_monitored(facts: Facts, backend: Backend) -> Verdict:
    target = backend.target
    scheduled = scheduled_of(facts, backend)
    unread = unparsed_module_verdict(facts, backend, ADDED, DECORATED) if may_schedule(facts, backend) else None
    if unread is not None:
        return unread
    if not scheduled:
        return not_applicable("no APScheduler job and no scheduled command was found", target=target)
    found = require_initialized(facts, backend)
    if isinstance(found, Verdict):
        return found
    watched = [s for s in scheduled if s.monitored]
    if not watched:
        return not_on(facts, CRONS, target, scheduled[0].source, scheduled[0].line)
    evidence = [in_repository(f"a monitor watches {s.function.name}()", s.path, line_of(s.function)) for s in watched]
    left = [s for s in scheduled if not s.monitored]
    if left and facts.config.chosen(CRONS.answer, backend.name):
        return failed(*(_unwatched(s) for s in left), evidence=evidence, target=target)
    return passed(*evidence, findings=[_unwatched(s) for s in left], target=target)


def _unwatched(job: Scheduled) -> Finding:
    message = f"no monitor watches {job.function.name}(), which runs on a schedule"
    return Finding(message=message, path=job.source, line=job.line, hint=CRONS.by_hand)


def ai_monitored(facts: Facts) -> Sequence[Verdict]:
    """Language model calls become spans with model, tokens and time, where traces are sampled.

    Most clients are traced automatically once tracing is on; LiteLLM's integration must be listed. Prompts and answers are
    personal data: they are left out while `send_default_pii` is off.

    To fix: sample traces, and list the client's integration where the SDK does not enable it automatically.
    """
    return each_backend(facts, _ai_monitored)


def clients_of(facts: Facts, backend: Backend) -> list[tuple[AiClient, Evidence]]:
    """Return the clients of language models among a backend's runtime dependencies, each with its place."""
    manifests = python_manifests(facts, backend.root)
    found = []
    for client in AI_CLIENTS:
        declared = [
            d
            for d in manifests.of(client.distribution)
            if not d.development and not left_out(facts, backend.root, d.path) and not _too_old(d.dependency, client)
        ]
        if declared:
            fact = f"{client.distribution} is a dependency"
            found.append((client, in_repository(fact, declared[0].path, declared[0].dependency.line)))
    return found


def _too_old(dependency: Dependency, client: AiClient) -> bool:
    """Return whether a client is pinned to a version that the integration does not trace."""
    pins = [s.strip()[2:].strip() for s in dependency.specifier.split(",") if s.strip().startswith("==")]
    try:
        return any(Version(p) < Version(client.oldest) for p in pins)
    except InvalidVersion:
        return False


def _ai_monitored(facts: Facts, backend: Backend) -> Verdict:
    target, clients = backend.target, clients_of(facts, backend)
    if not clients:
        return not_applicable("no language model client is among the dependencies", target=target)
    found = require_initialized(facts, backend)
    if isinstance(found, Verdict):
        return found
    traced = tracing_of(facts, found)
    if traced.outcome is Outcome.UNKNOWN:
        return traced
    listed, whole = listed_integrations(found.chain, found.last)
    names = {i.name for i in listed if i.sure}
    disabled = found.last.call.keywords.get("disabled_integrations")
    whole = whole and isinstance(disabled, (ast.List, ast.Tuple, type(None)))
    on = [(c, e) for c, e in clients if c.integration in names or _automatic(facts, found, c)]
    if traced.outcome is Outcome.PASS and on and whole:
        facts_of = [in_repository(f"{e.fact}, which {c.integration} traces", e.path or "", e.line) for c, e in on]
        return passed(*facts_of, *traced.evidence[:1], target=target)
    if not whole or (found.opaque_last is not None and not on):
        return found.unfollowed(found.last, "write the integrations in the call")
    return not_on(facts, AI, target, clients[0][1].path, clients[0][1].line)


def _automatic(facts: Facts, found: InitializedBackend, client: AiClient) -> bool:
    """Return whether the SDK enables the integration of a client by itself."""
    version = found.version.assumed if found.version else LATEST
    if not client.automatic or version < Version(client.automatic):
        return False
    disabled = found.last.call.keywords.get("disabled_integrations")
    for node in ast.walk(disabled) if disabled is not None else ():
        if client.integration in (getattr(node, "id", ""), getattr(node, "attr", "")):
            return False
    if any(is_false(found.last, o) for o in ("default_integrations", "auto_enabling_integrations")):
        return False
    locked = python_manifests(facts, found.backend.root).locked.get(client.distribution)
    try:
        return locked is None or Version(locked[0]) >= Version(client.oldest)
    except InvalidVersion:
        return False


def _value(found: InitializedBackend, option: Option) -> Value:
    machine = found.chain.machine
    return machine.resolved(option.produced) if machine is not None else option.produced


def _undetermined(facts: Facts, option: Option | None, what: str, found: InitializedBackend) -> Verdict:
    if option is None:
        return found.unfollowed(found.last)
    return undetermined(what, ast.unparse(option.node), found.backend.target, **place_of(facts, option))


def _experiment(found: InitializedBackend, name: str) -> tuple[Option, Value] | None:
    """Return an option that is given among the experiments, as the SDK's first versions of logs took it."""
    option = found.option("_experiments")
    if option is None:
        return None
    if isinstance(option.node, ast.Dict):
        for key, value in zip(option.node.keys, option.node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == name:
                known = Known(value.value) if isinstance(value, ast.Constant) else option.produced
                return option, known
        return None
    return option, option.produced
