"""What parsers and models read in small inputs is what a person has read and committed, with every place and value."""

from __future__ import annotations

import difflib

import pytest

from tests.support.readers import MODELS, TEXTS
from tests.support.records import load, observe, recorded

CASES = [pytest.param(reader, record, id=f"{reader}-{record.name}") for reader in recorded() for record in load(reader)]


@pytest.mark.parametrize(("reader", "record"), CASES)
def test_a_record_is_what_is_read_now(reader, record):
    said = observe(reader, record.files)
    if said != record.said:
        lines = difflib.unified_diff(
            record.said.splitlines(), said.splitlines(), "recorded", "said now", n=0, lineterm=""
        )
        shown = "\n".join([f"--- {p}\n{d.decode('utf-8', 'replace')}" for p, d in record.files.items()] + list(lines))
        pytest.fail(
            f"where this is meant, run `python -m tests.records --update {reader}` and read the difference:\n{shown}",
            pytrace=False,
        )


def test_every_parser_has_records():
    assert set(recorded()) <= {*TEXTS, *MODELS}
    assert [reader for reader in TEXTS if len(load(reader)) < 3] == []
