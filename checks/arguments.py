"""The flags of `audit`, apart from its work, so that `--help` need not import that."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

FORMATS = ("text", "json", "sarif", "github", "junit", "markdown", "html")
COLORS = ("auto", "always", "never")


def suggest(action: argparse.Action, words: Iterable[str]) -> None:
    """Note which words a shell suggests for an argument; what it accepts is decided elsewhere, with a better message."""
    action.suggestions = tuple(words)  # type: ignore[attr-defined]


def add_assignments(parser: argparse.ArgumentParser) -> None:
    """Declare `--set`."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="assignments",
        help="an answer, e.g. backend.settings=shop.settings.production (repeatable; see `sentry-setup help answers`)",
    )


def add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `audit`."""
    parser.add_argument(
        "path", nargs="?", default=None, metavar="PATH", help="the repository (default: the one around this directory)"
    )
    parser.add_argument("--online", action="store_true", help="check Sentry too (needs SENTRY_READ_TOKEN)")
    parser.add_argument(
        "--strict", action="store_true", help="also fail if a required item is unknown or, with --online, not proven"
    )
    parser.add_argument("--select", default="", metavar="ID,…", help="check only these items")
    parser.add_argument("--ignore", default="", metavar="ID,…", help="skip these items")
    parser.add_argument("--rev", default=None, metavar="GITREV", help="audit a git revision without checking it out")
    parser.add_argument(
        "--policy",
        default=None,
        metavar="GITREV",
        help="configuration, waivers and sign-offs as they are in this revision (a pull request's base)",
    )
    parser.add_argument(
        "--baseline", default=None, metavar="FILE", help="count only failures that are not in this JSON report"
    )
    add_assignments(parser)
    parser.add_argument("--no-cache", action="store_true", help="ignore the cache")
    parser.add_argument(
        "--runtime-report", default=None, metavar="FILE", help="use a report of `verify-runtime` as evidence"
    )
    parser.add_argument(
        "--build-report",
        action="append",
        default=[],
        metavar="FILE",
        help="use a JSON report of `verify-build` as evidence",
    )
    parser.add_argument("--verbose", action="store_true", help="show every item with all its evidence")
    parser.add_argument("--quiet", action="store_true", help="show the counts only")
    suggest(
        parser.add_argument("--color", default="auto", metavar="WHEN", help="auto, always or never (default: auto)"),
        COLORS,
    )
    formats = f"{', '.join(FORMATS)} (default: text)"
    suggest(parser.add_argument("--format", default="text", metavar="FORMAT", help=formats), FORMATS)
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="also write the report to a file, e.g. html=report.html (repeatable)",
    )
