"""AWS Lambda handlers, as AWS SAM and the Serverless Framework name them."""

from __future__ import annotations

from checks.hosts.lambda_templates import lambda_functions
from checks.repository.facts import Facts, parent
from checks.targets.entry import Entry


def lambda_handlers(facts: Facts) -> list[Entry]:
    """Return the entry of each Python handler that a template names and that is in the repository."""
    found: dict[tuple[str, str], Entry] = {}
    for function in lambda_functions(facts):
        found.setdefault(
            (function.path, function.attribute),
            Entry(
                framework="aws-lambda",
                module=function.module,
                path=function.path,
                attribute=function.attribute,
                found_in=function.template,
                found_line=function.line,
                rank=0,
                source=function.source,
                template=parent(function.template),
            ),
        )
    return list(found.values())
