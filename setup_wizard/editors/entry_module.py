"""A server's entry module: `sentry_sdk.init` between its imports and what makes the application object."""

from __future__ import annotations

import ast

from checks.parsers.python import parse_python
from checks.parsers.text import ParseError
from setup_wizard.editors import settings
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, line_starts, read_text, splice
from setup_wizard.editors.python_imports import add_imports
from setup_wizard.editors.settings import InitOptions

Integration = tuple[str, str]
"""A module of `sentry_sdk.integrations` and what is written into the list: `("aws_lambda", "AwsLambdaIntegration()")`."""

_LOADERS = frozenset({"load_dotenv", "read_env", "read_dotenv"})


def add_init(
    data: bytes, options: InitOptions, path: str, names: tuple[str, ...], integration: Integration | None = None
) -> Edit:
    """Insert the init block before the statement that makes the application, with the imports that it needs.

    `names` are what that statement binds or defines (`app`, `create_app`); where none is in the module, the block comes behind
    the imports. A call of `load_dotenv` stays above. A module that calls init already stays as it is.
    """
    block = block_text(options, integration)
    snippet = "import os\n\nimport sentry_sdk\n\n" + block
    place = f"{path}, before the application is made"
    opened = settings.parse_for_edit(read_text(data), path, snippet, place)
    if isinstance(opened, Refused):
        return opened
    text, body, tree = opened
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    if any(isinstance(c.func, (ast.Attribute, ast.Name)) and ast.unparse(c.func) == "sentry_sdk.init" for c in calls):
        return Unchanged(f"{path} already calls sentry_sdk.init()")
    quote = settings.majority_quote(body, options.quote)
    if quote != options.quote:
        block = block.replace(options.quote, quote)
    edits = add_imports(body, tree, path, ("os", "sentry_sdk") if _uses_os(block) else ("sentry_sdk",))
    if integration is not None:
        module, written = integration
        line = f"from sentry_sdk.integrations.{module} import {written.partition('(')[0]}\n"
        edits = [(s, e, t.replace("import sentry_sdk\n", f"import sentry_sdk\n{line}")) for s, e, t in edits]
        if not any(line in t for _, _, t in edits):
            return Refused(f"{path} already imports sentry_sdk", snippet, place)
    edits.append(_placed(body, tree, names, block))
    edited = splice(body if body.endswith("\n") or not body else body + "\n", edits)
    if body and not body.endswith("\n") and edits[-1][0] < len(body):
        edited = edited.removesuffix("\n")  # the last line stays as it is
    try:
        parse_python(edited)
    except ParseError:
        return Refused(f"{path} would not parse after the edit", snippet, place)
    return Edited(text.encode(edited.replace("\n", text.newline)))


def block_text(options: InitOptions, integration: Integration | None = None) -> str:
    """Return the block alone, for a place where the file cannot be edited."""
    block = settings.block_text(options)
    if integration is None:
        return block
    return block.removesuffix(")\n") + f"    integrations=[{integration[1]}],\n)\n"


def snippet_text(options: InitOptions, integration: Integration | None = None) -> str:
    """Return the block with the imports that it needs, for a person to add."""
    head = "".join(f"import {m}\n\n" for m in settings.needed_imports(options, sdk=True)).removesuffix("\n")
    if integration is not None:
        head += f"from sentry_sdk.integrations.{integration[0]} import {integration[1].partition('(')[0]}\n"
    return f"{head}\n{block_text(options, integration)}"


def _uses_os(block: str) -> bool:
    """Return whether the block names `os`: a module with `from os import environ` is read in its own manner."""
    return any(isinstance(n, ast.Name) and n.id == "os" for n in ast.walk(ast.parse(block)))


def _placed(body: str, tree: ast.Module, names: tuple[str, ...], block: str) -> tuple[int, int, str]:
    """Return the splice of the block: above the first statement that binds a name, else behind the imports at the beginning."""
    statements = tree.body
    head = 0
    for position, statement in enumerate(statements):
        imports = isinstance(statement, (ast.Import, ast.ImportFrom)) or _is_docstring(position, statement)
        if imports and position == head:
            head = position + 1
    making = next((n for n, s in enumerate(statements) if n >= head and _makes(s, names)), None)
    at = making if making is not None else head
    loaders = [n for n, s in enumerate(statements) if _loads(s)]
    if making is None and loaders:
        at = max(at, loaders[-1] + 1)
    starts, rows = line_starts(body), body.split("\n")
    if at >= len(statements):
        end = len(body)
        lead = "" if not body else "\n" if body.endswith("\n") else "\n\n"
        return end, end, lead + block
    following = statements[at]
    decorators = getattr(following, "decorator_list", [])
    line = min([following.lineno, *(d.lineno for d in decorators)]) - 1
    while line and rows[line - 1].startswith("#"):
        line -= 1
    defines = isinstance(following, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    above = "" if line == 0 or not rows[line - 1].strip() else "\n"
    first = line
    if at and isinstance(statements[at - 1], (ast.Import, ast.ImportFrom)):
        # One empty line stands between imports and what is no function or class (https://pycqa.github.io/isort/).
        while first > 1 and not rows[first - 1].strip() and not rows[first - 2].strip():
            first -= 1
    return starts[first], starts[line], above + block + ("\n\n" if defines else "\n")


def _makes(statement: ast.stmt, names: tuple[str, ...]) -> bool:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return statement.name in names
        case ast.Assign():
            return any(isinstance(t, ast.Name) and t.id in names for t in statement.targets)
        case ast.AnnAssign():
            return isinstance(statement.target, ast.Name) and statement.target.id in names
        case ast.If() | ast.Try() | ast.With():
            return any(_makes(s, names) for s in ast.walk(statement) if isinstance(s, ast.stmt) and s is not statement)
    return False


def _loads(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    function = statement.value.func
    return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) in _LOADERS


def _is_docstring(position: int, statement: ast.stmt) -> bool:
    return position == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
