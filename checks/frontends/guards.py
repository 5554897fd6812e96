"""What a call depends on before it runs: the function around it, and the conditions on the way to it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js

FUNCTIONS = frozenset(
    {"function_declaration", "method_definition", "arrow_function", "function_expression", "function"}
)


_CASES = ("switch_case", "switch_default")


class Guard(Struct, frozen=True):
    """A condition that has to be `wanted` for a call to run: of an `if`, of `&&`, or of a `return` before it.

    A case of a `switch` and a `catch` are themselves the condition.
    """

    condition: Node
    wanted: bool

    @property
    def text(self) -> str:
        """The condition as it has to be, on one line."""
        if self.condition.type == "catch_clause":
            return "something before it throws"
        if self.condition.type in _CASES:
            value = self.condition.child_by_field_name("value")
            return f"the switch comes to {js.text_of(value) if value is not None else 'default'}"
        given = " ".join(js.text_of(js.unwrap(self.condition)).split())
        return given if self.wanted else f"!({given})"


def enclosing(node: Node) -> str:
    """Return the name of the outermost function around a node, empty at module level; one that is called where it stands is none."""
    function, current = "", node.parent
    while current is not None:
        if current.type in FUNCTIONS and not _called_at_once(current):
            function = _function_name(current) or function or "a function"
        current = current.parent
    return function


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


def _called_at_once(function: Node) -> bool:
    above = function.parent
    while above is not None and above.type in ("parenthesized_expression", "unary_expression", "await_expression"):
        function, above = above, above.parent
    called = above.child_by_field_name("function") if above is not None and above.type == "call_expression" else None
    return called is not None and called.id == function.id


def guards(node: Node) -> Iterator[Guard]:
    """Yield the conditions that a call depends on, up to the module: of `if`, `?:`, `&&`, `||`, and of a `return` before it."""
    child, current = node, node.parent
    while current is not None:
        if current.type in ("if_statement", "ternary_expression"):
            test, then = current.child_by_field_name("condition"), current.child_by_field_name("consequence")
            if test is not None and child.id != test.id:
                yield Guard(test, then is not None and child.id == then.id)
        elif current.type == "binary_expression":
            left, sign = current.child_by_field_name("left"), current.child_by_field_name("operator")
            if left is not None and sign is not None and left.id != child.id and js.text_of(sign) in ("&&", "||"):
                yield Guard(left, js.text_of(sign) == "&&")
        elif current.type in _CASES or current.type == "catch_clause":
            yield Guard(current, True)
        elif current.type == "statement_block":
            for earlier in current.named_children:
                if earlier.start_byte >= child.start_byte:
                    break
                test = earlier.child_by_field_name("condition") if earlier.type == "if_statement" else None
                if test is not None and _leaves(earlier.child_by_field_name("consequence")):
                    yield Guard(test, False)
        child, current = current, current.parent


def _leaves(statement: Node | None) -> bool:
    inner = [c for c in statement.named_children if c.type != "comment"] if statement is not None else []
    last = inner[-1] if statement is not None and statement.type == "statement_block" and inner else statement
    return last is not None and last.type in ("return_statement", "throw_statement")


def _function_name(node: Node) -> str:
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
