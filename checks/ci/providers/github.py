"""GitHub Actions: workflows with the composite actions and workflows of the repository that they call."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace
from yaml import Node

from checks.ci.conditions import apart, outlives, runs, runs_in_reviews, stops
from checks.ci.model import Depth, History, Job, Provider, Step, Workflow
from checks.ci.providers.reading import texts
from checks.ci.refusals import bad_call, refused
from checks.parsers import yaml as y
from checks.parsers.github_evaluation import OPEN, as_text, evaluate
from checks.parsers.github_expression import Unknown, dotted, parse_expression, segments, walk
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, join


def read(facts: Facts, path: str) -> Workflow:
    """Read a workflow; jobs that call a workflow of the repository have its steps."""
    document = facts.yaml(path)
    if isinstance(document, ParseError) or document is None:
        problem = document if isinstance(document, ParseError) else None
        return Workflow(path=path, provider="github", problem=problem)
    on = y.get(document, "on")
    triggers = tuple(key for key, _, _ in y.pairs(on)) or tuple(y.strings(on))
    env = texts(y.get(document, "env"))
    defaults = y.get(document, "defaults", "run")
    jobs = tuple(
        _job(facts, path, key, key_node, node, env, defaults)
        for key, key_node, node in y.pairs(y.get(document, "jobs"))
    )
    pulls = _only_pull_requests(document, triggers)
    return Workflow(
        path=path,
        provider="github",
        triggers=triggers,
        jobs=jobs,
        env=env,
        node=document,
        only_pull_requests=pulls,
        refusal=bad_call(facts, document),
    )


def _only_pull_requests(document: Node, triggers: tuple[str, ...]) -> bool:
    """Return whether nothing but pull requests that are open starts it: what follows a merge deploys what was merged."""
    if set(triggers) <= {"pull_request", "pull_request_target"}:
        types = [y.strings(y.get(document, "on", t, "types")) for t in triggers]
        if types and all(t == ["closed"] for t in types):
            return False
    return bool(triggers) and all(t.startswith("pull_request") for t in triggers)


class _Call(Struct, frozen=True, kw_only=True):
    """What a called workflow or action is given: inputs, which of them are no texts (`flags`), secrets, the conditions around it.

    Without `secrets` (None) it has all that there are.
    """

    inputs: dict[str, str]
    flags: frozenset[str] = frozenset()
    secrets: dict[str, str] | None = None
    conditions: tuple[str, ...] = ()


def _filled(text: str | None, call: _Call | None, lacks: list[str] | None = None) -> str | None:
    """Put in what a call hands over where a text names it; with `lacks`, secrets that are not handed in are empty, and noted there."""
    if text is None or call is None or "${{" not in text:
        return text
    try:
        parts = list(segments(text))
    except ParseError:
        return text
    return "".join(_put(inner, call, lacks) if is_expression else inner for is_expression, inner in parts)


def _put(inner: str, call: _Call, lacks: list[str] | None) -> str:
    """Return what an expression is worth by what a call hands over, and the expression where that does not decide it."""
    written = "${{" + inner + "}}"
    try:
        parsed = parse_expression(inner)
    except ParseError:
        return written
    path = dotted(parsed)
    if len(path) == 2 and path[0] == "inputs":
        return next((v for k, v in call.inputs.items() if k.lower() == path[1]), written)
    if lacks is None or call.secrets is None:
        return written
    handed = {"github_token", *(k.lower() for k in call.secrets)}
    asked = {str(n.parts[1].value) for n in walk(parsed) if len(p := dotted(n)) == 2 and p[0] == "secrets"}
    missing = sorted(n for n in asked if n.lower() not in handed)
    none: dict[str, object] = {OPEN: Unknown("secrets"), **dict.fromkeys(missing, "")}
    value = evaluate(parsed, {"secrets": none}) if missing else Unknown(inner)
    if isinstance(value, Unknown):
        return written
    lacks += missing
    return as_text(value)


def _handed(env: dict[str, str], call: _Call | None) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return an environment as a call makes it, and the secrets that it lacks."""
    lacks: list[str] = []
    return {k: _filled(v, call, lacks) or "" for k, v in env.items()}, tuple(lacks)


def _job(
    facts: Facts,
    path: str,
    name: str,
    key: Node,
    node: Node,
    env: dict[str, str],
    defaults: Node | None,
    depth: int = 0,
    call: _Call | None = None,
) -> Job:
    environment = y.get(node, "environment")
    environment_name = _filled(y.scalar(environment) or y.scalar(y.get(environment, "name")), call)
    if call is not None and environment is not None and call.secrets is not None:
        # The environment's own secrets reach the job without being handed in.
        call = replace(call, secrets=None)
    env = env | texts(y.get(node, "env"))
    folder = y.scalar(y.get(node, "defaults", "run", "working-directory")) or y.scalar(
        y.get(defaults, "working-directory")
    )
    shell = y.scalar(y.get(node, "defaults", "run", "shell")) or y.scalar(y.get(defaults, "shell"))
    uses = y.scalar(y.get(node, "uses"))
    steps: list[Step] = []
    for item in y.sequence(y.get(node, "steps")):
        made = _step(path, item, env, folder, call, shell)
        steps += _expand(facts, replace(made, empty=_is_empty(node, steps)), depth)
    condition = y.scalar(y.get(node, "if"))
    if uses and uses.startswith("./") and depth < 4:
        called = facts.yaml(join(".", uses))
        if isinstance(called, Node):
            inner_call = _called(node, called, call, condition)
            for inner, inner_key, inner_node in y.pairs(y.get(called, "jobs")):
                # The caller's own environment does not reach what it calls.
                own = texts(y.get(called, "env"))
                called_job = _job(
                    facts, join(".", uses), inner, inner_key, inner_node, own, None, depth + 1, inner_call
                )
                steps += (replace(s, inner=f"{inner}/{s.inner}" if s.inner else inner) for s in called_job.steps)
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
        may_fail=y.get(node, "continue-on-error") is not None,
        own_machine=_own_machine(node),
    )


def _called(node: Node, called: Node, outer: _Call | None, condition: str | None) -> _Call:
    """Return what a job hands to the workflow that it calls."""
    inputs = {
        name: y.scalar(y.get(value, "default")) or ""
        for name, _, value in y.pairs(y.get(called, "on", "workflow_call", "inputs"))
    }
    inputs |= {k: _filled(v, outer) or "" for k, v in texts(y.get(node, "with")).items()}
    given = y.get(node, "secrets")
    secrets: dict[str, str] | None = texts(given)
    if y.scalar(given) == "inherit":
        secrets = outer.secrets if outer is not None else None
    asked = y.pairs(y.get(called, "on", "workflow_call", "inputs"))
    flags = frozenset(k for k, _, v in asked if y.scalar(y.get(v, "type")) in ("boolean", "number"))
    return _Call(inputs=inputs, flags=flags, secrets=secrets, conditions=())


_RUNNERS = frozenset({"nick-fields/retry", "nick-invision/retry", "wandalen/wretry.action"})
"""Actions that run the command of their input `command` (https://github.com/nick-fields/retry#inputs)."""


def _options(shell: str | None) -> str | None:
    """Return the options of the shell that a step names (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#exit-codes-and-error-action-preference)."""
    if shell is None:
        return None
    return {"sh": "-e", "bash": "-eo pipefail"}.get(shell) or " ".join(w for w in shell.split()[1:] if w != "{0}")


def _step(
    path: str,
    node: Node,
    env: dict[str, str],
    folder: str | None,
    call: _Call | None = None,
    shell: str | None = None,
) -> Step:
    own_shell = y.scalar(y.get(node, "shell")) or shell
    run_node = y.get(node, "run")
    own, lacks = _handed(env | texts(y.get(node, "env")), call)
    inputs, also = _handed(texts(y.get(node, "with")), call)
    if (y.scalar(y.get(node, "uses")) or "").partition("@")[0].lower() in _RUNNERS:
        run_node = y.get(node, "with", "command")
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
        flags=call.flags if call is not None else frozenset(),
        lacks=(*lacks, *also),
        shell=own_shell,
        options=_options(own_shell),
        id=y.scalar(y.get(node, "id")),
        first_row=y.first_row(run_node),
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
                nodes = y.sequence(y.get(action, "runs", "steps"))
                # GitHub does not load an action with a command whose shell is not named.
                lacks_shell = any(y.get(n, "run") is not None and y.get(n, "shell") is None for n in nodes)
                for node in nodes:
                    handed, lacks = _handed(texts(y.get(node, "env")), call)
                    inner = _step(path, node, {}, step.working_directory, call)
                    inner = replace(inner, env=step.env | handed, lacks=(*inner.lacks, *lacks))
                    if lacks_shell or step.empty:
                        # Nor one of a repository that is not checked out yet.
                        why = f"{path} is called before the code is checked out"
                        why = why if step.empty else f"a command of {path} names no `shell`"
                        inner = replace(inner, runs=False, why=why, empty=step.empty)
                    found += _expand(facts, inner, depth + 1)
    return found


_PREPARES = ("actions/setup-", "actions/github-script")


def _own_machine(job: Node) -> bool | None:
    """Return whether a job runs on a machine of one's own; labels that GitHub does not have may name one, or another one's runners.

    https://docs.github.com/en/actions/reference/runners/github-hosted-runners
    """
    labels = [text for _, n in y.walk(y.get(job, "runs-on")) if (text := y.scalar(n))]
    if "self-hosted" in labels:
        return True
    return False if all(label.startswith(_HOSTED) for label in labels) else None


_HOSTED = ("ubuntu-", "windows-", "macos-")


def _is_empty(job: Node, before: list[Step]) -> bool:
    """Return whether nothing before a step can have put the repository where it runs: a new machine starts with an empty folder.

    A machine of one's own keeps what ran before (https://github.com/actions/checkout#usage).
    """
    labels = [y.scalar(n) or "" for _, n in y.walk(y.get(job, "runs-on"))]
    own = any("self-hosted" in label or "${{" in label for label in labels)
    return not own and all((s.uses or "").startswith(_PREPARES) for s in before)


def _history(workflow: Workflow, job: Job, step: Step, fetched: bool) -> History:
    """actions/checkout takes one commit unless told otherwise (https://github.com/actions/checkout#usage)."""
    if fetched:
        return History(state=Depth.COMPLETE, path=step.path, line=step.line)
    steps = job.until(step)
    checkouts = [s for s in steps if (s.uses or "").startswith("actions/checkout")]
    if not checkouts:
        # Without a checkout the working directory is empty; another's action may still fetch the code.
        others = any(s.uses and not s.uses.startswith(("actions/", "getsentry/", "./")) for s in steps)
        return History(state=Depth.UNCLEAR if others or job.uses else Depth.NONE, path=step.path, line=step.line)
    last = checkouts[-1]
    depth = last.inputs.get("fetch-depth", "1")
    state = Depth.COMPLETE if depth == "0" else Depth.UNCLEAR if "${{" in depth else Depth.SHALLOW
    return History(state=state, path=last.path, line=last.line)


def _matches(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder == ".github/workflows" and name.endswith((".yml", ".yaml"))


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return [
        "      - name: Create the Sentry release",
        "        env:",
        "          SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}",
        "        run: |",
        *(f"          {c}" for c in commands),
    ]


PROVIDER = Provider(
    name="github",
    title="GitHub Actions",
    matches=_matches,
    read=read,
    commit="${{ github.sha }}",
    marks=("CI", "GITHUB_"),
    hands_secrets=True,
    secrets="https://github.com/{repository}/settings/secrets/actions",
    secret_command="gh secret set {name}",
    runs=runs,
    reviewed=runs_in_reviews,
    outlives=outlives,
    apart=apart,
    stops=stops,
    options="-e",
    starts_together=True,
    refused=refused,
    history=_history,
    snippet=_snippet,
    forge="GitHub",
    integrations=("github", "github_enterprise"),
    repeats_installation=True,
)
"""GitHub Actions (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax)."""
