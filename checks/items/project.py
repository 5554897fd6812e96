"""Whether the Sentry projects exist, and a test message and a test error were seen in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from checks.model import Finding, Target, Verdict, failed, in_sentry, not_applicable, passed, unknown
from checks.repository.facts import Facts
from checks.sentry_api.snapshot import ProjectSettings, ProjectSnapshot, Unavailable
from checks.targets.observed import FRESH, every_target

KEYS_HINT = "enable or create one under Project Settings → Client Keys"


_BY_HAND = "open the project in Sentry"


def project_created(facts: Facts) -> Sequence[Verdict]:
    """Every backend and every frontend reports to its own project, so that issues, alerts and quotas stay apart.

    To fix: create the project in Sentry with its framework's platform and note its slug in the configuration.
    """
    if not facts.backends and not facts.frontends:
        return [not_applicable("neither a backend nor a frontend was found")]
    return [_project(facts, t) for t in every_target(facts)]


def _project(facts: Facts, target: Target) -> Verdict:
    if facts.snapshot is None:
        return unknown(
            "connect to Sentry to check the projects",
            target=target,
            hint="run with `--online` and a token with `project:read`",
        )
    project = facts.snapshot.projects.get(target.name)
    if isinstance(project, ProjectSnapshot):
        return _existing(facts, project, target)
    if isinstance(project, Unavailable):
        return unknown(project.reason, hint=project.hint or _BY_HAND, target=target)
    slug = facts.snapshot.missing.get(target.name)
    if slug is None:
        return unknown(
            "no project name is configured", target=target, hint="set `backend.project` or `frontend.project`"
        )
    hint = "`sentry-setup apply project --yes` creates it"
    if facts.snapshot.receiver:
        hint = "create it in the server's web interface, or name the one that is there: `--set backend.project=…`"
    return failed(Finding(message=f"no project {slug} in {facts.snapshot.organization}", hint=hint), target=target)


def _existing(facts: Facts, project: ProjectSnapshot, target: Target) -> Verdict:
    kind = "backend" if any(b.target == target for b in facts.backends) else "frontend"
    if project.renamed_from is not None:
        message = f"project {project.renamed_from} was renamed: it is {project.slug} now"
        return failed(Finding(message=message, hint=f"set `{kind}.project` to `{project.slug}`"), target=target)
    status = project.settings.status if isinstance(project.settings, ProjectSettings) else "active"
    if status != "active":
        message = f"project {project.slug} is {status.replace('_', ' ')}"
        return failed(Finding(message=message, hint="restore it in Sentry, or create another one"), target=target)
    organization = facts.snapshot.organization if facts.snapshot else ""
    evidence = [in_sentry(f"project {project.slug} (id {project.id}) exists in {organization}")]
    odd = odd_platform(project, kind)
    page = f"{facts.snapshot.url if facts.snapshot else ''}/settings/{organization}/projects/{project.slug}/"
    findings = [Finding(message=odd, hint=f"change the platform at {page}")] if odd else []
    return passed(*evidence, findings=findings, target=target)


def odd_platform(project: ProjectSnapshot, kind: str) -> str | None:
    """Return what is odd about a project's platform, None where it fits; a wrong one gives wrong instructions and grouping.

    https://docs.sentry.io/platforms/ : `python-django`, `javascript-react` …
    """
    platform = project.platform or ""
    fitting = {"backend": ("python", "other"), "frontend": ("javascript", "node", "other")}[kind]
    if not platform or platform.split("-")[0] in fitting:
        return None
    return f"the platform of {project.slug} is {platform}, though it is the project of a {kind}"


def test_event(facts: Facts) -> Sequence[Verdict]:
    """Only an event that arrived proves that the DSN works: a 200 from the server does not.

    One `capture_message` and one real exception with the same nonce must have been seen in the right project within the
    last 30 days.

    To fix: send them with `sentry-setup apply test-event --yes`.
    """
    if not facts.backends:
        return [not_applicable("no backend found")]
    return [_seen(facts, b.target, dt.datetime.now(dt.UTC)) for b in facts.backends]


def _seen(facts: Facts, target: Target, now: dt.datetime) -> Verdict:
    if facts.snapshot is None:
        return unknown(
            "connect to Sentry to check the events",
            target=target,
            hint="run with `--online` and a token with `event:read`",
        )
    project = facts.snapshot.projects.get(target.name)
    if not isinstance(project, ProjectSnapshot):
        reason = project.reason if project else "the project does not exist"
        return unknown(
            f"events cannot be read: {reason}", hint=(project.hint if project else None) or _BY_HAND, target=target
        )
    if isinstance(project.keys, tuple) and not any(k.active for k in project.keys):
        finding = Finding(message=f"no client key of {project.slug} is active, so nothing arrives", hint=KEYS_HINT)
        return failed(finding, target=target)
    if isinstance(project.test_events, Unavailable):
        return unknown(
            f"events cannot be read: {project.test_events.reason}",
            hint=project.test_events.hint or _BY_HAND,
            target=target,
        )
    fresh = [e for e in project.test_events if now - e.received <= FRESH]
    by_nonce: dict[str, dict[str, str]] = {}
    for event in fresh:
        by_nonce.setdefault(event.nonce, {}).setdefault(event.kind, event.id)
    for nonce, kinds in by_nonce.items():
        if {"message", "error"} <= kinds.keys():
            return passed(
                in_sentry(f"message {kinds['message']} and error {kinds['error']} in {project.slug}, nonce {nonce}"),
                target=target,
            )
    hint = "`sentry-setup apply test-event --yes` sends one"
    if fresh:
        missing = "error" if any(e.kind == "message" for e in fresh) else "message"
        return failed(Finding(message=f"a test {missing} was not seen in {project.slug}", hint=hint), target=target)
    return failed(
        Finding(message=f"no test event in {project.slug} within {FRESH.days} days", hint=hint), target=target
    )


test_event.__test__ = False  # type: ignore[attr-defined]  # pytest would take the name for a test
