"""Task definitions of ECS, CloudFormation and Copilot, and what a program of Pulumi's reads.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html,
https://aws.github.io/copilot-cli/docs/manifest/overview/, https://www.pulumi.com/docs/iac/languages-sdks/yaml/
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.hosts.containers import CONTAINER_LISTS, containers_of
from checks.hosts.shapes import command_of, secrets_of, served_by, variables_of
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.deployment import Deployment, environment_of, unreadable
from checks.repository.facts import Facts, parent


def read_tasks(facts: Facts, path: str, host: str, *, program: bool = False) -> Iterator[Deployment]:
    """Read the containers of a file; where a program reads the file it may add variables of its own."""
    text = facts.text(path) or ""
    if not any(name in text for name in CONTAINER_LISTS):
        return
    documents = facts.documents(path)
    if isinstance(documents, ParseError):
        yield unreadable(path, host, "backend", documents)
        return
    for document in documents:
        for container in containers_of(document, path):
            file = next((name for kind, name, _ in container.references if kind == "file"), None)
            written = (
                y.scalar(y.get(document, "runtime")) == "yaml" or y.scalar(y.get(document, "runtime", "name")) == "yaml"
            )
            elsewhere = f"`{file}`" if file else f"the {host.capitalize()} program" if program and not written else None
            yield container.deployment(host, path, closed=elsewhere is None, elsewhere=elsewhere)


def read_copilot(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read a service's manifest of Copilot, once for each of its environments."""
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "copilot", "backend", document)
    if not isinstance(document, Node):
        return
    name = y.scalar(y.get(document, "name")) or parent(path).rpartition("/")[2]
    shared = variables_of(y.get(document, "variables"), path) | secrets_of(y.get(document, "secrets"), path)
    environments = list(y.pairs(y.get(document, "environments")))
    file = y.scalar(y.get(document, "env_file"))
    for environment, node in [(e, n) for e, _, n in environments] or [("production", document)]:
        variables = shared | variables_of(y.get(node, "variables"), path) | secrets_of(y.get(node, "secrets"), path)
        commands = command_of(document, "entrypoint", "command")
        yield Deployment(
            name=name,
            host="copilot",
            environment=environment_of(environment),
            path=path,
            line=y.line_of(node),
            root=None,
            serves=served_by(commands, variables),
            variables=variables,
            closed=file is None,
            commands=commands,
            elsewhere=f"`{file}`" if file else None,
        )
