"""Every format of the report: valid by the official schemas, within the limits of those who read it, and not fooled by names."""

from __future__ import annotations

import html.parser
import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema
from msgspec.structs import replace

from checks.audit import run_audit
from checks.baseline import with_baseline
from checks.checklist import CHECKLIST, find_item
from checks.cli import FORMATS, render
from checks.config import load_config
from checks.model import AppliedWaiver, Finding, Outcome, Target, Verdict
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from setup_wizard.cli import main
from tests.checks.test_golden import REPOS, unpack

DATA = Path(__file__).parent.parent / "data"
SARIF = json.loads((DATA / "sarif-2.1.0.json").read_text("utf-8"))
JUNIT = xmlschema.XMLSchema(str(DATA / "junit-10.xsd"))
HOSTILE = "a\x1b[31m`|<script>alert(1)</script>\u202e\n::error::x%0A @everyone [x](http://e)\ud800.py"


def audit(archive: Path):
    tree = MemoryTree(unpack(archive.read_text("utf-8")))
    return run_audit(Facts(tree, load_config(tree)), CHECKLIST)


def hostile():
    report = audit(REPOS[0])
    finding = Finding(message=HOSTILE, path=HOSTILE, line=3, column=2, hint=HOSTILE)
    verdict = Verdict(outcome=Outcome.FAIL, findings=(finding,), target=Target(name=HOSTILE, root=HOSTILE))
    results = [replace(r, outcome=Outcome.FAIL, verdicts=(verdict, verdict)) for r in report.results]
    results[0] = replace(results[0], waiver=AppliedWaiver(reason=HOSTILE, until=None))
    return replace(report, root=HOSTILE, results=tuple(results), notes=(HOSTILE,))


class Tags(html.parser.HTMLParser):
    """Checks that tags close in order, and collects them."""

    VOID = ("meta", "br", "input")

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check(report):
    jsonschema.validate(json.loads(render(report, "sarif")), SARIF)
    JUNIT.validate(ElementTree.fromstring(render(report, "junit")))
    commands = render(report, "github").splitlines()
    for kind in ("error", "warning", "notice"):
        assert sum(c.startswith(f"::{kind} ") for c in commands) <= 10
    assert all(c.startswith(("::error ", "::warning ", "::notice ")) for c in commands)
    tags = Tags()
    tags.feed(render(report, "html"))
    assert not tags.open and "script" not in tags.seen
    assert not [
        a
        for a, v in tags.attributes
        if a in ("src", "onclick") or (a == "href" and not v.startswith(("https://", "#")))
    ]
    for name in FORMATS:
        text = render(report, name)
        assert text.endswith("\n") and "\x1b" not in text and "\u202e" not in text


@pytest.mark.parametrize("archive", REPOS, ids=lambda p: p.stem)
def test_every_format_is_valid_on_every_golden_repository(archive):
    check(audit(archive))


def test_hostile_names_stay_text_in_every_format():
    report = hostile()
    check(report)
    markdown = render(report, "markdown")
    assert "<script" not in markdown and "@everyone" not in markdown and "](http://e" not in markdown
    assert all(line.count("|") in (3, 4) for line in markdown.splitlines() if line.startswith("| ["))
    assert "<script" not in render(report, "html").partition("<main>")[2]


def test_sarif_has_rules_with_help_fingerprints_that_outlive_moved_lines_and_suppressions():
    report = hostile()
    run = json.loads(render(report, "sarif"))["runs"][0]
    assert [r["id"] for r in run["tool"]["driver"]["rules"]] == [i.id for i in CHECKLIST]
    assert all(r["help"]["markdown"] and r["helpUri"] for r in run["tool"]["driver"]["rules"])
    assert run["results"][0]["suppressions"][0]["kind"] == "inSource"
    moved = replace(
        report, results=tuple(replace(r, verdicts=tuple(_down(v) for v in r.verdicts)) for r in report.results)
    )
    prints = [r["partialFingerprints"] for r in run["results"]]
    assert prints == [r["partialFingerprints"] for r in json.loads(render(moved, "sarif"))["runs"][0]["results"]]


def _down(verdict):
    return replace(verdict, findings=tuple(replace(f, line=(f.line or 1) + 7) for f in verdict.findings))


def test_github_shows_the_worst_first_and_counts_the_rest():
    lines = render(hostile(), "github").splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert lines[0].startswith("::error ") and len(errors) == 10 and "more; see the report" in errors[-1]


def test_what_the_baseline_knows_is_no_failure_of_junit():
    report = audit(next(p for p in REPOS if p.stem == "guide"))
    baseline = {r.item.id: frozenset(v.target.name for v in r.verdicts if v.target) for r in report.unchecked}
    known = with_baseline(report, baseline)
    root = ElementTree.fromstring(render(known, "junit"))
    assert root.findall(".//failure") == [] and ElementTree.fromstring(render(report, "junit")).findall(".//failure")


def test_junit_says_what_is_wrong_and_how_far_a_pass_was_seen():
    root = ElementTree.fromstring(render(audit(next(p for p in REPOS if p.stem == "guide")), "junit"))
    texts = {c.get("name"): "".join(c.itertext()).strip().splitlines() for c in root.iter("testcase")}
    for item in CHECKLIST:
        failing = root.find(f".//testcase[@name='{item.id}']/failure")
        assert texts[item.id][:1] in ([item.failing if failing is not None else item.title], []), item.id
    assert texts["sdk-installed"][0] == find_item("sdk-installed").title
    wired = [name for name, lines in texts.items() if any(line.strip().startswith("wired") for line in lines)]
    assert wired and all(find_item(name).proven_by for name in wired)


def test_the_job_summary_is_written_when_markdown_was_asked(tmp_path, monkeypatch, capsys, sample):
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert main(["audit", str(sample), "--format", "text"]) == 1 and not summary.exists()
    files = [f"{name}={tmp_path / name}" for name in FORMATS]
    assert main(["audit", str(sample), *(a for f in files for a in ("--output", f))]) == 1
    assert summary.read_text().startswith("## ✗ Failing: Sentry checklist of ") and all(
        (tmp_path / n).stat().st_size for n in FORMATS
    )
    assert main(["audit", str(sample), "--output", f"html={tmp_path}/no/such/file"]) == 2


def test_many_reports_merge_into_one(tmp_path, capsys):
    paths = []
    for number, archive in enumerate(REPOS[:3]):
        path = tmp_path / f"{number}.json"
        path.write_text(render(audit(archive), "json"), "utf-8")
        paths.append(path)
    reports = [json.loads(p.read_text("utf-8")) for p in paths]
    expected = [
        [
            i["id"]
            for i in r["items"]
            if i["severity"] == "required" and i["outcome"] in ("fail", "error") and not i["waiver"]
        ]
        for r in reports
    ]
    code = main(["merge", *map(str, paths)])
    merged = json.loads(capsys.readouterr().out)
    assert [r["unchecked"] for r in merged["repositories"]] == expected
    assert merged["summary"] == {"repositories": 3, "unchecked": sum(bool(e) for e in expected)}
    assert code == (1 if any(expected) else 0)
    assert {i["id"] for i in merged["items"]} == {i.id for i in CHECKLIST}
    for item in merged["items"]:
        assert sum(item["outcomes"].values()) == 3


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema_version": 2}', '{"schema_version": 1, "items": 3}', "[" * 9999]
)
def test_what_is_no_report_is_not_merged(tmp_path, capsys, text):
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    assert main(["merge", str(path)]) == 2
    captured = capsys.readouterr()
    assert not captured.out and "x.json" in captured.err


@pytest.mark.parametrize("archive", REPOS, ids=lambda p: p.stem)
def test_every_golden_report_is_valid(archive):
    tree = MemoryTree(unpack(archive.read_text("utf-8")))
    report = run_audit(Facts(tree, load_config(tree)), CHECKLIST)
    jsonschema.validate(json.loads(render(report, "sarif")), SARIF)
    JUNIT.validate(ElementTree.fromstring(render(report, "junit")))
