"""The lines that declare a variable in the file of a host that is not edited, in that file's own syntax."""

from __future__ import annotations

from yaml import SequenceNode

from checks.parsers import yaml as y
from checks.parsers.text import ParseError


def declaration(host: str, name: str, value: str, text: str) -> str:
    """Return the lines that declare a variable; `text` is the file, whose resources say which of Terraform's shapes is meant."""
    if host == "kubernetes":
        return f"- name: {name}\n  valueFrom:\n    secretKeyRef:\n      name: sentry\n      key: dsn"
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
