"""Edits public frontends, builds each with the real plugin against the sandbox, and undoes; needs network, run by hand.

python -m tests.public.builds FOLDER…    # each FOLDER is a frontend of a public archive: package.json, vite.config.*, index.html

`built`: the maps reached the sandbox, none is left in the output, the DSN is in the bundle; undone, every byte is as before.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from setup_wizard.cli import main as sentry_setup
from setup_wizard.demo import fingerprint
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.real.test_real_parts import call

STEPS = ("source-maps", "frontend-sdk", "error-boundary")


def build(source: Path, state: SandboxState) -> str:
    """Return what became of one frontend."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "app"
        shutil.copytree(source, root, ignore=shutil.ignore_patterns("node_modules", ".git"))
        call("git", "init", "-q", ".", cwd=root)
        try:
            _install_and_build(root)
        except AssertionError as error:
            return f"does not build before the edit: {str(error)[:400]}"
        _clean(root, source)
        before = fingerprint(root)  # a build may write into its sources (a router's list of pages)
        dsn = state.dsn(state.projects["shop"])
        answers = [f"sentry.url={state.public_url}", f"sentry.org={state.organization}", "frontend.project=shop"]
        answers.append(f"frontend.dsn={dsn}")
        argv = ["apply", *STEPS, "--repo", str(root), "--yes", "--offline", "--no-install"]
        code = sentry_setup([*argv, *(a for answer in answers for a in ("--set", answer))])
        if code not in (0, 5):
            return f"not edited: exit {code}"
        given = {"SENTRY_AUTH_TOKEN": state.token, "SENTRY_RELEASE": "1" * 40, "VITE_SENTRY_DSN": dsn, "HOME": scratch}
        uploaded = len(state.bundles)
        _install_and_build(root, **given)
        output = next((root / n for n in _OUTPUTS if (root / n).is_dir() and not (source / n).exists()), root)
        scripts = [p for p in output.rglob("*.js") if "node_modules" not in p.parts]
        problems = [
            "no map was uploaded" if len(state.bundles) == uploaded else "",
            "a map is left" if list(output.rglob("*.js.map")) and output != root else "",
            "" if any(dsn in p.read_text("utf-8", "replace") for p in scripts) else "the DSN is in no bundle",
        ]
        _clean(root, source)
        if sentry_setup(["undo", "--repo", str(root)]) != 0 or fingerprint(root) != before:
            problems.append("undone, it is not as before")
    return ", ".join(p for p in problems if p) or "built"


_OUTPUTS = ("dist", "build", "web")


def _install_and_build(root: Path, **given: str) -> None:
    call("npm", "install", "--no-audit", "--no-fund", "--legacy-peer-deps", "--ignore-scripts", cwd=root)
    call("npx", "vite", "build", cwd=root, **given)


def _clean(root: Path, source: Path) -> None:
    for name in ("node_modules", "package-lock.json", *_OUTPUTS):
        path = root / name
        if name == "node_modules" or not (source / name).exists():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        elif (source / name).is_file():
            shutil.copyfile(source / name, path)  # npm writes a lock anew


def main() -> int:
    """Print a line for each frontend; exit 1 when one is not built."""
    results = {}
    with running_sandbox(SandboxState()) as state:
        state.add_project("shop", "shop", "javascript-react", state.team, default_alert=False)
        os.environ.update(SENTRY_AUTH_TOKEN=state.token, SENTRY_URL=state.public_url)
        for name in sys.argv[1:]:
            try:
                results[name] = build(Path(name), state)
            except AssertionError as error:
                results[name] = f"failed: {str(error)[-900:]}"
    for name, result in results.items():
        print(f"{name}: {result}")
    return int(any(r != "built" for r in results.values()))


if __name__ == "__main__":
    sys.exit(main())
