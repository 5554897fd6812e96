"""Values of a Helm chart: whether a template hands one in is the template's matter, so nothing here is complete.

Source: https://helm.sh/docs/chart_template_guide/values_files/
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml import MappingNode, Node

from checks.hosts.shapes import command_of, served_by, variables_of
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.deployment import Declared, Deployment, environment_of, unreadable
from checks.repository.facts import Facts
from checks.repository.path_words import Purpose, purposes

_BLOCKS = lazy_pattern(
    r"^(extra)?_?(env|envs|environment|envVars?|environmentVariables|vars|variables)$|^(secret|secrets|secretEnv|envSecrets"
    r"|configmap|configMap|config|existingSecretKeys|extraEnvVars)$"
)
_VARIABLE = lazy_pattern(r"^[A-Z][A-Z0-9_]+$")


def read_helm(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read a values file as one deployment, with the variables of all its blocks."""
    if Purpose.DEVELOPMENT in purposes(path):
        return  # what a developer's cluster is given, by its folder or its name
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "helm", "backend", document)
    if not isinstance(document, Node):
        return
    variables: dict[str, Declared] = {}
    commands = []
    for keys, node in y.walk(document):
        if keys and _BLOCKS.match(keys[-1]):
            variables = {n: d for n, d in variables_of(node, path).items() if _VARIABLE.match(n)} | variables
        if isinstance(node, MappingNode):
            commands.append(command_of(node, "command", "args"))
    written = " ".join(c for c in commands if c)
    yield Deployment(
        name=path,
        host="helm",
        environment=environment_of(path),
        path=path,
        line=1,
        root=None,
        serves=served_by(written, variables),
        variables=variables,
        closed=False,
        commands=written,
        elsewhere="the chart's templates",
    )
