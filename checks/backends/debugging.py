"""Switches of debugging that a server's run of an entry comes upon: keywords, attributes, and DEBUG of a configuration object."""

from __future__ import annotations

import ast

from checks.backends.served import Debugging
from checks.parsers.position import line_of
from checks.production.machine import Machine
from checks.production.values import Binding, Class, External, Instance, ModuleOf, Value

MADE = "()"
"""The end of the name of what a call of a class from elsewhere makes."""


class DebuggingMachine(Machine):
    """Notes what switches debugging on or off."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.debugging: list[Debugging] = []

    def _switch(self, node: ast.AST, name: str, value: Value) -> None:
        truths = {g.truth for g in self.guards}
        if False in truths:
            return
        value = self.unknown(node, self.reason(value)) if None in truths and self.truth(value) is not False else value
        written = ast.unparse(node)
        what = written if len(written) < 60 else f"{name}=…"
        what = f"DEBUG of {what}" if "from_object" in what else what
        self.debugging.append(Debugging(what=what, value=value, path=self.frame.path, line=line_of(node)))

    def _configured(self, node: ast.Call, value: Value) -> None:
        """Note DEBUG of an object that Flask is configured from (https://flask.palletsprojects.com/en/stable/config/)."""
        plain = self.plain(value)
        if plain is not None and isinstance(plain.value, str):
            value = self._dotted(plain.value, node)
        if isinstance(value, (Class, Instance)):
            found = self.class_member(value if isinstance(value, Class) else value.of, "DEBUG")
            if found is not None:
                debug = self.settled(found[0].value, node)
                # A class that a variable picks, whose value in production nobody wrote down, says nothing of production.
                picked = self.assumed and not isinstance(node.args[0], (ast.Constant, ast.Name, ast.Attribute))
                self._switch(node, "DEBUG", self.unknown(node, sorted(self.assumed)[0]) if picked else debug)
        elif not isinstance(value, ModuleOf):
            self._switch(node, "DEBUG", self.unknown(node))

    def _dotted(self, name: str, node: ast.AST) -> Value:
        home, _, last = name.rpartition(".")
        path = self.repository.find(self.frame.path, home, 0) if home else None
        scope = self.module_scope(path) if path is not None else None
        bound = self.heap.names(scope).items.get(last) if scope is not None else None
        if bound is not None:
            return self.settled(bound.value, node)
        whole = self.repository.find(self.frame.path, name, 0)
        return ModuleOf(whole) if whole is not None else self.unknown(node)

    def assign(self, target: ast.expr, bound: Binding) -> None:
        """Bind a target of an assignment; debugging that it switches on is noted."""
        match target:
            case ast.Attribute(value=owner, attr="debug"):
                self._if_application(owner, target, bound)
            case ast.Subscript(value=ast.Attribute(value=owner, attr="config"), slice=ast.Constant(value="DEBUG")):
                self._if_application(owner, target, bound)
        super().assign(target, bound)

    def _if_application(self, owner: ast.expr, target: ast.expr, bound: Binding) -> None:
        value = self.evaluate(owner)
        if isinstance(value, External) and value.name.endswith(MADE):
            self._switch(target, "debug", bound.value)
