"""What `tracePropagationTargets` matches: only hosts that it names, or every host.

A text matches each URL that contains it
(https://docs.sentry.io/platforms/javascript/tracing/distributed-tracing/dealing-with-cors-issues/).
"""

from __future__ import annotations

import re

from tree_sitter import Node

from checks.frontends.places import Place
from checks.frontends.production import env_read, followed, value_of
from checks.model import Finding
from checks.parsers import javascript as js
from checks.patterns import lazy_pattern

_STRANGERS = ("https://a1.example/", "https://www.b-2.test/collect?v=3", "https://cdn.third.invalid:8443/x.js")
"""Addresses of hosts that have nothing to do with each other."""

_MAX_CHARACTERS = 200
_GROUPS_REPEATED = lazy_pattern(r"\)[*+{]")
"""A repeated group, with which a short pattern can take years to fail; whether it matches nothing at all is quick to see."""
_MOST_REPEATS = 5
"""Repetitions of a pattern that is tried: each multiplies the time it can take by the length of an address."""


def judge_targets(place: Place, option: Node) -> tuple[list[Finding], Finding | None]:
    """Return what is wrong with the targets, and the first of which that cannot be determined."""
    place, listed = followed(place, option)
    if listed.type != "array":
        return [], _open(place, listed)
    given = [n for n in listed.named_children if n.type != "comment"]
    if not given:
        message = "tracePropagationTargets is empty: no request carries the trace header"
        return [Finding(message=message, path=place.path, line=js.line_of(listed), hint="list the API's address")], None
    findings: list[Finding] = []
    open_one: Finding | None = None
    reached = [followed(place, node) for node in given]
    if all(_is_nobodys(target) for _, target in reached):
        named = ", ".join(js.text_of(target)[:40] for _, target in reached)
        message = (
            f"tracePropagationTargets names no host of production ({named}): no request carries the trace header there"
        )
        hint = "list the API's address, or leave the option out where the API has the page's own"
        return [Finding(message=message, path=place.path, line=js.line_of(listed), hint=hint)], None
    for there, target in reached:
        state = _matches_everything(there, target)
        if state is None:
            open_one = open_one or _open(there, target)
        elif state:
            message = (
                f"tracePropagationTargets has {js.text_of(target)[:60]}, which matches every host: "
                "other hosts get the headers, and may reject the request"
            )
            hint = "name the API's own address"
            findings.append(Finding(message=message, path=there.path, line=js.line_of(target), hint=hint))
    return findings, open_one


def _is_nobodys(target: Node) -> bool:
    """Return whether a target surely names a developer's machine alone, or the host of the documentation's example."""
    text = js.string_of(target)
    if text is None and target.type == "regex":
        pattern = target.child_by_field_name("pattern")
        text = js.text_of(pattern).replace("\\", "") if pattern is not None else ""
        text = text if not {"|", "(", "["} & {*text} else None  # it may name others as well
    return text is not None and any(host in text for host in _NOBODYS)


_NOBODYS = ("localhost", "127.0.0.1", "yourserver.io")
"""A text or pattern matches addresses that contain it; the last is the example's.

https://docs.sentry.io/platforms/javascript/guides/react/tracing/distributed-tracing/
"""


def _open(place: Place, node: Node) -> Finding:
    written = " ".join(js.text_of(node).split())[:60]
    message = f"tracePropagationTargets has `{written}`, and which hosts it matches cannot be determined here"
    return Finding(message=message, path=place.path, line=js.line_of(node), hint="write the API's address")


def _matches_everything(place: Place, target: Node) -> bool | None:
    if target.type == "regex":
        pattern, flags = target.child_by_field_name("pattern"), target.child_by_field_name("flags")
        return _pattern_matches(js.text_of(pattern) if pattern is not None else "", js.text_of(flags) if flags else "")
    if target.type == "new_expression" and js.text_of(target.named_children[0]) == "RegExp":
        return _made(place, target)
    if env_read(target) is not None:
        return False  # the address of one API, which the build is given
    text = js.string_of(target)
    value = value_of(place, target) if text is None else text
    if not isinstance(value, str) or (text is None and value == "given"):
        return None
    return all(value in address for address in _STRANGERS)


def _made(place: Place, node: Node) -> bool | None:
    """Judge `new RegExp(pattern, flags)` of a pattern that is written out."""
    arguments = node.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    if not given:
        return True  # the empty pattern
    first = followed(place, given[0])[1]
    if first.type == "regex":
        return _matches_everything(place, first)
    text = js.string_of(first)
    flags = js.string_of(given[1]) if len(given) > 1 else ""
    return None if text is None or flags is None else _pattern_matches(text.replace("\\\\", "\\"), flags)


def _pattern_matches(pattern: str, flags: str) -> bool | None:
    if len(pattern) > _MAX_CHARACTERS:
        return None
    try:
        compiled = re.compile(pattern, re.IGNORECASE if "i" in flags else 0)
    except (re.error, OverflowError, RecursionError):
        return None
    if compiled.search(""):
        return True
    if _GROUPS_REPEATED.search(pattern) or sum(map(pattern.count, "*+{?")) > _MOST_REPEATS:
        return None
    return all(compiled.search(address) for address in _STRANGERS)
