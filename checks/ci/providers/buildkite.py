"""Buildkite (https://buildkite.com/docs/pipelines/configure/step-types)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct, structs
from yaml import MappingNode, Node

from checks.ci.model import YES, Answer, Job, Provider, Step, Workflow
from checks.ci.providers.reading import first_false, from_documents, script, texts
from checks.parsers import yaml as y
from checks.parsers.commands import read_commands
from checks.parsers.text import clipped
from checks.repository.facts import Facts, join

_DEEPEST = 3
_PULLS = ("build.pull_request.id != null", "build.pull_request.draft == false")


def read(facts: Facts, path: str) -> Workflow:
    """Read each command step as a job, those of groups and of files that a step uploads too."""
    return from_documents(facts, path, "buildkite", lambda document: list(_uploaded(facts, path, document, 0)))


def _uploaded(facts: Facts, path: str, document: Node, depth: int) -> Iterator[Job]:
    """Yield the jobs of a file, and behind each those of the files that it uploads (https://buildkite.com/docs/agent/cli/reference/pipeline)."""
    for job in _jobs(path, document):
        yield job
        for command in (c for s in job.steps for c in read_commands(s.run or "")) if depth < _DEEPEST else ():
            words = command.words
            named = [w for w in words[3:] if not w.startswith("-")] if words[1:3] == ("pipeline", "upload") else []
            file = join(".", named[0]) if named else ""
            documents = facts.documents(file) if file in facts.paths and file != path else ()
            for other in documents if isinstance(documents, tuple) else ():
                for more in _uploaded(facts, file, other, depth + 1):
                    told = (command.runs, command.why) if job.runs is True else (job.runs, job.why)
                    yield structs.replace(more, runs=told[0], why=told[1]) if told[0] is not True else more


def _jobs(path: str, document: Node) -> Iterator[Job]:
    env = texts(y.get(document, "env"))
    steps = y.get(document, "steps") if isinstance(document, MappingNode) else document
    yield from _steps(path, steps, env, YES, 0, _Waits())


class _Waits(Struct):
    """What a step waits for by the `wait` and `block` steps before it, and the steps behind the last of these."""

    awaited: tuple[str, ...] = ()
    since: tuple[str, ...] = ()

    def saw(self, item: Node) -> None:
        """Note a step that others wait at; after `continue_on_failure` they run whatever became of those before."""
        kind = y.scalar(item) or next(
            (k for k in ("wait", "waiter", "block", "input") if y.get(item, k) is not None), ""
        )
        if kind in ("wait", "waiter", "block", "input", "manual"):
            lets = y.scalar(y.get(item, "continue_on_failure")) == "true"
            self.awaited, self.since = (() if lets else (*self.awaited, *self.since)), ()


def _steps(
    path: str, node: Node | None, env: dict[str, str], answer: Answer, depth: int, waits: _Waits
) -> Iterator[Job]:
    for number, item in enumerate(y.sequence(node), start=1):
        waits.saw(item)
        told = first_false(answer, _condition(item))
        if y.get(item, "group") is not None and depth < 3:
            yield from _steps(path, y.get(item, "steps"), env, told, depth + 1, waits)
            continue
        name = next(
            (v for k in ("key", "id", "identifier", "label", "name") if (v := y.scalar(y.get(item, k)))), str(number)
        )
        own = env | texts(y.get(item, "env"))
        commands = y.get(item, "commands") or y.get(item, "command")
        other = y.scalar(y.get(item, "trigger"))
        if commands is None and other is None:
            continue
        steps = []
        if commands is not None:
            soft = y.get(item, "soft_fail")
            lets = soft is not None and y.scalar(soft) != "false"
            line = y.line_of(commands)
            steps = [Step(path=path, line=line, run=script(commands), env=own, continue_on_error=lets)]
        # What is named lets a step off the waiting (https://buildkite.com/docs/pipelines/configure/dependencies).
        named = y.get(item, "depends_on")
        needs = tuple(text for n in y.sequence(named) if (text := y.scalar(n) or y.scalar(y.get(n, "step"))))
        waits.since = (*waits.since, name)
        yield Job(
            id=name,
            name=y.scalar(y.get(item, "label")),
            line=y.line_of(item),
            steps=tuple(steps),
            needs=needs if named is not None else waits.awaited,
            after_failure=any(y.scalar(y.get(n, "allow_failure")) == "true" for n in y.sequence(named)),
            env=own,
            node=item,
            own_machine=None,
            runs=told[0],
            why=told[1],
            starts=f"the pipeline {other}" if other else None,
        )


def _condition(node: Node) -> Answer:
    """Read `skip`, `branches` and what an `if` says by itself (https://buildkite.com/docs/pipelines/configure/conditionals)."""
    skip = y.scalar(y.get(node, "skip"))
    if skip not in (None, "", "false"):
        return False, "`skip`"
    branches = (y.scalar(y.get(node, "branches")) or "").split()
    if {"!main", "!master"} <= set(branches):
        return False, "`branches` excludes the default branch"
    text = " ".join((y.scalar(y.get(node, "if")) or "").split())
    if not text:
        return YES
    if text == "false" or text in _PULLS:
        return False, f"`if: {text}`"
    known = text.split(" ")
    if len(known) == 3 and known[0] == "build.branch" and known[1] == "==" and known[2][:1] in "\"'":
        return YES
    return YES if text in ("true", "build.pull_request.id == null") else (None, f"`if: {clipped(text)}`")


def _matches(path: str) -> bool:
    return path in (".buildkite/pipeline.yml", ".buildkite/pipeline.yaml", "buildkite.yml", "buildkite.yaml")


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return [
        "  - label: Sentry release",
        f"    depends_on: {deploy}",
        "    command: |",
        *(f"      {c}" for c in commands),
    ]


PROVIDER = Provider(
    name="buildkite",
    title="Buildkite",
    matches=_matches,
    read=read,
    options="-e",
    commit="$BUILDKITE_COMMIT",
    marks=("CI", "BUILDKITE"),
    secrets="the cluster's Secrets, or the agent's environment hook",
    snippet=_snippet,
)
