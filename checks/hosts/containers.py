"""Containers as Kubernetes, Knative, ECS, CloudFormation and programs of Pulumi's describe them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from yaml import Node

from checks.hosts.shapes import command_of, is_image_of_others, secrets_of, served_by, variables_of
from checks.parsers import yaml as y
from checks.repository.deployment import Declared, Deployment, environment_of

CONTAINER_LISTS = ("containers", "containerDefinitions", "ContainerDefinitions")


class Container(Struct, frozen=True, kw_only=True):
    """A container: its name, image and commands, the variables in it, and the blocks that it takes others from."""

    name: str
    image: str | None
    commands: str
    variables: dict[str, Declared]
    references: tuple[tuple[str, str, str], ...]
    """`(kind, name, prefix)` of each source of more variables: a `ConfigMap`, a `Secret`, or a `file`."""
    path: str
    line: int
    keys: tuple[tuple[str, str, str, str], ...] = ()
    """`(variable, kind, name, key)` of each variable that one key of a `ConfigMap` or a `Secret` fills."""

    def deployment(self, host: str, *names: str, closed: bool, elsewhere: str | None = None) -> Deployment:
        """Return the container as a deployed service; `names` are those that may tell its environment."""
        other = is_image_of_others(self.image)
        return Deployment(
            name=self.name,
            host=host,
            environment=environment_of(self.path, self.name, *names),
            path=self.path,
            line=self.line,
            root=None,
            serves="unknown" if other else served_by(self.commands, self.variables),
            variables=self.variables,
            closed=closed or other,
            commands=self.commands,
            elsewhere=elsewhere,
            image=None if other else self.image,
        )


def containers_of(node: Node, path: str) -> Iterator[Container]:
    """Yield every container of a document, those that initialize a pod left out."""
    for _, current in y.walk(node):
        for key in CONTAINER_LISTS:
            for entry in y.sequence(y.get(current, key)):
                yield _container(entry, path)


def _container(entry: Node, path: str) -> Container:
    variables: dict[str, Declared] = {}
    for key in ("environment", "env", "envs", "Environment"):
        variables |= variables_of(y.get(entry, key), path)
    for key in ("secrets", "Secrets"):
        variables |= secrets_of(y.get(entry, key), path)
    references: list[tuple[str, str, str]] = []
    for source in y.sequence(y.get(entry, "envFrom")):
        prefix = y.scalar(y.get(source, "prefix")) or ""
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            name = y.scalar(y.get(source, key, "name"))
            if name:
                references.append((kind, name, prefix))
    for file in (*y.sequence(y.get(entry, "environmentFiles")), *y.sequence(y.get(entry, "EnvironmentFiles"))):
        references.append(("file", y.scalar(y.get(file, "value")) or y.scalar(y.get(file, "Value")) or "a file", ""))
    keys = [
        (variable, kind, name, inner)
        for one in y.sequence(y.get(entry, "env"))
        for at, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret"))
        if (variable := y.scalar(y.get(one, "name")))
        and (name := y.scalar(y.get(one, "valueFrom", at, "name")))
        and (inner := y.scalar(y.get(one, "valueFrom", at, "key")))
    ]
    image = y.get(entry, "image") or y.get(entry, "Image")
    return Container(
        name=y.scalar(y.get(entry, "name")) or y.scalar(y.get(entry, "Name")) or "container",
        image=y.scalar(image),
        commands=command_of(entry, "entryPoint", "EntryPoint", "command", "Command", "args"),
        variables=variables,
        references=tuple(references),
        path=path,
        line=y.line_of(entry),
        keys=tuple(keys),
    )
