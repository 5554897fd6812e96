"""Ten thousand mutated files through every parser, editor and model, and every case that was ever found."""

from __future__ import annotations

import base64
import json
import random

import pytest

from tests.fuzz.run import FOUND, batch, mutate, try_one
from tests.fuzz.targets import TARGETS, seeds


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.json")), ids=lambda p: p.stem)
def test_what_was_found_once_is_never_wrong_again(path):
    case = json.loads(path.read_text("utf-8"))
    assert try_one(case["target"], base64.b64decode(case["data"])) is None


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(5))
def test_ten_thousand_cases(seed):
    number, failed = batch(seed, 2_000)
    assert number == 2_000
    assert not failed, [(name, wrong, data[:200]) for name, data, wrong in failed]


@pytest.mark.thorough
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_megabyte_is_read_in_seconds(target):
    for number, seed in enumerate(sorted(seeds()[target], key=len)[-3:]):
        damaged = mutate(random.Random(number), seed, seed)[:65536] or b"x"
        for chunk in (seed or b"x", damaged):
            assert try_one(target, (chunk * (2**20 // len(chunk) + 1))[: 2**20]) is None


def test_the_fuzzer_sees_a_fault_and_a_hang(monkeypatch):
    def broken(data: bytes) -> None:
        if b"\xff" in data:
            raise KeyError("x")

    def hanging(data: bytes) -> None:
        while True:
            pass

    monkeypatch.setitem(TARGETS, "text", broken)
    assert try_one("text", b"a\xff") == "KeyError: 'x'" and try_one("text", b"a") is None
    monkeypatch.setattr("tests.fuzz.run.SECONDS", 0.05)
    monkeypatch.setitem(TARGETS, "text", hanging)
    assert "more than" in (try_one("text", b"a") or "")
