"""Audits public projects from PyPI and compares five items with the labels; needs network, so it is run by hand.

python tests/public/compare.py FOLDER    # FOLDER keeps the source archives between runs
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from pathlib import Path

ITEMS = ("sdk-installed", "sdk-initialized", "dsn-configured", "release-tracking", "source-maps")
LETTERS = {"pass": "P", "fail": "F", "unknown": "U", "not-applicable": "N", "error": "E"}


def fetch(name: str, sdist: str, folder: Path) -> Path | None:
    """Bring a source archive by pip and unpack it; returns the project's folder, None where pip brings none."""
    target = folder / name
    if not target.is_dir():
        with tempfile.TemporaryDirectory() as scratch:
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--no-binary",
                ":all:",
                "-d",
                scratch,
            ]
            subprocess.run([*command, f"{name}=={sdist.rpartition('-')[2]}"], capture_output=True, timeout=300)
            for archive in Path(scratch).glob("*.tar.gz"):
                with tarfile.open(archive) as tar:
                    tar.extractall(target, filter="data")
    return next((p for p in target.iterdir() if p.is_dir()), None) if target.is_dir() else None


def main() -> int:
    """Print each disagreement, then precision and recall of pass and fail; exit 1 when there is one."""
    folder = Path(sys.argv[1])
    labels = tomllib.loads((Path(__file__).parent / "labels.toml").read_text("utf-8"))
    pairs: list[tuple[str, str]] = []
    slowest = 0.0
    for name, entry in labels.items():
        root = fetch(name, entry["sdist"], folder)
        if root is None:
            print(f"{name:14} could not be brought")
            continue
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "setup_wizard.cli", "audit", str(root), "--no-cache", "--format", "json"],
            capture_output=True,
            text=True,
        )
        slowest = max(slowest, time.perf_counter() - start)
        if done.returncode not in (0, 1):
            print(f"{name}: exit {done.returncode}: {done.stderr[-500:]}")
            return 1
        found = {i["id"]: i for i in json.loads(done.stdout)["items"]}
        for item, wanted in zip(ITEMS, entry["labels"], strict=True):
            seen = LETTERS[found[item]["outcome"]]
            pairs.append((wanted, seen))
            if seen != wanted:
                what = (found[item]["findings"] or found[item]["evidence"])[0]
                print(
                    f"{name:14} {item:17} label {wanted}, audit {seen}: {what.get('message') or what.get('fact')} ({what['path']}:{what['line']})"
                )
    for letter, word in (("P", "pass"), ("F", "fail")):
        said = [w for w, s in pairs if s == letter]
        true = [s for w, s in pairs if w == letter]
        right = sum(w == letter for w in said)
        print(f"{word}: precision {right}/{len(said)}, recall {sum(s == letter for s in true)}/{len(true)}")
    print(f"{len(pairs) // len(ITEMS)} projects, {len(pairs)} verdicts, slowest {slowest:.1f} s")
    return int(any(w != s for w, s in pairs))


if __name__ == "__main__":
    sys.exit(main())
