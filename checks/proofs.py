"""What Sentry shows of items that a reading decides: with it a pass is proven, and what no file here can decide is decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

from checks.model import Finding, Outcome, Target, Verdict, in_sentry, passed
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.sentry_api.snapshot import NOT_ASKED, ProjectSnapshot, Release, Unavailable
from checks.targets.observed import FRESH, every_target, made_by_tool, project_of, with_online_evidence
from checks.targets.production_environment import is_production, production_environments


def proven(facts: Facts, item_id: str, verdict: Verdict) -> Verdict:
    """Return a verdict with what was observed for it; a fail, and an item that Sentry shows nothing of, stay as they are.

    A pass that could not be proven because an answer could not be read says so: silence would mean that nothing happened yet.
    """
    observe, answer = _PROOFS.get(item_id, (None, ""))
    if observe is None or facts.snapshot is None or verdict.outcome not in (Outcome.PASS, Outcome.UNKNOWN):
        return verdict
    targets = [verdict.target] if verdict.target is not None else every_target(facts)
    projects = [(t, p) for t in targets if (p := project_of(facts, t)) is not None]
    evidence = [in_sentry(fact) for t, p in projects for fact in observe(facts, t, p)]
    unread = [u for _, p in projects if isinstance(u := getattr(p, answer), Unavailable) and u is not NOT_ASKED]
    if not evidence and unread and verdict.outcome is Outcome.PASS:
        why = Finding(message=f"not proven: {unread[0].reason}", hint=unread[0].hint)
        return passed(*verdict.evidence, findings=(*verdict.findings, why), target=verdict.target)
    return with_online_evidence(verdict, evidence)


def _environments(facts: Facts, target: Target, project: ProjectSnapshot) -> Sequence[str]:
    """Every deployed environment reported an error: the DSN is set there, and the name reaches the SDK."""
    backend = next((b for b in facts.backends if b.target == target), None)
    if backend is None or not isinstance(project.environments, tuple):
        return ()
    names = production_environments(facts)
    wanted = {d.environment for d in deployments_of_backend(facts, backend.root)} or {"production"}
    seen: list[str] = []
    for one in sorted(wanted):
        matching = [e for e in project.environments if (is_production(e, names) if one == "production" else e == one)]
        if not matching:
            return ()
        seen += matching
    return (f"errors of {', '.join(dict.fromkeys(seen))} arrived in {project.slug} within 30 days",)


def _live(facts: Facts, target: Target, project: ProjectSnapshot) -> Sequence[str]:
    """The deployed frontend reported an error, so the DSN is in its bundle."""
    names = production_environments(facts)
    live = [r for r in project.live if is_production(r.environment, names)] if isinstance(project.live, tuple) else []
    return (f"errors of the deployed frontend arrived in {project.slug} within 30 days",) if live else ()


def _bundles(facts: Facts, target: Target, project: ProjectSnapshot) -> Sequence[str]:
    """Sentry has an artifact bundle of the last 30 days."""
    recent = dt.datetime.now(dt.UTC) - FRESH
    found = project.bundles if isinstance(project.bundles, tuple) else ()
    bundle = next((b for b in found if b.files and b.date is not None and b.date > recent), None)
    if bundle is None:
        return ()
    of = f" of release {bundle.releases[0]}" if bundle.releases else ""
    return (f"artifact bundle {bundle.id[:8]}…{of} of {project.slug} with {bundle.files} files is in Sentry",)


def _made(project: ProjectSnapshot) -> Iterator[Release]:
    recent = dt.datetime.now(dt.UTC) - FRESH
    for release in project.releases if isinstance(project.releases, tuple) else ():
        if made_by_tool(release) and (release.created is None or release.created > recent):
            yield release


def _release(facts: Facts, target: Target, project: ProjectSnapshot) -> Sequence[str]:
    return [f"release {r.version} of {project.slug} is in Sentry" for r in _made(project)][:1]


def _deploy(facts: Facts, target: Target, project: ProjectSnapshot) -> Sequence[str]:
    return [
        f"release {r.version} of {project.slug} has a deploy to {r.environment or 'an environment'}"
        for r in _made(project)
        if r.deploys
    ][:1]


def _commits(facts: Facts, target: Target, project: ProjectSnapshot) -> Sequence[str]:
    return [f"release {r.version} of {project.slug} has {r.commits} commits" for r in _made(project) if r.commits][:1]


def _traces(facts: Facts, target: Target, project: ProjectSnapshot) -> Sequence[str]:
    if not isinstance(project.spans, int) or not project.spans:
        return ()
    return (f"{project.spans} spans of {project.slug} arrived in 14 days",)


_PROOFS: dict[str, tuple[Callable[[Facts, Target, ProjectSnapshot], Sequence[str]], str]] = {
    "dsn-configured": (_environments, "environments"),
    "environment-set": (_environments, "environments"),
    "frontend-dsn-configured": (_live, "live"),
    "source-maps": (_bundles, "bundles"),
    "release-tracking": (_release, "releases"),
    "deploy-recorded": (_deploy, "releases"),
    "commits-associated": (_commits, "releases"),
    "tracing-enabled": (_traces, "spans"),
}
"""What observes an item, and the answer of Sentry that it is read from."""
