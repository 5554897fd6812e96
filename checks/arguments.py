"""The flags of `audit`, apart from its work, so that `--help` need not import that."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

FORMATS = ("text", "json", "sarif", "github", "junit", "markdown", "html")


def add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `audit`."""
    parser.add_argument("path", nargs="?", default=None, metavar="PATH", help="the repository (default: this one)")
    parser.add_argument("--online", action="store_true", help="ask Sentry too (needs a token in SENTRY_READ_TOKEN)")
    parser.add_argument("--strict", action="store_true", help="undecided required items count as unchecked")
    parser.add_argument("--select", default="", metavar="ID,…", help="only these items")
    parser.add_argument("--ignore", default="", metavar="ID,…", help="all but these items")
    parser.add_argument("--rev", default=None, metavar="GITREV", help="audit a git revision without checking it out")
    parser.add_argument(
        "--baseline", default=None, metavar="FILE", help="a JSON report; only what it does not have unchecked counts"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="assignments",
        help="an answer, e.g. backend.settings=shop.settings.production",
    )
    parser.add_argument("--no-cache", action="store_true", help="decide every item anew, though nothing changed")
    parser.add_argument("--format", default="text", metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument(
        "--output", action="append", default=[], metavar="FORMAT=FILE", help="also write the report to a file"
    )
