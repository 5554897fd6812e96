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
from checks.repository.facts import Facts, join, parent
from checks.repository.path_words import PRODUCTION, Purpose, purposes, words_of

BLOCKS = lazy_pattern(
    r"^(extra)?_?(env|envs|environment|envVars?|environmentVariables|vars|variables)$|^(secret|secrets|secretEnv|envSecrets"
    r"|configmap|configMap|config|existingSecretKeys|extraEnvVars)$"
)
"""Keys of a values file below which variables are named, by convention."""
_BASES = ("values.yaml", "values.yml")
"""The file that a chart is installed with where no other is named."""
_CHARTS = ("Chart.yaml", "Chart.yml")
_VARIABLE = lazy_pattern(r"^[A-Z][A-Z0-9_]+$")


def _beside(facts: Facts, base: str) -> list[str]:
    """Return the values files beside a chart's own: `values-production.yaml`, `values.prod.yml`."""
    found = (p for p in facts.with_suffix("yaml", "yml") if parent(p) == parent(base) and p != base)
    return [p for p in found if p.rpartition("/")[2].startswith("values")]


def _values(document: Node, path: str) -> tuple[dict[str, Declared], str]:
    """Return the variables of all blocks of a values file, and its commands."""
    variables: dict[str, Declared] = {}
    commands = []
    for keys, node in y.walk(document):
        if keys and BLOCKS.match(keys[-1]):
            variables = {n: d for n, d in variables_of(node, path).items() if _VARIABLE.match(n)} | variables
        if isinstance(node, MappingNode):
            commands.append(command_of(node, "command", "args"))
    return variables, " ".join(c for c in commands if c)


def _filled(variables: dict[str, Declared]) -> dict[str, Declared]:
    """Return the variables that a chart's own values give a value: an empty one is a slot for the person who installs the chart."""
    return {n: d for n, d in variables.items() if d.value != ""}


def read_helm(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read a values file as one deployment, with the variables of all its blocks, and of the chart's own that it is laid over."""
    if Purpose.DEVELOPMENT in purposes(path):
        return  # what a developer's cluster is given, by its folder or its name
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "helm", "backend", document)
    if not isinstance(document, Node):
        return
    base = next((b for n in _BASES if (b := join(parent(path), n)) in facts.paths), None)
    if path == base and any(words_of(p) & PRODUCTION for p in _beside(facts, path)):
        return  # production is given another file, which is laid over this one
    variables, written = _values(document, path)
    named, own = variables, base is not None and any(join(parent(base), n) in facts.paths for n in _CHARTS)
    if own and path == base:
        variables = _filled(variables)
    below = facts.yaml(base) if base is not None and base != path and path in _beside(facts, base) else None
    if isinstance(below, Node):
        usual, started = _values(below, base or path)
        variables, written = (_filled(usual) if own else usual) | variables, written or started
    yield Deployment(
        name=path,
        host="helm",
        environment=environment_of(path),
        path=path,
        line=1,
        root=None,
        serves=served_by(written, named | variables),
        variables=variables,
        closed=False,
        commands=written,
        elsewhere="the chart's templates",
    )
