"""Travis CI (https://docs.travis-ci.com/user/job-lifecycle/)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import structs
from yaml import Node

from checks.ci.model import YES, Answer, Job, Provider, Step, Workflow
from checks.ci.providers.reading import from_documents, script, texts
from checks.parsers import yaml as y
from checks.parsers.text import clipped
from checks.repository.facts import Facts

_PHASES = (
    "before_install",
    "install",
    "before_script",
    "script",
    "after_success",
    "before_deploy",
    "deploy",
    "after_deploy",
)
_OWN_DEPLOYS = ("pypi", "npm", "releases", "pages", "rubygems", "script")


def read(facts: Facts, path: str) -> Workflow:
    """Read the phases in their order, and the jobs under `jobs: include`."""
    return from_documents(facts, path, "travis", lambda document: list(_jobs(path, document)))


def _jobs(path: str, document: Node) -> Iterator[Job]:
    included = y.sequence(y.get(document, "jobs", "include") or y.get(document, "matrix", "include"))
    if not included or any(y.get(document, p) is not None for p in _PHASES):
        yield _job(path, "build", document, document)
    # A stage starts after the one before it; a job without one is of the stage of the job before it (…/user/build-stages/).
    stage, stages = "test", {"test": ["build"]}
    for number, node in enumerate(included, start=1):
        stage = y.scalar(y.get(node, "stage")) or stage
        name = y.scalar(y.get(node, "stage")) or y.scalar(y.get(node, "name")) or f"job {number}"
        before = [names for other, names in stages.items() if other != stage][-1:]
        stages.setdefault(stage, []).append(name)
        yield structs.replace(_job(path, name, node, document), needs=tuple(n for names in before for n in names))


def _job(path: str, name: str, node: Node, root: Node) -> Job:
    env = texts(y.get(node, "env")) or texts(y.get(root, "env", "global"))
    condition = y.scalar(y.get(node, "if"))
    answer: Answer = YES
    if condition is not None:
        plain = "".join(condition.split()).lower()
        answer = None, f"`if: {clipped(condition)}`"
        if plain in ("type=pull_request", "false"):
            answer = False, f"`if: {clipped(condition)}`"
        elif plain.startswith(("branch=", "tag", "type=push", "type!=pull_request")):
            answer = YES
    steps: list[Step] = []
    for phase in _PHASES:
        value = y.get(node, phase)
        for item in y.sequence(value) if phase == "deploy" else ():
            host = y.scalar(y.get(item, "provider")) or ""
            if host == "script":
                commands = y.get(item, "script")
                if commands is not None:
                    steps.append(Step(path=path, line=y.line_of(commands), name=phase, run=script(commands), env=env))
            elif host:
                verb = "travis-publish" if host in _OWN_DEPLOYS else "travis-deploy"
                steps.append(Step(path=path, line=y.line_of(item), name=phase, uses=f"{verb}/{host}", env=env))
        if value is not None and phase != "deploy":
            # One shell runs the phases, one after the other.
            before = "\n".join(s.run for s in steps if s.run)
            run, line = script(value), y.line_of(value)
            # What fails before the script ends the build; a failure of the script leaves out what is behind it.
            options = "-e" if phase in _PHASES[:3] else ""
            steps.append(Step(path=path, line=line, name=phase, run=run, env=env, before=before, options=options))
    allowed = any(y.get(root, key, "allow_failures") is not None for key in ("jobs", "matrix"))
    return Job(
        id=name,
        line=y.line_of(node),
        steps=tuple(steps),
        env=env,
        node=node,
        runs=answer[0],
        why=answer[1],
        may_fail=allowed,
    )


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return ["after_deploy:", *(f"  - {c}" for c in commands)]


PROVIDER = Provider(
    name="travis",
    title="Travis CI",
    matches=lambda path: path in (".travis.yml", ".travis.yaml"),
    read=read,
    commit="$TRAVIS_COMMIT",
    marks=("CI", "TRAVIS"),
    secrets="Settings > Environment Variables of the repository",
    snippet=_snippet,
)
