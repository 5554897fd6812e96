"""A change that somebody makes on a server by hand has to turn a verdict: each one made in the sandbox, and judged.

`TRUTHS` is the table of changes that an audit has to see; `COMMANDS` are those that a command has to answer to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.model import Outcome, Report, Result
from checks.report.github import render_github
from checks.report.text import render_text
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG, Sentry
from checks.sentry_api.gather import gather
from setup_wizard.cli import main
from setup_wizard.demo import fingerprint
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.support.repo import INIT, backend, frontend, workflow
from tests.support.sentry import client, make_state

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
ANSWERS = {"sentry.org": "acme", "backend.project": "shop-backend", "frontend.project": "shop-frontend"}
RELEASES = workflow("./deploy\nsentry-cli releases new $GITHUB_SHA\nsentry-cli releases finalize $GITHUB_SHA")
FILES = {
    **backend(),
    **frontend(),
    "shop/settings.py": INIT.replace('"))', '"), environment=os.environ.get("SENTRY_ENVIRONMENT"))'),
    "requirements.txt": "django\nsentry-sdk\n",
}
MAIL = {"type": "email", "integrationId": None, "status": "active"}
OWNERS = MAIL | {
    "data": {"fallthroughType": "ActiveMembers"},
    "config": {"targetType": "issue_owners", "targetDisplay": None, "targetIdentifier": ""},
}


def to(kind: str, identity: object) -> dict:
    return MAIL | {"data": {}, "config": {"targetType": kind, "targetDisplay": None, "targetIdentifier": identity}}


def add_alert(state: SandboxState, action: dict = OWNERS, **changes: object) -> dict:
    """Add an alert on every new issue of a project, the backend's at first, in the generation that the sandbox has."""
    project = state.projects[str(changes.pop("project", "shop-backend"))]
    name = str(changes.pop("name", "all"))
    if state.generation != "workflows":
        target = {"issue_owners": "IssueOwners", "team": "Team", "user": "Member"}[action["config"]["targetType"]]
        rule = {
            "name": name,
            "actionMatch": "any",
            "filterMatch": "all",
            "frequency": 30,
            "environment": None,
            "conditions": [{"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}],
            "filters": [],
            "actions": [
                {
                    "id": "sentry.mail.actions.NotifyEmailAction",
                    "targetType": target,
                    "targetIdentifier": action["config"]["targetIdentifier"],
                    "fallthroughType": action["data"].get("fallthroughType"),
                }
            ],
        }
        return state.add_rule(project, rule | changes)
    monitor = next(d["id"] for d in state.detectors if d["projectId"] == project.id and d["type"] == "error")
    trigger = {"type": "first_seen_event", "comparison": True, "conditionResult": True}
    body = {
        "name": name,
        "config": {"frequency": 30},
        "detectorIds": [int(monitor)],
        "triggers": {"logicType": "any-short", "conditions": [trigger]},
        "actionFilters": [{"logicType": "all", "conditions": [], "actions": [action]}],
    }
    return state.add_workflow(body | changes)


def made(generation: str = "workflows") -> SandboxState:
    """A sandbox with both projects, and nothing in it that has been changed by hand."""
    state = make_state()
    state.generation = generation
    for slug, platform in (("shop-backend", "python-django"), ("shop-frontend", "javascript-react")):
        state.add_project(slug, slug, platform, "acme", default_alert=False)
    return state


async def ask(state: SandboxState, files: dict[str, str] = FILES, **answers: str) -> Report:
    """Audit the repository with the sandbox asked."""
    tree, config = MemoryTree(files), Config(answers=ANSWERS | {k.replace("__", "."): v for k, v in answers.items()})
    async with client(state) as http:
        snapshot = await gather(Sentry(http), Facts(tree, config))
    return run_audit(Facts(tree, config, snapshot), CHECKLIST)


def of_backend(result: Result) -> tuple[Outcome, str]:
    """Return the backend's outcome of an item, and everything it says."""
    verdict = next(v for v in result.verdicts if v.target is None or v.target.name == "backend")
    said = [e.fact for e in verdict.evidence] + [f"{f.message} → {f.hint}" for f in verdict.findings]
    return verdict.outcome, "\n".join(said)


def mute(rule: dict, *, everyone: bool) -> None:
    rule |= {"snooze": True, "snoozeCreatedBy": "You", "snoozeForEveryone": everyone}


def local(state: SandboxState, *, key: str | None = None, host: str | None = None, number: str | None = None) -> dict:
    """The backend's DSN in its `.env`, changed as asked."""
    dsn = state.dsn(state.projects["shop-backend"])
    for old, new in ((state.projects["shop-backend"].key, key), ("127.0.0.1:9000", host)):
        dsn = dsn.replace(old, new) if new else dsn
    return {".env": f"SENTRY_DSN={dsn.rpartition('/')[0] + '/' + number if number else dsn}\n"}


def send(state: SandboxState, release: str | None, environment: str = "production", **changes: object) -> None:
    """Let the application report an error."""
    values = {"values": [{"type": "ValueError", "value": "x"}]}
    event = {"exception": values, "release": release, "environment": environment, "platform": "python"}
    state.add_event(state.projects["shop-backend"], event | changes)


def send_tests(state: SandboxState) -> None:
    for kind in ("message", "error"):
        payload = {"tags": {NONCE_TAG: "n1", KIND_TAG: kind}, "environment": "production"}
        if kind == "error":
            payload["exception"] = {"values": [{"type": "ZeroDivisionError", "value": "x"}]}
        state.add_event(state.projects["shop-backend"], payload)


def release(state: SandboxState, version: str, *, by: str = "sentry-cli/3.0.0") -> None:
    state.add_release(version, [state.projects["shop-backend"]], by)


def expire(state: SandboxState) -> None:
    """Let the invitation of the second member run out."""
    state.members[1] = {"email": "g@example.com", "role": "member", "pending": True, "expired": True}


def hide(state: SandboxState, *datasets: str) -> None:
    """Send more newer events than are read, to a server that answers from these datasets."""
    state.datasets = datasets
    send_tests(state)
    for n in range(320):
        send(state, f"r{n}")


def branch(action: dict, *conditions: dict, logic: str = "all") -> dict:
    return {"logicType": logic, "conditions": list(conditions), "actions": [action]}


def starts(logic: str, *kinds: str) -> dict:
    """What starts an alert: some kinds of events, joined by `logic`."""
    return {
        "logicType": logic,
        "conditions": [{"type": k, "comparison": True, "conditionResult": True} for k in kinds],
    }


AT_ERROR = {"type": "level", "comparison": {"match": "gte", "level": 40}, "conditionResult": True}
OLD_ENOUGH = {"type": "age_comparison", "comparison": {"value": 1, "time": "hour"}, "conditionResult": True}


def through(state: SandboxState, kind: str) -> dict:
    """Connect Slack or PagerDuty, and return an action that goes through it."""
    made = state.add_integration(kind, "acme")
    config = {"targetType": "specific", "targetIdentifier": "7", "targetDisplay": "on-call"}
    return {"type": kind, "integrationId": made["id"], "data": {}, "config": config, "status": "active"}


def paging(state: SandboxState, *conditions: dict, logic: str = "all", others: tuple[dict, ...] = ()) -> None:
    """Add an alert that pages through a branch of its own, beside other branches."""
    add_alert(state, actionFilters=[branch(through(state, "pagerduty"), *conditions, logic=logic), *others])


def page_rule(state: SandboxState, match: str, *filters: dict) -> None:
    """Add an older server's alert that pages, with filters that are joined by `match`."""
    made = state.add_integration("pagerduty", "acme")
    kind = "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction"
    actions = [{"id": kind, "account": made["id"], "service": "7"}]
    add_alert(state, actions=actions, filters=list(filters), filterMatch=match)


def close(state: SandboxState, *team: str) -> None:
    """Close the membership, and leave these members only in the team of the projects."""
    state.open_membership = False
    state.teams["acme"] = list(team)


def invite(state: SandboxState) -> None:
    state.members[1] = {"email": "g@example.com", "role": "member", "pending": True, "expired": False}


def second_key(state: SandboxState, *, first: bool) -> None:
    """Give the backend another client key, and leave its first one on or off."""
    project = state.projects["shop-backend"]
    project.more_keys.append("e" * 32)
    project.key_active = first


def hide_in(state: SandboxState, environment: str) -> None:
    for n in range(320):
        send(state, f"r{n}", environment)


def level_of_fatal(rule: str = "sentry.rules.filters.level.LevelFilter") -> list[dict]:
    return [{"id": rule, "match": "gte", "level": "50"}]


Change = Callable[[SandboxState], object]
NOW, OLD, BOTH = ("workflows",), ("rules",), ("workflows", "rules")
IN_PROD = {"shop/settings.py": INIT.replace('"))', '"), environment="prod")')}
WITH_RELEASES = {
    ".github/workflows/ci.yml": RELEASES,
    "shop/settings.py": INIT.replace('"))', '"), release=os.environ["GITHUB_SHA"])'),
    "compose.yml": "services:\n  web:\n    build: .\n    environment:\n      GITHUB_SHA: ${GITHUB_SHA}\n",
}
SHA = "a" * 40


Files = Callable[[SandboxState], dict[str, str]] | dict[str, str]
NO_FILES: dict[str, str] = {}


class Truth(NamedTuple):
    """What somebody does on a server of some generations, and what an item has to say of it; `files` are those that matter."""

    change: str
    do: Change
    item: str
    outcome: Outcome
    said: str
    servers: tuple[str, ...] = NOW
    files: Files = NO_FILES


def mail(
    change: str, do: Change, outcome: Outcome, said: str, servers: tuple[str, ...] = BOTH, files: Files = NO_FILES
) -> Truth:
    return Truth(change, do, "email-alerts", outcome, said, servers, files)


def other(change: str, do: Change, item: str, outcome: Outcome, said: str, files: Files = NO_FILES) -> Truth:
    return Truth(change, do, item, outcome, said, NOW, files)


def status(name: str) -> Change:
    return lambda s: s.projects["shop-backend"].settings.update(status=name)


def platform(name: str | None) -> Change:
    return lambda s: setattr(s.projects["shop-backend"], "platform", name)


def ownership(text: str) -> Change:
    return lambda s: setattr(s.projects["shop-backend"], "ownership", text)


def disable_keys(state: SandboxState) -> None:
    for project in state.projects.values():
        project.key_active = False


def rename_with_alert(state: SandboxState) -> None:
    add_alert(state)
    state.rename_project("shop-backend", "shop-api")


NOTHING: Change = lambda s: None  # noqa: E731
TRUTHS: tuple[Truth, ...] = (
    # alerts
    mail(
        "an alert as it should be", add_alert, P, "emails the issue owners, else all active members on every new issue"
    ),
    mail("alert deleted", NOTHING, F, "no alert of shop-backend sends email"),
    mail("alert disabled", lambda s: add_alert(s, enabled=False), F, "it is disabled", NOW),
    mail("rule disabled", lambda s: add_alert(s, status="disabled"), F, "it is disabled", OLD),
    mail("a level filter", lambda s: add_alert(s, filters=level_of_fatal()), F, "further conditions", OLD),
    mail(
        "all conditions of several required",
        lambda s: add_alert(
            s,
            actionMatch="all",
            conditions=[{"id": "x.FirstSeenEventCondition"}, {"id": "x.RegressionEventCondition"}],
        ),
        F,
        "further conditions",
        OLD,
    ),
    mail("no trigger", lambda s: add_alert(s, triggers={"conditions": []}), F, "does not fire on every new issue", NOW),
    mail("to nobody", lambda s: add_alert(s, OWNERS | {"data": {"fallthroughType": "NoOne"}}), F, "reaches no one"),
    mail(
        "two identical alerts",
        lambda s: (add_alert(s), add_alert(s, name="same")),
        P,
        "“all”, so every issue is emailed 2 times",
    ),
    mail("muted for everyone", lambda s: mute(add_alert(s), everyone=True), F, "muted for everyone", OLD),
    mail("muted for the asking user", lambda s: mute(add_alert(s), everyone=False), P, "emails the issue owners", OLD),
    mail(
        "mails a team without members",
        lambda s: (s.teams.update(empty=[]), add_alert(s, to("team", 2))),
        F,
        "team empty (0 members), which has no members",
    ),
    mail("mails a team", lambda s: add_alert(s, to("team", "1")), P, "mails team acme (2 members)"),
    mail("mails a team that is gone", lambda s: add_alert(s, to("team", 99)), F, "a team that no longer exists"),
    mail("mails one member", lambda s: add_alert(s, to("user", 2)), P, "mails member grace@example.com"),
    mail("mails somebody who left", lambda s: add_alert(s, to("user", 77)), F, "someone who is not a member"),
    mail("no conditions, so every event", lambda s: add_alert(s, conditions=[]), P, "on every event", OLD),
    mail("limited to staging", lambda s: add_alert(s, environment="staging"), F, "limited to staging"),
    mail(
        "limited to what the repository calls production",
        lambda s: add_alert(s, environment="prod"),
        P,
        "on every new issue",
        NOW,
        IN_PROD,
    ),
    mail(
        "limited to the same word in other letters",
        lambda s: add_alert(s, environment="Prod"),
        F,
        "limited to Prod",
        NOW,
        IN_PROD,
    ),
    mail(
        "mail without conditions, beside a channel with some",
        lambda s: add_alert(s, actionFilters=[branch(OWNERS), branch(through(s, "slack"), AT_ERROR)]),
        P,
        "on every new issue",
        NOW,
    ),
    mail(
        "mail with conditions, beside a channel without any",
        lambda s: add_alert(s, actionFilters=[branch(OWNERS, AT_ERROR), branch(through(s, "slack"))]),
        F,
        "further conditions",
        NOW,
    ),
    mail(
        "two starts that must both hold",
        lambda s: add_alert(s, triggers=starts("all", "first_seen_event", "regression_event")),
        F,
        "further conditions",
        NOW,
    ),
    mail(
        "two starts of which one is enough",
        lambda s: add_alert(s, triggers=starts("any-short", "first_seen_event", "regression_event")),
        P,
        "on every new issue",
        NOW,
    ),
    mail(
        "on everything but a new issue",
        lambda s: add_alert(s, triggers=starts("none", "first_seen_event")),
        F,
        "further conditions",
        NOW,
    ),
    mail("on everything but a new issue, as a rule", lambda s: add_alert(s, actionMatch="none"), F, "further", OLD),
    mail(
        "two teams, one of them empty",
        lambda s: (
            s.teams.update(empty=[]),
            add_alert(s, actionFilters=[branch(to("team", "2")), branch(to("team", "1"))]),
        ),
        P,
        "mails team acme (2 members)",
        NOW,
    ),
    mail(
        "one muted for everyone, one for the asking user",
        lambda s: (mute(add_alert(s), everyone=True), mute(add_alert(s, name="mine"), everyone=False)),
        P,
        "“mine” of shop-backend emails the issue owners",
        OLD,
    ),
    mail(
        "its monitor is off",
        lambda s: (add_alert(s), [d.update(enabled=False) for d in s.detectors]),
        F,
        "the monitor that it watches is disabled",
        NOW,
    ),
    Truth(
        "paging without conditions, beside mail of errors",
        lambda s: paging(s, others=(branch(OWNERS, AT_ERROR),)),
        "pagerduty-alerts",
        F,
        "it pages someone for every issue",
    ),
    Truth("paging for errors", lambda s: paging(s, AT_ERROR), "pagerduty-alerts", P, "reaches on-call"),
    Truth(
        "paging for all but errors", lambda s: paging(s, AT_ERROR, logic="none"), "pagerduty-alerts", F, "every issue"
    ),
    Truth(
        "paging for errors, or for what is old enough",
        lambda s: paging(s, AT_ERROR, OLD_ENOUGH, logic="any-short"),
        "pagerduty-alerts",
        F,
        "every issue",
    ),
    Truth(
        "paging for errors that are old enough",
        lambda s: paging(s, AT_ERROR, OLD_ENOUGH),
        "pagerduty-alerts",
        P,
        "reaches on-call",
    ),
    Truth(
        "a rule that pages for all but fatal errors",
        lambda s: page_rule(s, "none", *level_of_fatal()),
        "pagerduty-alerts",
        F,
        "every issue",
        OLD,
    ),
    Truth(
        "a rule that pages for fatal errors",
        lambda s: page_rule(s, "all", *level_of_fatal()),
        "pagerduty-alerts",
        P,
        "reaches 7",
        OLD,
    ),
    mail("server upgraded, old rules still listed", add_alert, U, "its older rules may no longer fire", ("upgraded",)),
    # client keys and DSNs
    other("a DSN and its key as they should be", NOTHING, "dsn-target", P, "active client key", local),
    other(
        "client key disabled",
        disable_keys,
        "dsn-target",
        F,
        "the client key of the project shop-backend is disabled",
        local,
    ),
    other(
        "client key disabled, by its events", disable_keys, "test-event", F, "no client key of shop-backend is active"
    ),
    other(
        "client key disabled but another one on",
        lambda s: second_key(s, first=False),
        "dsn-target",
        F,
        "the client key of the project shop-backend is disabled",
        local,
    ),
    other(
        "another client key, in use",
        lambda s: second_key(s, first=False),
        "dsn-target",
        P,
        "active client key",
        lambda s: local(s, key="e" * 32),
    ),
    other("another key", NOTHING, "dsn-target", F, "is not a client key", lambda s: local(s, key="f" * 32)),
    other(
        "the right key, another host",
        NOTHING,
        "dsn-target",
        F,
        "it leads to sentry.example.com instead of 127.0.0.1:9000",
        lambda s: local(s, host="sentry.example.com"),
    ),
    other(
        "the right key, another project number",
        NOTHING,
        "dsn-target",
        F,
        "its project number is 4711 instead of 1001",
        lambda s: local(s, number="4711"),
    ),
    # people
    other("people as they should be", NOTHING, "team-access", P, "2 accepted"),
    other("invitations expired", expire, "team-access", F, "1 expired invitation"),
    other("only the owner left", lambda s: s.members.pop(), "team-access", F, "only one person"),
    other(
        "project without a team",
        lambda s: setattr(s.projects["shop-backend"], "team", ""),
        "team-access",
        F,
        "belongs to no team",
    ),
    other(
        "closed membership, people in no team of the project",
        lambda s: (setattr(s, "open_membership", False), s.teams["acme"].remove("grace@example.com")),
        "team-access",
        F,
        "only 1 of 2 members reaches shop-backend: membership is closed",
    ),
    other(
        "closed membership, people in its team",
        lambda s: setattr(s, "open_membership", False),
        "team-access",
        P,
        "2 accepted",
    ),
    other("open membership, people in no team", lambda s: s.teams["acme"].clear(), "team-access", P, "2 accepted"),
    other(
        "only an owner and somebody for billing",
        lambda s: s.members[1].update(role="billing"),
        "team-access",
        F,
        "only one person can see the errors of acme: 1 accepted, 0 invited, and 1 for billing",
    ),
    other(
        "closed membership, an owner and a manager in no team",
        lambda s: (close(s), s.members[1].update(role="manager")),
        "team-access",
        P,
        "2 accepted",
    ),
    other(
        "closed membership, a team of one and somebody for billing",
        lambda s: (
            close(s, "grace@example.com", "pay@example.com"),
            s.members[0].update(role="member"),
            s.members.append({"email": "pay@example.com", "role": "billing", "pending": False, "expired": False}),
        ),
        "team-access",
        F,
        "only 1 of 2 members reaches shop-backend",
    ),
    other(
        "closed membership, an owner and an invitation",
        lambda s: (close(s, "ada@example.com"), invite(s)),
        "team-access",
        U,
        "into teams that Sentry does not list",
    ),
    # projects
    other(
        "project renamed twice",
        lambda s: (s.rename_project("shop-backend", "shop-api"), s.rename_project("shop-api", "shop-core")),
        "project-created",
        F,
        "shop-backend was renamed: it is shop-core now",
    ),
    other(
        "project renamed, and its name taken by another one",
        lambda s: (
            s.rename_project("shop-backend", "shop-api"),
            s.add_project("shop-backend", "new", "python-django", "acme", default_alert=False),
        ),
        "project-created",
        P,
        "project shop-backend (id",
    ),
    other("project pending deletion", status("pending_deletion"), "project-created", F, "pending deletion"),
    other("project hidden", status("hidden"), "project-created", F, "hidden"),
    other("project disabled", status("disabled"), "project-created", F, "disabled"),
    other(
        "project renamed",
        lambda s: s.rename_project("shop-backend", "shop-api"),
        "project-created",
        F,
        "shop-backend was renamed: it is shop-api now → set `backend.project` to `shop-api`",
    ),
    other(
        "project renamed, and judged by its new name", rename_with_alert, "email-alerts", P, "emails the issue owners"
    ),
    other("project renamed, its filters", rename_with_alert, "inbound-filters", P, ""),
    other(
        "backend with a browser's platform",
        platform("javascript-react"),
        "project-created",
        P,
        "the platform of shop-backend is javascript-react",
    ),
    other("ownership rules that are one comment", ownership("# path:src/* #team\n\n"), "ownership-rules", F, ""),
    other("ownership rules", ownership("# ours\npath:src/* #team\n"), "ownership-rules", P, ""),
    # what arrives
    other(
        "a live event with the release of CI",
        lambda s: (release(s, SHA), send(s, SHA)),
        "release-consistent",
        P,
        "a release that CI created",
        WITH_RELEASES,
    ),
    other(
        "a live event with an earlier release of CI",
        lambda s: (release(s, SHA), release(s, "b" * 40), send(s, SHA)),
        "release-consistent",
        P,
        "a release that CI created",
        WITH_RELEASES,
    ),
    other(
        "a live event with another release than CI's",
        lambda s: (release(s, SHA), send(s, "1.0"), release(s, "1.0", by="")),
        "release-consistent",
        F,
        f"carries the release 1.0; the last one that CI created is {SHA}",
        WITH_RELEASES,
    ),
    other(
        "a live event without a release",
        lambda s: (release(s, SHA), send(s, None)),
        "release-consistent",
        F,
        "carries no release",
        WITH_RELEASES,
    ),
    other(
        "another release in staging",
        lambda s: (release(s, SHA), send(s, SHA), send(s, "dirty", "staging")),
        "release-consistent",
        P,
        "a release that CI created",
        WITH_RELEASES,
    ),
    other(
        "another release, only in staging",
        lambda s: (release(s, SHA), send(s, "dirty", "staging")),
        "release-consistent",
        U,  # as the files say
        "CI names the release by",
        WITH_RELEASES,
    ),
    other(
        "an environment behind 300 newer events",
        lambda s: (send(s, "old", "production"), hide_in(s, "staging")),
        "environments-seen",
        P,
        "production, staging of shop-backend reported",
    ),
    other(
        "an environment behind 300 newer events, listed only",
        lambda s: (setattr(s, "datasets", ()), send(s, "old", "production"), hide_in(s, "staging")),
        "environments-seen",
        U,
        "many newer events hide whether production",
    ),
    other("more than 300 newer events", lambda s: hide(s, "errors", "spans"), "test-event", P, ""),
    other("more than 300 newer events, on 23.7", lambda s: hide(s, "discover"), "test-event", P, ""),
    other("more than 300 newer events, listed only", hide, "test-event", U, "many newer events hide"),
)


@pytest.mark.parametrize(
    ("generation", "truth"), [pytest.param(g, t, id=f"{t.change}-{g}") for t in TRUTHS for g in t.servers]
)
async def test_a_change_on_the_server_turns_the_verdict(generation: str, truth: Truth):
    state = made(generation)
    truth.do(state)
    files = truth.files(state) if callable(truth.files) else truth.files
    found, text = of_backend((await ask(state, FILES | files)).result(truth.item))
    assert found is truth.outcome and truth.said in text, text
    assert "None" not in text, "an id that is missing is not printed"


def test_every_change_has_its_own_name():
    assert len({t.change for t in TRUTHS}) == len(TRUTHS)


@pytest.mark.parametrize(
    ("files", "answers", "outcome"),
    [
        ({}, {"environment": "prod"}, P),
        ({}, {}, U),  # what the variable holds stands in no file
        ({"shop/settings.py": INIT}, {}, F),  # an SDK without a name says `production`
        ({"shop/settings.py": INIT.replace('"))', '"), environment="production")')}, {}, F),
    ],
)
async def test_the_environment_that_the_repository_calls_production(files, answers, outcome):
    state = made()
    add_alert(state, environment="prod")
    found, text = of_backend((await ask(state, FILES | files, **answers)).result("email-alerts"))
    assert found is outcome, text
    assert found is P or "limited to prod" in text


@pytest.mark.parametrize(("name", "odd"), [("javascript-react", True), ("python", False), (None, False)])
async def test_a_platform_that_does_not_fit_is_told_in_every_format(name, odd):
    state = made()
    state.projects["shop-backend"].platform = name
    report = await ask(state)
    result = report.result("project-created")
    assert of_backend(result)[0] is P
    assert ([f.message for f in result.findings] != []) == odd, "a finding, not only evidence"
    assert ("✓ project-created  the platform of shop-backend" in render_text(report)) == odd
    assert ("the platform of shop-backend" in render_github(report)) == odd


async def test_a_live_event_from_before_ci_s_release_leaves_it_to_the_files():
    state = made()
    send(state, "1.0")
    release(state, SHA)
    offline = run_audit(Facts(MemoryTree(FILES | WITH_RELEASES), Config(answers=ANSWERS)), CHECKLIST)
    found = of_backend((await ask(state, FILES | WITH_RELEASES)).result("release-consistent"))[0]
    assert found is of_backend(offline.result("release-consistent"))[0]


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
