"""Uploads of source maps by command line or action: where CI runs them, and why one cannot work."""

from __future__ import annotations

from msgspec import Struct

from checks.ci.commands import job_commands, place_of
from checks.ci.model import Job, Step, Workflow
from checks.repository.builds import makes_bundle
from checks.repository.commands import Ran
from checks.repository.facts import Facts, inside, join
from checks.repository.frontends import Frontend
from checks.sentry_api.dsn import is_placeholder

_CLI = frozenset({"sentry-cli", "sentry"})
_VALUE_FLAGS = frozenset(
    {
        "-o", "--org", "--header", "-p", "--project", "-u", "--url-prefix", "--auth-token", "--url", "-r", "--release",
        "--url-suffix", "-d", "--dist", "--log-level", "--note", "--wait-for", "--strip-prefix", "-i", "--ignore", "-I",
        "--ignore-file", "--bundle", "--bundle-sourcemap", "-x", "--ext",
    }
)  # fmt: skip
"""Flags of `sentry-cli sourcemaps upload` that take a word (`sentry-cli sourcemaps upload --help`, 3.8)."""


class CliUpload(Struct, frozen=True, kw_only=True):
    """An upload in CI: its place, what it is, why it cannot work (None: it can) with what to do about that, and whether its failure
    stops the job.

    `folders` are what it uploads, below the repository; None where that is not written out.
    """

    fact: str
    path: str
    line: int
    job: str
    problem: str | None
    stops: bool
    hint: str = ""
    removed: bool = False
    ran: Ran | None = None
    folders: tuple[str, ...] | None = None


def is_upload(ran: Ran) -> bool:
    """Return whether a command uploads source maps (https://docs.sentry.io/cli/releases/#sourcemaps)."""
    words = _words(ran)
    return words[:2] in (["sourcemaps", "upload"], ["sourcemap", "upload"]) or _removed(ran)


def _words(ran: Ran) -> list[str]:
    """Return the plain words of a command of Sentry's CLI, empty for other commands."""
    if not ran.words or ran.words[0] not in _CLI:
        return []
    words = list(ran.words)
    found, waiting = [], words[1:]
    while waiting:
        word = waiting.pop(0)
        if word in _VALUE_FLAGS and waiting:
            waiting.pop(0)
        elif not word.startswith("-"):
            found.append(word)
    return found


def _removed(ran: Ran) -> bool:
    words = _words(ran)
    return words[:2] == ["releases", "files"] and "upload-sourcemaps" in words


def cli_uploads(facts: Facts, frontend: Frontend) -> list[CliUpload]:
    """Return the uploads of CI that may be this frontend's, in the order of the files."""
    return facts.memoize(cli_uploads, frontend.root, lambda: _cli_uploads(facts))


def _cli_uploads(facts: Facts) -> list[CliUpload]:
    found = []
    for workflow in facts.workflows:
        if workflow.only_pull_requests:
            continue
        for job in workflow.jobs:
            for step in job.steps:
                if step.uses and step.uses.startswith("getsentry/action-release") and step.inputs.get("sourcemaps"):
                    found.append(_upload(workflow, job, step, None, None))
            commands = job_commands(facts, workflow, job)
            for at, (step, ran) in enumerate(commands):
                if ran.runs is not False and is_upload(ran):
                    late = next((r for _, r in commands[at + 1 :] if makes_bundle(r)), None)
                    early = any(makes_bundle(r) for _, r in commands[:at])
                    found.append(_upload(workflow, job, step, ran, late if not early else None))
    return found


def _upload(workflow: Workflow, job: Job, step: Step, ran: Ran | None, late: Ran | None) -> CliUpload:
    env = step.env | (ran.env if ran is not None else {})
    given = any(env.get(n) for n in ("SENTRY_AUTH_TOKEN",)) and (ran is None or ran.lets("SENTRY_AUTH_TOKEN"))
    flag = ran is not None and any(w == "--auth-token" or w.startswith("--auth-token=") for w in ran.words)
    problem, hint = None, ""
    if ran is not None and _removed(ran):
        problem = "`releases files … upload-sourcemaps` was removed from sentry-cli 3"
        hint = "use `sentry-cli sourcemaps upload`"
    elif not given and not flag:
        problem = "no SENTRY_AUTH_TOKEN reaches the step"
        hint = "store the token as a secret of CI, and set SENTRY_AUTH_TOKEN from it in this step"
    elif any(is_placeholder(env.get(k, "")) for k in ("SENTRY_ORG", "SENTRY_PROJECT")):
        problem = "the organization or project is a placeholder"
        hint = "write the slug that Sentry shows under Settings"
    elif late is not None:
        problem, hint = f"it runs before the build `{late.outer}`", "move it after the build"
    path, line = place_of(step, ran) if ran is not None else (step.path, step.line)
    return CliUpload(
        fact=f"job {job.id} uploads source maps",
        path=path,
        line=line,
        job=job.id,
        problem=problem,
        hint=hint,
        stops=not step.continue_on_error
        and not job.may_fail
        and not (ran is not None and (ran.tolerated is not False or ran.runs is False)),
        removed=ran is not None and _removed(ran),
        ran=ran,
        folders=_folders(step, ran),
    )


def _folders(step: Step, ran: Ran | None) -> tuple[str, ...] | None:
    """Return what an upload names, below the repository (https://github.com/getsentry/action-release#parameters, `sourcemaps`)."""
    if ran is None:
        named, folder = step.inputs.get("sourcemaps", "").split(), step.inputs.get("working_directory") or "."
    else:
        named, folder = _words(ran)[2:], ran.folder
    if not named or any("$" in word or "`" in word for word in (*named, folder)):
        return None
    return tuple(join(folder, word) for word in named)


def misses(upload: CliUpload, output: str) -> bool:
    """Return whether an upload surely names nothing of the folder that a build writes to: neither it, nor what is above or below it."""
    if upload.folders is None or any(set(f) & set("*?[{") or f.startswith("../") for f in upload.folders):
        return False
    return not any(inside(f, output) or inside(output, f) for f in upload.folders)
