"""Edits public frontends, builds each with the real plugin against the sandbox, and undoes; needs network, run by hand.

python -m tests.public.builds FOLDER[:BELOW]…    # FOLDER is a public archive; BELOW it is the frontend, where it is not FOLDER itself

`built`: installed as its lock file says and built by its own script, the maps reached the sandbox, `verify-build` finds nothing in the
output; a second run changes nothing; undone, every byte is as before. What git ignores there is no part of that: a build writes it
anew (declarations of what it imports by itself, lists of pages), as its packages of that day do.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from setup_wizard.cli import main as sentry_setup
from setup_wizard.demo import fingerprint
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.real.test_real_parts import call

STEPS = ("source-maps", "frontend-sdk", "error-boundary")


def build(source: Path, below: str, state: SandboxState) -> str:
    """Return what became of one frontend: the folder, or one below it."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "app"
        shutil.copytree(source, root, ignore=shutil.ignore_patterns("node_modules", ".git"), symlinks=True)
        call("git", "init", "-q", ".", cwd=root)
        frontend = root / below
        try:
            _install(root, locked=True)
            _build(root, frontend)
        except AssertionError as error:
            return f"does not build before the edit: {str(error)[-600:]}"
        _clean(root, source)
        before = fingerprint(root)  # a build may write into its sources (a router's list of pages)
        dsn = state.dsn(state.projects["shop"])
        answers = [f"sentry.url={state.public_url}", f"sentry.org={state.organization}", "frontend.project=shop"]
        answers.append(f"frontend.dsn={dsn}")
        argv = ["apply", *STEPS, "--repo", str(root), "--yes", "--offline", "--no-install"]
        code = sentry_setup([*argv, *(a for answer in answers for a in ("--set", answer))])
        edited = fingerprint(root)
        if code not in (0, 4, 5) or edited == before:  # 4: a step was left to the person, the others were applied
            return f"not edited: exit {code}"
        again = sentry_setup([*argv, *(a for answer in answers for a in ("--set", answer))])
        problems = [] if again == code and fingerprint(root) == edited else ["a second run changes it"]
        given = {"SENTRY_AUTH_TOKEN": state.token, "SENTRY_RELEASE": "1" * 40, "VITE_SENTRY_DSN": dsn, "HOME": scratch}
        uploaded = len(state.bundles)
        _install(root, locked=False)
        started = time.time()
        _build(root, frontend, **given)
        output = _output(root, started)
        problems += ["no map was uploaded"] if len(state.bundles) == uploaded else []
        if output is None:
            problems.append("its output folder was not found")
        elif sentry_setup(["verify-build", str(output)]) != 0:
            problems.append("verify-build fails")
        _clean(root, source)
        undone = sentry_setup(["undo", "--repo", str(root)]) == 0
        now = fingerprint(root)
        changed = sorted(p for p in {*before, *now} if before.get(p) != now.get(p))
        if not undone or changed:
            problems.append(f"undone, {', '.join(changed[:3])} are not as before")
    return ", ".join(problems) or "built"


def _output(root: Path, started: float) -> Path | None:
    """Return the folder that holds every script which this build wrote."""
    written = [p.parent for p in _files(root, "*.js") if p.stat().st_mtime >= started]
    return Path(os.path.commonpath(written)) if written else None


def _manager(root: Path, *, locked: bool) -> tuple[str, list[str]]:
    """Return the package manager of the lock file, and its command that installs."""
    if (root / "pnpm-lock.yaml").exists():
        frozen = "--frozen-lockfile" if locked else "--no-frozen-lockfile"
        return "pnpm", ["install", frozen, "--ignore-scripts"]
    if (root / "yarn.lock").exists():
        return "yarn", ["install", *(["--frozen-lockfile"] if locked else []), "--ignore-scripts", "--ignore-engines"]
    clean = locked and (root / "package-lock.json").exists()
    return "npm", ["ci" if clean else "install", "--no-audit", "--no-fund", "--legacy-peer-deps", "--ignore-scripts"]


def _install(root: Path, *, locked: bool) -> None:
    homes = dict.fromkeys(p.parent for p in _files(root, "package.json") if any((p.parent / n).exists() for n in LOCKS))
    for home in homes or [next(_files(root, "package.json")).parent]:
        manager, argv = _manager(home, locked=locked)
        call(manager, *argv, cwd=home)


def _build(root: Path, frontend: Path, **given: str) -> None:
    manager, _ = _manager(
        next((f for f in (frontend, root) if any((f / n).exists() for n in LOCKS)), root), locked=True
    )
    call(manager, "run", "build", cwd=frontend, **given)


def _files(root: Path, pattern: str) -> Iterator[Path]:
    """Yield files below a folder, what is installed left out."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in ("node_modules", ".git"))
        yield from (Path(folder, n) for n in sorted(names) if fnmatch(n, pattern))


def _clean(root: Path, source: Path) -> None:
    """Remove what installing and building wrote, and put locks and tracked output back."""
    for folder, folders, names in os.walk(root):
        for name in [f for f in folders if f in ("node_modules", *OUTPUTS, ".git", ".sentry-setup")]:
            path = Path(folder, name)
            if name in (".git", ".sentry-setup") or (source / path.relative_to(root)).exists():
                folders.remove(name)
            elif name == "node_modules" or (path.is_dir() and not path.is_symlink()):
                shutil.rmtree(path)
                folders.remove(name)
        for name in set(LOCKS).intersection(names):
            Path(folder, name).unlink()
    call("git", "clean", "-fdXq", cwd=root)
    for path in _files(source, "*"):
        here = root / path.relative_to(source)
        if path.name in LOCKS or not here.exists():
            here.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, here, follow_symlinks=False)


LOCKS = ("package-lock.json", "pnpm-lock.yaml", "yarn.lock")
OUTPUTS = ("dist", "build", "web", "styled-system", ".svelte-kit")


def main() -> int:
    """Print a line for each frontend; exit 1 when one is not built."""
    results = {}
    with running_sandbox(SandboxState()) as state:
        state.add_project("shop", "shop", "javascript-react", state.team, default_alert=False)
        os.environ.update(SENTRY_AUTH_TOKEN=state.token, SENTRY_URL=state.public_url)
        for name in sys.argv[1:]:
            try:
                folder, _, below = name.partition(":")
                results[name] = build(Path(folder), below, state)
            except AssertionError as error:
                results[name] = f"failed: {str(error)[-900:]}"
    for name, result in results.items():
        print(f"{name}: {result}")
    return int(any(r != "built" for r in results.values()))


if __name__ == "__main__":
    sys.exit(main())
