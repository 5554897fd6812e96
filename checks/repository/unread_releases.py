"""Steps that may create a Sentry release in a way that no file here spells: another's action, a container, a server told by ssh.

A step shows it by what it is given (a Sentry token) or by its name; what it does then is unknown, and never that there is no release.
"""

from __future__ import annotations

from itertools import takewhile

from checks.ci.actions import is_quiet_action
from checks.ci.commands import place_of, step_commands, steps_when_deployed
from checks.ci.deploying import hands_over
from checks.ci.model import Job, Step
from checks.ci.programs import State, word_set, words_of
from checks.ci.pushing import pushed_image
from checks.hosts.image_builds import BUILD_ACTIONS
from checks.hosts.image_tokens import is_token_name
from checks.parsers import yaml as y
from checks.parsers.bash import inner_script
from checks.parsers.command_words import program_name, unwrapped
from checks.parsers.commands import read_commands
from checks.repository.backends import Backend
from checks.repository.compose_runs import compose_run
from checks.repository.deployed_parts import Part, deploys_of
from checks.repository.facts import Facts, join
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes
from checks.repository.text_index import word_index

_ENGINES = frozenset({"docker", "podman", "nerdctl", "docker-compose"})


def may_release(facts: Facts) -> tuple[str, int, str] | None:
    """Return `(path, line, why)` of the first step that may create a release by a program that is not read, None where none may."""
    found = (
        _by_action(j, s) or _in_container(facts, j, s) or _by_program(facts, j, s) or _by_task(facts, j, s)
        for j, s in steps_when_deployed(facts)
    )
    return next((f for f in found if f is not None), None) or _by_call(facts) or _by_script(facts)


def _by_script(facts: Facts) -> tuple[str, int, str] | None:
    """A script of the repository that creates a release and that no file of CI is seen to run: a person or a server may."""
    for path in word_index(facts).files_containing("sentry"):
        text = facts.text(path) or ""
        shell = path.endswith((".sh", ".bash")) or (text.startswith("#!") and text.partition("\n")[0].endswith("sh"))
        if not shell or "releases" not in text or folder_purposes(path) & NOT_DEPLOYED:
            continue
        for command in read_commands(text):
            words, _ = unwrapped(command.words)
            if command.runs is not False and words[:1] == ("sentry-cli",) and {"releases", "new"} <= set(words):
                return path, command.line, f"{path} creates a release, and whether a deployment runs it is unknown"
    return None


def _by_call(facts: Facts) -> tuple[str, int, str] | None:
    """A workflow of another repository that is named for releases in Sentry, or that is handed a Sentry token by its name."""
    for workflow in (w for w in facts.workflows if not w.only_pull_requests):
        for job in workflow.jobs:
            name = (job.uses or "").partition("@")[0]
            if not name or name.startswith("./") or workflow.ci.runs(workflow, job, None)[0] is False:
                continue
            words = set(words_of(name))
            handed = any(is_token_name(key) for key, _, _ in y.pairs(y.get(job.node, "secrets")))
            if handed or ("sentry" in words and {"release", "releases"} & words):
                why = f"job {job.id} calls {name}, which may create a release: it is not read here"
                return workflow.path, job.line, why
    return None


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
            return path, line, f"job {job.id} passes a Sentry token to a container, whose program is not read here"
    return None


_SHOWING = word_set(
    """echo printf cat tee grep egrep rg sed awk jq yq test [ [[ logger git gh glab hub curl wget http xh read export local
    declare set trap npm pnpm yarn bun pip pip3 pipx apt apt-get apk brew sentry-cli sentry docker podman command which type
    ssh sshpass mosh"""
)
"""Programs that show, send or install what their words name, and do not run it here."""


_RUNNERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("make", "gmake"), ("makefile", ".mk")),
    "just": ("justfile", ".just"),
    "task": ("taskfile.yml", "taskfile.yaml", "pyproject.toml"),
    "rake": ("rakefile", ".rake"),
    "mise": ("mise.toml",),
    "deno": ("deno.json", "deno.jsonc"),
    "composer": ("composer.json",),
    "doit": ("dodo.py",),
    **dict.fromkeys(("gradle", "gradlew"), ("build.gradle", "build.gradle.kts")),
    **dict.fromkeys(("inv", "invoke"), ("tasks.py",)),
    "nox": ("noxfile.py",),
    "fastlane": ("fastfile",),
    "release-it": (".release-it.json", ".release-it.js", ".release-it.cjs", ".release-it.ts", ".release-it.yaml"),
    **dict.fromkeys(("standard-version", "commit-and-tag-version"), (".versionrc", ".versionrc.json", ".versionrc.js")),
    "earthly": ("earthfile",),
    "dagger": (".py", ".ts", ".go"),
    "fab": ("fabfile.py",),
}
"""Task runners, with the ends of the names of the files that tell their tasks."""


_PROGRAMS = frozenset({"python", "python3", "node", "ruby", "bun", "deno", "tsx"})
_WORDS = ("sentry-cli", "sentry_create_release")


def _by_task(facts: Facts, job: Job, step: Step) -> tuple[str, int, str] | None:
    """A task, or a command of Django, that is not followed, and whose file names Sentry's CLI."""
    for ran in step_commands(facts, step) if step.run else ():
        ends = _RUNNERS.get(ran.program, ())
        if ran.words[0].endswith("manage.py") or "manage.py" in ran.words[1:2]:
            asked = [w for w in ran.words if not w.startswith("-") and not w.endswith(".py")]
            ends = tuple(f"/management/commands/{w}.py" for w in asked if w.isidentifier())
        if not ends and ran.program in _PROGRAMS:
            # A program of the repository that speaks to Sentry's web API itself.
            own = next((f for w in ran.words[1:] if (f := join(ran.folder, w)) in facts.paths), "")
            text = facts.text(own) or "" if own else ""
            if ran.runs is not False and "/api/0/" in text and "/releases" in text and "sentry" in text.lower():
                path, line = place_of(step, ran)
                return (
                    path,
                    line,
                    f"job {job.id} runs {own}, which may create a release by Sentry's web API: it is not followed here",
                )
        if ran.runs is False or ran.followed or not ends:
            continue
        for file in word_index(facts).files_containing("sentry"):
            text = facts.text(file) or ""
            if f"/{file}".lower().endswith(ends) and any(w in text for w in _WORDS):
                path, line = place_of(step, ran)
                task = " ".join(ran.words[:3])[:60]
                return (
                    path,
                    line,
                    f"job {job.id} runs `{task}`, and {file} names Sentry's releases: what the task runs is not known",
                )
    return None


def _by_program(facts: Facts, job: Job, step: Step) -> tuple[str, int, str] | None:
    """A program that is handed a command of Sentry's CLI to run, among its words or as a text (`parallel sentry-cli …`, `node -e "…"`)."""
    for ran in step_commands(facts, step) if step.run else ():
        if ran.runs is False or ran.followed or ran.program in _SHOWING or inner_script(list(ran.words)) is not None:
            continue
        for at, word in enumerate(ran.words[1:], start=1):
            rest = word.partition("sentry-cli")[2].split() if " " in word else list(ran.words[at + 1 :])
            named = "sentry-cli" in word if " " in word else program_name(word) == "sentry-cli"
            verb = "".join(c for c in rest[1] if c.isalpha() or c == "-") if rest[1:2] else ""
            if named and rest[:1] == ["releases"] and verb not in ("", "list", "info", "delete", "propose-version"):
                path, line = place_of(step, ran)
                return (
                    path,
                    line,
                    f"job {job.id} runs {ran.program}, which may create a release: it is not followed here",
                )
    return None


def deploys_elsewhere(facts: Facts, part: Part | None) -> tuple[str, int, str] | None:
    """Return `(path, line, why)` when the repository shows that another place deploys a part: a server, a remote workflow.

    Without a part every job counts.
    """
    jobs = deploys_of(facts, part)
    for flow, job, what in jobs:
        told = what if what.state is State.HANDS_OVER else hands_over(facts, flow, job)
        if told is not None:
            return told.path, told.line, f"job {job.id}: {told.why}"
    for workflow in facts.workflows:
        for why, line in workflow.remote:
            return workflow.path, line, why
    if any(what.state is State.DEPLOYS for _, _, what in jobs):
        return None
    return pushed_image(facts) or _by_platform(facts, part)


_PLATFORMS = frozenset({"heroku", "render", "railway", "vercel", "netlify", "digitalocean"})
"""Hosts that deploy by themselves what is pushed to git."""


def _by_platform(facts: Facts, part: Part | None) -> tuple[str, int, str] | None:
    """Return the file that says that a host deploys a part without CI, None where no file does."""
    other = "frontend" if isinstance(part, Backend) else "backend"
    alone = part is None or not (facts.backends and facts.frontends)
    told = [d for d in facts.deployments if d.host in _PLATFORMS and (alone or d.serves != other)]
    if told:
        found = told[0]
        return found.path, found.line or 1, f"{found.host_name} deploys what is pushed to it"
    process_files = [p for p in facts.named("Procfile") if "/" not in p]
    return (process_files[0], 1, "a platform starts the processes of this file") if process_files else None
