"""Where a frontend is built for users: CI steps, hosting build commands, Dockerfiles; and whether a token reaches it."""

from __future__ import annotations

import re

from msgspec import Struct

from checks.ci.commands import job_commands
from checks.ci.conditions import runs_in_reviews
from checks.ci.deploying import deploying, needed_to_deploy
from checks.ci.foreign_code import builds_foreign_code
from checks.ci.model import Step
from checks.ci.programs import State
from checks.ci.throwaway import tests_every_branch
from checks.frontends.commands import builder, commands, delegates, node_scripts
from checks.frontends.server_configs import makes_a_server
from checks.hosts.development_images import only_develops
from checks.hosts.image_builds import builds_of
from checks.hosts.image_files import sources
from checks.hosts.image_folders import works_elsewhere
from checks.hosts.image_hosts import OPENSHIFT, host_builds
from checks.hosts.image_values import reaches_run
from checks.hosts.images import Image, read_image
from checks.hosts.unread_builds import built_elsewhere
from checks.parsers.command_words import unwrapped
from checks.parsers.commands import read_commands
from checks.parsers.dockerfile import Instruction
from checks.parsers.position import Line
from checks.repository.commands import Ran, follow, package_script
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.frontends import Frontend
from checks.repository.path_words import NOT_DEPLOYED, Purpose, folder_purposes

_KEEPING_ACTIONS = frozenset(
    {
        "actions/upload-artifact",
        "actions/upload-pages-artifact",
        "docker/build-push-action",
        "docker/bake-action",
        "softprops/action-gh-release",
        "ncipollo/release-action",
        "pypa/gh-action-pypi-publish",
        "peaceiris/actions-gh-pages",
        "JamesIves/github-pages-deploy-action",
    }
)
"""Actions that hand on what a job made (https://docs.github.com/en/actions/tutorials/store-and-share-data)."""
_KEEPING = frozenset(
    {
        ("docker", "push"),
        ("docker", "buildx"),
        ("gh", "release"),
        ("git", "push"),
        ("twine", "upload"),
        ("uv", "publish"),
        ("poetry", "publish"),
        ("npm", "publish"),
        ("aws", "s3"),
        ("gsutil", "cp"),
    }
)
"""Commands that do, by their first two words."""
_UPLOADING = frozenset({("aws", "s3"), ("gsutil", "cp"), ("gsutil", "rsync"), ("gcloud", "storage")})
"""Those that upload files to where a browser gets them
(https://docs.aws.amazon.com/cli/latest/reference/s3/, https://cloud.google.com/storage/docs/gsutil/commands/rsync)."""


class Build(Struct, frozen=True, kw_only=True):
    """A build of a frontend: `kind` is `ci`, `host` or `docker`; `token` is the place that gives it a Sentry token.

    `step`, `job` and `workflow` are set for CI builds; `deploys` says that a job that deploys runs it, `kept` that
    the job hands on what it made (an image, an artifact, a release). `made` is the bundler's own command where it was followed,
    `words` the command of an image, `before` and `after` what the same job or build runs around it. `unseen` says that a
    command before it writes variables that are not seen. `closed` says that only this file hands the build its variables: a host's
    dashboard, and a CI project whose variables reach every job, may hand in others. `tries` says that the job also builds pull
    requests, or tests every branch, hands nothing on, and that no deployment waits for it: what it made is thrown away.
    `assumed` says why the image's builder, who would have to hand the token in, is not seen. `tolerated`: a failure is passed over.
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
    kept: bool = False
    made: Ran | None = None
    before: tuple[Ran, ...] = ()
    after: tuple[Ran, ...] = ()
    unseen: bool = False
    tries: bool = False
    assumed: str = ""
    tolerated: bool | None = False
    words: tuple[str, ...] = ()


def makes_bundle(ran: Ran) -> bool:
    """Return whether a command is a bundler's production build."""
    if ran.runs is False or ran.followed:
        return False
    return builder(list(ran.words)) is not None and not {"--help", "--watch"} & set(ran.words)


def _builds_frontend(facts: Facts, ran: Ran, frontend: Frontend) -> bool:
    if not makes_bundle(ran) or makes_a_server(facts, ran.folder, list(ran.words)):
        return False
    words = [w for w in ran.words[1:] if not w.startswith("-")]
    positional = join(ran.folder, words[1]) if ran.words[0] == "vite" and len(words) > 1 else None
    flags = [join(ran.folder, w) for w in ran.words if w.endswith((".ts", ".js", ".mts", ".mjs")) and "/" in w]
    if ran.folder == frontend.root or positional == frontend.root:
        return True
    return frontend.root != "." and any(inside(f, frontend.root) for f in flags)


def build_scripts(facts: Facts, frontend: Frontend) -> list[str]:
    """Return the names of package scripts that make the production bundle; a script that makes a server's alone does not."""
    scripts = {n: s for n, s in frontend.scripts.items() if not _makes_a_server(facts, frontend, s)}
    direct = {n for n, s in scripts.items() if any(builder(words) == "vite" for words in commands(s))}
    direct |= {n for n, s in scripts.items() if "build" in n and "storybook" not in n and _makes(s)}
    for name, script in scripts.items():
        if any(_script_of(tuple(words)) & direct for words in commands(script)):
            direct.add(name)
    return sorted(direct)


def _makes_a_server(facts: Facts, frontend: Frontend, script: str) -> bool:
    made = [words for words in commands(script) if builder(words) is not None]
    return bool(made) and all(makes_a_server(facts, frontend.root, words) for words in made)


def _script_of(words: tuple[str, ...]) -> set[str]:
    """Return the package scripts that a command calls."""
    if words and words[0] in ("run-s", "run-p", "npm-run-all", "npm-run-all2"):
        return {w.split()[0] for w in words[1:] if w.strip()}
    called = package_script(words)
    return {called[0]} if called is not None else set()


def _makes(script: str) -> bool:
    """Return whether a script may make the bundle: by a bundler, a script of Node's, or a task runner."""
    return any(builder(words) for words in commands(script)) or any(node_scripts(script)) or delegates(script)


def find_builds(facts: Facts, frontend: Frontend, token: str = "SENTRY_AUTH_TOKEN") -> list[Build]:
    """Return the builds of one frontend in all readable files; `token` is the variable that is looked for there."""
    names = frozenset(build_scripts(facts, frontend))
    return [
        *_ci(facts, frontend, names, token),
        *_hosts(facts, frontend, names, token),
        *_docker(facts, frontend, names, token),
    ]


def _starts(facts: Facts, ran: Ran, names: frozenset[str]) -> bool:
    """Return whether a command makes a bundle itself, or calls a package script that does."""
    made = builder(list(ran.words)) is not None and not makes_a_server(facts, ran.folder, list(ran.words))
    return ran.runs is not False and (made or bool(_script_of(ran.words) & names))


def accepted_variable_names(token: str) -> tuple[str, ...]:
    """Return the environment variables that satisfy `token`: SENTRY_AUTH_TOKEN satisfies an auth token of another name."""
    return (token, "SENTRY_AUTH_TOKEN") if token.endswith("TOKEN") else (token,)


def builds_in(facts: Facts, frontend: Frontend, names: frozenset[str], commands: list[Ran]) -> list[Ran]:
    """Return the commands that surely build a frontend: its bundler, else what calls one of its package scripts `names` in its folder."""
    own = [r for r in commands if _builds_frontend(facts, r, frontend)]
    return own or [r for r in commands if r.folder == frontend.root and _starts(facts, r, names)]


def _in_frontend(facts: Facts, frontend: Frontend, ran: Ran) -> bool:
    """Return whether a command that was not followed to its bundler builds this frontend and not another package."""
    if frontend.root == ".":
        return ran.folder == "."
    last = frontend.root.rpartition("/")[2]
    called = package_script(ran.words)
    if called is not None and any(w.strip("./").rpartition("/")[2] == last for w in called[1]):
        return True
    if inside(ran.folder, frontend.root):
        return True
    others = [f for f in facts.frontends if f.root != frontend.root and inside(ran.folder, f.root)]
    return not others and join(ran.folder, "package.json") not in facts.paths and len(facts.frontends) == 1


def _ci(facts: Facts, frontend: Frontend, names: frozenset[str], token: str) -> list[Build]:
    found = []
    for workflow in facts.workflows:
        if workflow.only_pull_requests:
            continue
        needed = needed_to_deploy(facts, workflow)
        for job in workflow.jobs:
            if builds_foreign_code(facts, workflow, job):
                continue
            deploys = deploying(facts, workflow, job).state is not State.NO
            run = job_commands(facts, workflow, job)
            kept = any(_hands_on(s, [r for of, r in run if of is s]) for s in job.steps)
            for step in job.steps:
                own = [n for n, (s, r) in enumerate(run) if s is step and _builds_frontend(facts, r, frontend)]
                made = run[own[0]][1] if own else None
                other = next(
                    (r for s, r in run if s is step and _starts(facts, r, names) and _in_frontend(facts, frontend, r)),
                    None,
                )
                caller = made or other
                if caller is None:
                    continue
                name = next((n for n in accepted_variable_names(token) if _given(n, step, made)), None)
                block = int(_begins_below(facts, step))
                found.append(
                    Build(
                        kind="ci",
                        path=step.path,
                        line=Line(step.line + caller.line + block, text=caller.outer),
                        command=caller.outer,
                        token=f"`{name}` in {workflow.path}, job {job.id}" if name else None,
                        closed=workflow.ci.hands_secrets,
                        step=step,
                        job=job.id,
                        workflow=workflow.path,
                        deploys=deploys,
                        kept=kept,
                        tries=not deploys
                        and not kept
                        and job.id not in needed
                        and (
                            runs_in_reviews(workflow, job)[0] is True
                            or tests_every_branch(workflow, [r for _, r in run])
                        ),
                        made=made,
                        tolerated=step.continue_on_error or job.may_fail or caller.tolerated,
                        before=tuple(r for _, r in run[: own[0]]) if own else (),
                        after=tuple(r for _, r in run[own[0] + 1 :]) if own else (),
                    )
                )
    return found


def _hands_on(step: Step, run: list[Ran]) -> bool:
    """Return whether a step hands on what its job made; what a job of tests builds is thrown away."""
    if (step.uses or "").partition("@")[0] in _KEEPING_ACTIONS:
        return True
    return any(r.runs is not False and tuple(w for w in r.words if not w.startswith("-"))[:2] in _KEEPING for r in run)


def deployed(builds: list[Build]) -> list[Build]:
    """Return the builds that reach users: those of hosts and images, else of jobs that deploy or hand on what they made.

    Else all but those that only try whether the code builds.

    A job that deploys and uploads the files that it built reaches them too, whatever images are built beside it.
    """
    return (
        [b for b in builds if b.kind != "ci" or (b.deploys and any(_uploads(r) for r in b.after))]
        or [b for b in builds if b.deploys]
        or [b for b in builds if b.kept]
        or [b for b in builds if not b.tries]
    )


def no_deployed_build(frontend: Frontend, builds: list[Build]) -> tuple[str, str | None, int | None]:
    """Say why none of some builds reaches users, and where it is seen."""
    if not builds:
        return f"no build of {frontend.root} found", None, None
    first = builds[0]
    message = f"`{first.command}` only tries whether {frontend.root} builds, and no other build of it is seen"
    return message, first.path, first.line


def _uploads(ran: Ran) -> bool:
    plain = tuple(w for w in ran.words if not w.startswith("-"))
    return ran.runs is not False and plain[:2] in _UPLOADING and bool({"sync", "cp", "rsync"} & set(plain))


def _given(name: str, step: Step, made: Ran | None) -> bool:
    """Return whether a variable reaches a build: from its step, or set before its command, and past the task runner."""
    if made is None:
        return bool(step.env.get(name))
    if name in made.env:
        return bool(made.env[name])
    return bool(step.env.get(name)) and made.lets(name)


def _begins_below(facts: Facts, step: Step) -> bool:
    """Return whether a step's script begins in the line below its place: a block, not a list of commands (GitLab)."""
    script, own = (step.run or "").rstrip("\n"), facts.line(step.path, step.line) or ""
    return bool("\n" in script or re.search(r"[|>][+-]?\s*$", own)) and script.split("\n", 1)[0].strip() not in own


def _hosts(facts: Facts, frontend: Frontend, names: frozenset[str], token: str) -> list[Build]:
    found = []
    for deployment in facts.deployments:
        command, folder = deployment.build or "", deployment.root or "."
        dashboard = deployment.host in ("vercel", "netlify") and inside(frontend.root, folder)
        commands = follow(facts, command, folder, deployment.path) if "$" not in folder else []
        own = [n for n, r in enumerate(commands) if _builds_frontend(facts, r, frontend)]
        called = any(_starts(facts, r, names) and _in_frontend(facts, frontend, r) for r in commands)
        if own or called or (dashboard and not command):
            declared = next(
                (v for n in accepted_variable_names(token) if (v := deployment.variables.get(n)) is not None), None
            )
            place = f"`{token}` for {deployment.name} in {declared.path}:{declared.line}" if declared else None
            found.append(
                Build(
                    kind="host",
                    path=deployment.path,
                    line=deployment.build_line or deployment.line,
                    command=command or f"{deployment.host_name}'s own build",
                    token=place,
                    closed=deployment.closed,
                    job=deployment.label,
                    made=commands[own[0]] if own else None,
                    tolerated=commands[own[0]].tolerated if own else False,
                    before=tuple(commands[: own[0]]) if own else (),
                    after=tuple(commands[own[0] + 1 :]) if own else (),
                )
            )
    return found


def _docker(facts: Facts, frontend: Frontend, names: frozenset[str], token: str) -> list[Build]:
    found = []
    accepted, scripts = accepted_variable_names(token), tuple(frontend.scripts.values())
    for path in facts.dockerfiles:
        if folder_purposes(path) & (NOT_DEPLOYED | {Purpose.DEVELOPMENT}) or only_develops(facts, path):
            continue
        text = facts.text(path) or ""
        image = read_image(path, text)
        if not _in_docker_frontend(facts, frontend, image):
            continue
        for stage in image.stages:
            for run in (i for i in stage.instructions if i.word == "RUN"):
                started = (c for c in read_commands(run.script) if _starts_in_image(facts, frontend, c.words, names))
                made = next(
                    (c for c in started if not works_elsewhere(facts, image, stage, run, frontend.root, c.folder)), None
                )
                if made is None:
                    continue
                assigned = made.assigned | unwrapped(made.words)[1]
                given = reaches_run(facts, image, stage, run, assigned, accepted, scripts)
                found.append(
                    Build(
                        kind="docker",
                        path=path,
                        line=_line_in(text, run, made.words),
                        command=" ".join(made.text.split()),
                        token=given,
                        words=made.words,
                        tolerated=made.tolerated,
                        assumed=_unseen_builder(facts, image, token) if given is not None else "",
                    )
                )
    return found


def _unseen_builder(facts: Facts, image: Image, name: str) -> str:
    """Return why it is not seen whether an image's build is handed a variable, empty where it is."""
    elsewhere = built_elsewhere(facts, image.path)
    if elsewhere is not None:
        return f"{elsewhere[0]}:{elsewhere[1]} has a workflow of another repository build it"
    hosts = host_builds(facts, image)
    silent = next((h for h in hosts if h.host == OPENSHIFT and name not in h.arguments), None)
    if silent is not None:
        return f"the BuildConfig in {silent.path}:{silent.line} builds it, and does not name the variable"
    return "" if builds_of(facts, image) or hosts else "no file here builds it"


def _starts_in_image(facts: Facts, frontend: Frontend, words: tuple[str, ...], names: frozenset[str]) -> bool:
    plain, _ = unwrapped(words)
    made = builder(list(plain)) is not None and not makes_a_server(facts, frontend.root, list(plain))
    return bool(plain) and (made or bool(_script_of(plain) & names))


def _line_in(text: str, run: Instruction, words: tuple[str, ...]) -> int:
    """Return the line of an instruction that spells a command."""
    lines = text.split("\n")
    wanted = " ".join(words[:2])
    found = (Line(n, text=wanted) for n in range(run.line, run.last + 1) if wanted in " ".join(lines[n - 1].split()))
    return next(found, run.line)


def _in_docker_frontend(facts: Facts, frontend: Frontend, image: Image) -> bool:
    """Return whether an image may hold a frontend: it is built below its folder, or an instruction names that folder."""
    if frontend.root == "." or inside(parent(image.path), frontend.root) or len(facts.frontends) == 1:
        return True
    last = frontend.root.rpartition("/")[2]
    return any(last in word.split("/") for stage in image.stages for i in stage.instructions for word in _paths_of(i))


def _paths_of(instruction: Instruction) -> list[str]:
    """Return the words of an instruction that may be paths."""
    if instruction.word in ("COPY", "ADD"):
        return [*sources(instruction.arguments), instruction.arguments.split()[-1]] if instruction.arguments else []
    if instruction.word == "WORKDIR":
        return [instruction.text.strip()]
    return [w for c in read_commands(instruction.script) for w in c.words] if instruction.word == "RUN" else []
