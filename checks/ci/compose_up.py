"""Services that a job starts with Docker Compose: on a machine that stays they are a deployment, on one for a single job a test.

Sources: https://docs.docker.com/reference/cli/docker/compose/up/, https://docs.docker.com/reference/cli/docker/#environment-variables,
https://docs.docker.com/engine/manage-resources/contexts/
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from checks.ci.commands import step_commands
from checks.ci.programs import State, words_of
from checks.parsers.command_words import arguments

if TYPE_CHECKING:
    from checks.ci.model import Job, Step
    from checks.repository.commands import Ran
    from checks.repository.facts import Facts

_VALUED = frozenset(
    {"-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory", "--ansi", "--progress"}
    | {"--parallel", "--context", "-c", "-H", "--host", "--scale", "--timeout", "-t", "--pull", "--exit-code-from"}
)
_STAYS = frozenset({"-d", "--detach", "--wait"})
_HERE = ("localhost", "127.0.0.1", "docker", "dind", "0.0.0.0")
_TESTS = frozenset({"test", "tests", "testing", "integration", "lint", "check", "checks", "smoke", "playwright"})


def compose_state(facts: Facts, job: Job, step: Step, ran: Ran) -> tuple[State, bool] | None:
    """Return what `docker compose up` means for a deployment, and whether the job has to say so too; None where it is a test's."""
    if not _starts(ran.words):
        return None
    if _is_remote(facts, job, step, ran):
        return State.DEPLOYS, False
    if job.own_machine is False or _is_test(job) or _taken_down(facts, job, ran):
        return None
    return (State.DEPLOYS if job.own_machine else State.UNKNOWN), True


def builds_with(ran: Ran) -> tuple[str, ...] | None:
    """Return the files that a command builds images from (none: those that Compose finds), None where it builds none."""
    plain = _plain(ran.words)
    if plain[:1] not in (["build"], ["up"]):
        return None
    flags = [w.partition("=") for w in ran.words]
    joined = [v for f, sign, v in flags if sign and f in ("-f", "--file")]
    return (*joined, *(after for flag, after in pairwise(ran.words) if flag in ("-f", "--file")))


def _is_test(job: Job) -> bool:
    return bool(_TESTS & set(words_of(job.id))) or "e2e" in job.id.lower()


def _plain(words: tuple[str, ...]) -> list[str]:
    """Return the plain words behind `docker compose` or `docker-compose`, none for another command."""
    program, plain = words[0].rpartition("/")[2], arguments(words, _VALUED)[0]
    if program in ("docker", "podman") and plain[:1] == ["compose"]:
        return plain[1:]
    return plain if program in ("docker-compose", "podman-compose") else []


def _starts(words: tuple[str, ...]) -> bool:
    """Return whether a command starts services and leaves them running."""
    return _plain(words)[:1] in (["up"], ["start"], ["restart"]) and (
        "up" not in _plain(words)[:1] or bool(_STAYS & {w.partition("=")[0] for w in words})
    )


def _is_remote(facts: Facts, job: Job, step: Step, ran: Ran) -> bool:
    """Return whether a command talks to the Docker of another machine: by a flag, a variable, or the context that the job chose."""
    flags = arguments(ran.words, _VALUED)[1]
    hosts = [h for name in ("-H", "--host") for h in flags.get(name, ())]
    contexts = [c for name in ("--context", "-c") for c in flags.get(name, ()) if c != "default"]
    env = step.env | ran.env
    hosts += [env["DOCKER_HOST"]] if env.get("DOCKER_HOST") else []
    contexts += [env["DOCKER_CONTEXT"]] if env.get("DOCKER_CONTEXT") else []
    return any(_elsewhere(h) for h in hosts) or bool(contexts) or _chose_context(facts, job, step, ran)


def _elsewhere(host: str) -> bool:
    """Return whether an address is another machine's; a value that is kept elsewhere is one."""
    scheme, found, rest = host.partition("://")
    if not found:
        return "$" in host
    return scheme in ("ssh", "tcp", "https") and rest.partition("/")[0].rpartition(":")[0] not in _HERE


def _chose_context(facts: Facts, job: Job, step: Step, ran: Ran) -> bool:
    """Return whether the last context that the job turned to before a command is another machine's."""
    chosen = False
    for earlier in (*job.until(step)[:-1], step):
        for command in step_commands(facts, earlier) if "context" in (earlier.run or "") else ():
            if earlier is step and command is ran:
                return chosen
            if command.words[:3] == ("docker", "context", "use") and command.runs is not False:
                chosen = command.words[-1] != "default"
    return chosen


def _taken_down(facts: Facts, job: Job, ran: Ran) -> bool:
    """Return whether the job stops what a command starts, behind it: then it was there for the job only."""
    started = False
    for step in job.steps:
        for command in step_commands(facts, step) if "compose" in (step.run or "") else ():
            stops = _plain(command.words)[:1] in (["down"], ["stop"], ["rm"], ["kill"])
            if started and stops and command.runs is not False:
                return True
            started = started or command is ran
    return False
