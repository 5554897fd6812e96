"""The grammar's budget: dense valid modules are read, and a few bytes that keep its error recovery busy are given up."""

from __future__ import annotations

import pytest

from checks.parsers import javascript as js

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
