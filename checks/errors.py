"""The errors a user can cause, each with a hint on what to do, and the exit codes of the command-line contract."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; outside programs rely on them."""

    OK = 0
    UNCHECKED = 1
    USAGE = 2
    COULD_NOT_RUN = 3
    REFUSED = 4
    UNPROVEN = 5
    INTERRUPTED = 130


class SentrySetupError(Exception):
    """Something failed that the user can act on: `message` says what and where, `hint` what to do next.

    `details` are sentences on what was tried before it failed.
    """

    code = "error"
    exit_code = ExitCode.COULD_NOT_RUN

    def __init__(self, message: str, *, hint: str | None = None, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    @property
    def sentence(self) -> str:
        """What it says, with what to do next."""
        return self.message + (f" → {self.hint}" if self.hint else "")


class UsageError(SentrySetupError):
    """A flag, key, id or configuration value is wrong."""

    code = "usage"
    exit_code = ExitCode.USAGE


class NothingToAuditError(SentrySetupError):
    """Neither a backend nor a frontend is in the audited tree: an empty list of failures would be no success."""

    code = "nothing-to-audit"

    def __init__(self, root: str, *, sought: str = "backend and no frontend", details: tuple[str, ...] = ()) -> None:
        super().__init__(
            f"there is nothing to check in {root}: no {sought} was found",
            hint="run it at the top of the repository, or name the directory: `--set backend.root=api` or `--set frontend.root=web`",
            details=details,
        )


class FaultError(SentrySetupError):
    """Something failed that nobody foresaw; all that a user can do is report it."""

    code = "internal"

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"this is a bug in sentry-setup, not your mistake: {type(error).__name__}: {error}",
            hint="please report it; `sentry-setup status` shows what was done, `sentry-setup undo` reverts it",
        )


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str | None:
    """Return a hint that names the nearest known word, or None when nothing is near."""
    from difflib import get_close_matches

    plain = {k.lstrip("-"): k for k in known}  # the dashes of flags would make any two of them alike
    close = get_close_matches(word.lstrip("-"), plain, n=1, cutoff=0.5)
    return f"did you mean `{plain[close[0]]}`?" if close else None
