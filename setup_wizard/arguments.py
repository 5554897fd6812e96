"""The flags of every command, as argparse knows them; nothing here is imported that a flag does not need."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from checks.arguments import add_audit_arguments
from checks.errors import UsageError, nearest
from checks.version import __version__


class _Parser(argparse.ArgumentParser):
    """A parser whose errors follow the product's form: what, and what to do next."""

    def error(self, message: str) -> None:  # type: ignore[override]
        flag = next((w for w in message.split() if w.startswith("--")), "").partition("=")[0]
        known = sorted({o for p in (self, *self._commands()) for a in p._actions for o in a.option_strings})
        near = nearest(flag, known) if flag and flag not in known else None
        raise UsageError(message, hint=near or f"see `{self.prog} --help`")

    def _commands(self) -> list[argparse.ArgumentParser]:
        """Return the parsers of the commands below this one."""
        choices = (a.choices for a in self._actions if isinstance(a, argparse._SubParsersAction))
        return [parser for group in choices for parser in group.values()]


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of every command, or of one: each takes argparse a while to make."""
    parser = _Parser(prog="sentry-setup", description="Takes a Django + Vite repository to production-ready Sentry.")
    parser.add_argument("--version", action="version", version=f"sentry-setup {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, (what, add_arguments) in COMMANDS.items():
        if command in (None, name):
            add_arguments(commands.add_parser(name, help=what))
    return parser


def _wizard(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", default=None, metavar="PATH")
    _add_answers(parser)


def _launch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", default=None, metavar="PATH")
    parser.add_argument("--yes", action="store_true", help="send the test events without asking")
    parser.add_argument("--since", default=None, metavar="REPORT.json", help="say what changed since an earlier report")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="assignments")
    parser.add_argument("--format", default="text", metavar="FORMAT", help="text, json, markdown or html")
    parser.add_argument("--report", default=None, metavar="FILE.html", help="also write a page to hand round")


def _plan(parser: argparse.ArgumentParser) -> None:
    _add_steps(parser)
    parser.add_argument("--format", default="diff", metavar="FORMAT", help="diff or json")


def _apply(parser: argparse.ArgumentParser) -> None:
    _add_steps(parser)
    parser.add_argument("--yes", action="store_true", help="really do it")
    parser.add_argument("--no-install", action="store_true", help="edit manifests, run no package manager")
    parser.add_argument("--branch", default=None, metavar="NAME", help="commit the edits on a new branch; push nothing")
    parser.add_argument("--format", default="text", metavar="FORMAT", help="text or json")


def _undo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", default=None, metavar="RUN", help="the run (default: the last one)")
    _status(parser)


def _status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", default=None, metavar="PATH")


def _sign_off(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--by", required=True, metavar="NAME", help="who looked")
    parser.add_argument("--note", required=True, metavar="TEXT", help="what was seen")
    parser.add_argument("--until", default=None, metavar="DATE", help="how long it holds (default: 90 days)")
    _status(parser)


def _waive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why it is not done")
    parser.add_argument("--until", required=True, metavar="DATE", help="the last day it holds, as 2027-01-31")
    _status(parser)


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reports", nargs="+", metavar="REPORT.json")


def _verify_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="the folder that the build writes to, as frontend/dist")
    parser.add_argument("--format", default="text", metavar="FORMAT", help="text, json or github")


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", default="text", metavar="FORMAT", help="text, markdown or json")


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    _list(parser)


def _verify_runtime(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", default=None, metavar="PATH", help="the repository (default: this one)")
    parser.add_argument("--settings", default=None, metavar="MODULE", help="the settings module to run under")
    parser.add_argument("--python", default=None, metavar="EXE", help="the interpreter (default: the project's .venv)")
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME=VALUE", help="a variable of the application"
    )
    parser.add_argument("--env-file", default=None, metavar="FILE", help="variables of the application")
    parser.add_argument("--format", default="text", metavar="FORMAT", help="text, json, github")
    parser.add_argument(
        "--output", action="append", default=[], metavar="FORMAT=FILE", help="also write the report to a file"
    )


def _sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N")


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish")


def _nothing(parser: argparse.ArgumentParser) -> None:
    """The command has no flags."""


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "wizard": ("the wizard (also: `sentry-setup [PATH]`)", _wizard),
    "audit": ("report which items of the checklist are unchecked", add_audit_arguments),
    "launch": ("go or no-go: strict, online, with a fresh test event", _launch),
    "plan": ("show what `apply` would change", _plan),
    "apply": ("set steps up: edit files, call Sentry, prove that it worked", _apply),
    "undo": ("bring back the bytes from before a run", _undo),
    "status": ("show the runs that can be undone", _status),
    "sign-off": ("record a human's word on what only a human can judge", _sign_off),
    "waive": ("suppress a fail for a reason, until a date", _waive),
    "verify-runtime": (
        "run the application against a Sentry on loopback, and report what arrives (runs the repository's code)",
        _verify_runtime,
    ),
    "merge": ("read many JSON reports, print one: an organization's repositories", _merge),
    "verify-build": ("verify a finished frontend build: debug ids, maps, tokens, DSN; offline", _verify_build),
    "list": ("show every item of the checklist", _list),
    "explain": ("say why an item matters and how to fix it", _explain),
    "schema": ("print the answer keys and the JSON schemas of the configuration and the report", _nothing),
    "sandbox": ("run a local Sentry, in memory, to try things without an account", _sandbox),
    "completion": ("print the completion for a shell, to be put where it looks", _completion),
    "demo": ("the whole journey on a sample repository; no account, no network, no Node", _nothing),
}
"""What each command is for, and the function that gives its parser its flags."""


def _add_answers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="assignments")
    parser.add_argument("--answers", default=None, metavar="FILE.toml")


def _add_steps(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("steps", nargs="*", metavar="STEP", help="the steps (default: those with an unchecked item)")
    parser.add_argument("--repo", default=None, metavar="PATH")
    parser.add_argument("--offline", action="store_true", help="leave out every call to Sentry")
    _add_answers(parser)
