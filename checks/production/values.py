"""Values as production has them: known, read from the environment, one of several, or unknown; and what code is made of."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct

Step = tuple[str, tuple[object, ...]]
"""An operation on one value, with its plain arguments: `("lower", ())`, `("==", ("production",))`."""


class Known(Struct, frozen=True):
    """A plain value: a text, a number, a truth, None, or a tuple of such."""

    value: object


class FromEnvironment(Struct, frozen=True, kw_only=True):
    """A variable of the environment, with its default (None: it must be set) and what is done to its text (`cast`).

    `given` says that the code writes the default down; `os.getenv("A")` has one, None, and does not.
    """

    name: str
    default: Known | None
    path: str
    line: int
    cast: tuple[Step, ...] = ()
    given: bool = False


class OneOf(Struct, frozen=True):
    """A value that depends on a condition which cannot be determined."""

    values: tuple[Value, ...]


class Unknown(Struct, frozen=True, kw_only=True):
    """An expression that is not interpreted, with its place; `because` names what would decide it.

    `is_dsn` says that a DSN is asked for by its name, in a file or a service that is not read.
    """

    expression: str
    path: str
    line: int
    because: str = ""
    is_dsn: bool = False


class Ref(Struct, frozen=True):
    """A list, a dictionary or a scope in the heap: two names may stand for the same one."""

    cell: int


class External(Struct, frozen=True):
    """A name of the standard library or of a package: `os.environ`, `sentry_sdk.init`."""

    name: str


class Function(Struct, frozen=True):
    """A function of the repository with the scopes around it, and the object it is bound to (`self`, `cls`).

    `defaults` is the heap's dictionary of its parameters' defaults, as they were when it was defined.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    path: str
    scopes: tuple[int, ...]
    owner: Value | None = None
    defined_in: Class | None = None
    defaults: int | None = None

    def of(self, owner: Value, defined_in: Class | None) -> Function:
        """Return the function as a method of an object or a class."""
        return Function(self.node, self.path, self.scopes, owner, defined_in, self.defaults)


class Class(Struct, frozen=True):
    """A class of the repository: its namespace in the heap, its bases, and the keywords of its statement."""

    name: str
    path: str
    cell: int
    bases: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...] = ()


class Instance(Struct, frozen=True):
    """An object of a class of the repository: its attributes in the heap.

    `above` is set for `super()`: the class from which on its attributes are looked for.
    """

    of: Class
    cell: int
    above: Class | None = None


class ModuleOf(Struct, frozen=True):
    """A module of the repository, which runs when it is first used."""

    path: str


class Late(Struct, frozen=True):
    """A name that is imported from a module of the repository which has not run yet."""

    path: str
    name: str


class Reader(Struct, frozen=True, kw_only=True):
    """A reader of the environment (`kind` is its package); `scheme` is the heap's dictionary of casts and defaults."""

    kind: str
    scheme: int
    prefix: str = ""


class Method(Struct, frozen=True):
    """A method of a value that is not of the repository: `"x".lower`, `env.bool`."""

    owner: Value
    name: str


class Partial(Struct, frozen=True):
    """A function with arguments that are given already (`functools.partial`)."""

    function: Value
    given: tuple[Binding, ...]
    named: dict[str, Binding]


class Made(Struct, frozen=True):
    """An object of a class of the SDK, with the arguments it was made with: `RedisIntegration(max_data_size=9)`."""

    name: str
    given: tuple[Binding, ...]
    named: dict[str, Binding]
    node: ast.Call
    path: str


class Stored(Struct, frozen=True):
    """A file or folder of the repository, by its path there: the path itself, the open file, or its text (`form`)."""

    path: str
    form: str = "path"


class Suspended(Struct, frozen=True, kw_only=True):
    """A coroutine or generator: a call whose body runs when something awaits it, or goes over it; `guard` is that condition."""

    function: Function
    scope: int
    guard: Guard

    @property
    def kind(self) -> str:
        """What it is called."""
        return "coroutine" if isinstance(self.function.node, ast.AsyncFunctionDef) else "generator"


Value = (
    Known
    | FromEnvironment
    | OneOf
    | Unknown
    | Ref
    | External
    | Function
    | Class
    | Instance
    | ModuleOf
    | Late
    | Reader
    | Method
    | Partial
    | Made
    | Stored
    | Suspended
)


class Binding(Struct, frozen=True):
    """What a name or a key stands for: its value, the expression that gave it, its file, and its sides where it depends."""

    value: Value
    node: ast.expr | None
    path: str
    either: tuple[Binding, ...] = ()


class Items(Struct, frozen=True):
    """A list, tuple or set; `open` says that it may hold more."""

    kind: str
    items: tuple[Binding, ...]
    open: bool = False


class Names(Struct, frozen=True):
    """A dictionary or a scope; `open` says that it may hold more."""

    items: dict[object, Binding]
    open: bool = False


class Guard(Struct, frozen=True, kw_only=True):
    """A condition around code: its text, place, whether it holds in production, and the values that say so.

    `late` says that the code runs, and that something before it takes away its effect.
    """

    test: str
    path: str
    line: int
    truth: bool | None
    because: str = ""
    late: bool = False


def all_hold(guards: Iterable[Guard]) -> bool | None:
    """Return whether production comes to what is under some conditions."""
    found = {g.truth for g in guards}
    return False if False in found else None if None in found else True


class NotedCall(Struct, frozen=True, kw_only=True):
    """A call that decides which logged errors become events: the function, its arguments, its place, the conditions around it."""

    name: str
    given: tuple[Binding, ...]
    named: dict[str, Binding]
    path: str
    line: int
    guards: tuple[Guard, ...]

    @property
    def runs(self) -> bool | None:
        """Whether production makes this call."""
        return all_hold(self.guards)


class Initialization(Struct, frozen=True, kw_only=True):
    """A call of `sentry_sdk.init`: where, under which conditions, and its options as they are at the call.

    `names` are the expressions of the names that are visible at the call. `complete` says that every option is in `options`.
    `ends` is the text of a call that takes the client of init away again (`sentry_sdk.get_client().close()`). `replaced` says that
    it was seen in a look, and that a run came upon the same call.
    """

    path: str
    line: int
    reached_by: str
    options: dict[str, Binding]
    guards: tuple[Guard, ...]
    names: dict[str, ast.expr]
    function: str | None
    star: bool = False
    complete: bool = True
    ends: str = ""
    replaced: bool = False

    @property
    def runs(self) -> bool | None:
        """Whether production makes this call."""
        return all_hold(self.guards)

    @property
    def decided_by(self) -> Guard | None:
        """The first condition that keeps production from the call, else the first that cannot be determined."""
        truths = [g for g in self.guards if g.truth is False] or [g for g in self.guards if g.truth is None]
        return truths[0] if truths else None


def text_as_truth(value: Value) -> bool:
    """Return whether the text of a variable is used as a truth as it is: any text is true, also `False`."""
    if not isinstance(value, FromEnvironment):
        return False
    steps = [name for name, _ in value.cast]
    plain = all(name in ("bool", "not", "strip", "lower", "upper", "or") for name in steps)
    return plain and steps.count("not") % 2 == 0


def asks_presence(value: Value) -> bool:
    """Return whether a value is that a variable is set, whatever its text (`"DEBUG" in os.environ`)."""
    steps = [name for name, _ in value.cast] if isinstance(value, FromEnvironment) else []
    return "set" in steps and set(steps) <= {"set", "bool", "not"} and steps.count("not") % 2 == 0


def one_of(values: list[Value]) -> Value:
    """Join values: one where all are equal, else each of them once."""
    found: list[Value] = []
    for value in values:
        for member in members(value):
            if not any(same(member, f) for f in found):
                found.append(member)
    return found[0] if len(found) == 1 else OneOf(tuple(found[:12]))


def members(value: Value) -> Iterator[Value]:
    """Yield the values that a value may be."""
    if isinstance(value, OneOf):
        yield from value.values
    else:
        yield value


def same(one: Value, other: Value) -> bool:
    """Return whether two values are equal and of the same type (`True` is not `1` here)."""
    if isinstance(one, Known) and isinstance(other, Known):
        return type(one.value) is type(other.value) and one.value == other.value
    return one == other
