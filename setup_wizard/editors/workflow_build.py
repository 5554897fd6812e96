"""GitHub workflows: the variables of a step that builds, the token among them; insert-only."""

from __future__ import annotations

from collections.abc import Mapping

from yaml import MappingNode, Node, ScalarNode

from checks.parsers import yaml as y
from setup_wizard.editors.base import Edit, not_utf8, read_text
from setup_wizard.editors.workflow import RELEASE, TOKEN
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, insert_blocks, is_block, key_node, line

TOKEN_ON_PUSH = "${{ github.event_name != 'pull_request' && secrets.SENTRY_AUTH_TOKEN || '' }}"
RELEASE_ON_PUSH = "${{ github.event_name != 'pull_request' && github.sha || '' }}"
"""The release of a build that a guard stops without a token: one of a pull request has neither."""


def add_build_environment(
    data: bytes,
    line_number: int,
    url: str | None,
    path: str,
    variables: Mapping[str, str] | None = None,
    *,
    guarded: bool = False,
) -> Edit:
    """Give the build step whose command begins on a line (1-based) variables: by default the token and the release.

    On pull requests the token is empty: nothing is uploaded, and no junk release is made. `guarded` says that the build stops where
    it has a release and no token, so pull requests get no release either.
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    wanted = dict(variables or {"SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_RELEASE": RELEASE})
    if url and variables is None:
        wanted["SENTRY_URL"] = url
    snippet = "\n".join(["env:", *(f"  {k}: {v}" for k, v in wanted.items())])
    return insert_blocks(
        text,
        path,
        lambda lines: _build_environment(lines, line_number - 1, wanted, text.newline, guarded),
        snippet=snippet,
        place=f"the build step in {path}:{line_number}",
        up_to_date_reason="already gives the build its variables",
    )


def on_push(document: Node, wanted: Mapping[str, str], *, guarded: bool) -> dict[str, str]:
    """Return the values of a build's variables: where pull requests start a workflow too, the token's is empty for them.

    Raises NotFollowedError where strangers start the workflow with the repository's secrets
    (https://docs.github.com/en/actions/reference/security/secure-use).
    """
    triggers = y.get(document, "on")
    names = [k for k, _, _ in y.pairs(triggers)] or y.strings(triggers)
    privileged = next((n for n in names if n in ("pull_request_target", "issue_comment")), None)
    if privileged is not None and TOKEN in wanted.values():
        raise NotFollowedError(f"the workflow runs on {privileged}, where a stranger's code would be given the token")
    if not any(n.startswith("pull_request") for n in names):
        return dict(wanted)
    changed = {TOKEN: TOKEN_ON_PUSH} | ({RELEASE: RELEASE_ON_PUSH} if guarded else {})
    return {k: changed.get(v, v) for k, v in wanted.items()}


def _steps(document: Node) -> list[MappingNode]:
    found = []
    for _, _, job in y.pairs(y.get(document, "jobs")):
        found += [s for s in y.sequence(y.get(job, "steps")) if isinstance(s, MappingNode)]
    return found


def _build_environment(lines: Lines, at: int, wanted: dict[str, str], newline: str, guarded: bool) -> dict[int, str]:
    for step in _steps(lines.document):
        run = y.get(step, "run")
        key = key_node(step, "run")
        if key is None or run is None or not line(key) <= at < lines.block_end(line(key), column(key)):
            continue
        if step.flow_style:
            raise NotFollowedError(f"{lines.path}: the step is written in braces")
        wanted = on_push(lines.document, wanted, guarded=guarded)
        env_key, env = key_node(step, "env"), y.get(step, "env")
        present = {k for k, _, _ in y.pairs(env)}
        missing = {k: v for k, v in wanted.items() if k not in present}
        if not missing:
            return {}
        own = " " * column(key)
        if env_key is None:
            end = lines.block_end(line(key), column(key))
            rows = [f"{own}env:", *(f"{own}  {k}: {v}" for k, v in missing.items())]
            return {end: "".join(r + newline for r in rows)}
        if (
            not isinstance(env, MappingNode)
            or not is_block(env)
            or not env.value
            or isinstance(env, ScalarNode)
            or line(env) == line(env_key)
            or not line(env_key) < line(env) <= lines.block_end(line(env_key), column(env_key))
        ):
            raise NotFollowedError(f"{lines.path}: the step's env is written in an unsupported way")
        inner = " " * column(env.value[0][0])
        end = lines.block_end(line(env_key), column(env_key))
        return {end: "".join(f"{inner}{k}: {v}{newline}" for k, v in missing.items())}
    raise NotFollowedError(f"{lines.path}: the step that builds was not found")
