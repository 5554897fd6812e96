"""What a call depends on before it runs: the function around it, and the conditions on the way to it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.exits import exits
from checks.frontends.functions import FUNCTIONS, GENERATORS
from checks.parsers import javascript as js

_CASES = ("switch_case", "switch_default")
_LOOPS = ("for_statement", "while_statement")


class Guard(Struct, frozen=True):
    """A condition that has to be `wanted` for a call to run: of an `if`, of `&&`, of a loop, or of a `return` before it.

    A case of a `switch` and a `catch` are themselves the condition. `kind` is `nullish` for `??`, `items` for what `for` goes
    through, `missing` for a default value, `shadowed` for a name of the SDK that is a parameter, and `leaves` for a statement that
    leaves before the call where all of `conditions` hold.
    """

    condition: Node
    wanted: bool
    kind: str = ""
    conditions: tuple[Guard, ...] = ()

    @property
    def text(self) -> str:
        """The condition as it has to be, on one line."""
        if self.condition.type == "catch_clause":
            return "something before it throws"
        if self.condition.type in _CASES:
            value = self.condition.child_by_field_name("value")
            return f"the switch comes to {js.text_of(value) if value is not None else 'default'}"
        given = " ".join(js.text_of(js.unwrap(self.condition)).split())
        if self.kind == "leaves":
            given = " and ".join(g.text for g in self.conditions)
        elif self.kind:
            given = _TEXTS[self.kind].format(given)
        return given if self.wanted else f"!({given})"


_TEXTS = {
    "nullish": "{} is null or undefined",
    "items": "{} has an element",
    "missing": "`{}` is not given",
    "shadowed": "`{}` is the SDK",
}


def enclosing(node: Node) -> str:
    """Return the name of the outermost function around a node, empty at module level; one that is called where it stands is none."""
    function, current = "", node.parent
    while current is not None:
        if runs_later(current, node):
            function = function_name(current) or function or "a function"
        current = current.parent
    return function


def runs_later(function: Node, node: Node) -> bool:
    """Return whether a node around another is a function (or a class that sets a field) which has to be called before that runs."""
    if function.type == "public_field_definition":
        return all(c.type != "static" for c in function.children)
    if function.type not in FUNCTIONS:
        return False
    return function.type in GENERATORS or not called_at_once(function)


def holder(node: Node) -> str:
    """Return the name of the class or object whose static method or member the outermost function around a node is, or nothing."""
    found, current = "", node.parent
    while current is not None:
        above = current.parent
        if current.type == "method_definition" and above is not None and above.type == "class_body":
            static = any(c.type == "static" for c in current.children)
            name = above.parent.child_by_field_name("name") if above.parent is not None else None
            found = js.text_of(name) if static and name is not None else ""
        elif current.type == "method_definition" or (
            current.type in FUNCTIONS and above is not None and above.type == "pair"
        ):
            literal = above if current.type == "method_definition" else above.parent if above is not None else None
            made = literal.parent if literal is not None else None
            while made is not None and made.type in (
                "satisfies_expression",
                "as_expression",
                "parenthesized_expression",
            ):
                made = made.parent
            name = made.child_by_field_name("name") if made is not None and made.type == "variable_declarator" else None
            found = js.text_of(name) if name is not None else ""
        elif current.type in FUNCTIONS:
            found = ""
        current = above
    return found


def called_at_once(function: Node) -> bool:
    """Return whether a function is called where it stands: `(() => { … })()`."""
    above = function.parent
    while above is not None and above.type in ("parenthesized_expression", "unary_expression", "await_expression"):
        function, above = above, above.parent
    called = above.child_by_field_name("function") if above is not None and above.type == "call_expression" else None
    return called is not None and called.id == function.id


def guards(node: Node, within: Node | None = None) -> Iterator[Guard]:
    """Yield the conditions that a call depends on, up to the module, or to a node around it: of `if`, `?:`, `&&`, `||`, `??`,
    of loops, of default values, and of what leaves before it.
    """
    child, current = node, node.parent
    while current is not None and (within is None or current.id != within.id):
        found = _above(current, child)
        if found is not None:
            yield found
        if current.type in ("statement_block", "program", *_CASES):
            yield from _left_before(current, child)
        child, current = current, current.parent


def _above(current: Node, child: Node) -> Guard | None:
    """Return the condition that a node sets to the one of its children that a call is in."""
    kind = current.type
    if kind in ("if_statement", "ternary_expression"):
        test, then = current.child_by_field_name("condition"), current.child_by_field_name("consequence")
        return (
            Guard(test, then is not None and child.id == then.id) if test is not None and child.id != test.id else None
        )
    if kind in ("binary_expression", "augmented_assignment_expression"):
        left, sign = current.child_by_field_name("left"), current.child_by_field_name("operator")
        word = js.text_of(sign).removesuffix("=") if sign is not None else ""
        if left is None or left.id == child.id or word not in ("&&", "||", "??"):
            return None
        return Guard(left, True, "nullish") if word == "??" else Guard(left, word == "&&")
    if kind in _CASES or kind == "catch_clause":
        return Guard(current, True)
    if kind in _LOOPS:
        test, body = current.child_by_field_name("condition"), current.child_by_field_name("body")
        while test is not None and test.type == "expression_statement" and test.named_children:
            test = test.named_children[0]
        inside = body is not None and child.id == body.id and test is not None and test.type != "empty_statement"
        return Guard(test, True) if inside and test is not None else None
    if kind == "for_in_statement":
        items, body = current.child_by_field_name("right"), current.child_by_field_name("body")
        return Guard(items, True, "items") if items is not None and body is not None and child.id == body.id else None
    if (
        kind == "call_expression"
        and child.type == "arguments"
        and any(c.type == "optional_chain" for c in current.children)
    ):
        function = current.child_by_field_name("function")
        return Guard(function, False, "nullish") if function is not None else None
    if kind in ("required_parameter", "optional_parameter", "assignment_pattern"):
        pattern = current.child_by_field_name("pattern") or current.child_by_field_name("left")
        return Guard(pattern, True, "missing") if pattern is not None and child.id != pattern.id else None
    return None


def _left_before(block: Node, child: Node) -> Iterator[Guard]:
    """Yield the conditions under which statements of a block leave it before a child of it runs."""
    for earlier in block.named_children:
        if earlier.start_byte >= child.start_byte:
            return
        for leaving in exits(earlier, child):
            conditions = tuple(guards(leaving, block))
            if len(conditions) == 1 and not conditions[0].kind and conditions[0].wanted:
                yield Guard(conditions[0].condition, False)
            else:
                yield Guard(leaving, False, "leaves", conditions)


def function_name(node: Node) -> str:
    """Return the name of a function: its own, that of its constant or property, or `call()` for what a call is given."""
    name = node.child_by_field_name("name")
    if name is not None:
        return js.text_of(name)
    above = node.parent
    if above is not None and above.type == "pair":
        key = above.child_by_field_name("key")
        return js.text_of(key) if key is not None else ""
    if above is not None and above.type == "variable_declarator":
        named = above.child_by_field_name("name")
        return js.text_of(named) if named is not None else ""
    if above is not None and above.type == "arguments" and above.parent is not None:
        called = above.parent.child_by_field_name("function")
        return f"{js.text_of(called)}()" if called is not None else ""
    return ""
