"""The frozen values of an audit: items, verdicts, results and the report they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, TypedDict

from msgspec import Struct, field

if TYPE_CHECKING:
    from checks.repository.facts import Facts
    from checks.repository.origin import Origin


class Severity(StrEnum):
    """How much an item weighs: only `required` items decide the exit code."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


class Outcome(StrEnum):
    """What a check decided about an item."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"


_WORST_FIRST = (Outcome.ERROR, Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of some outcomes (error, fail, unknown, pass, not-applicable, in that order)."""
    return min(outcomes, key=_WORST_FIRST.index)


class EvidenceKind(StrEnum):
    """Where a fact was seen."""

    REPOSITORY = "repository"
    SENTRY = "sentry"
    RUNTIME = "runtime"
    BUILD = "build"
    ENVIRONMENT = "environment"
    SIGN_OFF = "sign-off"


class Proof(StrEnum):
    """How far a pass was seen: `wired` when the repository says so, `proven` when Sentry or a run of the application showed it."""

    WIRED = "wired"
    PROVEN = "proven"


class Evidence(Struct, frozen=True, kw_only=True):
    """A fact with a place: `path`, 1-based `line` and `column` for repository facts, the endpoint or id in `fact` otherwise."""

    kind: EvidenceKind
    fact: str
    path: str | None = None
    line: int | None = None
    column: int | None = None


class Place(TypedDict):
    """Where a finding points: lines and columns count from 1, columns in characters."""

    path: str
    line: int
    column: int | None


class Finding(Struct, frozen=True, kw_only=True):
    """What is wrong (`fail`) or what would make it known (`unknown`), where, and what to do about it."""

    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None


class Target(Struct, frozen=True, kw_only=True):
    """A backend or frontend that an item is decided for; `root` is a POSIX path relative to the repository."""

    name: str
    root: str


class Verdict(Struct, frozen=True, kw_only=True):
    """One decision of a check, for one target or (without a target) for the repository.

    A pass carries evidence, a fail and an unknown carry a finding: construction without them raises `ValueError`,
    so that no tick can stand without proof.
    """

    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    target: Target | None = None

    def __post_init__(self) -> None:
        if self.outcome is Outcome.PASS and not self.evidence:
            raise ValueError("a pass needs evidence")
        if self.outcome in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE) and not self.findings:
            raise ValueError(f"{self.outcome} needs a finding")

    @property
    def observed(self) -> bool:
        """Whether something outside the repository was seen that shows it: an answer of Sentry, or a run."""
        return any(e.kind in (EvidenceKind.SENTRY, EvidenceKind.RUNTIME, EvidenceKind.BUILD) for e in self.evidence)


def passed(*evidence: Evidence, findings: Sequence[Finding] = (), target: Target | None = None) -> Verdict:
    """Decide that an item holds, on this evidence; `findings` are what is odd nevertheless, and changes no outcome."""
    return Verdict(outcome=Outcome.PASS, evidence=evidence, findings=tuple(findings), target=target)


def failed(*findings: Finding, evidence: Sequence[Evidence] = (), target: Target | None = None) -> Verdict:
    """Decide that an item does not hold; `evidence` is what was seen nevertheless."""
    return Verdict(outcome=Outcome.FAIL, findings=findings, evidence=tuple(evidence), target=target)


def unknown(
    message: str,
    *,
    hint: str | None = None,
    path: str | None = None,
    line: int | None = None,
    column: int | None = None,
    evidence: Sequence[Evidence] = (),
    target: Target | None = None,
) -> Verdict:
    """Decide that an item cannot be determined; `message` says why, `hint` what would make it known."""
    finding = Finding(message=message, path=path, line=line, column=column, hint=hint)
    return Verdict(outcome=Outcome.UNKNOWN, findings=(finding,), evidence=tuple(evidence), target=target)


def failed_or_unknown(
    findings: Sequence[Finding],
    uncertainties: Sequence[Finding],
    *,
    evidence: Sequence[Evidence] = (),
    target: Target | None = None,
) -> Verdict | None:
    """Decide by what is wrong, else by the first thing that cannot be determined; None where there is neither."""
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    if uncertainties:
        found = uncertainties[:1]
        return Verdict(outcome=Outcome.UNKNOWN, findings=tuple(found), evidence=tuple(evidence), target=target)
    return None


def not_applicable(reason: str, *, target: Target | None = None) -> Verdict:
    """Decide that an item does not apply to this repository."""
    return Verdict(outcome=Outcome.NOT_APPLICABLE, findings=(Finding(message=reason),), target=target)


def in_repository(fact: str, path: str, line: int | None = None) -> Evidence:
    """Return a fact with its place in a file of the repository."""
    return Evidence(kind=EvidenceKind.REPOSITORY, fact=fact, path=path, line=line)


def in_sentry(fact: str) -> Evidence:
    """Name a fact that Sentry answered; `fact` names the endpoint or the object's id."""
    return Evidence(kind=EvidenceKind.SENTRY, fact=fact)


Check = Callable[["Facts"], Sequence[Verdict]]


class LazyCheck(Struct, frozen=True, kw_only=True):
    """A check by the name of its module and function; imported when it is called or read about."""

    module: str
    name: str

    @property
    def function(self) -> Check:
        """The function itself. Raises `AttributeError` for a name that the module does not have."""
        from importlib import import_module

        found: Check = getattr(import_module(self.module), self.name)
        return found

    def __call__(self, facts: Facts) -> Sequence[Verdict]:
        """Decide the item."""
        return self.function(facts)


class Item(Struct, frozen=True, kw_only=True):
    """One line of the checklist. `step` is the wizard's step that sets it up; ids are a contract.

    `looks_at` says where evidence is sought, `online` whether Sentry is asked for some of it, and `signable` whether a
    sign-off can be evidence (only where files and Sentry cannot tell). `failing` is the title where it fails, and
    `proven_by` the observation that would prove it ("" where nothing can be observed).
    """

    id: str
    title: str
    section: str
    severity: Severity
    check: LazyCheck
    step: str | None
    docs_url: str
    looks_at: str = ""
    online: bool = False
    signable: bool = False
    failing: str = ""
    proven_by: str = ""


class AppliedWaiver(Struct, frozen=True, kw_only=True):
    """The waiver that suppresses a fail: why, and until when (ISO date; None for a comment beside the code)."""

    reason: str
    until: str | None


class Result(Struct, frozen=True, kw_only=True):
    """An item with what its check decided; `outcome` is the worst of the verdicts.

    `known` says that the baseline has it as it is, so that it is not newly unchecked.
    """

    item: Item
    outcome: Outcome
    verdicts: tuple[Verdict, ...] = ()
    waiver: AppliedWaiver | None = None
    known: bool = False

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All evidence of all targets, in order, each once."""
        return tuple(dict.fromkeys(e for v in self.verdicts for e in v.evidence))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings of all targets, in order, each once."""
        return tuple(dict.fromkeys(f for v in self.verdicts for f in v.findings))

    def proof_of(self, verdict: Verdict) -> Proof | None:
        """Return how far one pass of this item was seen; None for other outcomes and for what nobody can observe."""
        built = any(e.kind is EvidenceKind.BUILD for e in verdict.evidence)
        if verdict.outcome is not Outcome.PASS or not (self.item.proven_by or built):
            return None
        return Proof.PROVEN if verdict.observed else Proof.WIRED

    @property
    def proof(self) -> Proof | None:
        """How far the item was seen to pass: the weakest of its targets."""
        if self.outcome is not Outcome.PASS:
            return None
        proofs = [self.proof_of(v) for v in self.verdicts if v.outcome is Outcome.PASS]
        return Proof.WIRED if Proof.WIRED in proofs else next(iter(proofs), None)

    @property
    def unproven(self) -> bool:
        """Whether a required item passes by the repository only, though Sentry could show more."""
        return self.item.severity is Severity.REQUIRED and self.item.online and self.proof is Proof.WIRED

    @property
    def title(self) -> str:
        """The item's title as it holds: what is true where it passes, what is wrong where it fails."""
        return self.item.failing if self.outcome is Outcome.FAIL and self.item.failing else self.item.title

    @property
    def unchecked(self) -> bool:
        """Whether the item counts as unchecked: required, failing or in error, and not waived."""
        bad = self.outcome in (Outcome.FAIL, Outcome.ERROR)
        return self.item.severity is Severity.REQUIRED and bad and self.waiver is None

    @property
    def newly_unchecked(self) -> bool:
        """Whether the item is unchecked and the baseline does not know it."""
        return self.unchecked and not self.known

    @property
    def undecided(self) -> bool:
        """Whether a required item could not be told."""
        return self.item.severity is Severity.REQUIRED and self.outcome is Outcome.UNKNOWN


class ManualTask(Struct, frozen=True, kw_only=True):
    """What only the person can do. The id stays the same for as long as the task does.

    `url` is the page, `command` what does it in a shell, `place` where it is done, in words, where no page is known;
    `value` is the exact text to paste, `value_url` the page to copy it from where it is not known here. `seen` is what showed
    that it is done, or what would show it.
    """

    id: str
    title: str
    reason: str
    done: bool
    seen: str
    url: str | None = None
    command: str | None = None
    value: str | None = None
    path: str | None = None
    place: str | None = None
    value_url: str | None = None


OFFLINE_NOTE = "This audit was offline: nothing in Sentry was checked"
"""The note of an audit without Sentry."""


class Report(Struct, frozen=True, kw_only=True):
    """What an audit found: the repository, each item's result, and notes on what was not audited.

    `date` is the day of the audit (ISO), and `origin` where the repository comes from: only reports that are passed on need it.
    """

    root: str
    revision: str | None
    results: tuple[Result, ...]
    online: bool = False
    notes: tuple[str, ...] = field(default=())
    manual: tuple[ManualTask, ...] = ()
    date: str | None = None
    origin: Origin | None = None

    @property
    def name(self) -> str:
        """The repository's name for a reader elsewhere: `owner/name` of its origin, else its directory's own name."""
        return (
            self.origin.name
            if self.origin
            else self.root.replace("\\", "/").rstrip("/").rpartition("/")[2] or "repository"
        )

    def result(self, item_id: str) -> Result:
        """Return the result of one item; raises `KeyError` when it was not selected."""
        for result in self.results:
            if result.item.id == item_id:
                return result
        raise KeyError(item_id)

    @property
    def unchecked(self) -> tuple[Result, ...]:
        """The required items that are not done."""
        return tuple(r for r in self.results if r.unchecked)

    @property
    def unproven(self) -> tuple[Result, ...]:
        """The required items that are wired and could be proven by Sentry; none where it was not asked."""
        return tuple(r for r in self.results if r.unproven) if self.online else ()

    @property
    def undecided(self) -> tuple[Result, ...]:
        """The required items that could not be told."""
        return tuple(r for r in self.results if r.undecided)
