"""A plan as data: file changes, then ordered outside actions, step by step. Nothing in it has an effect."""

from __future__ import annotations

import difflib
from enum import StrEnum

from msgspec import Struct, field

from setup_wizard.editors.base import Refused


class FileChange(Struct, frozen=True, kw_only=True):
    """A file's bytes before (None: it is made) and after; `secret` when git must ignore the file."""

    path: str
    before: bytes | None
    after: bytes
    secret: bool = False


class EnsureProject(Struct, frozen=True, kw_only=True):
    """Find or create a Sentry project for a target."""

    target: str
    slug: str
    platform: str

    @property
    def title(self) -> str:
        """What it does, in words."""
        return f"create the Sentry project {self.slug} ({self.platform})"


class EnsureAlert(Struct, frozen=True, kw_only=True):
    """Find or create an alert of a target's project: by `email` (`to`: a team's id, None: the issue owners), to a `slack`
    channel, or to a `pagerduty` service (`to`: its name or id).
    """

    target: str
    slug: str
    channel: str
    to: str | None = None

    @property
    def title(self) -> str:
        """What it does, in words."""
        what = "high-priority issue" if self.channel == "pagerduty" else "new issue"
        where = {"email": "email", "slack": f"Slack {self.to}", "pagerduty": f"PagerDuty {self.to}"}[self.channel]
        return f"create the alert “{what} → {where}” for {self.slug}"


class InviteMember(Struct, frozen=True, kw_only=True):
    """Invite an address to the organization."""

    email: str
    role: str
    team: str | None

    @property
    def title(self) -> str:
        """What it does, in words."""
        place = f", team {self.team}" if self.team else ""
        return f"invite {self.email} as {self.role}{place}"


class ReviewPerformance(Struct, frozen=True, kw_only=True):
    """Show the week's performance of a target's project; `present_rate` is the sample rate that the settings write out."""

    target: str
    slug: str
    present_rate: float | None

    @property
    def title(self) -> str:
        """What it does, in words."""
        return f"review the last week's performance of {self.slug}"


class SendTestEvent(Struct, frozen=True, kw_only=True):
    """Send a message and an exception to a target's DSN, and wait until both are seen."""

    target: str
    slug: str
    environment: str
    release: str | None

    @property
    def title(self) -> str:
        """What it does, in words."""
        return f"send a test message and a test error to {self.slug}, and wait until both are seen"


class Command(Struct, frozen=True, kw_only=True):
    """An outside program: argument list, working folder (relative), and the files it changes."""

    argv: tuple[str, ...]
    folder: str
    touches: tuple[str, ...]

    @property
    def title(self) -> str:
        """The command as a person would type it."""
        place = "" if self.folder == "." else f" (in {self.folder})"
        return f"run {' '.join(self.argv)}{place}"


class SendThroughApplication(Struct, frozen=True, kw_only=True):
    """Send the test event once more, through the application's own production settings; runs the repository's code."""

    target: str
    slug: str

    @property
    def title(self) -> str:
        """What it does, in words."""
        return f"run the production settings of {self.target}, and send a message and an error through them"


class TestNotification(Struct, frozen=True, kw_only=True):
    """Really send a notification through a channel of a target's alerts (`channel`, `to`: see `EnsureAlert`)."""

    __test__ = False  # its name is no test's

    slug: str
    channel: str
    to: str | None

    @property
    def title(self) -> str:
        """What it does, in words."""
        return f"send a test notification to {self.channel}{f' {self.to}' if self.to else ''}"


class StoreCiToken(Struct, frozen=True, kw_only=True):
    """Create an organization token, which can do releases and uploads alone, and hand it to the CI's secret store."""

    name: str
    variable: str

    @property
    def title(self) -> str:
        """What it does, in words."""
        return f"create the organization token “{self.name}”, and store it as the secret {self.variable} with gh"


class FindRepository(Struct, frozen=True, kw_only=True):
    """Check whether Sentry knows a repository (`owner/name` of a forge), without which no commit is tied to a release."""

    name: str
    forge: str = "github"

    @property
    def title(self) -> str:
        """What it does, in words."""
        return f"check whether Sentry knows the repository {self.name}"


class ManualTask(Struct, frozen=True, kw_only=True):
    """A manual task: what only a person can do, the command that does it, or the page.

    What an editor left alone has its `reason`, the `place`, the file's `path`, and the exact text to write there (`snippet`).
    `id` is that of the audit's task, where it lists the same one ("": it does not). `about`: of the tasks about one thing the
    last one of a plan says all that the earlier ones say.
    """

    title: str
    command: str | None = None
    url: str | None = None
    reason: str = ""
    place: str = ""
    path: str = ""
    snippet: str = ""
    id: str = ""
    about: str = ""


SentryAction = (
    EnsureProject
    | EnsureAlert
    | InviteMember
    | ReviewPerformance
    | SendTestEvent
    | SendThroughApplication
    | TestNotification
    | StoreCiToken
    | FindRepository
)
Action = SentryAction | Command | ManualTask


class StepOutcome(StrEnum):
    """What a step would do, or how it ended: a plan is none of the last two, a result is never the first."""

    PLANNED = "planned"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    SKIPPED = "skipped"
    APPLIED = "applied"
    FAILED = "failed"


class StepPlan(Struct, frozen=True, kw_only=True):
    """What one step would do; `reason` says why it is refused or skipped, or what is there already.

    `lacks_sentry` says that it does nothing for want of a connection, or of an organization's name.
    """

    step: str
    outcome: StepOutcome
    changes: tuple[FileChange, ...] = ()
    actions: tuple[Action, ...] = ()
    reason: str = ""
    refusal: Refused | None = None
    lacks_sentry: bool = False


class Plan(Struct, frozen=True, kw_only=True):
    """The plans of all asked steps, in order, made on one overlay."""

    root: str
    steps: tuple[StepPlan, ...]
    notes: tuple[str, ...] = field(default=())
    unmet: tuple[ManualTask, ...] = ()

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """The file changes of all steps, one a file: from its bytes on disk to those after the last step."""
        merged: dict[str, FileChange] = {}
        for change in (c for s in self.steps for c in s.changes):
            first = merged.get(change.path)
            before = first.before if first else change.before
            secret = change.secret or (first.secret if first else False)
            merged[change.path] = FileChange(path=change.path, before=before, after=change.after, secret=secret)
        return tuple(c for c in merged.values() if c.before != c.after)

    @property
    def done(self) -> int:
        """How many things the plan does by itself: the files that change, the commands and the calls."""
        return len(self.changes) + sum(1 for s in self.steps for a in s.actions if not isinstance(a, ManualTask))

    @property
    def manual(self) -> tuple[ManualTask, ...]:
        """The manual tasks of all steps, then those of required items that no step is for (`unmet`), each once."""
        of_steps = (a for s in self.steps for a in s.actions if isinstance(a, ManualTask))
        return tuple(dict.fromkeys([*of_steps, *self.unmet]))

    @property
    def empty(self) -> bool:
        """Whether nothing would be written, run or called."""
        return not self.changes and not any(not isinstance(a, ManualTask) for s in self.steps for a in s.actions)


def unified_diff(change: FileChange) -> str:
    """Return a change as a unified diff; a file that git ignores is shown without its other lines, which may be secret."""
    before = (change.before or b"").decode("utf-8", errors="replace").splitlines(keepends=True)
    after = change.after.decode("utf-8", errors="replace").splitlines(keepends=True)
    source = "/dev/null" if change.before is None else f"a/{change.path}"
    lines = list(difflib.unified_diff(before, after, source, f"b/{change.path}", n=0 if change.secret else 3))
    if change.secret:
        lines = [line if line.startswith(("+", "@", "---")) else "-…\n" for line in lines]
    out = []
    for line in lines:
        out.append(line.rstrip("\r\n") + "\n")
        if not line.endswith("\n"):
            out.append("\\ No newline at end of file\n")
    return "".join(out)
