"""The places in a Helm chart's templates that hand variables to the application's containers, and what a person writes there.

A template is text until Helm fills it in, so its lines are read; what they say is only shown to people.
"""

from __future__ import annotations

from msgspec import Struct
from yaml import Node

from checks.hosts.helm import BLOCKS
from checks.hosts.shapes import variables_of
from checks.parsers import yaml as y
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, purposes
from setup_wizard.plan.model import ManualTask

_CHARTS = ("Chart.yaml", "Chart.yml")
_ONCE = ("kind: Job", "kind: CronJob")
"""What ends after its work; the processes that stay come first."""


class Place(Struct, frozen=True, kw_only=True):
    """A list `env` of a template: its place, and the Secret that its entries name, with their keys."""

    path: str
    line: int
    secret: str = ""
    keys: tuple[str, ...] = ()


def lists_of_chart(facts: Facts, values: str) -> list[Place]:
    """Return the lists that a chart's containers take their variables from; none where a block of its values reaches them."""
    folder = chart_of(facts, values)
    if folder is None or _reaches(facts, folder, values):
        return []
    return places(facts, folder)


def chart_of(facts: Facts, path: str) -> str | None:
    """Return the folder of the chart that a file belongs to."""
    folder = parent(path)
    while not any(join(folder, n) in facts.paths for n in _CHARTS):
        if folder == ".":
            return None
        folder = parent(folder)
    return folder


def charts(facts: Facts) -> list[str]:
    """Return the folders of the charts that deploy what this repository makes, as far as their paths tell."""
    found = [parent(p) for p in facts.with_suffix("yaml", "yml") if p.rpartition("/")[2] in _CHARTS]
    return sorted(f for f in found if not purposes(f) & (NOT_DEPLOYED | NOT_PRODUCTION))


def places(facts: Facts, folder: str) -> list[Place]:
    """Return the lists `env` of a chart's templates, those of processes that stay before others."""
    found: list[tuple[int, Place]] = []
    for path in _templates(facts, folder):
        rows = [row.strip() for row in (facts.text(path) or "").splitlines()]
        once, section = any(row in _ONCE for row in rows), ""
        for at, row in enumerate(rows):
            if row in ("containers:", "initContainers:"):
                section = row
            following = next((r for r in rows[at + 1 :] if r and not r.startswith(("#", "{{"))), "")
            if row == "env:" and following.startswith("- name:") and section != "initContainers:":
                found.append((int(once), _place(path, at, rows)))
    stay = min((rank for rank, _ in found), default=0)
    return [place for rank, place in found if rank == stay]


def task(name: str, value: str, found: list[Place]) -> ManualTask:
    """Return the task to write an entry into each of these lists."""
    first = found[0]
    where = " and ".join(f"{p.path}:{p.line}" for p in found)
    key = name.lower().replace("_", "-") if first.keys and all("-" in k for k in first.keys) else name.lower()
    key = name if first.keys and all(k.isupper() for k in first.keys) else key
    secret = first.secret or "sentry"
    rows = [f"- name: {name}", "  valueFrom:", "    secretKeyRef:", f"      name: {secret}", f"      key: {key}"]
    made = f"# the key {key} of that Secret holds {value}"
    if not first.secret:
        made = f"# kubectl create secret generic {secret} --from-literal={key}={value}"
    return ManualTask(
        title=f"pass {name} to the containers in {where}",
        reason="the chart's templates list each variable by its name",
        place=f"{first.path}:{first.line}",
        path=first.path,
        snippet="\n".join([*rows, made]),
    )


def _templates(facts: Facts, folder: str) -> list[str]:
    below = join(folder, "templates")
    found = (p for p in facts.with_suffix("yaml", "yml", "tpl") if inside(p, below))
    return sorted(p for p in found if not purposes(p.removeprefix(below)) & NOT_DEPLOYED)


def _place(path: str, at: int, rows: list[str]) -> Place:
    names, keys = list[str](), list[str]()
    for n in range(at + 1, len(rows)):
        if rows[n] in ("env:", "containers:", "volumeMounts:", "kind: Deployment", "---"):
            break
        if rows[n] == "secretKeyRef:":
            pairs = [row.partition(":") for row in rows[n + 1 : n + 3]]
            names += [v.strip() for k, _, v in pairs if k == "name"]
            keys += [v.strip().strip("\"'") for k, _, v in pairs if k == "key"]
    secret = max(names, key=names.count, default="")
    return Place(path=path, line=at + 1, secret=secret, keys=tuple(keys))


def _reaches(facts: Facts, folder: str, values: str) -> bool:
    """Return whether the templates take a block of variables as a whole: what is added to its values arrives then."""
    document = facts.yaml(values)
    if not isinstance(document, Node):
        return True
    texts = [facts.text(p) or "" for p in _templates(facts, folder)]
    if not texts:
        return True
    blocks = [keys for keys, node in y.walk(document) if keys and BLOCKS.match(keys[-1]) and variables_of(node, values)]
    return any(_takes_whole(text, f".Values.{'.'.join(keys)}") for keys in blocks for text in texts)


def _takes_whole(text: str, block: str) -> bool:
    ends = [part[:1] for part in text.split(block)[1:]]
    return any(not (end.isalnum() or end in ("_", ".")) for end in ends)
