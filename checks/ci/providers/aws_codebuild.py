"""AWS CodeBuild (https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html)."""

from __future__ import annotations

from collections.abc import Sequence

from yaml import Node

from checks.ci.model import Job, Provider, Step, Workflow
from checks.ci.providers.reading import from_documents, script, texts
from checks.parsers import yaml as y
from checks.repository.facts import Facts


def read(facts: Facts, path: str) -> Workflow:
    """Read the phases in their order as one job."""
    return from_documents(facts, path, "buildspec", lambda document: [_job(path, document)])


def _job(path: str, document: Node) -> Job:
    kept = texts(y.get(document, "env", "secrets-manager")) | texts(y.get(document, "env", "parameter-store"))
    env = texts(y.get(document, "env", "variables")) | {name: f"${name}" for name in kept}
    steps = []
    for phase in ("install", "pre_build", "build", "post_build"):
        commands = y.get(document, "phases", phase, "commands")
        if commands is not None:
            steps.append(Step(path=path, line=y.line_of(commands), name=phase, run=script(commands), env=env))
    return Job(id="build", line=y.line_of(document), steps=tuple(steps), env=env, node=document)


def _matches(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("buildspec") and name.endswith((".yml", ".yaml")) and path.count("/") < 3


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return ["  post_build:", "    commands:", *(f"      - {c}" for c in commands)]


PROVIDER = Provider(
    name="buildspec",
    title="AWS CodeBuild",
    matches=_matches,
    read=read,
    commit="$CODEBUILD_RESOLVED_SOURCE_VERSION",
    marks=("CODEBUILD_",),
    secrets="Secrets Manager or Parameter Store, under `env`",
    snippet=_snippet,
)
