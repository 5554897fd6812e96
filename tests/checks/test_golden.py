"""Whole repositories of the catalogue, each a txtar archive, with the outcome of every item as it has to be.

`pytest tests/checks/test_golden.py --update-goldens` writes the outcomes anew; read the difference before you commit it.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import load_config
from checks.model import Outcome, Report
from checks.parsers.text import decode
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from tests.support.verdicts import hear

ARCHIVES = Path(__file__).parent / "repos"
REPOS = sorted(ARCHIVES.glob("*.txtar"))


def unpack(text: str) -> dict[str, bytes]:
    """Read an archive: `-- path --`, or `-- path (encoding) --`, then the file's text."""
    parts = re.split(r"(?m)^-- (\S+?)(?: \(([\w-]+)\))? --\n", text)
    return {
        path: body.encode(encoding or "utf-8")
        for path, encoding, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }


@functools.cache
def report_of(archive: Path) -> Report:
    """Audit a repository once for all tests of this process, and look at each place that is named."""
    files = unpack(archive.read_text("utf-8"))
    tree = MemoryTree(files)
    report = run_audit(Facts(tree, load_config(tree)), CHECKLIST)
    for result in report.results:
        for finding in (*result.findings, *result.evidence):
            assert finding.path is None or finding.path in files, (result.item.id, finding)
            if finding.path is not None and finding.line is not None:
                assert 1 <= finding.line <= files[finding.path].count(b"\n") + 1, (result.item.id, finding)
                row = decode(files[finding.path]).replace("\r\n", "\n").split("\n")[finding.line - 1]
                assert finding.column is None or 1 <= finding.column <= len(row), (result.item.id, finding)
    return report


def outcomes(name: str) -> dict[str, str]:
    return {r.item.id: r.outcome.value for r in report_of(ARCHIVES / f"{name}.txtar").results}


@pytest.mark.parametrize("archive", REPOS, ids=lambda p: p.stem)
def test_golden(archive, request):
    for result in report_of(archive).results:
        if result.outcome is not Outcome.NOT_APPLICABLE:
            hear(result)
    found = outcomes(archive.stem)
    golden = archive.with_suffix(".outcomes")
    text = "".join(f"{outcome:14} {item}\n" for item, outcome in found.items() if outcome != "not-applicable")
    if request.config.getoption("--update-goldens"):
        golden.write_text(text)
    assert text == golden.read_text("utf-8")


GUIDE = {
    "pass": "sdk-installed sdk-initialized before-send-safe pii-off",
    "fail": "dsn-configured release-tracking source-maps source-maps-private release-consistent frontend-initialized traces-sampler-safe"
    " user-context-minimal ci-cli-pinned ci-history-complete environment-explicit",
    "unknown": "performance-reviewed project-created test-event email-alerts team-access",
}


def test_the_guide_s_own_repository_gets_the_verdicts_that_were_decided_for_it():
    found = outcomes("guide")
    for outcome, items in GUIDE.items():
        assert {i: found[i] for i in items.split()} == dict.fromkeys(items.split(), outcome)
    real = outcomes("guide-real-slugs")
    assert real["release-tracking"] == "pass"


VERDICTS = {
    "cookiecutter-django": {"sdk-initialized": "pass", "logging-captured": "pass", "integrations-installed": "pass"},
    "init-in-wsgi-only": {"sdk-initialized": "pass", "init-covers-workers": "fail"},
    "init-by-kwargs": {"sdk-initialized": "pass", "environment-set": "pass"},
    "walrus-guard": {"sdk-initialized": "pass"},
    "decouple-and-environ": {"tracing-enabled": "pass", "sdk-initialized": "pass"},
    "text-sample-rate": {"tracing-enabled": "fail"},
    "sampler-subscript-2.18": {"traces-sampler-safe": "fail"},
    "sampler-subscript-2.75": {"traces-sampler-safe": "pass", "sampling-sensible": "fail"},
    "partial-data-collection": {"pii-off": "fail"},
    "pii-option-with-3.0": {"sdk-options-valid": "fail"},
    "redis-integration-without-redis": {"integrations-installed": "fail"},
    "test-settings-dsn-none": {"development-quiet": "fail"},
    "eu-organization-us-dsn": {"dsn-target": "fail", "dsn-not-hardcoded": "fail"},
    "render-sync-false-and-group": {"dsn-configured": "pass"},
    "render-key-twice": {"dsn-configured": "fail"},
    "compose-env-file-list": {"dsn-configured": "pass"},
    "railway-json-only": {"dsn-configured": "unknown"},
    "uv-workspace-dependency-group": {"sdk-installed": "pass"},
    "requirements-utf-16": {"sdk-installed": "pass"},
    "two-vite-apps": {"source-maps": "fail"},
    "vite-function-conditional-plugin": {"source-maps": "pass"},
    "delete-glob-commented-out": {"source-maps-private": "fail"},
    "env-prefix-empty": {"token-not-in-bundle": "fail"},
    "react-11-send-default-pii": {"frontend-pii-off": "fail"},
    "action-v1-shallow": {"release-tracking": "pass", "ci-action-pinned": "fail", "ci-history-complete": "fail"},
    "cli-3-releases-files": {"ci-cli-syntax": "fail", "source-maps": "fail"},
    "tracked-build-plugin-env": {"token-not-committed": "fail"},
    "no-frontend": {"source-maps": "not-applicable", "frontend-initialized": "not-applicable"},
    "settings-syntax-error": {"sdk-initialized": "unknown", "dsn-configured": "unknown"},
    "template-repository": {"sdk-initialized": "unknown"},
    "broken-workflow": {"release-tracking": "unknown"},
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_that_a_repository_was_made_for(name):
    found = outcomes(name)
    assert {i: found[i] for i in VERDICTS[name]} == VERDICTS[name]


def test_nearly_every_failure_with_a_line_points_at_a_column():
    """A line without one is a whole file: a manifest of a host, a block of commands."""
    findings = [
        (f.path, f.line, f.column)
        for archive in REPOS
        for r in report_of(archive).results
        for v in r.verdicts
        if v.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
        for f in v.findings
        if f.line is not None
    ]
    assert sum(column is not None for *_, column in findings) / len(findings) > 0.95
