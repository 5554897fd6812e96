"""Parts of a change: what is kept is as planned to the byte, what is left out as before, and what breaks a file is refused."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setup_wizard.plan.files import ConflictError
from setup_wizard.plan.model import FileChange, Plan, StepOutcome, StepPlan, unified_diff
from setup_wizard.plan.parts import broken_by, lines, parts_of, plan_without, without_parts

TEXT = "".join(f"x{n} = {n}\n" for n in range(40))


def change(before: str | None, after: str, path: str = "a.py", *, secret: bool = False) -> FileChange:
    data = None if before is None else before.encode()
    return FileChange(path=path, before=data, after=after.encode(), secret=secret)


def two() -> FileChange:
    return change(TEXT, TEXT.replace("x3 = 3", "x3 = 33").replace("x30 = 30\n", "x30 = 30\ny = 1\n"))


def test_each_part_is_left_out_by_itself():
    made = two()
    assert len(parts_of(made)) == 2
    first = without_parts(made, frozenset({1}))
    second = without_parts(made, frozenset({0}))
    assert first is not None and first.after.decode() == TEXT.replace("x3 = 3\n", "x3 = 33\n")
    assert second is not None and second.after.decode() == TEXT.replace("x30 = 30\n", "x30 = 30\ny = 1\n")
    assert without_parts(made, frozenset()) is made and without_parts(made, frozenset({0, 1})) is None


def test_a_part_that_was_not_shown_is_a_conflict():
    with pytest.raises(ConflictError, match="other parts"):
        without_parts(two(), frozenset({2}))


def test_a_new_file_and_a_secret_one_are_whole():
    assert len(parts_of(change(None, TEXT))) == 1 and without_parts(change(None, TEXT), frozenset({0})) is None
    assert without_parts(change("A=1\n", "A=1\nB=2\n", ".env", secret=True), frozenset({0})) is None


@given(
    st.lists(st.sampled_from([b"a", b"b", b"\r", b"\x0c", b"\xff", b"\n"])),
    st.lists(st.sampled_from([b"a", b"b", b"\n", b"\r\n"])),
    st.data(),
)
def test_every_choice_is_made_of_lines_of_both(before, after, data):
    made = FileChange(path="a.txt", before=b"".join(before), after=b"".join(after))
    parts = parts_of(made)
    out = data.draw(st.frozensets(st.integers(0, max(len(parts) - 1, 0)))) if parts else frozenset()
    kept = without_parts(made, out)
    if kept is not None:
        assert b"".join(lines(made.before)) == made.before and b"".join(lines(made.after)) == made.after
        assert set(lines(kept.after)) <= {*lines(made.before), *lines(made.after)} or not kept.after.endswith(b"\n")
    if kept is not None and not out:
        assert kept.after == made.after


@pytest.mark.parametrize(
    ("path", "before", "after", "out", "said"),
    [
        ("a.py", TEXT, "import os\n" + TEXT + "os.sep\n", {0}, "`os` is used and no longer imported"),
        ("a.py", TEXT, "import os\n" + TEXT + "os.sep\n", {1}, None),
        ("a.py", TEXT, "if 1:\n  pass\n" + TEXT + "(\n)\n", {1}, None),
        ("a.py", TEXT, "(\n" + TEXT.replace("=", "==").replace("\n", ",\n") + ")\n", {0}, None),
        ("a.ts", "// 1\n" * 20, "import a from 'a'\n" + "// 1\n" * 20 + "a()\n", {0}, "`a` is used and no longer imported"),
        ("a.ts", "// 1\n" * 20, "f(\n" + "// 1\n" * 20 + ")\n", {0}, "syntax error"),
        ("a.yml", "# 1\n" * 20, "a:\n" + "# 1\n" * 20 + "  b: 1\n", {0}, None),
        ("a.json", "{\n" + "\n" * 20 + "}\n", '{\n"a": [\n' + "\n" * 20 + "]}\n", {0}, "Expecting"),
    ],
)  # fmt: skip
def test_parts_that_belong_together_are_said(path, before, after, out, said):
    problem = broken_by(change(before, after, path), frozenset(out))
    assert (problem is None) if said is None else (problem is not None and said in problem), problem


def test_a_plan_and_its_patch_without_a_part(tmp_path):
    made = two()
    plan = Plan(root=str(tmp_path), steps=(StepPlan(step="x", outcome=StepOutcome.PLANNED, changes=(made,)),))
    kept = plan_without(plan, {"a.py": frozenset({0})})
    (tmp_path / "a.py").write_bytes(made.before or b"")
    patch = "".join(unified_diff(c) for c in kept.changes)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    assert (tmp_path / "a.py").read_bytes() == kept.changes[0].after != made.after
    assert plan_without(plan, {"a.py": frozenset({0, 1})}).changes == () and plan_without(plan, {}) is plan
