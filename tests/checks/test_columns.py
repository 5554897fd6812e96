"""The marker under a source line: it points at what is wrong, and is left out where that is not certain."""

from __future__ import annotations

import json

import pytest

from checks.checklist import find_item
from checks.model import Finding, Report, Result, Verdict, failed
from checks.report.excerpt import excerpt
from checks.report.github import render_github
from checks.report.html import render_html
from checks.report.text import render_text
from tests.support.repo import backend, check_one, workflow


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


def pointed_at(item: str, files: dict[str, str]) -> set[str]:
    """Return the text that each finding of an item points at, up to the end of its line."""
    found = set()
    for finding in check_one(item, files).findings:
        assert finding.line is None or finding.column, finding
        if finding.path is not None and finding.line is not None and finding.column is not None:
            found.add(files[finding.path].splitlines()[finding.line - 1][finding.column - 1 :])
    return found


INIT = 'import os\nimport sentry_sdk\n\nif True:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
RELEASE = 'echo "größe"\ncd . && sentry-cli releases new "$GITHUB_SHA"\n'
FRONT = {
    "frontend/package.json": '{"dependencies": {"react": "19"}, "devDependencies": {"vite": "7"}, "scripts": {"build": "vite build"}}'
}


@pytest.mark.parametrize(
    ("item", "files", "texts"),
    [
        ("tracing-enabled", django(INIT), {'sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])'}),
        (
            "sdk-current",
            backend() | {"requirements.txt": "django\n  sentry-sdk==2.18.0 # old\n", "shop/settings.py": INIT},
            {"sentry-sdk==2.18.0 # old"},
        ),
        (
            "sdk-current",
            backend() | {"pyproject.toml": '[project]\ndependencies = ["django", "sentry-sdk>=2.50"]\n', "shop/settings.py": INIT},
            {'sentry-sdk>=2.50"]'},
        ),
        (
            "dsn-configured",
            django(INIT) | {"render.yaml": "services:\n  - type: web\n    name: shop\n    startCommand: gunicorn shop.wsgi\n"},
            {"type: web"},
        ),
        ("commits-associated", django(INIT) | {".github/workflows/d.yml": workflow(RELEASE)}, {'sentry-cli releases new "$GITHUB_SHA"'}),
        (
            "commits-associated",
            django(INIT) | {".gitlab-ci.yml": 'deploy:\n  script:\n    - echo x\n    - sentry-cli releases new "$CI_COMMIT_SHA"\n'},
            {'sentry-cli releases new "$CI_COMMIT_SHA"'},
        ),
        (
            "commits-associated",
            django(INIT) | {"Jenkinsfile": "pipeline { stages { stage('Deploy') { steps {\n  sh 'sentry-cli releases new 1'\n} } } }\n"},
            {"sh 'sentry-cli releases new 1'"},
        ),
        (
            "token-not-in-image",
            django(INIT) | {"Dockerfile": "FROM python:3\n  ARG SENTRY_AUTH_TOKEN\n"},
            {"ARG SENTRY_AUTH_TOKEN"},
        ),
        (
            "token-not-in-bundle",
            FRONT | {"frontend/index.html": "<script type=module src=/m.js></script>", "frontend/vite.config.js": "export default { envPrefix: '' }\n"},
            {"'' }"},
        ),
        (
            "env-ignored",
            django(INIT) | {".env": "A=1\nexport SENTRY_DSN=https://0a1b2c3d4e5f60718293a4b5c6d7e8f9@sentry.io/4501\n"},
            {"export SENTRY_DSN=https://0a1b2c3d4e5f60718293a4b5c6d7e8f9@sentry.io/4501"},
        ),
        ("sdk-initialized", django("import os\nx = (\n"), {"("}),
    ],
)  # fmt: skip
def test_a_finding_points_at_the_very_place(item, files, texts):
    assert pointed_at(item, files) == texts


def test_secrets_of_the_line_are_not_shown():
    for path, line, text in (
        (".env", "export SECRET_KEY=hunter2hunter2", "export SECRET_KEY=…"),
        ("deploy/web.env", "DB = postgres://ada:pass@db/shop", "DB =…"),
        ("shop/settings.py", "TOKEN = '" + "0123456789abcdef" * 4 + "'", "TOKEN = '[token]'"),
        ("shop/settings.py", 'DB = "postgres://ada:pass@db/shop"', 'DB = "postgres://ada:[secret]@db/shop"'),
    ):
        seen = excerpt(lambda *_, line=line: line, Finding(message="it is wrong", path=path, line=1, column=1))
        assert seen is not None and seen.text == text


def test_the_page_and_the_annotations_point_at_the_column():
    finding = Finding(message="it is wrong", path="a.py", line=7, column=5)
    verdict = failed(finding)
    result = Result(item=find_item("pii-off"), outcome=verdict.outcome, verdicts=(verdict,))
    report = Report(root="/shop", revision=None, results=(result,))
    page = render_html(report, source=lambda *_: "x = wrong")
    assert '<code class="excerpt">x = <mark>wrong</mark></code>' in page
    assert "file=a.py,line=7,col=5," in render_github(report)


def test_a_comment_above_a_block_waives_what_is_in_it():
    text = workflow(RELEASE).replace(
        "      - run: |", "      # sentry-setup: ignore[commits-associated] no commits yet\n      - run: |"
    )
    assert "ignore[commits" in text
    result = check_one("commits-associated", django(INIT) | {".github/workflows/d.yml": text})
    assert result.outcome == "fail" and result.waiver is not None
