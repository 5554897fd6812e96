"""How the Sentry projects are set up: what arrives, what is scrubbed and filtered, how the quota fares, who may come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from checks.model import Finding, Target, Verdict, failed, in_sentry, not_applicable, passed, unknown
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.sentry_api.snapshot import ClientKey, ProjectSettings, ProjectSnapshot, Unavailable, Usage
from checks.targets.observed import every_target

_LOSSES = ("rate_limited", "client_discard")
LOST = 0.05
"""The share of events that may be lost to limits before the headroom counts as gone."""

_WANTED_FILTERS = ("web-crawlers", "localhost", "browser-extensions")
_SCOPE = "run with `--online` and a token with `{}`"

T = TypeVar("T")


def _each(
    facts: Facts,
    scope: str,
    part: Callable[[ProjectSnapshot], T | Unavailable],
    decide: Callable[[T, ProjectSnapshot, Target], Verdict],
    *,
    frontends_only: bool = False,
) -> list[Verdict]:
    """Decide for each target by one part of its project's snapshot; what was not asked, or not answered, is `unknown`."""
    targets = [f.target for f in facts.frontends] if frontends_only else every_target(facts)
    if not facts.backends and not facts.frontends:
        return [not_applicable("neither a backend nor a frontend was found")]
    if not targets:
        return [not_applicable("no frontend found")]
    return [_one(facts, t, scope, part, decide) for t in targets]


def _one(
    facts: Facts,
    target: Target,
    scope: str,
    part: Callable[[ProjectSnapshot], T | Unavailable],
    decide: Callable[[T, ProjectSnapshot, Target], Verdict],
) -> Verdict:
    if facts.snapshot is None:
        return unknown("connect to Sentry to check this", hint=_SCOPE.format(scope), target=target)
    project = facts.snapshot.projects.get(target.name)
    if not isinstance(project, ProjectSnapshot):
        slug = facts.snapshot.missing.get(target.name, "")
        reason = project.reason if project else f"project {slug} does not exist"
        return unknown(reason, hint=(project.hint if project else None) or "see project-created", target=target)
    value = part(project)
    if isinstance(value, Unavailable):
        return unknown(value.reason, hint=value.hint or "open the project in Sentry", target=target)
    return decide(value, project, target)


def performance_data(facts: Facts) -> Sequence[Verdict]:
    """A sample rate in the code proves nothing: only spans that arrived show that tracing works.

    To fix: see tracing-enabled, then open a page of the application and run the check again.
    """

    def decide(spans: int, project: ProjectSnapshot, target: Target) -> Verdict:
        if spans:
            return passed(in_sentry(f"{spans} spans of {project.slug} in 14 days"), target=target)
        seen = isinstance(project.settings, ProjectSettings) and project.settings.transactions_seen
        message = f"no span of {project.slug} in 14 days" + (", only long ago" if seen else "")
        return failed(Finding(message=message, hint="see tracing-enabled"), target=target)

    return _each(facts, "org:read", lambda p: p.spans, decide)


def environments_seen(facts: Facts) -> Sequence[Verdict]:
    """Each deployed environment that reports shows up in Sentry; one that does not is silent or uses another name.

    To fix: see environment-set and dsn-configured for the environment that is missing.
    """

    def decide(environments: tuple[str, ...], project: ProjectSnapshot, target: Target) -> Verdict:
        backend = next((b for b in facts.backends if b.target == target), None)
        wanted = {d.environment for d in deployments_of_backend(facts, backend.root)} if backend else set()
        wanted |= {"production"}
        missing = sorted(wanted - set(environments))
        names = ", ".join(environments) or "none"
        if missing and not project.all_environments:
            message = f"many newer events hide whether {', '.join(missing)} of {project.slug} reports (seen: {names})"
            return unknown(message, hint="search for the environment under Issues in Sentry", target=target)
        if missing:
            message = f"{', '.join(missing)} of {project.slug} sent nothing in 30 days (seen: {names})"
            return failed(Finding(message=message, hint="see environment-set and dsn-configured"), target=target)
        return passed(in_sentry(f"{names} of {project.slug} reported within 30 days"), target=target)

    return _each(facts, "org:read", lambda p: p.environments, decide)


def data_scrubbing(facts: Facts) -> Sequence[Verdict]:
    """Sentry's own scrubbing removes passwords and card numbers that the application sent by mistake.

    To fix: Project Settings → Security & Privacy: turn on Data Scrubber and Use Default Scrubbers.
    """

    def decide(settings: ProjectSettings, project: ProjectSnapshot, target: Target) -> Verdict:
        off = [
            name
            for name, value in (
                ("Data Scrubber", settings.data_scrubber),
                ("the default scrubbers", settings.scrub_defaults),
            )
            if value is False
        ]
        if off:
            message = f"{' and '.join(off)} of {project.slug} are off"
            return failed(
                Finding(message=message, hint="turn them on under Project Settings → Security & Privacy"), target=target
            )
        if settings.data_scrubber is None or settings.scrub_defaults is None:
            return unknown(
                "this Sentry version does not report its scrubbing settings",
                hint="check Security & Privacy",
                target=target,
            )
        return passed(in_sentry(f"data scrubbing of {project.slug} is on, with the defaults"), target=target)

    return _each(facts, "project:read", lambda p: p.settings, decide)


def inbound_filters(facts: Facts) -> Sequence[Verdict]:
    """Errors from crawlers, browser extensions and someone's localhost use quota and help nobody.

    To fix: Project Settings → Inbound Filters.
    """

    def decide(filters: tuple[str, ...], project: ProjectSnapshot, target: Target) -> Verdict:
        frontend = any(f.target == target for f in facts.frontends)
        wanted = _WANTED_FILTERS if frontend else ("web-crawlers",)
        missing = [w for w in wanted if w not in filters]
        if missing:
            message = f"the filters {', '.join(missing)} of {project.slug} are off"
            return failed(
                Finding(message=message, hint="turn them on under Project Settings → Inbound Filters"), target=target
            )
        return passed(in_sentry(f"the filters {', '.join(wanted)} of {project.slug} are on"), target=target)

    return _each(facts, "project:read", lambda p: p.filters, decide)


def spike_protection(facts: Facts) -> Sequence[Verdict]:
    """One broken release can use up the month's quota in an hour; spike protection stops that.

    To fix: Settings → Spike Protection.
    """

    def decide(settings: ProjectSettings, project: ProjectSnapshot, target: Target) -> Verdict:
        if settings.spike_protection is None:
            return unknown(
                "this Sentry version does not report its spike protection",
                hint="check Settings → Spike Protection",
                target=target,
            )
        if not settings.spike_protection:
            message = f"spike protection of {project.slug} is off"
            return failed(Finding(message=message, hint="turn it on under Settings → Spike Protection"), target=target)
        return passed(in_sentry(f"spike protection of {project.slug} is on"), target=target)

    return _each(facts, "project:read", lambda p: p.settings, decide)


def allowed_domains(facts: Facts) -> Sequence[Verdict]:
    """A browser's DSN is public: without a list of domains, any page can use up your quota with it.

    To fix: Project Settings → Security & Privacy → Allowed Domains.
    """

    def decide(settings: ProjectSettings, project: ProjectSnapshot, target: Target) -> Verdict:
        domains = settings.allowed_domains
        if domains is None:
            return unknown(
                "this Sentry version does not report its allowed domains",
                hint="check Security & Privacy",
                target=target,
            )
        if not domains or "*" in domains:
            message = f"{project.slug} accepts events from every domain"
            return failed(Finding(message=message, hint="name your domains under Allowed Domains"), target=target)
        return passed(in_sentry(f"{project.slug} accepts events from {', '.join(domains[:4])}"), target=target)

    return _each(facts, "project:read", lambda p: p.settings, decide, frontends_only=True)


def quota_headroom(facts: Facts) -> Sequence[Verdict]:
    """When the quota is used up, events are dropped, and the next outage goes unseen.

    To fix: lower the sample rate, filter noise, or raise the quota under Settings → Subscription.
    """

    def decide(usage: Usage, project: ProjectSnapshot, target: Target) -> Verdict:
        findings = [f for c in ("error", "transaction", "span") if (f := _lost(usage, project.slug, c))]
        if findings:
            return failed(*findings, target=target)
        accepted = usage.count("error", outcome="accepted")
        return passed(
            in_sentry(f"{accepted} errors of {project.slug} in 14 days, under {LOST:.0%} lost to limits"), target=target
        )

    return _each(facts, "org:read", lambda p: p.usage, decide)


def _lost(usage: Usage, slug: str, category: str) -> Finding | None:
    lost = sum(usage.count(category, outcome=o) for o in _LOSSES)
    total = lost + usage.count(category, outcome="accepted")
    if not total or lost / total <= LOST:
        return None
    return Finding(
        message=f"{lost} of {total} {category}s of {slug} were lost to limits in 14 days",
        hint="check the quota under Stats in Sentry",
    )


def key_rate_limit(facts: Facts) -> Sequence[Verdict]:
    """A limit on the client key caps the cost of a flood of events from any source.

    To fix: Project Settings → Client Keys → Configure → Rate Limits.
    """

    def decide(keys: tuple[ClientKey, ...], project: ProjectSnapshot, target: Target) -> Verdict:
        active = [k for k in keys if k.active]
        if any(k.rate_limited is None for k in active):
            message = f"the server does not show whether the client keys of {project.slug} have a rate limit"
            return unknown(message, hint="check it in its web interface", target=target)
        open_keys = [k for k in active if not k.rate_limited]
        if active and not open_keys:
            return passed(in_sentry(f"every active client key of {project.slug} has a rate limit"), target=target)
        message = (
            f"{len(open_keys)} of {len(active)} active client keys of {project.slug} have no rate limit"
            if active
            else f"{project.slug} has no active client key"
        )
        return failed(Finding(message=message, hint="set one under Client Keys → Configure"), target=target)

    return _each(facts, "project:read", lambda p: p.keys, decide)


def ownership_rules(facts: Facts) -> Sequence[Verdict]:
    """Ownership rules send an issue to the people who know its code instead of to everyone.

    To fix: Project Settings → Ownership Rules, or a CODEOWNERS file.
    """

    def decide(ownership: bool, project: ProjectSnapshot, target: Target) -> Verdict:
        if ownership:
            return passed(in_sentry(f"{project.slug} has ownership rules"), target=target)
        return failed(
            Finding(
                message=f"{project.slug} has no ownership rules",
                hint="add them under Project Settings → Ownership Rules",
            ),
            target=target,
        )

    return _each(facts, "project:read", lambda p: p.ownership, decide)


def code_mappings(facts: Facts) -> Sequence[Verdict]:
    """A code mapping turns each frame of a stack trace into a link to its line, and finds suspect commits.

    To fix: Settings → Integrations → GitHub → Code Mappings.
    """

    def decide(code_mappings: int, project: ProjectSnapshot, target: Target) -> Verdict:
        if code_mappings:
            return passed(in_sentry(f"{code_mappings} code mappings of {project.slug}"), target=target)
        return failed(
            Finding(
                message=f"{project.slug} has no code mapping", hint="add one under Settings → Integrations → GitHub"
            ),
            target=target,
        )

    return _each(facts, "org:read", lambda p: p.code_mappings, decide)


def two_factor_required(facts: Facts) -> Sequence[Verdict]:
    """An attacker with one account can read every stack trace; a second factor makes a stolen password useless.

    To fix: Organization Settings → Security & Privacy → Require Two-Factor Authentication.
    """
    if facts.snapshot is None:
        return [unknown("connect to Sentry to check this", hint=_SCOPE.format("org:read"))]
    required = facts.snapshot.requires_two_factor
    if isinstance(required, Unavailable):
        return [unknown(required.reason, hint=required.hint or "check the organization's settings")]
    if required:
        return [passed(in_sentry(f"{facts.snapshot.organization} requires two-factor authentication"))]
    message = f"{facts.snapshot.organization} does not require two-factor authentication"
    return [failed(Finding(message=message, hint="require it under Organization Settings → Security & Privacy"))]
