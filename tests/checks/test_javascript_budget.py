"""The grammar's budget: dense valid modules are read, and a few bytes that keep its error recovery busy are given up."""

from __future__ import annotations

import pytest
from tree_sitter import Parser

from checks.parsers import javascript as js
from checks.parsers.text import ParseError

DENSE = {
    "statements": "a;", "empty": ";", "generics": "f<A<B<C>>>(c);", "comparisons": "a<b,c>d;", "arrows": "(a,b)=>(c,d)=>e;",
    "lines": "a\n", "blocks": "{}", "templates": "`a${b}c`;", "objects": "x={a:1,b:[1,2]};", "types": "x as A<B>;",
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["ts", "tsx"])
@pytest.mark.parametrize("name", DENSE)
def test_dense_valid_code_is_read(name, suffix):
    for size in (1, 100, 60_000):
        text = DENSE[name] * (size // len(DENSE[name]) + 1)
        assert not js.parse_javascript(text.encode(), f"x.{suffix}").has_error


@pytest.mark.parametrize(
    "text", ["[" + "1," * 30_000 + "1]", "[" + '"",' * 20_000 + '""]', "[" + "[]," * 20_000 + "1]"]
)
def test_dense_valid_json_is_read(text):
    assert js.parse_json(text.encode()).type == "array"


@pytest.mark.parametrize(
    ("text", "line"), [("a\nb\nc = = 1\n", 3), ("f(\n  {a: 1,\n   b: [1, , %]})\n", 3), ("x = {\n", 1), ("\n\n)\n", 3)]
)
def test_the_first_error_is_found_where_it_is(text, line):
    with pytest.raises(ParseError) as caught:
        js.parse_javascript(text.encode(), "x.ts")
    root = Parser(js._language("typescript")).parse(text.encode()).root_node
    slow = next(n for n in js.descend(root) if n.is_error or n.is_missing)
    assert caught.value.line == slow.start_point[0] + 1 == line
