"""GitLab CI (https://docs.gitlab.com/ci/yaml/)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from yaml import MappingNode, Node

from checks.ci.model import Depth, History, Job, Provider, Step, Workflow
from checks.ci.providers.gitlab_merge import Merged
from checks.ci.providers.gitlab_rules import job_refs, job_runs, named_refs
from checks.ci.providers.reading import script, step, texts
from checks.parsers import yaml as y
from checks.repository.facts import Facts

_MAX_CHILD_JOBS = 100
_STAGES = ("build", "test", "deploy")
"""The stages of a pipeline that names none."""
_NO_JOBS = frozenset(
    {
        "default",
        "include",
        "stages",
        "variables",
        "workflow",
        "image",
        "services",
        "cache",
        "before_script",
        "after_script",
    }
    | {"spec", "pages:deploy"}
)


def read(facts: Facts, path: str) -> Workflow:
    """Read a pipeline as GitLab merges it; hidden jobs (`.name`) run only where another one takes them."""
    return _read(facts, path, 0)


def _read(facts: Facts, path: str, depth: int) -> Workflow:
    merged = Merged(facts, path)
    if merged.problem is not None:
        return Workflow(path=path, provider="gitlab", problem=merged.problem)
    env = texts(y.get(merged.root, "variables"))
    jobs, stages = [], {}
    named = named_refs(merged.root)
    for name, key, _ in y.pairs(merged.root):
        node = merged.job(name) if name not in _NO_JOBS and not name.startswith(".") else None
        if node is not None:
            jobs.append(_job(merged, name, key, node, env, merged.files.get(name, path), named))
            stages[name] = y.scalar(y.get(node, "stage")) or "test"
            jobs += _children(facts, jobs[-1], y.get(node, "trigger", "include"), depth)
    order = [".pre", *(y.strings(y.get(merged.root, "stages")) or _STAGES), ".post"]
    jobs = [_waiting(job, stages, order) for job in jobs]
    return Workflow(
        path=path, provider="gitlab", jobs=tuple(jobs), env=env, node=merged.root, remote=tuple(merged.remote)
    )


def _waiting(job: Job, stages: dict[str, str], order: list[str]) -> Job:
    """Return a job with the jobs of the stages before its own, for which it waits where it does not say what it needs.

    https://docs.gitlab.com/ci/yaml/#stages
    """
    own = stages.get(job.id)
    if own not in order or y.get(job.node, "needs") is not None:
        return job
    before = order[: order.index(own)]
    return replace(job, needs=tuple(name for name, stage in stages.items() if stage in before))


def _job(
    merged: Merged, name: str, key: Node, node: MappingNode, env: dict[str, str], path: str, named: list[str]
) -> Job:
    own = env | texts(y.get(node, "variables"))
    # One shell runs `before_script` and `script`, another one `after_script` (https://docs.gitlab.com/ci/yaml/#after_script).
    first = script(y.get(node, "before_script"))
    steps = [
        step(
            path,
            value,
            own,
            name=part,
            continue_on_error=part == "after_script",
            after_failure=part == "after_script",
            before=first if part == "script" else "",
        )
        for part in ("before_script", "script", "after_script")
        if (value := y.get(node, part)) is not None
    ]
    steps += [
        step(path, text, own) for item in y.sequence(y.get(node, "run")) if (text := y.get(item, "script")) is not None
    ]
    environment = y.get(node, "environment")
    runs, why = job_runs(node, merged.root, merged.facts.paths)
    if runs is True and name in merged.depends:
        runs, why = None, merged.depends[name]
    trigger = y.get(node, "trigger")
    other = y.scalar(trigger) or y.scalar(y.get(trigger, "project"))
    return Job(
        id=name,
        line=y.line_of(key),
        steps=tuple(steps),
        needs=tuple(y.scalar(n) or y.scalar(y.get(n, "job")) or "" for n in y.sequence(y.get(node, "needs"))),
        environment=y.scalar(environment) or y.scalar(y.get(environment, "name")),
        env=own,
        node=node,
        runs=runs,
        why=why,
        starts=f"the pipeline of {other}" if other else None,
        may_fail=_may_fail(node),
        own_machine=None if y.get(node, "tags") is not None else False,
        after_failure=any(when in ("always", "on_failure", "manual") for when in _whens(node)),
        refs=job_refs(node, named, merged.facts.paths),
    )


def _children(facts: Facts, parent: Job, include: Node | None, depth: int) -> list[Job]:
    """Return the jobs of a child pipeline that a job starts from files of the repository; two below the first are the most.

    https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#nested-child-pipelines
    """
    entries = [include] if isinstance(include, MappingNode) else y.sequence(include)
    named = [t for e in entries for t in ([y.scalar(e)] if y.scalar(e) else y.strings(y.get(e, "local")))]
    found: list[Job] = []
    for child in dict.fromkeys((t or "").lstrip("/") for t in [*named, y.scalar(include)]):
        if child and child in facts.paths and depth < 2 and len(found) < _MAX_CHILD_JOBS:
            for job in _read(facts, child, depth + 1).jobs:
                runs, why = (job.runs, job.why) if parent.runs is True else (parent.runs, parent.why)
                found.append(replace(job, id=f"{parent.id}: {job.id}", runs=runs, why=why))
    return found


def _may_fail(node: Node) -> bool:
    """Return whether the pipeline may go on where a job has failed; one that a person starts is let off by itself.

    https://docs.gitlab.com/ci/yaml/#allow_failure
    """
    said = [y.get(n, "allow_failure") for n in (node, *y.sequence(y.get(node, "rules")))]
    return "manual" in _whens(node) or any(s is not None and y.scalar(s) != "false" for s in said)


def _whens(node: Node) -> list[str]:
    """Return what a job and its rules say of when it runs."""
    return [text for n in (node, *y.sequence(y.get(node, "rules"))) if (text := y.scalar(y.get(n, "when")))]


def _history(workflow: Workflow, job: Job, step: Step, fetched: bool) -> History:
    """The runner fetches 20 commits unless told otherwise (https://docs.gitlab.com/ci/runners/configure_runners/#shallow-cloning)."""
    depth = step.env.get("GIT_DEPTH") or workflow.env.get("GIT_DEPTH")
    return History(state=Depth.COMPLETE if depth == "0" or fetched else Depth.SHALLOW, path=step.path, line=step.line)


def _outlives(workflow: Workflow, job: Job, step: Step | None, failed: str) -> bool:
    """Return whether `after_script`, or a job of `when: always`, runs also where what it follows has failed.

    https://docs.gitlab.com/ci/yaml/#after_script, https://docs.gitlab.com/ci/yaml/#when
    """
    return step.after_failure if step is not None else job.node is not None and set(_whens(job.node)) == {"always"}


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return [
        "sentry-release:",
        "  image: python:3.13-slim",
        f'  needs: ["{deploy}"]',
        "  allow_failure: true",
        "  script:",
        *(f"    - {c}" for c in commands),
    ]


PROVIDER = Provider(
    name="gitlab",
    title="GitLab CI",
    matches=lambda path: path in (".gitlab-ci.yml", ".gitlab-ci.yaml"),
    read=read,
    options="-eo pipefail",
    commit="$CI_COMMIT_SHA",
    marks=("CI", "GITLAB_", "CI_"),
    secrets="Settings > CI/CD > Variables of the project",
    secret_command="glab variable set {name} --masked",
    history=_history,
    outlives=_outlives,
    snippet=_snippet,
    forge="GitLab",
    integrations=("gitlab",),
)
