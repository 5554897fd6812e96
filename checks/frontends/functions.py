"""The kinds of functions in the grammar of JavaScript."""

from __future__ import annotations

GENERATORS = frozenset({"generator_function", "generator_function_declaration"})
"""Functions whose body runs only while something iterates over what a call of them returns."""

FUNCTIONS = (
    frozenset({"function_declaration", "method_definition", "arrow_function", "function_expression", "function"})
    | GENERATORS
)
