"""Runs the editors on the files of public source archives, and judges each result by the rules of its kind; run by hand.

python -m tests.public.editors FOLDER [INDEX]    # FOLDER holds unpacked archives; INDEX gets (archive, path, result) a line

`right`: the parsed file is the original plus additions, every old line is there in its order, a second run changes nothing.
Nothing of the archives is kept; the index names them.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from setup_wizard.editors import boundary, dotenv, entry, package_json, requirements, settings, toml, vite, workflow
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged

Judge = Callable[[bytes, bytes], bool]


class _Loader(yaml.SafeLoader):
    """YAML in which `on` is a word."""


_Loader.yaml_implicit_resolvers = {
    k: [(tag, pattern) for tag, pattern in v if tag != "tag:yaml.org,2002:bool"]
    for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def lines_kept(before: bytes, after: bytes) -> bool:
    """Return whether every line stands there still, in its order."""
    rest = iter(after.decode().splitlines())
    return all(any(line == other for other in rest) for line in before.decode().splitlines())


def workflow_right(before: bytes, after: bytes) -> bool:
    """Return whether one job was added and nothing else."""
    document = yaml.load(after, _Loader)
    document["jobs"].pop("sentry-release-production")
    return bool(document == yaml.load(before, _Loader)) and lines_kept(before, after)


def deploy_job_right(before: bytes, after: bytes) -> bool:
    """Return whether the last job has steps more at its end and nothing else was changed."""
    document, old = yaml.load(after, _Loader), yaml.load(before, _Loader)
    job = list(old["jobs"])[-1]
    steps = document["jobs"][job]["steps"]
    added = steps[len(old["jobs"][job]["steps"]) :]
    del steps[-len(added) :]
    return bool(document == old) and len(added) == 3 and lines_kept(before, after)


def python_right(before: bytes, after: bytes) -> bool:
    """Return whether statements were added at module level and every old one is there in its order."""
    old, new = (
        [ast.dump(s) for s in ast.parse(t).body] for t in (before.decode("utf-8-sig"), after.decode("utf-8-sig"))
    )
    rest = iter(new)
    added = len(new) - len(old)
    return all(any(s == other for other in rest) for s in old) and 1 <= added <= 3 and lines_kept(before, after)


def json_right(before: bytes, after: bytes) -> bool:
    """Return whether one dependency was added."""
    old, new = json.loads(before), json.loads(after)
    new["devDependencies"].pop("@sentry/vite-plugin")
    return bool(new == {"devDependencies": {}, **old} or new == old)


def toml_right(before: bytes, after: bytes) -> bool:
    """Return whether one dependency was added."""
    old, new = tomllib.loads(before.decode()), tomllib.loads(after.decode())
    for table in (
        new.get("project", {}).get("dependencies"),
        new.get("tool", {}).get("poetry", {}).get("dependencies"),
    ):
        if isinstance(table, list):
            table[:] = [d for d in table if not d.startswith("sentry-sdk")]
        elif table is not None:
            table.pop("sentry-sdk", None)
    return old == new


def dotenv_right(before: bytes, after: bytes) -> bool:
    """Return whether every line but an empty SENTRY_DSN stands there still, and the DSN is set."""
    kept = b"".join(line for line in before.splitlines(keepends=True) if b"SENTRY_DSN" not in line)
    return lines_kept(kept, after) and b"SENTRY_DSN=https://k@h/1" in after


def vite_right(before: bytes, after: bytes) -> bool:
    """Return whether nothing but white space and a `false` is lost (`tests/real` evaluates configs with Node)."""
    return module_right(before.replace(b"sourcemap: false", b""), after)


def module_right(before: bytes, after: bytes) -> bool:
    """Return whether text was inserted and nothing but white space is lost."""
    rest = iter("".join(after.decode().split()))
    return all(any(c == o for o in rest) for c in "".join(before.decode().split()))


def _workflow(data: bytes, path: str, place: str = "job") -> Edit:
    document = yaml.load(data, _Loader)
    jobs = list((document or {}).get("jobs") or {}) if isinstance(document, dict) else []
    last = {jobs[-1] if jobs else "x": "production"}
    options = workflow.ReleaseOptions(jobs=last, org="acme", projects=("shop",), place=place)
    return workflow.add_release_jobs(data, options, path)


KINDS: dict[str, tuple[str, Callable[[bytes, str], Edit], Judge]] = {
    "workflow": ("**/.github/workflows/*.y*ml", _workflow, workflow_right),
    "deploy job": ("**/.github/workflows/*.y*ml", lambda d, p: _workflow(d, p, "deploy"), deploy_job_right),
    "root handlers": (
        "**/*.[jt]sx",
        lambda d, p: boundary.add_root_handlers(d, p, "@sentry/react"),
        module_right,
    ),
    "error boundary": ("**/*.[jt]sx", lambda d, p: boundary.add_boundary(d, p, "@sentry/react"), module_right),
    "entry": ("**/*.[jt]sx", lambda d, p: entry.import_first(d, p, "./instrument"), module_right),
    "settings": (
        "**/*settings*/**/*.py",
        lambda d, p: settings.add_init(d, settings.InitOptions(), p),
        python_right,
    ),
    "settings module": ("**/*settings*.py", lambda d, p: settings.add_init(d, settings.InitOptions(), p), python_right),
    "vite": (
        "**/vite*.config.*",
        lambda d, p: vite.add_plugin(d, p, vite.PluginOptions(org="acme", project="shop")),
        vite_right,
    ),
    "package.json": (
        "**/package.json",
        lambda d, p: package_json.add_dependency(d, "@sentry/vite-plugin", "^11.9.0", p),
        json_right,
    ),
    "pyproject.toml": (
        "**/pyproject.toml",
        lambda d, p: toml.add_dependency(d, "sentry-sdk", ">=2.75,<3", p),
        toml_right,
    ),
    "requirements": (
        "**/*requirements*.txt",
        lambda d, p: requirements.add_requirement(d, "sentry-sdk", ">=2.75,<3", "==2.75.0", p),
        lines_kept,
    ),
    "dotenv": ("**/.env*", lambda d, p: dotenv.set_variables(d, {"SENTRY_DSN": "https://k@h/1"}), dotenv_right),
}


_ROOT = re.compile(rb"from ['\"]react-dom/client['\"]")
_HOLDING = {
    "settings": re.compile(rb"INSTALLED_APPS"),
    "root handlers": _ROOT,
    "error boundary": _ROOT,
    "entry": _ROOT,
}
"""What a file of a kind holds: all others are none of the editor's business."""


def results(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield `(kind, path below the folder, right | unchanged | refused | WRONG)`."""
    seen: set[tuple[str, Path]] = set()
    for kind, (pattern, edit, judge) in KINDS.items():
        for path in sorted(folder.glob(pattern)):
            group = kind.partition(" mod")[0]
            if (group, path) in seen or not path.is_file() or path.is_symlink() or "node_modules" in path.parts:
                continue
            seen.add((group, path))
            data = path.read_bytes()
            name = str(path.relative_to(folder))
            if group in _HOLDING and not _HOLDING[group].search(data):
                continue
            try:
                result = edit(data, name)
                if isinstance(result, Edited):
                    good = judge(data, result.data) and isinstance(edit(result.data, name), Unchanged)
                    yield kind, name, "right" if good else "WRONG"
                else:
                    yield kind, name, "refused: " + result.reason if isinstance(result, Refused) else "unchanged"
            except (yaml.YAMLError, json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError, SyntaxError):
                yield kind, name, "not readable by anybody"


def main() -> int:
    """Print a table by kind, and every wrong result; exit 1 when there is one."""
    found = list(results(Path(sys.argv[1])))
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text("".join(f"{k}\t{n}\t{r.partition(':')[0]}\n" for k, n, r in found), "utf-8")
    table: dict[str, Counter[str]] = {}
    for kind, name, result in found:
        table.setdefault(kind.partition(" mod")[0], Counter())[result.partition(":")[0]] += 1
        if result == "WRONG" or result.startswith("refused"):
            print(f"{kind}: {name}: {result}")
    print("| editor | files | right | unchanged | refused | wrong | not readable |\n|---|---|---|---|---|---|---|")
    for kind, counts in table.items():
        row = [
            sum(counts.values()),
            *(counts[k] for k in ("right", "unchanged", "refused", "WRONG", "not readable by anybody")),
        ]
        print(f"| {kind} | " + " | ".join(map(str, row)) + " |")
    return int(any(c["WRONG"] for c in table.values()))


if __name__ == "__main__":
    sys.exit(main())
