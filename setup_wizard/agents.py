"""The command `agents`: a page for coding agents (an AGENTS.md section) about checking and setting up Sentry in a repository."""

from __future__ import annotations

import sys
from pathlib import Path

from checks.config import load_config
from checks.errors import ExitCode
from checks.report.safe import printable
from checks.repository.facts import Facts
from checks.repository.tree import DirectoryTree
from setup_wizard.arguments import EXIT_CODES

_PAGE = """\
## Sentry in this repository

`sentry-setup` checks and sets up Sentry here. {targets}

### Check

- `sentry-setup audit --format json` reads files only: no network, and never runs the repository's code.
- Read `items[]`: `outcome` is `pass`, `fail`, `unknown`, `not-applicable` or `error`. `findings[]` says what is wrong, with `path`, `line`
  and `hint`. `unknown` is not a pass: the hint names what would decide it.
- Only items with `severity: required` change the exit code; `proof` is `wired` (the repository says so) or `proven` (it was observed).
- `sentry-setup explain ID --format json` explains an item: why, evidence, fix, documentation.
- After a change, run `sentry-setup audit --select ID,… --format json` again.
- `sentry-setup verify-build DIR --format json` checks a finished frontend build.

### Change

1. `sentry-setup plan --offline --format json` shows every edit as a diff, and changes nothing. `sentry-setup help steps` lists the steps.
2. Show the plan to a person and wait for their approval.
3. `sentry-setup apply STEP… --offline --yes` makes the edits; `sentry-setup undo` restores every byte.

A step with outcome `refused` wrote nothing: use its snippet and place to edit by hand.

### Do not

- Do not write a waiver, a sign-off or a `sentry-setup: ignore` comment unless a person asks for it; the same goes for
  `[tool.sentry-setup]`.
- Do not read, print or store tokens (`SENTRY_AUTH_TOKEN`, `SENTRY_READ_TOKEN`), and do not run `--online`, `launch` or `apply` without
  `--offline` unless a person asks for it: they use the person's Sentry account.
- Do not run `verify-runtime` on code that you do not trust: it runs the application.

### Exit codes

```text
{codes}
```
"""


def agents_page(facts: Facts) -> str:
    """Return the page for one repository, with its backends and frontends."""
    found = [f"the backend `{printable(b.name)}` in `{printable(b.root)}`" for b in facts.backends]
    found += [f"the frontend `{printable(f.name)}` in `{printable(f.root)}`" for f in facts.frontends]
    targets = f"It covers {', '.join(found)}." if found else "It found no backend and no frontend yet."
    codes = "\n".join(line.strip() for line in EXIT_CODES.splitlines()[1:])
    return _PAGE.replace("{targets}", targets).replace("{codes}", codes)


def run_agents(root: Path) -> ExitCode:
    """Print the page."""
    tree = DirectoryTree(root)
    sys.stdout.write(agents_page(Facts(tree, load_config(tree))))
    return ExitCode.OK
