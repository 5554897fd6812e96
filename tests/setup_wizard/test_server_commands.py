"""A change that somebody makes on a server by hand, met by a command: what it ends with and says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from setup_wizard.cli import main
from setup_wizard.demo import fingerprint
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.support.truths import NOTHING, Change, add_alert, disable_keys


class Command(NamedTuple):
    """What somebody does on a server, the command that meets it, and what it has to end with and to say."""

    change: str
    do: Change
    argv: tuple[str, ...]
    code: int
    said: tuple[str, ...]


def lapse(state: SandboxState) -> None:
    state.members.append({"email": "late@example.com", "role": "member", "pending": True, "expired": True})


def on_an_older_server(state: SandboxState) -> None:
    state.generation = "rules"
    lapse(state)


REVOKED: Change = lambda s: setattr(s, "token", "sntryu_" + "0" * 64)  # noqa: E731
NO_TOKEN = ("does not accept the token", "→ create a new token at ", "/settings/account/api/auth-tokens/new-token/")
LATE = ("--set", "team.emails=late@example.com")
COMMANDS: tuple[Command, ...] = (
    Command(
        "the only client key disabled",
        disable_keys,
        ("apply", "dsn"),
        4,
        (
            "✗ refused    dsn: every client key of orchard-backend is disabled",
            "/settings/acme/projects/orchard-backend/keys/",
        ),
    ),
    Command(
        "client key disabled",
        disable_keys,
        ("apply", "test-event"),
        5,
        ("project orchard-backend has no active client key → enable one under Client Keys",),
    ),
    Command(
        "expired invitation", lapse, ("apply", "team", *LATE), 0, ("✓ applied    team", "invitation late@example.com")
    ),
    Command(
        "expired invitation, on an older server that cannot renew it",
        on_an_older_server,
        ("apply", "team", *LATE),
        5,
        ("the invitation of late@example.com expired, and this server does not send it again", "send it again at "),
    ),
    Command(
        "an address that is a member already",
        NOTHING,
        ("apply", "team", "--set", "team.emails=grace@example.com"),
        0,
        ("· unchanged  team: grace@example.com is a member already",),
    ),
    Command(
        "an alert that mails others than asked for",
        lambda s: [alert_of_all(s, p) for p in s.projects],
        ("apply", "alerts", "--set", "alerts.email_target=team:acme"),
        0,
        ("an alert of backend already emails the issue owners, else all active members, not team:acme",),
    ),
    Command(
        "organization renamed",
        lambda s: setattr(s, "organization", "acme-new"),
        ("audit", "--online"),
        2,
        ("no organization `acme`; was it renamed?", "sentry.org=acme-new"),
    ),
    Command("token revoked", REVOKED, ("audit", "--online"), 3, NO_TOKEN),
    Command("token revoked before a launch", REVOKED, ("launch", "--yes"), 3, NO_TOKEN),
    Command("token revoked before a plan", REVOKED, ("plan",), 3, NO_TOKEN),
    Command("token revoked before a change", REVOKED, ("apply", "alerts", "dsn"), 3, NO_TOKEN),
)


def alert_of_all(state: SandboxState, slug: str) -> None:
    """Add an alert on every new issue of a project that mails its issue owners."""
    add_alert(state, project=slug, name=f"all of {slug}")


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        yield state


@pytest.mark.parametrize("row", [pytest.param(c, id=c.change) for c in COMMANDS])
def test_a_command_that_meets_the_change_says_what_it_is(row: Command, sample: Path, sandbox, monkeypatch, capsys):
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", sandbox.token)
    where = ["--set", f"sentry.url={sandbox.public_url}"]
    applying = ["--yes", "--no-install", "--repo", str(sample), *where]
    assert main(["apply", "project", *applying]) == 0
    capsys.readouterr()
    row.do(sandbox)
    before, token = fingerprint(sample), sandbox.token
    command, *words = row.argv
    place = {"apply": applying, "plan": ["--repo", str(sample), *where]}.get(command, [str(sample), *where])
    assert main([command, *words, *place]) == row.code
    out, err = capsys.readouterr()
    assert all(part in out + err for part in row.said), out + err
    assert "Traceback" not in err and token not in out + err
    assert fingerprint(sample) == before, "nothing is written"
