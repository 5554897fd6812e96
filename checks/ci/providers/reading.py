"""What the readers of several providers share: texts of mappings, steps of commands, files that do not parse."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from yaml import MappingNode, Node, ScalarNode

from checks.ci.model import YES, Answer, Job, Step, Workflow
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.facts import Facts

PULLS = frozenset(
    {"pull_request", "pull-request", "merge_request", "merge_requests", "merge_request_event", "external_pull_requests"}
    | {"pull_request_closed", "pull_request_metadata"}
)
"""Events of changes that are not merged, in every provider's words."""


def texts(node: Node | None) -> dict[str, str]:
    """Return a mapping as texts; a value that is a mapping (`from_secret: …`) is one that is kept elsewhere."""
    found = {}
    for key, _, value in y.pairs(node):
        plain = y.scalar(value) or y.scalar(y.get(value, "value"))
        found[key] = plain or ("" if isinstance(value, ScalarNode) else f"${key}")
    return found


def script(node: Node | None) -> str:
    """Return commands that are written as one text or as a list, one a line."""
    return "\n".join(_flat(node))


def _flat(node: Node | None, depth: int = 0) -> Iterable[str]:
    if isinstance(node, ScalarNode):
        yield node.value
    elif node is not None and not isinstance(node, MappingNode) and depth < 10:
        for item in node.value:
            yield from _flat(item, depth + 1)


def step(path: str, node: Node | None, env: dict[str, str], answer: Answer = YES, **more: object) -> Step:
    """Return a step of commands."""
    runs, why = answer
    line = y.line_of(node) if node is not None else 1
    return Step(
        path=path,
        line=line,
        run=script(node),
        env=env,
        runs=runs,
        why=why,
        first_row=y.first_row(node),
        **more,  # type: ignore[arg-type]
    )


def plain_step(path: str, line: int, run: str, why: str = "") -> Step:
    """Return a step of commands only; `why` says what keeps it unknown whether they run."""
    return Step(path=path, line=line, run=run, runs=None if why else True, why=why)


def first_false(*answers: Answer) -> Answer:
    """Return the first answer that is no, else the first that is open, else yes."""
    return next((a for a in answers if a[0] is False), next((a for a in answers if a[0] is None), YES))


def any_true(answers: list[Answer], otherwise: str) -> Answer:
    """Return yes where one answer is, else the first that is open, else no."""
    found = next((a for a in answers if a[0] is True), next((a for a in answers if a[0] is None), None))
    return found if found is not None else (answers[0] if answers else (False, otherwise))


def from_documents(
    facts: Facts,
    path: str,
    provider: str,
    jobs_of: Callable[[Node], list[Job]],
    remote: tuple[tuple[str, int], ...] = (),
) -> Workflow:
    """Return a file of one or more YAML documents, or why it was not read."""
    documents = facts.documents(path)
    if isinstance(documents, ParseError) or not documents:
        return Workflow(path=path, provider=provider, problem=documents if isinstance(documents, ParseError) else None)
    jobs = tuple(job for document in documents for job in jobs_of(document))
    return Workflow(path=path, provider=provider, jobs=jobs, node=documents[0], remote=remote)


def steps_beside(commands: Iterable[str]) -> list[str]:
    """Return commands as the items of a YAML list."""
    return [f"- {c}" for c in commands]
