"""AWS CodeBuild (https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from yaml import Node

from checks.ci.model import Job, Provider, Step, Workflow
from checks.ci.providers.reading import from_documents, script, texts
from checks.parsers import yaml as y
from checks.repository.facts import Facts

_PHASES = ("install", "pre_build", "build", "post_build")


def read(facts: Facts, path: str) -> Workflow:
    """Read the phases in their order as one job."""
    return from_documents(facts, path, "buildspec", lambda document: [_job(path, document)])


def _job(path: str, document: Node) -> Job:
    kept = texts(y.get(document, "env", "secrets-manager")) | texts(y.get(document, "env", "parameter-store"))
    env = texts(y.get(document, "env", "variables")) | {name: f"${name}" for name in kept}
    steps = []
    for phase in _PHASES:
        commands = y.get(document, "phases", phase, "commands")
        lets = (y.scalar(y.get(document, "phases", phase, "on-failure")) or "").upper() == "CONTINUE"
        # What is behind the build also runs where that fails (…/view-build-details.html#view-build-details-phases).
        follows = _PHASES[:2] if phase == "post_build" else None
        if commands is not None:
            own = Step(path=path, line=y.line_of(commands), name=phase, run=script(commands), env=env)
            steps.append(replace(own, continue_on_error=lets, follows=follows))
        last = y.get(document, "phases", phase, "finally")
        if last is not None:
            own = Step(path=path, line=y.line_of(last), run=script(last), env=env)
            steps.append(replace(own, follows=(*_PHASES[: _PHASES.index(phase)],)))
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
