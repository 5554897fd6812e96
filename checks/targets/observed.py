"""What Sentry shows of a target: its project, and evidence that makes a pass proven or decides what no file here can."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from checks.model import Evidence, Outcome, Target, Verdict, passed
from checks.repository.facts import Facts
from checks.sentry_api.snapshot import ProjectSnapshot, Release


def project_of(facts: Facts, target: Target | None) -> ProjectSnapshot | None:
    """Return what Sentry answered for a target's project, None where it was not asked or could not be."""
    project = facts.snapshot.projects.get(target.name) if facts.snapshot and target else None
    return project if isinstance(project, ProjectSnapshot) else None


def with_online_evidence(verdict: Verdict, evidence: Sequence[Evidence]) -> Verdict:
    """Return a pass for a pass or an unknown that something observed shows; a fail stays what it is."""
    if not evidence or verdict.outcome not in (Outcome.PASS, Outcome.UNKNOWN):
        return verdict
    odd = verdict.findings if verdict.outcome is Outcome.PASS else ()
    return passed(*dict.fromkeys((*evidence, *verdict.evidence)), findings=odd, target=verdict.target)


FRESH = dt.timedelta(days=30)
"""How long a test event counts as seen."""


def every_target(facts: Facts) -> list[Target]:
    """Return the backends, then the frontends; one nameless target where neither was found."""
    found = [b.target for b in facts.backends] + [f.target for f in facts.frontends]
    return found or [Target(name="repository", root=".")]


_TOOLS = ("sentry-cli", "@sentry", "sentry/")


def made_by_tool(release: Release) -> bool:
    """Return whether CI or a bundler created a release: one that only an event brought has no commits, deploys or end."""
    by_tool = release.user_agent.lower().startswith(_TOOLS)
    return by_tool or release.finalized or bool(release.commits or release.deploys)
