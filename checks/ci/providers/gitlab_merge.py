"""A GitLab pipeline as GitLab merges it: local includes, `extends`, `!reference`, and the defaults of jobs.

Sources: https://docs.gitlab.com/ci/yaml/includes/#override-included-configuration-values, https://docs.gitlab.com/ci/yaml/#extends,
https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.ci.providers.gitlab_rules import include_runs
from checks.parsers import yaml as y
from checks.parsers.globs import glob_matches
from checks.parsers.text import ParseError
from checks.repository.facts import Facts
from checks.repository.origin import read_origin

_DEEPEST = 10
_DEPLOYING_TEMPLATES = ("auto-devops", "deploy", "auto-build")
"""Words in the names of GitLab's own templates that put an application where it runs (https://gitlab.com/gitlab-org/gitlab/-/tree/master/lib/gitlab/ci/templates)."""
_DEFAULTS = ("before_script", "after_script", "image", "services", "cache")


class Merged:
    """The merged document of a pipeline: `root`, the file that spells each job, and what comes from other places.

    `depends` has the jobs of files that are included under rules whose answer is not known, with the rule.
    """

    def __init__(self, facts: Facts, path: str) -> None:
        self.facts = facts
        self.remote: list[tuple[str, int]] = []
        self.problem: ParseError | None = None
        self.files: dict[str, str] = {}
        self.depends: dict[str, str] = {}
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
            entries = y.get(root, "include")
            listed = (
                y.sequence(entries) if isinstance(entries, SequenceNode) else [entries] if entries is not None else []
            )
            for entry in listed:
                for name, pair in self._of_include(entry, seen):
                    found[name] = _deep(found.get(name), pair)
        for root in document:
            for name, key, value in y.pairs(root):
                found[name] = _deep(found.get(name), (key, value))
                self.files[name] = path
        return list(found.values())

    def _of_include(self, entry: Node, seen: set[str]) -> Iterator[tuple[str, tuple[Node, Node]]]:
        answer, why = include_runs(entry, self.facts.paths)
        if answer is False:
            return
        named = y.scalar(entry)
        local = [named] if named is not None and "://" not in named else y.strings(y.get(entry, "local"))
        if not local and self._is_own(y.scalar(y.get(entry, "project"))) and y.get(entry, "ref") is None:
            local = y.strings(y.get(entry, "file"))
        if not local:
            kinds = {"project": "a file of another project", "component": "a component of another project"}
            kind = next((v for k, v in kinds.items() if y.get(entry, k) is not None), "a remote template")
            template = y.scalar(y.get(entry, "template")) or ""
            if template and any(w in template.lower() for w in _DEPLOYING_TEMPLATES):
                kind = f"GitLab's template {template}, which may deploy"
            elif template:
                return
            self.remote.append((f"the pipeline includes {kind}", y.line_of(entry)))
            return
        for one in local:
            wanted = one.lstrip("/")
            paths = [wanted] if "*" not in wanted else [p for p in self.facts.configuration if glob_matches(wanted, p)]
            if "$" in wanted or not any(p in self.facts.paths for p in paths):
                self.remote.append((f"the pipeline includes {one}, which is not here", y.line_of(entry)))
            for path in paths:
                for key, value in self._included(path, seen):
                    if isinstance(key, ScalarNode):
                        if answer is None:
                            self.depends.setdefault(key.value, why)
                        yield key.value, (key, _filled(value, _inputs(entry, self.facts.documents(path))))

    def _is_own(self, project: str | None) -> bool:
        """Return whether an included project is the repository itself (https://docs.gitlab.com/ci/yaml/#includeproject)."""
        if project is None:
            return False
        if project.strip("${}") == "CI_PROJECT_PATH":
            return True
        root = Path(self.facts.tree.root)
        origin = read_origin(root) if "$" not in project and root.is_dir() else None
        return origin is not None and origin.name.lower() == project.strip("/").lower()

    def job(self, name: str) -> MappingNode | None:
        """Return a job with what it extends and refers to put in, None for what is no job."""
        node = self._extended(name, 0)
        if node is None:
            return None
        own = {k for k, _, _ in y.pairs(node)}
        values = [(k, self._referred(v, 0)) for _, k, v in y.pairs(node)]
        for key in _DEFAULTS:
            default = y.get(self.root, "default", key) or y.get(self.root, key)
            if default is not None and key not in own and _inherits(node, key):
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


def _inherits(node: Node, key: str) -> bool:
    """Return whether a job takes a default of the pipeline (https://docs.gitlab.com/ci/yaml/#inheritdefault)."""
    asked = y.get(node, "inherit", "default")
    return key in y.strings(asked) if isinstance(asked, SequenceNode) else y.scalar(asked) != "false"


def _inputs(entry: Node, documents: tuple[Node, ...] | ParseError) -> dict[str, str]:
    """Return the inputs of an included file: what the include hands in, above the defaults of its `spec`."""
    found: dict[str, str] = {}
    for document in documents if not isinstance(documents, ParseError) else ():
        for name, _, value in y.pairs(y.get(document, "spec", "inputs")):
            default = y.scalar(y.get(value, "default"))
            if default is not None:
                found[name] = default
    given = {k: v for k, _, n in y.pairs(y.get(entry, "inputs")) if (v := y.scalar(n)) is not None}
    return found | given


def _filled(node: Node, inputs: dict[str, str], depth: int = 0) -> Node:
    """Put inputs (`$[[ inputs.name ]]`) into the texts of a node."""
    if not inputs or depth > _DEEPEST * 2:
        return node
    if isinstance(node, ScalarNode):
        text = str(node.value)
        if "$[[" not in text:
            return node
        for name, value in inputs.items():
            for written in (f"$[[ inputs.{name} ]]", f"$[[inputs.{name}]]"):
                text = text.replace(written, value)
        return ScalarNode(node.tag, text, node.start_mark, node.end_mark, node.style)
    if isinstance(node, MappingNode):
        pairs = [(_filled(k, inputs, depth + 1), _filled(v, inputs, depth + 1)) for k, v in node.value]
        return MappingNode(node.tag, pairs, node.start_mark, node.end_mark, node.flow_style)
    if isinstance(node, SequenceNode):
        items = [_filled(i, inputs, depth + 1) for i in node.value]
        return SequenceNode(node.tag, items, node.start_mark, node.end_mark, node.flow_style)
    return node


def _deep(below: tuple[Node, Node] | None, own: tuple[Node, Node]) -> tuple[Node, Node]:
    """Merge mappings key by key; of anything else the later one wins."""
    if below is None or not isinstance(below[1], MappingNode) or not isinstance(own[1], MappingNode):
        return own
    values: dict[str, tuple[Node, Node]] = {name: (key, value) for name, key, value in y.pairs(below[1])}
    for name, key, value in y.pairs(own[1]):
        values[name] = _deep(values.get(name), (key, value))
    return own[0], MappingNode(own[1].tag, list(values.values()), own[1].start_mark, own[1].end_mark)
