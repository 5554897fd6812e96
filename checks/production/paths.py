"""Paths of the repository's own files, by `os.path` and `pathlib`, and what code does with such a file: open, read, run.

Where the repository is on a host is not known: a path is one of the repository, and no text.

Sources: https://docs.python.org/3/library/pathlib.html, https://docs.python.org/3/library/os.path.html,
https://django-environ.readthedocs.io/en/latest/api.html#environ.Path
"""

from __future__ import annotations

import ast
import posixpath

from checks.parsers.text import ParseError
from checks.production.calls import Calls
from checks.production.core import Frame
from checks.production.environ import Named
from checks.production.values import (
    Binding,
    Items,
    Known,
    Method,
    Names,
    Ref,
    Stored,
    Value,
)

_PATHS = frozenset(
    {"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "environ.Path", "environ.environ.Path", "path.Path"}
)
"""Classes of paths."""
_SAME = frozenset(
    f"os.path.{name}" for name in ("abspath", "realpath", "normpath", "expanduser", "expandvars", "normcase")
) | {"os.fspath", "builtins.str"}
_SAME_METHODS = frozenset({"resolve", "absolute", "expanduser", "as_posix", "__str__", "__fspath__"})
"""What leaves a path the path of that file."""
_OPENING = frozenset({"builtins.open", "io.open", "codecs.open"})
_TEXTS = frozenset({"read", "read_text", "read_bytes", "decode", "encode"})
_JOINING = frozenset({"joinpath", "path", "__call__", "file"})


class Paths(Calls):
    """Evaluates paths of the repository, and runs the files that code reads and executes."""

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """Return an attribute of a value."""
        if not isinstance(owner, Stored) or owner.form != "path":
            return super().attribute(owner, name, node)
        base = posixpath.basename(owner.path)
        match name:
            case "parent":
                return self._above(owner, 1, node)
            case "parents":
                above = [self._above(owner, n, node) for n in range(1, owner.path.count("/") + 2)]
                return Ref(
                    self.heap.new(Items("tuple", tuple(Binding(v, None, self.frame.path) for v in above), open=True))
                )
            case "name" | "stem" | "suffix":
                stem, suffix = posixpath.splitext(base)
                return Known({"name": base, "stem": stem, "suffix": suffix}[name])
        return Method(owner, name)

    def _above(self, owner: Stored, levels: int, node: ast.AST) -> Value:
        path = owner.path
        for _ in range(levels):
            if path == ".":
                return self.unknown(node)
            path = posixpath.dirname(path) or "."
        return Stored(path)

    def _joined_path(self, owner: Stored, parts: list[Value], node: ast.AST) -> Value:
        """Return a path below another; one that is absolute, or leads out of the repository, is not followed."""
        texts = [part.value if (part := self.plain(v)) is not None else None for v in parts]
        names = [t for t in texts if isinstance(t, str)]
        path = posixpath.normpath(posixpath.join(owner.path, *names))
        if len(names) < len(texts) or any(t.startswith("/") for t in names) or path.startswith(".."):
            return self.unknown(node, self.reason(*parts))
        return Stored(path)

    def stored(self, value: Value) -> Stored | None:
        """Return the path of the repository that a value is; a relative text is one from where the server starts, if a file is there."""
        if isinstance(value, Stored):
            return value
        plain = self.plain(value)
        text = plain.value if plain is not None and isinstance(plain.value, str) else ""
        if not text or text.startswith(("/", "~")):
            return None
        folders = dict.fromkeys((self.repository.root, "."))
        found = {p for f in folders if (p := posixpath.normpath(posixpath.join(f, text))) in self.repository.paths}
        return Stored(found.pop()) if len(found) == 1 else None

    def _external(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        first = given[0].value if given else None
        if first is not None and name in _OPENING and (stored := self.stored(first)) is not None:
            return Stored(stored.path, "file")
        if name == "runpy.run_path" and first is not None and (stored := self.stored(first)) is not None:
            return self._run_path(stored.path, node)
        if isinstance(first, Stored):
            if name == "builtins.compile":
                return first
            if name in _PATHS or name == "os.path.join":
                return self._joined_path(first, [b.value for b in given[1:]], node) if len(given) > 1 else first
            if name in _SAME:
                return first
            if name == "os.path.dirname":
                return self._above(first, 1, node)
            if name == "os.path.basename":
                return Known(posixpath.basename(first.path))
        elif name in _PATHS and first is not None and self.plain(first) is not None:
            stored = self.stored(first)
            return stored if stored is not None else self.unclear(node, given, named)
        return super()._external(name, node, given, named)

    def call(self, called: Value, node: ast.Call, given: list[Binding], named: Named) -> Value:
        """Return what a call gives; an object of a path is called with what to join (`root(".env")`)."""
        if isinstance(called, Stored) and called.form == "path":
            return self._joined_path(called, [b.value for b in given], node)
        return super().call(called, node, given, named)

    def _method(self, called: Method, node: ast.Call, given: list[Binding], named: Named) -> Value:
        owner = called.owner
        if not isinstance(owner, Stored):
            return super()._method(called, node, given, named)
        if owner.form != "path":
            return Stored(owner.path, "text") if called.name in _TEXTS else self.unknown(node)
        return self._path_method(owner, called.name, [b.value for b in given], node)

    def _path_method(self, owner: Stored, name: str, values: list[Value], node: ast.AST) -> Value:
        if name in _SAME_METHODS:
            return owner
        if name in _JOINING:
            return self._joined_path(owner, values, node)
        if name in ("with_name", "with_suffix") and len(values) == 1:
            return self._renamed(owner, name, values[0], node)
        if name == "open" or name in _TEXTS:
            return Stored(owner.path, "file" if name == "open" else "text")
        if name == "endswith" and len(values) == 1:
            end = self.plain(values[0])
            if end is not None and isinstance(end.value, str) and len(end.value) <= len(owner.path):
                return Known(owner.path.endswith(end.value))
        return self.unknown(node)

    def _renamed(self, owner: Stored, how: str, value: Value, node: ast.AST) -> Value:
        plain = self.plain(value)
        if plain is None or not isinstance(plain.value, str):
            return self.unknown(node)
        folder = posixpath.dirname(owner.path)
        name = (
            plain.value if how == "with_name" else posixpath.splitext(posixpath.basename(owner.path))[0] + plain.value
        )
        return Stored(posixpath.join(folder, name))

    def compared(self, name: str, left: Value, right: Value, node: ast.expr) -> Value:
        """Return what a comparison of two values gives: a path's end is known, not where it begins on a host."""
        if isinstance(right, Stored) and name in ("in", "not in"):
            plain = self.plain(left)
            within = right.form == "path" and plain is not None and str(plain.value) in right.path
            return Known(name == "in") if within else self.unknown(node)
        return super().compared(name, left, right, node)

    def operated(self, node: ast.BinOp, left: Value, right: Value) -> Value:
        """Return what an operator makes of two values: of a path and a text a path."""
        if not isinstance(left, Stored) or left.form != "path":
            return super().operated(node, left, right)
        plain = self.plain(right)
        if isinstance(node.op, ast.Div):
            return self._joined_path(left, [right], node)
        if isinstance(node.op, ast.Sub) and plain is not None and isinstance(plain.value, int):
            return self._above(left, plain.value, node)
        if isinstance(node.op, ast.Add) and plain is not None and isinstance(plain.value, str):
            path = posixpath.normpath(left.path + plain.value if left.path != "." else "." + plain.value)
            return Stored(path) if not path.startswith("..") else self.unknown(node)
        return self.unknown(node, self.reason(right))

    def joined_from(self, node: ast.JoinedStr, start: Value | None) -> Value:
        """Return the text of an f-string, or the path that one makes which begins with a path."""
        if not isinstance(start, Stored) or start.form != "path":
            return super().joined_from(node, start)
        rest = self.plain(super().joined(ast.copy_location(ast.JoinedStr(values=node.values[1:]), node)))
        path = posixpath.normpath(start.path + str(rest.value)) if rest is not None else ".."
        return Stored(path) if not path.startswith("..") else self.unknown(node)

    def _exec(self, node: ast.Call, given: list[Binding]) -> Value:
        """Run a text; that of a file of the repository runs as a module does that is taken in."""
        code = given[0].value
        if not isinstance(code, Stored) or code.path not in self.repository.paths:
            return super()._exec(node, given)
        into = given[1].value if len(given) > 1 else None
        self.take_in(code.path, into.cell if isinstance(into, Ref) else self.frame.scopes[-1])
        return Known(None)

    def _run_path(self, path: str, node: ast.Call) -> Value:
        if path not in self.repository.paths:
            return self.unknown(node)
        scope = self.heap.new(Names({}))
        self.take_in(path, scope)
        return Ref(scope)

    def take_in(self, path: str, scope: int) -> None:
        """Run a file of the repository in a scope: its names are there then, as if it stood in the module that runs it."""
        module = self.repository.module(path)
        if module is None or path in (f.path for f in self.frames[:-1]):
            return
        if path not in self.files:
            self.files.append(path)
        if isinstance(module, ParseError):
            self.problems.append((path, module))
            self.heap.open(scope)
            return
        self.frames.append(Frame(path=path, scopes=(scope,), returned=[], global_names=set()))
        try:
            self.run(module.tree.body)
        finally:
            self.frames.pop()
