"""Google Cloud Build (https://cloud.google.com/build/docs/build-config-file-schema)."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from yaml import Node

from checks.ci.model import Job, Provider, Step, Workflow
from checks.ci.providers.reading import from_documents, script
from checks.parsers import yaml as y
from checks.repository.facts import Facts

_SHELLS = ("bash", "sh", "/bin/bash", "/bin/sh")
_PROGRAMS = {"cloud-sdk": "gcloud"}


def read(facts: Facts, path: str) -> Workflow:
    """Read the steps as one job: each is a program with arguments, or a script."""
    return from_documents(facts, path, "cloudbuild", lambda document: [_job(path, document)])


def _job(path: str, document: Node) -> Job:
    steps = tuple(_step(path, node) for node in y.sequence(y.get(document, "steps")))
    return Job(id="build", line=y.line_of(document), steps=steps, node=document)


def _step(path: str, node: Node) -> Step:
    env = dict(p.partition("=")[::2] for p in y.strings(y.get(node, "env")))
    env |= {name: f"${name}" for name in y.strings(y.get(node, "secretEnv"))}
    text, place = y.get(node, "script"), node
    run = script(text) if text is not None else ""
    if text is None:
        arguments = y.strings(y.get(node, "args"))
        entry = y.scalar(y.get(node, "entrypoint"))
        image = (y.scalar(y.get(node, "name")) or "").rpartition("/")[2].partition(":")[0]
        program = entry or _PROGRAMS.get(image, image)
        if program in _SHELLS and arguments[:1] and arguments[0].startswith("-") and arguments[0].endswith("c"):
            run = "\n".join(arguments[1:2])
        else:
            run = " ".join([program, *(a if a.startswith("$") else shlex.quote(a) for a in arguments)])
        place = y.get(node, "args") or node
    lets = y.scalar(y.get(node, "allowFailure")) == "true" or y.get(node, "allowExitCodes") is not None
    waits = y.get(node, "waitFor")
    return Step(
        path=path,
        line=y.line_of(place),
        run=run.replace("$$", "$"),
        env=env,
        working_directory=y.scalar(y.get(node, "dir")),
        id=y.scalar(y.get(node, "id")),
        continue_on_error=lets,
        follows=None if waits is None else tuple(y.strings(waits)),
    )


def _matches(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("cloudbuild") and name.endswith((".yml", ".yaml", ".json")) and path.count("/") < 3


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return [
        "  - name: python:3.13",
        "    secretEnv: [SENTRY_AUTH_TOKEN]",
        "    script: |",
        *(f"      {c}" for c in commands),
    ]


PROVIDER = Provider(
    name="cloudbuild",
    title="Google Cloud Build",
    matches=_matches,
    read=read,
    commit="$COMMIT_SHA",
    marks=(),
    secrets="Secret Manager, under `availableSecrets`",
    snippet=_snippet,
)
