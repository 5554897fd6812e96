"""The command `verify-build DIR`: read a finished build, print the judgement, exit by it."""

from __future__ import annotations

import sys
from pathlib import Path

from msgspec.structs import replace

from checks.builds.judging import BuildReport, judge_build
from checks.builds.reading import dsn_at_start, read_build
from checks.builds.report import RENDERERS
from checks.errors import ExitCode, SentrySetupError, UsageError, nearest
from checks.repository.git import run_git


class NoBuildError(SentrySetupError):
    """A folder holds no bundle: nothing speaks against such a build, and nothing for it."""

    code = "nothing-to-verify"

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"{folder} contains no bundle (.js, .mjs)", hint="build first, then name the build's output directory"
        )


def run_verify_build(folder: str, name: str) -> ExitCode:
    """Verify a build. Raises `UsageError` for a wrong folder or format, `NoBuildError` without bundles."""
    if name not in RENDERERS:
        hint = nearest(name, list(RENDERERS)) or f"one of {', '.join(RENDERERS)}"
        raise UsageError(f"unknown format `{name}`", hint=hint)
    report = verified(folder)
    sys.stdout.write(RENDERERS[name](report))
    return ExitCode.OK if report.holds else ExitCode.UNCHECKED


def verified(folder: str) -> BuildReport:
    """Return the judgement of a build, with the revision that is checked out around it.

    Raises `UsageError` for a wrong folder, `NoBuildError` without bundles.
    """
    path = Path(folder)
    if not path.is_dir():
        raise UsageError(
            f"{folder} is not a directory", hint="name the directory that the build writes to, such as `frontend/dist`"
        )
    report = judge_build(folder, read_build(path), at_start=dsn_at_start(path))
    if not report.bundles:
        raise NoBuildError(folder)
    revision, prefix = run_git(path, "rev-parse", "HEAD"), run_git(path, "rev-parse", "--show-prefix")
    return replace(
        report,
        revision=revision.decode().strip() if revision else None,
        path=(prefix.decode().strip().rstrip("/") or ".") if prefix is not None else None,
    )
