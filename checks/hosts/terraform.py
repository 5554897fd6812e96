"""Terraform and OpenTofu as far as their files are literal: containers, environments of functions, settings of apps.

Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_task_definition,
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/cloud_run_v2_service,
https://registry.terraform.io/providers/heroku/heroku/latest/docs/resources/app
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from checks.hosts.cloud_foundry import has_manifest
from checks.hosts.serving import runs_python
from checks.hosts.shapes import is_image_of_others, served_by
from checks.parsers.hcl import Block, Body, Value, parse_hcl, walk
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.deployment import Declared, Deployment, environment_of
from checks.repository.facts import Facts, join, parent
from checks.repository.path_words import words_of

_OF_INTEREST = lazy_pattern(
    r"container_definitions|containers?\b|environment|env_vars?\b|\benv\b|config_vars|app_settings|env_variables"
)
_MAPS = (
    "environment",
    "env",
    "env_vars",
    "config_vars",
    "sensitive_config_vars",
    "app_settings",
    "env_variables",
    "vars",
    "variables",
    "environment_variables",
)
_LISTS = ("environment", "env", "secrets", "secret")
_WHOLE = frozenset(
    {"google_cloud_run_v2_service", "google_cloud_run_service", "kubernetes_deployment", "kubernetes_deployment_v1"}
)
"""Resources whose blocks name every variable of the service; of others a page or another resource may add some."""
_APPLICATION = "cloudfoundry_app"
_OPEN = frozenset({"dynamic", "env_from"})
_HOST = "terraform"
_JOINING = frozenset({"concat", "merge"})
_DEEPEST = 8
_Locals = dict[str, tuple[str, Value]]
"""Local values by how they are written (`local.name`), each with its file."""
_ELSEWHERE = "values that Terraform computes"


def read_terraform(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read each resource's containers and variables; a list that is not literal to its end leaves the rest open."""
    text = facts.text(path) or ""
    if not _OF_INTEREST.search(text) or "archived" in words_of(parent(path)):
        return
    try:
        body = parse_hcl(text)
    except ParseError:
        return  # a module that is too large or not closed says nothing; another file may
    local = _locals(facts, path)
    for block in body.blocks:
        if block.kind not in ("resource", "module") or not block.labels:
            continue
        label = block.labels[-1]
        definitions = block.body.attributes.get("container_definitions")
        if definitions is not None:
            for item in definitions.items or [definitions]:
                bodies = [item.body] if item.body is not None else []
                for container in bodies:
                    yield _deployment(path, label, item.line, container, local, whole=definitions.call is None)
            continue
        variables, whole = _variables(path, block.body, local)
        whole = whole and block.labels[0] in _WHOLE
        commands = _commands(block.body)
        scripts = {id(w) for b in block.body.blocks if b.kind == "provisioner" for w in (b, *walk(b.body))}
        for inner in (b for b in walk(block.body) if id(b) not in scripts):
            more, literal = _variables(path, inner.body, local)
            variables |= more
            whole = whole and literal and inner.kind not in _OPEN and "ignore_changes" not in inner.body.attributes
            commands = commands or _commands(inner.body)
            name = inner.body.attributes.get("name") or inner.body.attributes.get("key")
            if inner.kind in _LISTS and name is not None and name.text:
                variables[name.text] = _declared(path, name.line, inner.body.attributes.get("value"))
        other_app = served_by(commands, variables) == "unknown" and _is_beside_a_manifest(facts, path, block)
        if variables and not other_app:
            images = [
                i for b in (block.body, *(inner.body for inner in walk(block.body))) if (i := _image(b)) is not None
            ]
            other = bool(images) and all(is_image_of_others(i.text) for i in images)
            yield _made(path, label, block.line, variables, commands, closed=whole, other=other)


def told_by_names(found: list[Deployment]) -> list[Deployment]:
    """Leave open whom a service serves that only its variables tell of, where modules in other folders start the backend's code.

    An application of others may be a Django project too; a module that starts Python itself keeps all of its services.
    """
    started = {parent(d.path) for d in found if d.host == _HOST and runs_python(d.commands)}

    def judged(given: Deployment) -> Deployment:
        weak = given.host == _HOST and given.serves == "backend" and not given.commands
        if not weak or not started or parent(given.path) in started:
            return given
        return replace(given, serves="unknown", closed=False, elsewhere=_ELSEWHERE)

    return [judged(d) for d in found]


def _is_beside_a_manifest(facts: Facts, path: str, block: Block) -> bool:
    """Return whether a block makes an application of Cloud Foundry in a repository whose own is described by a manifest."""
    if block.kind == "resource":
        makes = block.labels[0] == _APPLICATION
    else:
        source = block.body.attributes.get("source")
        named = (source.text if source is not None else None) or ""
        folder = join(parent(path), named) if named.startswith(".") else ""
        texts = (facts.text(p) or "" for p in facts.with_suffix("tf", "tofu") if folder and parent(p) == folder)
        makes = any(f'"{_APPLICATION}"' in t for t in texts)
    return makes and has_manifest(facts)


def _deployment(path: str, label: str, line: int, container: Body, local: _Locals, *, whole: bool) -> Deployment:
    variables, literal = _variables(path, container, local)
    name = container.attributes.get("name")
    image = _image(container)
    return _made(
        path,
        (name.text if name else None) or label,
        line,
        variables,
        _commands(container),
        closed=whole and literal and "environmentFiles" not in container.attributes,
        other=image is not None and is_image_of_others(image.text),
    )


def _image(body: Body) -> Value | None:
    return body.attributes.get("image")


def _made(
    path: str,
    name: str,
    line: int,
    variables: dict[str, Declared],
    commands: str,
    *,
    closed: bool,
    other: bool = False,
) -> Deployment:
    return Deployment(
        name=name,
        host=_HOST,
        environment=environment_of(path, name),
        path=path,
        line=line,
        root=None,
        serves="unknown" if other else served_by(commands, variables),
        variables=variables,
        closed=closed or other,
        commands=commands,
        elsewhere=None if closed or other else _ELSEWHERE,
    )


def _locals(facts: Facts, path: str) -> _Locals:
    """Return the local values of a module, which is all files of a folder, with the file of each.

    https://developer.hashicorp.com/terraform/language/block/locals
    """
    return facts.memoize(_locals, parent(path), lambda: _read_locals(facts, parent(path)))


def _read_locals(facts: Facts, folder: str) -> _Locals:
    found: _Locals = {}
    for path in facts.with_suffix("tf", "tofu"):
        text = (facts.text(path) or "") if parent(path) == folder else ""
        if "locals" not in text:
            continue
        try:
            blocks = parse_hcl(text).blocks
        except ParseError:
            continue
        for block in blocks:
            if block.kind == "locals" and not block.labels:
                found |= {f"local.{name}": (path, value) for name, value in block.body.attributes.items()}
    return found


def _variables(path: str, body: Body, local: _Locals) -> tuple[dict[str, Declared], bool]:
    """Return the variables of the attributes that hold some, and whether each of these is literal to its end."""
    found: dict[str, Declared] = {}
    literal = True
    for key in dict.fromkeys((*_MAPS, *_LISTS)):
        value = body.attributes.get(key)
        if value is not None:
            more, whole = _held(path, value, local, _DEEPEST)
            found |= more
            literal = literal and whole
    return found, literal


def _held(path: str, value: Value, local: _Locals, depth: int) -> tuple[dict[str, Declared], bool]:
    """Return the variables of an object, a list, a local value or what `concat` and `merge` make of them, and whether these are all."""
    if value.name in local and depth:
        place, held = local[value.name]
        return _held(place, held, local, depth - 1)
    if value.body is not None:
        return {n: Declared(value=_text(v), path=path, line=v.line) for n, v in value.body.attributes.items()}, True
    found: dict[str, Declared] = {}
    if value.call is not None:
        joined = value.call in _JOINING
        for part in value.items or [] if joined and depth else []:
            more, whole = _held(path, part, local, depth - 1)
            found |= more
            joined = joined and whole
        return found, joined and bool(depth)
    if value.items is None:
        return found, False
    literal = True
    for item in value.items:
        name = item.body.attributes.get("name") if item.body is not None else None
        if item.body is None or name is None or not name.text:
            literal = False
        else:
            found[name.text] = _declared(path, name.line, item.body.attributes.get("value"))
    return found, literal


def _text(value: Value) -> str | None:
    if value.body is not None:
        inner = value.body.attributes.get("value")
        return inner.text if inner is not None else None
    return value.text


def _declared(path: str, line: int, value: Value | None) -> Declared:
    return Declared(value=value.text if value is not None else None, path=path, line=line)


def _commands(body: Body) -> str:
    words: list[str] = []
    for key in ("entryPoint", "entrypoint", "command", "args", "run_command", "start_command"):
        value = body.attributes.get(key)
        if value is not None:
            words += [v.text for v in (value.items or [value]) if v.text]
    return " ".join(words)
