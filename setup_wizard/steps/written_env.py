"""An env file that CI writes for the image or the host that it deploys: the variables go there."""

from __future__ import annotations

from msgspec import Struct

from checks.ci.commands import step_commands
from checks.ci.deploying import deploying
from checks.ci.model import Job, Workflow
from checks.ci.pushing import pushes_image
from checks.repository.facts import Facts
from setup_wizard.plan.model import ManualTask


class Written(Struct, frozen=True):
    """An env file that a step of CI writes, with the step's place; `hands` tells that the CI has GitHub's secrets."""

    file: str
    path: str
    line: int
    hands: bool


def written_by_ci(facts: Facts) -> Written | None:
    """Return the `.env` that a job writes which deploys, or pushes an image, None without one."""
    for flow in facts.workflows:
        for job in flow.jobs:
            found = _of_job(facts, flow, job)
            if found is not None and not flow.only_pull_requests and _matters(facts, flow, job):
                return found
    return None


def _of_job(facts: Facts, flow: Workflow, job: Job) -> Written | None:
    for step in job.steps:
        for ran in step_commands(facts, step) if not step.uses else ():
            name = ran.output.rpartition("/")[2]
            if ran.runs is not False and (name == ".env" or name.startswith(".env.")):
                return Written(ran.output, step.path, step.line, flow.ci.hands_secrets)
    return None


def _matters(facts: Facts, flow: Workflow, job: Job) -> bool:
    return deploying(facts, flow, job).deploys or any(pushes_image(facts, s) for s in job.steps)


def in_ci(made: Written, name: str, environment: str | None, value: str) -> ManualTask:
    """Return the task to write the variables into that file too."""
    secret = f"${{{{ secrets.{name} }}}}" if made.hands else f"${name}"
    rows = [f'echo "{name}={secret}" >> {made.file}']
    rows += [f'echo "{environment}={value}" >> {made.file}'] if environment else []
    return ManualTask(
        title=f"write {name} into {made.file} too, which {made.path}:{made.line} makes for production",
        reason=f"store the DSN as the CI secret {name}",
        place=f"{made.path}:{made.line}",
        path=made.path,
        snippet="\n".join(rows),
    )
