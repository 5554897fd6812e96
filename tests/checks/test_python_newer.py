"""Python that is newer than the interpreter: what is written, where each name stands, and what is not Python."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from checks.model import Outcome
from checks.parsers.python import parse_python
from checks.parsers.python_newer import parse_newer
from checks.parsers.text import ParseError
from tests.checks.test_backend_items import ENV, django
from tests.support.repo import check_one

OURS = sorted(Path(__file__).parents[2].glob("checks/**/*.py"))

NEWER = [
    ('x = f"{d["a"]}"; y', "x = f'{d['a']}'"),
    ('x = f"{a[f"{b["c"]}"]}" if y else z', "f'{b['c']}'"),
    ('x = f"{\n  a  # why\n  !r:>{w}\n}"; y', "!r:>{w}"),
    ('x = f"é{d["ü"]}é" + y', "d['ü']"),
    ('x = f"{d["a"]!r:{w["x"]}}" "b" f\'{c}\' + y', "!r:{w['x']}}b{c}"),
    ('x = f"{d["a"]=}" + y', "d["),
    ('x = rf"\\d{{{d["a"]}}}" + y', "\\\\d{{{"),
    ("x = f'{a['''\n''']}' + z", "+ z"),
    ("def f[T: int = str, *Ts, **P](a: T) -> T: return y", "def f(a: T) -> T:"),
    ("class A[\n    T,\n](B): x = y", "class A(B):"),
    ("try: x\nexcept A, b.C: y", "except (A, b.C):"),
    ("try: x\nexcept* A, B: y", "except* (A, B):"),
    ("@d(f\"{x[\"y\"]}\")\nclass A: y", "class A:"),
    ("match x:\n  case {'a': [1, *q]}: z = f\"{x[\"a\"]}\" + y", "case {'a': [1, *q]}:"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), NEWER)
def test_each_name_stands_where_it_does_in_the_file(text, written):
    tree = parse_python(text)
    assert written in ast.unparse(tree).replace('"', "'").replace("'''", "'")
    lines = text.encode().splitlines()
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    assert len(names) > 1
    for name in names:
        line = lines[name.lineno - 1]
        assert line[name.col_offset : name.end_col_offset].decode() == name.id


def test_a_string_that_this_python_cannot_write_is_a_sum():
    tree = parse_python('x = f"a{f"{"\\n".join(f"{q["\\t"]}" for q in y)}"}b"')
    assert "join" in ast.unparse(tree) and {"q", "y"} <= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def test_newer_statements_say_as_little_as_they_do_on_newer_interpreters():
    tree = parse_python('type X[T] = list[T]\ny = t"{a}"\n')
    assert not any(isinstance(n, (ast.Assign, ast.JoinedStr)) and "X" in ast.unparse(n) for n in ast.walk(tree))
    assert not any(isinstance(n, (ast.JoinedStr, ast.Constant)) for n in ast.walk(tree.body[1]))


NOT_PYTHON = [
    ("def broken(:", 1), ('x = 1\nprint "x"', 2), ("x = 0777", 1), ('x = f"{d["a"]}"\nraise A, "b"', 1),
    ('x = f"{d["a"]}" = 1', 1), ('del f"{d["a"]}"', 1), ('f"{d["a"]}" += 1', 1), ('x = f"{lambda: d["a"]}"', 1),
    ('x = b"a" f"{d["a"]}"', 1), ('x = f"{d["a"]}}"', 1), ('global f"{d["a"]}"', 1), ('f(f"{d["a"]}"=1)', 1),
    ("try: x\nexcept A, B as e: y", 2), ("def f[T = int, S](a): pass", 1), ("x = f\"{f'{" * 40, 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), NOT_PYTHON)
def test_what_is_not_python_is_named_with_its_line(text, line):
    with pytest.raises(ParseError, match="not Python") as caught:
        parse_python(text)
    assert caught.value.line == line


@pytest.mark.parametrize("path", OURS[::6], ids=lambda p: p.name)
def test_strings_that_every_python_reads_are_read_alike(path):
    text = path.read_text("utf-8")
    assert ast.dump(parse_newer(text, every=True)) == ast.dump(ast.parse(text))


def test_a_file_for_a_newer_python_leaves_no_item_open():
    files = django(ENV + ', environment=f"{NAMES["live"]}"', before='NAMES = {"live": "production"}\n')
    (verdict,) = check_one("sdk-initialized", files).verdicts
    assert verdict.outcome is Outcome.PASS and verdict.evidence[0].line == 5
    (verdict,) = check_one("environment-explicit", files).verdicts
    assert verdict.outcome is Outcome.FAIL and "the environment is 'production'" in verdict.findings[0].message
