"""What a job behind a deployment has to know of it: when it ran, which commit it deployed, over which matrix.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability,
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml
from msgspec import Struct
from yaml import MappingNode, Node

from checks.parsers import yaml as y
from checks.parsers.github_expression import STATUS, Expression, calls, dotted, in_text, parse_condition, walk
from checks.parsers.github_expression import names as contexts
from checks.parsers.text import ParseError
from setup_wizard.editors.deployed_commit import deployed_commit, paths_in
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, is_block, key_node, line

_RUNNERS = ("ubuntu-latest", "ubuntu-22.04", "ubuntu-24.04", "ubuntu-26.04")
_ASKABLE = frozenset({"github", "inputs", "vars"})


class Deployed(Struct, frozen=True, kw_only=True):
    """How the jobs of one environment deploy.

    `needs` are their ids, `condition` what a job behind them needs beside GitHub's own rule (None: nothing), `ref` the commit
    that they check out (None: the workflow's), `strategy` the lines of a matrix that the environment's name comes from. `also`
    are the jobs whose outputs name the environment or the commit, `secrets_of` the environment that keeps their Sentry token,
    `runner` the machine that they run on, where it is one of GitHub's that has pipx.
    """

    needs: tuple[str, ...]
    condition: str | None = None
    ref: str | None = None
    strategy: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    secrets_of: str | None = None
    runner: str = "ubuntu-latest"


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
    ref = next((r for n in names if (r := deployed_commit(lines, nodes[n])) is not None), None)
    also = _outputs_of(lines, nodes, names, environment, ref or "")
    conditions = [_condition(nodes, names), _step_condition(lines, names, asked, undecided)]
    return Deployed(
        needs=names,
        condition=" && ".join(c for c in conditions if c) or None,
        ref=ref,
        strategy=_strategy(lines, nodes[names[0]], environment),
        also=also,
        secrets_of=next((e for n in names if (e := _secret_environment(lines, nodes[n]))), None),
        runner=next(
            (r for n in (*names, *nodes) if (r := y.scalar(y.get(nodes[n], "runs-on"))) in _RUNNERS), "ubuntu-latest"
        ),
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
        f"{lines.path}: whether {' and '.join(names)} deploys depends on `{min(texts)}`, which another job cannot read"
    )
    try:
        read = [parse_condition(t) for t in texts]
    except ParseError:
        raise NotFollowedError(message) from None
    text = texts.pop()
    if texts or any(n not in asked for n in names) or any(contexts(r) - _ASKABLE or calls(r) & STATUS for r in read):
        raise NotFollowedError(message)
    return f"({text})" if read[0].kind == "||" else text


def _outputs_of(
    lines: Lines, nodes: dict[str, Node], names: tuple[str, ...], environment: str, ref: str
) -> tuple[str, ...]:
    """Return the jobs whose outputs the environment or the commit is: a job behind the deployment needs them too."""
    found: dict[str, None] = {}
    for what, text in (("environment", environment), ("commit", ref)):
        try:
            parsed = in_text(text)
        except ParseError:
            raise NotFollowedError(f"{lines.path}: the {what} is `{text}`, which is not followed") from None
        known = _ASKABLE | {"needs"} | ({"matrix"} if what == "environment" else set())
        direct = {n.lower(): n for name in names for n in y.strings(y.get(nodes[name], "needs"))}
        for expression in parsed:
            above = _needed(expression)
            if contexts(expression) - known or any(a not in direct for a in above):
                raise NotFollowedError(f"{lines.path}: the {what} is `{text}`, which another job does not know")
            found |= dict.fromkeys(direct[a] for a in above if direct[a] not in names)
    return tuple(found)


def _needed(expression: Expression) -> list[str]:
    """Return the jobs that an expression reads, in lower case."""
    paths = [dotted(node) for node in walk(expression)]
    return list(dict.fromkeys(p[1] for p in paths if len(p) > 2 and p[0] == "needs"))


def _secret_environment(lines: Lines, node: Node) -> str | None:
    """Return the environment of a job that reads Sentry's token already: an environment's secrets reach its own jobs only."""
    environment = y.get(node, "environment")
    name = y.scalar(environment) or y.scalar(y.get(environment, "name"))
    reads = any(("secrets", "sentry_auth_token") in paths_in(y.scalar(n) or "") for _, n in y.walk(node))
    return name if reads and name and not any(p[0] == "needs" for p in paths_in(name)) else None


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
    if any(_asks_status(c) for c in conditions.values()):
        return " && ".join(["!cancelled()", *(f"needs.{n}.result == 'success'" for n in names)])
    return None


def _asks_status(condition: str) -> bool:
    """Return whether a condition calls a status function; one that cannot be read may."""
    try:
        return bool(condition) and bool(calls(parse_condition(condition)) & STATUS)
    except ParseError:
        return True


def _strategy(lines: Lines, node: Node, environment: str) -> tuple[str, ...]:
    """Return the lines of the matrix that the environment's name comes from."""
    if not any(p[0] == "matrix" for p in paths_in(environment)):
        return ()
    key, strategy = key_node(node, "strategy"), y.get(node, "strategy")
    if key is None or not isinstance(strategy, MappingNode) or not is_block(node):
        raise NotFollowedError(f"{lines.path}: the matrix behind `{environment}` is written in an unsupported way")
    end = lines.block_end(line(key), column(key))
    if not line(key) <= strategy.start_mark.line <= strategy.end_mark.line <= end:
        raise NotFollowedError(f"{lines.path}: the matrix behind `{environment}` is written in an unsupported way")
    marked = any(
        getattr(event, "anchor", None) and event.start_mark and line(key) <= event.start_mark.line < end
        for event in yaml.parse("".join(lines.lines), Loader=yaml.SafeLoader)
    )
    if marked or any(p[0] == "needs" for _, n in y.walk(strategy) for p in paths_in(y.scalar(n) or "")):
        raise NotFollowedError(f"{lines.path}: the matrix behind `{environment}` comes from another job or an anchor")
    rows = [r.rstrip("\r\n") for r in lines.lines[line(key) : end] if r.strip()]
    return tuple(row[column(key) :] for row in rows)
