"""The mutation tool: it changes what it says, finds the tests of a line, and tells killed from survived."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.__main__ import table
from tests.mutation.by_hand import FILE, read
from tests.mutation.coverage_map import in_turn
from tests.mutation.mutants import Written, code_of, mutants_of
from tests.mutation.server import KILLED, SURVIVED, TIMEOUT, UNCOVERED

SOURCE = '''"""A module."""


class Shop:
    """A shop."""

    @property
    def open(self) -> bool:
        """Return whether it is open."""
        return not self.closed and self.hour >= 8


def price(goods, *, tax=True):
    """Return a price."""
    for good in goods:
        if good == "nothing":
            continue
        print(good, end="")
    return sum([g for g in goods if g], start=1) + 2
'''


def texts(path: Path) -> list[str]:
    return [f"{m.line} {m.operator}: {m.before} -> {m.after}" for m in mutants_of(path, "shop.py")]


def test_each_change_is_named_with_its_line(tmp_path):
    (tmp_path / "shop.py").write_text(SOURCE)
    found = texts(tmp_path)
    whole = "not self.closed and self.hour >= 8"
    assert [t for t in found if t.startswith("10 ")] == [
        f"10 returned value: return {whole} -> return None",
        f"10 and/or: {whole} -> not self.closed or self.hour >= 8",
        f"10 operand dropped: {whole} -> self.hour >= 8",
        f"10 operand dropped: {whole} -> not self.closed",
        "10 not dropped: not self.closed -> self.closed",
        "10 comparison: self.hour >= 8 -> self.hour > 8",
        "10 constant: 8 -> 9",
    ]
    assert "16 comparison: good == 'nothing' -> good != 'nothing'" in found
    assert "17 continue/break: continue -> break" in found
    assert "18 statement dropped: print(good, end='') -> pass" in found
    assert "18 argument dropped: print(good, end='') -> print(good)" in found
    assert "19 filter dropped:  for g in goods if g ->  for g in goods" in found
    assert not [t for t in found if "A shop" in t or "Return" in t], "docstrings are not behavior"


def test_a_mutant_is_the_code_of_its_function_with_one_change(tmp_path):
    (tmp_path / "shop.py").write_text(SOURCE)
    names: dict[str, object] = {}
    exec(compile(SOURCE, "shop.py", "exec"), names)
    price = names["price"]
    assert price([3]) == 6
    mutant = next(m for m in mutants_of(tmp_path, "shop.py") if m.operator == "arithmetic")
    price.__code__ = code_of(tmp_path, mutant)
    assert price([3]) == 2
    kept = [code_of(tmp_path, m) for m in mutants_of(tmp_path, "shop.py")]
    assert {c.co_name for c in kept} == {"open", "price"}


def test_the_fastest_case_of_each_function_comes_first():
    times = {"a[1]": 0.1, "a[2]": 0.3, "b": 0.2, "c[x]": 0.4}
    assert in_turn(list(times), times, 10) == ["a[1]", "b", "c[x]", "a[2]"]
    assert in_turn(list(times), times, 2) == ["a[1]", "b"]


def test_the_table_counts_by_folder(tmp_path):
    (tmp_path / "shop.py").write_text(SOURCE)
    first, second, third, fourth = (
        m._replace(path=f"x/{n}.py") for n, m in zip("abcd", mutants_of(tmp_path, "shop.py"), strict=False)
    )
    results = [(first, KILLED, ""), (second, SURVIVED, ""), (third, TIMEOUT, ""), (fourth, UNCOVERED, "")]
    assert table(results, ["x"])[2:] == ["| x | 4 | 2 | 1 | 1 | 50.0 % |", "| all | 4 | 2 | 1 | 1 | 50.0 % |"]


@pytest.mark.thorough
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_command_tries_mutants_of_a_module(tmp_path):
    log = tmp_path / "log.md"
    command = [
        sys.executable, "-m", "tests.mutation", "--map", str(tmp_path / "map"), "--tests", "tests/checks/test_path_words.py",
        "--sample", "25", "--budget", "60", "--log", str(log), "checks/parsers/globs.py", "checks/repository/path_words.py",
    ]  # fmt: skip
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    rows = {r.split("|")[1].strip(): r.split("|") for r in log.read_text("utf-8").splitlines() if r.startswith("| ")}
    tried, killed = (int(rows["all"][column]) for column in (2, 3))
    assert tried == 25 and 3 <= killed < 25, (
        "tests of words kill some of them, and cannot kill those of the other module"
    )
    assert int(rows["checks/parsers/globs.py"][3]) < int(rows["checks/parsers/globs.py"][2])
    assert subprocess.run([*command, "--least", "101"], cwd=root, capture_output=True).returncode == 1


def test_a_change_by_hand_has_its_text_once_and_changes_a_function(tmp_path):
    (tmp_path / "shop.py").write_text(SOURCE)
    change = Written("shop.py", "self.hour >= 8", "self.hour > 8", "tests/x.py::test_y")
    assert [key[0] for key in change.codes(tmp_path)] == ["Shop.open"]
    for before, after, reason in (
        ("good", "bad", "6 times"),
        ("gone", "x", "0 times"),
        ("A module", "B", "no function"),
    ):
        with pytest.raises(ValueError, match=reason):
            change._replace(before=before, after=after).codes(tmp_path)


def test_blocks_of_changes_by_hand_are_read_with_their_lines():
    text = "# a comment\n\na.py\n- x = 1\n-     y\n+ x = 2\n= tests/a.py::test[a b]\n\nb.py\n- c\n+ d\n= e\n"
    assert read(text) == [
        Written("a.py", "x = 1\n    y", "x = 2", "tests/a.py::test[a b]"),
        Written("b.py", "c", "d", "e"),
    ]
    with pytest.raises(ValueError, match="not a path"):
        read("a.py\n- x\n+ y\n")


def test_each_change_by_hand_is_still_one():
    root = Path(__file__).parents[2]
    changes = read(FILE.read_text("utf-8"))
    assert len(changes) >= 60 and len({str(c) for c in changes}) == len(changes)
    for change in changes:
        assert change.codes(root)
