"""What Heroku runs at each release (https://devcenter.heroku.com/articles/release-phase): no CI, and commands as in one."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.ci.model import Job, Provider, Step, Workflow
from checks.ci.providers.reading import script
from checks.parsers import yaml as y
from checks.repository.facts import Facts


def release_phases(facts: Facts) -> Iterator[Workflow]:
    """Yield the release phases of the repository."""
    for path in ("Procfile", "heroku.yml"):
        flow = read(facts, path) if path in facts.paths else None
        if flow is not None and flow.jobs:
            yield flow


def read(facts: Facts, path: str) -> Workflow:
    """Return the release phase of a Procfile or heroku.yml as one job, no job where there is none."""
    steps = []
    if path == "heroku.yml":
        document = facts.yaml(path)
        node = y.get(document, "release", "command") if isinstance(document, Node) else None
        steps = [Step(path=path, line=y.line_of(node), run=script(node))] if node is not None else []
    else:
        for number, line in enumerate((facts.text(path) or "").splitlines(), start=1):
            name, colon, command = line.partition(":")
            if colon and name.strip() == "release":
                steps.append(Step(path=path, line=number, run=command.strip()))
    jobs = (Job(id="release phase", line=steps[0].line, steps=tuple(steps)),) if steps else ()
    return Workflow(path=path, provider="heroku", jobs=jobs)


PROVIDER = Provider(
    name="heroku",
    title="Heroku's release phase",
    matches=lambda path: False,
    read=read,
    commit="$HEROKU_SLUG_COMMIT",
    marks=(),
    secrets="Settings > Config Vars of the application",
)
"""Its commands are asked for releases only: nothing in them starts a deployment."""
