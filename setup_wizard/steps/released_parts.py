"""The Sentry projects whose releases are made, each with the backend or frontend that reports to it; which of them a job deploys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from checks.ci.model import Job, Workflow
from checks.frontends.vite_plugin import effective_plugin
from checks.repository.backends import Backend
from checks.repository.deployed_parts import Part, deploys_part
from checks.repository.facts import Facts


class Released:
    """The parts of a repository that get releases, in the order in which a release names their projects."""

    def __init__(self, parts: Sequence[tuple[Part, str]]) -> None:
        self.parts = tuple(parts)
        self.projects = tuple(slug for _, slug in parts)

    def of_job(self, facts: Facts, flow: Workflow, job: Job) -> tuple[str, ...]:
        """Return the projects of the parts that a job deploys; none where it deploys others only."""
        return tuple(slug for part, slug in self.parts if deploys_part(facts, flow, job, part))

    def of_jobs(self, facts: Facts, path: str, jobs: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the projects of each job of a workflow that deploys only some of the parts."""
        wanted = set(jobs)
        found = {
            j.id: self.of_job(facts, f, j) for f in facts.workflows if f.path == path for j in f.jobs if j.id in wanted
        }
        return {job: own for job, own in found.items() if own and own != self.projects}

    def without(self, facts: Facts, jobs: Sequence[tuple[Workflow, Job]]) -> list[tuple[Part, str]]:
        """Return the parts that none of some jobs deploys, without those whose own build makes the release."""
        return [
            (part, slug)
            for part, slug in self.parts
            if not any(deploys_part(facts, flow, job, part) for flow, job in jobs) and not _by_build(facts, part)
        ]


def _by_build(facts: Facts, part: Part) -> bool:
    """Return whether the plugin in a frontend's build makes the release (its token is told where the build is)."""
    plugin = None if isinstance(part, Backend) else effective_plugin(facts, part)
    return plugin is not None and plugin.problem is None and plugin.creates_release is True
