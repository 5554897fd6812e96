"""The lines that declare a variable in the file of a host that is not edited, in that file's own syntax."""

from __future__ import annotations

from itertools import pairwise

from yaml import Node, SequenceNode

from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, inside, join, parent


def declaration(host: str, name: str, value: str, text: str) -> str:
    """Return the lines that declare a variable; `text` is the file, whose resources say which of Terraform's shapes is meant."""
    if host == "kubernetes":
        return _kubernetes(name, value, text)
    if host == "digitalocean":
        # https://docs.digitalocean.com/products/app-platform/reference/app-spec/
        return f"- key: {name}\n  scope: RUN_TIME\n  type: SECRET\n  value: {value}"
    if host == "terraform":
        return _terraform(name, text)
    if host == "lambda":
        # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html#sam-function-environment
        if "AWS::Serverless" in text:
            return f"Environment:\n  Variables:\n    {name}: '{{{{resolve:ssm:{name.lower()}}}}}'"
        return f"environment:\n  {name}: ${{ssm:/{name.lower()}}}"
    listed = _list_of(text)
    if listed is None:
        return f"{name}: …"
    first, second = listed
    if text.lstrip()[:1] in "{[":
        return f'{{ "{first}": "{name}", "{second}": "{value}" }},'
    return f"- {first}: {name}\n  {second}: {value}"


def whole_secret(text: str) -> str | None:
    """Return the Secret that the containers of a manifest take as a whole (`envFrom`), None where there is none, or a choice."""
    found = {
        n for s in _nodes(text, "envFrom") for e in y.sequence(s) if (n := y.scalar(y.get(e, "secretRef", "name")))
    }
    return found.pop() if len(found) == 1 else None


def secrets_of_chart(facts: Facts, values: str) -> list[str]:
    """Return the Secrets that the templates of a chart's pods take as a whole, as far as they name them without an expression.

    A template is text until Helm fills it in, so its lines are read; what they say is only shown to people.
    """
    folder, found = join(parent(values), "templates"), list[str]()
    for path in sorted(p for p in facts.with_suffix("yaml", "yml", "tpl") if inside(p, folder)):
        rows = [row.strip().removeprefix("- ") for row in (facts.text(path) or "").splitlines()]
        named = [after for row, after in pairwise(rows) if row == "secretRef:" and after.startswith("name:")]
        found += [n for row in named if (n := row.removeprefix("name:").strip().strip("\"'")) and "{{" not in n]
    return list(dict.fromkeys(found))


def _kubernetes(name: str, value: str, text: str) -> str:
    """Return the key for the Secret that a manifest takes whole, else the entry of `env`, from the Secret that its others name.

    https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/
    """
    whole = whole_secret(text)
    if whole is not None:
        return f"# in `stringData` of the Secret {whole}\n{name}: {value}"
    named = [
        (n, k)
        for s in _nodes(text, "secretKeyRef")
        if (n := y.scalar(y.get(s, "name"))) and (k := y.scalar(y.get(s, "key")))
    ]
    secrets = {n for n, _ in named}
    secret, key = "sentry", "dsn"
    if len(secrets) == 1:
        keys = "".join(k for _, k in named)
        secret = secrets.pop()
        key = name if keys.isupper() else name.lower().replace("_", "-" if "-" in keys else "_")
    return f"- name: {name}\n  valueFrom:\n    secretKeyRef:\n      name: {secret}\n      key: {key}"


def _nodes(text: str, key: str) -> list[Node]:
    """Return the values of a key anywhere in the documents of a file, none where it cannot be read."""
    try:
        documents = y.parse_documents(text)
    except ParseError:
        return []
    return [node for d in documents for keys, node in y.walk(d) if keys[-1:] == (key,)]


def _list_of(text: str) -> tuple[str, str] | None:
    """Return the two keys of the first list of `{name, value}` that a file writes; None where it writes mappings.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KeyValuePair.html
    """
    try:
        documents = y.parse_documents(text)
    except ParseError:
        return None
    for document in documents:
        for keys, node in y.walk(document):
            if keys and keys[-1].lower() in _BLOCKS and isinstance(node, SequenceNode):
                for entry in node.value:
                    pair = next(((a, b) for a, b in _PAIRS if y.get(entry, a) is not None), None)
                    if pair is not None:
                        return pair
    return None


_BLOCKS = frozenset({"env", "envs", "environment", "extraenv", "extraenvvars", "envvars"})
_PAIRS = (("name", "value"), ("Name", "Value"), ("key", "value"))


def _terraform(name: str, text: str) -> str:
    """Return the entry as the provider's resource takes it, and the variable that holds the value.

    Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/cloud_run_v2_service,
    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_task_definition,
    https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/linux_web_app
    """
    variable = name.lower()
    if "app_settings" in text:
        entry = f'# in `app_settings`\n"{name}" = var.{variable}'
    elif "container_definitions" in text or "aws_ecs_" in text:
        entry = f'# in `environment` of the container\n{{ name = "{name}", value = var.{variable} }},'
    elif "google_cloud_run" in text:
        entry = f'# in the container\nenv {{\n  name  = "{name}"\n  value = var.{variable}\n}}'
    else:
        entry = f"{name} = var.{variable}"
    return f'{entry}\n\nvariable "{variable}" {{\n  type      = string\n  sensitive = true\n}}'
