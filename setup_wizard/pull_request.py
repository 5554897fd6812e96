"""The commit message and the description of a pull request for what a run did, in the repository's own manner."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from checks.patterns import lazy_pattern
from checks.report.safe import printable
from setup_wizard.plan.model import ManualTask, StepOutcome
from setup_wizard.steps import find_steps

if TYPE_CHECKING:
    from setup_wizard.plan.engine import Applied, StepResult

_TYPE = lazy_pattern(r"^([a-z]+)(?:\([^()]*\))?!?: +(\S)")
"""The first line of a conventional commit (https://www.conventionalcommits.org/en/v1.0.0/#specification)."""
_TYPES = ("feat", "build", "chore", "ci")
_MANY = 5


def commit_subject(earlier: Sequence[str]) -> str:
    """Return the commit's first line as the earlier ones are written: conventional where most are, with their capital or without."""
    parts = [m for s in earlier if (m := _TYPE.match(s))]
    if len(parts) * 2 > len(earlier) and len(parts) >= _MANY:
        used = Counter(m[1] for m in parts)
        kind = next((t for t in _TYPES if used[t]), used.most_common(1)[0][0])
        upper = sum(m[2].isupper() for m in parts) * 2 > len(parts)
        return f"{kind}: {'Set' if upper else 'set'} up Sentry"
    lower = len(earlier) >= _MANY and sum(s[:1].islower() for s in earlier) * 2 > len(earlier)
    return f"{'set' if lower else 'Set'} up Sentry"


def commit_message(earlier: Sequence[str], applied: Applied, paths: Sequence[str]) -> str:
    """Return the whole message: what each step did to the files that are committed, and what is left."""
    lines = [commit_subject(earlier), ""]
    for step in _done(applied):
        files = [printable(p) for p in step.files if p in paths]
        if files:
            text = f"{_title(step)}: {', '.join(files)}"
            lines += textwrap.wrap(f"- {text}", 72, subsequent_indent="  ", break_long_words=False)
    if applied.by_hand:
        lines += ["", *textwrap.wrap(f"{_count(len(applied.by_hand))} left to do by hand; see the description.", 72)]
    return "\n".join(lines).rstrip() + "\n"


def description(applied: Applied, paths: Sequence[str], *, branch: str, sign_off: bool = False) -> str:
    """Return the description of the pull request: what and why, what is left for whom, how it was proven, how to undo it."""
    return "\n".join(_description(applied, paths, branch, sign_off)) + "\n"


def _description(applied: Applied, paths: Sequence[str], branch: str, sign_off: bool) -> Iterator[str]:
    yield "Sets up [Sentry](https://docs.sentry.io/), so that errors in production are reported with their release and environment."
    yield from ("", "## What changed, and why", "")
    for step in _done(applied):
        files = [f"`{_code(p)}`" for p in step.files if p in paths]
        if files:
            yield f"- **{_title(step)}** ({_why(step)}): {', '.join(files)}"
    yield from ("", "## What is left to do", "")
    tasks = sorted(applied.by_hand, key=lambda t: _for_whom(t))
    if not tasks:
        yield "Nothing."
    owner = ""
    for task in tasks:
        if _for_whom(task) != owner:
            owner = _for_whom(task)
            yield f"For {owner}:"
            yield ""
        yield from _task(task)
    yield from ("", "## How it was verified", "")
    yield from _proof(applied)
    yield from ("", "## How to undo it", "")
    yield f"Before the merge: `git switch -`, then `git branch -D {_code(branch)}`. After the merge: `git revert` the commit."
    if applied.run:
        yield f"On the machine that made it, `sentry-setup undo {applied.run}` restores every file byte for byte."
    if applied.created:
        yield f"In Sentry these stay: {', '.join(_words(c) for c in applied.created)}."
    if sign_off:
        yield from ("", "The commits here carry `Signed-off-by`. Add yours with `git commit --amend --no-edit -s`.")


def _done(applied: Applied) -> list[StepResult]:
    return [s for s in applied.steps if s.outcome is StepOutcome.APPLIED]


def _title(step: StepResult) -> str:
    return find_steps([step.step])[0].title


def _why(step: StepResult) -> str:
    asked = find_steps([step.step])[0].proves
    return ", ".join(f"`{i}`" for i in asked) or "keeps the set-up checked"


def _task(task: ManualTask) -> Iterator[str]:
    yield f"- [ ] {_words(task.title)}" + (f": {_words(task.reason)}" if task.reason else "")
    text = [*task.snippet.splitlines(), *([task.command] if task.command else [])]
    if text:
        fence = "`" * max(3, max((len(r) for r in re.findall(r"`+", "\n".join(text))), default=0) + 1)
        yield from ("", f"  {fence}", *(f"  {printable(line)}".rstrip() for line in text), f"  {fence}")
    if task.place and task.id:
        yield f"  Where: {_words(task.place)}"
    if task.url:
        yield f"  <{printable(task.url)}>"
    yield ""


def _for_whom(task: ManualTask) -> str:
    program = (task.command or "").split(" ", 1)[0]
    if program in ("gh", "glab") or "auth-tokens" in (task.url or ""):
        return "someone who can store this repository's CI secrets"
    if (
        program in ("heroku", "dokku", "fly", "railway", "vercel", "cf")
        or task.url
        or task.title.startswith(("give ", "set "))
    ):
        return "someone who deploys"
    return "the author of this pull request"


def _proof(applied: Applied) -> Iterator[str]:
    report = applied.report
    for step in _done(applied):
        for item in (*step.proved, *step.unproved):
            if report is None:
                continue
            result = report.result(item)
            facts = [e.fact for e in result.evidence] or [f.message for f in result.findings]
            first = f": {_words(facts[0])}" if facts else ""
            yield f"- `{item}` {_STATES[result.outcome.value]}{first}"
    yield "- Every edited file was parsed again, strictly, and a second plan changes nothing."


_STATES = {
    "pass": "passes the audit",
    "fail": "still fails",
    "error": "could not be checked",
    "unknown": "is unknown offline",
    "not-applicable": "does not apply",
}


def _count(number: int) -> str:
    return "1 task is" if number == 1 else f"{number} tasks are"


_MARKUP = str.maketrans({c: f"\\{c}" for c in "\\<>|*_[]#~@"})


def _words(text: str) -> str:
    """Return a sentence that Markdown shows as it is; its code spans stay."""
    parts = printable(text).split("`")
    if len(parts) % 2 == 0:
        return printable(text).replace("`", "'").translate(_MARKUP)
    return "".join(f"`{p}`" if n % 2 else p.translate(_MARKUP) for n, p in enumerate(parts))


def _code(text: str) -> str:
    return printable(text).replace("`", "'")
