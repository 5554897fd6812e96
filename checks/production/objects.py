"""Names, modules, classes and attributes: what an object of the repository or of a package is asked for."""

from __future__ import annotations

import ast

from checks.production.core import Core, RaisesError
from checks.production.values import (
    Binding,
    Class,
    External,
    Function,
    Instance,
    Known,
    Late,
    Method,
    ModuleOf,
    OneOf,
    Reader,
    Ref,
    Unknown,
    Value,
    one_of,
)

_BUILTINS = frozenset(
    "bool str int float len dict list tuple set frozenset getattr hasattr isinstance print super globals locals vars "  # noqa: SIM905
    "any all min max sorted round range enumerate zip open setattr property staticmethod classmethod type map filter "
    "repr abs sum reversed callable iter next object Exception ImportError ModuleNotFoundError KeyError ValueError "
    "RuntimeError AttributeError TypeError bytes __import__".split()
)

_DJANGO_DEFAULTS: dict[str, object] = {"DEBUG": False, "ALLOWED_HOSTS": (), "INSTALLED_APPS": (), "MIDDLEWARE": ()}
"""Settings that Django has without being told (https://docs.djangoproject.com/en/stable/ref/settings/)."""
_SERVER = ("gunicorn", "wsgi:application")


class Objects(Core):
    """Looks names and attributes up."""

    def lookup(self, node: ast.Name) -> Value:
        """Return what a name stands for, looked for from the innermost scope on."""
        for number in self.frame.scopes:
            bound = self.heap.names(number).items.get(node.id)
            if bound is not None:
                return self.settled(bound.value, node)
        if node.id in ("__name__", "__file__"):
            return Known(self.frame.path) if node.id == "__file__" else Known("module")
        if node.id in _BUILTINS:
            return External(f"builtins.{node.id}")
        return self.unknown(node)

    def settled(self, value: Value, node: ast.AST) -> Value:
        """Return a value, with an imported name read from its module."""
        if not isinstance(value, Late):
            return value
        scope = self.module_scope(value.path)
        bound = self.heap.names(scope).items.get(value.name) if scope is not None else None
        if bound is not None:
            return self.settled(bound.value, node) if bound.value != value else self.unknown(node)
        return self.unknown(node)

    def assign_name(self, name: str, bound: Binding) -> None:
        """Bind a name in the scope that an assignment reaches."""
        frame = self.frame
        self.heap.set(frame.scopes[-1] if name in frame.global_names else frame.scopes[0], name, bound)

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """Return an attribute of a value."""
        match owner:
            case OneOf():
                return one_of([self.attribute(v, name, node) for v in owner.values])
            case External(name="django.conf.settings"):
                return self.setting(name, node)
            case External(name="sys") if name in ("argv", "modules"):
                return Known(_SERVER if name == "argv" else ())
            case External(name="environs.env"):
                return Method(Reader(kind="environs", scheme=self.shared_reader), name)
            case External():
                return External(f"{owner.name}.{name}")
            case ModuleOf():
                scope = self.module_scope(owner.path)
                bound = self.heap.names(scope).items.get(name) if scope is not None else None
                return self.settled(bound.value, node) if bound else self._submodule(owner, name, node)
            case Instance():
                bound = self.heap.names(owner.cell).items.get(name)
                return bound.value if bound else self._of_class(owner.of, name, owner, node)
            case Class():
                return self._of_class(owner, name, owner, node)
            case Unknown():
                return self.unknown(node, owner.because)
            case Ref() if self.dictionary(owner) is not None and not hasattr(dict, name):
                raise RaisesError(f"`{ast.unparse(node)[:120]}` raises AttributeError: a dictionary has items")
        return Method(owner, name)

    def setting(self, name: str, node: ast.AST) -> Value:
        """Return a setting as `django.conf.settings` has it."""
        self.load_settings()
        if self.settings is None:
            return self.unknown(node, name)
        scope = self.heap.names(self.settings)
        bound = scope.items.get(name)
        if bound is not None:
            return self.settled(bound.value, node)
        if name in _DJANGO_DEFAULTS and not scope.open:
            return Known(_DJANGO_DEFAULTS[name])
        return self.unknown(node, name)

    def _submodule(self, owner: ModuleOf, name: str, node: ast.AST) -> Value:
        if owner.path.endswith("/__init__.py"):
            folder = owner.path.removesuffix("/__init__.py")
            for path in (f"{folder}/{name}.py", f"{folder}/{name}/__init__.py"):
                if path in self.repository.paths:
                    return ModuleOf(path)
        return self.unknown(node)

    def class_member(self, owner: Class, name: str, depth: int = 8) -> tuple[Binding, Class] | None:
        """Return a member of a class or its bases, with the class that has it."""
        bound = self.heap.names(owner.cell).items.get(name)
        if bound is not None:
            return bound, owner
        for base in owner.bases if depth else ():
            found = self.class_member(base, name, depth - 1) if isinstance(base, Class) else None
            if found is not None:
                return found
        return None

    def _of_class(self, owner: Class, name: str, bound_to: Value, node: ast.AST) -> Value:
        found = self.class_member(owner, name)
        if found is None:
            return self.unknown(node)
        value = self.settled(found[0].value, node)
        if isinstance(value, Function):
            decorated = [ast.unparse(d) for d in getattr(value.node, "decorator_list", [])]
            if "staticmethod" in decorated or (isinstance(bound_to, Class) and "classmethod" not in decorated):
                return value
            method = Function(value.node, value.path, value.scopes, bound_to, found[1])
            if any(d.rpartition(".")[2] in ("property", "cached_property") for d in decorated):
                call = ast.copy_location(ast.Call(func=ast.Name(id=name), args=[], keywords=[]), value.node)
                return self.call(method, call, [], {})
            return method
        return value

    def bases(self, called: Class, depth: int = 8) -> list[Value]:
        """Return the bases of a class and theirs."""
        found: list[Value] = []
        for base in called.bases if depth else ():
            found += [base, *(self.bases(base, depth - 1) if isinstance(base, Class) else ())]
        return found
