"""GitHub's filters of branches and tags: the examples of its documentation, and names that are tried."""

from __future__ import annotations

import time

import pytest

from checks.ci.ref_filters import lets_in, names_to_try


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("feature/*", ["feature/my-branch", "feature/"], ["feature/beta-a/my-branch", "feature"]),
        ("feature/**", ["feature/beta-a/my-branch", "feature/x"], ["features/x"]),
        ("main", ["main"], ["main2", "mai", "feature/main"]),
        ("*", ["main", "releases"], ["all/the/branches"]),
        ("**", ["main", "all/the/branches"], []),
        ("*feature", ["mona-feature", "feature", "ver-10-feature"], ["a/feature"]),
        ("v2*", ["v2", "v2.0", "v2.9"], ["v1.0"]),
        ("v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1.10", "v1.x.0"]),
        ("**/*-post.md", ["a/b/my-post.md"], ["my.md"]),
        ("mai?n", ["main", "man"], ["maiin", "mai9n"]),
        ("a+b", ["ab", "aaab"], ["b", "a+b"]),
        ("a\\+b", ["a+b"], ["aab"]),
        ("[a-c_]x", ["ax", "_x"], ["-x", "dx"]),
        ("x.y", ["x.y"], ["xzy"]),
        ("[open", ["[open"], ["o"]),
    ],
)
def test_which_names_a_pattern_lets_in(pattern, names, others):
    assert [n for n in names if not lets_in([pattern], n)] == []
    assert [n for n in others if lets_in([pattern], n)] == []


def test_the_last_pattern_that_matches_decides():
    patterns = ["releases/**", "!releases/**-alpha", "releases/9-alpha"]
    assert [lets_in(patterns, f"releases/{n}") for n in ("10", "10-alpha", "9-alpha")] == [True, False, True]
    assert not lets_in([], "main")


def test_what_is_tried_is_let_in():
    tried = names_to_try(["v[0-9]+.[0-9]+", "live"], ["v2.*"], ["main"], ["v1.", "-x"], parts=True)
    assert tried[:2] == ["live", "v0.0"] and "v1.0" in tried and "main" not in tried
    assert not [t for t in tried if t.startswith("v2.") or t.endswith("-x")]
    assert names_to_try([], ["main"], ["main", "master"], [], parts=False) == ["master"]


@pytest.mark.parametrize("pattern", ["**a" * 40, "*" * 5000, "[a-\U0010ffff]+" * 9, "a+" * 500, "?" * 99])
def test_a_hostile_pattern_ends(pattern):
    began = time.monotonic()
    lets_in([pattern] * 20, "a" * 200 + "b")
    names_to_try([pattern], [], ["main"], ["a" * 60, "b", "c", "d", "e", "f"], parts=True)
    assert time.monotonic() - began < 3
