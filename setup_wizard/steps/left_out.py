"""Compose files that run the application's image and are not edited, for each other way in which people deploy it."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.hosts.compose import why_development, with_bases
from checks.hosts.serving import runs_python
from checks.hosts.shapes import command_of, is_image_of_others, variables_of
from checks.parsers import yaml as y
from checks.repository.backends import Backend
from checks.repository.facts import Facts, parent
from checks.repository.installs import own_names
from checks.repository.names import repository_name
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, folder_purposes, purposes
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context


def left_out(context: Context, backend: Backend, names: tuple[str, ...], handled: frozenset[str]) -> list[ManualTask]:
    """Return a task for each compose file but those `handled` whose services run the application and are not given the DSN."""
    if len(context.facts.backends) > 1:
        return []  # whose image it is would be a guess
    own, found = _images(context.facts, backend, handled), []
    # A service of the same name beside a file that is handled is most likely the one that this file adds to.
    merged = {(parent(p), n) for p in handled for n, _, _ in _services_of(context.facts, p)}
    for path in _composed(context.facts):
        document = context.facts.yaml(path)
        if path in handled or not isinstance(document, Node) or why_development(context.facts, path, document):
            continue
        lacking = {
            n: line
            for n, line, service in _services(document)
            if (parent(path), n) not in merged and _lacks(context.facts, service, own, names[0], path)
        }
        if lacking:
            found.append(_task(path, lacking, names, others=bool(handled)))
    return found


def _task(path: str, lacking: dict[str, int], names: tuple[str, ...], *, others: bool) -> ManualTask:
    why = "another file is used for production" if others else "it runs the application's image"
    values = (f"{names[0]}: ${{{names[0]}:-}}", *(f"{n}: production" for n in names[1:]))
    return ManualTask(
        title=f"pass {names[0]} to {' and '.join(lacking)} of {path}{' too' if others else ''}, where people deploy with it",
        reason=f"{why}, and this file is not edited",
        place=f"{path}:{next(iter(lacking.values()))}",
        path=path,
        snippet="\n".join(["environment:", *(f"  {v}" for v in values)]),
    )


def _composed(facts: Facts) -> list[str]:
    return [
        p
        for p in facts.with_suffix("yml", "yaml")
        if "compose" in p.rpartition("/")[2]
        and not purposes(p.rpartition("/")[2]) & NOT_PRODUCTION
        and not folder_purposes(p) & (NOT_DEPLOYED | NOT_PRODUCTION)
    ]


def _services(document: Node) -> Iterator[tuple[str, int, Node]]:
    for name, key, service in y.pairs(y.get(document, "services")):
        yield name, y.line_of(key), service


def _services_of(facts: Facts, path: str) -> list[tuple[str, int, Node]]:
    document = facts.yaml(path) if path.endswith((".yml", ".yaml")) else None
    return list(_services(document)) if isinstance(document, Node) else []


def _images(facts: Facts, backend: Backend, handled: frozenset[str]) -> frozenset[str]:
    """Return what the application's own image is called: as the project, or as the services that are seen to run it."""
    found = {repository_name(facts.tree.root), *own_names(facts, backend.root)}
    if backend.settings is not None:
        found.add(backend.settings.name.partition(".")[0])
    for path in handled:
        for _, _, service in _services_of(facts, path):
            if runs_python(command_of(service, "entrypoint", "command")) or y.get(service, "build") is not None:
                found.add(_last(y.scalar(y.get(service, "image")) or ""))
    return frozenset(found) - {""}


def _lacks(facts: Facts, service: Node, own: frozenset[str], name: str, path: str) -> bool:
    image = y.scalar(y.get(service, "image")) or ""
    blocks = [block for _, block in with_bases(facts, path, service)]
    if any(name in variables_of(y.get(b, "environment"), path) or y.get(b, "env_file") is not None for b in blocks):
        return False
    runs = runs_python(command_of(service, "entrypoint", "command")) and y.get(service, "build") is not None
    return not is_image_of_others(image) and (runs or _last(image) in own)


def _last(image: str) -> str:
    """Return the last part of an image's name: `ghcr.io/shop/web:1` is `web`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]
