"""The marker under a source line: it points at what is wrong, and is left out where that is not certain."""

from __future__ import annotations

import json

import pytest

from checks.checklist import find_item
from checks.model import Finding, Report, Result, Verdict, failed
from checks.report.text import render_text
from tests.support.repo import backend, check_one


def django(settings: str) -> dict[str, str]:
    return backend() | {"requirements.txt": "django\nsentry-sdk==2.75.0\n", "shop/settings.py": settings}


SETTINGS = 'import os\nimport sentry_sdk\n\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], {option})\n'


def shown(line: str, column: int | None, **kinds: bool) -> list[str]:
    finding = Finding(message="it is wrong", path="a.py", line=7, column=column)
    verdict: Verdict = failed(finding)
    report = Report(
        root="/shop",
        revision=None,
        results=(Result(item=find_item("pii-off"), outcome=verdict.outcome, verdicts=(verdict,)),) * 13,
    )
    lines = render_text(report, source=lambda path, number: line, **kinds).splitlines()
    start = next(i for i, text in enumerate(lines) if "7 │" in text or "7 |" in text)
    return lines[start : start + 2]


def test_the_marker_stands_below_the_first_character():
    first, second = shown("    init(send_default_pii=True)", 27)
    assert first[second.index("^")] == "T" and second.strip() == "│ " + " " * 22 + "^"


@pytest.mark.parametrize("line", ["名前 = init(True)", "\tnaïve = init(True)", "a\u0301 = init(True)"])
def test_wide_characters_tabs_and_marks_are_counted_as_a_terminal_shows_them(line):
    from checks.report.safe import cells, printable

    first, second = shown(line, line.index("True") + 1)
    bar = first.index("│")
    before = first[bar:].partition("True")[0]
    assert second.index("^") - second.index("│") == cells(printable(before))


@pytest.mark.parametrize("column", [None, 1, 2, 400, 900])
def test_no_marker_where_the_column_is_in_the_margin_or_cut_off(column):
    assert "^" not in shown("   " + "x" * 600, column)[1]


def test_a_hidden_token_moves_the_marker():
    line = "x = 'sntrys_" + "a" * 40 + "' + wrong"
    first, second = shown(line, line.index("wrong") + 1)
    assert "[token]" in first and first[second.index("^") :] == "wrong"


def test_no_marker_within_a_hidden_token():
    line = "x = 'sntrys_" + "a" * 40 + "' + wrong"
    assert "^" not in shown(line, line.index("aaa") + 20)[1]


@pytest.mark.parametrize(
    ("option", "item", "written"),
    [
        ("send_default_pii=True", "pii-off", "True"),
        ("environment=''", "environment-set", "''"),
        ("traces_sample_rate=7", "tracing-enabled", "7"),
        ("debug=True", "development-quiet", "True"),
        ("server_name='größe', send_default_pii=True", "pii-off", "True"),
    ],
)
def test_a_finding_of_an_option_points_at_its_value(option, item, written):
    settings = SETTINGS.format(option=option)
    findings = [f for f in check_one(item, django(settings)).findings if f.column]
    assert findings, "no finding with a column"
    for finding in findings:
        line = settings.splitlines()[finding.line - 1]
        assert line[finding.column - 1 :].startswith(written), (line, finding)


def test_json_and_sarif_have_the_column(tmp_path, capsys):
    from setup_wizard.cli import main

    for path, text in django(SETTINGS.format(option="send_default_pii=True")).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    main(["audit", str(tmp_path), "--format", "sarif", "--select", "pii-off"])
    places = [r["locations"][0]["physicalLocation"] for r in json.loads(capsys.readouterr().out)["runs"][0]["results"]]
    assert [p["region"].get("startColumn") for p in places if p["artifactLocation"]["uri"].endswith(".py")] == [
        SETTINGS.format(option="send_default_pii=True").splitlines()[3].index("True") + 1
    ]
