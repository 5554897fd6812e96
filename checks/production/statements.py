"""Statements in the order they run."""

from __future__ import annotations

import ast

from checks.parsers.position import line_of, written
from checks.production.core import Raised, RaisesError
from checks.production.managers import Managers
from checks.production.readers import ENVIRON, READER_PREFIX
from checks.production.values import (
    Binding,
    Class,
    External,
    FromEnvironment,
    Function,
    Guard,
    Instance,
    Items,
    Known,
    ModuleOf,
    Names,
    OneOf,
    Reader,
    Ref,
    Value,
)


class Statements(Managers):
    """Runs statements. How a block ends is `next`, `return`, `raise`, `break` or `continue`."""

    def run(self, body: list[ast.stmt]) -> str:
        """Run statements in their order and return how they end; the statements after the end are inspected, not run."""
        for position, statement in enumerate(body):
            self.step()
            guards = len(self.guards)
            try:
                how = self.statement(statement)
            except RaisesError as error:
                del self.guards[guards:]
                how, self.frame.raised = "raise", str(error)
                if not self.shadows and not any(r.message == str(error) for r in self.raises):
                    self.raises.append(Raised(str(error), self.frame.path, line_of(statement)))
            if how != "next":
                rest = body[position + 1 :]
                if rest:
                    because = (
                        self.frame.raised if how == "raise" and self.frame.raised else f"it follows a {how} statement"
                    )
                    place = {"path": self.frame.path, "line": line_of(statement)}
                    self.shadow(rest, Guard(test="", truth=False, because=because, **place))  # type: ignore[arg-type]
                return how
        return "next"

    def statement(self, node: ast.stmt) -> str:
        """Run one statement."""
        match node:
            case ast.Expr():
                before = len(self.inits)
                self.drop(self.evaluate(node.value), before, node.value)
            case ast.Assign():
                if any(isinstance(t, (ast.Tuple, ast.List)) for t in node.targets):
                    self.consumed.add(id(node.value))
                bound = self.bind(node.value)
                for target in node.targets:
                    self.assign(target, bound)
            case ast.AnnAssign():
                self._annotated(node)
            case ast.AugAssign():
                self._augmented(node)
            case ast.If():
                return self._if(node)
            case ast.Import() | ast.ImportFrom():
                self.imports(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node)
            case ast.ClassDef():
                self._class(node)
            case ast.Return():
                if node.value is not None:
                    self.frame.returned.append(self.evaluate(node.value))
                else:
                    self.frame.returned.append(Known(None))
                return "return"
            case ast.Raise():
                if node.exc is not None:
                    self.evaluate(node.exc)  # `raise SystemExit(main())` runs the program
                self.frame.raised = f"`{written(node)[:120]}`"
                return "raise"
            case ast.Try():
                return self.attempt(node)
            case ast.With() | ast.AsyncWith():
                return self.with_managers(node)
            case ast.For() | ast.AsyncFor():
                return self.loop(node)
            case ast.While():
                return self.while_loop(node)
            case ast.Match():
                return self.match(node)
            case ast.Delete():
                for target in node.targets:
                    self._delete(target)
            case ast.Global():
                self.frame.global_names |= set(node.names)
            case ast.Nonlocal():
                self.frame.outer_names = self.frame.outer_names | set(node.names)
            case ast.Break():
                return "break"
            case ast.Continue():
                return "continue"
            case ast.Assert():
                if self.holds(node.test) is False:
                    self.frame.raised = f"`{written(node)[:120]}` fails"
                    return "raise"
        return "next"

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        """Run an import."""
        raise NotImplementedError

    def assign(self, target: ast.expr, bound: Binding) -> None:
        """Bind a target of an assignment."""
        match target:
            case ast.Name():
                self.assign_name(target.id, bound)
            case ast.Tuple() | ast.List():
                items = self.items(bound.value)
                star = next((n for n, part in enumerate(target.elts) if isinstance(part, ast.Starred)), None)
                if (
                    items is not None
                    and not items.open
                    and star is not None
                    and len(items.items) >= len(target.elts) - 1
                ):
                    # `first, *rest = …`: the rest is a list of what the other names leave.
                    end = len(items.items) - (len(target.elts) - 1 - star)
                    rest = Ref(self.heap.new(Items("list", items.items[star:end])))
                    taken = Binding(rest, bound.node, bound.path)
                    items = Items("tuple", (*items.items[:star], taken, *items.items[end:]))
                whole = items is not None and len(items.items) == len(target.elts) and not items.open
                for position, part in enumerate(target.elts):
                    inner = items.items[position] if items is not None and whole else None
                    part = part.value if isinstance(part, ast.Starred) else part
                    self.assign(part, inner or Binding(self.unknown(target), bound.node, bound.path))
            case ast.Subscript():
                owner = self.evaluate(target.value)
                key = self.plain(self.evaluate(target.slice)) if not isinstance(target.slice, ast.Slice) else None
                if isinstance(owner, External) and owner.name == ENVIRON:
                    if key is not None:
                        self.heap.set(self.overlay, key.value, bound)
                elif isinstance(owner, External) and key is not None and "(" in owner.name:
                    self.client_set(owner.name, str(key.value), bound, target)
                elif isinstance(owner, External) and owner.name == "sys.modules" and key is not None:
                    self.heap.set(self.replaced, f"sys.modules {key.value}", bound)
                elif isinstance(owner, Ref) and self.dictionary(owner) is not None and key is not None:
                    self.heap.set(owner.cell, key.value, bound)
                elif isinstance(owner, Ref) and self.items(owner) is not None:
                    self._set_item(owner, key, target, bound)
                elif isinstance(owner, Ref):
                    self.heap.blur(owner.cell, self.unknown(target))
                elif isinstance(owner, OneOf):
                    self._set_in_one(owner, key, target)
            case ast.Attribute():
                owner = self.evaluate(target.value)
                if isinstance(owner, (Instance, Class)):
                    self.set_member(owner, target.attr, bound, target)
                elif isinstance(owner, Reader) and target.attr == "prefix":
                    self.heap.set(owner.scheme, READER_PREFIX, bound)
                elif isinstance(owner, ModuleOf):
                    scope = self.module_scope(owner.path)
                    if scope is not None:
                        self.heap.set(scope, target.attr, bound)
                elif isinstance(owner, External) and self.client_set(owner.name, target.attr, bound, target):
                    pass
                elif isinstance(owner, External) and "(" not in owner.name:
                    self.heap.set(self.replaced, f"{owner.name}.{target.attr}", bound)

    def _set_in_one(self, owner: OneOf, key: Known | None, target: ast.Subscript) -> None:
        """Set an item in one of several: in each of them it may be the new one; without a known key that goes for all items."""
        uncertain = self.unknown(target)
        for ref in owner.values:
            if isinstance(ref, Ref) and key is not None and self.dictionary(ref) is not None:
                self.heap.set(ref.cell, key.value, Binding(uncertain, target, self.frame.path))
            elif isinstance(ref, Ref):
                self.heap.blur(ref.cell, uncertain)

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Name():
                self.heap.delete(self.frame.scopes[0], target.id)
            case ast.Subscript():
                owner, key = self.evaluate(target.value), self.plain(self.evaluate(target.slice))
                names = self.dictionary(owner)
                if isinstance(owner, External) and owner.name == ENVIRON and key is not None:
                    self.heap.set(self.overlay, key.value, Binding(Known(None), target, self.frame.path))
                if isinstance(owner, Ref) and key is not None and names is not None:
                    if key.value not in names.items and not names.open:
                        raise RaisesError(f"`del {written(target)[:120]}` raises KeyError")
                    self.heap.delete(owner.cell, key.value)
                elif isinstance(owner, Ref) and self.items(owner) is not None:
                    self._set_item(owner, key, target, None)
                elif isinstance(owner, Ref):
                    self.heap.open(owner.cell)

    def _set_item(self, owner: Ref, key: Known | None, target: ast.Subscript, bound: Binding | None) -> None:
        """Set an item or a slice of a list, or delete it; a list is forgotten where its place is not known."""
        items = self.items(owner)
        place = self.slice_of(target.slice) if isinstance(target.slice, ast.Slice) else key.value if key else None
        more = self.items(bound.value) if bound is not None and isinstance(place, slice) else None
        known = isinstance(place, slice) and (bound is None or (more is not None and not more.open))
        if items is None or items.open or not (known or isinstance(place, int)):
            self.heap.cells[owner.cell] = Items(items.kind if items is not None else "list", (), True)
            return
        found: list[Binding] = list(items.items)
        try:
            if bound is None:
                del found[place]  # type: ignore[arg-type]
            elif isinstance(place, int):
                found[place] = bound
            elif isinstance(place, slice):
                found[place] = list(more.items if more is not None else ())
        except (IndexError, ValueError) as error:
            raise RaisesError(f"`{written(target)[:120]}` raises {type(error).__name__}") from error
        self.heap.cells[owner.cell] = Items(items.kind, tuple(found))

    def _annotated(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.annotations.setdefault(self.frame.scopes[0], {})[node.target.id] = written(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.bind(node.value))
        elif isinstance(node.target, ast.Name) and self.frame.function == "class":
            self.assign(node.target, Binding(self.unknown(node.target), None, self.frame.path))

    def _augmented(self, node: ast.AugAssign) -> None:
        old_node = self._node_of(node.target)
        operation = ast.copy_location(ast.BinOp(left=_load(node.target), op=node.op, right=node.value), node)
        value = self.evaluate(operation)
        owner = self.evaluate(_load(node.target))
        if isinstance(owner, Ref) and isinstance(value, Ref) and isinstance(self.heap.cells.get(owner.cell), Items):
            self.heap.cells[owner.cell] = self.heap.cells[value.cell]
            value = owner
        whole = operation
        if old_node is not None:
            whole = ast.copy_location(ast.BinOp(left=old_node, op=node.op, right=node.value), node)
        self.assign(node.target, Binding(value, whole, self.frame.path))

    def _node_of(self, target: ast.expr) -> ast.expr | None:
        if isinstance(target, ast.Name):
            for number in self.frame.scopes:
                bound = self.heap.names(number).items.get(target.id)
                if bound is not None:
                    return bound.node
        return None

    def _if(self, node: ast.If) -> str:
        return self.branch(node.test, self.evaluate_test(node.test), node.body, node.orelse, line_of(node))

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        scopes = self.frame.scopes[1:] if self.frame.function == "class" else self.frame.scopes
        made: Value = Function(node, self.frame.path, scopes, defaults=self.defaults_of(node.args))
        bound = Binding(made, None, self.frame.path)
        accessor = next((a for d in node.decorator_list if (a := _accessor(d, node.name))), "")
        if accessor and self.frame.function == "class":
            self.assign_name(f"{node.name}.{accessor}", bound)
            return
        for decorator in reversed(node.decorator_list):
            called = self.evaluate(decorator)
            at = ast.copy_location(ast.Call(func=decorator, args=[], keywords=[]), decorator)
            if isinstance(called, External) and self.calls_back(called.name):
                self.call(called, at, [bound], {})
            elif isinstance(called, (Function, Class, Instance)):
                bound = Binding(self.call(called, at, [bound], {}), None, self.frame.path)
        self.assign_name(node.name, bound)

    def _class(self, node: ast.ClassDef) -> None:
        frame = self.frame
        bases = tuple(self.evaluate(b) for b in node.bases)
        cell = self.heap.new(Names({}))
        outer, name = frame.scopes, frame.function
        frame.scopes, frame.function = (cell, *outer), "class"
        try:
            self.run(node.body)
        finally:
            frame.scopes, frame.function = outer, name
        for key, bound in self.heap.names(cell).items.items():
            value = bound.value
            if isinstance(value, FromEnvironment) and value.name.endswith("{}"):
                named = FromEnvironment(
                    name=value.name.removesuffix("{}") + str(key),
                    default=value.default,
                    path=value.path,
                    line=value.line,
                    cast=value.cast,
                    given=value.given,
                )
                self.heap.set(cell, key, Binding(named, bound.node, bound.path))
        keywords = tuple((k.arg or "**", self.evaluate(k.value)) for k in node.keywords if k.arg != "metaclass")
        made = Class(node.name, frame.path, cell, bases, keywords)
        self.assign_name(node.name, Binding(made, None, frame.path))
        self._made_class(made, node)

    def _made_class(self, made: Class, node: ast.ClassDef) -> None:
        """Run what making a class runs: `__init_subclass__` of a base, the metaclass, decorators; the class stays what it is."""
        call = ast.copy_location(ast.Call(func=ast.Name(id=node.name), args=[], keywords=[]), node)
        found = next(
            (f for b in made.bases if isinstance(b, Class) and (f := self.class_member(b, "__init_subclass__"))), None
        )
        if found is not None and isinstance(found[0].value, Function):
            own = found[0].value
            self.call_function(own.of(made, found[1]), call, [], {})
        for keyword in node.keywords:
            meta = self.evaluate(keyword.value) if keyword.arg == "metaclass" else None
            for name in ("__new__", "__init__"):
                hook = self.class_member(meta, name) if isinstance(meta, Class) else None
                if hook is not None and isinstance(hook[0].value, Function):
                    given = [Binding(made, None, self.frame.path), *([self._unclear(node)] * 3)]
                    self.call_function(hook[0].value, call, given, {})
        for decorator in reversed(node.decorator_list):
            called = self.evaluate(decorator)
            if isinstance(called, (Function, Class)):
                self.call(called, call, [Binding(made, None, self.frame.path)], {})

    def _unclear(self, node: ast.ClassDef) -> Binding:
        return Binding(self.unknown(ast.copy_location(ast.Name(id=node.name), node)), None, self.frame.path)


def _accessor(decorator: ast.expr, name: str) -> str:
    """Return `setter` or `deleter` for a decorator that gives a property such a function (`@name.setter`)."""
    match decorator:
        case ast.Attribute(value=ast.Name(id=own), attr="setter" | "deleter" as kind) if own == name:
            return kind
    return ""


def _load(target: ast.expr) -> ast.expr:
    """Return what an assigned expression is read as: contexts do not matter here."""
    return target
