"""What a text of a GitHub job may be worth when it runs: over the combinations of its matrix, with what earlier steps export."""

from __future__ import annotations

from yaml import MappingNode, Node, SequenceNode

from checks.ci.commands import step_commands
from checks.ci.events import matrices_of
from checks.ci.model import Job, Step
from checks.parsers import yaml as y
from checks.parsers.github_evaluation import OPEN, evaluate, truth
from checks.parsers.github_expression import Unknown, Value, dotted, names, parse_condition, parse_expression, segments
from checks.parsers.text import ParseError
from checks.repository.facts import Facts
from checks.repository.names import github_name, repository_name

_MOST = 40
_DEPTH = 4


def worths(facts: Facts, job: Job, step: Step, text: str) -> list[str] | None:
    """Return every text that one of a step's inputs may be, in order; None where that cannot be determined."""
    if "${{" not in text:
        return [text]
    found: dict[str, None] = {}
    for matrix in _matrices(job):
        texts = _texts(facts, job, step, text, matrix, _DEPTH)
        if texts is None:
            return None
        found |= dict.fromkeys(texts)
    return list(found) if 0 < len(found) <= _MOST else None


def _matrices(job: Job) -> list[dict[str, Value]]:
    """Return the combinations of a job's matrix; one whose entries are objects has them as such."""
    node = y.get(job.node, "strategy", "matrix")
    objects = {k: v for k, _, v in y.pairs(node) if any(isinstance(i, MappingNode) for i in y.sequence(v))}
    named = [k for k in objects if k not in ("include", "exclude")]
    if len(named) != 1:
        return matrices_of(job)  # type: ignore[return-value]
    return [{named[0]: _plain(item), OPEN: Unknown("matrix")} for item in y.sequence(objects[named[0]])]


def _plain(node: Node) -> Value:
    if isinstance(node, MappingNode):
        return {k: _plain(v) for k, _, v in y.pairs(node)}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.value]
    return y.scalar(node)


def _texts(
    facts: Facts, job: Job, step: Step, text: str, matrix: dict[str, Value], depth: int
) -> dict[str, None] | None:
    found: dict[str, None] = {"": None}
    try:
        parts = list(segments(text))
        for is_expression, part in parts:
            here = _values(facts, job, step, part, matrix, depth) if is_expression else {part: None}
            if here is None:
                return None
            found = dict.fromkeys(before + value for before in found for value in here)
    except ParseError:
        return None
    return found


def _values(
    facts: Facts, job: Job, step: Step, inner: str, matrix: dict[str, Value], depth: int
) -> dict[str, None] | None:
    """Return the texts that one expression may be."""
    expression = parse_expression(inner)
    path = dotted(expression)
    if path == ("github", "workspace"):
        return {".": None}
    if path == ("github", "repository"):
        root = facts.tree.root
        return {github_name(root) or f"*/{repository_name(root)}": None}
    if len(path) == 2 and path[0] == "env" and depth:
        given = [v for n, v in step.env.items() if n.lower() == path[1]] or _exported(facts, job, step, path[1], matrix)
        each = [_texts(facts, job, step, v, matrix, depth - 1) for v in given]
        return {t: None for e in each if e is not None for t in e} if each and None not in each else None
    if len(path) == 2 and path[0] == "inputs" and depth:
        handed = next((v for n, v in step.given.items() if n.lower() == path[1]), None)
        return _texts(facts, job, step, handed, matrix, depth - 1) if handed is not None else None
    known: Value = {**matrix}
    value = evaluate(expression, {"matrix": known})
    return {str(value): None} if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _exported(facts: Facts, job: Job, step: Step, name: str, matrix: dict[str, Value]) -> list[str]:
    """Return what earlier steps, as far as this combination runs them, write into `$GITHUB_ENV` for a variable in lower case."""
    found = []
    for earlier in job.until(step):
        if _is_left_out(earlier, matrix):
            continue
        for ran in step_commands(facts, earlier):
            if ran.words[0] not in ("echo", "printf") or ran.runs is False or "GITHUB_ENV" not in ran.output:
                continue
            key, equals, value = " ".join(w for w in ran.words[1:] if not w.startswith("-")).partition("=")
            if equals and key.lower() == name:
                found.append(value)
    return found


def _is_left_out(step: Step, matrix: dict[str, Value]) -> bool:
    """Return whether a combination of the matrix surely does not run a step."""
    try:
        condition = parse_condition(step.condition) if step.condition else None
    except ParseError:
        return False
    if condition is None or not names(condition) <= {"matrix"}:
        return False
    known: Value = {**matrix}
    return truth(evaluate(condition, {"matrix": known})) is False
