"""The flags of every command, as argparse knows them; nothing here is imported that a flag does not need."""

from __future__ import annotations

import argparse

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


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = _Parser(prog="sentry-setup", description="Takes a Django + Vite repository to production-ready Sentry.")
    parser.add_argument("--version", action="version", version=f"sentry-setup {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    wizard = commands.add_parser("wizard", help="the wizard (also: `sentry-setup [PATH]`)")
    wizard.add_argument("path", nargs="?", default=None, metavar="PATH")
    _add_answers(wizard)
    add_audit_arguments(commands.add_parser("audit", help="report which items of the checklist are unchecked"))
    launch = commands.add_parser("launch", help="go or no-go: strict, online, with a fresh test event")
    launch.add_argument("path", nargs="?", default=None, metavar="PATH")
    launch.add_argument("--yes", action="store_true", help="send the test events without asking")
    launch.add_argument("--since", default=None, metavar="REPORT.json", help="say what changed since an earlier report")
    launch.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="assignments")
    launch.add_argument("--format", default="text", metavar="FORMAT", help="text, json, markdown or html")
    launch.add_argument("--report", default=None, metavar="FILE.html", help="also write a page to hand round")
    plan = commands.add_parser("plan", help="show what `apply` would change")
    _add_steps(plan)
    plan.add_argument("--format", default="diff", metavar="FORMAT", help="diff or json")
    apply = commands.add_parser("apply", help="set steps up: edit files, call Sentry, prove that it worked")
    _add_steps(apply)
    apply.add_argument("--yes", action="store_true", help="really do it")
    apply.add_argument("--no-install", action="store_true", help="edit manifests, run no package manager")
    apply.add_argument("--format", default="text", metavar="FORMAT", help="text or json")
    undo = commands.add_parser("undo", help="bring back the bytes from before a run")
    undo.add_argument("run", nargs="?", default=None, metavar="RUN", help="the run (default: the last one)")
    undo.add_argument("--repo", default=None, metavar="PATH")
    status = commands.add_parser("status", help="show the runs that can be undone")
    status.add_argument("--repo", default=None, metavar="PATH")
    sign_off = commands.add_parser("sign-off", help="record a human's word on what only a human can judge")
    sign_off.add_argument("id", metavar="ID")
    sign_off.add_argument("--by", required=True, metavar="NAME", help="who looked")
    sign_off.add_argument("--note", required=True, metavar="TEXT", help="what was seen")
    sign_off.add_argument("--until", default=None, metavar="DATE", help="how long it holds (default: 90 days)")
    waive = commands.add_parser("waive", help="suppress a fail for a reason, until a date")
    waive.add_argument("id", metavar="ID")
    waive.add_argument("--reason", required=True, metavar="TEXT", help="why it is not done")
    waive.add_argument("--until", required=True, metavar="DATE", help="the last day it holds, as 2027-01-31")
    for recorded in (sign_off, waive):
        recorded.add_argument("--repo", default=None, metavar="PATH")
    merge = commands.add_parser("merge", help="read many JSON reports, print one: an organization's repositories")
    merge.add_argument("reports", nargs="+", metavar="REPORT.json")
    listing = commands.add_parser("list", help="show every item of the checklist")
    explain = commands.add_parser("explain", help="say why an item matters and how to fix it")
    explain.add_argument("id", metavar="ID")
    for shown in (listing, explain):
        shown.add_argument("--format", default="text", metavar="FORMAT", help="text, markdown or json")
    commands.add_parser("schema", help="print the answer keys and the JSON schemas of the configuration and the report")
    sandbox = commands.add_parser("sandbox", help="run a local Sentry, in memory, to try things without an account")
    sandbox.add_argument("--port", type=int, default=0, metavar="N")
    completion = commands.add_parser("completion", help="print the completion for a shell, to be put where it looks")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish")
    commands.add_parser("demo", help="the whole journey on a sample repository; no account, no network, no Node")
    return parser


def _add_answers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="assignments")
    parser.add_argument("--answers", default=None, metavar="FILE.toml")


def _add_steps(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("steps", nargs="*", metavar="STEP", help="the steps (default: those with an unchecked item)")
    parser.add_argument("--repo", default=None, metavar="PATH")
    parser.add_argument("--offline", action="store_true", help="leave out every call to Sentry")
    _add_answers(parser)
