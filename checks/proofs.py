"""What Sentry shows of items that a reading decides: with it a pass is proven, and what no file here can decide is decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

from checks.items.observed import project_of, with_online_evidence
from checks.items.production_environment import is_production, production_environments
from checks.items.project import FRESH, every_target
from checks.items.releases import made_by_tool
from checks.model import Outcome, Target, Verdict, in_sentry
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.sentry_api.snapshot import ProjectSnapshot, Release


def proven(facts: Facts, item_id: str, verdict: Verdict) -> Verdict:
    """Return a verdict with what was observed for it; a fail, and an item that Sentry shows nothing of, stay as they are."""
    observe = _PROOFS.get(item_id)
    if observe is None or facts.snapshot is None or verdict.outcome not in (Outcome.PASS, Outcome.UNKNOWN):
        return verdict
    targets = [verdict.target] if verdict.target is not None else every_target(facts)
    found = [observe(facts, t, p) for t in targets if (p := project_of(facts, t)) is not None]
    evidence = [in_sentry(fact) for facts_of_one in found for fact in facts_of_one]
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


_PROOFS: dict[str, Callable[[Facts, Target, ProjectSnapshot], Sequence[str]]] = {
    "dsn-configured": _environments,
    "environment-set": _environments,
    "frontend-dsn-configured": _live,
    "source-maps": _bundles,
    "release-tracking": _release,
    "deploy-recorded": _deploy,
    "commits-associated": _commits,
    "tracing-enabled": _traces,
}
