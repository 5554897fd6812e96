"""Readers: any bytes give outcomes; trees, configuration, DSNs and text are read as they should be."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import load_config, parse_set
from checks.errors import UsageError
from checks.model import Outcome, Verdict, worst
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError, decode
from checks.report import safe
from checks.report.safe import printable, redact
from checks.repository.facts import Facts, join
from checks.repository.tree import DirectoryTree, MemoryTree, UnreadableFileError
from checks.sentry_api.dsn import is_placeholder, parse_dsn
from checks.sentry_api.hosts import choose_url, same_sentry
from tests.support.examples import examples
from tests.support.repo import INIT, PLUGIN, RENDER, backend, frontend, workflow

FILES = backend() | frontend(PLUGIN) | {
    "render.yaml": RENDER, ".github/workflows/ci.yml": workflow("npm run build"), "pyproject.toml": "", "Dockerfile": "FROM x\n",
    "fly.toml": "", "app.json": "{}", "compose.yml": "services: {}\n", ".gitlab-ci.yml": "a: b\n", "shop/wsgi.py": INIT, "setup.py": "",
}  # fmt: skip


@settings(max_examples=examples(100))
@given(st.sampled_from(sorted(FILES)), st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_in_any_file_give_outcomes(path, data):
    tree = MemoryTree(FILES | {path: data})
    try:
        config = load_config(tree)
    except UsageError:
        return
    report = run_audit(Facts(tree, config), CHECKLIST)
    assert all(r.outcome is not Outcome.ERROR for r in report.results), [r.findings for r in report.results]


def test_a_crashing_check_is_an_error_and_the_others_go_on(monkeypatch):
    def crash(facts):
        raise RuntimeError("boom")

    from msgspec.structs import replace

    items = (replace(CHECKLIST[0], check=crash), CHECKLIST[1])
    tree = MemoryTree(backend())
    report = run_audit(Facts(tree, load_config(tree)), items)
    assert [r.outcome for r in report.results] == [Outcome.ERROR, Outcome.FAIL]


def test_a_verdict_without_proof_cannot_be_made():
    for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN):
        with pytest.raises(ValueError):
            Verdict(outcome=outcome)
    assert worst([Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.UNKNOWN]) is Outcome.UNKNOWN


def test_directory_tree_reads_what_git_would_commit_and_nothing_outside(tmp_path):
    root, outside = tmp_path / "repo", tmp_path / "secret.txt"
    root.mkdir()
    outside.write_text("secret")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / ".gitignore").write_text("ignored.txt\n")
    for name in ("tracked.txt", "ignored.txt", "new.txt"):
        (root / name).write_text(name)
    (root / "link").symlink_to(outside)
    (root / "loop").symlink_to(root / "loop")
    if hasattr(os, "mkfifo"):
        os.mkfifo(root / "pipe")
    with (root / "huge").open("wb") as file:
        file.truncate(5 * 1024**3)
    tree = DirectoryTree(root)
    assert {"tracked.txt", "new.txt"} <= set(tree.paths) and "ignored.txt" not in tree.paths
    assert tree.read("tracked.txt") == b"tracked.txt" and tree.read("absent") is None
    for path in ("link", "loop", "pipe", "huge", "../secret.txt", str(outside)):
        if path == "pipe" and not hasattr(os, "mkfifo"):
            continue
        with pytest.raises(UnreadableFileError):
            tree.read(path)


def test_a_hostile_git_configuration_runs_nothing(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    mark = tmp_path.parent / "ran"
    subprocess.run(["git", "-C", str(tmp_path), "config", "core.fsmonitor", f"touch {mark}"], check=True)
    (tmp_path / "a.txt").write_text("a")
    assert "a.txt" in DirectoryTree(tmp_path).paths
    assert not mark.exists()


def test_configuration_errors_name_the_nearest_key():
    for text in ("[tool.sentry-setup]\nbackend.rot = 'x'\n", "[tool.sentry-setup.sentry]\norgg = 'x'\n"):
        with pytest.raises(UsageError) as caught:
            load_config(MemoryTree({"pyproject.toml": text}))
        assert "did you mean" in (caught.value.hint or "")
    with pytest.raises(UsageError):
        parse_set(["backend.root"])
    with pytest.raises(UsageError):
        load_config(MemoryTree({"sentry-setup.toml": "", "pyproject.toml": "[tool.sentry-setup]\nsentry.org = 'a'\n"}))
    with pytest.raises(UsageError):
        load_config(MemoryTree({"sentry-setup.toml": '[[waivers]]\nid = "x"\nreason = "y"\nuntil = "soon"\n'}))
    assert parse_set(["backend.web.root=x"]) == {"backend.web.root": "x"}


def test_waivers_suppress_a_fail_until_they_expire():
    waiver = '[[waivers]]\nid = "sdk-installed"\nreason = "later"\nuntil = 2{}-01-01\n'
    for century, waived in (("099", True), ("020", False)):
        tree = MemoryTree(backend() | {"sentry-setup.toml": waiver.format(century)})
        report = run_audit(Facts(tree, load_config(tree)), CHECKLIST)
        result = report.result("sdk-installed")
        assert result.outcome is Outcome.FAIL and bool(result.waiver) is waived and result.unchecked is not waived
        assert any("expired" in n for n in report.notes) is not waived


@pytest.mark.parametrize(
    "text",
    [
        "https://xxxxx@sentry.io/xxxxx",
        "changeme",
        "your-org",
        "your_auth_token",
        "<dsn>",
        "https://examplePublicKey@o0.ingest.sentry.io/0",
    ],
)
def test_placeholders(text):
    assert is_placeholder(text)


def test_dsn():
    dsn = parse_dsn("https://abc@o12.ingest.de.sentry.io/34")
    assert (dsn.region, dsn.project_id, dsn.host) == ("de", "34", "o12.ingest.de.sentry.io")
    for bad in ("changeme", "https://sentry.io/1", "https://a@h/x", "ftp://a@h/1"):
        with pytest.raises(ValueError):
            parse_dsn(bad)
    assert not is_placeholder("https://0123456789abcdef@o1.ingest.us.sentry.io/5")


def test_a_token_goes_only_where_the_user_said():
    assert choose_url(None, {}, None) == "https://sentry.io"
    assert choose_url("https://s.example.com/", {}, "https://evil.example") == "https://s.example.com"
    with pytest.raises(UsageError):
        choose_url(None, {}, "https://evil.example")
    with pytest.raises(UsageError):
        choose_url("http://s.example.com", {}, None)
    assert same_sentry("https://us.sentry.io", "https://sentry.io")
    assert not same_sentry("https://us.sentry.io.evil.example", "https://sentry.io")
    assert not same_sentry("https://other.example", "https://s.example.com")


def test_text_is_decoded_and_made_safe():
    assert decode("a\u00e9".encode("utf-16")) == "a\u00e9" and decode(b"\xe9") == "\u00e9"
    assert printable("a\x1b[31m\u202eb\n") == "a\\x1b[31m\\u202eb "
    assert redact("token sntryu_" + "a" * 64) == "token [token]"
    assert join("a/b", "../c") == "a/c" and join(".", "x") == "x" and join("a", "../../x").startswith("..")


def test_a_token_in_use_is_hidden_whole_wherever_it_stands_in_another(monkeypatch):
    monkeypatch.setattr(safe, "_HIDDEN", {"a" * 16, "secret-of-mine"})
    assert redact("token sntryu_" + "a" * 64) == "token [token]"
    assert redact(f"of {'a' * 20}, and xsecret-of-mine!") == "of [token], and x[token]!"
    assert redact("nothing here") == "nothing here"


def test_a_key_of_thousands_of_parts_is_refused_before_it_costs_anything():
    for part in ("sentry.", '"x y" . ', "'x'."):
        with pytest.raises(ParseError, match="more than 100 parts") as caught:
            load_toml("a = 1\n" + part * 50_000 + "b = 1\n")
        assert caught.value.line == 2
    assert load_toml("x." * 90 + "b = 1\n") and load_toml("d = [" + '"a>=1.2.3", ' * 500 + "]\n")


@pytest.mark.parametrize("broken", ["\\", "foo\\", "a\\\n!\\"])
def test_a_gitignore_line_that_is_no_pattern_matches_nothing(broken):
    from checks.config import Config
    from checks.repository.facts import Facts
    from checks.repository.ignored import ignoring_rule, is_ignored

    facts = Facts(MemoryTree({".gitignore": f"{broken}\n.env\n", "manage.py": ""}), Config())
    assert is_ignored(facts, ".env") is True and is_ignored(facts, "manage.py") is False
    assert ignoring_rule(facts, ".env") == (".gitignore", broken.count("\n") + 2)
