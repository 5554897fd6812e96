"""Values that multiply from step to step are given up before the work does: helpers that call each other, texts of texts."""

from __future__ import annotations

import pytest

from checks.parsers import javascript as js
from checks.parsers import javascript_values as values

WIDE = "function f0(x) { const result = x; return result }\n" + "".join(
    f"function f{n}(x) {{ {f'f{n - 1}(x); ' * 8}}}\n" for n in range(1, 12)
)
NESTED = "const t0 = ''\n" + "".join(f"const t{n} = `{f'${{t{n - 1}}}' * 8}`\n" for n in range(1, 12))


def _result(text, monkeypatch):
    root = js.parse_javascript(text.encode(), "vite.config.js")
    nodes = [n for n in js.descend(root) if n.type == "variable_declarator"]
    found = [n for n in nodes if js.text_of(n.child_by_field_name("name")) == "result"]
    asked, real = [0], values.production_value

    def counted(*words, **named):
        asked[0] += 1
        return real(*words, **named)

    monkeypatch.setattr(values, "production_value", counted)
    return counted(found[-1].child_by_field_name("value")), asked[0]


@pytest.mark.parametrize(
    "text",
    [
        "function f(env) { const result = env.mode; g(env); return f(env) }\nfunction g(env) { f(env) }",
        "const f = (env) => { const result = env.mode; f(env) }",
        WIDE + "f11('a')",
        NESTED + "const result = t11",
        f"const a = '{'x' * 2_000}'\nconst b = `{'${a}' * 8}`\nconst result = b + b",
        "function f(x) { const result = x }\n" + "f('a')\n" * 400,
        "function f(env) { const result = env.mode }\n" + "f(g)\n" * 400,
    ],
)
def test_what_multiplies_is_given_up(text, monkeypatch):
    value, asked = _result(text, monkeypatch)
    assert value is values.UNKNOWN
    assert asked < 5_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("function f(x) { const result = x }\nconst go = (m) => f(m)\ngo('a')\ngo('a')", "a"),
        ("function f(x) { const result = x }\nf('a')\nf('b')", values.UNKNOWN),
        ("function f(x) { const result = x }\nf('a')\nf(...rest)", values.UNKNOWN),
        ("function f({ on }) { const result = on }\nf({ on: true })", True),
        ("const a = 'x'\nconst b = `${a}-${a}`\nconst result = `${b}/${b}`", "x-x/x-x"),
        (
            "export default (env) => make(env)\nfunction make(env) { return inner(env) }\n"
            "function inner(env) { const result = env.mode }",
            "production",
        ),
    ],
)
def test_what_few_steps_decide_is_known(text, value, monkeypatch):
    assert _result(text, monkeypatch)[0] == value
