"""What each step asks, with the answer already found and the place it was found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from checks.errors import UsageError
from checks.repository.facts import Facts
from checks.repository.names import project_slug
from checks.sentry_api.members import ROLES
from checks.targets.cross_origin import traced_origins
from setup_wizard.services.ci_secret import can_store
from setup_wizard.steps.context import Context, SentryState
from setup_wizard.steps.deploy_jobs import deploy_candidates, possible_jobs
from setup_wizard.steps.frontend_answers import origins

if TYPE_CHECKING:
    from setup_wizard.services.connection import Connection


class Question(Struct, frozen=True, kw_only=True):
    """A question: answer key, label, prefilled value, where that was found, choices where there are some."""

    key: str
    label: str
    value: str
    found: str
    choices: tuple[str, ...] = ()
    required: bool = True

    def problem(self, value: str) -> str | None:
        """Return what is wrong with an answer, or None."""
        if not value.strip():
            return "this needs an answer" if self.required else None
        if self.choices and value not in self.choices:
            return "one of " + ", ".join(self.choices[:6])
        if self.key == "sentry.org" and not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value.strip()):
            return "lower-case letters, digits, - and _: the organization's slug, not its title"
        if self.key.endswith(".project") and not re.fullmatch(r"(?!\d+$)[a-z0-9_-]{1,50}", value):
            return "lower-case letters, digits, - and _, not only digits, at most 50"
        if self.key == "performance.sample_rate":
            try:
                rate = float(value)
            except ValueError:
                return "a number from 0 to 1"
            return None if 0 <= rate <= 1 else "a number from 0 to 1"
        if self.key == "team.emails":
            wrong = next(
                (a for a in re.split(r"[,\s]+", value) if a and not re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", a)), None
            )
            return f"{wrong} is not an email address" if wrong else None
        if self.key == "frontend.trace_targets":
            try:
                origins(value)
            except UsageError as error:
                return f"{error.message}; {error.hint}"
            return None
        if self.key == "uptime.url" and not re.fullmatch(r"https?://[^\s/]+\S*", value.strip()):
            return "an address, e.g. https://example.com/health"
        if self.key == "release.jobs" and not re.fullmatch(r"\s*[\w-]+:[\w .-]+(\s*,\s*[\w-]+:[\w .-]+)*\s*", value):
            return "write job:environment, separated by commas"
        return None


def questions_for(step: str, facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    """Return a step's questions. Facts are read, Sentry is not asked."""
    asked = {
        "project": _project,
        "sdk": _sdk,
        "test-event": _test_event,
        "alerts": _alerts,
        "team": _team,
        "release-tracking": _releases,
        "source-maps": _source_maps,
        "ci-audit": _ci_audit,
        "frontend-sdk": _frontend_sdk,
        "beyond-errors": _beyond_errors,
    }.get(step)
    return asked(facts, connection) if asked else ()


def _ci_audit(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    found = "a job without secrets installs as your tests do, and starts the application against a Sentry on loopback"
    value = facts.config.answers.get("ci.runtime", "no")
    question = Question(
        key="ci.runtime", label="Run the application in CI", value=value, found=found, choices=("no", "yes")
    )
    found = "a step after each deployed build checks that its maps were uploaded and are not published"
    verify = _choice(facts, "ci.verify", "Verify builds in CI", "no", found)
    return (*([question] if facts.backends else []), *([verify] if facts.frontends else []))


def _name(kind: str, name: str, several: bool) -> str:
    return f"{kind}.{name}.project" if several else f"{kind}.project"


def _projects(facts: Facts, kind: str) -> list[Question]:
    parts = facts.backends if kind == "backend" else facts.frontends
    found = []
    for part in parts:
        configured = facts.config.get(f"{kind}.project", part.name)
        place = f"from {facts.config.path}" if configured and facts.config.path else "from the repository's name"
        label = f"{'Backend' if kind == 'backend' else 'Frontend'} project" + (
            f" ({part.name})" if len(parts) > 1 else ""
        )
        found.append(
            Question(
                key=_name(kind, part.name, len(parts) > 1),
                label=label,
                value=project_slug(facts, kind, part.name),
                found=place,
            )
        )
    return found


def _project(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    team = Question(
        key="sentry.team",
        label="Team",
        value=connection.team.slug if connection else "",
        found=f"from Sentry, {len(connection.teams)} team{'s' * (len(connection.teams) != 1)}" if connection else "",
        choices=tuple(t.slug for t in connection.teams) if connection else (),
    )
    return (team, *_projects(facts, "backend"), *_projects(facts, "frontend"))


def _sdk(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    questions = []
    if len(facts.backends) == 1 and facts.backends[0].settings is not None:
        module = facts.backends[0].settings
        line = f":{module.found_line}" if module.found_line else ""
        questions.append(
            Question(
                key="backend.settings",
                label="Production settings",
                value=module.name,
                found=f"from {module.found_in}{line}",
            )
        )
    rate = facts.config.answers.get("performance.sample_rate", "0.1")
    questions.append(
        Question(
            key="performance.sample_rate", label="Trace sample rate", value=rate, found="0.1 (10 %) is a good start"
        )
    )
    return tuple(questions)


def _test_event(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    return (
        Question(
            key="environment",
            label="Environment",
            value=facts.config.answers.get("environment", "production"),
            found="events are reported under it",
        ),
        Question(
            key="test_event.application",
            label="Use the app too",
            value="no",
            found="runs the production settings here, with this environment, and sends both again",
            choices=("no", "yes"),
        ),
    )


def _organization(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    """Ask for the organization's name where no connection says it: files name it, and a person knows it."""
    if connection is not None:
        return ()
    value = facts.config.answers.get("sentry.org", "")
    place = f"from {facts.config.path}" if value and facts.config.path else "its slug, as in your Sentry URL"
    return (Question(key="sentry.org", label="Organization", value=value, found=place),)


def _source_maps(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    own = (
        _choice(
            facts, "frontend.guard", "Stop without maps", "no", "yes fails a release build whose maps are not uploaded"
        ),
        _choice(
            facts, "frontend.telemetry", "Plugin telemetry", "yes", "the bundler plugin reports its own use to Sentry"
        ),
    )
    asked = (*_organization(facts, connection), *_projects(facts, "frontend"))
    return (*asked, *(own if facts.frontends else ()), *_ci_token(facts, connection))


def _choice(facts: Facts, key: str, label: str, default: str, found: str) -> Question:
    value = facts.config.answers.get(key, default)
    value = {"true": "yes", "false": "no"}.get(value, value)
    return Question(
        key=key, label=label, value=value, found=found, choices=(default, "no" if default == "yes" else "yes")
    )


def _frontend_sdk(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    if not facts.frontends:
        return ()
    targets = Question(
        key="frontend.trace_targets",
        label="Send trace headers to",
        value=facts.config.answers.get("frontend.trace_targets", ", ".join(traced_origins(facts, facts.frontends[0]))),
        found="the API's origin if it is not the page's, e.g. https://api.example.com",
        required=False,
    )
    return (
        targets,
        _choice(facts, "frontend.replay", "Session Replay", "no", "yes records sessions, texts and media masked"),
        _choice(facts, "frontend.logs", "Browser logs", "no", "yes sends the browser's logs to Sentry"),
    )


def _beyond_errors(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    """Ask for each part of Sentry that can be of use here, with what it costs; every one is off unless a person says yes."""
    from checks.items.beyond_errors import clients_of, scheduled_of
    from checks.repository.dependencies import python_manifests

    scheduled = any(scheduled_of(facts, b) or python_manifests(facts, b.root).has("celery") for b in facts.backends)
    models = any(clients_of(facts, b) for b in facts.backends)
    offers: list[tuple[bool, str, str, str]] = [
        (bool(facts.backends), "backend.logs", "Backend logs", "yes sends log records; billed by volume"),
        (bool(facts.backends), "backend.profiles", "Profiles", "yes profiles sampled traces; billed by the hour"),
        (scheduled, "backend.crons", "Scheduled jobs", "yes watches each with a monitor; one is included"),
        (models, "backend.ai", "Language models", "yes traces each call; billed by volume, without prompts"),
        (bool(facts.frontends), "frontend.logs", "Browser logs", "yes sends them; billed by volume"),
        (
            bool(facts.frontends),
            "frontend.replay",
            "Session Replay",
            "yes records a tenth of the sessions, masked; billed by session",
        ),
        (bool(facts.frontends), "frontend.feedback", "User feedback", "yes shows a button on every page"),
    ]
    asked = [_choice(facts, key, label, "no", found) for useful, key, label, found in offers if useful]
    address = Question(
        key="uptime.url",
        label="Uptime of",
        value=facts.config.answers.get("uptime.url", ""),
        found="optional: the URL that Sentry should request; one monitor is included",
        required=False,
    )
    return (*asked, address) if asked else ()


def _alerts(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    teams = tuple(f"team:{t.slug}" for t in connection.teams) if connection else ()
    value = facts.config.answers.get("alerts.email_target", "issue-owners")
    return (
        Question(
            key="alerts.email_target",
            label="Email goes to",
            value=value,
            found="the issue's owners, else all active members",
            choices=("issue-owners", *teams),
        ),
        Question(
            key="alerts.slack_channel",
            label="Slack channel",
            value=facts.config.answers.get("alerts.slack_channel", ""),
            found=_connected(connection, "slack", "Optional, e.g. #alerts"),
            required=False,
        ),
        Question(
            key="alerts.pagerduty_service",
            label="PagerDuty service",
            value=facts.config.answers.get("alerts.pagerduty_service", ""),
            found=_connected(connection, "pagerduty", "optional; its name. Only high-priority issues page someone"),
            required=False,
        ),
        Question(
            key="alerts.test",
            label="Send a test",
            value="no",
            found="sends one test notification to each channel",
            choices=("no", "yes"),
        ),
    )


def _connected(connection: Connection | None, provider: str, what: str) -> str:
    """Say whether an integration is connected, by what was last seen of Sentry."""
    installed = connection.integrations if connection else ()
    name = next((i.name for i in installed if i.provider == provider and i.active), None)
    return f"{what}; connected: {name}" if name else f"{what}; not connected yet: the wizard opens its install page"


def _team(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    return (
        Question(
            key="team.emails",
            label="Invite",
            value=facts.config.answers.get("team.emails", ""),
            found="email addresses, separated by commas; no one else is invited",
            required=False,
        ),
        Question(
            key="team.role",
            label="As",
            value=facts.config.answers.get("team.role", "member"),
            found=f"and into the team {connection.team.slug}" if connection else "",
            choices=ROLES,
        ),
    )


def _releases(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    from setup_wizard.plan.overlay import Overlay

    context = Context(
        Overlay(facts.tree),
        facts.config,
        SentryState(),
        ignored=lambda _: None,
        tracked=lambda _: False,
        release=None,
        install=False,
    )
    candidates = deploy_candidates(context)
    value = facts.config.answers.get("release.jobs") or ",".join(
        dict.fromkeys(f"{job.id}:{environment}" for _, job, environment in candidates)
    )
    place = f"from {candidates[0][0].path}:{candidates[0][1].line}" if candidates else _possible(context)
    # Without a job that deploys the answer may be that there is none: then the plan shows what to write where it deploys.
    asked = [Question(key="release.jobs", label="Deploy jobs", value=value, found=place, required=bool(candidates))]
    return (*_organization(facts, connection), *asked, *_ci_token(facts, connection))


def _possible(context: Context) -> str:
    """Return what to say where no job is known to deploy: the jobs that may."""
    jobs = [f"{job.id} ({why})" for _, job, why in possible_jobs(context)[:3]]
    found = f"no job certainly deploys; these may: {', '.join(jobs)}" if jobs else "no job that deploys was found"
    return f"{found}; leave this empty if none does, and the plan shows what to run after a deploy"


def _ci_token(facts: Facts, connection: Connection | None) -> tuple[Question, ...]:
    """Ask for consent only where it can be acted on: connected, with GitHub workflows and its client."""
    if connection is None or not can_store() or not any(w.ci.hands_secrets for w in facts.workflows):
        return ()
    return (
        Question(
            key="release.token",
            label="CI's token",
            value="by-hand",
            found="create makes an organization token and stores it with gh; it is never written to a file",
            choices=("by-hand", "create"),
        ),
    )
