"""AWS Lambda handlers, as AWS SAM, the Serverless Framework, the AWS CDK, and images made for Lambda name them.

https://docs.aws.amazon.com/lambda/latest/dg/python-image.html
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.backends.entry import Entry
from checks.hosts.cdk_functions import cdk_functions
from checks.hosts.images import Image, command_text, images, started_by_image
from checks.hosts.lambda_templates import lambda_functions
from checks.parsers.module_files import module_files
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, join, parent

_BASE = lazy_pattern(r"^(public\.ecr\.aws/lambda/python|amazon/aws-lambda-python)([:@]|$)")
_CLIENT = "awslambdaric"
"""The program that asks Lambda for events in an image of any other base."""


def lambda_handlers(facts: Facts) -> list[Entry]:
    """Return the entry of each Python handler that a template names and that is in the repository."""
    found: dict[tuple[str, str], Entry] = {}
    # A template lies above the code of its functions; a stack may lie anywhere.
    templates = [(f, parent(f.template)) for f in lambda_functions(facts)]
    for function, folder in (*templates, *((f, "") for f in cdk_functions(facts))):
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
                template=folder,
            ),
        )
    for entry in _of_images(facts):
        found.setdefault((entry.path, entry.attribute), entry)
    return list(found.values())


def _of_images(facts: Facts) -> Iterator[Entry]:
    """Yield the handler that the CMD of each image for Lambda names: `module.function`, from the folder of its code."""
    for image in images(facts):
        last = next((i for i in reversed(image.instructions()) if i.word == "CMD"), None)
        words = command_text(last.text).split() if last is not None else []
        if last is None or not words or not _is_for_lambda(facts, image):
            continue
        module, _, attribute = words[-1].rpartition(".")
        folder = parent(image.path)
        file = next((f for m in module_files(module) if (f := join(folder, m)) in facts.paths), None)
        if module and attribute.isidentifier() and file is not None:
            yield Entry(
                framework="aws-lambda",
                module=module,
                path=file,
                attribute=attribute,
                found_in=image.path,
                found_line=last.line,
                rank=1,
                source=folder,
            )


def _is_for_lambda(facts: Facts, image: Image) -> bool:
    first = (image.parents(image.stages[-1]) or image.stages[-1:])[0].base if image.stages else ""
    return bool(_BASE.search(first)) or any(_CLIENT in text for text in started_by_image(facts, image))
