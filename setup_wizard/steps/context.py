"""What a step plans with: facts on an overlay, answers, and what is known of Sentry; editing means writing to the overlay."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct, field

from checks.config import Config
from checks.repository.facts import Facts
from checks.repository.names import organization_named, project_slug
from checks.repository.tree import UnreadableFileError
from checks.sentry_api.hosts import SAAS, is_saas
from checks.sentry_api.snapshot import Snapshot
from setup_wizard.editors.base import Edit, Edited, Refused
from setup_wizard.editors.header import header_for
from setup_wizard.editors.strict import problem_of
from setup_wizard.plan.model import Action, FileChange, ManualTask
from setup_wizard.plan.overlay import Overlay
from setup_wizard.steps.wanted import Wanted

PENDING_MARK = b"known-after-the-project-is-created"
PENDING_DSN = "https://the-dsn-of-{slug}@" + PENDING_MARK.decode() + "/0"


State = tuple[dict[str, bytes], dict[str, FileChange], list[Action]]
"""What was planned at one moment: the overlay's files, their changes, and the actions."""


class StepRefused(Exception):
    """An editor refused: the part of the step that asked for it (see `Context.part`) writes nothing."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class SentryState(Struct, frozen=True, kw_only=True):
    """What is known of Sentry while planning. `dsns` and `existing` are by target; a missing project has no entry.

    `connected` is False for `--offline`; `receiver` says that the server only takes events, and is not set up by its API
    (`connected` is False then, too); `keyless` has the page of the client keys of each target that has no active one.
    """

    url: str = SAAS
    organization: str | None = None
    team: str | None = None
    team_ids: dict[str, str] = field(default_factory=dict)
    existing: dict[str, str] = field(default_factory=dict)
    dsns: dict[str, str] = field(default_factory=dict)
    keyless: dict[str, str] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    connected: bool = False
    receiver: bool = False


class Context:
    """The planning of one step. Nothing here has an effect outside of the overlay."""

    def __init__(
        self,
        overlay: Overlay,
        config: Config,
        known: SentryState,
        *,
        ignored: Callable[[str], bool | None],
        tracked: Callable[[str], bool],
        release: str | None,
        install: bool,
    ) -> None:
        self.overlay = overlay.fork()
        self.config = config
        self.known = known
        self.ignored = ignored
        self.tracked = tracked
        self.release = release
        self.install = install
        self.actions: list[Action] = []
        self.changes: dict[str, FileChange] = {}
        self.left: list[Refused] = []
        self.notes: list[str] = []
        self.settled = False
        self.lacks_sentry = False
        self.without_sdk: frozenset[str] = frozenset()
        """Names of backends that the step `sdk` of the same plan leaves without an SDK."""
        self.handed: dict[str, Wanted] = {}
        """What earlier steps of the same plan told each builder of an image to hand in."""
        self.facts = Facts(self.overlay, config, known.snapshot)

    def refresh(self) -> None:
        """Read the overlay again after edits that the following decisions depend on."""
        self.facts.forget()
        self.facts = Facts(self.overlay, self.config, self.known.snapshot)

    @contextmanager
    def part(self) -> Iterator[None]:
        """Plan a part of the step that stands for itself: what is refused in it becomes a manual task, and leaves no other trace."""
        before = self.state()
        try:
            yield
        except StepRefused as refused:
            self.restore(before)
            self.leave(refused.refusal)

    def state(self) -> State:
        """Return what was planned so far: the overlay's files, their changes, and the actions."""
        return dict(self.overlay.changed), dict(self.changes), list(self.actions)

    def restore(self, state: State) -> None:
        """Take back everything that was planned since a `state`; what was left to the person stays noted."""
        self.overlay.changed, self.changes, self.actions = state
        self.refresh()

    def leave(self, refusal: Refused, title: str = "") -> None:
        """Leave a part to the person, with the reason, the place and the text to write there, under a title of its own or `edit …`."""
        self.left.append(refusal)
        words = re.findall(r"[\w./@+-]+", refusal.place)
        path = next((w for w in words if w in self.overlay.changed or w in self.facts.paths), "")
        self.actions.append(
            ManualTask(
                title=title or (f"edit {refusal.place}" if path else refusal.place or "do this by hand"),
                reason=refusal.reason,
                place=refusal.place,
                path=path,
                snippet=refusal.snippet,
            )
        )

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes as planned so far, or None where there is none.

        Raises `StepRefused` for what cannot be read (a link out of the repository or in a circle, a pipe, a file of another user):
        the part that needs it is left to the person, and all others continue.
        """
        try:
            return self.overlay.read(path)
        except UnreadableFileError as error:
            reason = str(error).removeprefix(f"{path}: ")
            raise StepRefused(Refused(f"{path} cannot be read ({reason})", "", path)) from error

    def edit(
        self, path: str, editor: Callable[[bytes | None], Edit], *, secret: bool = False, once: bool = False
    ) -> bool:
        """Run an editor on a file; returns whether it changed it. Raises `StepRefused`.

        An edit counts only when the same editor finds nothing more to change in its result; one that names a line (`once`)
        cannot be asked again, for its lines have moved. The result is also read strictly, as the file's own reader would.
        """
        before = self.read(path)
        result = editor(before)
        if isinstance(result, Refused):
            raise StepRefused(result)
        if not isinstance(result, Edited) or result.data == before:
            self.settled = True
            return False
        problem = problem_of(path, before, result.data)
        if problem is not None:
            raise StepRefused(Refused(f"{path} would be refused by its reader after the edit: {problem}", "", path))
        again = result if once else editor(result.data)
        if isinstance(again, Refused) or (isinstance(again, Edited) and again.data != result.data):
            raise StepRefused(Refused(f"a second run would change {path} again", "", path))
        after = result.data if before is not None or secret else self._headed(path, result.data)
        self.overlay.write(path, after)
        first = self.changes.get(path)
        self.changes[path] = FileChange(path=path, before=first.before if first else before, after=after, secret=secret)
        return True

    def _headed(self, path: str, data: bytes) -> bytes:
        """Return a new file's bytes with the licence header that the repository's files start with."""
        return header_for(path, self.overlay.paths, self.facts.text).encode() + data

    def slug(self, kind: str, target: str) -> str:
        """Return the Sentry project of a backend or frontend."""
        return project_slug(self.facts, kind, target)

    def dsn(self, kind: str, target: str) -> str | None:
        """Return the DSN of a target: the answer, the project's, or a stand-in until the project is created.

        None without a connection and without an answer: then nobody knows it.
        """
        known = self.config.get(f"{kind}.dsn", target) or self.known.dsns.get(target)
        if known is None and self.known.connected:
            return PENDING_DSN.format(slug=self.slug(kind, target))
        return known

    def keys_page(self, kind: str, target: str) -> str:
        """Return the page on which a person finds the DSN of a target's project."""
        return f"{self.known.url}/settings/{self.organization or ':orgslug'}/projects/{self.slug(kind, target)}/keys/"

    def need_client_key(self, kind: str, target: str) -> None:
        """Raise `StepRefused` for a project whose every client key is disabled: a DSN of it takes no events."""
        page = self.known.keyless.get(target)
        if page is not None:
            slug = self.slug(kind, target)
            reason = f"every client key of {slug} is disabled, so its DSN takes no events; enable one there"
            raise StepRefused(Refused(reason, "", page))

    @property
    def organization(self) -> str | None:
        """The organization's slug: the connected one, else the answer, else the one that the repository names already."""
        known = self.known.organization or self.config.answers.get("sentry.org")
        return known if known or self.known.connected else organization_named(self.facts)

    def without_sentry(self, reason: str) -> str:
        """Return why a step does nothing, and note that it would if it knew the person's Sentry."""
        self.lacks_sentry = True
        return reason

    def need_organization(self) -> str:
        """Return the organization's slug. Raises `StepRefused` when nobody knows it."""
        if self.organization is None:
            reason = self.without_sentry("the organization is not known")
            raise StepRefused(Refused(f"{reason}; connect to Sentry, or pass `--set sentry.org=SLUG`", "", ""))
        return self.organization

    @property
    def own_url(self) -> str | None:
        """The URL of a Sentry that is not sentry.io, else None."""
        return None if is_saas(self.known.url) or self.known.url == SAAS else self.known.url

    @property
    def environment(self) -> str:
        """The environment that production is called."""
        return self.config.answers.get("environment", "production")
