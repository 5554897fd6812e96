"""Audits the repository that the guide is about (Duran117/kibray) before and after `apply`, beside what a person read in it; run by hand.

python -m tests.public.guide FOLDER [--write]    # FOLDER holds an unpacked copy of the commit in guide.toml; it stays as it is

`guide.toml` keeps what its code says about each item. An outcome that is not the one written there is an error; so is a step that
is refused. `--write` makes guide.md again.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_APPLY = ("apply", "--yes", "--offline", "--no-install", "--format", "json", "--set", "sentry.org=acme")
_GIT = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


def run(root: Path, *words: str) -> dict[str, Any]:
    """Run the command in a folder and return its JSON."""
    command = [sys.executable, "-m", "setup_wizard.cli", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def said(item: dict[str, Any]) -> str:
    """Return an outcome with the places of what decides it."""
    places = [f for f in (*item["findings"], *item["evidence"]) if f.get("path")]
    shown = list(dict.fromkeys(f["path"] + (f":{f['line']}" if f.get("line") else "") for f in places))
    return str(item["outcome"]) + (f" ({', '.join(shown[:3])}{', …' if shown[3:] else ''})" if shown else "")


def page(read: dict[str, Any], before: dict[str, Any], after: dict[str, Any], applied: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    lines = [
        "# The guide's repository, before and after `apply`",
        "",
        f"Duran117/kibray at {read['commit'][:10]}; written by `python -m tests.public.guide FOLDER --write`. What the code says was"
        " read by a person (`guide.toml`).",
        "",
        f"`sentry-setup {' '.join(_APPLY)}`, and the projects:",
        "",
        *(
            f"- {s['step']}: {s['outcome']}" + (f" ({', '.join(s['files'])})" if s["files"] else "")
            for s in applied["steps"]
        ),
        f"- left to the person: {len(applied.get('manual', []))} tasks, each with its command or text",
        "",
        "| item | before | after | what the code says |",
        "|---|---|---|---|",
    ]
    asked = []
    for name, item in before.items():
        own = read["items"].get(name)
        if own is None:
            asked.append(name)
            continue
        now = "the same" if said(item) == said(after[name]) else said(after[name])
        lines.append("| " + " | ".join(c.replace("|", "\\|") for c in (name, said(item), now, own["code"])) + " |")
    lines += ["", f"Only Sentry can say ({len(asked)} items, unknown before and after): " + ", ".join(asked) + "."]
    return "\n".join(lines) + "\n"


def problems(read: dict[str, Any], before: dict[str, Any], after: dict[str, Any], applied: dict[str, Any]) -> list[str]:
    """Return where an outcome is not the one that was read, and the steps that are refused."""
    found = [f"{s['step']} is {s['outcome']}" for s in applied["steps"] if s["outcome"] in ("refused", "failed")]
    for name, item in before.items():
        own = read["items"].get(name, {"before": "unknown", "after": "unknown"})
        for when, now in (("before", item), ("after", after[name])):
            if now["outcome"] != own[when]:
                found.append(f"{name} {when}: {now['outcome']}, and not {own[when]}")
    return found


def main() -> int:
    """Print what differs from what was read; exit 1 with a difference."""
    folder = Path(sys.argv[1])
    read = tomllib.loads((HERE / "guide.toml").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "kibray"
        shutil.copytree(folder, root, ignore=shutil.ignore_patterns(".git"), symlinks=True)
        for words in (["init", "-q"], ["add", "-A", "-f"], [*_GIT, "commit", "-qm", "x"]):
            subprocess.run(["git", *words], cwd=root, check=True)
        audit = ("audit", "--no-cache", "--format", "json")
        before = {i["id"]: i for i in run(root, *audit)["items"]}
        applied = run(root, *_APPLY, *(w for k, v in read["projects"].items() for w in ("--set", f"{k}.project={v}")))
        after = {i["id"]: i for i in run(root, *audit)["items"]}
    found = problems(read, before, after, applied)
    print("\n".join(found) or "every outcome is the one that was read")
    if "--write" in sys.argv:
        (HERE / "guide.md").write_text(page(read, before, after, applied), "utf-8")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
