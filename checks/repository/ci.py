"""CI definitions as jobs and steps: GitHub Actions exactly, the scripts of other providers as located commands."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace
from yaml import MappingNode, Node, ScalarNode, SequenceNode

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

    `path` and `line` name the place of its text, which is another file for a composite action or a called workflow.
    `runs` is None where it depends on something else, `why`, whether its text is run at all. `conditions` are those of the
    action or called workflow around it, `given` the inputs that it is given, `lacks` the secrets that nobody hands in.
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
    conditions: tuple[str, ...] = ()
    given: dict[str, str] = {}
    lacks: tuple[str, ...] = ()
    shell: str | None = None
    id: str | None = None


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
    runs: bool | None = True
    why: str = ""


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
        """Whether nothing but pull requests that are open starts it: what follows a merge deploys what was merged."""
        if set(self.triggers) <= {"pull_request", "pull_request_target"} and self.node is not None:
            types = [y.strings(y.get(self.node, "on", t, "types")) for t in self.triggers]
            if types and all(t == ["closed"] for t in types):
                return False
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
    # A mapping (`from_secret: …`) is a value that is kept elsewhere.
    return {
        key: y.scalar(value) or ("" if isinstance(value, ScalarNode) else f"${key}") for key, _, value in y.pairs(node)
    }


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


class _Call(Struct, frozen=True, kw_only=True):
    """What a called workflow or action is given: inputs, secrets (None: all that there are), the conditions around it."""

    inputs: dict[str, str]
    secrets: dict[str, str] | None = None
    conditions: tuple[str, ...] = ()


_INPUT = lazy_pattern(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}")
_SECRET = lazy_pattern(r"\$\{\{\s*secrets\.(\w+)\s*\}\}")


def _filled(text: str | None, call: _Call | None) -> str | None:
    """Put the inputs of a call where a text names them."""
    if text is None or call is None:
        return text
    return _INPUT.sub(lambda m: call.inputs.get(m.group(1), m.group()), text)


def _handed(env: dict[str, str], call: _Call | None) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return an environment as a call makes it, and the secrets that it lacks."""
    if call is None:
        return env, ()
    lacks: list[str] = []

    def secret(match: re.Match[str]) -> str:
        name = match.group(1)
        if call.secrets is None or name in call.secrets or name == "GITHUB_TOKEN":
            return match.group()
        lacks.append(name)
        return ""

    return {k: _filled(_SECRET.sub(secret, v), call) or "" for k, v in env.items()}, tuple(lacks)


def _job(
    facts: Facts,
    path: str,
    name: str,
    key: Node,
    node: Node,
    env: dict[str, str],
    defaults: str | None,
    depth: int = 0,
    call: _Call | None = None,
) -> Job:
    environment = y.get(node, "environment")
    environment_name = _filled(y.scalar(environment) or y.scalar(y.get(environment, "name")), call)
    if call is not None and environment is not None and call.secrets is not None:
        # The environment's own secrets reach the job without being handed in.
        call = replace(call, secrets=None)
    env = env | _texts(y.get(node, "env"))
    folder = y.scalar(y.get(node, "defaults", "run", "working-directory")) or defaults
    uses = y.scalar(y.get(node, "uses"))
    steps: list[Step] = []
    for item in y.sequence(y.get(node, "steps")):
        steps += _expand(facts, _step(path, item, env, folder, call), depth)
    condition = y.scalar(y.get(node, "if"))
    if uses and uses.startswith("./") and depth < 4:
        called = facts.yaml(join(".", uses))
        if isinstance(called, Node):
            inner_call = _called(node, called, call, condition)
            for inner, inner_key, inner_node in y.pairs(y.get(called, "jobs")):
                # The caller's own environment does not reach what it calls.
                own = _texts(y.get(called, "env"))
                steps += _job(
                    facts, join(".", uses), inner, inner_key, inner_node, own, None, depth + 1, inner_call
                ).steps
    if call is not None and condition is not None:
        steps = [replace(s, conditions=(condition, *s.conditions)) for s in steps]
    return Job(
        id=name,
        name=y.scalar(y.get(node, "name")),
        needs=tuple(y.strings(y.get(node, "needs"))),
        condition=condition,
        environment=environment_name,
        uses=uses,
        env=env,
        steps=tuple(steps),
        line=y.line_of(key),
        node=node,
    )


def _called(node: Node, called: Node, outer: _Call | None, condition: str | None) -> _Call:
    """Return what a job hands to the workflow that it calls."""
    inputs = {
        name: y.scalar(y.get(value, "default")) or ""
        for name, _, value in y.pairs(y.get(called, "on", "workflow_call", "inputs"))
    }
    inputs |= {k: _filled(v, outer) or "" for k, v in _texts(y.get(node, "with")).items()}
    given = y.get(node, "secrets")
    secrets: dict[str, str] | None = _texts(given)
    if y.scalar(given) == "inherit":
        secrets = outer.secrets if outer is not None else None
    return _Call(inputs=inputs, secrets=secrets, conditions=())


def _step(path: str, node: Node, env: dict[str, str], folder: str | None, call: _Call | None = None) -> Step:
    run_node = y.get(node, "run")
    own, lacks = _handed(env | _texts(y.get(node, "env")), call)
    inputs, also = _handed(_texts(y.get(node, "with")), call)
    return Step(
        name=y.scalar(y.get(node, "name")),
        uses=y.scalar(y.get(node, "uses")),
        run=_filled(y.scalar(run_node), call),
        env=own,
        inputs=inputs,
        condition=y.scalar(y.get(node, "if")),
        continue_on_error=y.scalar(y.get(node, "continue-on-error")) == "true",
        working_directory=_filled(y.scalar(y.get(node, "working-directory")), call) or folder,
        path=path,
        line=y.line_of(run_node) if run_node is not None else y.line_of(node),
        conditions=call.conditions if call is not None else (),
        given=call.inputs if call is not None else {},
        lacks=(*lacks, *also),
        shell=y.scalar(y.get(node, "shell")),
        id=y.scalar(y.get(node, "id")),
    )


def _expand(facts: Facts, step: Step, depth: int) -> list[Step]:
    """Add to a step the steps of a composite action of the same repository."""
    found = [step]
    if step.uses and step.uses.startswith("./") and depth < 4:
        for name in ("action.yml", "action.yaml"):
            path = join(join(".", step.uses), name)
            action = facts.yaml(path)
            if isinstance(action, Node):
                inputs = {k: y.scalar(y.get(v, "default")) or "" for k, _, v in y.pairs(y.get(action, "inputs"))}
                around = step.conditions + ((step.condition,) if step.condition else ())
                # An action sees no secrets but those that come as inputs.
                call = _Call(inputs=inputs | step.inputs, secrets={}, conditions=around)
                for node in y.sequence(y.get(action, "runs", "steps")):
                    handed, lacks = _handed(_texts(y.get(node, "env")), call)
                    inner = _step(path, node, {}, step.working_directory, call)
                    inner = replace(inner, env=step.env | handed, lacks=(*inner.lacks, *lacks))
                    found += _expand(facts, inner, depth + 1)
    return found


def _other(facts: Facts, path: str) -> Workflow:
    provider = path.strip(".").split(".")[0].split("-")[0].split("/")[0]
    if path == "Jenkinsfile":
        from checks.ci.jenkins import WHY, shell_of

        steps = [plain_step(path, line, run, WHY) for line, run in shell_of(facts.text(path) or "")]
        return plain_workflow(facts, path, "jenkins", steps)
    documents = facts.documents(path)
    if isinstance(documents, ParseError) or not documents:
        problem = documents if isinstance(documents, ParseError) else None
        return Workflow(path=path, provider=provider, triggers=(), jobs=(), env={}, problem=problem)
    env: dict[str, str] = {}
    jobs: list[Job] = []
    for document in documents:
        own = _texts(y.get(document, "variables")) | _texts(y.get(document, "env"))
        env |= own
        jobs += _other_jobs(facts, path, provider, document, own)
    return Workflow(path=path, provider=provider, triggers=(), jobs=tuple(jobs), env=env, node=documents[0])


def plain_step(path: str, line: int, run: str, why: str = "") -> Step:
    """Return a step of commands only; `why` says what keeps it unknown whether they run."""
    return Step(
        name=None,
        uses=None,
        run=run,
        env={},
        inputs={},
        condition=None,
        continue_on_error=False,
        working_directory=None,
        path=path,
        line=line,
        runs=None if why else True,
        why=why,
    )


def plain_workflow(facts: Facts, path: str, provider: str, steps: list[Step]) -> Workflow:
    """Return a file of commands as one job, the scripts that it calls followed."""
    job = Job(
        id=path,
        name=None,
        needs=(),
        condition=None,
        environment=None,
        uses=None,
        env={},
        steps=tuple(s for step in steps for s in _expand(facts, step, 0)),
        line=steps[0].line if steps else 1,
    )
    return Workflow(path=path, provider=provider, triggers=(), jobs=(job,), env={})


def _other_jobs(facts: Facts, path: str, provider: str, document: Node, env: dict[str, str]) -> list[Job]:
    from checks.ci.elsewhere import runs_elsewhere

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
            runs, why = runs_elsewhere(provider, keys, node, document)
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
                    runs=runs,
                    why=why,
                )
            )
    return jobs
