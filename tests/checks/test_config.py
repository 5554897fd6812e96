"""Waivers, sign-offs, comments that waive, baselines, revisions, and the schema of the configuration."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import tomllib

import jsonschema
import pytest

from checks.audit import run_audit
from checks.baseline import read_baseline, with_baseline
from checks.checklist import CHECKLIST
from checks.config import load_config
from checks.errors import UsageError
from checks.model import Outcome
from checks.report.json_v1 import render_json
from checks.repository.facts import Facts
from checks.repository.revision import RevisionTree
from checks.repository.tree import MemoryTree
from checks.schema import config_schema
from setup_wizard.cli import main
from tests.support.repo import INIT, backend

LATER = (dt.date.today() + dt.timedelta(days=30)).isoformat()
PAST = (dt.date.today() - dt.timedelta(days=1)).isoformat()


def audit(files):
    tree = MemoryTree(files)
    return run_audit(Facts(tree, load_config(tree)), CHECKLIST)


def configured(text: str) -> dict[str, str]:
    return backend() | {"sentry-setup.toml": text}


def test_a_waiver_holds_until_its_day_and_is_counted():
    held = audit(configured(f'[[waivers]]\nid = "sdk-installed"\nreason = "later"\nuntil = {LATER}\n'))
    assert held.result("sdk-installed").waiver.reason == "later" and not held.result("sdk-installed").unchecked
    over = audit(configured(f'[[waivers]]\nid = "sdk-installed"\nreason = "later"\nuntil = {PAST}\n'))
    assert over.result("sdk-installed").unchecked and any("expired" in n for n in over.notes)
    unused = audit(configured(f'[[waivers]]\nid = "debug-off"\nreason = "later"\nuntil = {LATER}\n'))
    assert any("debug-off is not used" in n for n in unused.notes)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (f'[[waivers]]\nid = "sdk-instaled"\nreason = "x"\nuntil = {LATER}\n', "unknown item `sdk-instaled`"),
        (f'[[waivers]]\nid = "sdk-installed"\nuntil = {LATER}\n', "`reason` is missing"),
        ('[[waivers]]\nid = "sdk-installed"\nreason = "x"\nuntil = "soon"\n', "is not a valid date"),
        (f'[[sign-offs]]\nid = "source-maps"\nby = "Ada"\ndate = {PAST}\n', "takes no sign-off"),
        (f'[[sign-offs]]\nid = "performance-reviewed"\nby = "Ada"\nday = {PAST}\n', "unknown key `day`"),
        ('backend.setings = "x"\n', "unknown key `backend.setings`"),
        ("waivers = 3\n", "not a list of tables"),
    ],
)
def test_a_wrong_configuration_is_told(text, part):
    with pytest.raises(UsageError) as told:
        audit(configured(text))
    assert part in told.value.message


def test_a_sign_off_lasts_ninety_days():
    old = (dt.date.today() - dt.timedelta(days=91)).isoformat()
    text = '[[sign-offs]]\nid = "performance-reviewed"\nby = "Ada"\nnote = "fine"\ndate = {}\n'
    assert audit(configured(text.format(PAST))).result("performance-reviewed").outcome is Outcome.PASS
    assert audit(configured(text.format(old))).result("performance-reviewed").outcome is Outcome.UNKNOWN


def test_a_comment_waives_the_findings_of_its_line_and_says_when_it_waives_nothing():
    settings = INIT.replace("dsn=os.environ.get", "send_default_pii=True, dsn=os.environ.get")
    requirements = {"requirements.txt": "django\nsentry-sdk==2.75.0\n"}
    plain = backend() | requirements | {"shop/settings.py": settings}
    assert audit(plain).result("pii-off").unchecked
    marked = settings.replace("sentry_sdk.init(", "# sentry-setup: ignore[pii-off] our users agreed\nsentry_sdk.init(")
    waived = audit(plain | {"shop/settings.py": marked}).result("pii-off")
    assert waived.waiver.until is None and "our users agreed (shop/settings.py:3)" in waived.waiver.reason
    bare = audit(plain | {"shop/settings.py": marked.replace(" our users agreed", "")})
    assert bare.result("pii-off").unchecked and any("without a reason" in n for n in bare.notes)
    wrong = audit(plain | {"shop/settings.py": marked.replace("pii-off", "pii-of")})
    assert wrong.result("pii-off").unchecked and any("`pii-of`, which is not an item" in n for n in wrong.notes)
    idle = audit(plain | {"shop/settings.py": marked.replace("pii-off", "debug-off")})
    assert any("there is no finding next to it" in n for n in idle.notes)


def test_a_baseline_lets_only_new_findings_count():
    before = audit(backend())
    known = read_baseline(render_json(before), "old.json")
    same = with_baseline(audit(backend()), known)
    assert same.unchecked and not any(r.newly_unchecked for r in same.results)
    worse = with_baseline(audit(backend() | {"shop/settings.py": "DEBUG = True\n"}), known)
    assert [r.item.id for r in worse.results if r.newly_unchecked] == ["debug-off"]
    better = with_baseline(audit(backend() | {"requirements.txt": "sentry-sdk==2.75.0\n"}), known)
    assert any("remove them from the baseline: sdk-installed" in n for n in better.notes)
    for text in ("", "{}", "[]", '{"schema_version": 1, "items": [{}]}'):
        with pytest.raises(UsageError):
            read_baseline(text, "old.json")


@pytest.fixture
def history(tmp_path):
    """A repository whose first commit has DEBUG off, the second on, and the working tree off again."""

    def git(*words):
        name = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", tmp_path, *name, *words], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    for path, text in backend().items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "link.py").symlink_to("shop/settings.py")
    (tmp_path / "out.py").symlink_to("/etc/passwd")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "one")
    (tmp_path / "shop/settings.py").write_text("DEBUG = True\n")
    git("commit", "-qam", "two")
    (tmp_path / "shop/settings.py").write_text("DEBUG = False\n")
    return tmp_path


def test_a_revision_is_audited_without_checking_it_out(history, capsys):
    def outcome(*words):
        code = main(["audit", str(history), "--select", "debug-off", "--format", "json", *words])
        data = json.loads(capsys.readouterr().out)
        return code, data["items"][0]["outcome"], data["repository"]["revision"]

    assert outcome()[:2] == (0, "pass")
    assert outcome("--rev", "one")[:2] == (0, "pass")
    code, found, revision = outcome("--rev", "main")
    assert (code, found) == (1, "fail") and len(revision) == 40
    assert main(["audit", str(history), "--rev", "--output=x"]) == 2
    assert main(["audit", str(history), "--rev", "nowhere"]) == 2


def test_a_revision_tree_follows_links_inside_and_none_out(history):
    tree = RevisionTree(history, "one")
    assert tree.read("link.py") == b"DEBUG = False\n" and tree.read("missing") is None
    with pytest.raises(Exception, match="out of the repository"):
        tree.read("out.py")
    tree.close()


def test_waive_and_sign_off_are_planned_edits_that_undo_brings_back(history, capsys):
    def run(*words):
        code = main([*words, "--repo", str(history)])
        return code, capsys.readouterr()

    assert run("waive", "source-maps", "--reason", "no frontend yet", "--until", LATER)[0] == 0
    code, said = run("sign-off", "performance-reviewed", "--by", "Ada", "--note", "p95 is fine")
    assert code == 0 and "+[[sign-offs]]" in said.out
    data = tomllib.loads((history / "sentry-setup.toml").read_text())
    jsonschema.validate(json.loads(json.dumps(data, default=str)), config_schema())
    assert (
        run("waive", "source-maps", "--reason", "no frontend yet", "--until", LATER)[1].out
        == "sentry-setup.toml already has this\n"
    )
    assert run("sign-off", "source-maps", "--by", "Ada", "--note", "x")[0] == 2
    assert run("waive", "source-maps", "--reason", "x", "--until", PAST)[0] == 2
    assert run("waive", "source-map", "--reason", "x", "--until", LATER)[0] == 2
    assert run("undo")[0] == 0 and run("undo")[0] == 0
    assert not (history / "sentry-setup.toml").exists()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_entry_is_added_to_a_pyproject_with_other_lines_kept(history, newline):
    before = (
        f'[project]{newline}name = "x" # é{newline}{newline}[tool.sentry-setup]{newline}sentry.org = "acme"{newline}'
    )
    (history / "pyproject.toml").write_bytes(before.encode())
    assert main(["waive", "source-maps", "--reason", 'it\'s "later"', "--until", LATER, "--repo", str(history)]) == 0
    after = (history / "pyproject.toml").read_bytes()
    assert after.startswith(before.encode()) and (b"\r\n" in after) == (newline == "\r\n")
    assert tomllib.loads(after.decode())["tool"]["sentry-setup"]["waivers"][0]["reason"] == 'it\'s "later"'
    assert main(["undo", "--repo", str(history)]) == 0
    assert (history / "pyproject.toml").read_bytes() == before.encode()


def test_the_schema_of_the_configuration_knows_every_key_and_refuses_others():
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    good = {
        "sentry": {"org": "acme"},
        "backend": {"root": "api", "web": {"root": "web"}},
        "environments": "production,staging",
    }
    jsonschema.validate(good, schema)
    for bad in ({"sentry": {"ogr": "x"}}, {"waivers": [{"id": "nope", "reason": "x", "until": LATER}]}, {"other": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)


def test_settings_that_are_named_alone_are_looked_for_where_django_starts():
    files = {f"web/{p}": t for p, t in backend().items()}
    files["web/shop/production.py"] = "from .settings import *\n"
    tree = MemoryTree({**files, "sentry-setup.toml": "backend.settings = 'shop.production'\n"})
    found = Facts(tree, load_config(tree)).backends
    assert [(b.root, b.settings and b.settings.path) for b in found] == [("web", "web/shop/production.py")]
