"""What tests saw checks say: each outcome with its messages, places and hints, kept in `tests/verdicts`, and compared in each run.

A test asserts what it is about; everything else that a verdict says is held by the record: `check_one` and `hear` note each result,
and after the test the notes are compared with those that a person has read and committed. `python -m tests.verdicts --update` writes
them; read the difference, as every change of a message, a line or a hint has to be meant.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from checks.model import Evidence, EvidenceKind, Finding, Outcome, Result

FOLDER = Path(__file__).parents[1] / "verdicts"
_listening: list[str] | None = None


def hear(result: Result) -> Result:
    """Note what a check said, where a test listens; return it as it is."""
    for verdict in result.verdicts if result.outcome in (Outcome.FAIL, Outcome.UNKNOWN) else ():
        if verdict.outcome in (Outcome.FAIL, Outcome.UNKNOWN):
            bare = [f.message for f in verdict.findings if not f.hint]
            assert not bare, f"{result.item.id}: nothing says what to do about {bare}"
    if _listening is not None:
        _listening.append(told(result))
    return result


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect what is heard in a block."""
    global _listening
    before, _listening = _listening, []
    try:
        yield _listening
    finally:
        _listening = before


def told(result: Result) -> str:
    """Return a result as lines: the outcome, then each verdict's findings (`-`) and evidence (`+`) with their places."""
    lines = [f"{result.outcome} {result.item.id}"]
    for verdict in result.verdicts:
        if len(result.verdicts) > 1 or verdict.target is not None:
            target = f" {verdict.target.name} at {verdict.target.root}" if verdict.target else ""
            lines.append(f"  {verdict.outcome}{target}")
        lines += [f"    {line}" for line in (*map(_finding, verdict.findings), *map(_evidence, verdict.evidence))]
    if result.waiver is not None:
        lines.append(f"  waived: {_one_line(result.waiver.reason)}")
    return "\n".join(lines)


def _finding(finding: Finding) -> str:
    hint = f" => {_one_line(finding.hint)}" if finding.hint else ""
    return f"- {_place(finding.path, finding.line)}{_one_line(finding.message)}{hint}"


def _evidence(evidence: Evidence) -> str:
    kind = "" if evidence.kind is EvidenceKind.REPOSITORY else f"({evidence.kind}) "
    return f"+ {kind}{_place(evidence.path, evidence.line)}{_one_line(evidence.fact)}"


def _place(path: str | None, line: int | None) -> str:
    """Return `path:line: `; columns are left to `tests/checks/test_columns.py`, which names the text that each points at."""
    number = "" if line is None else f":{line}"
    return f"{path or ''}{number}: " if path or number else ""


def _one_line(text: str) -> str:
    """Return a text without line ends, long ones by their beginning and a digest, and this year's days by how far off they are."""
    text = re.sub(r"\b20\d\d-\d\d-\d\d\b", _day, text)
    text = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    if len(text) > 400:
        text = f"{text[:320]} … {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return text


def _day(found: re.Match[str]) -> str:
    try:
        off = (dt.date.fromisoformat(found[0]) - dt.datetime.now(dt.UTC).date()).days
    except ValueError:
        return found[0]
    return f"<today{off:+d}>" if abs(off) < 30 else found[0]


def file_of(nodeid: str) -> Path:
    """Return the file that keeps what a test file's tests saw."""
    path = nodeid.partition("::")[0]
    return FOLDER / (path.removeprefix("tests/").removesuffix(".py").replace("/", ".") + ".txt")


def name_of(nodeid: str) -> str:
    """Return a test's name in its file; a long one ends with a digest."""
    return _one_line(nodeid.partition("::")[2])


def read(path: Path) -> dict[str, str]:
    """Return what each test of a file saw: `=== NAME`, then the lines. Nothing for a missing file."""
    if not path.exists():
        return {}
    parts = re.split(r"(?m)^=== (.*)\n", path.read_text("utf-8"))
    return {name: body.rstrip("\n") for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def write(path: Path, seen: Mapping[str, str]) -> None:
    """Write what the tests of one file saw, by name, so that a new case moves no other; no file for nothing."""
    if not seen:
        path.unlink(missing_ok=True)
        return
    text = "".join(f"=== {name}\n{seen[name]}\n" for name in sorted(seen))
    path.write_text(text, "utf-8", newline="\n")


def pairs(texts: Iterable[str]) -> set[tuple[str, str]]:
    """Return each `(item, outcome)` that stands in records."""
    heads = (line.split() for text in texts for line in text.splitlines() if line[:1] not in ("", " "))
    return {(item, outcome) for outcome, item in heads}
