"""CI definitions as jobs and steps: GitHub Actions exactly, the scripts of other providers as located commands."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace
from yaml import MappingNode, Node, SequenceNode

from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, join

_OTHER_CI = lazy_pattern(
    r"^(\.gitlab-ci\.ya?ml|\.circleci/config\.ya?ml|bitbucket-pipelines\.ya?ml|azure-pipelines[^/]*\.ya?ml|\.azure/.*\.ya?ml"
    r"|\.travis\.ya?ml|\.drone\.ya?ml|\.woodpecker\.ya?ml|Jenkinsfile|cloudbuild\.ya?ml|buildspec\.ya?ml)$"
)
_SCRIPT_KEYS = frozenset(
    {"script", "before_script", "after_script", "run", "command", "commands", "bash", "pwsh", "args"}
)


class Step(Struct, frozen=True, kw_only=True):
    """A step of a job: what it runs or uses, its own and inherited environment, and where its commands stand.

    `path` and `line` name the place of the command itself, which is another file for a script or a composite action.
    `runs` is None where it depends on something else, `why`, whether a script is called at all.
    """

    name: str | None
    uses: str | None
    run: str | None
    env: dict[str, str]
    inputs: dict[str, str]
    condition: str | None
    continue_on_error: bool
    working_directory: str | None
    path: str
    line: int
    runs: bool | None = True
    why: str = ""


class Job(Struct, frozen=True, kw_only=True):
    """A job: id, needs, condition, environment name, reusable workflow it calls, inherited environment, steps."""

    id: str
    name: str | None
    needs: tuple[str, ...]
    condition: str | None
    environment: str | None
    uses: str | None
    env: dict[str, str]
    steps: tuple[Step, ...]
    line: int
    node: Node | None = None


class Workflow(Struct, frozen=True, kw_only=True):
    """A CI file: provider, triggers (empty for providers whose triggers are not read), jobs, or why it was not read."""

    path: str
    provider: str
    triggers: tuple[str, ...]
    jobs: tuple[Job, ...]
    env: dict[str, str]
    problem: ParseError | None = None
    node: Node | None = None

    @property
    def only_pull_requests(self) -> bool:
        """Whether nothing but pull requests starts it."""
        return bool(self.triggers) and all(t.startswith("pull_request") or t == "merge_request" for t in self.triggers)


def find_workflows(facts: Facts) -> tuple[Workflow, ...]:
    """Read every CI file of the repository."""
    found = []
    for path in facts.configuration:
        if re.match(r"^\.github/workflows/[^/]+\.ya?ml$", path):
            found.append(_github(facts, path))
        elif _OTHER_CI.match(path):
            found.append(_other(facts, path))
    return tuple(found)


def _texts(node: Node | None) -> dict[str, str]:
    return {key: y.scalar(value) or "" for key, _, value in y.pairs(node)}


def _github(facts: Facts, path: str) -> Workflow:
    document = facts.yaml(path)
    if isinstance(document, ParseError) or document is None:
        problem = document if isinstance(document, ParseError) else None
        return Workflow(path=path, provider="github", triggers=(), jobs=(), env={}, problem=problem)
    on = y.get(document, "on")
    triggers = tuple(key for key, _, _ in y.pairs(on)) or tuple(y.strings(on))
    env = _texts(y.get(document, "env"))
    defaults = y.scalar(y.get(document, "defaults", "run", "working-directory"))
    jobs = tuple(
        _job(facts, path, key, key_node, node, env, defaults)
        for key, key_node, node in y.pairs(y.get(document, "jobs"))
    )
    return Workflow(path=path, provider="github", triggers=triggers, jobs=jobs, env=env, node=document)


def _job(
    facts: Facts, path: str, name: str, key: Node, node: Node, env: dict[str, str], defaults: str | None, depth: int = 0
) -> Job:
    environment = y.get(node, "environment")
    environment_name = y.scalar(environment) or y.scalar(y.get(environment, "name"))
    env = env | _texts(y.get(node, "env"))
    folder = y.scalar(y.get(node, "defaults", "run", "working-directory")) or defaults
    uses = y.scalar(y.get(node, "uses"))
    steps = [
        s for step in y.sequence(y.get(node, "steps")) for s in _expand(facts, _step(path, step, env, folder), depth)
    ]
    if uses and uses.startswith("./") and depth < 4:
        called = facts.yaml(join(".", uses))
        if isinstance(called, Node):
            for inner, inner_key, inner_node in y.pairs(y.get(called, "jobs")):
                called_env = env | _texts(y.get(called, "env"))
                steps += _job(facts, join(".", uses), inner, inner_key, inner_node, called_env, None, depth + 1).steps
    return Job(
        id=name,
        name=y.scalar(y.get(node, "name")),
        needs=tuple(y.strings(y.get(node, "needs"))),
        condition=y.scalar(y.get(node, "if")),
        environment=environment_name,
        uses=uses,
        env=env,
        steps=tuple(steps),
        line=y.line_of(key),
        node=node,
    )


def _step(path: str, node: Node, env: dict[str, str], folder: str | None) -> Step:
    run_node = y.get(node, "run")
    uses = y.scalar(y.get(node, "uses"))
    return Step(
        name=y.scalar(y.get(node, "name")),
        uses=uses,
        run=y.scalar(run_node),
        env=env | _texts(y.get(node, "env")),
        inputs=_texts(y.get(node, "with")),
        condition=y.scalar(y.get(node, "if")),
        continue_on_error=y.scalar(y.get(node, "continue-on-error")) == "true",
        working_directory=y.scalar(y.get(node, "working-directory")) or folder,
        path=path,
        line=y.line_of(run_node) if run_node is not None else y.line_of(node),
    )


def _expand(facts: Facts, step: Step, depth: int) -> list[Step]:
    """Add to a step the scripts it calls and the steps of a composite action of the same repository."""
    found = [step]
    if step.run and depth < 4:
        for script in local_scripts(facts, step):
            found += _expand(facts, script, depth + 1)
    if step.uses and step.uses.startswith("./") and depth < 4:
        for name in ("action.yml", "action.yaml"):
            path = join(join(".", step.uses), name)
            action = facts.yaml(path)
            if isinstance(action, Node):
                for node in y.sequence(y.get(action, "runs", "steps")):
                    inner = _step(path, node, step.env, step.working_directory)
                    found += _expand(facts, inner, depth + 1)
    return found


_CALLS_SCRIPT = lazy_pattern(r"\.(?:sh|bash|py|mjs|js)\b|(?:^|[\s;&|])(?:\./|bin/|scripts?/)[\w./-]+")
_INTERPRETERS = frozenset({"bash", "sh", "zsh", "dash", "source", ".", "python", "python3", "node"})


def local_scripts(facts: Facts, step: Step) -> list[Step]:
    """Return a step for each script of the repository that a command runs, as surely as the command runs."""
    from checks.ci.commands import commands

    found: list[Step] = []
    # Most steps call no script: those are not parsed here.
    for command in commands(step) if _CALLS_SCRIPT.search(step.run or "") else ():
        if command.runs is False:
            continue
        words = command.words
        if words[0] in _INTERPRETERS:
            words = tuple(w for w in words[1:] if not w.startswith("-"))
        if not words or "$" in words[0] or not re.search(r"[/.]", words[0]):
            continue
        for folder in dict.fromkeys((step.working_directory or ".", ".")):
            if "$" in folder:
                continue
            path = join(folder, words[0])
            text = facts.text(path) if path in facts.paths else None
            if text is not None and not text.startswith("\x7f"):
                runs = command.runs
                found.append(replace(step, run=text, path=path, line=1, runs=runs, why=command.why or step.why))
                break
    return found


def _other(facts: Facts, path: str) -> Workflow:
    provider = path.strip(".").split(".")[0].split("-")[0].split("/")[0]
    text = facts.text(path) or ""
    if path == "Jenkinsfile":
        step = Step(
            name=None,
            uses=None,
            run=text,
            env={},
            inputs={},
            condition=None,
            continue_on_error=False,
            working_directory=None,
            path=path,
            line=1,
        )
        job = Job(
            id="Jenkinsfile",
            name=None,
            needs=(),
            condition=None,
            environment=None,
            uses=None,
            env={},
            steps=(step,),
            line=1,
        )
        return Workflow(path=path, provider="jenkins", triggers=(), jobs=(job,), env={})
    document = facts.yaml(path)
    if isinstance(document, ParseError) or document is None:
        return Workflow(
            path=path,
            provider=provider,
            triggers=(),
            jobs=(),
            env={},
            problem=document if isinstance(document, ParseError) else None,
        )
    env = _texts(y.get(document, "variables")) | _texts(y.get(document, "env"))
    jobs = []
    for keys, node in y.walk(document):
        if isinstance(node, MappingNode) and _SCRIPT_KEYS & {k for k, _, _ in y.pairs(node)}:
            own = env | _texts(y.get(node, "variables")) | _texts(y.get(node, "environment"))
            steps = []
            for key, _, value in y.pairs(node):
                if key in _SCRIPT_KEYS:
                    commands = "\n".join(y.strings(value)) if isinstance(value, SequenceNode) else y.scalar(value)
                    step = Step(
                        name=key,
                        uses=None,
                        run=commands,
                        env=own,
                        inputs={},
                        condition=None,
                        continue_on_error=y.scalar(y.get(node, "allow_failure")) == "true",
                        working_directory=None,
                        path=path,
                        line=y.line_of(value),
                    )
                    steps += _expand(facts, step, 0)
            environment = y.get(node, "environment")
            jobs.append(
                Job(
                    id=".".join(keys) or path,
                    name=None,
                    needs=(),
                    condition=None,
                    environment=y.scalar(environment) or y.scalar(y.get(environment, "name")),
                    uses=None,
                    env=own,
                    steps=tuple(steps),
                    line=y.line_of(node),
                    node=node,
                )
            )
    return Workflow(path=path, provider=provider, triggers=(), jobs=tuple(jobs), env=env, node=document)
