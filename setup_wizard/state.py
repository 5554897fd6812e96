"""The wizard's state as frozen values, and the flow over it: what is done, what comes next. No terminal, no effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from checks.checklist import CHECKLIST
from checks.model import ManualTask, Outcome, Report, Result, Severity
from checks.patterns import lazy_pattern

if TYPE_CHECKING:
    from setup_wizard.plan.engine import Applied
    from setup_wizard.plan.model import ManualTask as Task
    from setup_wizard.steps import Step


class Header(Struct, frozen=True, kw_only=True):
    """What the wizard's first line tells: repository, branch, number of changed files, and what was found; `empty` where there
    is neither a backend nor a frontend. `guide` is the page about the backends' framework, "" for Django and for several.
    """

    repository: str
    branch: str | None = None
    changed: int = 0
    found: tuple[str, ...] = ()
    empty: bool = False
    guide: str = ""


class Preview(Struct, frozen=True, kw_only=True):
    """What a step would do: a line for each file and action, and the unified diff of the files."""

    lines: tuple[str, ...]
    diff: str = ""


class WizardState(Struct, frozen=True, kw_only=True):
    """Everything the screens show. `results` fill in as they are decided; `applied` are the runs of this session; `unchanged` are
    the tasks of steps whose last plan changed nothing (a refused one too), by the step's id; `previews` say what each step would
    do, by its id; `left` are the person's own tasks as the last audit with Sentry saw them; `ticked` are the titles of those that
    the person ticked; `told` are the tasks that say in one what several steps told of one thing; `alone` says that a person
    continues without Sentry.
    """

    header: Header
    results: dict[str, Result] = field(default_factory=dict)
    organization: str | None = None
    url: str | None = None
    applied: tuple[Applied, ...] = ()
    unchanged: dict[str, tuple[Task, ...]] = field(default_factory=dict)
    previews: dict[str, Preview] = field(default_factory=dict)
    left: tuple[ManualTask, ...] = ()
    ticked: frozenset[str] = frozenset()
    told: dict[str, Task] = field(default_factory=dict)
    alone: bool = False
    busy: str | None = None
    error: str | None = None

    def with_result(self, result: Result) -> WizardState:
        """Return the state with one more decided item."""
        return replace(self, results={**self.results, result.item.id: result})

    def with_report(self, report: Report) -> WizardState:
        """Return the state with every item as a report has it, and what it says is left for the person where it asked Sentry."""
        left = report.manual if report.online else self.left
        return replace(self, results={r.item.id: r for r in report.results}, left=left)

    @property
    def connected(self) -> bool:
        """Whether Sentry was reached."""
        return self.organization is not None


def progress(state: WizardState) -> tuple[int, int]:
    """Return `(required items that pass, required items that apply, or will once another item passes)`.

    What waits for another item counts from the start, so that the goal does not move while a person comes closer.
    """
    required = [i for i in CHECKLIST if i.severity is Severity.REQUIRED]
    decided = [state.results.get(i.id) for i in required]
    applicable = [r for r in decided if r is None or r.outcome is not Outcome.NOT_APPLICABLE or _waits(state, r)]
    return sum(1 for r in applicable if r and (r.outcome is Outcome.PASS or r.waiver)), len(applicable)


def waiting(state: WizardState) -> tuple[Result, ...]:
    """Return the required items that do not apply yet, because another one does not pass: they are part of the goal."""
    required = (r for r in state.results.values() if r.item.severity is Severity.REQUIRED)
    return tuple(r for r in required if r.outcome is Outcome.NOT_APPLICABLE and _waits(state, r))


_SEE = lazy_pattern(r"\(see ([a-z-]+)\)")


def _waits(state: WizardState, result: Result) -> bool:
    """Return whether an item does not apply yet, because of another one that does not pass: its reason says `(see ID)`."""
    named = {n for f in result.findings for n in _SEE.findall(f.message)}
    return any((other := state.results.get(n)) is not None and _undone(other) for n in named)


def step_of(item_id: str) -> Step | None:
    """Return the step that sets an item up."""
    from setup_wizard.steps import PRACTICES, STEPS

    step_id = next((i.step for i in CHECKLIST if i.id == item_id), None)
    return next((s for s in (*STEPS, *PRACTICES) if s.id == step_id), None)


def open_steps(state: WizardState) -> tuple[Step, ...]:
    """Return the steps that still have a required item which does not pass, in order."""
    from setup_wizard.steps import STEPS

    return tuple(
        s for s in STEPS if any(_undone(r) and r.item.severity is Severity.REQUIRED for r in _results(state, s))
    )


def is_open(state: WizardState, step: Step) -> bool:
    """Return whether any item of a step, required or not, does not pass; also where nothing proves the step."""
    return not step.proves or any(_undone(r) for r in _results(state, step))


def _results(state: WizardState, step: Step) -> list[Result]:
    return [r for i in step.proves if (r := state.results.get(i)) is not None]


def _undone(result: Result) -> bool:
    return result.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE) and not result.waiver


def next_step(state: WizardState, tried: frozenset[str] = frozenset()) -> Step | None:
    """Return the first open step that was not tried yet (and needs no Sentry, for a person who does without), or None."""
    return next((s for s in open_steps(state) if s.id not in tried and (s.offline or not state.alone)), None)


def position(state: WizardState, step: Step) -> tuple[int, int] | None:
    """Return a step's number and how many there are, among those with a required item that applies; None for any other step."""
    from setup_wizard.steps import STEPS

    applying = [
        s.id
        for s in STEPS
        if any(
            r.item.severity is Severity.REQUIRED and r.outcome is not Outcome.NOT_APPLICABLE for r in _results(state, s)
        )
    ]
    return (applying.index(step.id) + 1, len(applying)) if step.id in applying else None
