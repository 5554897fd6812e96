"""The step `beyond-errors`: logs, profiles, monitors, Replay and feedback, each where an answer asks for it, and nothing else."""

from __future__ import annotations

import ast

from checks.items import beyond_browser, beyond_errors
from checks.items.beyond_errors import clients_of, scheduled_of
from checks.items.runtime import celery_monitored
from checks.model import Outcome, Verdict
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.sdk_options import LATEST, known_options
from checks.targets import browser_logs
from checks.targets.applicability import InitializedBackend, require_initialized
from checks.targets.browsers import require_browser_init
from checks.targets.offers import Offer
from checks.targets.schedules import Scheduled
from checks.targets.traced import tracing_of
from setup_wizard.editors import browser_options, init_options, monitor
from setup_wizard.editors.base import Refused
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.sdk import sample_rate

BACKEND = (beyond_errors.LOGS, beyond_errors.PROFILES, beyond_errors.CRONS, beyond_errors.AI)
BROWSER = (browser_logs.LOGS, beyond_browser.REPLAY, beyond_browser.FEEDBACK)
_CELERY = init_options.Integration(module="celery", name="CeleryIntegration", keywords=("monitor_beat_tasks=True",))


def plan_beyond_errors(context: Context) -> str | None:
    """Plan what answers ask for; returns why nothing is done, or None."""
    facts = context.facts
    backends = [b for b in facts.backends if _wanted(facts, BACKEND, b.name)]
    frontends = [f for f in facts.frontends if _wanted(facts, BROWSER, f.name)]
    address = facts.config.answers.get("uptime.url", "")
    if not backends and not frontends and not address:
        keys = ", ".join(o.answer for o in (*BACKEND, *BROWSER))
        return f"nothing was requested; each of these is off until its answer is `yes`: {keys}; and `uptime.url`"
    first = "does not initialize the SDK yet; run the step `sdk` first"
    ready = [b for b in backends if isinstance(require_initialized(facts, b), InitializedBackend)]
    if backends and not ready and not frontends and not address:
        return f"{backends[0].start} {first}"
    for backend in backends:
        found = require_initialized(context.facts, backend)
        if not isinstance(found, InitializedBackend):
            context.leave(Refused(f"{backend.start} {first}", "", backend.start))
            continue
        with context.part():
            _options(context, backend, found)
        context.refresh()
        if context.config.chosen("backend.crons", backend.name):
            _jobs(context, backend)
    for frontend in frontends:
        with context.part():
            _browser(context, frontend)
        context.refresh()
    if address:
        _uptime(context, address)
    return None


def _wanted(facts: Facts, offers: tuple[Offer, ...], name: str) -> bool:
    return any(facts.config.chosen(o.answer, name) for o in offers)


def _options(context: Context, backend: Backend, found: InitializedBackend) -> None:
    chosen = {o.answer for o in BACKEND if context.config.chosen(o.answer, backend.name)}
    options: dict[str, str] = {}
    integrations: list[init_options.Integration] = []
    if "backend.logs" in chosen:
        options["enable_logs"] = "True"
    if "backend.profiles" in chosen:
        options |= {"profile_session_sample_rate": "1.0", "profile_lifecycle": '"trace"'}
    if {"backend.profiles", "backend.ai"} & chosen and tracing_of(context.facts, found).outcome is Outcome.FAIL:
        options["traces_sample_rate"] = f"{sample_rate(context) or 0.1:g}"
    if "backend.crons" in chosen:
        verdict = next(v for v in celery_monitored(context.facts) if v.target == backend.target)
        integrations += [_CELERY] if verdict.outcome is Outcome.FAIL else []
    if "backend.ai" in chosen:
        clients = [c for c, _ in clients_of(context.facts, backend) if not c.automatic]
        integrations += [init_options.Integration(module=c.module, name=c.integration) for c in clients]
    last = found.last
    for name in [n for n in options if n in last.call.keywords]:
        # What the call says is never rewritten; it may well be what was asked for.
        value, option = options.pop(name), found.option(name)
        if option is not None and ast.unparse(option.node) != ast.unparse(ast.parse(value, mode="eval").body):
            place = f"{option.path}:{option.line}"
            context.leave(
                Refused(
                    f"{name} is already set there, and an existing option is never rewritten", f"{name}={value}", place
                )
            )
    if not options and not integrations:
        context.settled = True
        return
    version = found.version.assumed if found.version else LATEST
    unknown = sorted(options.keys() - known_options(version))
    if unknown:
        why = f"sentry-sdk {version} does not know {', '.join(unknown)}; update it first"
        raise StepRefused(Refused(why, "sentry-sdk>=2.75,<3", found.version.path if found.version else last.path))
    if found.opaque is not None:
        text = "".join(f"    {n}={v},\n" for n, v in options.items())
        raise StepRefused(Refused("the init call is not followed in full", text, f"{last.path}:{last.call.line}"))
    context.edit(
        last.path,
        lambda data: init_options.add_options(data or b"", last.call.line, options, integrations, last.path),
        once=True,
    )


def _jobs(context: Context, backend: Backend) -> None:
    """Decorate the scheduled jobs one after the other: an edit moves the lines of the others."""
    seen: set[tuple[str, str]] = set()
    while True:
        left = [j for j in scheduled_of(context.facts, backend) if not j.monitored and _key(j) not in seen]
        if not left:
            return
        job = left[0]
        seen.add(_key(job))
        with context.part():
            _job(context, job)
        context.refresh()


def _key(job: Scheduled) -> tuple[str, str]:
    return job.path, job.function.name


def _job(context: Context, job: Scheduled) -> None:
    schedule, name = job.schedule, job.function.name
    if schedule is None:
        snippet = f'@sentry_sdk.monitor(monitor_slug="{job.slug}", monitor_config={{"schedule": …}})'
        why = f"the schedule of {name}() cannot be written as a crontab or an interval of minutes"
        raise StepRefused(Refused(why, snippet, f"{job.source}:{job.line}"))
    context.edit(
        job.path,
        lambda data: monitor.add_monitor(data or b"", name, job.function.lineno, job.slug, schedule, job.path),
        once=True,
    )


def _browser(context: Context, frontend: Frontend) -> None:
    found = require_browser_init(context.facts, frontend)
    if isinstance(found, Verdict):
        why = f"{frontend.root} does not initialize the SDK yet; run the step `frontend-sdk` first"
        raise StepRefused(Refused(why, "", frontend.manifest))
    chosen = {o.answer for o in BROWSER if context.config.chosen(o.answer, frontend.name)}
    options: dict[str, str] = {}
    integrations: list[str] = []
    if "frontend.replay" in chosen:
        options |= {"replaysSessionSampleRate": "0.1", "replaysOnErrorSampleRate": "1"}
        integrations.append("replayIntegration")
    if "frontend.feedback" in chosen:
        integrations.append("feedbackIntegration")
    if "frontend.logs" in chosen:
        options["enableLogs"] = "true"
    path, line = found.path, found.line
    context.edit(
        path, lambda data: browser_options.add_options(data or b"", line, options, integrations, path), once=True
    )


def _uptime(context: Context, address: str) -> None:
    """Leave the monitor to the person: Sentry's API for uptime monitors is not public."""
    page = f"{context.known.url.rstrip('/')}/organizations/{context.organization or ':orgslug'}/monitors/"
    context.settled = True
    context.actions.append(
        ManualTask(
            title=f"create an uptime monitor for {address} (Create Monitor, Uptime)",
            url=page,
            command='sentry-setup sign-off uptime-monitored --by NAME --note "…"',
            reason="an application that does not answer sends no error; the sign-off records that the monitor exists",
            snippet=address,
        )
    )
