"""The env files that a backend's own code loads: the calls that load one, and how the path that each is given ends.

Sources: https://pypi.org/project/python-dotenv/, https://django-environ.readthedocs.io/en/latest/quickstart.html,
https://github.com/sloria/environs#reading-env-files, https://github.com/HBNetwork/python-decouple#how-does-it-work,
https://docs.pydantic.dev/latest/concepts/pydantic_settings/#dotenv-env-support
"""

from __future__ import annotations

import ast
import posixpath

from msgspec import Struct
from msgspec.structs import replace

from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.facts import Facts, inside, parent
from checks.repository.index_terms import LOADER_TERMS
from checks.repository.path_words import Purpose, purposes
from checks.repository.text_index import word_index

_CALLS = frozenset({"load_dotenv", "read_dotenv", "read_env", "dotenv_values"})
"""Functions that load one: python-dotenv, django-dotenv, django-environ and environs."""
_PATHS = ("dotenv_path", "env_file", "path", "dotenv")
_MODULES = frozenset({"decouple", "dynaconf"})
"""Packages that search for a `.env` themselves."""
_JOINS = frozenset(
    {"join", "joinpath", "path", "str", "Path", "abspath", "realpath", "resolve", "absolute", "fspath", "normpath"}
)
_MAX_FILES = 40


class Loader(Struct, frozen=True, kw_only=True):
    """A call that loads an env file; `ending` is what is known of its path, None where it searches for a `.env`, "" for any.

    A `whole` one is the file's path in the repository. A `switch` is the variable without which the call is skipped. One that
    `exports` puts what it reads into the process's environment; a class of settings keeps it for its own fields.
    """

    path: str
    line: int
    ending: str | None
    whole: bool = False
    switch: str = ""
    exports: bool = True

    def reads(self, file: str) -> bool:
        """Return whether the call may read a file of the repository."""
        if self.ending is None:
            # It searches from the folder of the module up.
            return posixpath.basename(file) == ".env" and inside(self.path, parent(file))
        if self.whole:
            return file == self.ending
        return not self.ending or file == self.ending or file.endswith("/" + self.ending)


class _Path(Struct, frozen=True):
    """A path as far as it is written: its text, and whether that begins at the repository's root."""

    text: str
    whole: bool = False

    def joined(self, other: str) -> _Path:
        return _Path(posixpath.join(self.text, other), self.whole and not other.startswith("/"))

    def above(self, levels: int) -> _Path | None:
        """Return a folder above; None where nothing of it is known."""
        parts = self.text.split("/") if self.text not in ("", ".") else []
        return _Path("/".join(parts[: len(parts) - levels]), True) if self.whole and levels <= len(parts) else None


def loaders(facts: Facts, root: str) -> tuple[Loader, ...]:
    """Return what the code of a backend loads env files with; a call that is switched off unless a file says so is none."""
    return facts.memoize(loaders, root, lambda: tuple(_loaders(facts, root)))


def _loaders(facts: Facts, root: str) -> list[Loader]:
    found: list[Loader] = []
    for path in _python_files(facts, root):
        module = facts.python(path)
        if not isinstance(module, Module):
            continue
        switched = _switched(module.tree)
        for node in module.nodes:
            if isinstance(node, ast.Call):
                found += _of_call(node, _Source(path, module.tree), switched.get(node, ""))
            elif (files := _configured(node)) is not None:
                found += _of_class(files, _Source(path, module.tree), line_of(node))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                named = [getattr(node, "module", None) or "", *(a.name for a in node.names)]
                if any(n.partition(".")[0] in _MODULES for n in named[: 1 if named[0] else None]):
                    found.append(Loader(path=path, line=line_of(node), ending=None))
    return [f for f in found if not f.switch or _is_named(facts, f.switch)]


def _is_named(facts: Facts, switch: str) -> bool:
    """Return whether any file but code names a variable: a compose file, an env file, a script, a document."""
    return bool(facts.holding((switch,), (p for p in facts.paths if not p.endswith(".py"))))


def _switched(tree: ast.Module) -> dict[ast.AST, str]:
    """Return the nodes under an `if` whose condition is a variable of the environment that is off by default, each with its name."""
    found: dict[ast.AST, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and (name := _off_by_default(node.test, tree)):
            found |= {inner: name for statement in node.body for inner in ast.walk(statement)}
    return found


def _off_by_default(node: ast.expr, tree: ast.Module) -> str:
    if isinstance(node, ast.Name):
        bound = _bound(tree, node.id)
        return _off_by_default(bound, tree) if bound is not None and not isinstance(bound, ast.Name) else ""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return ""
    default = next((k.value for k in node.keywords if k.arg == "default"), node.args[1] if len(node.args) > 1 else None)
    off = isinstance(default, ast.Constant) and default.value in (False, None, "", "False", "false", "0")
    return str(node.args[0].value) if off else ""


class _Source(Struct, frozen=True):
    """A module: its path and what it is written of."""

    path: str
    tree: ast.Module


def _of_call(node: ast.Call, source: _Source, switch: str) -> list[Loader]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = next((k.value for k in node.keywords if k.arg in _PATHS), None)
    if name in _CALLS:
        return [_loader(given or next(iter(node.args), None), source, line_of(node), switch)]
    named = next((k.value for k in node.keywords if k.arg == "env_file"), None)
    return _of_class(named, source, line_of(node)) if named is not None else []


def _of_class(named: ast.expr, source: _Source, line: int) -> list[Loader]:
    """Return the env files that a class of settings fills its fields from."""
    if isinstance(named, ast.Constant) and named.value is None:
        return []
    files = list(named.elts) if isinstance(named, (ast.Tuple, ast.List)) else [named]
    return [replace(_loader(file, source, line, ""), exports=False) for file in files]


def _configured(node: ast.AST) -> ast.expr | None:
    """Return the `env_file` of a class's configuration: a key of `model_config`, or a name in its `class Config`."""
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return next((v for k, v in pairs if isinstance(k, ast.Constant) and k.value == "env_file"), None)
    if isinstance(node, ast.ClassDef) and node.name == "Config":
        bound = [s for s in node.body if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)]
        return next((s.value for s in bound if getattr(s.targets[0], "id", "") == "env_file"), None)
    return None


def _loader(file: ast.expr | None, source: _Source, line: int, switch: str) -> Loader:
    searched = isinstance(file, ast.Call) and ast.unparse(file.func).rpartition(".")[2] == "find_dotenv"
    if file is None or (isinstance(file, ast.Call) and searched and not file.args):
        return Loader(path=source.path, line=line, ending=None, switch=switch)
    read = _read(file, source)
    if read is not None and read.whole and "\0" not in read.text:
        return Loader(path=source.path, line=line, ending=posixpath.normpath(read.text), whole=True, switch=switch)
    # One that climbs (`../.env`) is known from where it stops climbing.
    ending = posixpath.normpath("/" + (read.text if read is not None else "").rpartition("\0")[2]).lstrip("/")
    return Loader(path=source.path, line=line, ending=ending, switch=switch)


def _read(node: ast.expr, source: _Source, depth: int = 0) -> _Path | None:
    """Return a path with a zero byte for each part that is not known; None where nothing of it is."""
    if depth > 12:
        return None
    if isinstance(node, ast.Constant):
        return _Path(node.value) if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        if node.id == "__file__":
            return _Path(source.path, True)
        bound = _bound(source.tree, node.id)
        return _read(bound, source, depth + 1) if bound is not None else None
    if isinstance(node, ast.Attribute):
        inner = _read(node.value, source, depth + 1) if node.attr == "parent" else None
        return inner.above(1) if inner is not None else None
    if isinstance(node, ast.Subscript):
        # `Path(__file__).parents[2]`
        levels = node.slice.value if isinstance(node.slice, ast.Constant) else None
        parents = isinstance(node.value, ast.Attribute) and node.value.attr == "parents"
        inner = (
            _read(node.value.value, source, depth + 1) if isinstance(node.value, ast.Attribute) and parents else None
        )
        return inner.above(levels + 1) if inner is not None and isinstance(levels, int) else None
    if isinstance(node, ast.BinOp):
        return _operated(node, source, depth)
    if isinstance(node, ast.JoinedStr):
        parts = [v.value if isinstance(v, ast.Constant) and isinstance(v.value, str) else "\0" for v in node.values]
        return _Path("".join(parts))
    return _called(node, source, depth) if isinstance(node, ast.Call) else None


def _operated(node: ast.BinOp, source: _Source, depth: int) -> _Path | None:
    left, right = _read(node.left, source, depth + 1), _read(node.right, source, depth + 1)
    if isinstance(node.op, ast.Sub):
        # `environ.Path(__file__) - 3`
        levels = node.right.value if isinstance(node.right, ast.Constant) else None
        return left.above(levels) if left is not None and isinstance(levels, int) else None
    if right is None or not isinstance(node.op, (ast.Div, ast.Add)):
        return None
    left = left or _Path("\0")
    return left.joined(right.text) if isinstance(node.op, ast.Div) else _Path(left.text + right.text, left.whole)


def _called(node: ast.Call, source: _Source, depth: int) -> _Path | None:
    """Return the path that a call joins, or the default of the variable that it reads a path from."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    default = next((k.value for k in node.keywords if k.arg == "default"), None)
    if name in ("get", "getenv", "str", "env") and (default is not None or len(node.args) == 2):
        return _read(default if default is not None else node.args[1], source, depth + 1)
    given = [_read(a, source, depth + 1) for a in node.args]
    start = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    own = _read(start, source, depth + 1)
    if name == "dirname" and len(given) == 1:
        return given[0].above(1) if given[0] is not None else None
    if name in _JOINS and not given:
        return own
    if own is None and name in _JOINS:
        own, given = given[0], given[1:]
        own = own if own is not None or not given else _Path("\0")
    elif own is None and given and given[-1] is not None:
        own = _Path("\0")  # `root(".env")`: an object that is called with what to join
    for part in given if own is not None else ():
        own = own.joined(part.text if part is not None else "\0") if own is not None else None
    return own


def _bound(tree: ast.Module, name: str) -> ast.expr | None:
    """Return what a module binds a name to, where it does that once."""
    found = [
        s.value
        for s in tree.body
        if isinstance(s, (ast.Assign, ast.AnnAssign))
        for t in (s.targets if isinstance(s, ast.Assign) else [s.target])
        if isinstance(t, ast.Name) and t.id == name
    ]
    return found[0] if len(found) == 1 else None


def _python_files(facts: Facts, root: str) -> list[str]:
    holding = (p for p in word_index(facts).files_containing(*LOADER_TERMS) if p.endswith(".py") and inside(p, root))
    within = [p for p in holding if Purpose.TEST not in purposes(parent(p))]
    return sorted(within, key=lambda p: p.count("/"))[:_MAX_FILES]
