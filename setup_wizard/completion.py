"""The command `completion`: a script for bash, zsh or fish, made from the parser and the product's own ids."""

from __future__ import annotations

import argparse
import sys

from checks.checklist import CHECKLIST
from checks.config import ANSWER_KEYS
from checks.errors import ExitCode
from setup_wizard.arguments import build_parser
from setup_wizard.steps import STEPS

_WORDS = {
    "explain": lambda: [i.id for i in CHECKLIST],
    "sign-off": lambda: [i.id for i in CHECKLIST if i.signable],
    "waive": lambda: [i.id for i in CHECKLIST],
    "plan": lambda: [s.id for s in STEPS],
    "apply": lambda: [s.id for s in STEPS],
    "completion": lambda: ["bash", "zsh", "fish"],
}
"""What stands beside the flags of a command."""


def commands() -> dict[str, list[str]]:
    """Return each command with the words that can follow it: its flags, then ids or steps."""
    parser = build_parser()
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    found: dict[str, list[str]] = {}
    for name, command in groups[0].choices.items():
        flags = sorted(o for a in command._actions for o in a.option_strings if o.startswith("--"))
        found[name] = flags + (_WORDS[name]() if name in _WORDS else [])
    return found


def bash_script() -> str:
    """Return a completion for bash; zsh reads it through `bashcompinit`."""
    cases = "\n".join(f"    {name}) words={' '.join(words)!r} ;;" for name, words in commands().items())
    keys = " ".join(f"{k}=" for k in ANSWER_KEYS)
    return f"""\
_sentry_setup() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} command=${{COMP_WORDS[1]}} words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{" ".join(commands())}" -- "$word") $(compgen -d -- "$word"))
    return
  fi
  if [ "${{COMP_WORDS[COMP_CWORD-1]}}" = --set ]; then
    COMPREPLY=($(compgen -W "{keys}" -- "$word"))
    return
  fi
  case "$command" in
{cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
}}
complete -o filenames -o nospace -F _sentry_setup sentry-setup
"""


def fish_script() -> str:
    """Return a completion for fish."""
    lines = ["complete -c sentry-setup -e"]
    for name, words in commands().items():
        lines.append(f"complete -c sentry-setup -n __fish_use_subcommand -a {name}")
        here = f'"__fish_seen_subcommand_from {name}"'
        for word in words:
            flag = f"-l {word.removeprefix('--')}" if word.startswith("--") else f"-a {word}"
            lines.append(f"complete -c sentry-setup -n {here} {flag}")
    return "\n".join(lines) + "\n"


def run_completion(shell: str) -> ExitCode:
    """Print the script of a shell."""
    script = fish_script() if shell == "fish" else bash_script()
    if shell == "zsh":
        script = "autoload -U +X bashcompinit && bashcompinit\n" + script
    sys.stdout.write(script)
    return ExitCode.OK
