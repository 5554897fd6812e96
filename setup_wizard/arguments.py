"""The flags of every command, as argparse knows them; nothing here is imported that a flag does not need."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from checks.arguments import add_assignments, add_audit_arguments, suggest
from checks.errors import UsageError, nearest
from checks.version import __version__
from setup_wizard.sandbox.sample_projects import SAMPLES

SHELLS = ("bash", "zsh", "fish")
"""The shells that `completion` writes for."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors follow the product's form: what, and what to do next."""

    def error(self, message: str) -> None:  # type: ignore[override]
        commands = self._commands()
        see = f"see `{(commands[0] if len(commands) == 1 else self).prog} --help`"
        if not message.startswith("unrecognized arguments"):
            raise UsageError(message, hint=see)
        flag = next((w for w in message.split() if w.startswith("-")), "").partition("=")[0]
        known = sorted({o for p in (self, *commands) for a in p._actions for o in a.option_strings})
        raise UsageError(message, hint=nearest(flag, known) or see if flag else see)

    def _commands(self) -> list[argparse.ArgumentParser]:
        """Return the parsers of the commands below this one."""
        choices = (a.choices for a in self._actions if isinstance(a, argparse._SubParsersAction))
        return [parser for group in choices for parser in group.values()]


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of every command, or of one: each takes argparse a while to make."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog="sentry-setup",
        usage="sentry-setup [PATH] | sentry-setup COMMAND [OPTIONS]",
        description=_DESCRIPTION,
        epilog=_overview() if command is None else None,
        formatter_class=raw,
    )
    parser.add_argument(
        "-V", "--version", action="version", version=f"sentry-setup {__version__}", help="show the version and exit"
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", parser_class=_Parser, help=argparse.SUPPRESS, prog="sentry-setup"
    )
    for name, (_, what, example, add_arguments) in COMMANDS.items():
        if command in (None, name):
            epilog = f"example:\n  {example}"
            text = what[0].upper() + what[1:] + "."
            add_arguments(commands.add_parser(name, help=what, description=text, epilog=epilog, formatter_class=raw))
    return parser


def command_parser(command: str) -> argparse.ArgumentParser:
    """Return the parser of one command."""
    found = next(a for a in build_parser(command)._actions if isinstance(a, argparse._SubParsersAction))
    parser: argparse.ArgumentParser = found.choices[command]
    return parser


_DESCRIPTION = """\
Set up Sentry for Python backends and frontends, prove that it works, and keep it working in CI.
Without a command it opens the wizard for PATH (default: this repository)."""

EXIT_CODES = """\
exit codes:
  0    nothing is unchecked; GO
  1    a required item fails and is not waived (with --strict also: is unknown); NO-GO
  2    wrong usage or configuration
  3    the audit could not run, found nothing to audit, or a check crashed
  4    a step was refused, or files conflict; a refused step wrote nothing
  5    applied, but a check that should pass now does not
  130  interrupted"""

ENVIRONMENT = """\
environment variables:
  SENTRY_READ_TOKEN      a token with read scopes, for `audit --online` and `launch`
  SENTRY_AUTH_TOKEN      a token with write scopes, for `plan` and `apply`
  SENTRY_URL             your Sentry server (default: https://sentry.io)
  SENTRY_CLIENT_ID       your OAuth application, to sign in with a code in the wizard
  SENTRY_SETUP_NO_CACHE  set it to ignore the cache of audits
  NO_COLOR, FORCE_COLOR  never or always print colors (`--color` wins)
  GITHUB_STEP_SUMMARY    `--format markdown` is added to this file in GitHub Actions"""


def _overview() -> str:
    """Return the commands by group, each with an example, then environment variables and exit codes."""
    lines: list[str] = []
    for group in dict.fromkeys(g for g, *_ in COMMANDS.values()):
        lines.append(f"{group}:")
        members = {n: c for n, c in COMMANDS.items() if c[0] == group}
        lines += [f"  {name:15} {what}" for name, (_, what, *_) in members.items()]
        lines += [f"    e.g. {COMMANDS[_EXAMPLES[group]][2]}", ""]
    lines += ["more help:", f"  sentry-setup help COMMAND|{'|'.join(TOPICS)}", ""]
    return "\n".join([*lines, ENVIRONMENT, "", EXIT_CODES])


TOPICS = ("answers", "steps", "environment", "exit-codes")
"""What `sentry-setup help` explains besides the commands."""


def _path(parser: argparse.ArgumentParser, flag: str = "path") -> None:
    text = "the repository (default: the one around this directory)"
    if flag == "path":
        parser.add_argument("path", nargs="?", default=None, metavar="PATH", help=text)
    else:
        parser.add_argument(flag, default=None, metavar="PATH", help=text)


def _format(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add `--format`; the first name is the default."""
    text = f"{', '.join(names[:-1])} or {names[-1]} (default: {names[0]})"
    suggest(parser.add_argument("--format", default=names[0], metavar="FORMAT", help=text), names)


def _item(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="an item of the checklist (`sentry-setup list` shows them)")


def _wizard(parser: argparse.ArgumentParser) -> None:
    _path(parser)
    _add_answers(parser)


def _launch(parser: argparse.ArgumentParser) -> None:
    _path(parser)
    parser.add_argument("--yes", action="store_true", help="send the test events without asking")
    parser.add_argument(
        "--since", default=None, metavar="REPORT.json", help="show what changed since this earlier report"
    )
    add_assignments(parser)
    _format(parser, "text", "json", "markdown", "html")
    parser.add_argument(
        "--build", action="append", default=[], metavar="DIR", help="verify this finished frontend build too"
    )
    parser.add_argument(
        "--build-report",
        action="append",
        default=[],
        metavar="FILE",
        help="use a report of `verify-build` as evidence",
    )
    parser.add_argument(
        "--runtime-report", default=None, metavar="FILE", help="use a report of `verify-runtime` as evidence"
    )
    parser.add_argument("--report", default=None, metavar="FILE.html", help="also write a shareable HTML report")


def _plan(parser: argparse.ArgumentParser) -> None:
    _add_steps(parser)
    _format(parser, "diff", "json")


def _apply(parser: argparse.ArgumentParser) -> None:
    _add_steps(parser)
    parser.add_argument("--yes", action="store_true", help="make the changes (without it, nothing is changed)")
    parser.add_argument(
        "--interactive", action="store_true", help="ask line by line, and show each plan before it is applied"
    )
    parser.add_argument("--no-install", action="store_true", help="edit manifests, but run no package manager")
    parser.add_argument("--branch", default=None, metavar="NAME", help="commit the edits on a new branch; push nothing")
    _format(parser, "text", "json")


def _undo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", default=None, metavar="RUN", help="the run to undo (default: the last one)")
    _status(parser)


def _status(parser: argparse.ArgumentParser) -> None:
    _path(parser, "--repo")


def _sign_off(parser: argparse.ArgumentParser) -> None:
    _item(parser)
    parser.add_argument("--by", required=True, metavar="NAME", help="who reviewed it")
    parser.add_argument("--note", required=True, metavar="TEXT", help="what they saw")
    parser.add_argument(
        "--until", default=None, metavar="DATE", help="the last day it is valid, as 2027-01-31 (default: 90 days)"
    )
    _status(parser)


def _waive(parser: argparse.ArgumentParser) -> None:
    _item(parser)
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why it is not fixed")
    parser.add_argument("--until", required=True, metavar="DATE", help="the last day it is valid, as 2027-01-31")
    _status(parser)


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reports", nargs="+", metavar="REPORT.json", help="JSON reports of `audit --format json`")


def _verify_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="the output directory of the build, e.g. frontend/dist")
    _format(parser, "text", "json", "github")


def _list(parser: argparse.ArgumentParser) -> None:
    _format(parser, "text", "markdown", "json")


def _explain(parser: argparse.ArgumentParser) -> None:
    _item(parser)
    _list(parser)


def _verify_runtime(parser: argparse.ArgumentParser) -> None:
    _path(parser)
    parser.add_argument("--settings", default=None, metavar="MODULE", help="the settings module to run under")
    parser.add_argument("--python", default=None, metavar="EXE", help="the interpreter (default: the project's .venv)")
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an environment variable for the application (repeatable)",
    )
    parser.add_argument("--env-file", default=None, metavar="FILE", help="variables of the application")
    parser.add_argument(
        "--timeout", type=_seconds, default=120, metavar="SECONDS", help="end a process after this time (default: 120)"
    )
    _format(parser, "text", "json", "github")
    parser.add_argument(
        "--output", action="append", default=[], metavar="FORMAT=FILE", help="also write the report to a file"
    )
    parser.epilog = (parser.epilog or "") + _NOT_KEPT


_NOT_KEPT = """

It runs the repository's code. On Linux with user namespaces the code gets no network, no other processes and a read-only
repository; the report says whether. Elsewhere only its Python code is guarded: code in C and programs that it starts can connect,
write and read what you can. It can always read your other files. For code that you do not trust, use a virtual machine."""


def _seconds(text: str) -> int:
    """Return a number of seconds. Raises `ArgumentTypeError` for a word that is none, and for more than an hour."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 3600:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of seconds (1 to 3600)")
    return int(text)


def _port(text: str) -> int:
    """Return a port. Raises `ArgumentTypeError` for a word that is not a number; the server checks the range."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"`{text}` is not a port number (0 to 65535)")
    return int(text)


def _sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="the port (default: a free one)")


def _completion(parser: argparse.ArgumentParser) -> None:
    suggest(parser.add_argument("shell", metavar="SHELL", help="bash, zsh or fish"), SHELLS)
    more = "sentry-setup completion zsh > ~/.zfunc/_sentry-setup    # a folder of $fpath, before compinit"
    fish = "sentry-setup completion fish > ~/.config/fish/completions/sentry-setup.fish"
    parser.epilog = f"{parser.epilog}\n  {more}\n  {fish}"


def _help(parser: argparse.ArgumentParser) -> None:
    text = f"a command, or one of {', '.join(TOPICS)}"
    parser.add_argument("topic", nargs="?", default=None, metavar="TOPIC", help=text)


def _demo(parser: argparse.ArgumentParser) -> None:
    names = tuple(s.id for s in SAMPLES)
    listed = "; ".join(f"{s.id}: {s.about}" for s in SAMPLES)
    text = f"the sample project (default: {names[0]}). {listed}"
    parser.add_argument("--sample", default=names[0], choices=names, metavar="SAMPLE", help=text)


def _nothing(parser: argparse.ArgumentParser) -> None:
    """The command has no flags."""


_SET_UP, _CHECK, _RECORD, _TOOLS = "set up", "check", "record", "tools"
_EXAMPLES = {_SET_UP: "apply", _CHECK: "audit", _RECORD: "waive", _TOOLS: "explain"}
"""The command whose example `--help` shows for each group in `--help`."""
COMMANDS: dict[str, tuple[str, str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "wizard": (_SET_UP, "open the wizard (also: `sentry-setup [PATH]`)", "sentry-setup", _wizard),
    "plan": (_SET_UP, "show what `apply` would change", "sentry-setup plan sdk dsn --offline", _plan),
    "apply": (
        _SET_UP,
        "run setup steps: edit files, configure Sentry, verify the result",
        "sentry-setup apply sdk --yes",
        _apply,
    ),
    "undo": (_SET_UP, "undo the last run (restores every file byte for byte)", "sentry-setup undo", _undo),
    "status": (_SET_UP, "show the runs that can be undone", "sentry-setup status", _status),
    "demo": (
        _SET_UP,
        "try the whole journey on a sample project with a local fake Sentry",
        "sentry-setup demo --sample fastapi-vue",
        _demo,
    ),
    "audit": (
        _CHECK,
        "check the repository against the checklist, offline unless --online",
        "sentry-setup audit --format github --output sarif=sentry-setup.sarif",
        add_audit_arguments,
    ),
    "launch": (
        _CHECK,
        "decide GO or NO-GO: strict, online, with a fresh test event",
        "sentry-setup launch --report launch.html",
        _launch,
    ),
    "verify-build": (
        _CHECK,
        "verify a finished frontend build, offline: debug ids, maps, tokens, DSN",
        "sentry-setup verify-build frontend/dist",
        _verify_build,
    ),
    "verify-runtime": (
        _CHECK,
        "run the application (its own code) against a Sentry on loopback, and report what arrives",
        "sentry-setup verify-runtime --env-file .env.production",
        _verify_runtime,
    ),
    "sign-off": (
        _RECORD,
        "record a manual sign-off of an item that only a person can judge",
        'sentry-setup sign-off performance-reviewed --by Ada --note "p95 is 300 ms"',
        _sign_off,
    ),
    "waive": (
        _RECORD,
        "waive a failing item until a date; it stays visible in every report",
        'sentry-setup waive slack-alerts --reason "we use email" --until 2027-01-31',
        _waive,
    ),
    "list": (_TOOLS, "list every item of the checklist", "sentry-setup list", _list),
    "explain": (_TOOLS, "explain why an item matters and how to fix it", "sentry-setup explain source-maps", _explain),
    "merge": (
        _TOOLS,
        "merge JSON reports from several repositories",
        "sentry-setup merge shop.json blog.json",
        _merge,
    ),
    "schema": (
        _TOOLS,
        "print the answer keys and the JSON schemas of configuration and report",
        "sentry-setup schema",
        _nothing,
    ),
    "sandbox": (_TOOLS, "run a local fake Sentry, in memory", "sentry-setup sandbox --port 9000", _sandbox),
    "completion": (
        _TOOLS,
        "print shell completions",
        "source <(sentry-setup completion bash)",
        _completion,
    ),
    "agents": (
        _TOOLS,
        "print a page for coding agents (AGENTS.md) about this repository",
        "sentry-setup agents >> AGENTS.md",
        _path,
    ),
    "mcp": (
        _TOOLS,
        "serve audit, explain, plan, verify-build and apply to coding agents (MCP, stdio)",
        "sentry-setup mcp",
        _nothing,
    ),
    "help": (_TOOLS, "show help for a command or a topic", "sentry-setup help answers", _help),
}
"""Each command: its group, what it does, an example, and the function that adds its flags."""


def _add_answers(parser: argparse.ArgumentParser) -> None:
    add_assignments(parser)
    parser.add_argument("--answers", default=None, metavar="FILE.toml", help="read answers from a file; `--set` wins")


def _add_steps(parser: argparse.ArgumentParser) -> None:
    text = "the steps (default: those with an unchecked item; see `sentry-setup help steps`)"
    parser.add_argument("steps", nargs="*", metavar="STEP", help=text)
    _path(parser, "--repo")
    parser.add_argument("--offline", action="store_true", help="skip every call to Sentry")
    _add_answers(parser)
