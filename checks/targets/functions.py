"""AWS Lambda handlers, as AWS SAM and the Serverless Framework name them.

Sources: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html,
https://www.serverless.com/framework/docs/providers/aws/guide/functions
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.parsers import yaml as y
from checks.repository.facts import Facts, join, parent
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes
from checks.targets.entry import Entry


def lambda_handlers(facts: Facts) -> list[Entry]:
    """Return the entry of each Python handler that a template names and that is in the repository."""
    found: dict[tuple[str, str], Entry] = {}
    for path, line, folder, handler in _named(facts):
        module, _, name = handler.rpartition(".")
        file = join(folder, module.replace(".", "/") + ".py")
        if module and file in facts.paths and not folder_purposes(file) & NOT_DEPLOYED:
            found.setdefault(
                (file, name),
                Entry(
                    framework="aws-lambda",
                    module=module.replace("/", "."),
                    path=file,
                    attribute=name,
                    found_in=path,
                    found_line=line,
                    rank=0,
                    source=folder,
                    template=parent(path),
                ),
            )
    return list(found.values())


def _named(facts: Facts) -> Iterator[tuple[str, int, str, str]]:
    for path in facts.named("template.yaml", "template.yml", "serverless.yml", "serverless.yaml"):
        if folder_purposes(path) & NOT_DEPLOYED:
            continue
        document = facts.yaml(path)
        if not isinstance(document, Node):
            continue
        base = parent(path)
        if path.rpartition("/")[2].startswith("template"):
            common = y.get(document, "Globals", "Function")
            for _, _, resource in y.pairs(y.get(document, "Resources")):
                properties = y.get(resource, "Properties")
                handler = y.scalar(y.get(properties, "Handler")) or y.scalar(y.get(common, "Handler"))
                runtime = y.scalar(y.get(properties, "Runtime")) or y.scalar(y.get(common, "Runtime")) or ""
                code = y.scalar(y.get(properties, "CodeUri")) or y.scalar(y.get(common, "CodeUri")) or "."
                if handler and runtime.startswith("python"):
                    place = y.get(properties, "Handler") or resource
                    yield path, y.line_of(place), join(base, code), handler
        else:
            runtime = y.scalar(y.get(document, "provider", "runtime")) or ""
            for _, _, function in y.pairs(y.get(document, "functions")):
                node = y.get(function, "handler")
                handler = y.scalar(node)
                own = y.scalar(y.get(function, "runtime")) or runtime
                if handler and node is not None and own.startswith("python"):
                    folder, _, rest = handler.rpartition("/")
                    yield path, y.line_of(node), join(base, folder or "."), rest
