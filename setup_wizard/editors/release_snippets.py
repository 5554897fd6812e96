"""The release commands in the syntax of each CI, for a file that is not edited: what a person pastes is right for that very file."""

from __future__ import annotations

from collections.abc import Sequence

from checks.ci.model import Provider
from checks.ci.providers import provider
from setup_wizard.editors.workflow import CLI_VERSION, ReleaseOptions, release_commands


def release_snippet(name: str, options: ReleaseOptions, deploy: str, environment: str) -> str:
    """Return a release job, or steps for the end of the deploy job, in the syntax of a provider."""
    ci = provider(name)
    commands = [
        f"pip install --quiet sentry-cli=={CLI_VERSION}",
        f'export SENTRY_ORG={options.org or "…"} SENTRY_RELEASE="{ci.commit}"',
        *([f"export SENTRY_URL={options.url}"] if options.url else []),
        *release_commands(options.projects, environment),
    ]
    return "\n".join(ci.snippet(commands, deploy, environment))


def anywhere(
    ci: Provider, options: ReleaseOptions, environment: str, release: str = "", running: Sequence[str] = ()
) -> str:
    """Return the commands for wherever a deployment runs: a script, a server, or a job of that CI, whose commit is named beside it.

    `release` is the line that sets the name where the code reports another one than the commit, `running` are those that say
    how the running processes get it.
    """
    lines = [
        f"# with SENTRY_AUTH_TOKEN set, in a checkout with its history (in a job of CI the commit is {ci.commit})",
        f"pip install sentry-cli=={CLI_VERSION}",
        f"export SENTRY_ORG={options.org or '…'}",
        release or 'export SENTRY_RELEASE="$(git rev-parse HEAD)"',
        *([f"export SENTRY_URL={options.url}"] if options.url else []),
        *release_commands(options.projects, environment),
        *([] if release else [f"# {line}" for line in running]),
    ]
    return "\n".join(lines)
