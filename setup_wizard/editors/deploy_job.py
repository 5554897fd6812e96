"""What a job behind a deployment has to know of it: when it ran, which commit it deployed, over which matrix.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability,
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct
from yaml import MappingNode, Node

from checks.parsers import yaml as y
from checks.parsers.github_expression import Expression, parse_condition
from checks.parsers.github_expression import names as contexts
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, is_block, key_node, line

_STATUS = lazy_pattern(r"\b(always|cancelled|failure|success)\s*\(\s*\)")
_ASKABLE = frozenset({"github", "inputs", "vars"})
_COMMIT_INPUTS = ("ref", "sha", "commit", "git-ref", "git_ref", "commit-sha", "commit_sha")


class Deployed(Struct, frozen=True, kw_only=True):
    """How the jobs of one environment deploy.

    `needs` are their ids, `condition` what a job behind them needs beside GitHub's own rule (None: nothing), `ref` the commit
    that they check out (None: the workflow's), `strategy` the lines of a matrix that the environment's name comes from. `also`
    are the jobs whose outputs name the environment or the commit, `secrets_of` the environment that keeps their Sentry token.
    """

    needs: tuple[str, ...]
    condition: str | None = None
    ref: str | None = None
    strategy: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    secrets_of: str | None = None


def deployed_by(
    lines: Lines,
    jobs: MappingNode,
    names: tuple[str, ...],
    environment: str,
    asked: Mapping[str, str],
    undecided: Mapping[str, str],
) -> Deployed:
    """Read how some jobs deploy. Raises `NotFollowedError` where a job behind them could not know it."""
    nodes = {k: node for k, _, node in y.pairs(jobs)}
    ref = next((r for n in names if (r := _ref(lines, nodes[n])) is not None), None)
    also = _outputs_of(lines, nodes, names, environment, ref or "")
    conditions = [_condition(nodes, names), _step_condition(lines, names, asked, undecided)]
    return Deployed(
        needs=names,
        condition=" && ".join(c for c in conditions if c) or None,
        ref=ref,
        strategy=_strategy(lines, nodes[names[0]], environment),
        also=also,
        secrets_of=next((e for n in names if (e := _secret_environment(lines, nodes[n]))), None),
    )


def _step_condition(
    lines: Lines, names: tuple[str, ...], asked: Mapping[str, str], undecided: Mapping[str, str]
) -> str | None:
    """Return the condition of the step that deploys, as another job can ask it; GitHub's own contexts only."""
    open_ = next((undecided[n] for n in names if n in undecided), None)
    if open_ is not None:
        raise NotFollowedError(f"{lines.path}: whether {' and '.join(names)} deploys depends on {open_}")
    texts = {" ".join(asked[n].strip().removeprefix("${{").removesuffix("}}").split()) for n in names if n in asked}
    if not texts:
        return None
    message = (
        f"{lines.path}: whether {' and '.join(names)} deploys depends on `{min(texts)}`, which another job cannot ask"
    )
    try:
        read = [contexts(parse_condition(t)) for t in texts]
    except ParseError:
        raise NotFollowedError(message) from None
    text = texts.pop()
    if texts or any(n not in asked for n in names) or any(r - _ASKABLE for r in read) or _STATUS.search(text):
        raise NotFollowedError(message)
    return f"({text})" if "||" in text else text


def _outputs_of(
    lines: Lines, nodes: dict[str, Node], names: tuple[str, ...], environment: str, ref: str
) -> tuple[str, ...]:
    """Return the jobs whose outputs the environment or the commit is: a job behind the deployment needs them too."""
    found: dict[str, None] = {}
    for what, text in (("environment", environment), ("commit", ref)):
        for expression in re.findall(r"\$\{\{(.*?)\}\}", text):
            try:
                parsed = parse_condition(expression)
            except ParseError:
                raise NotFollowedError(f"{lines.path}: the {what} is `{text}`, which is not followed") from None
            known = _ASKABLE | {"needs"} | ({"matrix"} if what == "environment" else set())
            above = _needed(parsed)
            direct = {n for name in names for n in y.strings(y.get(nodes[name], "needs"))}
            if contexts(parsed) - known or any(a not in direct for a in above):
                raise NotFollowedError(f"{lines.path}: the {what} is `{text}`, which another job does not know")
            found |= dict.fromkeys(a for a in above if a not in names)
    return tuple(found)


def _needed(expression: Expression) -> list[str]:
    """Return the jobs that an expression reads."""
    found: list[str] = []
    stack = [expression]
    while stack:
        node = stack.pop()
        parts = node.text.split(".")
        if node.kind == "index" and parts[0] == "needs" and len(parts) > 2:
            found.append(parts[1])
        stack.extend(node.parts)
    return list(dict.fromkeys(found))


def _secret_environment(lines: Lines, node: Node) -> str | None:
    """Return the environment of a job that reads Sentry's token already: an environment's secrets reach its own jobs only."""
    environment = y.get(node, "environment")
    name = y.scalar(environment) or y.scalar(y.get(environment, "name"))
    reads = any("secrets.SENTRY_AUTH_TOKEN" in (y.scalar(n) or "") for _, n in y.walk(node))
    return name if reads and name and "needs." not in name else None


def _condition(nodes: dict[str, Node], names: tuple[str, ...]) -> str | None:
    """Return the condition that a job behind others needs to run whenever they succeeded, or None where the default does it.

    Without a status function a job is skipped as soon as anything further up was, even if the job that it needs ran.
    """
    above, todo = set(names), list(names)
    while todo:
        for need in y.strings(y.get(nodes.get(todo.pop()), "needs")):
            if need not in above:
                above.add(need)
                todo.append(need)
    conditions = {n: y.scalar(y.get(nodes.get(n), "if")) or "" for n in above}
    if len(names) > 1 and any(conditions[n] for n in names):
        return "!cancelled() && !contains(needs.*.result, 'failure') && contains(needs.*.result, 'success')"
    if any(_STATUS.search(c) for c in conditions.values()):
        return " && ".join(["!cancelled()", *(f"needs.{n}.result == 'success'" for n in names)])
    return None


def _ref(lines: Lines, node: Node) -> str | None:
    """Return the commit that a job checks out, or hands to the workflow that it calls."""
    found = None
    for step in y.sequence(y.get(node, "steps")):
        if (y.scalar(y.get(step, "uses")) or "").startswith("actions/checkout@") and y.get(
            step, "with", "repository"
        ) is None:
            found = found or y.scalar(y.get(step, "with", "ref"))
    if y.get(node, "uses") is not None:
        found = next((v for k in _COMMIT_INPUTS if (v := y.scalar(y.get(node, "with", k)))), None)
    if found is None:
        return None
    return found


def _strategy(lines: Lines, node: Node, environment: str) -> tuple[str, ...]:
    """Return the lines of the matrix that the environment's name comes from."""
    if "matrix." not in environment:
        return ()
    key, strategy = key_node(node, "strategy"), y.get(node, "strategy")
    if key is None or not is_block(strategy):
        raise NotFollowedError(
            f"{lines.path}: the matrix behind `{environment}` is written in a way that is not followed"
        )
    rows = [r.rstrip("\r\n") for r in lines.lines[line(key) : lines.block_end(line(key), column(key))] if r.strip()]
    if any(re.search(r"\bneeds\.|[:-]\s+[&*]\w", row) for row in rows):
        raise NotFollowedError(f"{lines.path}: the matrix behind `{environment}` comes from another job or an anchor")
    return tuple(row[column(key) :] for row in rows)
