"""The command `help`: help for a command, or for a topic that several commands share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from checks.errors import ExitCode, UsageError, nearest
from setup_wizard.arguments import COMMANDS, ENVIRONMENT, EXIT_CODES, TOPICS, build_parser, command_parser

if TYPE_CHECKING:
    from setup_wizard.steps import Step

ANSWERS: dict[str, str] = {
    "sentry.url": "your Sentry server (default: https://sentry.io)",
    "sentry.org": "the organization's slug",
    "sentry.ca_file": "the certificate authority of your own Sentry server, a PEM file; only with --set",
    "sentry.allow_http": "`true` allows a server without TLS: the token is sent unencrypted; only with --set",
    "sentry.login": "`stored` uses the login of `sentry` or .sentryclirc for this server without asking; only with --set",
    "sentry.team": "the team that owns new projects",
    "environments": "the deployed environments, e.g. production,staging",
    "environment": "the environment of the test event (default: production)",
    "backend.root": "the backend's directory",
    "backend.settings": "the settings module of production, e.g. shop.settings.production",
    "backend.project": "the backend's project in Sentry (default: REPOSITORY-backend)",
    "backend.dsn": "the backend's DSN, for when Sentry is not connected",
    "backend.init": "your organization's function that calls sentry_sdk.init, e.g. acme.setup(send_default_pii=False)",
    "backend.logs": "`yes` sends log records, which are billed by volume (default: no; step beyond-errors)",
    "backend.profiles": "`yes` profiles sampled traces, billed by the hour (default: no; step beyond-errors)",
    "backend.crons": "`yes` watches scheduled jobs with monitors, each of which may cost (default: no; step beyond-errors)",
    "backend.ai": "`yes` traces calls of language models, billed by volume (default: no; step beyond-errors)",
    "frontend.root": "the frontend's directory",
    "frontend.project": "the frontend's project in Sentry (default: REPOSITORY-frontend)",
    "frontend.dsn": "the frontend's DSN, for when Sentry is not connected",
    "frontend.trace_targets": "other origins that receive the trace headers, e.g. https://api.example.com",
    "frontend.replay": "`yes` records sessions with Session Replay, texts and media masked (default: no)",
    "frontend.logs": "`yes` sends logs of the browser (default: no)",
    "frontend.feedback": "`yes` shows a button for user feedback on every page (default: no; step beyond-errors)",
    "frontend.telemetry": "`no` keeps Sentry's bundler plugin from reporting its own use (default: yes)",
    "frontend.guard": "`yes` stops a release's build whose maps are not uploaded, and keeps maps without a token (default: no)",
    "release.workflow": "the workflow file that deploys",
    "release.jobs": "the jobs that deploy, with their environments: job:environment,…",
    "release.strategy": "how CI creates releases: cli or action (default: cli)",
    "release.place": "where the release steps go: job (their own job) or deploy (the end of the deploy job)",
    "release.token": "`create` makes an organization token and stores it with `gh secret set`; only with --set",
    "alerts.email_target": "who gets alerts by email",
    "alerts.slack_channel": "the Slack channel for alerts, e.g. #alerts",
    "alerts.pagerduty_service": "the PagerDuty service for critical issues",
    "alerts.test": "`yes` sends one test notification to each channel; only with --set",
    "team.emails": "the email addresses to invite, separated by commas",
    "team.role": "the role of invited members (default: member)",
    "test_event.application": "`true` runs the application's own settings for the test event; only with --set",
    "performance.sample_rate": "the share of traces that is kept, e.g. 0.1",
    "dependencies.tool": "the package manager, e.g. uv, poetry or pip",
    "ci.package": "what CI installs: index, git+https://…@COMMIT, a wheel's URL with #sha256=…, or a file with hashes (default: index)",
    "ci.verify": "`yes` verifies the source maps of deployed builds in CI, right after they are made (default: no)",
    "ci.runtime": "`yes` adds a job that runs the application in CI, without any secret (default: no)",
    "uptime.url": "the address that an uptime monitor should request, e.g. https://example.com/health (step beyond-errors)",
}
"""What each answer key means. With several backends or frontends, write `backend.NAME.…` or `frontend.NAME.…`."""


def answers_text() -> str:
    """Return every answer key with its meaning."""
    from checks.config import ANSWER_KEYS

    lines = [
        "Answers to the wizard's questions: `--set KEY=VALUE`, `--answers FILE.toml`, or [tool.sentry-setup] in pyproject.toml.",
        "With several backends or frontends, write `backend.NAME.…` or `frontend.NAME.…`.",
        "",
    ]
    return "\n".join([*lines, *(f"  {key:26} {ANSWERS.get(key, '')}".rstrip() for key in ANSWER_KEYS)]) + "\n"


def steps_text() -> str:
    """Return every step with its title and the items that prove it."""
    from setup_wizard.steps import PRACTICES, STEPS

    def row(step: Step) -> str:
        return f"  {step.id:17} {step.title}" + (f": {', '.join(step.proves)}" if step.proves else "")

    lines = ["Steps of `plan` and `apply`, each with the items that prove it:", "", *map(row, STEPS)]
    lines += ["", "These run only when you name them:", "", *map(row, PRACTICES)]
    return "\n".join(lines) + "\n"


def run_help(topic: str | None) -> ExitCode:
    """Print the help of a topic. Raises `UsageError` for an unknown one, naming the nearest."""
    if topic is None:
        text = build_parser().format_help()
    elif topic in COMMANDS:
        text = command_parser(topic).format_help()
    elif topic in TOPICS:
        texts = {"answers": answers_text, "steps": steps_text}
        plain = {"environment": ENVIRONMENT + "\n", "exit-codes": EXIT_CODES + "\n"}
        text = plain[topic] if topic in plain else texts[topic]()
    else:
        hint = nearest(topic, (*COMMANDS, *TOPICS)) or "see `sentry-setup --help`"
        raise UsageError(f"there is no help for `{topic}`", hint=hint)
    sys.stdout.write(text)
    return ExitCode.OK
