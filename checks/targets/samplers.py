"""What a `traces_sampler` answers in production: it is called with the contexts of a request and of a task."""

from __future__ import annotations

import ast

from msgspec import Struct

from checks.parsers.flow import Function as FunctionNode
from checks.parsers.flow import own_nodes, parameters, parents
from checks.parsers.position import line_of
from checks.production.core import Raised
from checks.production.trial import Keys, Trial, call_with
from checks.production.values import FromEnvironment, Function, Known, Value
from checks.targets.applicability import InitializedBackend, Option

_GUARANTEED = frozenset({"transaction_context", "parent_sampled", "parent_sample_rate", "span_context"})
_ALWAYS: Keys = dict.fromkeys(sorted(_GUARANTEED))
_CONTEXTS: dict[str, Keys] = {
    "a request": {**_ALWAYS, "wsgi_environ": None},
    "a task": {**_ALWAYS, "celery_job": None},
}
"""Keys of a sampling context, which differ by what makes the transaction (`sampling_context` in
https://docs.sentry.io/platforms/python/configuration/sampling/#sampling-context-data)."""
_NUMBERS = frozenset({"float", "int", "min", "max", "round", "/", "*", "+", "-", "len"})


class Answers(Struct, frozen=True, kw_only=True):
    """What came of calling a sampler: each call, the rates that are known, and values that are not a rate, as text."""

    trials: tuple[Trial, ...]
    rates: tuple[float, ...]
    odd: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every answer is a rate that is known."""
        count = sum(len(t.returned) for t in self.trials)
        return all(t.whole and not t.raised for t in self.trials) and 0 < count == len(self.rates)

    @property
    def raised(self) -> Raised | None:
        """What the sampler raises whatever it is called with."""
        always = bool(self.trials) and all(t.raised and not t.returned for t in self.trials)
        return self.trials[0].raised[0] if always else None


def answers(found: InitializedBackend, option: Option) -> Answers | None:
    """Call the sampler of an option with each context; None where it is not a function of the repository."""
    machine, function = found.chain.machine, option.produced
    if machine is None or not isinstance(function, Function) or function.owner is not None:
        return None
    if not parameters(function.node):
        return None
    trials = tuple(call_with(machine, function, (given,)) for given in _CONTEXTS.values())
    values = [machine.resolved(v) for t in trials for v in t.returned]
    rates = tuple(float(v.value) for v in values if isinstance(v, Known) and isinstance(v.value, (int, float)))
    odd = dict.fromkeys(text for v in values if (text := _odd(v)) is not None)
    return Answers(trials=trials, rates=rates, odd=tuple(odd))


def _odd(value: Value) -> str | None:
    """Return a value that is not a rate, as text; None for a rate and for what is not known."""
    if isinstance(value, FromEnvironment):
        is_text = not any(name in _NUMBERS for name, _ in value.cast)
        return f"the text of `{value.name}`" if is_text else None
    if not isinstance(value, Known):
        return None
    if not isinstance(value.value, (int, float)):
        return repr(value.value)
    return f"{value.value}, outside 0 to 1" if not 0 <= value.value <= 1 else None


def unguarded_reads(function: FunctionNode) -> list[tuple[str, int]]:
    """Return `(key, line)` of each read of the sampling context that raises where the key is missing.

    A read counts as guarded inside a `try`, or below a test that names the key.
    """
    names = parameters(function)
    if not names:
        return []
    context = names[0]
    above = parents(function)
    found = []
    for node in own_nodes(function):
        key = None
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            owner = node.value
            if isinstance(owner, ast.Name) and owner.id == context and node.slice.value not in _GUARANTEED:
                key = str(node.slice.value)
            elif _bare_get(owner, context):
                key = str(_bare_get(owner, context))
        elif isinstance(node, ast.Attribute) and _bare_get(node.value, context):
            key = str(_bare_get(node.value, context))
        if key is not None and not _is_guarded(node, key, above):
            found.append((key, line_of(node if hasattr(node, "lineno") else function)))
    return found


def _bare_get(node: ast.AST, context: str) -> str | None:
    """Return the key of `context.get(key)` without a default: it may be None, and is used further."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[ast.Constant(value=str(key))], keywords=[]
        ) if name == context and key not in _GUARANTEED:
            return key
    return None


def _is_guarded(node: ast.AST, key: str, above: dict[ast.AST, ast.AST]) -> bool:
    current: ast.AST | None = node
    while current is not None:
        parent = above.get(current)
        if isinstance(parent, ast.Try) and current in parent.body and parent.handlers:
            return True
        if isinstance(parent, (ast.If, ast.IfExp)) and current is not parent.test and key in ast.unparse(parent.test):
            return True
        if isinstance(parent, ast.BoolOp) and any(key in ast.unparse(v) for v in parent.values if v is not current):
            return True
        current = parent
    return False
