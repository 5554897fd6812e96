"""What a job behind a deployment has to know of it: when it ran, which commit it deployed, over which matrix.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability,
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
"""

from __future__ import annotations

import re

from msgspec import Struct
from yaml import MappingNode, Node

from checks.parsers import yaml as y
from checks.patterns import lazy_pattern
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, is_block, key_node, line

_STATUS = lazy_pattern(r"\b(always|cancelled|failure|success)\s*\(\s*\)")
_COMMIT_INPUTS = ("ref", "sha", "commit", "git-ref", "git_ref", "commit-sha", "commit_sha")


class Deployed(Struct, frozen=True, kw_only=True):
    """How the jobs of one environment deploy.

    `needs` are their ids, `condition` what a job behind them needs beside GitHub's own rule (None: nothing), `ref` the commit
    that they check out (None: the workflow's), `strategy` the lines of a matrix that the environment's name comes from.
    """

    needs: tuple[str, ...]
    condition: str | None = None
    ref: str | None = None
    strategy: tuple[str, ...] = ()


def deployed_by(lines: Lines, jobs: MappingNode, names: tuple[str, ...], environment: str) -> Deployed:
    """Read how some jobs deploy. Raises `NotFollowedError` where a job behind them could not know it."""
    nodes = {k: node for k, _, node in y.pairs(jobs)}
    return Deployed(
        needs=names,
        condition=_condition(nodes, names),
        ref=next((r for n in names if (r := _ref(lines, nodes[n])) is not None), None),
        strategy=_strategy(lines, nodes[names[0]], environment),
    )


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
    if re.search(r"\b(steps|matrix|env|job|needs|strategy)\.", found):
        raise NotFollowedError(
            f"{lines.path}: the commit that is deployed is `{found}`, which another job does not know"
        )
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
