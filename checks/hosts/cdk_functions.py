"""The Python functions of AWS Lambda that a stack of the AWS CDK deploys, in Python or TypeScript, as far as it writes them down.

Sources: https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_lambda/Function.html,
https://docs.aws.amazon.com/cdk/api/v2/docs/@aws-cdk_aws-lambda-python-alpha.PythonFunction.html,
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_lambda.Code.html#static-fromwbrassetpath-options
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.hosts.lambda_templates import Function, found_function
from checks.parsers import javascript as js
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.browser import script
from checks.repository.deployment import Declared, Deployment, environment_of
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes

_CLASSES = ("Function", "PythonFunction")
_REST = "the rest of the stack"
_PYTHON_LIBRARY, _TYPESCRIPT_LIBRARIES = "aws_cdk", ("aws-cdk-lib", "@aws-cdk/")


class _Construct(Struct, frozen=True, kw_only=True):
    """A function as a stack writes it: its construct's class and id, its texts, the folder of its code, and its variables."""

    kind: str
    name: str
    line: int
    texts: dict[str, str]
    folder: str | None
    variables: dict[str, Declared]


def cdk_functions(facts: Facts) -> tuple[Function, ...]:
    """Return the Python functions whose handlers are in the repository."""
    return facts.memoize(cdk_functions, "", lambda: tuple(_functions(facts)))


def read_cdk(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read what the stacks beside a `cdk.json` deploy: other code of a stack may give a function more variables."""
    for function in cdk_functions(facts):
        if _application(facts, function.template) == parent(path):
            yield Deployment(
                name=function.name,
                host="lambda",
                environment=environment_of(function.template),
                path=function.template,
                line=function.line,
                root=parent(function.path),
                serves="backend",
                variables=function.variables,
                closed=False,
                elsewhere=function.elsewhere,
            )


def _application(facts: Facts, path: str) -> str | None:
    """Return the folder of the CDK application that a stack belongs to: the paths of assets start there."""
    above = [f for p in facts.named("cdk.json") if inside(path, f := parent(p))]
    return max(above, key=len, default=None)


def _functions(facts: Facts) -> Iterator[Function]:
    if not facts.named("cdk.json"):
        return
    for path in facts.with_suffix("py", "ts", "js"):
        home = _application(facts, path)
        if home is None or folder_purposes(path) & NOT_DEPLOYED:
            continue
        for made in (_in_python if path.endswith(".py") else _in_typescript)(facts, path, home):
            handler = made.texts.get("handler")
            if made.kind == "PythonFunction":
                index = made.texts.get("index", "index.py")
                handler = f"{index.removesuffix('.py').replace('/', '.')}.{handler or 'handler'}"
            if handler is not None and made.folder is not None:
                yield from found_function(
                    facts, path, made.line, made.name, made.folder, handler, made.variables, _REST
                )


def _in_python(facts: Facts, path: str, home: str) -> Iterator[_Construct]:
    module = facts.python(path) if _PYTHON_LIBRARY in (facts.text(path) or "") else None
    if not isinstance(module, Module):
        return
    names = dict(_imported(module))
    for call in module.nodes:
        if not isinstance(call, ast.Call):
            continue
        first, _, rest = ast.unparse(call.func).partition(".")
        owner, _, kind = (f"{names.get(first, '')}.{rest}" if rest else names.get(first, "")).rpartition(".")
        if kind in _CLASSES and "lambda" in owner:
            yield _of_call(call, kind, path, home)


def _imported(module: Module) -> Iterator[tuple[str, str]]:
    """Yield each name that stands for a part of the library, with that part's dotted name."""
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == _PYTHON_LIBRARY:
            yield from ((a.asname or a.name, f"{node.module}.{a.name}") for a in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == _PYTHON_LIBRARY:
                    yield alias.asname or _PYTHON_LIBRARY, alias.name if alias.asname else _PYTHON_LIBRARY


def _of_call(call: ast.Call, kind: str, path: str, home: str) -> _Construct:
    given = {k.arg: k.value for k in call.keywords if k.arg}
    ids = [a.value for a in call.args[1:2] if isinstance(a, ast.Constant)]
    code: ast.expr | None = given.get("entry")
    match given.get("code"):
        case ast.Call(func=ast.Attribute(attr="from_asset" | "asset"), args=paths, keywords=named):
            code = next(iter([*paths, *(k.value for k in named if k.arg == "path")]), None)
    variables = {}
    environment = given.get("environment")
    if isinstance(environment, ast.Dict):
        for key, value in zip(environment.keys, environment.values, strict=True):
            if isinstance(key, ast.Constant):
                text = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
                variables[str(key.value)] = Declared(value=text, path=path, line=line_of(key))
    return _Construct(
        kind=kind,
        name=str(ids[0]) if ids else kind,
        line=line_of(given.get("handler") or call),
        texts={n: v.value for n, v in given.items() if isinstance(v, ast.Constant) and isinstance(v.value, str)},
        folder=_python_folder(code, path, home) if code is not None else None,
        variables=variables,
    )


def _python_folder(node: ast.expr, path: str, home: str) -> str | None:
    """Return the folder that a path names: from the application's folder, or from the stack's by `os.path.dirname(__file__)`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _joined(home, [node.value])
    match node:
        case ast.Call(func=ast.Attribute(attr="join"), args=[first, *rest]):
            parts = [p.value for p in rest if isinstance(p, ast.Constant) and isinstance(p.value, str)]
            if ast.unparse(first) in ("os.path.dirname(__file__)", "path.dirname(__file__)", "dirname(__file__)"):
                return _joined(parent(path), parts) if len(parts) == len(rest) else None
    return None


def _joined(folder: str, parts: list[str]) -> str | None:
    return None if any(p.startswith("/") for p in parts) else join(folder, "/".join(parts))


def _in_typescript(facts: Facts, path: str, home: str) -> Iterator[_Construct]:
    text = facts.text(path) or ""
    root = script(facts, path) if any(n in text for n in _TYPESCRIPT_LIBRARIES) else None
    if not isinstance(root, Node):
        return
    modules: set[str] = set()
    classes: dict[str, str] = {}
    for source, names, _ in js.imports(root):
        if source.startswith(_TYPESCRIPT_LIBRARIES):
            modules |= {n for n, taken in names.items() if "lambda" in (source if taken == "*" else taken)}
            classes |= {n: taken for n, taken in names.items() if taken in _CLASSES}
    for node in js.descend(root):
        made = node.child_by_field_name("constructor") if node.type == "new_expression" else None
        if made is None:
            continue
        owner, _, last = js.text_of(made).rpartition(".")
        kind = classes.get(last) if not owner else last if owner in modules and last in _CLASSES else None
        arguments = node.child_by_field_name("arguments")
        given = arguments.named_children if arguments is not None else []
        if kind is not None and len(given) == 3 and given[2].type == "object":
            yield _of_object(given[1], given[2], kind, path, home)


def _of_object(name: Node, options: Node, kind: str, path: str, home: str) -> _Construct:
    given = {n: (pair, value) for n, pair, value in js.properties(options)}
    texts = {n: text for n, (_, value) in given.items() if (text := js.string_of(value)) is not None}
    code = given["entry"][1] if "entry" in given else None
    if "code" in given and given["code"][1].type == "call_expression":
        called = given["code"][1].child_by_field_name("function")
        arguments = given["code"][1].child_by_field_name("arguments")
        if called is not None and js.text_of(called).endswith((".fromAsset", ".asset")) and arguments is not None:
            code = next(iter(arguments.named_children), None)
    environment = given["environment"][1] if "environment" in given else None
    variables = {
        n: Declared(value=js.string_of(value), path=path, line=js.line_of(pair))
        for n, pair, value in (js.properties(environment) if environment is not None else ())
    }
    return _Construct(
        kind=kind,
        name=js.string_of(name) or kind,
        line=js.line_of(given["handler"][0] if "handler" in given else options),
        texts=texts,
        folder=_typescript_folder(code, path, home) if code is not None else None,
        variables=variables,
    )


def _typescript_folder(node: Node, path: str, home: str) -> str | None:
    """Return the folder that a path names: from the application's folder, or from the stack's by `path.join(__dirname, …)`."""
    text = js.string_of(node)
    if text is not None:
        return _joined(home, [text])
    called, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if called is None or arguments is None or js.text_of(called).rpartition(".")[2] not in ("join", "resolve"):
        return None
    first, *rest = arguments.named_children or [node]
    parts = [p for n in rest if (p := js.string_of(n)) is not None]
    return _joined(parent(path), parts) if js.text_of(first) == "__dirname" and len(parts) == len(rest) else None
