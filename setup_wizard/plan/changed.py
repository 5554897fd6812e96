"""What all the runs of a journal changed together: each file before the first of them, and as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from setup_wizard.plan.files import read_file
from setup_wizard.plan.journal import FileRecord, Run, digest
from setup_wizard.plan.model import FileChange


class Changed(Struct, frozen=True, kw_only=True):
    """The files that runs changed. `edited`: those that were edited later, so that what the runs did is no longer separate."""

    changes: tuple[FileChange, ...] = ()
    edited: tuple[str, ...] = ()


def changed_by(root: Path, runs: Iterable[Run], ignored: Callable[[str], bool]) -> Changed:
    """Return what the runs, oldest first, changed; `ignored` says whether git ignores a file, whose other lines may be secret.

    A file that is as it was before the first run is in none of the two. Raises `OSError` for a file that cannot be read.
    """
    records: dict[str, list[FileRecord]] = {}
    for run in runs:
        for record in run.files:
            records.setdefault(record.path, []).append(record)
    changes: list[FileChange] = []
    edited: list[str] = []
    for path, known in sorted(records.items()):
        after = read_file(root, path)
        if after is None or digest(after) != known[-1].after_digest:
            edited.append(path)
            continue
        found, before = _before(after, known)
        if not found:
            edited.append(path)
        elif before != after:
            secret = any(record.private for record in known) or ignored(path)
            changes.append(FileChange(path=path, before=before, after=after, secret=secret))
    return Changed(changes=tuple(changes), edited=tuple(edited))


def _before(after: bytes, records: list[FileRecord]) -> tuple[bool, bytes | None]:
    """Return whether the records, oldest first, lead back from `after`, and to which bytes (None: the first one made the file)."""
    current: bytes | None = after
    for record in reversed(records):
        if current is None or digest(current) != record.after_digest:
            return False, None
        current = None if record.before_digest is None else record.reverse(current)
        if digest(current) != record.before_digest:
            return False, None
    return True, current
