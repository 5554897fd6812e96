"""Modules that run when they are imported, each at its first use; those that cannot be followed to their end stay unknown."""

from __future__ import annotations

from checks.parsers.text import ParseError
from checks.production import core
from checks.production.core import Frame, RaisesError, TooMuchError
from checks.production.includes import Includes
from checks.production.values import Names, Unknown

_DEEPEST = 30
_OF_OTHERS = 2 / 3
"""How much of a run the modules may take that do not lead to a start of the SDK: the rest is for those that do."""


class Modules(Includes):
    """Runs modules, and keeps their scopes."""

    def module_scope(self, path: str) -> int | None:
        """Return the scope of a module, which runs at its first use."""
        if path in self.heap.modules:
            return self.heap.modules[path]
        if len(self.heap.modules) >= core.MOST_MODULES or len(self.frames) > _DEEPEST:
            return None
        self._packages(path)
        if path in self.heap.modules:
            return self.heap.modules[path]
        scope = self.heap.new(Names({}))
        self.heap.modules[path] = scope
        if not self.frames or path == self.settings_path or self.repository.matters(path):
            self._execute(path, scope)
        else:
            self._execute_beside(path, scope)
        return scope

    def _packages(self, path: str) -> None:
        """Run the packages that a module is in, which Python imports before it, where they may start the SDK."""
        folder = path.rpartition("/")[0]
        found: list[str] = []
        while folder and f"{folder}/__init__.py" in self.repository.paths:
            found.append(f"{folder}/__init__.py")
            folder = folder.rpartition("/")[0]
        for package in reversed(found):
            if package != path and package not in self.heap.modules and self.repository.matters(package):
                self.module_scope(package)

    def _execute_beside(self, path: str, scope: int) -> None:
        """Run a module for its names alone; where it is too long to be followed, none of them is known, and the run continues."""
        if path in self.too_long or (self.too_long and self.done > core.MOST_STEPS):
            self.unfinished.add(scope)
            self._blur(scope, path)
            return
        frames, catching, most = len(self.frames), len(self.catching), self.most
        self.most = int(core.MOST_STEPS * _OF_OTHERS)
        self.unfinished.add(scope)
        try:
            self._execute(path, scope)
            self.unfinished.discard(scope)
        except RaisesError:
            self.unfinished.discard(scope)
            raise
        except (TooMuchError, RecursionError):
            del self.frames[frames:], self.catching[catching:]
            self.too_long.add(path)
        finally:
            self.most = most
            # Also those that were begun by this one, where there was no room to say so in their place.
            self._blur(scope, path)

    def _blur(self, scope: int, path: str) -> None:
        if scope in self.unfinished:
            because = f"{path} is too long to be followed"
            self.heap.blur(scope, Unknown(expression=path, path=path, line=1, because=because))

    def _execute(self, path: str, scope: int) -> None:
        module = self.repository.module(path)
        if path not in self.files:
            self.files.append(path)
        if isinstance(module, ParseError):
            self.problems.append((path, module))
            self.heap.open(scope)
        if module is None or isinstance(module, ParseError):
            return
        self.frames.append(Frame(path=path, scopes=(scope,), returned=[], global_names=set()))
        guards = list(self.guards)
        try:
            how = self.run(module.tree.body)
            if how == "raise" and self.frame.raised:
                raise RaisesError(self.frame.raised)
        finally:
            self.frames.pop()
            self.guards[:] = guards
