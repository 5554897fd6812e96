"""Python modules as located facts, by `ast` alone: nothing of the repository is imported or run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct, field

from checks.parsers.flow import walk
from checks.parsers.position import Line, line_of
from checks.parsers.text import ParseError


class InitCall(Struct, frozen=True, kw_only=True):
    """A call of `sentry_sdk.init`: where it stands, its keyword values, and under which conditions it runs.

    `guards` are the source texts of enclosing `if` tests (negated for `else`), `function` the name of the enclosing
    function (None at module level), `owner` the class around it. `star` says that it takes `**options`, `star_known` that
    all of these are in `keywords`.
    """

    line: int
    keywords: dict[str, ast.expr]
    guards: tuple[str, ...]
    function: str | None
    owner: str | None
    star: bool
    after_return: bool = False
    star_known: bool = True


class ImportStatement(Struct, frozen=True, kw_only=True):
    """`from module import *`, or an import that runs a module: dotted name with its relative level.

    `optional` says that the code continues without the module (`try: … except ImportError`, `suppress(ImportError)`).
    """

    module: str
    level: int
    names: tuple[str, ...]
    line: int
    optional: bool = False


class Module(Struct, kw_only=True, dict=True):
    """What a module says: its tree, imports, top-level assignments (the last wins), init calls and called names."""

    tree: ast.Module
    imports: list[ImportStatement] = field(default_factory=list)
    assignments: dict[str, ast.expr] = field(default_factory=dict)
    init_calls: list[InitCall] = field(default_factory=list)
    called: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree in source order of its levels, walked once: many checks look through the same module."""
        return tuple(walk(self.tree))


def parse_python(text: str) -> ast.Module:
    """Parse a module, also one that is written for a newer Python than this one. Raises `ParseError` with the line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return _parse(text)
            except SyntaxError as error:
                return _newer(text, error)
    except SyntaxError as error:
        line = Line(error.lineno, column=error.offset) if error.lineno else None
        raise ParseError(f"not Python: {error.msg}", line) from error
    except (ValueError, RecursionError, MemoryError, SystemError) as error:
        raise ParseError(f"not Python: {error.__class__.__name__}") from error


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SystemError:
        # A collection in the middle of the conversion may upset its depth count (https://github.com/python/cpython/issues/106905).
        return ast.parse(text)


def _newer(text: str, error: SyntaxError) -> ast.Module:
    """Read a text that this Python refuses as a newer one does. Raises the error where that is no Python either."""
    from checks.parsers.python_newer import parse_newer
    from checks.parsers.python_strings import NotPythonError

    try:
        return parse_newer(text, _parse)
    except (NotPythonError, SyntaxError):
        raise error from None


def read_module(text: str) -> Module:
    """Read a module's facts. Raises `ParseError`."""
    tree = parse_python(text)
    module = Module(tree=tree)
    sdk_names, init_names = {"sentry_sdk"}, set()
    # Most modules do not start the SDK; their functions need no second look.
    uses_sdk = "sentry_sdk" in text and re.search(r"\binit\b", text) is not None
    for node in module.nodes if uses_sdk else ():
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "sentry_sdk" and alias.asname:
                    sdk_names.add(alias.asname)
        elif isinstance(node, ast.ImportFrom) and node.module in ("sentry_sdk", "sentry_sdk.api") and not node.level:
            init_names |= {a.asname or a.name for a in node.names if a.name == "init"}
    try:
        _Reader(module, sdk_names, init_names, uses_sdk=uses_sdk).visit_body(tree.body, (), None, None)
    except RecursionError as error:
        raise ParseError("nested too deeply") from error
    return module


class _Reader:
    """Walks statements in order, keeping the conditions under which each runs."""

    def __init__(self, module: Module, sdk_names: set[str], init_names: set[str], *, uses_sdk: bool) -> None:
        self.module, self.sdk_names, self.init_names, self.uses_sdk = module, sdk_names, init_names, uses_sdk
        self.optional = False

    def visit_body(
        self, body: list[ast.stmt], guards: tuple[str, ...], function: str | None, owner: str | None
    ) -> None:
        ended = False
        for statement in body:
            self.visit(statement, guards, function, owner, ended)
            ended = ended or isinstance(statement, (ast.Return, ast.Raise))

    def visit(
        self, node: ast.stmt, guards: tuple[str, ...], function: str | None, owner: str | None, ended: bool
    ) -> None:
        match node:
            case ast.If():
                self.expressions(node.test, guards, function, owner, ended)
                test = ast.unparse(node.test)
                self.visit_body(node.body, (*guards, test), function, owner)
                self.visit_body(node.orelse, (*guards, f"not ({test})"), function, owner)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if owner is None:
                    self.module.functions[node.name] = line_of(node)
                if self.uses_sdk:
                    self.visit_body(node.body, guards, node.name, owner)
            case ast.ClassDef():
                self.visit_body(node.body, guards, function, node.name)
            case ast.Try() | ast.With() | ast.For() | ast.While() | ast.AsyncWith() | ast.AsyncFor():
                for name in ("items", "iter", "test"):
                    for part in walk(getattr(node, name)) if isinstance(getattr(node, name, None), ast.expr) else ():
                        self.expressions(part, guards, function, owner, ended) if isinstance(part, ast.Call) else None
                outside, self.optional = self.optional, self.optional or _may_miss_modules(node)
                self.visit_body(node.body, guards, function, owner)
                self.optional = outside
                for name in ("orelse", "finalbody"):
                    self.visit_body(getattr(node, name, []), guards, function, owner)
                for handler in getattr(node, "handlers", []):
                    self.visit_body(handler.body, (*guards, "an exception was raised"), function, owner)
            case ast.Match():
                for case in node.cases:
                    self.visit_body(case.body, (*guards, f"{ast.unparse(node.subject)} matches"), function, owner)
            case ast.ImportFrom() | ast.Import():
                if function is None:
                    self.imports(node)
            case _:
                if function is None and owner is None:
                    self.assignment(node)
                self.expressions(node, guards, function, owner, ended)

    def imports(self, node: ast.ImportFrom | ast.Import) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.module.imports.append(
                    ImportStatement(module=alias.name, level=0, names=(), line=line_of(node), optional=self.optional)
                )
        else:
            names = tuple(a.asname or a.name for a in node.names)
            self.module.imports.append(
                ImportStatement(
                    module=node.module or "", level=node.level, names=names, line=line_of(node), optional=self.optional
                )
            )

    def assignment(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self.module.assignments[target.id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            self.module.assignments[node.target.id] = node.value

    def expressions(
        self, node: ast.AST, guards: tuple[str, ...], function: str | None, owner: str | None, ended: bool
    ) -> None:
        for part in walk(node):
            if isinstance(part, ast.NamedExpr) and isinstance(part.target, ast.Name) and function is None:
                self.module.assignments[part.target.id] = part.value
            if not isinstance(part, ast.Call):
                continue
            if self.is_init(part.func):
                keywords = {k.arg: k.value for k in part.keywords if k.arg}
                positional = [a for a in part.args if not isinstance(a, ast.Starred)]
                if positional:
                    keywords.setdefault("dsn", positional[0])
                stars = any(k.arg is None for k in part.keywords)
                self.module.init_calls.append(
                    InitCall(
                        line=line_of(part),
                        keywords=keywords,
                        guards=guards,
                        function=function,
                        owner=owner,
                        star=stars,
                        after_return=ended,
                        star_known=not stars,
                    )
                )
            elif function is None and isinstance(part.func, (ast.Name, ast.Attribute)):
                name = part.func.id if isinstance(part.func, ast.Name) else part.func.attr
                self.module.called.setdefault(name, line_of(part))

    def is_init(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Name):
            return function.id in self.init_names
        return (
            isinstance(function, ast.Attribute)
            and function.attr == "init"
            and isinstance(function.value, ast.Name)
            and function.value.id in self.sdk_names
        )


def _may_miss_modules(node: ast.stmt) -> bool:
    """Return whether a block continues when a module it imports is not there."""
    if isinstance(node, ast.Try):
        return any(
            h.type is None or re.search(r"ImportError|ModuleNotFound|Exception", ast.unparse(h.type))
            for h in node.handlers
        )
    return isinstance(node, ast.With) and any("suppress" in ast.unparse(i.context_expr) for i in node.items)


def settings_defaults(text: str) -> Iterator[tuple[str, int]]:
    """Yield `(module, line)` for each literal `os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)` or assignment."""
    if "DJANGO_SETTINGS_MODULE" not in text:
        return
    try:
        tree = parse_python(text)
    except ParseError:
        return
    for node in walk(tree):
        if isinstance(node, ast.Call) and len(node.args) > 1:
            key, value = node.args[0], node.args[1]
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name == "setdefault" and isinstance(key, ast.Constant) and key.value == "DJANGO_SETTINGS_MODULE":
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value, line_of(node)
                elif isinstance(value, ast.Call) and len(value.args) > 1 and isinstance(value.args[1], ast.Constant):
                    yield str(value.args[1].value), line_of(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key = node.targets[0].slice
            value = node.value
            if (
                isinstance(key, ast.Constant)
                and key.value == "DJANGO_SETTINGS_MODULE"
                and isinstance(value, ast.Constant)
            ):
                yield str(value.value), line_of(node)
