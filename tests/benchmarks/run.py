"""Measures the audit as ratios within one run and writes a table: `python -m tests.benchmarks.run [--quick] [FOLDER]`.

The repositories are made here: the sample (Django, Vite, Render, GitHub Actions) with generated modules around it. Writes
`benchmarks.md` and `benchmarks.json` into FOLDER (default: the current one). Nothing else should be running.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from checks.config import load_config
from checks.repository.facts import Facts
from checks.repository.tree import DirectoryTree
from setup_wizard.demo import make_sample
from setup_wizard.runtime.environment import first_variables
from setup_wizard.runtime.offer import not_importable
from setup_wizard.sandbox.sample_projects import SAMPLES
from tests.benchmarks.measure import Row, Run, in_turn, seconds
from tests.benchmarks.wizard import paint_rows, terminal_row

TOKEN = "sntryu_" + "0123456789abcdef" * 4
_MEMORY = (
    "import resource, subprocess, sys\n"
    "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
)


def memory(command: Sequence[str], cwd: Path) -> int:
    """Return the peak resident memory of a process, in KiB (Linux)."""
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, *command], cwd=cwd, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def _module(number: int, *, relevant: bool) -> str:
    sentry = "import sentry_sdk\n\n" if relevant else ""
    use = f'    sentry_sdk.set_tag("part", "{number}")\n' if relevant else ""
    body = "".join(f"    total_{i} = sum(x * {i} for x in values)\n" for i in range(12))
    functions = "".join(f"def compute_{number}_{k}(values):\n{body}{use}    return total_0\n\n\n" for k in range(4))
    return f'"""Module {number}."""\n\n{sentry}from decimal import Decimal\n\n\n{functions}'


def repository(folder: Path, files: int, *, relevant: int = 40) -> Path:
    """Make the sample with generated modules around it; a token stands in the last file of the list."""
    root = make_sample(folder)
    count = sum(1 for _ in root.rglob("*") if _.is_file() and ".git" not in _.parts)
    for number in range(files - count - 1):
        part = root / ("backend/apps" if number % 3 else "frontend/src/parts") / f"p{number // 200}"
        part.mkdir(parents=True, exist_ok=True)
        if number % 3:
            (part / f"m{number}.py").write_text(_module(number, relevant=number < relevant * 1.5))
        else:
            (part / f"m{number}.ts").write_text(
                f"export function part{number}(x: number) {{\n  return x + {number}\n}}\n" * 10
            )
    (root / "zz_last.txt").write_text(f"token = {TOKEN}\n")
    for words in (["add", "-A"], ["-c", "user.name=b", "-c", "user.email=b@example.org", "commit", "-qm", "files"]):
        subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)
    return root


def audit_command(*words: str, again: bool = False) -> list[str]:
    """Return the command line of the installed auditor; `again` lets it remember, else every item is decided anew."""
    return [sys.executable, "-m", "setup_wizard.cli", "audit", *([] if again else ["--no-cache"]), *words]


def git_work(root: Path) -> dict[str, Run]:
    """Return the commands that list, and search, a repository once."""
    return {"list": (["git", "ls-files"], root), "grep": (["git", "grep", "-I", "-F", "sntry"], root)}


def set_up(root: Path, folder: Path) -> Path:
    """Return a copy of a repository after every step that needs no Sentry."""
    shutil.copytree(root, folder)
    apply = ["apply", "--offline", "--no-install", "--yes", "--set", "sentry.org=acme"]
    subprocess.run([sys.executable, "-m", "setup_wizard.cli", *apply], cwd=folder, capture_output=True, check=False)
    asked = subprocess.run(audit_command("--select", "sdk-initialized"), cwd=folder, capture_output=True)
    assert asked.returncode == 0, "it is set up"
    return folder


def others(root: Path) -> dict[str, Run]:
    """Return the audits of other tools that are installed."""
    known = {"repo-review": ["."], "zizmor": ["--offline", ".github/workflows"]}
    tools = {name: Path(sys.executable).with_name(name) for name in known}
    return {name: ([str(tool), *known[name]], root) for name, tool in tools.items() if tool.exists()}


_BASE = ("imports", "list", "grep")
_BARE = "bare imports + `git ls-files` + `git grep`"


def offline_rows(scratch: Path, times: int, *, large: int) -> list[Row]:
    """Measure the offline audit against bare processes."""
    small = repository(scratch / "small", 2000)
    big = repository(scratch / "big", large)
    many = repository(scratch / "many", 2000, relevant=400)
    done = set_up(small, scratch / "done")
    forty = monorepo(scratch / "forty")
    seconds(audit_command(again=True), small, times=1)
    saved = small / "frontend/src/parts/saved.ts"
    saved.write_text("export const saved = 1\n")
    anew = seconds(audit_command(again=True), small, times=1)
    settings = next(p for p in small.rglob("*.py") if "DEBUG = " in p.read_text("utf-8"))
    text, edits = settings.read_text("utf-8"), iter(range(1_000_000))
    saving, editing = (shutil.copytree(small, scratch / name) for name in ("saving", "editing"))
    seconds(audit_command(again=True), saving, times=1)

    def before(name: str) -> None:
        if name == "edit":
            (editing / settings.relative_to(small)).write_text(f"{text}\n# edit {next(edits)}\n", "utf-8")
        elif name == "save":
            (saving / saved.relative_to(small)).write_text(f"export const saved = {next(edits)}\n", "utf-8")

    tools = others(small)
    runs: dict[str, Run] = {
        "imports": ([sys.executable, "-c", "import argparse, ast, json, tomllib"], small),
        **git_work(small),
        "audit": (audit_command(), small),
        "again": (audit_command(again=True), small),
        "save": (audit_command(again=True), saving),
        "edit": (audit_command(again=True), editing),
        "done": (audit_command(), done),
        "many": (audit_command(), many),
        "forty": (audit_command(), forty),
        "pass": ([sys.executable, "-c", "pass"], small),
        **{flag: ([sys.executable, "-m", "setup_wizard.cli", flag], small) for flag in ("--version", "--help")},
        **tools,
    }
    took = in_turn(runs, times, before=before)
    assert took.least("again") < anew
    there = {f"big {name}": run for name, run in {"audit": (audit_command(), big), **git_work(big)}.items()}
    big_took = in_turn({"audit": runs["audit"], **there}, times)
    found = subprocess.run(audit_command("--select", "token-not-committed"), cwd=big, capture_output=True, text=True)
    assert "zz_last.txt:1" in found.stdout, "the token in the last file is found"
    bare, *peaks = (memory(runs["pass"][0], small), *(memory(audit_command(), root) for root in (small, big)))

    def row(what: str, against: str, value: float, reach: float | None, unit: str = "×") -> Row:
        return Row(what=what, against=against, value=value, unit=unit, reach=reach)

    first = "`audit`, 2,000 files"
    rows = [
        row(first, _BARE, took.ratio("audit", *_BASE), 2.2),
        row("the same once it is set up", "the same", took.ratio("done", *_BASE), 2.8),
        row("`audit` again, nothing changed", "the same", took.ratio("again", *_BASE), 1.2),
        row("`audit` after a save of a file that no item looks at", "the same", took.ratio("save", *_BASE), 1.6),
        row("`audit` after an edit of the settings", "the same", took.ratio("edit", *_BASE), None),
        row(
            f"added by {large:,} files",
            "`git ls-files` + `git grep` there",
            big_took.ratio("big audit", "big list", "big grep", less="audit"),
            1.2,
        ),
        row("10 × the relevant files", "1 ×", took.ratio("many", "audit"), 1.5),
        row("40 backends and frontends", "one of each", took.ratio("forty", "audit"), 12),
        row("peak memory, 2,000 files", "bare Python", peaks[0] / bare, None),
        row("growth of peak memory", "a tracked file", (peaks[1] - peaks[0]) / (large - 2000), 0.25, "KiB"),
    ]
    for tool in tools:
        rows.append(row(first, f"`{tool}`", took.ratio("audit", tool), 1 if tool == "repo-review" else 2))
        rows.append(row("`audit` again", f"`{tool}`", took.ratio("again", tool), None))
    for flag in ("--version", "--help"):
        rows.append(row(f"`sentry-setup {flag}`", "`python -c pass`", took.ratio(flag, "pass"), 3))
    return rows


def monorepo(folder: Path) -> Path:
    """Make a repository of twenty copies of the sample: forty backends and frontends."""
    sample, root = make_sample(folder / "one"), folder / "monorepo"
    for number in range(20):
        shutil.copytree(sample, root / f"shop{number}", ignore=shutil.ignore_patterns(".git"))
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=b", "-c", "user.email=b@example.org", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)
    return root


def online_row(scratch: Path, times: int) -> Row:
    """Measure the online audit against the longest chain of calls that wait for one another."""
    from setup_wizard.sandbox.server import running_sandbox
    from setup_wizard.sandbox.state import SandboxState

    root = make_sample(scratch / "online")
    latency, chain = 0.2, 4  # organizations → project → the frontend's events → how the maps of one resolved
    state = SandboxState(latency=latency)
    for slug in ("orchard-backend", "orchard-frontend"):
        state.add_project(slug, slug, "python", "acme", default_alert=True)
    frame = {"stacktrace": {"frames": []}, "type": "E", "value": "x"}
    state.add_event(state.projects["orchard-frontend"], {"platform": "javascript", "exception": {"values": [frame]}})
    offline = seconds(audit_command(), root, times=times)
    with running_sandbox(state) as sandbox:
        os.environ["SENTRY_READ_TOKEN"] = sandbox.readonly_token
        command = [
            sys.executable,
            "-m",
            "setup_wizard.cli",
            "audit",
            "--online",
            "--set",
            f"sentry.url={sandbox.public_url}",
        ]
        given = {**os.environ, "SENTRY_READ_TOKEN": sandbox.readonly_token}
        found = []
        for _ in range(times):
            start = time.perf_counter()
            subprocess.run(
                command, cwd=root, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            )
            found.append(time.perf_counter() - start)
    return Row(
        what="`audit --online`, 200 ms a call, less the offline audit",
        against=f"{chain} calls in a chain",
        value=(min(found) - offline) / (chain * latency),
        unit="×",
        reach=1.25,
    )


def build_row(scratch: Path, times: int) -> Row:
    """Measure `verify-build` on 200 MB of bundles and maps against reading them once."""
    folder = scratch / "build" / "assets"
    folder.mkdir(parents=True)
    line = "export function part(x) { return x + 1 } // " + "y" * 80 + "\n"
    for number in range(20):
        debug_id = str(uuid.UUID(int=number))
        code = line * (4_000_000 // len(line))
        (folder / f"part{number}.js").write_text(f"{code}//# debugId={debug_id}\n")
        found = {
            "version": 3,
            "debug_id": debug_id,
            "sources": ["part.ts"],
            "sourcesContent": [code],
            "mappings": "AAAA;" * 400_000,
        }
        (folder / f"part{number}.js.map").write_text(json.dumps(found))
    reading = "import pathlib, sys\nfor p in pathlib.Path(sys.argv[1]).rglob('*'):\n    p.is_file() and p.read_bytes()"
    took = in_turn(
        {
            "ours": ([sys.executable, "-m", "setup_wizard.cli", "verify-build", str(folder.parent)], scratch),
            "read": ([sys.executable, "-c", reading, str(folder.parent)], scratch),
        },
        times,
    )
    size = sum(p.stat().st_size for p in folder.iterdir()) // 1_000_000
    return Row(
        what=f"`verify-build`, {size} MB",
        against="reading it once",
        value=took.ratio("ours", "read"),
        unit="×",
        reach=2,
    )


def peer_row(scratch: Path, times: int) -> Row | None:
    """Measure `apply source-maps` against what Node needs to import the peer wizard from npm; None without npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    folder = scratch / "peer"
    (folder / "package.json").write_text("{}")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "@sentry/wizard"]
    if subprocess.run(command, cwd=folder, capture_output=True).returncode:
        return None
    pristine = make_sample(scratch / "peer" / "ours")
    options = ["--offline", "--no-install", "--yes", "--set", "sentry.org=acme"]
    apply = [sys.executable, "-m", "setup_wizard.cli", "apply", "source-maps", "--repo", ".", *options]
    theirs, taken = [], []
    for number in range(times):
        root = scratch / "peer" / str(number)
        shutil.copytree(pristine, root)
        importing = [node, "-e", "import('@sentry/wizard').then(() => process.exit(0))"]
        theirs.append(seconds(importing, folder, times=1))
        taken.append(seconds(apply, root, times=1))
    return Row(
        what="`apply source-maps`",
        against="`node` importing @sentry/wizard",
        value=min(taken) / min(theirs),
        unit="×",
        reach=0.5,
    )


def runtime_row(scratch: Path, times: int) -> Row | None:
    """Measure `verify-runtime` on the sample beside its `manage.py check`; None where what its settings import is missing."""
    sample = SAMPLES[0]
    if not_importable(*sample.needs):
        return None
    root = set_up(make_sample(scratch / "runtime"), scratch / "runtime" / "set-up")
    flags = [word for name, value in sample.variables.items() for word in ("--env", f"{name}={value}")]
    verify = [sys.executable, "-m", "setup_wizard.cli", "verify-runtime", "--python", sys.executable, *flags]
    tree = DirectoryTree(root)
    facts = Facts(tree, load_config(tree))
    # What verify-runtime gives the application: declared values, and harmless ones for those that nobody wrote.
    known = first_variables(facts, facts.backends[0], sample.variables)
    values = {
        **known.invented,
        **known.declared,
        **known.given,
        "DJANGO_SETTINGS_MODULE": "orchard.settings.production",
    }
    check = ["env", *(f"{name}={value}" for name, value in values.items()), sys.executable, "manage.py", "check"]
    for command, folder in ((verify, root), (check, root / "backend")):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    took = in_turn({"verify": (verify, root), "check": (check, root / "backend")}, times)
    return Row(
        what="`verify-runtime` on the sample",
        against="its `manage.py check`",
        value=took.ratio("verify", "check"),
        unit="×",
        reach=3,
    )


def merge_row(scratch: Path) -> Row:
    """Measure that merging reports is linear: 1,000 against 100."""
    root = make_sample(scratch / "merge")
    report = subprocess.run(audit_command("--format", "json"), cwd=root, capture_output=True, text=True).stdout
    folder = scratch / "reports"
    folder.mkdir()
    for number in range(1000):
        (folder / f"{number:04}.json").write_text(report)
    files = sorted(str(p) for p in folder.iterdir())
    command = [sys.executable, "-m", "setup_wizard.cli", "merge"]
    some = {"nothing": files[:1], "hundred": files[:100], "thousand": files}
    took = in_turn({name: ([*command, *given], root) for name, given in some.items()}, 9)
    hundred, thousand = (took.least(n) - took.least("nothing") for n in ("hundred", "thousand"))
    return Row(
        what="merging 1,000 reports", against="100 reports", value=thousand / max(hundred, 1e-9), unit="×", reach=12
    )


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | against | measured | reach |", "|---|---|---|---|"]
    for row in rows:
        reach = "" if row.reach is None else f"≤ {row.reach:g} {row.unit}" + ("" if row.met else " — missed")
        lines.append(f"| {row.what} | {row.against} | {row.value:.2f} {row.unit} | {reach} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure everything; exit 1 when a reach is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=".", type=Path)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, 8,000 files instead of 50,000")
    arguments = parser.parse_args()
    times = 3 if arguments.quick else 9
    with tempfile.TemporaryDirectory(prefix="sentry-setup-benchmarks-") as name:
        scratch = Path(name).resolve()
        os.environ["XDG_CACHE_HOME"] = os.environ["LOCALAPPDATA"] = str(scratch / "cache")
        for part in ("small", "big", "many", "online", "wizard", "merge", "peer", "forty", "build", "runtime"):
            (scratch / part).mkdir()
        rows = offline_rows(scratch, times, large=8_000 if arguments.quick else 50_000)
        rows += [online_row(scratch, 3), build_row(scratch, times), *paint_rows(scratch), merge_row(scratch)]
        optional = (terminal_row(scratch, times), peer_row(scratch, times), runtime_row(scratch, times))
        rows += [r for r in optional if r is not None]
    text = table(rows)
    sys.stdout.write(text)
    (arguments.folder / "benchmarks.md").write_text(text, "utf-8")
    data = [
        {"what": r.what, "against": r.against, "value": r.value, "unit": r.unit, "reach": r.reach, "met": r.met}
        for r in rows
    ]
    (arguments.folder / "benchmarks.json").write_text(json.dumps(data, indent=2), "utf-8")
    return int(not all(r.met for r in rows))


if __name__ == "__main__":
    sys.exit(main())
