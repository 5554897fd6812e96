"""An image that CI pushes to a registry, from where something that is not in the repository deploys it.

https://docs.docker.com/reference/cli/docker/image/push/, https://github.com/docker/build-push-action#inputs,
https://github.com/whoan/docker-build-with-cache-action#optional-arguments
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.ci.commands import place_of, step_commands, steps_when_deployed
from checks.ci.programs import words_of

if TYPE_CHECKING:
    from checks.ci.model import Step
    from checks.repository.facts import Facts

_PROGRAMS = frozenset({"docker", "podman", "buildah", "nerdctl", "crane", "skopeo"})
_BUILDERS = ("docker/build-push-action", "redhat-actions/push-to-registry", "depot/build-push-action")


def pushed_image(facts: Facts) -> tuple[str, int, str] | None:
    """Return `(path, line, why)` of the first step that pushes an image when code is deployed, None where none does."""
    for job, step in steps_when_deployed(facts):
        place = pushes_image(facts, step)
        if place is not None:
            return *place, f"job {job.id} pushes an image, and nothing here deploys it"
    for workflow in facts.workflows:
        for job in workflow.jobs if not workflow.only_pull_requests else ():
            if job.uses and not job.uses.startswith("./") and _OF_IMAGES & set(words_of(_file_of(job.uses))):
                return workflow.path, job.line, f"job {job.id} calls {job.uses}, which may push an image"
    return None


_OF_IMAGES = frozenset({"docker", "image", "images", "container", "oci", "rock"})


def _file_of(uses: str) -> str:
    return uses.partition("@")[0].rpartition("/")[2].rpartition(".")[0]


def pushes_image(facts: Facts, step: Step) -> tuple[str, int] | None:
    """Return the place at which a step pushes an image, None where it pushes none."""
    if step.uses:
        action = step.uses.partition("@")[0].lower()
        asked = step.inputs.get("push", "false").lower() != "false" or "push=true" in step.inputs.get("outputs", "")
        pushes = action.startswith(_BUILDERS) and (asked or "push-to-registry" in action)
        pushes = pushes or ("docker-push" in action and not action.startswith("./"))
        cached = action == "whoan/docker-build-with-cache-action"
        pushes = pushes or (cached and step.inputs.get("push_image_and_stages", "true").lower() != "false")
        return (step.path, step.line) if pushes else None
    for ran in step_commands(facts, step):
        words = ran.words
        if ran.runs is False or not words or words[0].rpartition("/")[2] not in _PROGRAMS:
            continue
        if {"push", "copy"} & {*words[1:3]} or "--push" in words:
            return place_of(step, ran)
    return None
