"""The command `completion`: a script for bash, zsh or fish, made by shtab from the parser and the product's own ids."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

import shtab

from checks.arguments import FORMATS
from checks.checklist import CHECKLIST
from checks.config import ANSWER_KEYS
from checks.errors import ExitCode, UsageError, nearest
from setup_wizard.arguments import COMMANDS, SHELLS, TOPICS, build_parser
from setup_wizard.steps import PRACTICES, STEPS

_REVISIONS = "git for-each-ref --format='%(refname:short)' refs/heads refs/tags refs/remotes 2>/dev/null"


def _words(command: str, action: argparse.Action) -> Iterable[str] | None:
    """Return what a shell suggests for an argument; None where it is free text or a file."""
    found: Iterable[str] | None = getattr(action, "suggestions", None)
    if found is not None:
        return found
    match action.metavar:
        case "ID":
            return [i.id for i in CHECKLIST if i.signable or command != "sign-off"]
        case "ID,…":
            return [i.id for i in CHECKLIST]
        case "STEP":
            return [s.id for s in (*STEPS, *PRACTICES)]
        case "KEY=VALUE":
            return [f"{key}=" for key in ANSWER_KEYS]
        case "FORMAT=FILE":
            return [f"{name}=" for name in FORMATS]
        case "TOPIC":
            return [*COMMANDS, *TOPICS]
    return None


def completing_parser() -> argparse.ArgumentParser:
    """Return a parser whose arguments carry their candidates; it is for shtab only, not for parsing."""
    parser = build_parser()
    subparsers = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    subparsers.help = "a command"  # shtab leaves out what has no help
    for name, command in subparsers.choices.items():
        for action in command._actions:
            words = _words(name, action)
            if words is not None:
                action.choices = tuple(words)
            elif action.metavar in ("GITREV", "REV"):
                action.complete = shtab.cmd(_REVISIONS)
            elif action.metavar in ("PATH", "DIR"):
                action.complete = shtab.DIRECTORY
            elif isinstance(action.metavar, str) and action.metavar.startswith(("FILE", "REPORT", "EXE")):
                action.complete = shtab.FILE
    return parser


_ZSH = {
    "$zsh_eval_context[-1] == eval ": "$zsh_eval_context[-1] == (eval|file) ",
    '\n  "(*)::': '\n  "*:',
    '\n  "(*):': '\n  "*:',
}
"""What shtab writes for zsh, and what zsh needs: a sourced file has the context `file` (https://zsh.sourceforge.io/Doc/Release/Parameters.html),
and an argument that may be repeated is `*:…`; `(*):…` is only the first (https://zsh.sourceforge.io/Doc/Release/Completion-System.html).
"""


def completion_script(shell: str) -> str:
    """Return the script of a shell, which the shell may source, evaluate or (zsh, fish) load from its own folder."""
    script: str = shtab.complete(completing_parser(), shell=shell).rstrip("\n") + "\n"
    for written, needed in _ZSH.items() if shell == "zsh" else ():
        script = script.replace(written, needed)
    return script


def run_completion(shell: str) -> ExitCode:
    """Print the script of a shell. Raises `UsageError` for one that has none."""
    if shell not in SHELLS:
        raise UsageError(
            f"there are no completions for `{shell}`", hint=nearest(shell, SHELLS) or f"use one of {', '.join(SHELLS)}"
        )
    sys.stdout.write(completion_script(shell))
    return ExitCode.OK
