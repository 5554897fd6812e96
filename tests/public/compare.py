"""Audits public projects and compares seven items with the labels; needs network, so it is run by hand.

python -m tests.public.compare FOLDER [NAME…]    # FOLDER keeps the source between runs; what lies there is not brought again

A project that cannot be brought within its bound is left out, and its reason is told.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

ITEMS = (
    "sdk-installed",
    "sdk-initialized",
    "dsn-configured",
    "release-tracking",
    "source-maps",
    "environment-set",
    "pii-off",
)
LETTERS = {"pass": "P", "fail": "F", "unknown": "U", "not-applicable": "N", "error": "E"}
UNJUDGED = "."
_BRINGING, _AUDIT = 180, 120
"""Seconds that bringing one project, and auditing it, may take."""


class LeftOut(Exception):
    """A project that could not be brought or audited; the text says why."""


def _run(command: Sequence[str | Path], seconds: int, **variables: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=os.environ | variables)
    except subprocess.TimeoutExpired:
        raise LeftOut(f"{Path(command[0]).name} took more than {seconds} s") from None


def _sdist(requirement: str, target: Path) -> None:
    """Bring a source archive by pip.

    pip also asks it for its metadata, which may build it: without isolation nothing is installed for that, so what cannot be
    built here fails at once. pip then keeps no archive, but `--no-clean` leaves what it had unpacked.
    """
    pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "--no-build-isolation")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        done = _run(
            (*pip, "--ignore-requires-python", "--no-clean", "-d", scratch, requirement), _BRINGING, TMPDIR=scratch
        )
        for archive in Path(scratch).glob("*.tar.gz"):
            with tarfile.open(archive) as tar:
                tar.extractall(target, filter="data")
            return
        for unpacked in Path(scratch).glob("pip-download-*/*_*/"):
            shutil.move(unpacked, target / requirement.partition("=")[0])
            return
    said = [line.strip() for line in done.stderr.splitlines() if line.strip() and not line.startswith(("note", "hint"))]
    raise LeftOut(f"pip: {said[-1][:100] if said else 'no archive'}")


def _clone(repository: str, commit: str, target: Path) -> None:
    """Bring one commit of a repository of GitHub."""
    for words in (
        ("init", "-q", str(target)),
        ("-C", str(target), "fetch", "-q", "--depth", "1", f"https://github.com/{repository}", commit),
        ("-C", str(target), "checkout", "-q", commit),
    ):
        done = _run(("git", *words), _BRINGING)
        if done.returncode:
            raise LeftOut(f"git {words[-1]}: {(done.stderr.strip().splitlines() or ['failed'])[-1][:100]}")


def bring(name: str, entry: Mapping[str, str], folder: Path) -> Path:
    """Return the folder of a project's source; one that lies in `folder` already is taken as it is."""
    target = folder / name
    if not target.is_dir():
        part = folder / f"{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        if "github" in entry:
            _clone(entry["github"], entry["commit"], part)
        else:
            part.mkdir(exist_ok=True)
            project, _, version = entry["sdist"].rpartition("-")
            _sdist(f"{project}=={version}", part)
        part.rename(target)
    inside = [path for path in target.iterdir() if path.is_dir()]
    return inside[0] if "sdist" in entry and len(inside) == 1 else target


def audited(root: Path) -> dict[str, dict[str, object]]:
    """Return the items of an audit by their ids."""
    command = (sys.executable, "-m", "setup_wizard.cli", "audit", root, "--no-cache", "--format", "json")
    done = _run(command, _AUDIT)
    if done.returncode == 3 and "nothing-to-audit" in done.stderr + done.stdout:
        nothing = {"outcome": "not-applicable", "findings": [], "evidence": [{"fact": "found nothing to audit"}]}
        return dict.fromkeys(ITEMS, nothing)
    if done.returncode not in (0, 1):
        raise LeftOut(f"audit: exit {done.returncode}: {done.stderr.strip()[-200:]}")
    return {item["id"]: item for item in json.loads(done.stdout)["items"]}


def _told(found: Mapping[str, object]) -> str:
    """Return what an item says, with its place."""
    what = next(iter(found["findings"] or found["evidence"] or ({},)))  # type: ignore[call-overload]
    return f"{what.get('message') or what.get('fact')} ({what.get('path')}:{what.get('line')})"


def main(words: Sequence[str]) -> int:
    """Print each disagreement, then precision and recall of pass and fail; exit 1 when there is one."""
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    labels = tomllib.loads((Path(__file__).parent / "labels.toml").read_text("utf-8"))
    pairs: list[tuple[str, str]] = []
    judged, slowest = 0, 0.0
    for name, entry in labels.items():
        if words[1:] and name not in words[1:]:
            continue
        start = time.perf_counter()
        try:
            root = bring(name, entry, folder)
            start = time.perf_counter()
            found = audited(root)
        except LeftOut as reason:
            print(f"{name:22} left out: {reason}")
            continue
        slowest = max(slowest, time.perf_counter() - start)
        judged += 1
        for item, wanted in zip(ITEMS, entry["labels"], strict=False):
            seen = LETTERS[str(found[item]["outcome"])]
            if wanted == UNJUDGED:
                continue
            pairs.append((wanted, seen))
            if seen != wanted:
                print(f"{name:22} {item:17} label {wanted}, audit {seen}: {_told(found[item])}")
    for letter, word in (("P", "pass"), ("F", "fail")):
        said = [w for w, s in pairs if s == letter]
        true = [s for w, s in pairs if w == letter]
        right = sum(w == letter for w in said)
        print(f"{word}: precision {right}/{len(said)}, recall {sum(s == letter for s in true)}/{len(true)}")
    print(f"{judged} of {len(labels)} projects, {len(pairs)} verdicts, slowest {slowest:.1f} s")
    return int(any(w != s for w, s in pairs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
