"""The commands that sentry-cli has, and what version 3 removed, as `--help` of 2.58.6 and 3.8.2 lists them, hidden ones too.

https://github.com/getsentry/sentry-cli/blob/master/CHANGELOG.md
"""

from __future__ import annotations

from packaging.version import Version

KNOWN = Version("3.8.2")
"""The newest version whose commands are in this table."""

_DEBUG_FILES = frozenset({"bundle-jvm", "bundle-sources", "check", "find", "print-sources", "upload"})
_COMMANDS: dict[str, frozenset[str]] = {
    "build": frozenset({"download", "snapshots", "upload"}),
    "code-mappings": frozenset({"upload"}),
    "dart-symbol-map": frozenset({"upload"}),
    "debug-files": _DEBUG_FILES,
    "deploys": frozenset({"list", "new"}),
    "dif": _DEBUG_FILES,
    "difutil": _DEBUG_FILES,
    "events": frozenset({"list"}),
    "issues": frozenset({"list", "mute", "resolve", "unresolve"}),
    "logs": frozenset({"list"}),
    "mobile-app": frozenset({"upload"}),
    "monitors": frozenset({"list", "run"}),
    "organizations": frozenset({"list"}),
    "proguard": frozenset({"upload", "uuid"}),
    "projects": frozenset({"list"}),
    "react-native": frozenset({"appcenter", "codepush", "gradle", "xcode"}),
    "releases": frozenset(
        {"archive", "delete", "deploys", "files", "finalize", "info", "list", "new", "propose-version"}
        | {"restore", "set-commits"}
    ),
    "repos": frozenset({"list"}),
    "send-metric": frozenset({"distribution", "gauge", "increment", "set"}),
    "snapshots": frozenset({"diff", "download", "upload"}),
    "sourcemaps": frozenset({"explain", "inject", "resolve", "upload"}),
}
_ALONE = frozenset(
    {"bash-hook", "completions", "files", "help", "info", "login", "send-envelope", "send-event", "uninstall", "update"}
    | {"upload-dif", "upload-dsym", "upload-proguard"}
)
REMOVED: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("releases", "files"), "`releases files`", "sentry-cli sourcemaps upload"),
    (("files",), "`sentry-cli files`", "sentry-cli sourcemaps upload"),
    (("sourcemaps", "explain"), "`sourcemaps explain`", "open the event in Sentry"),
    (("send-metric",), "`send-metric`", "remove it"),
)
"""Commands that 3.0 removed: their words, their name, what to do instead."""
REMOVED_FLAGS = (
    ("--api-key", "", "`--api-key`", "SENTRY_AUTH_TOKEN"),
    ("--started", "finalize", "`finalize --started`", "remove the flag"),
    ("--use-artifact-bundle", "", "`--use-artifact-bundle`", "remove the flag"),
)
"""Flags that 3.0 removed: the flag, the command (empty: any), its name, what to do instead."""


def no_command(plain: list[str]) -> str | None:
    """Return the command that some plain words of sentry-cli ask for where no known version has it; None for one that exists.

    A word that is an expression or a variable may be any command.
    """
    if not plain or "$" in plain[0] or plain[0] in _ALONE:
        return None
    below = _COMMANDS.get(plain[0])
    if below is None:
        return plain[0]
    if len(plain) < 2 or "$" in plain[1] or plain[1] in below or plain[1] == "help":
        return None
    return f"{plain[0]} {plain[1]}"
