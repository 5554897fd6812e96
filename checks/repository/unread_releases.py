"""Steps that may create a Sentry release in a way that no file here spells: another's action, a container, a server told by ssh.

A step shows it by what it is given (a Sentry token) or by its name; what it does then is unknown, and never that there is no release.
"""

from __future__ import annotations

from itertools import takewhile

from checks.ci.actions import is_quiet_action
from checks.ci.commands import place_of, step_commands, steps_when_deployed
from checks.ci.deploying import Deploying, deploying_jobs, hands_over
from checks.ci.model import Job, Step, Workflow
from checks.ci.programs import State, words_of
from checks.ci.pushing import pushed_image
from checks.hosts.image_builds import BUILD_ACTIONS
from checks.hosts.image_tokens import is_token_name
from checks.repository.compose_runs import compose_run
from checks.repository.facts import Facts, join

_ENGINES = frozenset({"docker", "podman", "nerdctl", "docker-compose"})


def may_release(facts: Facts) -> tuple[str, int, str] | None:
    """Return `(path, line, why)` of the first step that may create a release by a program that is not read, None where none may."""
    found = (_by_action(j, s) or _in_container(facts, j, s) for j, s in steps_when_deployed(facts))
    return next((f for f in found if f is not None), None)


def _by_action(job: Job, step: Step) -> tuple[str, int, str] | None:
    """An action that is named for releases in Sentry, or that is given a Sentry token of its own."""
    name = (step.uses or "").partition("@")[0]
    if not name or step.run or name.startswith(BUILD_ACTIONS):
        return None
    words = set(words_of(name))
    named = "sentry" in words and bool({"release", "releases"} & words)
    script = name == "actions/github-script"
    if named or (_has_token(job, step) and (script or not is_quiet_action(name))):
        what = "runs a program" if script else f"uses {name}"
        why = f"job {job.id} {what} that may create a release: it is not read here"
        return step.path, step.line, why
    return None


def _has_token(job: Job, step: Step) -> bool:
    """Return whether a step is given a Sentry token that the whole job does not have."""
    names = [*(n for n in step.env if n not in job.env), *(n.replace("-", "_") for n in step.inputs)]
    secrets = [p for v in step.inputs.values() for p in v.split("secrets.")[1:]]
    return any(is_token_name(n) for n in (*names, *("".join(takewhile(_in_name, p)) for p in secrets)))


def _in_name(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _in_container(facts: Facts, job: Job, step: Step) -> tuple[str, int, str] | None:
    """A container that is started with a Sentry token, and whose program no file here names."""
    for ran in step_commands(facts, step) if step.run else ():
        if ran.runs is False or ran.program not in _ENGINES or "run" not in ran.words[1:]:
            continue
        run = compose_run(facts, ran.words, ran.folder)
        if run is not None and run.words is not None:
            continue
        handed = any(is_token_name(w.removeprefix("--env=").partition("=")[0]) for w in ran.words)
        if handed or _has_token(job, step):
            path, line = place_of(step, ran)
            return path, line, f"job {job.id} hands a Sentry token to a container, whose program is not read here"
    return None


def deploys_of(facts: Facts, *, backend: bool) -> list[tuple[Workflow, Job, Deploying]]:
    """Return the jobs that deploy; for a backend without those all of whose commands run in a frontend's own folder."""
    return [j for j in deploying_jobs(facts) if not (backend and _of_frontend_alone(facts, j[1]))]


def _of_frontend_alone(facts: Facts, job: Job) -> bool:
    roots = {f.root for f in facts.frontends} - {"."}
    own = {r for r in roots if not any(b.root == r or b.root.startswith(r + "/") for b in facts.backends)}
    folders = [join(".", s.working_directory or ".") for s in job.steps if s.run]
    return bool(folders) and all(any(f == r or f.startswith(r + "/") for r in own) for f in folders)


def deploys_elsewhere(facts: Facts, *, backend: bool) -> tuple[str, int, str] | None:
    """Return `(path, line, why)` when the repository shows that another place deploys: a server, a remote workflow."""
    jobs = deploys_of(facts, backend=backend)
    for flow, job, what in jobs:
        told = what if what.state is State.HANDS_OVER else hands_over(facts, flow, job)
        if told is not None:
            return told.path, told.line, f"job {job.id}: {told.why}"
    for workflow in facts.workflows:
        for why, line in workflow.remote:
            return workflow.path, line, why
    if any(what.state is State.DEPLOYS for _, _, what in jobs):
        return None
    return pushed_image(facts)
