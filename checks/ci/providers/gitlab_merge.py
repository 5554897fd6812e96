"""A GitLab pipeline as GitLab merges it: local includes, `extends`, `!reference`, and the defaults of jobs.

Sources: https://docs.gitlab.com/ci/yaml/includes/#override-included-configuration-values, https://docs.gitlab.com/ci/yaml/#extends,
https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.parsers import yaml as y
from checks.parsers.globs import glob_matches
from checks.parsers.text import ParseError
from checks.repository.facts import Facts

_DEEPEST = 10
_DEFAULTS = ("before_script", "after_script", "image", "services", "cache")


class Merged:
    """The merged document of a pipeline: `root`, the file that spells each job, and what comes from other places."""

    def __init__(self, facts: Facts, path: str) -> None:
        self.facts = facts
        self.remote: list[tuple[str, int]] = []
        self.problem: ParseError | None = None
        self.files: dict[str, str] = {}
        values = self._included(path, set())
        mark = values[0][0].start_mark if values else None
        self.root = MappingNode("tag:yaml.org,2002:map", values, mark, mark)

    def _included(self, path: str, seen: set[str]) -> list[tuple[Node, Node]]:
        """Return the entries of a file behind those of what it includes: its own win."""
        if path in seen or len(seen) > 20:
            return []
        seen.add(path)
        document = self.facts.documents(path)
        if isinstance(document, ParseError):
            self.problem = self.problem or document
            return []
        found: dict[str, tuple[Node, Node]] = {}
        for root in document:
            for entry in y.sequence(y.get(root, "include")):
                for name, pair in self._of_include(entry, seen):
                    found[name] = _deep(found.get(name), pair)
        for root in document:
            for name, key, value in y.pairs(root):
                found[name] = _deep(found.get(name), (key, value))
                self.files[name] = path
        return list(found.values())

    def _of_include(self, entry: Node, seen: set[str]) -> Iterator[tuple[str, tuple[Node, Node]]]:
        named = y.scalar(entry)
        local = named if named is not None and "://" not in named else y.scalar(y.get(entry, "local"))
        if local is None:
            kinds = {"project": "a file of another project", "template": "a template of GitLab"}
            kind = next((v for k, v in kinds.items() if y.get(entry, k) is not None), "a remote template")
            if y.get(entry, "template") is None:
                self.remote.append((f"the pipeline includes {kind}", y.line_of(entry)))
            return
        wanted = local.lstrip("/")
        paths = [wanted] if "*" not in wanted else [p for p in self.facts.configuration if glob_matches(wanted, p)]
        if "$" in wanted or not any(p in self.facts.paths for p in paths):
            self.remote.append((f"the pipeline includes {local}, which is not here", y.line_of(entry)))
        for path in paths:
            for key, value in self._included(path, seen):
                if isinstance(key, ScalarNode):
                    yield key.value, (key, value)

    def job(self, name: str) -> MappingNode | None:
        """Return a job with what it extends and refers to put in, None for what is no job."""
        node = self._extended(name, 0)
        if node is None:
            return None
        own = {k for k, _, _ in y.pairs(node)}
        values = [(k, self._referred(v, 0)) for _, k, v in y.pairs(node)]
        for key in _DEFAULTS:
            default = y.get(self.root, "default", key) or y.get(self.root, key)
            if default is not None and key not in own:
                values.append((ScalarNode("tag:yaml.org,2002:str", key), self._referred(default, 0)))
        return MappingNode(node.tag, values, node.start_mark, node.end_mark)

    def _extended(self, name: str, depth: int) -> MappingNode | None:
        node = y.get(self.root, name)
        if not isinstance(node, MappingNode) or depth > _DEEPEST:
            return None
        merged: tuple[Node, Node] | None = None
        key = node
        for base in y.strings(y.get(node, "extends")):
            above = self._extended(base, depth + 1)
            if above is not None:
                merged = _deep(merged, (key, above))
        found = _deep(merged, (key, node))[1]
        return found if isinstance(found, MappingNode) else None

    def _referred(self, node: Node, depth: int) -> Node:
        """Put what `!reference [job, key]` names in its place, in lists item by item."""
        if depth > _DEEPEST:
            return node
        if node.tag == "!reference":
            target = y.get(self.root, *y.strings(node))
            return self._referred(target, depth + 1) if target is not None else SequenceNode("list", [])
        if isinstance(node, SequenceNode):
            items: list[Node] = []
            for item in node.value:
                found = self._referred(item, depth + 1)
                items += found.value if item.tag == "!reference" and isinstance(found, SequenceNode) else [found]
            return SequenceNode(node.tag, items, node.start_mark, node.end_mark)
        return node


def _deep(below: tuple[Node, Node] | None, own: tuple[Node, Node]) -> tuple[Node, Node]:
    """Merge mappings key by key; of anything else the later one wins."""
    if below is None or not isinstance(below[1], MappingNode) or not isinstance(own[1], MappingNode):
        return own
    values: dict[str, tuple[Node, Node]] = {name: (key, value) for name, key, value in y.pairs(below[1])}
    for name, key, value in y.pairs(own[1]):
        values[name] = _deep(values.get(name), (key, value))
    return own[0], MappingNode(own[1].tag, list(values.values()), own[1].start_mark, own[1].end_mark)
