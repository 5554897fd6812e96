"""Applies every step that needs no Sentry to public archives, twice, and undoes; run by hand.

python -m tests.public.roundtrip FOLDER [INDEX]    # FOLDER holds unpacked archives; INDEX gets (archive, steps applied, result) a line

`identical`: the second apply wrote nothing, and undone, every byte of every file is as before.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setup_wizard.cli import main as sentry_setup
from setup_wizard.demo import fingerprint

STEPS = (
    *("sdk", "dsn", "source-maps", "frontend-sdk", "release-tracking", "ci-audit"),
    *("before-send", "traces-sampler", "error-boundary"),
)
ANSWERS = (
    "sentry.org=acme",
    "backend.dsn=https://0123456789abcdef0123456789abcdef@o1.ingest.us.sentry.io/1",
    "frontend.dsn=https://0123456789abcdef0123456789abcdef@o1.ingest.us.sentry.io/2",
)


def run(root: Path, *argv: str) -> tuple[int, str]:
    """Run a command and return its exit code and output."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = sentry_setup([*argv, "--repo", str(root)])
    return code, said.getvalue()


def roundtrip(source: Path) -> tuple[str, str]:
    """Return the steps that changed something in a copy of an archive, and what became of it."""
    answers = [a for answer in ANSWERS for a in ("--set", answer)]
    argv = ("apply", *STEPS, "--offline", "--yes", "--no-install", "--format", "json", *answers)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "repository"
        shutil.copytree(source, root, symlinks=True, ignore=shutil.ignore_patterns("node_modules", ".git"))
        identity = ("-c", "user.name=x", "-c", "user.email=x@y", "-c", "gc.auto=0")
        for words in (["init", "-q"], ["add", "-A"], ["commit", "--allow-empty", "-qm", "x"]):
            subprocess.run(["git", "-C", str(root), *identity, *words], check=True, capture_output=True)
        before = fingerprint(root)
        code, first = run(root, *argv)
        if code not in (0, 1, 4, 5):
            return "", f"exit {code}"
        done = [s["step"] for s in json.loads(first)["steps"] if s["outcome"] == "applied"]
        after = fingerprint(root)
        run(root, *argv)
        problems = ["a second apply writes again"] if fingerprint(root) != after else []
        for _ in range(9):
            if fingerprint(root) == before or run(root, "undo")[0] != 0:
                break
        problems += ["undone, it is not as before"] if fingerprint(root) != before else []
    return " ".join(done), ", ".join(problems) or "identical"


def main() -> int:
    """Print a line for each archive; exit 1 when one is not identical."""
    lines = []
    for source in sorted(p for p in Path(sys.argv[1]).iterdir() if p.is_dir()):
        steps, result = roundtrip(source)
        lines.append((source.name, steps, result))
        print(f"{source.name}: {result} ({steps or 'nothing to apply'})")
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text("".join("\t".join(line) + "\n" for line in lines), "utf-8")
    print(f"{sum(r == 'identical' for *_, r in lines)} of {len(lines)} identical")
    return int(any(r != "identical" for *_, r in lines))


if __name__ == "__main__":
    sys.exit(main())
