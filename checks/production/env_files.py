"""Env files that the code loads: one that is tracked, and that production has, gives the variables that nothing declares.

Sources: https://pypi.org/project/python-dotenv/, https://django-environ.readthedocs.io/en/latest/quickstart.html,
https://github.com/sloria/environs#reading-env-files
"""

from __future__ import annotations

import ast
import posixpath

from msgspec.structs import replace

from checks.parsers.dotenv import parse_dotenv
from checks.production.environ import Named
from checks.production.environment import is_dsn_name
from checks.production.paths import Paths
from checks.production.values import Binding, Known, Reader, Stored, Value

_LOADING = {
    "dotenv.load_dotenv": True,
    "dotenv.main.load_dotenv": True,
    "dotenv.read_dotenv": False,
    "environ.Env.read_env": False,
    "environ.FileAwareEnv.read_env": False,
}
"""Functions that load an env file, with whether they search for one in the folders above their module."""
_FINDING = frozenset({"dotenv.find_dotenv", "dotenv.main.find_dotenv"})
_PATHS = ("dotenv_path", "dotenv", "env_file", "path")
_OVERRIDING = ("override", "overwrite")


class EnvFiles(Paths):
    """Loads env files."""

    def _external(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        if name in _FINDING:
            found = self._searched(up=True)
            return Stored(found) if found is not None and not given and not named else self.unknown(node)
        if name in _LOADING:
            self._load(given, named, up=_LOADING[name])
            return self.unknown(node)
        if name in ("os.path.exists", "os.path.isfile") and given:
            return self._is_there(given[0].value, node)
        return super()._external(name, node, given, named)

    def _read(self, reader: Reader, method: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        if method == "read_env":
            self._load(given, named, up=reader.kind == "environs")
            return self.unknown(node)
        return super()._read(reader, method, node, given, named)

    def _path_method(self, owner: Stored, name: str, values: list[Value], node: ast.AST) -> Value:
        if name in ("exists", "is_file") and not values:
            return self._is_there(owner, node)
        return super()._path_method(owner, name, values, node)

    def _is_there(self, value: Value, node: ast.AST) -> Value:
        """Return whether production has a file; one that no commit has may be there all the same."""
        stored = self.stored(value)
        there = stored is not None and stored.path in self.repository.paths and self.repository.present(stored.path)
        return Known(True) if there else self.unknown(node)

    def _searched(self, *, up: bool) -> str | None:
        """Return the `.env` beside the module that runs, or in the nearest folder above it."""
        folder = posixpath.dirname(self.frame.path)
        while True:
            path = posixpath.join(folder, ".env")
            if path in self.repository.paths:
                return path
            if not folder or not up:
                return None
            folder = posixpath.dirname(folder)

    def _load(self, given: list[Binding], named: Named, *, up: bool) -> None:
        """Give the variables of an env file that is surely loaded; of another one it stays open what it gives."""
        asked = given[0] if given else next((named[k] for k in _PATHS if k in named), None)
        searched = asked is None or asked.value == Known(None)
        stored = None if asked is None or searched else self.stored(asked.value)
        path = self._searched(up=up) if searched else stored.path if stored is not None else None
        if path is None or path not in self.repository.paths or not self.repository.present(path):
            return
        if self.shadows or any(g.truth is not True for g in self.guards):
            return
        overriding = next((named[k] for k in _OVERRIDING if k in named), None)
        overrides = self.truth(overriding.value) if overriding is not None else False
        for variable in parse_dotenv(self.repository.text(path) or ""):
            name, text = variable.name, variable.value
            if text is None or "$" in text or is_dsn_name(name):
                continue
            if overrides:
                self.heap.set(self.overlay, name, Binding(Known(text), None, path))
            elif overrides is False:
                self.environment = replace(self.environment, loaded={name: (text, path), **self.environment.loaded})
