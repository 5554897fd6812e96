"""How a module reads a variable of the environment: in its own way, where it has one, else through `os`."""

from __future__ import annotations

import ast
import builtins
import re

from msgspec import Struct

from checks.parsers.python import parse_python
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern


class Reader(Struct, frozen=True, kw_only=True):
    """A way to read a variable: `template` with the quoted name as `{}`, the module that it needs, a comment behind each read."""

    template: str
    module: str = ""
    note: str = ""

    def read(self, quoted: str) -> str:
        """Return the expression that reads a variable, whose name is given in quotes."""
        return self.template.format(quoted)


OS = Reader(template="os.environ.get({})", module="os")
ENVIRON = Reader(template="env.str({}, default=None)")
"""django-environ's and environs' own."""
DECOUPLE = Reader(template="config({}, default=None)")
GETENV = Reader(template="getenv({})")
FROM_ENVIRON = Reader(template="environ.get({})")
_SHORT = frozenset({"os.environ.get", "os.getenv", "environ.get"})
_NOQA = lazy_pattern(r"#\s*noqa\b(?!:)|#\s*noqa:[^#\n]*\bF40[1-5]\b", re.IGNORECASE)


def detect_reader(module_texts: list[str]) -> Reader:
    """Tell how the settings chain reads the environment: the last file's own imports come first.

    `module_texts` are the sources from the first to the last imported; only names that are in effect at the end count.
    """
    last = _parsed(module_texts[-1])
    own = _own_name(last) if last is not None else None
    if own is not None:
        return Reader(template=own + "({})")
    credentials = _credentials(last, module_texts) if last is not None else None
    if credentials is not None:
        return Reader(template=credentials + ".get_credential({})")
    for source in reversed(module_texts):
        tree = _parsed(source)
        if tree is None:
            continue
        imported = _imported(tree)
        if {"environ", "environs"} & {module.partition(".")[0] for module, _ in imported} and _makes_env(tree):
            return _seen(last, module_texts[-1], source, "env", ENVIRON)
        if ("decouple", "config") in imported:
            return _seen(last, module_texts[-1], source, "config", DECOUPLE)
        if source is module_texts[-1]:
            short = {("os", ""): OS, ("os", "environ"): FROM_ENVIRON, ("os", "getenv"): GETENV}
            own_reader = next((reader for named, reader in short.items() if named in imported), None)
            if own_reader is not None:
                return own_reader
    return OS


def _parsed(text: str) -> ast.Module | None:
    try:
        return parse_python(text)
    except ParseError:
        return None


def _imported(tree: ast.Module) -> set[tuple[str, str]]:
    """Return what a module imports at its top under its own name: `(module, name)`, or `(module, "")` for the module itself."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {(a.name, "") for a in node.names if a.asname is None or "environ" in a.name}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {(node.module or "", a.name) for a in node.names if a.asname is None}
    return found


def _makes_env(tree: ast.Module) -> bool:
    """Return whether a module makes `env` by calling a class of environ or environs: `env = environ.Env()`."""
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        named = any(isinstance(t, ast.Name) and t.id == "env" for t in targets)
        if named and isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Env"):
            return True
    return False


def _own_name(tree: ast.Module) -> str | None:
    """Return the name that a module gives the standard library's reader by an assignment, and calls: `env = os.environ.get`."""
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.value) in _SHORT:
            names = [t.id for t in statement.targets if isinstance(t, ast.Name)]
            found = next((n for n in names if n in called and stored.count(n) == 1), None)
            if found is not None:
                return found
    return None


def _credentials(tree: ast.Module, texts: list[str]) -> str | None:
    """Return the name that a module has for cfenv's `AppEnv`, where the settings take credentials from it.

    https://github.com/cloudfoundry-community/cf-python-cfenv
    """
    if not any("cfenv" in text for text in texts):
        return None
    bound = _at_top(tree)
    for module in (m for text in texts if "get_credential(" in text and (m := _parsed(text)) is not None):
        for node in ast.walk(module):
            function = node.func if isinstance(node, ast.Call) else None
            if isinstance(function, ast.Attribute) and function.attr == "get_credential":
                name = ast.unparse(function.value)
                if name in bound:
                    return name
    return None


def _seen(tree: ast.Module | None, text: str, source: str, name: str, reader: Reader) -> Reader:
    """Return a reader as the last file may use its name: bound in its own text, or brought by a star import.

    A name that only running brings (the `include()` of split_settings) is one that linters call undefined (F821). Where linters see
    the file (`# noqa: F403`), a name from a star import is one of their findings (F405): it gets the comment that the file's other
    ones have, and is not used where there are none.
    """
    if tree is None:
        return reader
    imported = {a.asname or a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
    if name in imported or source == text:
        return reader
    rows = text.split("\n")
    stars = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
    if not stars or name in _at_top(tree):
        return OS  # nothing in the text binds it, or to something else
    if not any(_NOQA.search(rows[(n.end_lineno or n.lineno) - 1]) for n in stars):
        return reader
    if any(re.search(r"#\s*noqa:[^#\n]*\bF405\b", row) for row in rows):
        return Reader(template=reader.template, note="  # noqa: F405")
    return reader if _unbound(tree) else OS


def _at_top(tree: ast.Module) -> set[str]:
    """Return the names that a module binds itself, outside of its functions and classes."""
    found: set[str] = set()
    inside: list[ast.AST] = list(tree.body)
    while inside:
        node = inside.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        inside += ast.iter_child_nodes(node)
    return found


def _bound(tree: ast.Module) -> set[str]:
    found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def _unbound(tree: ast.Module) -> set[str]:
    """Return the names that a module takes from its star imports."""
    loaded = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return loaded - _bound(tree) - set(dir(builtins)) - {"__file__", "__name__"}
