"""What a run holds: lists, dictionaries and scopes by their number, so that a branch can be tried and two can be joined."""

from __future__ import annotations

import ast

from msgspec import Struct

from checks.parsers.position import line_of
from checks.production.values import Binding, Items, Known, Names, OneOf, Ref, Unknown, Value, one_of, same

Cell = Items | Names


class Snapshot(Struct, frozen=True):
    """A heap at one moment."""

    cells: dict[int, Cell]
    modules: dict[str, int]


class Heap:
    """The cells of a run and the modules that have run, by path. Cells are frozen: a change makes a new one."""

    def __init__(self) -> None:
        self.cells: dict[int, Cell] = {}
        self.modules: dict[str, int] = {}
        self._next = 0
        self._own: set[int] = set()
        """Cells that nothing else holds: they were copied since the last snapshot."""

    def copied(self) -> Heap:
        """Return a heap with the same cells, whose changes this one does not see."""
        other = Heap()
        other.restore(self.snapshot())
        other._next = self._next
        return other

    def new(self, cell: Cell) -> int:
        """Put a cell into the heap and return its number."""
        self._next += 1
        self.cells[self._next] = cell
        return self._next

    def names(self, number: int) -> Names:
        """Return a dictionary or scope."""
        cell = self.cells.get(number)
        return cell if isinstance(cell, Names) else Names({}, True)

    def set(self, number: int, key: object, binding: Binding) -> None:
        """Bind a name of a scope, or a key of a dictionary."""
        cell = self.names(number)
        if number in self._own:
            cell.items[key] = binding
            return
        self.cells[number] = Names({**cell.items, key: binding}, cell.open)
        self._own.add(number)

    def delete(self, number: int, key: object) -> None:
        """Remove a name or key."""
        cell = self.names(number)
        self.cells[number] = Names({k: v for k, v in cell.items.items() if k != key}, cell.open)
        self._own.discard(number)

    def update(self, number: int, other: Names) -> None:
        """Add all of another dictionary."""
        cell = self.names(number)
        self.cells[number] = Names({**cell.items, **other.items}, cell.open or other.open)
        self._own.discard(number)

    def open(self, number: int) -> None:
        """State that a list or dictionary may hold more than what is known."""
        cell = self.cells.get(number)
        if isinstance(cell, Items):
            self.cells[number] = Items(cell.kind, cell.items, True)
        elif cell is not None:
            self.cells[number] = Names(dict(cell.items), True)
            self._own.discard(number)

    def blur(self, number: int, uncertainty: Unknown) -> None:
        """State that any value of a list, dictionary or scope may have become another, and that there may be more."""
        cell = self.cells.get(number)
        if isinstance(cell, Names):
            self.cells[number] = Names({k: _made_uncertain(b, uncertainty) for k, b in cell.items.items()}, True)
            self._own.discard(number)
        else:
            self.open(number)

    def snapshot(self) -> Snapshot:
        """Keep the heap as it is now."""
        self._own.clear()
        return Snapshot(dict(self.cells), dict(self.modules))

    def restore(self, snapshot: Snapshot) -> None:
        """Set the heap back."""
        self._own.clear()
        self.cells, self.modules = dict(snapshot.cells), dict(snapshot.modules)

    def join(self, other: Snapshot, test: ast.expr | None, path: str, because: str) -> None:
        """Join the heap with that of the other side of a condition: what differs is one of both."""
        self._own.clear()
        for number, cell in other.cells.items():
            mine = self.cells.get(number)
            if mine is None:
                self.cells[number] = cell
            elif mine is not cell:
                self.cells[number] = _join_cells(mine, cell, test, path, because)
        for name, number in other.modules.items():
            self.modules.setdefault(name, number)


def _made_uncertain(bound: Binding, uncertainty: Unknown) -> Binding:
    if bound.node is None and not isinstance(bound.value, (Known, OneOf, Ref)):
        return bound  # a module, a function: nobody changes these
    other = Binding(uncertainty, bound.node, bound.path)
    return Binding(one_of([bound.value, uncertainty]), bound.node, bound.path, (*(bound.either or (bound,)), other)[:8])


def _join_cells(one: Cell, other: Cell, test: ast.expr | None, path: str, because: str) -> Cell:
    if isinstance(one, Items) and isinstance(other, Items):
        if one == other:
            return one
        more = tuple(b for b in other.items if not any(b.value == m.value for m in one.items))
        return Items(one.kind, one.items + more, True)
    if not isinstance(one, Names) or not isinstance(other, Names):
        return one
    joined = dict(one.items)
    for key in {**one.items, **other.items}:
        a, b = one.items.get(key), other.items.get(key)
        if a is b or (a and b and same(a.value, b.value)):
            continue
        present = a or b
        if present is None:
            continue
        line = line_of(present.node) if present.node is not None else 1
        missing = Binding(Unknown(expression=str(key), path=path, line=line, because=because), None, path)
        sides = (a or missing, b or missing)
        joined[key] = join_bindings(sides, test)
    return Names(joined, one.open or other.open)


def join_bindings(sides: tuple[Binding, Binding], test: ast.expr | None) -> Binding:
    """Return what a name stands for after a condition that cannot be determined."""
    either = tuple(e for s in sides for e in (s.either or (s,)))
    nodes = [s.node for s in sides if s.node is not None]
    node: ast.expr | None = nodes[0] if nodes else None
    if len(nodes) == 2 and test is not None:
        node = ast.copy_location(ast.IfExp(test=test, body=nodes[0], orelse=nodes[1]), nodes[0])
    path = next((s.path for s in sides if s.node is not None), sides[0].path)
    return Binding(one_of([s.value for s in sides]), node, path, either[:8])


def plain(heap: Heap, value: Value, depth: int = 6) -> object:
    """Return a value as Python's own: texts, numbers, tuples. Raises `LookupError` where a part is not known."""
    if isinstance(value, Known):
        return value.value
    cell = heap.cells.get(value.cell) if isinstance(value, Ref) and depth else None
    if isinstance(cell, Items) and not cell.open:
        return tuple(plain(heap, b.value, depth - 1) for b in cell.items)
    raise LookupError


def texts(heap: Heap, value: Value) -> list[str]:
    """Return the texts that a list surely or possibly holds, in order."""
    found: list[str] = []
    for member in value.values if isinstance(value, OneOf) else (value,):
        cell = heap.cells.get(member.cell) if isinstance(member, Ref) else None
        parts: list[Value] = [b.value for b in cell.items] if isinstance(cell, Items) else []
        if isinstance(member, Known) and isinstance(member.value, tuple):
            parts = [Known(p) for p in member.value]
        found += [p.value for p in parts if isinstance(p, Known) and isinstance(p.value, str) and p.value not in found]
    return found
