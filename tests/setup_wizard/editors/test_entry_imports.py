"""Where an entry gets its first import: before the comment of the statement that was first, behind the head of the file."""

from __future__ import annotations

import pytest

from setup_wizard.editors.base import Edited, Unchanged
from setup_wizard.editors.entry import import_first

IMPORT = 'import "./instrument";\n'
OTHER = 'import a from "a";\n'


@pytest.mark.parametrize(
    ("head", "comment"),
    [
        ("", "// the theme alone\n// its base comes from the page\n"),
        ("// The entry of the shop.\n\n", "// of the import\n"),
        ("// SPDX-License-Identifier: MIT\n", ""),
        ("// Copyright of the shop\n// and of others\n", ""),
        ("// @ts-nocheck\n", ""),
        ("// eslint-disable-next-line import/first\n", ""),
        ('/// <reference types="vite/client" />\n', ""),
        ("/** The entry of the shop. */\n", ""),
        ("/* eslint-disable */\n", "// of the import\n"),
        ("#!/usr/bin/env node\n", "// of the import\n"),
        ('"use client";\n', "// of the import\n"),
        ("// Füße\n\n", "// für alle\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_comment_stays_with_what_it_speaks_of(head, comment, newline):
    text = (head + comment + OTHER).replace("\n", newline)
    edit = import_first(text.encode(), "src/main.ts", "./instrument")
    assert isinstance(edit, Edited)
    assert edit.data.decode() == (head + IMPORT + comment + OTHER).replace("\n", newline)
    assert isinstance(import_first(edit.data, "src/main.ts", "./instrument"), Unchanged)


def test_a_file_without_imports_keeps_its_comment_with_its_first_statement():
    edit = import_first(b'// Magic number of the grid\nconst SIZE = "8";\n', "src/grid.js", "./instrument")
    assert isinstance(edit, Edited)
    assert edit.data.decode() == IMPORT + '// Magic number of the grid\nconst SIZE = "8";\n'
