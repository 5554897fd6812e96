"""Imports, in the process of a worker, the modules that its application names."""

from __future__ import annotations

import ast

from checks.backends.debugging import MADE, DebuggingMachine
from checks.backends.entry import Entry
from checks.backends.loaded import DISCOVER, KEYWORDS, discovered
from checks.production.heap import texts
from checks.production.values import Binding, External


class LoadingMachine(DebuggingMachine):
    """Notes what an application of Celery names, and imports it."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self.loaded: list[str] = []

    def note_named(self, name: str, given: list[Binding], named: dict[str, Binding]) -> None:
        """Note the modules that an application of Celery names for its workers to import."""
        if any(g.truth is False for g in self.guards):
            return
        lists = [named[k].value for k in KEYWORDS if k in named]
        self.loaded += [t for v in lists for t in texts(self.heap, v)]
        if name == f".{DISCOVER}":
            self.loaded += [discovered(t) for b in given[:1] for t in texts(self.heap, b.value)]

    def assign(self, target: ast.expr, bound: Binding) -> None:
        """Bind a target of an assignment; modules that the configuration of an application names are noted."""
        match target:
            case ast.Attribute(value=ast.Attribute(value=owner, attr="conf"), attr="imports" | "include"):
                made = self.evaluate(owner)
                if isinstance(made, External) and made.name.endswith(MADE):
                    self.note_named("", [], {target.attr: bound})
        super().assign(target, bound)

    def import_named(self, entry: Entry) -> None:
        """Import what the application of a worker names."""
        for name in self.loaded if entry.framework == "celery" else ():
            path = self.repository.find(entry.path, name, 0)
            if path is not None and self.repository.matters(path):
                self._guarded(lambda p=path: self.module_scope(p))
