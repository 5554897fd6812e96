"""YAML as located nodes: values stay as written (`on` is no boolean), duplicate keys stay visible, nothing is built."""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.parsers.position import Line
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_CHARACTERS, _MAX_EXACT_CHARACTERS = 512 * 1024, 96 * 1024
"""Characters that are read within a second by libyaml, and by the pure Python parser."""

_BRACKETS = lazy_pattern(r"[\[\]{}]")
_DEEPEST = 100
"""Open brackets; PyYAML looks through all of them at each token."""


def parse_yaml(text: str, *, exact: bool = False) -> Node | None:
    """Parse the first document; None for an empty one. Raises `ParseError`.

    `exact` uses the pure Python parser, whose marks carry the character offset (`start_mark.index`) that editors need.
    """
    return next(iter(_documents(text, exact=exact)), None)


def parse_documents(text: str) -> tuple[Node, ...]:
    """Parse every document of a file, empty ones left out. Raises `ParseError` where any of them is not YAML."""
    return tuple(node for node in _documents(text, exact=False) if node is not None)


def _documents(text: str, *, exact: bool) -> Iterator[Node | None]:
    loader, most = (yaml.SafeLoader, _MAX_EXACT_CHARACTERS) if exact else (_LOADER, _MAX_CHARACTERS)
    if len(text) > most:
        raise ParseError(f"larger than {most // 1024} KiB")
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth = depth + 1 if bracket.group() in "[{" else max(depth - 1, 0)
        if depth > _DEEPEST:
            raise ParseError(f"more than {_DEEPEST} brackets are open", text.count("\n", 0, bracket.start()) + 1)
    try:
        yield from yaml.compose_all(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise ParseError(f"not YAML: {error.problem}", _line(mark) if mark else None) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ParseError(f"not YAML: {error.__class__.__name__}") from error


def doubled(root: Node | None) -> list[tuple[str, int]]:
    """Return the keys that are written twice in one mapping, with the line (1-based) of the second.

    A strict reader refuses such a file (https://yaml.org/spec/1.2.2/#3213-node-comparison).
    """
    found: list[tuple[str, int]] = []
    waiting, seen = [root] if root is not None else [], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            names: set[str] = set()
            for key, value in node.value:
                if isinstance(key, ScalarNode) and key.value in names and key.value != "<<":
                    found.append((key.value, line_of(key)))
                names.add(key.value if isinstance(key, ScalarNode) else "")
                waiting.append(value)
        elif isinstance(node, SequenceNode):
            waiting += node.value
    return sorted(found, key=lambda f: f[1])


def line_of(node: Node) -> int:
    """Return the 1-based line on which a node begins, and where in it; the mark of a block (`|`) is not what is in it."""
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return int(node.start_mark.line) + 1
    return _line(node.start_mark)


def _line(mark: yaml.Mark) -> int:
    return Line(mark.line + 1, column=mark.column + 1)


def first_row(node: Node | None) -> int | None:
    """Return the 1-based line of the first row of a script, or None where its rows are not lines of the file, one after another.

    A script is one text or a list of texts; the text of a literal block (`|`) begins below its node, a folded one has no rows.
    """
    first, rows = None, 0
    for item in sequence(node):
        if not isinstance(item, ScalarNode) or (item.style != "|" and item.start_mark.line != item.end_mark.line):
            return None
        start = item.start_mark.line + (2 if item.style == "|" else 1)
        first = start if first is None else first
        if start != first + rows:
            return None
        rows += item.value.count("\n") + 1
    return first


def pairs(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    """Yield `(key, key node, value node)` of a mapping in order: its own keys, then those merged with `<<`.

    An own key wins over a merged one, an earlier merged mapping over a later one (https://yaml.org/type/merge.html);
    duplicates among the own keys stay visible.
    """
    if not isinstance(node, MappingNode):
        return
    taken: set[str] = set()
    for key, value in node.value:
        if isinstance(key, ScalarNode) and key.value != "<<":
            taken.add(key.value)
            yield key.value, key, value
    for base in _merged(node):
        own: set[str] = set()
        for key, value in base.value:
            if isinstance(key, ScalarNode) and key.value != "<<" and key.value not in taken:
                own.add(key.value)
                yield key.value, key, value
        taken |= own


def _merged(node: MappingNode) -> Iterator[MappingNode]:
    """Yield the mappings that a mapping merges, and those that these merge, each once."""
    seen, waiting = {id(node)}, [node]
    while waiting:
        bases: list[MappingNode] = []
        current = waiting.pop(0)
        for key, value in current.value:
            if isinstance(key, ScalarNode) and key.value == "<<":
                bases += [b for b in sequence(value) if isinstance(b, MappingNode) and id(b) not in seen]
        for base in bases:
            seen.add(id(base))
            yield base
        waiting = bases + waiting


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
