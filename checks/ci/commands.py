"""The commands of steps and jobs, followed to what runs in the end, with when they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from checks.ci.endings import answer_of
from checks.parsers.position import Line
from checks.repository.called import programs
from checks.repository.commands import Ran, follow
from checks.repository.facts import Facts, join

if TYPE_CHECKING:
    from checks.ci.model import Job, Step, Workflow


def steps_when_deployed(facts: Facts) -> Iterator[tuple[Job, Step]]:
    """Return the steps that may run when code is deployed, each with its job, in the order of the files."""
    for workflow in facts.workflows:
        if workflow.only_pull_requests:
            continue
        for job in workflow.jobs:
            for step in job.steps:
                if workflow.ci.runs(workflow, job, step)[0] is not False:
                    yield job, step


def step_commands(facts: Facts, step: Step) -> tuple[Ran, ...]:
    """Return what a step runs, in order, as surely as its own text says; the condition of the step is not asked.

    Where the step's folder is not known, its commands are taken to run at the root.
    """
    if not step.run:
        return _of_program(facts, step)
    key = f"{step.path}\0{step.line}\0{step.working_directory}\0{step.runs}\0{step.run}\0{sorted(step.env.items())}"
    key += f"\0{step.before}"
    return facts.memoize(step_commands, key, lambda: _commands(facts, step))


def _commands(facts: Facts, step: Step) -> tuple[Ran, ...]:
    from checks.ci.providers import providers

    folder = step.working_directory or "."
    one = next((p for p in providers() if p.matches(step.path)), None)
    # All but two providers set `CI` to `true` for every command.
    env = {**({"CI": "true"} if one is not None and "CI" in one.marks else {}), **step.env}
    options = (one.options if one is not None else "") if step.options is None else step.options
    folder = join(".", folder.removeprefix("./")) if "$" not in folder else "."
    text = step.run or ""
    if (step.shell or "").startswith("python"):
        rows = [r for line, t in programs(text) for r in follow(facts, t, folder, step.path, env)]
        found = [replace(r, runs=None, why="the step, which is a program") for r in rows]
    else:
        whole = f"{step.before}\n{text}" if step.before else text
        found = _own(follow(facts, whole, folder, step.path, env, options), step.before)
    if step.runs is not True:
        found = [replace(r, runs=step.runs if r.runs is not False else False, why=r.why or step.why) for r in found]
    return tuple(found)


def _own(found: list[Ran], before: str) -> list[Ran]:
    """Return what comes after the commands that ran before in the same shell, with its lines; a function of theirs has that of its call."""
    if not before:
        return found
    rows, last = before.count("\n") + 1, 0
    own: list[Ran] = []
    for ran in found:
        last = max(last, ran.line - rows) if ran.line >= rows else last
        if ran.line >= rows or own:
            own.append(replace(ran, line=last, at=ran.at if ran.depth else last + 1))
    return own


def _of_program(facts: Facts, step: Step) -> tuple[Ran, ...]:
    """Return what the program of `actions/github-script` starts, where it mentions Sentry: whether it does is the program's to say.

    https://github.com/actions/github-script#readme (`exec` is `@actions/exec`)
    """
    text = step.inputs.get("script", "")
    if (step.uses or "").partition("@")[0] != "actions/github-script" or "sentry" not in text.lower():
        return ()
    from checks.repository.node_programs import started

    rows = [r for _, t in started(text, step.path + ".js") for r in follow(facts, t, ".", step.path, step.env)]
    return tuple(replace(r, runs=None, why="the program of actions/github-script") for r in rows)


def place_of(step: Step, ran: Ran) -> tuple[str, int]:
    """Return the file and line to name for a command: those of its row in the step, or of the script that spells it."""
    if ran.depth:
        return ran.path, ran.at
    if step.first_row is None:
        return step.path, step.line
    return step.path, Line(step.first_row + ran.line, text=ran.source.partition("\n")[0])


def job_commands(facts: Facts, workflow: Workflow, job: Job) -> list[tuple[Step, Ran]]:
    """Return what the steps of a job run when code is deployed, each with its step; `runs` has the steps' conditions in it."""

    def compute() -> list[tuple[Step, Ran]]:
        found: list[tuple[Step, Ran]] = []
        for step in job.steps:
            own = step_commands(facts, step)
            if not own:
                continue
            answer, why = answer_of(facts, workflow, job, step)
            for ran in own:
                if answer is not True and ran.runs is not False:
                    found.append((step, replace(ran, runs=answer, why=why)))
                else:
                    found.append((step, ran))
        return found

    return facts.memoize(job_commands, f"{workflow.path}:{job.id}:{job.line}", compute)
