"""Starts public projects under their production settings, and compares what reading said with what running saw; run by hand.

python -m tests.public.runtime FOLDER [NAME…]    # FOLDER holds a checkout of each project of runtime.toml, as `owner+name`

Each gets a virtual environment in `FOLDER/.venvs` with the requirements that runtime.toml names, unless it is there; uv makes it, which
has to be on the PATH. A project without the SDK is set up first: a clone in `FOLDER/.set-up` gets the offline steps and a commit.
What became of each project is kept in `FOLDER/.results`; `runtime.md` beside this module is written from all that is kept, so that
projects can be run a few at a time. A pass or a fail of the reading that the run contradicts is a bug of the evaluator.
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

from checks.runtime.report import RUNTIME_ITEMS
from tests.support.interpreters import python_of

HERE = Path(__file__).parent
PAGE = HERE / "runtime.md"
INDEX = HERE / "runtime.toml"
LETTERS = {"pass": "p", "fail": "f", "unknown": "?", "not-applicable": "–", "error": "!"}


def sentry_setup(*words: str) -> tuple[int, str, str]:
    """Return what the product answers, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "setup_wizard.cli", *words], capture_output=True, text=True, timeout=3600, check=False
    )
    return done.returncode, done.stdout, done.stderr


def environment(folder: Path, name: str, root: Path, known: dict[str, Any]) -> tuple[Path | None, str]:
    """Return the interpreter of a project, its environment made where it is missing; None with the last line where that fails."""
    place = folder / ".venvs" / name.replace("/", "+")
    python, done = place / "bin" / "python", place / "installed"
    if done.exists():
        return python.absolute(), ""
    shutil.rmtree(place, ignore_errors=True)
    own = (python_of(known["python"]) or known["python"]) if "python" in known else sys.executable
    words = [word for r in known.get("requirements", []) for word in (["-r", r] if r.endswith(".txt") else [r])]
    if known.get("python", "3.12") in ("3.8", "3.9", "3.10", "3.11"):
        words.append(
            "setuptools<81"
        )  # an environment of these had it, with `pkg_resources`, which some packages import
    commands = [["uv", "venv", "-q", "--python", own, str(place)]]
    if "lock" in known:
        file = str(place / "locked.txt")
        flags = ["--frozen", "--no-dev", "--no-emit-project", "--no-hashes", "--python", own, "-q", "-o", file]
        commands.append(
            ["uv", "export", "--project", str(Path(known["lock"]).parent), *flags, *known.get("export", [])]
        )
        words += ["-r", file]
    commands.append(["uv", "pip", "install", "-q", "--python", str(python), *words])
    for command in commands:
        ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if ended.returncode:
            lines = [line.strip(" │╰─▶×") for line in ended.stderr.strip().splitlines() if line.strip(" │")]
            return None, (lines or ["no output"])[0][:160]
    done.touch()
    return python.absolute(), ""


def outcomes(root: Path, *words: str) -> dict[tuple[str, str], str]:
    """Return `{(item, target): outcome}` of the items that a run can decide."""
    chosen = ["--select", ",".join(sorted(RUNTIME_ITEMS)), "--format", "json", "--no-cache"]
    _, out, err = sentry_setup("audit", str(root), *chosen, *words)
    found: dict[tuple[str, str], str] = {}
    if not out:
        print(f"{root.name}: {err[:500]}", file=sys.stderr)
        return found
    for item in json.loads(out)["items"]:
        if item["id"] in RUNTIME_ITEMS:
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
        subprocess.run(["uv", "pip", "install", "-q", "--python", str(python), "sentry-sdk"], check=True)
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
    python, why = environment(folder, name, root, known)
    if python is None:
        return {"name": name, "problem": f"its dependencies do not install: {why}"}
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
    _, _, err = sentry_setup(
        "verify-runtime", str(root), "--python", str(python), "--output", f"json={report}", "--timeout", "900", *flags
    )
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
        said = problem["message"].split(" (/")[0]  # what an ImportError adds is a path of this machine
        return f"{process['name']} ✗ {problem['type']}: {said[:110]}".replace("|", "/").replace("\n", " ")
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
    idle = {
        b["name"] for b in found["backends"] if not b["started"]
    }  # another backend of it, which does not start here
    counts.update(o for (_, target), o in after.items() if target not in idle)
    from_variables = [b for b in found["backends"] if not b["hard_coded_dsn"]]
    reading = {b["name"] for b in from_variables if any((p["options"] or {}).get("dsn") for p in b["processes"])}
    counts["read"] += sum(
        item == "dsn-configured" and o == "unknown" and target in reading for (item, target), o in after.items()
    )
    started = sum(b["started"] for b in found["backends"])
    counts["started"] += started
    line = " ".join(f"{LETTERS[o]}{n}" for o, n in sorted(Counter(before.values()).items()))
    now = " ".join(f"{LETTERS[o]}{n}" for o, n in sorted(Counter(after.values()).items()))
    return f"| {found['name']} | {processes} | {line} | {now} | {', '.join(decided)} |", counts, contradicted


def kept(folder: Path, name: str) -> Path:
    """Return where what became of a project is kept."""
    return folder / ".results" / f"{name.replace('/', '+')}.json"


def keep(folder: Path, name: str, found: dict[str, Any]) -> None:
    """Keep what became of a project."""
    flat = {k: [[*key, o] for key, o in v.items()] if k in ("before", "after") else v for k, v in found.items()}
    kept(folder, name).parent.mkdir(exist_ok=True)
    kept(folder, name).write_text(json.dumps(flat, indent=1), "utf-8")


def read_kept(folder: Path, name: str) -> dict[str, Any] | None:
    """Return what became of a project when it was run last, None where it was not."""
    if not kept(folder, name).exists():
        return None
    found = json.loads(kept(folder, name).read_text("utf-8"))
    return {k: {(i, t): o for i, t, o in v} if k in ("before", "after") else v for k, v in found.items()}


def page(results: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """Return the page of all results, and the contradictions."""
    rows, not_started, totals, contradictions = [], [], Counter[str](), []
    for found in results:
        line, counts, contradicted = row(found)
        started = counts["started"]
        (rows if started else not_started).append(line)
        if started:
            totals += counts
            contradictions += contradicted
            totals["projects"] += 1
            totals["django"] += any(b["started"] and b["framework"] == "django" for b in found["backends"])
            totals["reporting"] += all(b["reports"] for b in found["backends"] if b["started"])
    applicable = sum(totals[o] for o in ("pass", "fail", "error", "unknown"))
    together = applicable + totals["not-applicable"]
    head = "| project | its processes | read | read and run | decided by the run |\n|---|---|---|---|---|\n"
    text = (
        "# Public projects, read and run\n\n"
        "`python -m tests.public.runtime FOLDER` makes this page. Outcomes of the items that a run can decide: p pass, f fail, ? unknown,\n"
        "– not applicable; before the run and with its report.\n\n"
        f"{totals['projects']} projects start under their production settings, {totals['django']} of them Django's;"
        f" an exception in a view arrived from {totals['reporting']}. With the report {totals['unknown']} of {applicable}"
        f" applicable outcomes stay unknown ({totals['unknown'] / max(applicable, 1):.1%}), of {together} in all.\n\n"
        f"{totals['read']} of them are dsn-configured: the run saw the variable read, and the verdict says so, but no file shows"
        " that it is set where the project is deployed. Where only what a run can decide of that item is asked for, that it is"
        f" read, {totals['unknown'] - totals['read']} of {applicable} stay open"
        f" ({(totals['unknown'] - totals['read']) / max(applicable, 1):.1%}).\n\n"
        + head
        + "\n".join(rows)
        + "\n\n## Contradictions\n\n"
        + ("\n".join(f"- {c}" for c in contradictions) or "None.")
        + "\n\n## Projects that do not start here\n\n"
        + head
        + "\n".join(not_started)
        + "\n"
    )
    return text, contradictions


def main() -> int:
    """Run the projects that are named, write the page of all that are kept; 1 where a run contradicts the reading."""
    folder, only = Path(sys.argv[1]).absolute(), set(sys.argv[2:])
    index = tomllib.loads(INDEX.read_text("utf-8"))
    chosen = [n for n in index if not only or n in only]
    with ThreadPoolExecutor(max_workers=3) as pool:
        for name, found in zip(chosen, pool.map(lambda n: observed(folder, n, index[n]), chosen), strict=True):
            keep(folder, name, found)
            print(row(found)[0], flush=True)
    given = {n: {"name": n, "problem": known["reason"]} for n, known in index.items() if "reason" in known}
    results = [found for name in index if (found := read_kept(folder, name) or given.get(name)) is not None]
    text, contradictions = page(results)
    PAGE.write_text(text, "utf-8")
    return 1 if contradictions else 0


if __name__ == "__main__":
    sys.exit(main())
