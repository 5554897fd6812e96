"""The state of a run: heap, frames, conditions in force, and what is found; with the questions that all parts ask."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable

from msgspec import Struct

from checks.parsers.position import line_of, written
from checks.parsers.python import Module
from checks.parsers.text import ParseError
from checks.production.environment import Environment
from checks.production.heap import Heap
from checks.production.steps import CannotTell, apply
from checks.production.values import (
    Binding,
    External,
    FromEnvironment,
    Function,
    Guard,
    Initialization,
    Instance,
    Items,
    Known,
    Names,
    NotedCall,
    OneOf,
    Reader,
    Ref,
    Unknown,
    Value,
    one_of,
)

MOST_STEPS = 60_000
MOST_MODULES = 80
DEEPEST_CALL = 14
TOO_LONG = "it is too long to be followed"


def reading_hint(problem: ParseError) -> str:
    """Return what to do about a module of Python that cannot be read."""
    too_long = problem.message == TOO_LONG
    return "set `backend.settings` to a module that can be read" if too_long else "fix the syntax error"


PYTHON_ERRORS = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What an operation on plain values may raise."""


def python_error(error: BaseException) -> str:
    """Return the name by which Python's own handlers catch an error: of its class, or of the nearest class that is built in."""
    return next(c.__name__ for c in type(error).__mro__ if hasattr(builtins, c.__name__))


class RaisesError(Exception):
    """Code that surely raises when production reaches it; the message says what."""


class Raised(Struct, frozen=True):
    """Code that raises where it is reached, and that nothing catches: what it says, and its place."""

    message: str
    path: str
    line: int


class TooMuchError(Exception):
    """The run is longer than what is interpreted."""


class Wrapper(Struct, frozen=True, kw_only=True):
    """A function from elsewhere that calls init, by its dotted name, with the options that it sets and those that it takes."""

    name: str
    options: dict[str, ast.expr]
    takes: frozenset[str]


class Repository(Struct, frozen=True, kw_only=True):
    """What a run asks of the repository: a module's facts, the file of an import, whether a file may start the SDK.

    `installed` tells whether production has a package, by the name that it is imported by; None where that cannot be determined.
    `develops` tells whether a dotted name is that of a module for development. `root` is the folder that the server starts in,
    `text` gives what a file has, and `present` tells whether production surely has a file of the repository.
    """

    module: Callable[[str], Module | ParseError | None]
    find: Callable[[str, str, int], str | None]
    own: Callable[[str, str, int], bool]
    matters: Callable[[str], bool]
    installed: Callable[[str], bool | None]
    paths: frozenset[str]
    develops: Callable[[str], bool]
    text: Callable[[str], str | None]
    present: Callable[[str], bool]
    root: str = "."
    wrapper: Wrapper | None = None


class Frame(Struct):
    """A module or function that runs: its file, scopes (the innermost first), name and what it returned so far."""

    path: str
    scopes: tuple[int, ...]
    function: str | None = None
    function_node: ast.AST | None = None
    returned: list[Value] = []
    global_names: set[str] = set()
    outer_names: set[str] = set()
    of: Function | None = None
    raised: str = ""
    optional: int = 0
    comprehended: int = 0


def _names_dsn(node: ast.AST) -> bool:
    """Return whether an expression is a look for a DSN by its name: `config.get("sentry", "dsn")`, `conf.SENTRY_DSN`."""
    match node:
        case ast.Call(args=[*_, ast.Constant(value=str(name))]) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name.lower().endswith("dsn")
        case ast.Attribute(attr=name):
            return name.lower().endswith("dsn")
    return False


def _is_object(name: str) -> bool | None:
    """Return whether a name of a package is true: a module or a class is; what else it may be is not known."""
    last = name.rpartition(".")[2]
    is_class = last[:1].isupper() and not last.isupper()
    return True if "." not in name or is_class or name.startswith(("builtins.", "os.environ", "sentry_sdk.")) else None


class Core(ABC):
    """What the parts of the interpreter share."""

    def __init__(self, repository: Repository, environment: Environment) -> None:
        self.repository = repository
        self.environment = environment
        self.heap = Heap()
        self.frames: list[Frame] = []
        self.guards: list[Guard] = []
        self.turns: set[int] = set()
        self.inits: list[Initialization] = []
        self.files: list[str] = []
        self.problems: list[tuple[str, ParseError]] = []
        self.opaque: list[tuple[str, int, str]] = []
        self.not_committed: list[tuple[str, int, str]] = []
        """Files of settings that must be there and are in no commit: each host has its own."""
        self.raises: list[Raised] = []
        self.processors: list[Binding] = []
        self.noted: list[NotedCall] = []
        """Functions that the SDK gives every event, besides those that `init` is given."""
        self.suspects: list[tuple[str, int, str]] = []
        self.settings: int | None = None
        self.settings_path = ""
        self.reached_by = "settings"
        self.assumed: set[str] = set()
        self.missing: set[str] = set()
        self.tested: ast.expr | None = None
        self.undecided: list[str] = []
        self.steps = 0
        self.most: int | None = None
        """How many steps the modules may take that run now; None: as many as a run has."""
        self.unfinished: set[int] = set()
        """Scopes of modules that are too long to be followed, or that run."""
        self.too_long: set[str] = set()
        """Modules that could not be followed to their end, also where what was looked at there did not stay."""
        self.done = 0
        """All steps, also those of what did not stay."""
        self.annotations: dict[int, dict[str, str]] = {}
        self.enumerated: dict[tuple[int, str], int] = {}
        self.catching: list[list[ast.ExceptHandler]] = []
        self.may_raise: list[tuple[str, ast.expr, str]] = []
        self.shadows = 0
        self.consumed: set[int] = set()
        self.awaited: set[int] = set()
        """Expressions, by their `id`, that something goes over at once."""
        self.stopping: dict[int, bool] = {}
        """Generator expressions, by their `id`, whose first item of a truth is the last that is asked for (`any`, `all`)."""
        self.positions: dict[int, int] = {}
        """Where a generator waits, by its scope: the number of the statement; -1 where that is not known."""
        self.overlay = self.heap.new(Names({}))
        self.shared_reader = self.heap.new(Names({}))
        self.replaced = self.heap.new(Names({}))

    @abstractmethod
    def evaluate(self, node: ast.expr) -> Value:
        """Return an expression's value."""

    @abstractmethod
    def layered(self, reader: Reader, name: str, node: ast.AST) -> Value:
        """Return what dynaconf has under a name."""

    @abstractmethod
    def holds(self, node: ast.expr) -> bool | None:
        """Return whether a condition holds."""

    @abstractmethod
    def assign(self, target: ast.expr, bound: Binding) -> None:
        """Bind a target of an assignment."""

    @abstractmethod
    def call(self, called: Value, node: ast.Call, given: list[Binding], named: dict[str, Binding]) -> Value:
        """Return what a call gives."""

    @abstractmethod
    def instance_truth(self, value: Instance) -> bool | None:
        """Return whether an object of a class of the repository is true."""

    @abstractmethod
    def external(self, name: str, node: ast.AST) -> Value:
        """Return what a name of a package stands for."""

    @abstractmethod
    def finish(self, value: Value) -> Value:
        """Run the body of a coroutine or generator."""

    @abstractmethod
    def advance(self, value: Value, node: ast.AST) -> Value:
        """Run a generator to its next `yield`."""

    @abstractmethod
    def consumes(self, called: Value, node: ast.Call) -> bool:
        """Return whether a call goes over what it is given at once, to its end."""

    @abstractmethod
    def later(self, node: ast.expr) -> Guard:
        """Return the condition of what an expression does only when something goes over it."""

    @abstractmethod
    def run(self, body: list[ast.stmt]) -> str:
        """Run statements and return how they end."""

    @abstractmethod
    def module_scope(self, path: str) -> int | None:
        """Return the scope of a module, which runs if it has not."""

    @abstractmethod
    def may_be_missing(self, kind: str, test: ast.expr, because: str, *, present: bool | None) -> None:
        """Note, for a handler around it, that what is read may be missing. Raises `RaisesError` where it surely is."""

    @abstractmethod
    def may_fail(self, read: FromEnvironment, name: str, arguments: tuple[object, ...], node: ast.AST) -> None:
        """Note, for a handler around it, that an operation fails on what a variable holds. Raises `RaisesError` where it surely does."""

    @abstractmethod
    def load_settings(self) -> None:
        """Run the settings, if they have not run."""

    @property
    def frame(self) -> Frame:
        """The frame that runs."""
        return self.frames[-1]

    def step(self) -> None:
        """Count a step. Raises `TooMuchError`."""
        self.steps += 1
        self.done += 1
        if self.steps > (MOST_STEPS if self.most is None else self.most):
            raise TooMuchError

    def unknown(self, node: ast.AST, because: str = "") -> Unknown:
        """Return the value of an expression that is not interpreted."""
        text = written(node)
        return Unknown(
            expression=text if len(text) < 200 else text[:200] + "…",
            path=self.frame.path,
            line=line_of(node),
            because=because,
            is_dsn=_names_dsn(node),
        )

    def bind(self, node: ast.expr) -> Binding:
        """Return an expression's value with its place."""
        return Binding(self.evaluate(node), node, self.frame.path)

    def items(self, value: Value) -> Items | None:
        """Return the list that a value is."""
        if isinstance(value, FromEnvironment):
            value = self.resolved(value)
        cell = self.heap.cells.get(value.cell) if isinstance(value, Ref) else None
        if isinstance(value, Known) and isinstance(value.value, tuple):
            return Items("tuple", tuple(Binding(Known(p), None, self.frame.path) for p in value.value))
        return cell if isinstance(cell, Items) else None

    def dictionary(self, value: Value) -> Names | None:
        """Return the dictionary that a value is."""
        cell = self.heap.cells.get(value.cell) if isinstance(value, Ref) else None
        return cell if isinstance(cell, Names) else None

    def resolved(self, value: Value) -> Value:
        """Return a value with what production's environment gives in the place of a read, where that is known."""
        if isinstance(value, FromEnvironment):
            found, assumed = self.environment.resolve(value)
            if found is not None:
                if assumed:
                    self.assumed.add(value.name)
                if self.environment.has(value.name) is not True:
                    self.missing.add(value.name)
                return found
            self.undecided.append(value.name)
        elif isinstance(value, OneOf):
            return one_of([self.resolved(v) for v in value.values])
        return value

    def truth(self, value: Value) -> bool | None:
        """Return whether a value is true in production; None when that cannot be determined."""
        if isinstance(value, OneOf) and self._is_dsn(value):
            return True
        value = self.resolved(value)
        match value:
            case Known():
                return bool(value.value)
            case Unknown(is_dsn=True):
                # As with a variable: whether a DSN is configured is another question.
                return True
            case Unknown() | FromEnvironment():
                if isinstance(value, Unknown) and value.because:
                    self.undecided.append(value.because)
                return None
            case OneOf():
                found = {self.truth(v) for v in value.values}
                return found.pop() if len(found) == 1 else None
            case Ref():
                items, names = self.items(value), self.dictionary(value)
                some = bool(items.items if items else names.items if names else ())
                is_open = bool((items or names) and (items or names).open)  # type: ignore[union-attr]
                return None if is_open else some
            case External():
                return _is_object(value.name)
            case Instance():
                return self.instance_truth(value)
        return True

    def _is_dsn(self, value: OneOf) -> bool:
        """Return whether a value is the DSN from one place or another, of which one is a variable."""
        reads = [v for v in value.values if isinstance(v, FromEnvironment) and self.environment.is_dsn(v.name)]
        return bool(reads) and all(v in reads or isinstance(v, Unknown) for v in value.values)

    def do(self, name: str, value: Value, node: ast.AST, *arguments: Value) -> Value:
        """Do an operation on values: plain ones at once, reads of the environment by what is done to their text."""
        from checks.production.readers import derive

        if isinstance(value, OneOf):
            return one_of([self.do(name, v, node, *arguments) for v in value.values])
        plain: list[object] = []
        for argument in arguments:
            found = self.plain(argument)
            if found is None:
                return self.unknown(node, self.reason(value, *arguments))
            plain.append(found.value)
        if isinstance(value, FromEnvironment):
            self.may_fail(value, name, tuple(plain), node)
            return derive(value, name, *plain)
        subject = self.plain(value)
        if subject is None:
            return self.unknown(node, self.reason(value))
        try:
            return Known(apply(name, subject.value, *plain))
        except CannotTell:
            return self.unknown(node, self.reason(value, *arguments))
        except PYTHON_ERRORS as error:
            raise RaisesError(f"`{written(node)[:120]}` raises {python_error(error)}") from error

    def plain(self, value: Value) -> Known | None:
        """Return a value as a plain one, with the environment's texts where these are written down."""
        from checks.production.heap import plain
        from checks.production.steps import Secret

        value = self.resolved(value)
        try:
            found = Known(plain(self.heap, value))
        except LookupError:
            return None
        return None if isinstance(found.value, Secret) else found

    def reason(self, *values: Value) -> str:
        """Name what would decide a value."""
        for value in values:
            for member in value.values if isinstance(value, OneOf) else (value,):
                if isinstance(member, FromEnvironment):
                    return member.name
                if isinstance(member, Unknown):
                    return member.because or member.expression
        return ""
