"""What a strict reader says of an edited file: a key that occurs twice, or text that is not the file's language."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode


def problem_of(path: str, before: bytes | None, after: bytes) -> str | None:
    """Return what a strict reader of YAML, JSON or TOML refuses in a file that it took before the edit, or None.

    GitHub and Docker refuse a whole YAML file in which a key occurs twice
    (https://yaml.org/spec/1.2.2/#3213-node-comparison); what was wrong before the edit is not held against it.
    """
    now = _problems(path, after)
    old = _problems(path, before) if before is not None else Counter()
    return next(iter((now - old).elements()), None)


def _problems(path: str, data: bytes) -> Counter[str]:
    try:
        text = data.decode("utf-8-sig")
        if path.endswith((".yml", ".yaml")):
            return Counter(_duplicates(text))
        if path.endswith(".json"):
            json.loads(text, object_pairs_hook=_once)
        elif path.endswith(".toml"):
            tomllib.loads(text)
    except RecursionError:
        return Counter(["it is nested too deeply"])
    except (ValueError, yaml.YAMLError) as error:
        return Counter([str(error).splitlines()[0]])
    return Counter()


def _once(entries: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(entries)
    if len(found) != len(entries):
        twice = next(k for k, n in Counter(k for k, _ in entries).items() if n > 1)
        raise ValueError(f"`{twice}` occurs twice")
    return found


def _duplicates(text: str) -> Iterator[str]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    seen: set[int] = set()
    stack: list[tuple[str, Node]] = [("", d) for d in yaml.compose_all(text, Loader=loader) if d is not None]
    while stack:
        place, node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            keys = [k.value for k, _ in node.value if isinstance(k, ScalarNode)]
            yield from (f"`{k}` occurs twice{place}" for k, n in Counter(keys).items() if n > 1)
            stack += [(f" below `{k.value}`", v) for k, v in node.value if isinstance(k, ScalarNode)]
        elif isinstance(node, SequenceNode):
            stack += [(place, item) for item in node.value]
