"""The commit that a job deploys: what it checks out, is told, or the run that started it; `github.sha` only where nothing else is seen.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run,
https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_dispatch
"""

from __future__ import annotations

from yaml import Node

from checks.ci.programs import words_of
from checks.parsers import yaml as y
from checks.parsers.commands import read_commands
from checks.parsers.github_expression import dotted, in_text, walk
from checks.parsers.text import ParseError
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError

_COMMITS = frozenset(
    {"ref", "sha", "commit", "gitref", "gitsha", "commitsha", "commitref", "commithash", "commitish", "refspec"}
    | {"revision", "githubsha", "githubref"}
)
"""Names of inputs that carry a commit, without their hyphens and capitals."""
_OWN = frozenset({"${{github.sha}}", "${{github.ref}}", "${{github.ref_name}}"})
"""The workflow's own commit. A checkout of `github.ref` takes the branch as it is by then, which another push may have moved."""
_IMAGES = frozenset({"tag", "image", "imagetag", "dockertag", "deploytag", "imageversion"})
"""Names of inputs that carry an image which was built before: of whatever commit."""


def deployed_commit(lines: Lines, node: Node) -> str | None:
    """Return the commit that a job checks out, hands to what it calls, or is asked to deploy; None: the workflow's own.

    Raises `NotFollowedError` where it deploys an image that another run built, of a commit that no file names.
    """
    if y.get(node, "uses") is not None:
        handed = {_plain(k): y.scalar(v) for k, _, v in y.pairs(y.get(node, "with"))}
        given = [v for k, v in handed.items() if k in _COMMITS and v]
        if any("".join(v.split()) in _OWN for v in given):
            return None
        return next(iter(given), None) or _started_by(lines.document)
    found = next((r for s in _checkouts(node) if (r := y.scalar(y.get(s, "with", "ref")))), None)
    if found is not None:
        return found
    asked = _asked(lines, node)
    if asked is not None:
        return asked
    reads = any(p[:3] == ("github", "event", "workflow_run") and p[3:4] != ("conclusion",) for p in _read(node))
    return _started_by(lines.document) if reads or not _checkouts(node) else None


def paths_in(text: str) -> set[tuple[str, ...]]:
    """Return what the expressions of a text read, as names (`secrets`, `token`); nothing where they cannot be parsed."""
    try:
        return {p for e in in_text(text) for n in walk(e) if (p := dotted(n))}
    except ParseError:
        return set()


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _read(node: Node) -> set[tuple[str, ...]]:
    """Return what the expressions of a job read."""
    return {p for _, n in y.walk(node) for p in paths_in(y.scalar(n) or "")}


def _checkouts(node: Node) -> list[Node]:
    """Return the steps of a job that check out this repository."""
    steps = [
        s
        for s in y.sequence(y.get(node, "steps"))
        if (y.scalar(y.get(s, "uses")) or "").startswith("actions/checkout@")
    ]
    return [s for s in steps if y.get(s, "with", "repository") is None]


def _asked(lines: Lines, node: Node) -> str | None:
    """Return the input of a person who starts a workflow that names the commit which a job deploys."""
    names = [k for k, _, _ in y.pairs(y.get(lines.document, "on", "workflow_dispatch", "inputs"))]
    outer = {p for _, n in y.walk(y.get(lines.document, "env")) for p in paths_in(y.scalar(n) or "")}
    read = {p[-1].lower() for p in _read(node) | outer if p[:-1] in (("inputs",), ("github", "event", "inputs"))}
    commit = next((n for n in names if n.lower() in read and _plain(n) in _COMMITS), None)
    if commit is not None:
        return f"${{{{ inputs.{commit} }}}}"
    image = next((n for n in names if n.lower() in read and _plain(n) in _IMAGES), None)
    if image is not None and not _builds(node):
        raise NotFollowedError(
            f"{lines.path}: what is deployed is the input `{image}`, which can be an image of any commit"
        )
    return None


def _builds(node: Node) -> bool:
    """Return whether a step of a job builds something."""
    for step in y.sequence(y.get(node, "steps")):
        if "build" in words_of((y.scalar(y.get(step, "uses")) or "").partition("@")[0]):
            return True
        if any("build" in c.words for c in read_commands(y.scalar(y.get(step, "run")) or "")):
            return True
    return False


def _started_by(document: Node) -> str | None:
    """Return the commit of the run that starts a workflow by its end: what is deployed was built there, on whatever branch it was.

    `github.sha` is the head of the default branch then.
    """
    triggers = y.get(document, "on")
    names = [k for k, _, _ in y.pairs(triggers)] or y.strings(triggers) or [y.scalar(triggers) or ""]
    if "workflow_run" not in names:
        return None
    return "${{ github.event.workflow_run.head_sha%s }}" % ("" if len(names) == 1 else " || github.sha")
