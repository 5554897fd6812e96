"""Bitbucket Pipelines (https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from msgspec import structs
from yaml import Node

from checks.ci.model import YES, Answer, Depth, History, Job, Provider, Step, Workflow
from checks.ci.providers.reading import from_documents, script, texts
from checks.parsers import yaml as y
from checks.repository.facts import Facts

_STARTS: dict[str, Answer] = {
    "pull-requests": (False, "it is under `pull-requests`"),
    "custom": (None, "somebody or a schedule starting it: it is under `custom`"),
}
"""The kinds of pipelines that no push starts."""


def read(facts: Facts, path: str) -> Workflow:
    """Read what the pipelines run; steps that are only defined (`definitions`) do not run."""
    flow = from_documents(facts, path, "bitbucket", lambda document: list(_jobs(path, document)))
    shared = tuple(
        (f"the pipeline takes {y.scalar(named)}, which is not here", y.line_of(named))
        for _, value in y.walk(y.get(flow.node, "pipelines"))
        if (named := y.get(value, "import")) is not None
    )
    return structs.replace(flow, remote=shared)


def _jobs(path: str, document: Node) -> Iterator[Job]:
    for kind, key, pipelines in y.pairs(y.get(document, "pipelines")):
        named = [("default", key, pipelines)] if kind == "default" else list(y.pairs(pipelines))
        for name, _, pipeline in named:
            answer = _STARTS.get(kind) or (_branch(name) if kind == "branches" else YES)
            plain = kind == "branches" and not set("*?{") & set(name)
            refs = frozenset({name}) if plain else None
            before: list[str] = []
            number = 0
            for group in y.sequence(pipeline):
                # What is parallel does not wait for each other; the groups follow one another.
                needs, names = tuple(before), []
                for beside in _beside(group):
                    waits = needs
                    for node in beside:
                        number += 1
                        label = y.scalar(y.get(node, "name")) or f"{name}.{number}"
                        yield structs.replace(_job(path, label, node, answer, refs), needs=waits)
                        names.append(label)
                        waits = (label,)
                before = names


def _branch(pattern: str) -> Answer:
    """Return whether a pattern of branches is one that deploys: a name is, a pattern where it matches the default branch or releases."""
    texts = [pattern] if "{" not in pattern else pattern.strip("{}").split(",")
    for text in texts:
        plain = not set("*?") & set(text)
        if plain or any(fnmatchcase(b, text) for b in ("main", "master")) or text.startswith(("release", "hotfix")):
            return YES
    return None, f"a push to `{pattern}`"


def _beside(item: Node) -> list[list[Node]]:
    """Return the rows of steps of an entry of a pipeline that run at one time: a step, those of a stage, each of a parallel group."""
    one, stage, parallel = y.get(item, "step"), y.get(item, "stage"), y.get(item, "parallel")
    if one is not None:
        return [[one]]
    if stage is not None:
        return [[s for i in y.sequence(y.get(stage, "steps")) if (s := y.get(i, "step")) is not None]]
    inner = y.sequence(y.get(parallel, "steps") or parallel)
    return [row for i in inner if y.get(i, "parallel") is None for row in _beside(i)]


def _job(path: str, name: str, node: Node, answer: Answer, refs: frozenset[str] | None) -> Job:
    runs, why = answer
    condition = y.get(node, "condition")
    if runs is True and y.get(condition, "changesets") is None and condition is not None:
        runs, why = None, "its `condition`"
    steps: list[Step] = []
    for part in ("script", "after-script"):
        for item in y.sequence(y.get(node, part)):
            # One shell runs the commands of a part, with the pipes between them; `after-script` has one of its own.
            pipe, line, last = y.scalar(y.get(item, "pipe")), y.line_of(item), part == "after-script"
            before = "\n".join(s.run for s in steps if s.run and s.name == part)
            if pipe is not None:
                given = texts(y.get(item, "variables"))
                uses = pipe.replace(":", "@")
                own = Step(path=path, line=line, name=part, uses=uses, inputs=given, env=given, before=before)
                steps.append(structs.replace(own, after_failure=last))
            elif steps and steps[-1].run is not None and steps[-1].name == part:
                steps[-1] = structs.replace(steps[-1], run=f"{steps[-1].run}\n{script(item)}")
            else:
                run = script(item)
                steps.append(Step(path=path, line=line, name=part, run=run, before=before, after_failure=last))
    return Job(
        id=name,
        name=y.scalar(y.get(node, "name")),
        line=y.line_of(node),
        steps=tuple(steps),
        environment=y.scalar(y.get(node, "deployment")),
        node=node,
        runs=runs,
        why=why,
        may_fail=y.get(node, "on-fail") is not None,
        own_machine="self.hosted" in y.strings(y.get(node, "runs-on")),
        refs=refs,
    )


def _history(workflow: Workflow, job: Job, step: Step, fetched: bool) -> History:
    """Fifty commits are cloned unless `depth: full` is said (…/git-clone-behavior)."""
    depth = y.scalar(y.get(job.node, "clone", "depth")) or y.scalar(y.get(workflow.node, "clone", "depth"))
    return History(
        state=Depth.COMPLETE if depth == "full" or fetched else Depth.SHALLOW, path=step.path, line=step.line
    )


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return [
        f"      # after the step that deploys to {environment}",
        "      - step:",
        "          name: Sentry release",
        "          image: python:3.13",
        "          clone:",
        "            depth: full",
        "          script:",
        *(f"            - {c}" for c in commands),
    ]


PROVIDER = Provider(
    name="bitbucket",
    title="Bitbucket Pipelines",
    matches=lambda path: path in ("bitbucket-pipelines.yml", "bitbucket-pipelines.yaml"),
    read=read,
    options="-e",
    commit="$BITBUCKET_COMMIT",
    marks=("CI", "BITBUCKET_"),
    secrets="Repository settings > Pipelines > Repository variables",
    history=_history,
    snippet=_snippet,
    forge="Bitbucket",
    integrations=("bitbucket", "bitbucket_server"),
)
