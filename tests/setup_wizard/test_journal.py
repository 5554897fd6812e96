"""Files and journal: what a failure, a kill or somebody else's save leaves behind, and what undo brings back."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.errors import SentrySetupError
from setup_wizard.demo import fingerprint
from setup_wizard.plan import files, journal, swap
from setup_wizard.plan.engine import Engine
from setup_wizard.plan.files import ConflictError
from setup_wizard.plan.journal import Journal, record_of
from setup_wizard.steps import find_steps


def runs_of(root: Path) -> list[journal.Run]:
    engine = Engine(root, {})
    return engine.journal.runs()


@pytest.mark.parametrize("fail_at", range(12))
async def test_a_failure_at_any_write_leaves_every_file_old_or_new(sample, monkeypatch, fail_at):
    before = fingerprint(sample)
    calls = 0
    real = journal.write_file

    def failing(*arguments, **options):
        nonlocal calls
        calls += 1
        if calls == fail_at + 1:
            raise OSError(28, "No space left on device")
        real(*arguments, **options)

    monkeypatch.setattr(journal, "write_file", failing)
    engine = Engine(sample, {"sentry.org": "acme"}, install=False)
    steps = find_steps(["project", "sdk", "source-maps", "release-tracking"])
    try:
        await engine.apply(steps)
        wrote_all = True
    except SentrySetupError as error:
        wrote_all = False
        assert "every file is as it was before" in error.message
    monkeypatch.undo()
    if wrote_all:
        engine.undo(None)
    assert fingerprint(sample) == before
    assert runs_of(sample) == []


def begun(sample: Path) -> tuple[Journal, journal.Run, Path, bytes]:
    """Begin a run, which writes one file; returns its journal, itself, the file and what that held before."""
    target = sample / "backend/requirements.txt"
    old = target.read_bytes()
    book = Engine(sample, {}).journal
    book.prepare()
    run = book.start(("sdk",))
    book.write(run, "backend/requirements.txt", old, old + b"sentry-sdk\n", private=False)
    return book, run, target, old


def test_a_killed_run_is_rolled_back_by_the_next_command(sample):
    """Stop after each write as a kill would: nothing of the process runs any more."""
    book, run, target, old = begun(sample)
    book.note_file(run, record_of("backend/manage.py", b"a", b"b", private=False))
    (run.folder / "journal.jsonl").open("a").write('{"event": "fi')
    again = Journal(sample, book.folder)
    assert any("rolled back" in said for said in again.recover())
    assert target.read_bytes() == old and again.runs() == [] and again.recover() == []


def test_an_interrupted_undo_is_finished(sample):
    book, run, target, old = begun(sample)
    book.write(run, "made.txt", None, b"made\n", private=False)
    for event in ("written", "end", "undo-start"):
        run.add(event)
    assert any("undo" in said for said in Journal(sample, book.folder).recover())
    assert target.read_bytes() == old and not (sample / "made.txt").exists()


def test_two_at_once_are_serialised(sample):
    book = Engine(sample, {}).journal
    with book.exclusive(), pytest.raises(journal.BusyError), Journal(sample, book.folder).exclusive():
        pass


def test_the_journal_keeps_no_other_lines_of_an_env_file(sample):
    secret = b"OTHER=top-secret\n"
    (sample / ".env").write_bytes(secret)
    book = Engine(sample, {}).journal
    book.prepare()
    run = book.start(("dsn",))
    book.write(run, ".env", secret, secret + b"SENTRY_DSN=x\n", private=True)
    assert b"top-secret" not in b"".join(p.read_bytes() for p in book.folder.rglob("*") if p.is_file())
    assert "dG9wLXNlY3JldA" not in (run.folder / "journal.jsonl").read_text()
    assert book.undo(book.runs()[-1]) == [".env"] and (sample / ".env").read_bytes() == secret


@pytest.mark.parametrize(
    ("before", "after"), [(b"abc", b"abXc"), (b"", b"a"), (b"aaaa", b"aa"), (None, b"x"), (b"a\nb", b"a\r\nb\n")]
)
def test_a_reverse_edit_restores_the_bytes(before, after):
    record = record_of("f", before, after, private=False)
    assert record.reverse(after) == (before or b"")


def test_files_are_written_through_links_inside_and_never_outside(tmp_path):
    root, scratch = tmp_path / "repo", tmp_path / "scratch"
    root.mkdir()
    scratch.mkdir()
    (root / "real.txt").write_text("old")
    (root / "real.txt").chmod(0o751)
    (root / "link.txt").symlink_to("real.txt")
    (root / "out.txt").symlink_to(tmp_path / "elsewhere.txt")
    files.write_file(root, "link.txt", b"new", scratch, before=b"old")
    assert (root / "link.txt").is_symlink() and (root / "real.txt").read_text() == "new"
    assert (root / "real.txt").stat().st_mode & 0o777 == 0o751
    for path in ("out.txt", "../x", "/etc/passwd", ".git/config"):
        with pytest.raises(ConflictError):
            files.write_file(root, path, b"x", scratch, before=None)
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("exchanging", [True, False])
def test_what_somebody_else_saved_is_never_replaced(tmp_path, monkeypatch, exchanging):
    if not exchanging:
        monkeypatch.setattr(swap, "_exchange", lambda: None)
    scratch, file = tmp_path / "scratch", tmp_path / "a.txt"
    scratch.mkdir()
    file.write_text("theirs")
    for before in (b"ours", None):
        with pytest.raises(ConflictError, match=r"a\.txt was"):
            files.write_file(tmp_path, "a.txt", b"new", scratch, before=before)
    with pytest.raises(ConflictError, match="was changed in the meantime"):
        files.remove_file(tmp_path, "a.txt", scratch, before=b"ours")
    with pytest.raises(ConflictError, match="deleted in the meantime"):
        files.write_file(tmp_path, "gone.txt", b"new", scratch, before=b"ours")
    assert file.read_text() == "theirs" and not list(scratch.iterdir()) and not (tmp_path / "gone.txt").exists()


def test_without_git_the_journal_lives_in_the_users_state_folder(tmp_path):
    root = tmp_path / "plain"
    root.mkdir()
    folder = Engine(root, {}).journal.folder
    assert not folder.is_relative_to(root)


def test_what_was_never_begun_is_forgotten_and_what_cannot_be_read_is_kept(sample):
    engine = Engine(sample, {})
    engine.journal.prepare()
    runs = engine.journal.folder / "runs"
    for name, text in {"bare": None, "torn": '{"event": "sta', "damaged": "garbage\n"}.items():
        (runs / name).mkdir()
        if text is not None:
            (runs / name / "journal.jsonl").write_text(text)
    assert engine.journal.recover() == []
    assert [f.name for f in runs.iterdir()] == ["damaged"]


def test_the_newest_save_wins_when_somebody_saves_twice_in_the_same_instant(tmp_path, monkeypatch):
    file, temporary, real = tmp_path / "a.txt", tmp_path / "ours", swap._exchanged
    if swap._exchange() is None:
        pytest.skip("this system cannot exchange two names")
    file.write_text("before")
    temporary.write_text("ours")
    saves = iter(["first save", "second save"])

    def meanwhile(first: Path, second: Path) -> bool:
        # By rename, as vim and PyCharm save: right before each of the first two exchanges.
        for text in [t for t in [next(saves, None)] if t]:
            other = tmp_path / "swp"
            other.write_text(text)
            other.replace(file)
        return real(first, second)

    monkeypatch.setattr(swap, "_exchanged", meanwhile)
    with pytest.raises(swap.ChangedError):
        swap.replace(temporary, file, b"before")
    assert file.read_text() == "second save"


@pytest.mark.parametrize("undoing", [False, True], ids=["rolled back", "undone"])
def test_what_was_saved_on_top_of_a_run_is_left_and_named(sample, undoing):
    book = Engine(sample, {}).journal
    book.prepare()
    run = book.start(("sdk",))
    old = (sample / "backend/manage.py").read_bytes()
    book.write(run, "backend/manage.py", old, old + b"# ours\n", private=False)
    book.write(run, "made.txt", None, b"ours", private=False)
    (sample / "made.txt").write_bytes(b"ours and theirs")
    for event in ("written", "end", "undo-start") if undoing else ():
        run.add(event)
    said = " ".join(Journal(sample, book.folder).recover())
    assert "except made.txt: changed by someone else in the meantime, and not touched" in said
    assert (sample / "made.txt").read_bytes() == b"ours and theirs"
    assert (sample / "backend/manage.py").read_bytes() == old
