"""Semaphore (https://docs.semaphoreci.com/reference/pipeline-yaml)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yaml import Node

from checks.ci.model import YES, Answer, Job, Provider, Workflow
from checks.ci.providers.reading import first_false, from_documents, script, step
from checks.parsers import yaml as y
from checks.parsers.text import clipped
from checks.repository.facts import Facts


def read(facts: Facts, path: str) -> Workflow:
    """Read the jobs of each block; what is promoted is a file of its own."""
    return from_documents(facts, path, "semaphore", lambda document: list(_jobs(path, document)))


def _jobs(path: str, document: Node) -> Iterator[Job]:
    shared = y.get(document, "global_job_config")
    before: list[str] = []
    jobs_of: dict[str, list[str]] = {}
    blocks = y.sequence(y.get(document, "blocks"))
    # Blocks run one after the other, until one says what it depends on.
    ordered = not any(y.get(b, "dependencies") is not None for b in blocks)
    for block in blocks:
        task, name = y.get(block, "task"), y.scalar(y.get(block, "name")) or "block"
        asked = _condition(y.get(block, "run", "when"), "run", negated=False)
        runs, why = first_false(asked, _condition(y.get(block, "skip", "when"), "skip", negated=True))
        waits = before if ordered else [j for d in y.strings(y.get(block, "dependencies")) for j in jobs_of.get(d, ())]
        before = jobs_of[name] = []
        for job in y.sequence(y.get(task, "jobs")):
            env = _variables(shared) | _variables(task) | _variables(job)
            # One shell runs what comes before the job's own commands.
            parts = [
                p for p in (y.get(shared, "prologue", "commands"), y.get(task, "prologue", "commands")) if p is not None
            ]
            shell = "\n".join(script(p) for p in parts)
            commands = y.get(job, "commands")
            steps = [step(path, p, env) for p in parts]
            steps += [step(path, commands, env, before=shell)] if commands is not None else []
            for part in (y.get(task, "epilogue"), y.get(shared, "epilogue")):
                for kind in ("always", "on_pass"):
                    last = y.get(part, kind, "commands")
                    if last is not None:
                        # What ends the job's own commands ends no more than those.
                        steps.append(step(path, last, env, after_failure=kind == "always"))
            before.append(f"{name}: {y.scalar(y.get(job, 'name')) or 'job'}")
            yield Job(
                id=before[-1],
                line=y.line_of(job),
                steps=tuple(steps),
                needs=tuple(waits),
                env=env,
                node=job,
                runs=runs,
                why=why,
            )


def _variables(node: Node | None) -> dict[str, str]:
    entries = y.sequence(y.get(node, "env_vars"))
    return {name: y.scalar(y.get(e, "value")) or "" for e in entries if (name := y.scalar(y.get(e, "name")))}


def _condition(node: Node | None, key: str, *, negated: bool) -> Answer:
    """Judge `run: {when: …}` or `skip: {when: …}` (https://docs.semaphoreci.com/reference/conditions-dsl)."""
    text = y.scalar(node)
    if text is None:
        return YES
    why = f"`{key}: {{when: {clipped(text)}}}`"
    plain = "".join(text.split()).lower()
    if plain in ("true", "false"):
        return ((plain == "true") is not negated), why
    if (
        not negated
        and plain.startswith(("branch='", "tag=~"))
        and " and " not in text.lower()
        and " or " not in text.lower()
    ):
        return YES
    return None, why


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    head = [
        "- name: Sentry release",
        f'  dependencies: ["{deploy.partition(": ")[0]}"]',
        "  task:",
        "    secrets: [{name: sentry}]",
    ]
    return [
        *head,
        "    jobs:",
        "      - name: Release",
        "        commands:",
        "          - checkout",
        *(f"          - {c}" for c in commands),
    ]


PROVIDER = Provider(
    name="semaphore",
    title="Semaphore",
    matches=lambda path: path.rpartition("/")[0] == ".semaphore" and path.endswith((".yml", ".yaml")),
    read=read,
    options="-e",
    commit="$SEMAPHORE_GIT_SHA",
    marks=("CI", "SEMAPHORE_"),
    secrets="Settings > Secrets of the project, named under `secrets` of the task",
    snippet=_snippet,
)
