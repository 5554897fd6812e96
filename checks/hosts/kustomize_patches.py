"""Patches that a kustomization writes itself, and those of single places (JSON 6902): what they add to the variables of containers.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace
from yaml import Node, SequenceNode

from checks.hosts.containers import containers_of
from checks.hosts.shapes import variables_of
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.deployment import Declared, Deployment
from checks.repository.facts import Facts, join, parent

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml")


class Patch(Struct, frozen=True, kw_only=True):
    """What a patch does to the containers of a workload; `open_` where it may do more than add these variables.

    Without a `kind` or a `name` it changes those of every kind or name.
    """

    kind: str | None
    name: str | None
    variables: dict[str, Declared]
    open_: bool
    path: str

    def on(self, kind: str, name: str, deployed: Deployment) -> Deployment:
        """Return a workload's container with what the patch adds."""
        if self.kind not in (None, kind) or self.name not in (None, name):
            return deployed
        closed = deployed.closed and not self.open_
        told = deployed.elsewhere or (f"a patch of {self.path}" if self.open_ else None)
        return replace(deployed, variables=deployed.variables | self.variables, closed=closed, elsewhere=told)


def patches_of(facts: Facts, paths: Sequence[str]) -> list[Patch]:
    """Return the patches of all kustomizations that are no manifest in a file of its own."""
    found: list[Patch] = []
    for path in (p for p in paths if p.rpartition("/")[2] in KUSTOMIZATIONS):
        document = facts.yaml(path)
        for key in ("patches", "patchesJson6902") if isinstance(document, Node) else ():
            for entry in y.sequence(y.get(document, key)):  # type: ignore[arg-type]
                found += _read(facts, path, entry)
    return found


def _read(facts: Facts, path: str, entry: Node) -> Iterator[Patch]:
    text, file = y.scalar(y.get(entry, "patch")), y.scalar(y.get(entry, "path"))
    target = y.get(entry, "target")
    place = path if text is not None else join(parent(path), file or "")
    try:
        document = y.parse_yaml(text if text is not None else facts.text(place) or "")
    except ParseError:
        document = None
    if text is None and not isinstance(document, SequenceNode):
        return  # a manifest in a file of its own is read with the others
    kind = y.scalar(y.get(target, "kind")) or y.scalar(y.get(document, "kind"))
    name = y.scalar(y.get(target, "name")) or y.scalar(y.get(document, "metadata", "name"))
    added: dict[str, Declared] = {}
    open_ = (
        document is None
        or y.get(target, "labelSelector") is not None
        or y.get(target, "annotationSelector") is not None
    )
    if isinstance(document, SequenceNode):
        for step in document.value:
            where = y.scalar(y.get(step, "path")) or ""
            own = _added(y.get(step, "value"), place) if "/env" in where else {}
            adds = y.scalar(y.get(step, "op")) in ("add", "replace") and bool(own)
            added |= own if adds else {}
            open_ = open_ or ("/containers" in where and not adds)
    elif document is not None:
        added = {n: d for c in containers_of(document, place) for n, d in c.variables.items()}
        open_ = open_ or "$patch" in (text or "")
    line = y.line_of(entry)
    yield Patch(
        kind=kind,
        name=name,
        variables={} if open_ else {n: replace(d, path=path, line=line) for n, d in added.items()},
        open_=open_,
        path=path,
    )


def _added(value: Node | None, path: str) -> dict[str, Declared]:
    """Return the variables of one entry of `env`, or of the whole list."""
    if value is None:
        return {}
    return variables_of(
        value if isinstance(value, SequenceNode) else SequenceNode("tag:yaml.org,2002:seq", [value]), path
    )
