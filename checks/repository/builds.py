"""Where a frontend is built for users: CI steps, hosting build commands, Dockerfiles; and whether a token reaches it."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from checks.ci.deploying import State, deploying
from checks.frontends.commands import builder, commands, delegates, node_scripts
from checks.hosts.image_builds import builds_of
from checks.hosts.images import assignments, read_image
from checks.patterns import lazy_pattern
from checks.repository.ci import Job, Step, Workflow
from checks.repository.commands import Ran, follow
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.frontends import Frontend
from checks.repository.path_words import NOT_DEPLOYED, Purpose, folder_purposes

_RUNNERS = r"(?:npm|pnpm|yarn|bun|npx|bunx)"
_SECRET_MOUNT = lazy_pattern(r"--mount=type=secret[^\n]*sentry[^\n]*", re.IGNORECASE)
_SECRET_ID = lazy_pattern(r"\bid=([\w.-]+)")


class Build(Struct, frozen=True, kw_only=True):
    """A build of a frontend: `kind` is `ci`, `host` or `docker`; `token` is the place that gives it a Sentry token.

    `step`, `job` and `workflow` are set for CI builds; `deploys` says that a job that deploys runs it. `made` is the
    bundler's own command where it was followed, `before` and `after` what the same job or build runs around it.
    """

    kind: str
    path: str
    line: int
    command: str
    token: str | None
    closed: bool = True
    step: Step | None = None
    job: str | None = None
    workflow: str | None = None
    deploys: bool = False
    made: Ran | None = None
    before: tuple[Ran, ...] = ()
    after: tuple[Ran, ...] = ()


def makes_bundle(ran: Ran) -> bool:
    """Tell whether a command is a bundler's production build."""
    return builder(list(ran.words)) is not None and not {"--help", "--watch"} & set(ran.words)


def _builds_frontend(ran: Ran, frontend: Frontend) -> bool:
    if not makes_bundle(ran):
        return False
    words = [w for w in ran.words[1:] if not w.startswith("-")]
    positional = join(ran.folder, words[1]) if ran.words[0] == "vite" and len(words) > 1 else None
    flags = [join(ran.folder, w) for w in ran.words if w.endswith((".ts", ".js", ".mts", ".mjs")) and "/" in w]
    if ran.folder == frontend.root or positional == frontend.root:
        return True
    return frontend.root != "." and any(inside(f, frontend.root) for f in flags)


def job_commands(facts: Facts, workflow: Workflow, job: Job) -> list[tuple[Step, Ran]]:
    """Return what the steps of a job run, in order, each with its step."""

    def compute() -> list[tuple[Step, Ran]]:
        found: list[tuple[Step, Ran]] = []
        for step in job.steps:
            folder = join(".", (step.working_directory or ".").removeprefix("./"))
            if "$" not in folder:
                asks = (step.condition or "").strip("${} ") not in ("", "success()", "always()", "!cancelled()")
                for ran in follow(facts, step.run or "", folder, step.path):
                    found.append((step, replace(ran, perhaps=True) if asks else ran))
        return found

    return facts.once("job commands", f"{workflow.path}:{job.id}:{job.line}", compute)


def build_scripts(frontend: Frontend) -> list[str]:
    """Return the names of package scripts that make the production bundle."""
    direct = {n for n, s in frontend.scripts.items() if any(builder(words) == "vite" for words in commands(s))}
    direct |= {n for n, s in frontend.scripts.items() if "build" in n and "storybook" not in n and _makes(s)}
    for name, script in frontend.scripts.items():
        if any(
            re.search(rf"{_RUNNERS}(?: run)? {re.escape(d)}(?![\w:-])|run-[sp] .*\b{re.escape(d)}\b", script)
            for d in direct
        ):
            direct.add(name)
    return sorted(direct)


def _makes(script: str) -> bool:
    """Tell whether a script may make the bundle: by a bundler, a script of Node's, or a task runner."""
    return any(builder(words) for words in commands(script)) or any(node_scripts(script)) or delegates(script)


def _command_pattern(frontend: Frontend) -> re.Pattern[str]:
    names = [re.escape(n) for n in build_scripts(frontend)]
    flags = r"(?:\s+(?:--?[\w-]+(?:[= ][\w./@{}$-]+)?))*"
    scripts = rf"{_RUNNERS}{flags}(?:\s+run)?{flags}\s+(?:{'|'.join(names)})(?![\w:-])|" if names else ""
    return re.compile(rf"(?:{scripts}\bvite build\b|\bnext build\b|\bnuxt (?:build|generate)\b|\bastro build\b)")


def find_builds(facts: Facts, frontend: Frontend, token: str = "SENTRY_AUTH_TOKEN") -> list[Build]:
    """Return the builds of one frontend in all readable files; `token` is the variable that is looked for there."""
    pattern = _command_pattern(frontend)
    return [
        *_ci(facts, frontend, pattern, token),
        *_hosts(facts, frontend, pattern, token),
        *_docker(facts, frontend, pattern, token),
    ]


def _accepted(token: str) -> tuple[str, ...]:
    """Return the variables that do for one: an auth token of another name may also come as SENTRY_AUTH_TOKEN."""
    return (token, "SENTRY_AUTH_TOKEN") if token.endswith("TOKEN") else (token,)


def _in_frontend(facts: Facts, frontend: Frontend, command: str, folder: str) -> bool:
    """Tell whether a command started in `folder` builds this frontend and not another package."""
    if frontend.root == ".":
        return "cd " not in command or folder == "."
    last = re.escape(frontend.root.rpartition("/")[2])
    named = re.search(rf"(?:cd|--prefix|-C|--cwd|--filter|-w|--workspace)[= ]+\S*{last}(?![\w-])", command)
    if named:
        return True
    if inside(folder, frontend.root):
        return True
    others = [f for f in facts.frontends if f.root != frontend.root and inside(folder, f.root)]
    return not others and join(folder, "package.json") not in facts.paths and len(facts.frontends) == 1


def _ci(facts: Facts, frontend: Frontend, pattern: re.Pattern[str], token: str) -> list[Build]:
    found = []
    for workflow in facts.workflows:
        if workflow.only_pull_requests:
            continue
        for job in workflow.jobs:
            deploys = deploying(facts, workflow, job).state is not State.NO
            run = job_commands(facts, workflow, job)
            for step in job.steps:
                folder = join(".", (step.working_directory or ".").removeprefix("./"))
                own = [n for n, (s, r) in enumerate(run) if s is step and _builds_frontend(r, frontend)]
                made = run[own[0]][1] if own else None
                # Comment lines run nothing; blanked, they still count for the place of the others.
                text = re.sub(r"(?m)^[ \t]*#.*$", "", step.run or "")
                match = pattern.search(text)
                if made is None and not (match and _in_frontend(facts, frontend, text, folder)):
                    continue
                name = next((n for n in _accepted(token) if _given(n, step, made)), None)
                before = made.line if made is not None else text[: match.start()].count("\n") if match else 0
                block = 1 if "\n" in (step.run or "").rstrip("\n") or _is_block(facts, step) else 0
                found.append(
                    Build(
                        kind="ci",
                        path=step.path,
                        line=step.line + before + block,
                        command=match.group(0) if match else made.outer if made is not None else "",
                        token=f"`{name}` in {workflow.path}, job {job.id}" if name else None,
                        step=step,
                        job=job.id,
                        workflow=workflow.path,
                        deploys=deploys,
                        made=made,
                        before=tuple(r for _, r in run[: own[0]]) if own else (),
                        after=tuple(r for _, r in run[own[0] + 1 :]) if own else (),
                    )
                )
    return found


def _given(name: str, step: Step, made: Ran | None) -> bool:
    """Tell whether a variable reaches a build: from its step, or set before its command, and past the task runner."""
    if made is None:
        return bool(step.env.get(name))
    return bool(made.env.get(name)) or (bool(step.env.get(name)) and made.lets(name))


def _is_block(facts: Facts, step: Step) -> bool:
    lines = (facts.text(step.path) or "").splitlines()
    return 0 < step.line <= len(lines) and bool(re.search(r"[|>][+-]?\s*$", lines[step.line - 1]))


def _hosts(facts: Facts, frontend: Frontend, pattern: re.Pattern[str], token: str) -> list[Build]:
    found = []
    for deployment in facts.deployments:
        command, folder = deployment.build or "", deployment.root or "."
        text = command
        for script in re.findall(r"(?:^|[\s;&|])(?:bash |sh )?(\.?/?[\w./-]+\.sh)\b", command):
            text += "\n" + (facts.text(join(folder, script)) or "")
        dashboard = deployment.host in ("vercel", "netlify") and inside(frontend.root, folder)
        commands = follow(facts, text, folder, deployment.path) if "$" not in folder else []
        own = [n for n, r in enumerate(commands) if _builds_frontend(r, frontend)]
        if own or (pattern.search(text) and _in_frontend(facts, frontend, text, folder)) or (dashboard and not command):
            declared = next((v for n in _accepted(token) if (v := deployment.variables.get(n)) is not None), None)
            place = f"`{token}` for {deployment.name} in {declared.path}:{declared.line}" if declared else None
            found.append(
                Build(
                    kind="host",
                    path=deployment.path,
                    line=deployment.build_line or deployment.line,
                    command=command or f"{deployment.host} builds it",
                    token=place,
                    closed=deployment.closed,
                    job=deployment.name,
                    made=commands[own[0]] if own else None,
                    before=tuple(commands[: own[0]]) if own else (),
                    after=tuple(commands[own[0] + 1 :]) if own else (),
                )
            )
    return found


def _docker(facts: Facts, frontend: Frontend, pattern: re.Pattern[str], token: str) -> list[Build]:
    found = []
    for path in facts.dockerfiles:
        if folder_purposes(path) & (NOT_DEPLOYED | {Purpose.DEVELOPMENT}):
            continue
        text = facts.text(path) or ""
        folder, given = parent(path), None
        for number, line in enumerate(text.splitlines(), start=1):
            stripped = line.strip()
            if stripped.startswith("#"):
                continue
            if re.match(r"(?i)(arg|env)\s", stripped) and token in stripped:
                given = f"`{token}` in {path}:{number}"
            match = pattern.search(stripped)
            if match and _in_docker_frontend(facts, frontend, text, folder):
                handed = _handed(facts, path, text, token, given)
                secret = handed and (
                    token in stripped or (_SECRET_MOUNT.search(text) is not None and token.endswith("TOKEN"))
                )
                found.append(
                    Build(
                        kind="docker",
                        path=path,
                        line=number,
                        command=match.group(0),
                        token=(given if handed else None) or (f"a build secret in {path}:{number}" if secret else None),
                    )
                )
    return found


def _handed(facts: Facts, path: str, text: str, name: str, given: str | None) -> bool:
    """Tell whether a build hands an image what it asks for; where no build is seen, a person's may.

    An argument with a default and a variable need nobody (https://docs.docker.com/build/building/variables/).
    """
    image = read_image(path, text)
    builds = builds_of(facts, image)
    if not builds:
        return True
    if given is not None:
        instructions = [i for stage in image.stages for i in stage.instructions]
        written = any(
            value
            for i in instructions
            if i.word in ("ARG", "ENV")
            for n, value in assignments(i.text)
            if n == name and not (value or "").startswith("$")
        )
        return written or any(name in b.arguments for b in builds)
    mounted = {m for line in _SECRET_MOUNT.findall(text) for m in _SECRET_ID.findall(line)}
    return not mounted or any(mounted & b.secrets for b in builds)


def _in_docker_frontend(facts: Facts, frontend: Frontend, text: str, folder: str) -> bool:
    if frontend.root == "." or inside(folder, frontend.root):
        return True
    last = re.escape(frontend.root.rpartition("/")[2])
    return bool(re.search(rf"(?im)^\s*(copy|add|workdir|run)\b.*\b{last}(/|\s|$)", text)) or len(facts.frontends) == 1
