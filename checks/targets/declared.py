"""Variables that CI hands to what it deploys."""

from __future__ import annotations

from checks.ci.deploying import deploying
from checks.model import Evidence, in_repository
from checks.repository.facts import Facts


def declared_in_ci(facts: Facts, name: str) -> list[Evidence]:
    """A CI job that deploys and is given the variable hands it on."""
    found = []
    for workflow in facts.workflows:
        for job in workflow.jobs:
            given = next((s for s in job.steps if s.env.get(name)), None)
            if given is not None and deploying(facts, workflow, job).deploys:
                found.append(in_repository(f"`{name}` is given to job {job.id}", workflow.path, given.line))
    return found
