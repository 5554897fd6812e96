"""Starts public projects under their production settings, and compares what reading said with what running saw; run by hand.

python -m tests.public.runtime FOLDER [NAME…]    # FOLDER holds a checkout of each project of runtime.toml, as `owner+name`

Each gets a virtual environment in `FOLDER/.venvs` with the requirements that runtime.toml names, unless it is there. A project without
the SDK is set up first: a clone in `FOLDER/.set-up` gets every offline step and a commit. Writes `runtime.md` beside this
module. A pass or a fail of the reading that the run contradicts is a bug of the evaluator.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from checks.runtime.deciding import DECIDERS

HERE = Path(__file__).parent
PAGE = HERE / "runtime.md"
INDEX = HERE / "runtime.toml"
LETTERS = {"pass": "p", "fail": "f", "unknown": "?", "not-applicable": "–", "error": "!"}


def sentry_setup(*words: str) -> tuple[int, str, str]:
    """Return what the product answers, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "setup_wizard.cli", *words], capture_output=True, text=True, timeout=900, check=False
    )
    return done.returncode, done.stdout, done.stderr


def environment(folder: Path, name: str, root: Path, requirements: list[str]) -> Path | None:
    """Return the interpreter of a project, its environment made where it is missing; None where that fails."""
    place = folder / ".venvs" / name
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        words = [word for r in requirements for word in (["-r", r] if r.endswith(".txt") else [r])]
        done = subprocess.run([str(python), "-m", "pip", "install", "--quiet", *words], cwd=root, check=False)
        if done.returncode:
            return None
    return python.absolute()


def outcomes(root: Path, *words: str) -> dict[tuple[str, str], str]:
    """Return `{(item, target): outcome}` of the items that a run can decide."""
    _, out, err = sentry_setup("audit", str(root), "--format", "json", "--no-cache", *words)
    found: dict[tuple[str, str], str] = {}
    if not out:
        print(f"{root.name}: {err[:500]}", file=sys.stderr)
        return found
    for item in json.loads(out)["items"]:
        if item["id"] in DECIDERS:
            for target in item["targets"] or [{"name": "", "outcome": item["outcome"]}]:
                found[item["id"], target["name"]] = target["outcome"]
    return found


def set_up(folder: Path, root: Path, python: Path) -> Path | None:
    """Return a clone of a project after every offline step, committed, with the SDK installed; None where no step applies."""
    place = folder / ".set-up" / root.name
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(exist_ok=True)
    clone = ["git", "clone", "-q", "--shared", str(root), str(place)]
    if subprocess.run(clone, check=False, capture_output=True).returncode:
        return None
    sentry_setup("apply", "sdk", "--repo", str(place), "--offline", "--no-install", "--yes", "--set", "sentry.org=acme")
    for words in (["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "Set up"]):
        if subprocess.run(["git", "-C", str(place), *words], check=False, capture_output=True).returncode:
            return None
    if subprocess.run([str(python), "-c", "import sentry_sdk"], check=False, capture_output=True).returncode:
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "sentry-sdk"], check=True)
    return place


def initializes(root: Path) -> bool:
    """Return whether a project's Python code names the SDK."""
    done = subprocess.run(["git", "-C", str(root), "grep", "-q", "sentry_sdk", "--", "*.py"], check=False)
    return done.returncode == 0


def observed(folder: Path, name: str, known: dict[str, Any]) -> dict[str, Any]:
    """Read, run and read again one project; returns a row of the table."""
    root = folder / name.replace("/", "+")
    if "reason" in known:
        return {"name": name, "problem": known["reason"]}
    python = environment(folder, name.partition("/")[2], root, known["requirements"])
    if python is None:
        return {"name": name, "problem": "its dependencies do not install"}
    shown = name
    if not initializes(root):
        shown = f"{name} (set up)"
        place = set_up(folder, root, python)
        if place is None:
            return {"name": name, "problem": "it has no SDK, and the steps refused to set one up"}
        root = place
    report = folder / f"{root.name}.json"
    report.unlink(missing_ok=True)
    before = outcomes(root)
    flags = [w for v in known.get("env", []) for w in ("--env", v)]
    _, _, err = sentry_setup("verify-runtime", str(root), "--python", str(python), "--output", f"json={report}", *flags)
    if not report.exists():
        return {"name": shown, "problem": (err.strip().splitlines() or ["no report"])[-1][:200]}
    backends = json.loads(report.read_text("utf-8"))["backends"]
    after = outcomes(root, "--runtime-report", str(report))
    return {"name": shown, "backends": backends, "before": before, "after": after}


def process_words(process: dict[str, Any]) -> str:
    """Return what became of a process, in a few words."""
    if process["reports"]:
        return f"{process['name']} ✓"
    problem = process["problem"]
    if problem:
        return f"{process['name']} ✗ {problem['type']}: {problem['message'][:110]}".replace("|", "/").replace("\n", " ")
    if not process["options"] or not process["options"].get("dsn"):
        return f"{process['name']} ✗ no SDK"
    return f"{process['name']} ✗ did not arrive"


def row(found: dict[str, Any]) -> tuple[str, Counter[str], list[str]]:
    """Return a project's line of the table, its counts, and the contradictions."""
    counts: Counter[str] = Counter()
    if "problem" in found:
        return f"| {found['name']} | not run: {found['problem']} | | | |", counts, []
    processes = "; ".join(process_words(p) for b in found["backends"] for p in b["processes"])
    before, after = found["before"], found["after"]
    contradicted = [
        f"{found['name']}: {item} ({target}) {before[item, target]} → {outcome}"
        for (item, target), outcome in after.items()
        if {before.get((item, target)), outcome} == {"pass", "fail"}
    ]
    decided = sorted({item for (item, target), o in after.items() if o != before.get((item, target))})
    counts.update(outcome for outcome in after.values() if outcome != "not-applicable")
    started = sum(b["started"] for b in found["backends"])
    counts["started"] += started
    line = " ".join(f"{LETTERS[o]}{n}" for o, n in sorted(Counter(before.values()).items()))
    now = " ".join(f"{LETTERS[o]}{n}" for o, n in sorted(Counter(after.values()).items()))
    return f"| {found['name']} | {processes} | {line} | {now} | {', '.join(decided)} |", counts, contradicted


def main() -> int:
    """Write the page; 1 where a run contradicts the reading."""
    folder, only = Path(sys.argv[1]).absolute(), set(sys.argv[2:])
    index = tomllib.loads(INDEX.read_text("utf-8"))
    rows, totals, contradictions = [], Counter[str](), []
    chosen = [n for n in index if not only or n in only]
    with ThreadPoolExecutor(max_workers=3) as pool:
        done = []
        for found in pool.map(lambda name: observed(folder, name, index[name]), chosen):
            done.append(row(found))
            print(done[-1][0], flush=True)
    for line, counts, contradicted in done:
        rows.append(line)
        totals += counts
        contradictions += contradicted
    decided = totals["pass"] + totals["fail"] + totals["error"]
    PAGE.write_text(
        "# Public projects, read and run\n\n"
        "`python -m tests.public.runtime FOLDER` makes this page. Outcomes of the items that a run can decide: p pass, f fail, ? unknown,\n"
        "– not applicable; before the run and with its report.\n\n"
        "| project | its processes | read | read and run | decided by the run |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\n{totals['started']} backends started. With the report {totals['unknown']} of {decided + totals['unknown']}"
        " applicable outcomes stay unknown.\n\n## Contradictions\n\n"
        + ("\n".join(f"- {c}" for c in contradictions) or "None.")
        + "\n",
        "utf-8",
    )
    return 1 if contradictions else 0


if __name__ == "__main__":
    sys.exit(main())
