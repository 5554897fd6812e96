"""CircleCI (https://circleci.com/docs/configuration-reference/)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yaml import MappingNode, Node

from checks.ci.model import YES, Answer, Depth, History, Job, Provider, Step, Workflow
from checks.ci.providers.reading import any_true, first_false, from_documents, texts
from checks.ci.ref_filters import default_branches
from checks.parsers import yaml as y
from checks.parsers.bash import not_
from checks.repository.facts import Facts

_EVERY = ("/.*/", "/.+/", ".*")


def read(facts: Facts, path: str) -> Workflow:
    """Read the jobs with the commands that they take; one that no workflow names does not run."""
    return from_documents(facts, path, "circleci", lambda document: list(_jobs(path, document)))


def _jobs(path: str, document: Node) -> Iterator[Job]:
    defined = [(name, key, node, document) for name, key, node in y.pairs(y.get(document, "jobs"))]
    for orb, _, inner in y.pairs(y.get(document, "orbs")):
        # An orb that is written here: https://circleci.com/docs/orbs/author/create-test-and-use-inline-orbs/
        defined += [(f"{orb}/{name}", key, node, inner) for name, key, node in y.pairs(y.get(inner, "jobs"))]
    for name, key, node, around in defined:
        runs, why, needs, called = _place(document, name)
        env = texts(y.get(node, "environment"))
        folder = y.scalar(y.get(node, "working_directory"))
        yield Job(
            id=called,
            name=name,
            line=y.line_of(key),
            steps=tuple(_steps(path, around, y.get(node, "steps"), env, YES, folder, 0)),
            needs=needs,
            env=env,
            node=node,
            runs=runs,
            why=why,
            # The class of a runner of one's own has its namespace (https://circleci.com/docs/guides/execution-runner/runner-overview/).
            own_machine="/" in (y.scalar(y.get(node, "resource_class")) or ""),
            refs=_refs(document, name),
        )


def _place(document: Node, job: str) -> tuple[bool | None, str, tuple[str, ...], str]:
    """Return whether workflows run a job, what it requires there, and the name that it has there."""
    flows = y.get(document, "workflows")
    if flows is None:
        return (*(YES if job == "build" else (False, "no workflow runs it")), (), job)
    answers: list[Answer] = []
    needs: tuple[str, ...] = ()
    called = job
    for _, _, flow in y.pairs(flows):
        whole = _condition(document, y.get(flow, "when"), "when")
        if y.get(flow, "unless") is not None:
            answer, why = _condition(document, y.get(flow, "unless"), "unless")
            whole = (None if answer is None else not answer, why or "`unless`")
        if y.get(flow, "triggers") is not None:
            whole = first_false(whole, (None, "the schedule of its workflow"))
        for entry in y.sequence(y.get(flow, "jobs")):
            name, options = y.scalar(entry), None
            for key, _, value in y.pairs(entry):
                name, options = key, value
            if name != job:
                continue
            called = y.scalar(y.get(options, "name")) or job
            needs = tuple(y.strings(y.get(options, "requires")))
            answers.append(first_false(whole, _filters(document, y.get(options, "filters"))))
    return (*any_true(answers, "no workflow runs it"), needs, called)


def _condition(document: Node, node: Node | None, name: str) -> Answer:
    """A condition is a logic statement; a push gives no parameters, so that each has its default then.

    https://circleci.com/docs/guides/orchestrate/pipeline-variables/#pipeline-parameters-in-configuration,
    https://circleci.com/docs/configuration-reference/#logic-statements
    """
    if node is None:
        return YES
    text = _default(document, (y.scalar(node) or "").strip())
    if text in ("true", "false"):
        return (text == "true"), "" if text == "true" else f"`{name}: {text}`"
    named = [t for _, n in y.walk(node) if (t := y.scalar(n)) and "<<" not in t]
    usual = default_branches(named)
    branches = [*usual, *(n for n in dict.fromkeys(named) if n not in usual)]
    answers = [_holds(document, node, branch, 0) for branch in branches[:8]]
    if True in answers:
        return YES
    return (None if None in answers else False), f"its `{name}`"


def _holds(document: Node, node: Node | None, branch: str, depth: int) -> bool | None:
    """Evaluate a logic statement for a push to a branch."""
    if depth > 10 or node is None:
        return None
    if not isinstance(node, MappingNode):
        text = _value(document, y.scalar(node) or "", branch)
        return None if text is None else text.lower() not in ("", "false", "0", "null")
    for operator, _, value in y.pairs(node):
        inner = [_holds(document, item, branch, depth + 1) for item in y.sequence(value)]
        if operator == "not":
            return not_(_holds(document, value, branch, depth + 1))
        if operator == "and":
            return False if False in inner else None if None in inner else True
        if operator == "or":
            return True if True in inner else None if None in inner else False
        if operator == "equal":
            values = [_value(document, y.scalar(item) or "", branch) for item in y.sequence(value)]
            return None if None in values else len(set(values)) == 1
    return None


def _value(document: Node, text: str, branch: str) -> str | None:
    """Return what a text is worth for a push to a branch, None where that is not known."""
    text = _default(document, text.strip())
    if text.removeprefix("<<").removesuffix(">>").strip() == "pipeline.git.branch":
        return branch
    return None if "<<" in text else text


def _default(document: Node, text: str) -> str:
    """Return the default of the pipeline's parameter that a text is, or the text itself."""
    inner = text.removeprefix("<<").removesuffix(">>").strip()
    name = inner.removeprefix("pipeline.parameters.")
    if not (text.startswith("<<") and text.endswith(">>")) or name == inner:
        return text
    return (y.scalar(y.get(document, "parameters", name, "default")) or text).strip()


def _filters(document: Node, node: Node | None) -> Answer:
    branches, tags = y.get(node, "branches"), y.strings(y.get(node, "tags", "only"))
    only, ignored = y.strings(y.get(branches, "only")), set(y.strings(y.get(branches, "ignore")))
    if tags or only:
        return YES
    if ignored & {*_EVERY}:
        return False, "its filters leave every branch out"
    if ignored >= {*default_branches(_named(document))}:
        return False, "its filters exclude the default branch"
    return YES


def _named(document: Node) -> list[str]:
    """Return the branches that filters name."""
    return [t for keys, n in y.walk(document) if "branches" in keys and (t := y.scalar(n)) and not t.startswith("/")]


def _refs(document: Node, job: str) -> frozenset[str] | None:
    """Return the branches, of those that filters name, for which a workflow runs a job; None where filters are patterns."""
    named = _named(document)
    tried = {*default_branches(named), *named}
    found: set[str] = set()
    for _, _, flow in y.pairs(y.get(document, "workflows")):
        for entry in y.sequence(y.get(flow, "jobs")):
            options = next((v for k, _, v in y.pairs(entry) if k == job), None)
            if options is None and y.scalar(entry) != job:
                continue
            filters = y.get(options, "filters")
            only, ignored = (y.strings(y.get(filters, "branches", k)) for k in ("only", "ignore"))
            if y.get(filters, "tags") is not None or any(t.startswith("/") for t in (*only, *ignored)):
                return None
            found |= {b for b in tried if (not only or b in only) and b not in ignored}
    return frozenset(found)


def _steps(
    path: str, document: Node, node: Node | None, env: dict[str, str], answer: Answer, folder: str | None, depth: int
) -> Iterator[Step]:
    """Yield the steps of a job; the commands of the file are put in, those of orbs stay names."""
    for item in y.sequence(node) if depth < 6 else ():
        plain = y.scalar(item)
        pairs = [(plain, None, None)] if plain is not None else list(y.pairs(item))
        for name, _, value in pairs:
            if name == "run":
                command = y.get(value, "command") or value
                own = env | texts(y.get(value, "environment"))
                when = y.scalar(y.get(value, "when"))
                told = first_false(answer, (False, "`when: on_fail`") if when == "on_fail" else YES)
                # https://circleci.com/docs/configuration-reference/#the-when-attribute
                place = y.scalar(y.get(value, "working_directory")) or folder
                yield Step(
                    path=path,
                    line=y.line_of(command) if command is not None else 1,
                    run=y.scalar(command),
                    env=own,
                    working_directory=None if place is None or place.startswith("~") else place,
                    runs=told[0],
                    why=told[1],
                    after_failure=when == "always",
                )
            elif name in ("when", "unless"):
                told = _condition(document, y.get(value, "condition"), name)
                if name == "unless":
                    told = (None if told[0] is None else not told[0]), told[1] or "`unless`"
                yield from _steps(
                    path, document, y.get(value, "steps"), env, first_false(answer, told), folder, depth + 1
                )
            elif (command := y.get(document, "commands", name or "")) is not None:
                yield from _steps(path, document, y.get(command, "steps"), env, answer, folder, depth + 1)
            elif name and "/" in name:
                inputs = texts(value)
                yield Step(
                    path=path,
                    line=y.line_of(item),
                    uses=f"orb:{name}",
                    inputs=inputs,
                    env=env,
                    runs=answer[0],
                    why=answer[1],
                )


def _history(workflow: Workflow, job: Job, step: Step, fetched: bool) -> History:
    """The checkout is whole (https://circleci.com/docs/configuration-reference/#checkout)."""
    return History(state=Depth.COMPLETE, path=step.path, line=step.line)


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return [
        "jobs:",
        "  sentry-release:",
        "    docker:",
        "      - image: cimg/python:3.13",
        "    steps:",
        "      - checkout",
        "      - run:",
        "          name: Create the Sentry release",
        "          command: |",
        *(f"            {c}" for c in commands),
        "",
        "# and in the workflow, after the job that deploys (SENTRY_AUTH_TOKEN comes from the project or a context)",
        "      - sentry-release:",
        f"          requires: [{deploy}]",
    ]


PROVIDER = Provider(
    name="circleci",
    title="CircleCI",
    matches=lambda path: path in (".circleci/config.yml", ".circleci/config.yaml"),
    read=read,
    options="-eo pipefail",
    halts=(("circleci-agent", "step", "halt"), ("circleci", "step", "halt")),
    commit="$CIRCLE_SHA1",
    marks=("CI", "CIRCLE"),
    secrets="Project Settings > Environment Variables, or a context",
    history=_history,
    snippet=_snippet,
    starts_together=True,
)
