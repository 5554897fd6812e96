"""The functions of AWS Lambda that a template of AWS SAM or a file of the Serverless Framework deploys, and their variables.

Sources: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html,
https://www.serverless.com/framework/docs/providers/aws/guide/functions,
https://www.serverless.com/framework/docs/guides/variables
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from yaml import MappingNode, Node, ScalarNode

from checks.parsers import yaml as y
from checks.parsers.module_files import module_files
from checks.patterns import lazy_pattern
from checks.repository.deployment import Declared, Deployment, environment_of
from checks.repository.facts import Facts, join, parent
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes
from checks.sentry_api.dsn import is_placeholder

FILES = lazy_pattern(r"(^|/)(([\w.-]*[-_.])?template([-_.][\w-]+)?|serverless)\.ya?ml$")
_STORES = ("${env:", "${ssm:", "${s3:", "${cf:", "${aws:")
_PLAIN = "tag:yaml.org,2002:"


class Function(Struct, frozen=True, kw_only=True):
    """A Python function that a template deploys: its handler, the folder of its code, and what its environment has.

    `path` is the handler's file, `module` and `attribute` name it as Lambda does; `template` and `line` are where that is written.
    `elsewhere` names what else may give it variables.
    """

    name: str
    path: str
    module: str
    attribute: str
    source: str
    template: str
    line: int
    variables: dict[str, Declared]
    elsewhere: str | None = None


def lambda_functions(facts: Facts) -> tuple[Function, ...]:
    """Return the Python functions that are deployed from here and whose handlers are in the repository."""
    return facts.memoize(lambda_functions, "", lambda: tuple(_functions(facts)))


def read_lambda(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read what a template deploys: it declares every variable of a function."""
    for function in lambda_functions(facts):
        if function.template == path:
            yield Deployment(
                name=function.name,
                host="lambda",
                environment=environment_of(path),
                path=path,
                line=function.line,
                root=parent(function.path),
                serves="backend",
                variables=function.variables,
                closed=function.elsewhere is None,
                elsewhere=function.elsewhere,
            )


def _functions(facts: Facts) -> Iterator[Function]:
    for path in facts.configuration:
        if not FILES.search(path) or folder_purposes(path) & NOT_DEPLOYED:
            continue
        document = facts.yaml(path)
        if isinstance(document, Node):
            sam = y.get(document, "Resources") is not None
            yield from (_sam if sam else _serverless)(facts, path, document)


def _sam(facts: Facts, path: str, document: Node) -> Iterator[Function]:
    common = y.get(document, "Globals", "Function")
    shared, open_ = _given(y.get(common, "Environment", "Variables"), path, document)
    for name, _, resource in y.pairs(y.get(document, "Resources")):
        properties = y.get(resource, "Properties")
        handler = y.scalar(y.get(properties, "Handler")) or y.scalar(y.get(common, "Handler"))
        runtime = y.scalar(y.get(properties, "Runtime")) or y.scalar(y.get(common, "Runtime")) or ""
        code = y.scalar(y.get(properties, "CodeUri")) or y.scalar(y.get(common, "CodeUri")) or "."
        if handler and runtime.startswith("python"):
            own, unseen = _given(y.get(properties, "Environment", "Variables"), path, document)
            line = y.line_of(y.get(properties, "Handler") or resource)
            folder = join(parent(path), code)
            yield from found_function(facts, path, line, name, folder, handler, shared | own, unseen or open_)


def _serverless(facts: Facts, path: str, document: Node) -> Iterator[Function]:
    runtime = y.scalar(y.get(document, "provider", "runtime")) or ""
    shared, open_ = _given(y.get(document, "provider", "environment"), path, document)
    if "serverless-dotenv-plugin" in y.strings(y.get(document, "plugins")):
        open_ = open_ or "the files that serverless-dotenv-plugin reads"
    for name, _, function in y.pairs(y.get(document, "functions")):
        node = y.get(function, "handler")
        handler = y.scalar(node)
        own_runtime = y.scalar(y.get(function, "runtime")) or runtime
        if handler and node is not None and own_runtime.startswith("python"):
            own, unseen = _given(y.get(function, "environment"), path, document)
            folder, _, rest = handler.rpartition("/")
            folder = join(parent(path), folder or ".")
            yield from found_function(facts, path, y.line_of(node), name, folder, rest, shared | own, unseen or open_)


def found_function(
    facts: Facts,
    template: str,
    line: int,
    name: str,
    folder: str,
    handler: str,
    variables: dict[str, Declared],
    elsewhere: str | None,
) -> Iterator[Function]:
    """Yield a function whose handler is a module or a package of the repository."""
    module, _, attribute = handler.rpartition(".")
    file = next((f for m in module_files(module) if (f := join(folder, m)) in facts.paths), None)
    if module and file is not None and not folder_purposes(file) & NOT_DEPLOYED:
        yield Function(
            name=name,
            path=file,
            module=module.replace("/", "."),
            attribute=attribute,
            source=folder,
            template=template,
            line=line,
            variables=variables,
            elsewhere=elsewhere,
        )


def _given(block: Node | None, path: str, document: Node) -> tuple[dict[str, Declared], str | None]:
    """Return the variables of a block, and what keeps the rest of it, or the value of one of them, elsewhere."""
    if block is None:
        return {}, None
    if not isinstance(block, MappingNode) or not block.tag.startswith(_PLAIN):
        return {}, f"`{block.value}`" if isinstance(block, ScalarNode) else "a part that is put in at the deploy"
    found: dict[str, Declared] = {}
    elsewhere = None
    for name, key, value in y.pairs(block):
        if name.startswith("Fn::"):
            return found, "a part that is put in at the deploy"
        written, unseen = _value(value, document, 0)
        if unseen is None:
            found[name] = Declared(value=written, path=path, line=y.line_of(key))
        elsewhere = elsewhere or unseen
    return found, elsewhere


def _value(node: Node, document: Node, depth: int) -> tuple[str | None, str | None]:
    """Return a variable's value where it is written, or what gives it where that may give nothing."""
    text = y.scalar(node)
    if text is None:
        return None, None if isinstance(node, MappingNode) else "a part that is put in at the deploy"
    if node.tag == "!Ref":
        return _parameter(text, document)
    if not node.tag.startswith(_PLAIN):
        return None, None
    if not text.startswith("${") or not text.endswith("}"):
        return None if "${" in text or "{{" in text else text, None
    inner = text[2:-1]
    if inner.startswith("self:") and not {",", "$", "{"} & set(inner) and depth < 3:
        held = y.get(document, *inner.removeprefix("self:").split("."))
        return _value(held, document, depth + 1) if held is not None else (None, f"`{text}`")
    sure = text.startswith(_STORES) and not {",", "$"} & set(inner)
    return None, None if sure else f"`{text}`"


def _parameter(name: str, document: Node) -> tuple[str | None, str | None]:
    """Return what a parameter of a template gives: only an empty default may leave the variable without a value."""
    parameter = y.get(document, "Parameters", name)
    kind = y.scalar(y.get(parameter, "Type")) or ""
    default = y.scalar(y.get(parameter, "Default"))
    if parameter is None or default is None or kind.startswith("AWS::SSM::"):
        return None, None
    return None, f"the parameter `{name}`" if not default.strip() or is_placeholder(default) else None
