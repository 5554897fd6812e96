"""Builds of an image in CI that are thrown away: to see that it builds, for a pull request or for tests. They are given no secret."""

from __future__ import annotations

from collections.abc import Sequence

from checks.ci.commands import step_commands
from checks.ci.deploying import deploying, for_reviews
from checks.ci.events import REVIEWED
from checks.ci.model import Job, Step, Workflow
from checks.ci.pushing import pushes_image
from checks.hosts.image_builds import ImageBuild
from checks.repository.facts import Facts


def without_trials(facts: Facts, builds: Sequence[ImageBuild]) -> list[ImageBuild]:
    """Return the builds but those of CI that are only tried; where a build of CI is handed on, one that is not is a trial too."""
    of_ci = [(b, _job_of(facts, b)) for b in builds]
    handed = any(found is not None and _hands_on(facts, *found) for _, found in of_ci)
    return [b for b, found in of_ci if found is None or not _is_tried(facts, *found, beside_others=handed)]


def _job_of(facts: Facts, build: ImageBuild) -> tuple[Workflow, Job] | None:
    if build.kind not in ("action", "command", "bake", "buildah"):
        return None
    found = (
        (flow, job)
        for flow in facts.workflows
        for job in flow.jobs
        if any(s.path == build.path and s.line == build.line for s in job.steps)
    )
    return next(found, None)


def _is_tried(facts: Facts, flow: Workflow, job: Job, *, beside_others: bool) -> bool:
    if for_reviews(flow, job):
        return True
    reviewed = any(t in REVIEWED for t in flow.triggers)
    return (reviewed or beside_others) and not _hands_on(facts, flow, job)


def _hands_on(facts: Facts, flow: Workflow, job: Job) -> bool:
    """Return whether a job pushes, keeps or deploys what it built."""
    return deploying(facts, flow, job).deploys or any(pushes_image(facts, s) or _keeps(facts, s) for s in job.steps)


def _keeps(facts: Facts, step: Step) -> bool:
    """Return whether a step keeps an image for a later job or for a cluster."""
    if (step.uses or "").partition("@")[0] in ("actions/upload-artifact", "docker/bake-action"):
        return True
    ran = (r.words for r in step_commands(facts, step) if r.runs is not False)
    return any(w[0].rpartition("/")[2] in ("docker", "podman") and {"save", "stack", "up"} & set(w) for w in ran)
