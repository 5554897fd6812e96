"""Conditions of Azure Pipelines: function calls, evaluated for a run of the default branch or a tag that nobody calls a pull request.

Source: https://learn.microsoft.com/en-us/azure/devops/pipelines/process/expressions
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from checks.ci.model import YES, Answer
from checks.ci.ref_filters import default_branches

_DEEPEST = 20


class _Unknown:
    """A value that is not known here."""


_OPEN = _Unknown()


def condition_of(text: str | None, started: Sequence[str] = ()) -> Answer:
    """Return whether a condition holds when code is deployed; `started` are the branches that start the pipeline, where it tells them."""
    if text is None:
        return YES
    named = _named(text)
    tried = [*default_branches(named), *named]
    if started:
        tried = [
            b
            for b in dict.fromkeys((*started, *tried))
            if any(fnmatchcase(b, p.removeprefix("refs/heads/")) for p in started)
        ]
    answers = [_holds(text, branch) for branch in tried]
    if True in answers:
        return YES
    return (None if None in answers or not answers else False), f"`condition: {text[:80]}`"


def _named(text: str) -> list[str]:
    """Return the branches that a condition names in quotes."""
    return [p.removeprefix("refs/heads/") for p in text.split("'")[1::2]][:6]


def _holds(text: str, branch: str) -> bool | None:
    values = {
        "build.reason": "IndividualCI",
        "build.sourcebranch": branch if branch.startswith("refs/") else f"refs/heads/{branch}",
        "build.sourcebranchname": branch.rpartition("/")[2],
        "system.pullrequest.targetbranch": "",
        "system.pullrequest.pullrequestid": "",
    }
    try:
        value, rest = _value(text.strip(), values, 0)
    except ValueError:
        return None
    return _truth(value) if not rest.strip() else None


def _truth(value: object) -> bool | None:
    if value is _OPEN:
        return None
    return value.lower() not in ("", "false", "0") if isinstance(value, str) else bool(value)


def _value(text: str, values: dict[str, str], depth: int) -> tuple[object, str]:
    """Read one value and return it with the text behind it. Raises `ValueError` for what is no expression."""
    text = text.lstrip()
    if depth > _DEEPEST or not text:
        raise ValueError
    if text[0] == "'":
        end = text.index("'", 1)
        return text[1:end], text[end + 1 :]
    name = ""
    while text and (text[0].isalnum() or text[0] in "_.$-{"):
        name, text = name + text[0], text[1:]
    if name.lower() == "variables" and text.startswith("["):
        key, _, rest = text[1:].partition("]")
        return values.get(key.strip("' ").lower(), _OPEN), rest
    if name.lower().startswith("variables."):
        return values.get(name.lower().removeprefix("variables."), _OPEN), text
    if text.startswith("["):
        return _OPEN, text.partition("]")[2]
    if not text.startswith("("):
        if name.lower() in ("true", "false"):
            return name.lower() == "true", text
        return (name if name.isdecimal() else _OPEN), text
    arguments: list[object] = []
    rest = text[1:].lstrip()
    while not rest.startswith(")"):
        value, rest = _value(rest, values, depth + 1)
        arguments.append(value)
        rest = rest.lstrip().removeprefix(",").lstrip()
        if not rest:
            raise ValueError
    return _call(name.lower(), arguments), rest[1:]


def _call(name: str, arguments: list[object]) -> object:
    truths = [_truth(a) for a in arguments]
    if name in ("succeeded", "always", "succeededorfailed"):
        return True
    if name in ("failed", "canceled", "never"):
        return False
    if name == "and":
        return False if False in truths else _OPEN if None in truths else True
    if name == "or":
        return True if True in truths else _OPEN if None in truths else False
    if name == "not" and truths:
        return _OPEN if truths[0] is None else not truths[0]
    if _OPEN in arguments or len(arguments) < 2:
        return _OPEN
    texts = [str(a).lower() for a in arguments]
    if name in ("eq", "ne"):
        return (texts[0] == texts[1]) == (name == "eq")
    if name == "startswith":
        return texts[0].startswith(texts[1])
    if name == "endswith":
        return texts[0].endswith(texts[1])
    if name == "contains":
        return texts[1] in texts[0]
    if name in ("in", "notin"):
        return (texts[0] in texts[1:]) == (name == "in")
    return _OPEN
