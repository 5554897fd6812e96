"""What holds whichever of several settings modules production runs: the calls of init and the names that all of them agree on.

Where nothing names the module of production, each that may be it has its own run. A name is kept where every run ends with
the same value; of any other it is only known that the choice of the module decides it.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import fields, replace

from checks.parsers.position import line_of
from checks.production.heap import Heap
from checks.production.values import Binding, FromEnvironment, Known, Names, Ref, Unknown, Value, members, one_of, same
from checks.repository.backends import Backend
from checks.repository.candidate_settings import candidate_settings
from checks.repository.facts import Facts

if TYPE_CHECKING:
    from checks.repository.settings import LocatedInit, SettingsChain

K = TypeVar("K")

_VARIABLE = "DJANGO_SETTINGS_MODULE"
_MOST = 50_000
_CELLS = frozenset({"cell", "scopes", "defaults"})


def candidate_backends(facts: Facts, backend: Backend) -> list[Backend]:
    """Return a backend once with each settings module that production may run, where nothing names one."""
    if backend.settings is not None or not backend.is_django:
        return []
    return [replace(backend, name=f"{backend.name} {m.name}", settings=m) for m in candidate_settings(facts, backend)]


def candidate_chains(facts: Facts, backend: Backend) -> dict[str, SettingsChain]:
    """Return the run of each settings module that production may have, by dotted name, where nothing names one."""
    from checks.repository.settings import settings_chain

    return {
        b.settings.name: settings_chain(facts, b) for b in candidate_backends(facts, backend) if b.settings is not None
    }


def agreed(chains: Mapping[str, SettingsChain]) -> SettingsChain | None:
    """Return what the runs of some settings modules, by dotted name, have in common; None where they start the SDK differently."""
    runs = list(chains.values())
    if not runs or any(c.problems or c.machine is None or c.ended is not None for c in runs):
        return None
    first = runs[0]
    if not any(i.runs for i in first.inits) or any(_calls(c) != _calls(first) for c in runs):
        return None
    if len(runs) == 1:
        return first
    machine = copy.copy(first.machine)
    assert machine is not None
    machine.heap = machine.heap.copied()
    same_values = [_Comparison(machine.heap, c.machine.heap) for c in runs[1:] if c.machine is not None]
    choice = _Choice(tuple(chains), same_values)
    bindings = choice.joined([c.bindings for c in runs])
    if machine.settings is not None:
        names = machine.heap.names(machine.settings)
        scopes = [c.machine.heap.names(c.machine.settings).items for c in runs if c.machine and c.machine.settings]
        joined = choice.joined(scopes) if len(scopes) == len(runs) else {}
        machine.heap.cells[machine.settings] = Names({**names.items, **joined}, names.open)
    inits = [_joined_init(choice, [_init(c, i) for c in runs]) for i in first.inits]
    return replace(
        first,
        files=list(dict.fromkeys(f for c in runs for f in c.files)),
        names={k: b.node for k, b in bindings.items() if b.node is not None},
        name_files={k: b.path for k, b in bindings.items() if b.node is not None},
        bindings=bindings,
        inits=inits,
        opaque_imports=list(dict.fromkeys(o for c in runs for o in c.opaque_imports)),
        machine=machine,
    )


def _calls(chain: SettingsChain) -> list[tuple[str, int, str, bool | None]]:
    return sorted(((i.path, i.call.line, i.reached_by, i.runs) for i in chain.inits), key=repr)


def _init(chain: SettingsChain, wanted: LocatedInit) -> LocatedInit:
    """Return the same call in another run."""
    return next(
        i
        for i in chain.inits
        if (i.path, i.call.line, i.reached_by, i.runs)
        == (wanted.path, wanted.call.line, wanted.reached_by, wanted.runs)
    )


def _joined_init(choice: _Choice, found: list[LocatedInit]) -> LocatedInit:
    """Return a call with the options that every run gives it; one that a run does not give leaves the options incomplete."""
    first = found[0]
    options = choice.joined([i.initialization.options for i in found])
    complete = all(i.initialization.complete for i in found) and all(
        i.initialization.options.keys() == first.initialization.options.keys() for i in found
    )
    bound = {k: v for k, v in first.bound.items() if all(i.bound.get(k) is v for i in found)}
    keywords = {k: b.node for k, b in options.items() if b.node is not None}
    call = replace(first.call, keywords={**first.call.keywords, **keywords}, star_known=complete)
    init = replace(first.initialization, options=options, names=bound, complete=complete)
    return replace(first, initialization=init, call=call, bound=bound)


class _Choice:
    """The choice between settings modules, as a condition: joins what each of them makes of a name."""

    def __init__(self, modules: tuple[str, ...], comparisons: list[_Comparison]) -> None:
        self._modules, self._comparisons = modules, comparisons

    def joined(self, found: Sequence[Mapping[K, Binding]]) -> dict[K, Binding]:
        """Return the bindings of all runs: those of the first where all are the same, else what either side may be."""
        keys = dict.fromkeys(k for bindings in found for k in bindings)
        return {k: self._one(str(k), [b.get(k) for b in found]) for k in keys}

    def _one(self, name: str, sides: list[Binding | None]) -> Binding:
        first = sides[0]
        alike = first is not None and all(
            s is not None and c.alike(first.value, s.value) for s, c in zip(sides[1:], self._comparisons, strict=True)
        )
        if first is not None and alike:
            return first
        present = next(s for s in sides if s is not None)
        values = [v for s in sides for v in (members(s.value) if s is not None else ())]
        kept: list[Value] = [v for v in values if isinstance(v, (Known, FromEnvironment))]
        if len(kept) < len(values) or None in sides:
            line = line_of(present.node) if present.node is not None else 1
            kept.append(Unknown(expression=name, path=present.path, line=line, because=_VARIABLE))
        return Binding(one_of(kept), self._node(name, sides), present.path)

    def _node(self, name: str, sides: list[Binding | None]) -> ast.expr | None:
        """Write the choice as the condition that it is: `A if DJANGO_SETTINGS_MODULE == "shop.eu" else B`."""
        place = next((s.node for s in sides if s is not None and s.node is not None), None)
        if place is None:
            return None
        nodes = [
            s.node if s is not None and s.node is not None else ast.Name(id="unset", ctx=ast.Load()) for s in sides
        ]
        node = nodes[-1]
        for module, other in reversed(list(zip(self._modules, nodes, strict=True))[:-1]):
            if other is node:
                continue
            # One name, so that who gathers the texts of an expression does not take the module for one of its values.
            is_module = ast.Name(id=f"{_VARIABLE} == {module!r}", ctx=ast.Load())
            node = ast.IfExp(test=is_module, body=other, orelse=node)
        return ast.copy_location(ast.fix_missing_locations(node), place) if node not in nodes else node


class _Comparison:
    """Whether values of two runs are the same, through the cells of both; what is compared already is taken as the same."""

    def __init__(self, one: Heap, other: Heap) -> None:
        self._one, self._other = one, other
        self._met: set[tuple[int, int]] = set()
        self._left = _MOST

    def alike(self, one: object, other: object) -> bool:
        """Return whether two values, or what they are made of, are the same."""
        before = set(self._met)
        try:
            found = self._alike(one, other)
        except RecursionError:
            found = False
        if not found:
            self._met = before
        return found

    def _alike(self, one: object, other: object) -> bool:
        self._left -= 1
        if self._left < 0 or type(one) is not type(other):
            return False
        if isinstance(one, Ref) and isinstance(other, Ref):
            # Cells are compared by what they hold: their numbers differ from run to run.
            pair = (one.cell, other.cell)
            if pair in self._met:
                return True
            self._met.add(pair)
            return self._alike(self._one.cells.get(one.cell), self._other.cells.get(other.cell))
        if isinstance(one, Known) and isinstance(other, Known):
            return same(one, other)
        if isinstance(one, ast.AST):
            return one is other
        if isinstance(one, Struct):
            return all(self._field(f.name, getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
        if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
            return len(one) == len(other) and all(self._alike(a, b) for a, b in zip(one, other, strict=True))
        if isinstance(one, dict) and isinstance(other, dict):
            return one.keys() == other.keys() and all(self._alike(v, other[k]) for k, v in one.items())
        return bool(one == other)

    def _field(self, name: str, one: object, other: object) -> bool:
        """Compare a part of a value; the scopes of a function and the attributes of an object are cells, by their numbers."""
        return self._alike(_cells(one), _cells(other)) if name in _CELLS else self._alike(one, other)


def _cells(found: object) -> object:
    return tuple(map(Ref, found)) if isinstance(found, tuple) else Ref(found) if isinstance(found, int) else found
