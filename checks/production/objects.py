"""Names, modules, classes and attributes: what an object of the repository or of a package is asked for."""

from __future__ import annotations

import ast

from checks.parsers.module_files import module_files
from checks.parsers.position import written
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
    Names,
    OneOf,
    Reader,
    Ref,
    Stored,
    Unknown,
    Value,
    one_of,
)

_BUILTINS = frozenset(
    "bool str int float len dict list tuple set frozenset getattr hasattr isinstance print super globals locals vars "  # noqa: SIM905
    "any all min max sorted round range enumerate zip open setattr property staticmethod classmethod type map filter "
    "exec eval dir compile divmod delattr id hash bytearray slice bin hex chr ord "
    "repr abs sum reversed callable iter next object Exception ImportError ModuleNotFoundError KeyError ValueError "
    "RuntimeError AttributeError TypeError bytes __import__".split()
)

_DJANGO_DEFAULTS: dict[str, object] = {"DEBUG": False, "ALLOWED_HOSTS": (), "INSTALLED_APPS": (), "MIDDLEWARE": ()}
"""Settings that Django has without being told (https://docs.djangoproject.com/en/stable/ref/settings/)."""
_ENUMS = frozenset(
    f"{module}.{name}"
    for module, names in (
        ("enum", ("Enum", "StrEnum", "IntEnum", "Flag", "IntFlag")),
        ("django.db.models", ("TextChoices", "IntegerChoices", "Choices")),
    )
    for name in names
)
_CONSTANTS: dict[str, object] = {
    "sys.platform": "linux",
    "sys.version_info.major": 3,
    "os.name": "posix",
    "os.sep": "/",
    "typing.TYPE_CHECKING": False,
    "typing_extensions.TYPE_CHECKING": False,
}
"""Values of the standard library as a Linux server has them."""


class Objects(Core):
    """Looks names and attributes up."""

    def fields(self, called: Class) -> list[str]:
        """Return the annotated names of a class and its bases in their order: a dataclass takes them as arguments."""
        classes = [*reversed([b for b in self.bases(called) if isinstance(b, Class)]), called]
        found = [name for c in classes for name in self.annotations.get(c.cell, ())]
        return list(dict.fromkeys(found))

    def is_enum(self, called: Class) -> bool:
        """Return whether a class is an enumeration (https://docs.python.org/3/library/enum.html)."""
        return any(isinstance(b, External) and b.name in _ENUMS for b in self.bases(called))

    def enum_member(self, owner: Class, name: str, bound: Binding) -> Value:
        """Return a member: the plain value where members are texts or numbers themselves, else an object of its own."""
        mixed = {"builtins.str", "builtins.int", *(e for e in _ENUMS if e.endswith(("StrEnum", "IntEnum", "Choices")))}
        if any(isinstance(b, External) and b.name in mixed for b in self.bases(owner)):
            items = self.items(bound.value)
            return items.items[0].value if items is not None and items.items else bound.value
        names = self.heap.names(owner.cell).items
        name = next((str(k) for k, b in names.items() if b.value == bound.value and not str(k).startswith("_")), name)
        place = (owner.cell, name)
        if place not in self.enumerated:
            parts: dict[object, Binding] = {"value": bound, "name": Binding(Known(name), None, owner.path)}
            self.enumerated[place] = self.heap.new(Names(parts))
        return Instance(owner, self.enumerated[place])

    def member_of(self, owner: Class, value: object, node: ast.AST) -> Value:
        """Return the member that has a value. Raises `RaisesError` where none has."""
        for name, bound in self.heap.names(owner.cell).items.items():
            plain = self.plain(bound.value)
            if plain is None:
                return self.unknown(node)
            if plain.value == value and not str(name).startswith("_"):
                return self.enum_member(owner, str(name), bound)
        raise RaisesError(f"`{written(node)[:120]}` raises ValueError")

    def lookup(self, node: ast.Name) -> Value:
        """Return what a name stands for, looked for from the innermost scope on."""
        for number in self.frame.scopes:
            bound = self.heap.names(number).items.get(node.id)
            if bound is not None:
                return self.settled(bound.value, node)
        if node.id in ("__name__", "__file__"):
            return Stored(self.frame.path) if node.id == "__file__" else Known("module")
        if node.id == "__debug__":
            return Known(True)
        if node.id in _BUILTINS:
            return External(f"builtins.{node.id}")
        return self.unknown(node)

    def settled(self, value: Value, node: ast.AST) -> Value:
        """Return a value, with an imported name read from its module."""
        if isinstance(value, External) and value.name == "sys.argv":
            return Known(self.environment.argv)
        if isinstance(value, External) and value.name in _CONSTANTS:
            return Known(_CONSTANTS[value.name])
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
        place = frame.scopes[-1] if name in frame.global_names else frame.scopes[0]
        if name in frame.outer_names:
            place = next((s for s in frame.scopes[1:-1] if name in self.heap.names(s).items), place)
        self.heap.set(place, name, bound)

    def defaults_of(self, arguments: ast.arguments) -> int | None:
        """Evaluate the defaults of parameters, which a definition does once; None where there are none."""
        positional = [*arguments.posonlyargs, *arguments.args]
        given = [*zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)]
        given += [(p, d) for p, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
        if not given:
            return None
        return self.heap.new(Names({parameter.arg: self.bind(default) for parameter, default in given}))

    def assign_around(self, name: str, bound: Binding) -> None:
        """Bind a name by `:=`, which binds it outside of the comprehensions that it stands in (PEP 572)."""
        frame = self.frame
        inner, frame.scopes = frame.scopes, frame.scopes[frame.comprehended :]
        try:
            self.assign_name(name, bound)
        finally:
            frame.scopes = inner

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """Return an attribute of a value."""
        match owner:
            case OneOf():
                return one_of([self.attribute(v, name, node) for v in owner.values if v != Known(None)])
            case Known(value=None) if not hasattr(None, name):
                raise RaisesError(f"`{written(node)[:120]}` raises AttributeError: it is None")
            case External(name="django.conf.settings"):
                return self.setting(name, node)
            case External() if f"{owner.name}.{name}" == "sys.argv":
                return Known(self.environment.argv)
            case External() if f"{owner.name}.{name}" in _CONSTANTS:
                return Known(_CONSTANTS[f"{owner.name}.{name}"])
            case ModuleOf() if name == "__dict__":
                number = self.module_scope(owner.path)
                return Ref(number) if number is not None else self.unknown(node)
            case Instance() | Class() if name == "__dict__":
                return Ref(owner.cell)
            case External(name="environs.env"):
                return Method(Reader(kind="environs", scheme=self.shared_reader), name)
            case External():
                return self.external(f"{owner.name}.{name}", node)
            case ModuleOf():
                scope = self.module_scope(owner.path)
                bound = self.heap.names(scope).items.get(name) if scope is not None else None
                return self.settled(bound.value, node) if bound else self._submodule(owner, name, node)
            case Instance(above=Class() as above):
                return self._of_class(above, name, Instance(owner.of, owner.cell), node)
            case Instance():
                bound = self.heap.names(owner.cell).items.get(name)
                return bound.value if bound else self._of_class(owner.of, name, owner, node)
            case Class():
                return self._of_class(owner, name, owner, node)
            case Unknown():
                return self.unknown(node, owner.because)
            case Reader(kind="dynaconf") if name not in ("get", "__getitem__"):
                return self.layered(owner, name, node)
            case Known(value=str() | int()) if name == "value":
                return owner  # of an enumeration whose members are texts
            case Ref() if self.dictionary(owner) is not None and not hasattr(dict, name):
                raise RaisesError(f"`{written(node)[:120]}` raises AttributeError: a dictionary has items")
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
            for path in (f"{folder}/{file}" for file in module_files(name)):
                if path in self.repository.paths:
                    return ModuleOf(path)
        return self.unknown(node)

    def set_member(self, owner: Instance | Class, name: str, bound: Binding, node: ast.AST) -> None:
        """Set an attribute as the object's class has it set: by a property's setter, by a descriptor, else in the object."""
        setter = self.class_member(owner.of, f"{name}.setter") if isinstance(owner, Instance) else None
        own = setter[0].value if setter is not None else None
        if setter is not None and isinstance(own, Function):
            call = ast.copy_location(ast.Call(func=ast.Name(id=name), args=[], keywords=[]), own.node)
            self.call(own.of(owner, setter[1]), call, [bound], {})
            return
        if isinstance(owner, Instance) and self._is_descriptor(owner.of, name):
            bound = Binding(self.unknown(node), bound.node, bound.path)
        self.heap.set(owner.cell, name, bound)

    def _is_descriptor(self, owner: Class, name: str) -> bool:
        """Return whether a class has an object in a member's place that decides what the attribute is.

        https://docs.python.org/3/howto/descriptor.html
        """
        member = self.class_member(owner, name)
        value = member[0].value if member is not None else None
        return isinstance(value, Instance) and any(self.class_member(value.of, n) for n in ("__get__", "__set__"))

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
            return self._fallback(owner, name, bound_to, node)
        value = self.settled(found[0].value, node)
        if isinstance(value, Instance) and self._is_descriptor(owner, name):
            return self.unknown(node)
        if isinstance(bound_to, Class) and not isinstance(value, Function) and self.is_enum(owner):
            return self.enum_member(owner, name, found[0])
        if isinstance(value, Function):
            decorated = [written(d) for d in getattr(value.node, "decorator_list", [])]
            if "staticmethod" in decorated or (isinstance(bound_to, Class) and "classmethod" not in decorated):
                return value
            method = value.of(bound_to, found[1])
            if any(d.rpartition(".")[2] in ("property", "cached_property") for d in decorated):
                call = ast.copy_location(ast.Call(func=ast.Name(id=name), args=[], keywords=[]), value.node)
                return self.call(method, call, [], {})
            return method
        return value

    def _fallback(self, owner: Class, name: str, bound_to: Value, node: ast.AST) -> Value:
        """Ask `__getattr__` for an attribute that nothing else has (https://docs.python.org/3/reference/datamodel.html#object.__getattr__)."""
        hook = self.class_member(owner, "__getattr__") if isinstance(bound_to, Instance) else None
        own = hook[0].value if hook is not None else None
        if hook is None or not isinstance(own, Function) or any(not isinstance(b, Class) for b in self.bases(owner)):
            return self.unknown(node)
        call = ast.Call(func=ast.Name(id="__getattr__", lineno=1, col_offset=0), args=[], keywords=[])
        method = own.of(bound_to, hook[1])
        answer = self.call(method, ast.copy_location(call, node), [Binding(Known(name), None, own.path)], {})
        # What the hook does not tell is named as the code asks for it: `config.SENTRY_DSN`, not the hook's own expression.
        return self.unknown(node) if isinstance(answer, Unknown) else answer

    def bases(self, called: Class, depth: int = 8) -> list[Value]:
        """Return the bases of a class and theirs."""
        found: list[Value] = []
        for base in called.bases if depth else ():
            found += [base, *(self.bases(base, depth - 1) if isinstance(base, Class) else ())]
        return found
