"""The journal: what a run is about to do, written before it does it, so that it can be finished, rolled back or undone.

A run is a folder with a `journal.jsonl`, one JSON record a line. For each file it keeps the reverse edit and the digests of
both sides, never a whole file, so that the other lines of an `.env` are not copied anywhere.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from msgspec import Struct, field

from checks.errors import ExitCode, SentrySetupError
from setup_wizard.plan.files import ConflictError, read_file, remove_file, sync_folder, write_file
from setup_wizard.plan.planted import inside_repository, plain_name, refuse_planted

KEEP = dt.timedelta(days=30)
"""How long a run can be undone."""


class BusyError(SentrySetupError):
    """Another sentry-setup works on this repository."""

    code = "busy"
    exit_code = ExitCode.REFUSED


class FileRecord(Struct, frozen=True, kw_only=True):
    """A file change as it can be reversed: `before = after[:prefix] + removed + after[-suffix:]`; None: the run made it."""

    path: str
    before_digest: str | None
    after_digest: str
    prefix: int
    suffix: int
    removed: bytes
    private: bool

    def reverse(self, after: bytes) -> bytes:
        """Return the bytes from before."""
        return after[: self.prefix] + self.removed + after[len(after) - self.suffix :]


class Phase(StrEnum):
    """How far a run came: its files are being written, are written, or everything is done."""

    WRITING = "writing"
    WRITTEN = "written"
    ENDED = "ended"


class Undo(StrEnum):
    """How far the undo of a run came."""

    STARTED = "started"
    DONE = "done"


class Run(Struct, kw_only=True):
    """A run as its journal tells it. `undo` says how far its undo came, where one began."""

    id: str
    folder: Path
    started: str
    steps: tuple[str, ...]
    phase: Phase = Phase.WRITING
    undo: Undo | None = None
    files: list[FileRecord] = field(default_factory=list)
    created: list[dict[str, str]] = field(default_factory=list)
    pending: list[tuple[str, str | None]] = field(default_factory=list)

    def add(self, event: str, **facts: Any) -> None:
        """Append a record and make it durable."""
        line = json.dumps({"event": event, **facts}, sort_keys=True) + "\n"
        with (self.folder / "journal.jsonl").open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def digest(data: bytes | None) -> str | None:
    """Return the SHA-256 of a file's bytes, None for no file."""
    return None if data is None else hashlib.sha256(data).hexdigest()


def record_of(path: str, before: bytes | None, after: bytes, *, private: bool) -> FileRecord:
    """Return the smallest reverse edit from `after` to `before`."""
    old = before or b""
    limit = min(len(old), len(after))
    prefix = next((i for i in range(limit) if old[i] != after[i]), limit)
    rest = limit - prefix
    suffix = next((i for i in range(rest) if old[-1 - i] != after[-1 - i]), rest)
    return FileRecord(
        path=path,
        before_digest=digest(before),
        after_digest=digest(after) or "",
        prefix=prefix,
        suffix=suffix,
        removed=old[prefix : len(old) - suffix],
        private=private,
    )


def run_name(now: dt.datetime) -> str:
    """Return a name for a run: its second, and something that tells two of one second apart."""
    return now.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)


def _except(left: list[str]) -> str:
    """Say which files were left alone."""
    return f", except {', '.join(left)}: changed by someone else in the meantime, and not touched" if left else ""


class Journal:
    """The journal of one repository, in a folder of its own that only the user can read."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.scratch = folder / "tmp"

    def prepare(self) -> None:
        """Make the folders. Raises `SentrySetupError` for one that is a link or is not ours."""
        for folder in (self.folder, self.scratch, self.folder / "runs"):
            refuse_planted(folder)
            folder.mkdir(parents=True, exist_ok=True)
            if os.name == "posix":
                folder.chmod(0o700)

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the repository for this process. Raises `BusyError` when another one has it.

        A disk that is full, gone or closed to us in the middle becomes a `SentrySetupError`: the journal tells the next command
        what was begun.
        """
        try:
            self.prepare()
            lock = FileLock(self.folder / "lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise BusyError(
                    "another sentry-setup is working on this repository", hint="wait until it is done"
                ) from None
            try:
                yield
            finally:
                lock.release()
        except OSError as error:
            where = f" at {error.filename}" if error.filename else ""
            raise SentrySetupError(
                f"writing to disk failed{where}: {error.strerror or error}",
                hint="fix the problem and run the command again: it finishes or rolls back the run",
            ) from error

    def start(self, steps: tuple[str, ...]) -> Run:
        """Begin a run."""
        now = dt.datetime.now(dt.UTC)
        run_id = run_name(now)
        folder = self.folder / "runs" / run_id
        folder.mkdir(parents=True)
        if os.name == "posix":
            folder.chmod(0o700)
        run = Run(id=run_id, folder=folder, started=now.isoformat(timespec="microseconds"), steps=steps)
        run.add("start", started=run.started, steps=list(steps))
        sync_folder(folder.parent)
        return run

    def runs(self) -> list[Run]:
        """Return all runs that stand, oldest first; a torn last line is left out, as its effect was not begun."""
        found = [r for f in self._folders() if (r := _load(f)) is not None and r.undo is not Undo.DONE]
        # Ids tell the second only; two runs within one are told apart by their start.
        return sorted(found, key=lambda r: r.started)

    def _folders(self) -> list[Path]:
        base = self.folder / "runs"
        for folder in (self.folder, base):
            refuse_planted(folder)
        found = sorted(base.iterdir()) if base.is_dir() else []
        for folder in found:
            refuse_planted(folder)
        return found

    def write(self, run: Run, path: str, before: bytes | None, after: bytes, *, private: bool) -> None:
        """Journal a file change, then make it. Raises `OSError`."""
        record = record_of(path, before, after, private=private)
        self.note_file(run, record)
        write_file(self.root, path, after, self.scratch, before=before, private=private)

    def note_file(self, run: Run, record: FileRecord) -> None:
        """Journal a file change."""
        run.add(
            "file",
            path=record.path,
            before=record.before_digest,
            after=record.after_digest,
            prefix=record.prefix,
            suffix=record.suffix,
            removed=base64.b64encode(record.removed).decode(),
            private=record.private,
        )
        run.files.append(record)

    def snapshot_before_command(self, run: Run, path: str, before: bytes | None) -> None:
        """Journal that a command is about to change a file: its bytes are kept until `record_command_changes`."""
        name = None
        if before is not None:
            name = f"before-{len(run.pending)}"
            target = run.folder / name
            target.write_bytes(before)
            if os.name == "posix":
                target.chmod(0o600)
        run.add("expect", path=path, kept=name)
        run.pending.append((path, name))

    def record_command_changes(self, run: Run) -> None:
        """Turn the kept bytes of files that commands changed into reverse edits."""
        for path, name in run.pending:
            before = (run.folder / name).read_bytes() if name else None
            after = read_file(self.root, path)
            if after is not None and after != before:
                self.note_file(run, record_of(path, before, after, private=False))
        run.add("settled")
        for _, name in run.pending:
            if name:
                (run.folder / name).unlink(missing_ok=True)
        run.pending.clear()

    def recover(self) -> list[str]:
        """Finish or roll back what was interrupted; returns what was done, in words."""
        said = []
        refuse_planted(self.scratch)
        for leftover in self.scratch.iterdir() if self.scratch.is_dir() else ():
            leftover.unlink(missing_ok=True)  # of a process that was killed; nobody else works here now
        for folder in self._folders():
            left, record = _load(folder), folder / "journal.jsonl"
            empty = not record.exists() or (
                left is None and os.access(record, os.R_OK) and b"\n" not in record.read_bytes()
            )
            # Killed before its first record, or while it was being forgotten; one that cannot be read is kept.
            if empty or (left is not None and left.undo is Undo.DONE):
                shutil.rmtree(folder, ignore_errors=True)
        for run in self.runs():
            if run.undo is Undo.STARTED:
                kept = self.finish_undo(run)
                said.append(f"finished the interrupted undo of run {run.id}{_except(kept)}")
            elif run.phase is Phase.WRITING:
                kept = self.roll_back(run)
                said.append(f"rolled back run {run.id}, which was interrupted while it wrote files{_except(kept)}")
            elif run.phase is Phase.WRITTEN:
                self.record_command_changes(run)
                run.add("end")
                said.append(
                    f"run {run.id} was interrupted after its files were written; run the same command again to continue"
                )
        return said

    def roll_back(self, run: Run) -> list[str]:
        """Restore every file of a run that holds the run's bytes; forget the run if it changed nothing else.

        Returns the files that somebody else saved meanwhile: those are left as they were saved.
        """
        left = self._bring_back(run)
        run.add("rolled-back")
        if not run.created:
            shutil.rmtree(run.folder, ignore_errors=True)
        else:
            run.files.clear()
            run.add("forget-files")
            run.add("end")
        return left

    def _restore(self, record: FileRecord, current: bytes) -> None:
        if record.before_digest is None:
            remove_file(self.root, record.path, self.scratch, before=current)
            return
        before = record.reverse(current)
        if digest(before) != record.before_digest:
            raise ConflictError(f"the journal cannot restore {record.path}", hint="restore it from git")
        write_file(self.root, record.path, before, self.scratch, before=current, private=record.private)

    def undo(self, run: Run) -> list[str]:
        """Restore every file of a run byte for byte. Raises `ConflictError`, having changed nothing, when one differs."""
        expected: dict[str, str | None] = {}
        for record in run.files:
            expected[record.path] = record.after_digest
        conflicts = [p for p, wanted in expected.items() if digest(read_file(self.root, p)) != wanted]
        if conflicts:
            raise ConflictError(
                f"changed since run {run.id}: {', '.join(conflicts)}; nothing was undone",
                hint="undo later runs first, or revert the change by hand",
            )
        run.add("undo-start")
        left = self.finish_undo(run)
        if left:
            raise ConflictError(
                f"run {run.id} is undone{_except(left)}",
                hint="revert the run's change in these by hand, or restore them from git",
            )
        return sorted(expected)

    def finish_undo(self, run: Run) -> list[str]:
        """Continue with an undo: files that hold the run's bytes are brought back, others already are.

        Returns the files that somebody else saved meanwhile: those are left as they were saved.
        """
        left = self._bring_back(run)
        run.add("undone")
        shutil.rmtree(run.folder, ignore_errors=True)
        return left

    def _bring_back(self, run: Run) -> list[str]:
        """Restore each file that holds the run's bytes; returns those that hold what neither this run nor its past knows."""
        known: dict[str, set[str | None]] = {}
        for record in run.files:
            known.setdefault(record.path, set()).update((record.before_digest, record.after_digest))
        left: dict[str, None] = {}
        for record in reversed(run.files):
            current = read_file(self.root, record.path)
            if digest(current) not in known[record.path]:
                left[record.path] = None
            elif current is not None and digest(current) == record.after_digest:
                try:
                    self._restore(record, current)
                except ConflictError:
                    left[record.path] = None
        return list(left)

    def prune(self, now: dt.datetime) -> None:
        """Forget runs that ended more than 30 days ago."""
        for run in self.runs():
            with contextlib.suppress(ValueError):
                if run.phase is Phase.ENDED and now - dt.datetime.fromisoformat(run.started) > KEEP:
                    shutil.rmtree(run.folder, ignore_errors=True)


def _load(folder: Path) -> Run | None:
    try:
        lines = (folder / "journal.jsonl").read_text("utf-8").splitlines()
    except OSError:
        return None
    run: Run | None = None
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            break
        event = record.get("event")
        if event == "start":
            run = Run(id=folder.name, folder=folder, started=record["started"], steps=tuple(record["steps"]))
        elif run is None:
            return None
        elif event == "file":
            run.files.append(
                FileRecord(
                    path=record["path"],
                    before_digest=record["before"],
                    after_digest=record["after"],
                    prefix=record["prefix"],
                    suffix=record["suffix"],
                    removed=base64.b64decode(record["removed"]),
                    private=record["private"],
                )
            )
        elif event == "expect":
            try:
                run.pending.append((inside_repository(record["path"]), plain_name(record["kept"])))
            except (ValueError, KeyError):
                return None  # planted: we never write such a record
        elif event == "settled":
            run.pending.clear()
        elif event == "created":
            run.created.append({k: str(v) for k, v in record.items() if k != "event"})
        elif event == "forget-files":
            run.files.clear()
        elif event in ("written", "end"):
            run.phase = {"written": Phase.WRITTEN, "end": Phase.ENDED}[event]
        elif event in ("undo-start", "undone"):
            run.undo = {"undo-start": Undo.STARTED, "undone": Undo.DONE}[event]
    return run
