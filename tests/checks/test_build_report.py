"""A report of `verify-build` as evidence: it proves, it refutes what a config promises, and only for its own revision."""

from __future__ import annotations

import json
import subprocess

import pytest

from checks.builds.evidence import read_build_report, why_not, with_build
from checks.errors import UsageError
from checks.model import Outcome, Proof
from setup_wizard.cli import main
from tests.checks.test_map_builds import config, shop
from tests.support.repo import check_one
from tests.test_verify_build import GOOD, TOKEN

P, F = Outcome.PASS, Outcome.FAIL


def report(folder: str = "web/dist", revision: str = "a" * 40, **outcomes: str) -> str:
    checks = [
        {"id": i.replace("_", "-"), "title": i, "outcome": o, "fact": f"good {i}", "hint": "build again",
         "findings": [] if o == "pass" else [{"path": "assets/a.js", "message": f"bad {i}"}]}
        for i, o in outcomes.items()
    ]  # fmt: skip
    return json.dumps({"schema_version": 1, "build": {"path": folder, "revision": revision}, "checks": checks})


def judged(item: str, text: str, files: dict[str, str]):
    results = [check_one(i, files) for i in ("frontend-sdk-installed", item)]
    return with_build(results, read_build_report(text, "r.json"))[1]


def test_a_build_proves_what_its_config_promises():
    done = judged("source-maps-private", report(maps_private="pass", links="pass"), shop(config()))
    assert done.outcome is P and done.proof_of(done.verdicts[0]) is Proof.PROVEN
    assert "the build in web/dist holds good maps_private" in done.evidence[-1].fact


def test_a_build_refutes_what_its_config_promises():
    done = judged("source-maps-private", report(maps_private="fail", links="pass"), shop(config()))
    assert done.outcome is F
    assert "assets/a.js: bad maps_private, although its config says" in done.findings[0].message


def test_a_build_decides_what_its_config_leaves_open():
    files = shop(config("sourcemaps: { filesToDeleteAfterUpload: globs() }"))
    assert check_one("source-maps-private", files).outcome is Outcome.UNKNOWN
    done = judged("source-maps-private", report(maps_private="pass", links="pass"), files)
    assert done.outcome is P and "its config said unknown" in done.evidence[0].fact


@pytest.mark.parametrize(("outcome", "wanted"), [("pass", P), ("fail", F)])
def test_a_debug_id_alone_does_not_prove_an_upload(outcome, wanted):
    done = judged("source-maps", report(debug_ids=outcome), shop(config()))
    assert done.outcome is wanted and done.proof_of(done.verdicts[0]) is not Proof.PROVEN


@pytest.mark.parametrize(
    ("revision", "why"), [("a" * 40, None), ("b" * 40, "it is for bbbbbbbbbb, not for"), ("", "it is for , not for")]
)
def test_a_build_counts_for_its_own_revision(revision, why):
    said = why_not(read_build_report(report(revision=revision), "r"), "a" * 40)
    assert said is None if why is None else why in (said or "")


@pytest.mark.parametrize("text", ["", "[]", '{"schema_version": 2}', '{"schema_version": 1, "checks": []}'])
def test_another_file_is_no_report(text):
    with pytest.raises(UsageError, match="is not a build report"):
        read_build_report(text, "r.json")


def test_the_audit_takes_the_report_of_verify_build(tmp_path, capsys):
    for name, text in (
        shop(config()) | {f"web/dist/{n}": t for n, t in GOOD.items()} | {"web/dist/x.js": TOKEN}
    ).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c")
    for words in (("init", "-q"), ("add", "manage.py", "shop", "web/package.json"), ("commit", "-qm", "x")):
        subprocess.run([*git, *words], check=True)
    main(["verify-build", str(tmp_path / "web/dist"), "--format", "json"])
    file = tmp_path / "build.json"
    file.write_text(capsys.readouterr().out)
    main(
        [
            "audit",
            str(tmp_path),
            "--select",
            "frontend-sdk-installed,token-not-in-bundle",
            "--build-report",
            str(file),
            "--format",
            "json",
        ]
    )
    item = next(i for i in json.loads(capsys.readouterr().out)["items"] if i["id"] == "token-not-in-bundle")
    assert item["outcome"] == "fail" and "x.js" in item["findings"][0]["message"]
