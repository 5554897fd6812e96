"""Builds of `docker buildx bake`: the targets of its files in HCL and JSON, and what `--set` and the action's `set` add.

Sources: https://docs.docker.com/build/bake/reference/, https://docs.docker.com/reference/cli/docker/buildx/bake/,
https://github.com/docker/bake-action#inputs. Compose files are read as what they are (`image_builds`).
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from msgspec import Struct, field
from yaml import Node

from checks.ci.commands import step_commands
from checks.ci.model import Step
from checks.parsers import yaml as y
from checks.parsers.hcl import Body, Value, parse_hcl
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, join, parent

_NAMES = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
"""The files that are taken without `-f`."""

_VALUED = frozenset(
    {"-f", "--file", "--set", "--builder", "--metadata-file", "--progress", "--allow", "--call", "--var"}
)


class Target(Struct, kw_only=True):
    """A target: the folder and the Dockerfile that it builds, arguments with their texts, ids of secrets, and its place."""

    name: str
    path: str
    line: int
    folder: str = "."
    context: str | None = None
    dockerfile: str | None = None
    arguments: dict[str, str | None] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    inherits: list[str] = field(default_factory=list)

    @property
    def image(self) -> str:
        """The path of the Dockerfile."""
        return join(join(self.folder, self.context or "."), self.dockerfile or "Dockerfile")


class Baked(Struct, kw_only=True):
    """What a call of bake says: its folder, files, targets, and overrides as `(pattern of targets, key, value)`."""

    folder: str = "."
    files: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    overrides: list[tuple[str, str, str]] = field(default_factory=list)


def baked_targets(facts: Facts) -> list[Target]:
    """Return the targets that CI bakes; where it bakes none, those that bake takes by itself."""
    calls = [
        c
        for w in facts.workflows
        if not w.only_pull_requests
        for j in w.jobs
        for s in j.steps
        for c in _of_step(facts, s)
    ]
    named = {join(c.folder, f): c.folder for c in calls for f in c.files}
    others = [p for p in sorted(named) if p in facts.paths and p.endswith((".hcl", ".json"))]
    paths = list(dict.fromkeys([*facts.named(*_NAMES), *others]))
    targets: dict[str, Target] = {}
    groups: dict[str, list[str]] = {}
    for path in sorted(paths, key=lambda p: ".override." in p):
        more, own = (_json if path.endswith(".json") else _hcl)(facts, path)
        groups |= own
        for one in more:
            # Folders are those below the one in which bake is called, wherever its file is.
            one.folder = named.get(path, parent(path))
            _merge(targets.setdefault(one.name, one), one)
    done = {name: _inherited(targets, name, ()) for name in targets}
    for call in calls:
        for pattern, key, value in call.overrides:
            for name, target in done.items():
                if fnmatchcase(name, pattern):
                    _set(target, key, value)
    wanted = [t for c in calls for t in c.targets or ["default"]] or ["default"]
    known = {*groups, *done}
    chosen = _expanded(groups, wanted) if known & set(wanted) else list(done)
    return [done[n] for n in dict.fromkeys(chosen) if n in done]


def _of_step(facts: Facts, step: Step) -> Iterator[Baked]:
    if (step.uses or "").partition("@")[0] == "docker/bake-action":
        call = Baked(
            folder=join(".", step.inputs.get("workdir") or "."),
            targets=step.inputs.get("targets", "").replace(",", " ").split(),
        )
        call.files = step.inputs.get("files", "").replace(",", " ").split()
        call.overrides = [
            o for row in step.inputs.get("set", "").splitlines() if (o := _override(row.strip())) is not None
        ]
        yield call
    for ran in step_commands(facts, step) if step.run else ():
        words = ran.words
        if ran.runs is False or words[:1] != ("docker",) or "bake" not in words[1:3]:
            continue
        call, at = Baked(folder=ran.folder), words.index("bake") + 1
        while at < len(words):
            flag, equals, value = words[at].partition("=")
            if flag in _VALUED and not equals:
                at, value = at + 1, words[at + 1] if at + 1 < len(words) else ""
            if flag in ("-f", "--file"):
                call.files.append(value)
            elif flag == "--set" and (found := _override(value)) is not None:
                call.overrides.append(found)
            elif not flag.startswith("-"):
                call.targets.append(words[at])
            at += 1
        yield call


def _override(text: str) -> tuple[str, str, str] | None:
    """Split `web.args.A=1` or `*.secrets=id=a,env=B`."""
    name, equals, value = text.partition("=")
    pattern, _, key = name.partition(".")
    return (pattern, key, value) if equals and key else None


def _set(target: Target, key: str, value: str) -> None:
    kind, _, name = key.partition(".")
    if kind == "args" and name:
        target.arguments[name] = value
    elif kind in ("secret", "secrets"):
        target.secrets += _ids([value])
    elif kind == "dockerfile":
        target.dockerfile = value
    elif kind == "context":
        target.context = value


def _ids(texts: list[str]) -> list[str]:
    return [p.partition("=")[2].strip() for t in texts for p in t.split(",") if p.strip().startswith("id=")]


def _expanded(groups: dict[str, list[str]], names: list[str]) -> list[str]:
    found: list[str] = []
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in groups and name not in seen:
            seen.add(name)
            waiting = [*groups[name], *waiting]
        else:
            found.append(name)
    return found


def _inherited(targets: dict[str, Target], name: str, seen: tuple[str, ...]) -> Target:
    """Return a target with what it inherits; later ones win, and its own wins over all."""
    own = targets[name]
    made = Target(name=name, path=own.path, line=own.line, folder=own.folder)
    for other in own.inherits:
        if other in targets and other not in seen and len(seen) < 20:
            _merge(made, _inherited(targets, other, (*seen, name)))
    _merge(made, own)
    return made


def _merge(target: Target, other: Target) -> None:
    target.context = other.context if other.context is not None else target.context
    target.dockerfile = other.dockerfile if other.dockerfile is not None else target.dockerfile
    target.arguments = target.arguments | other.arguments
    target.secrets = list(dict.fromkeys([*target.secrets, *other.secrets]))
    target.inherits = list(dict.fromkeys([*target.inherits, *other.inherits]))


def _hcl(facts: Facts, path: str) -> tuple[list[Target], dict[str, list[str]]]:
    try:
        body = parse_hcl(facts.text(path) or "")
    except ParseError:
        return [], {}
    targets = [_target(path, b.labels[-1], b.line, b.body) for b in body.blocks if b.kind == "target" and b.labels]
    groups = {
        b.labels[-1]: _texts(b.body.attributes.get("targets")) for b in body.blocks if b.kind == "group" and b.labels
    }
    return targets, groups


def _texts(value: Value | None) -> list[str]:
    return [i.text for i in (value.items or [] if value is not None else []) if i.text is not None]


def _target(path: str, name: str, line: int, body: Body) -> Target:
    own = body.attributes
    arguments = own.get("args")
    secrets = own.get("secret")
    listed = secrets.items or [] if secrets is not None else []
    objects = [i.body.attributes.get("id") for i in listed if i.body is not None]
    return Target(
        name=name,
        path=path,
        line=line,
        context=_literal(own.get("context")),
        dockerfile=_literal(own.get("dockerfile")),
        arguments={
            k: v.text
            for k, v in (
                arguments.body.attributes if arguments is not None and arguments.body is not None else {}
            ).items()
            if not v.null
        },
        secrets=_ids(_texts(secrets)) + [v.text for v in objects if v is not None and v.text],
        inherits=_texts(own.get("inherits")),
    )


def _literal(value: Value | None) -> str | None:
    return value.text if value is not None else None


def _json(facts: Facts, path: str) -> tuple[list[Target], dict[str, list[str]]]:
    document = facts.yaml(path)
    if not isinstance(document, Node):
        return [], {}
    targets = []
    for name, key, node in y.pairs(y.get(document, "target")):
        objects = [y.scalar(y.get(s, "id")) for s in y.sequence(y.get(node, "secret"))]
        targets.append(
            Target(
                name=name,
                path=path,
                line=y.line_of(key),
                context=y.scalar(y.get(node, "context")),
                dockerfile=y.scalar(y.get(node, "dockerfile")),
                arguments={k: y.scalar(v) for k, _, v in y.pairs(y.get(node, "args")) if not _no_value(v)},
                secrets=_ids(y.strings(y.get(node, "secret"))) + [o for o in objects if o],
                inherits=y.strings(y.get(node, "inherits")),
            )
        )
    groups = {name: y.strings(y.get(node, "targets")) for name, _, node in y.pairs(y.get(document, "group"))}
    return targets, groups


def _no_value(node: Node) -> bool:
    return node.tag == "tag:yaml.org,2002:null"
