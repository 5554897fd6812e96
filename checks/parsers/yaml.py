"""YAML as located nodes: values stay as written (`on` is no boolean), duplicate keys stay visible, nothing is built."""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST, _MOST_EXACT = 512 * 1024, 96 * 1024
"""Characters that are read within a second by libyaml, and by the pure Python parser."""

_BRACKETS = lazy_pattern(r"[\[\]{}]")
_DEEPEST = 100
"""Open brackets; PyYAML looks through all of them at each token."""


def parse_yaml(text: str, *, exact: bool = False) -> Node | None:
    """Parse the first document; None for an empty one. Raises `ParseError`.

    `exact` uses the pure Python parser, whose marks carry the character offset (`start_mark.index`) that editors need.
    """
    loader, most = (yaml.SafeLoader, _MOST_EXACT) if exact else (_LOADER, _MOST)
    if len(text) > most:
        raise ParseError(f"larger than {most // 1024} KiB, which no YAML here has to be")
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth = depth + 1 if bracket.group() in "[{" else max(depth - 1, 0)
        if depth > _DEEPEST:
            raise ParseError(f"more than {_DEEPEST} brackets are open", text.count("\n", 0, bracket.start()) + 1)
    try:
        return next(iter(yaml.compose_all(text, Loader=loader)), None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise ParseError(f"not YAML: {error.problem}", mark.line + 1 if mark else None) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ParseError(f"not YAML: {error.__class__.__name__}") from error


def line_of(node: Node) -> int:
    """Return the 1-based line on which a node begins."""
    return int(node.start_mark.line) + 1


def pairs(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    """Yield `(key, key node, value node)` of a mapping in order, merge keys (`<<`) resolved after the own keys."""
    if not isinstance(node, MappingNode):
        return
    merged: list[Node] = []
    for key, value in node.value:
        if isinstance(key, ScalarNode):
            if key.value == "<<":
                merged.extend(value.value if isinstance(value, SequenceNode) else [value])
            else:
                yield key.value, key, value
    for base in merged:
        if base is not node and isinstance(base, MappingNode):
            for key, value in base.value:
                if isinstance(key, ScalarNode) and key.value != "<<":
                    yield key.value, key, value


def get(node: Node | None, *keys: str) -> Node | None:
    """Return the value at a path of mapping keys, or None. The last of duplicate own keys wins, own before merged."""
    for key in keys:
        own = (
            [v for k, v in node.value if isinstance(k, ScalarNode) and k.value == key]
            if isinstance(node, MappingNode)
            else []
        )
        if own:
            node = own[-1]
            continue
        node = next((v for name, _, v in pairs(node) if name == key), None)
        if node is None:
            return None
    return node


def scalar(node: Node | None) -> str | None:
    """Return a scalar's text, or None for anything else and for an empty plain scalar."""
    if isinstance(node, ScalarNode):
        text: str = node.value
        return None if text in ("", "~", "null") and node.style is None else text
    return None


def sequence(node: Node | None) -> list[Node]:
    """Return the items of a sequence; a single node counts as a list of one, nothing as none."""
    if node is None:
        return []
    return list(node.value) if isinstance(node, SequenceNode) else [node]


def strings(node: Node | None) -> list[str]:
    """Return the scalars of a sequence (or the one scalar) as text."""
    return [text for item in sequence(node) if (text := scalar(item)) is not None]


def walk(node: Node | None) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield every `(path of keys, node)` below a node, each node once, so that looped anchors end."""
    seen: set[int] = set()
    stack: list[tuple[tuple[str, ...], Node | None]] = [((), node)]
    while stack:
        path, current = stack.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield path, current
        if isinstance(current, MappingNode):
            stack.extend(((*path, k.value), v) for k, v in reversed(current.value) if isinstance(k, ScalarNode))
        elif isinstance(current, SequenceNode):
            stack.extend((path, item) for item in reversed(current.value))
