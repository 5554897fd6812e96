"""Whether semantic-release makes Sentry releases: a plugin of that name among those that its configuration lists.

Source: https://semantic-release.gitbook.io/semantic-release/usage/configuration
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.parsers import javascript as js
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.facts import Facts
from checks.repository.frontends import manifest_of

_DATA = (".releaserc", ".releaserc.json", ".releaserc.yml", ".releaserc.yaml")
_MODULES = tuple(
    f"{name}.{suffix}" for name in ("release.config", ".releaserc") for suffix in ("js", "cjs", "mjs", "ts")
)


def makes_sentry_releases(facts: Facts) -> bool:
    """Return whether the configuration at the root names such a plugin; comments and dependencies do not count."""
    return any(_is_plugin(text) for text in _texts(facts))


def _is_plugin(text: str) -> bool:
    words = text.replace("@", "-").replace("/", "-").replace("_", "-").split("-")
    return "sentry" in words and "semantic" in words and "release" in words


def _texts(facts: Facts) -> Iterator[str]:
    for path in (p for p in _DATA if p in facts.paths):
        document = facts.yaml(path)
        for _, node in y.walk(document) if isinstance(document, Node) else ():
            yield y.scalar(node) or ""
    yield from _strings((manifest_of(facts, "package.json") or {}).get("release"), 0)
    for path in (p for p in _MODULES if p in facts.paths):
        try:
            tree = js.parse_javascript(facts.read(path) or b"", path)
        except ParseError:
            continue
        for part in js.descend(tree):
            yield js.string_of(part) or ""


def _strings(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)) and depth < 8:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item, depth + 1)
