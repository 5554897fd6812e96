"""A change that somebody makes on a server by hand has to turn a verdict: each one made in the sandbox, and judged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.errors import UsageError
from checks.model import Outcome, Report, Result
from checks.report.github import render_github
from checks.report.text import render_text
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG, Sentry
from checks.sentry_api.gather import gather
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
    """Add an alert on every new issue of the backend, in the generation that the sandbox has."""
    project = state.projects["shop-backend"]
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


Change = Callable[[SandboxState], object]
BOTH = ("workflows", "rules")
ALERTS: dict[str, tuple[tuple[str, ...], Change, Outcome, str]] = {
    "as it should be": (BOTH, add_alert, P, "mails the issue owners, else all active members on every new issue"),
    "deleted": (BOTH, lambda s: None, F, "no alert of shop-backend sends email"),
    "disabled": (("workflows",), lambda s: add_alert(s, enabled=False), F, "it is disabled"),
    "disabled rule": (("rules",), lambda s: add_alert(s, status="disabled"), F, "it is disabled"),
    "muted for everyone": (("rules",), lambda s: mute(add_alert(s), everyone=True), F, "muted for everyone"),
    "muted for me": (("rules",), lambda s: mute(add_alert(s), everyone=False), P, "mails the issue owners"),
    "limited by level": (
        ("rules",),
        lambda s: add_alert(
            s, filters=[{"id": "sentry.rules.filters.level.LevelFilter", "match": "gte", "level": "50"}]
        ),
        F,
        "further conditions",
    ),
    "two conditions at once": (
        ("rules",),
        lambda s: add_alert(
            s,
            actionMatch="all",
            conditions=[{"id": "x.FirstSeenEventCondition"}, {"id": "x.RegressionEventCondition"}],
        ),
        F,
        "further conditions",
    ),
    "no conditions": (("rules",), lambda s: add_alert(s, conditions=[]), P, "on every event"),
    "no trigger": (
        ("workflows",),
        lambda s: add_alert(s, triggers={"conditions": []}),
        F,
        "does not fire on every new issue",
    ),
    "to nobody": (BOTH, lambda s: add_alert(s, OWNERS | {"data": {"fallthroughType": "NoOne"}}), F, "reaches no one"),
    "twice": (
        BOTH,
        lambda s: (add_alert(s), add_alert(s, name="same")),
        P,
        "“all”, so every issue is mailed 2 times",
    ),
    "to an empty team": (
        BOTH,
        lambda s: (s.teams.update(empty=[]), add_alert(s, to("team", 2))),
        F,
        "team empty (0 members), which has no members",
    ),
    "to a team": (BOTH, lambda s: add_alert(s, to("team", "1")), P, "mails team acme (2 members)"),
    "to a team that is gone": (BOTH, lambda s: add_alert(s, to("team", 99)), F, "a team that no longer exists"),
    "to one member": (BOTH, lambda s: add_alert(s, to("user", 2)), P, "mails member grace@example.com"),
    "to somebody who left": (BOTH, lambda s: add_alert(s, to("user", 77)), F, "someone who is not a member"),
    "of staging": (BOTH, lambda s: add_alert(s, environment="staging"), F, "limited to staging"),
    "of an upgraded server": (("upgraded",), add_alert, U, "its older rules may no longer fire"),
}


@pytest.mark.parametrize(
    ("generation", "case"), [pytest.param(g, c, id=f"{c}-{g}") for c, row in ALERTS.items() for g in row[0]]
)
async def test_an_alert_that_was_changed(generation, case):
    _, change, outcome, said = ALERTS[case]
    state = made(generation)
    change(state)
    found, text = of_backend((await ask(state)).result("email-alerts"))
    assert found is outcome and said in text, text
    assert "None" not in text, "an id that is missing is not printed"


@pytest.mark.parametrize(
    ("files", "answers", "outcome"),
    [
        ({}, {"environment": "prod"}, P),
        ({}, {}, U),  # what the variable holds stands in no file
        ({"shop/settings.py": INIT}, {}, F),  # an SDK without a name says `production`
        ({"shop/settings.py": INIT.replace('"))', '"), environment="prod")')}, {}, P),
        ({"shop/settings.py": INIT.replace('"))', '"), environment="production")')}, {}, F),
    ],
)
async def test_the_environment_that_the_repository_calls_production(files, answers, outcome):
    state = made()
    add_alert(state, environment="prod")
    found, text = of_backend((await ask(state, FILES | files, **answers)).result("email-alerts"))
    assert found is outcome, text
    assert found is P or "limited to prod" in text


def local(state: SandboxState, *, key: str | None = None, host: str | None = None, number: str | None = None) -> dict:
    """The repository with the backend's DSN in its `.env`, changed as asked."""
    dsn = state.dsn(state.projects["shop-backend"])
    for old, new in ((state.projects["shop-backend"].key, key), ("127.0.0.1:9000", host)):
        dsn = dsn.replace(old, new) if new else dsn
    return FILES | {".env": f"SENTRY_DSN={dsn.rpartition('/')[0] + '/' + number if number else dsn}\n"}


@pytest.mark.parametrize(
    ("changes", "disabled", "outcome", "said"),
    [
        ({}, False, P, "active client key"),
        ({}, True, F, "is disabled"),
        ({"key": "f" * 32}, False, F, "is not a client key"),
        ({"host": "sentry.example.com"}, False, F, "it leads to sentry.example.com instead of 127.0.0.1:9000"),
        ({"number": "4711"}, False, F, "its project number is 4711 instead of 1001"),
    ],
)
async def test_a_dsn_and_its_client_key(changes, disabled, outcome, said):
    state = made()
    state.projects["shop-backend"].key_active = not disabled
    report = await ask(state, local(state, **changes))
    found, text = of_backend(report.result("dsn-target"))
    assert found is outcome and said in text, text
    if disabled:
        found, text = of_backend(report.result("test-event"))
        assert found is F and "no client key of shop-backend is active" in text


PEOPLE: dict[str, tuple[Change, Outcome, str]] = {
    "as it should be": (lambda s: None, P, "2 accepted"),
    "expired": (
        lambda s: s.members.__setitem__(
            1, {"email": "g@example.com", "role": "member", "pending": True, "expired": True}
        ),
        F,
        "1 expired invitation",
    ),
    "only the owner": (lambda s: s.members.pop(), F, "only one person"),
    "no team": (lambda s: setattr(s.projects["shop-backend"], "team", ""), F, "belongs to no team"),
    "closed, in no team": (
        lambda s: (setattr(s, "open_membership", False), s.teams["acme"].remove("grace@example.com")),
        F,
        "only 1 of 2 members reaches shop-backend: membership is closed",
    ),
    "closed, in the team": (lambda s: setattr(s, "open_membership", False), P, "2 accepted"),
    "open, in no team": (lambda s: s.teams["acme"].clear(), P, "2 accepted"),
}


@pytest.mark.parametrize("case", PEOPLE)
async def test_who_reaches_the_project(case):
    change, outcome, said = PEOPLE[case]
    state = made()
    change(state)
    found, text = of_backend((await ask(state)).result("team-access"))
    assert found is outcome and said in text, text


@pytest.mark.parametrize("status", ["pending_deletion", "hidden", "disabled"])
async def test_a_project_that_is_on_its_way_out(status):
    state = made()
    state.projects["shop-backend"].settings["status"] = status
    found, text = of_backend((await ask(state)).result("project-created"))
    assert found is F and status.replace("_", " ") in text


async def test_a_renamed_project_is_told_by_its_new_name_and_judged_by_it():
    state = made()
    add_alert(state)
    state.rename_project("shop-backend", "shop-api")
    report = await ask(state)
    found, text = of_backend(report.result("project-created"))
    assert found is F and "shop-backend was renamed: it is shop-api now → set `backend.project` to `shop-api`" in text
    assert of_backend(report.result("email-alerts"))[0] is P
    assert of_backend(report.result("inbound-filters"))[0] is P


async def test_a_renamed_organization_is_told_by_its_new_name():
    state = made()
    state.organization = "acme-new"
    with pytest.raises(UsageError, match="no organization `acme`") as raised:
        await ask(state)
    assert raised.value.hint is not None and "sentry.org=acme-new" in raised.value.hint


@pytest.mark.parametrize(("platform", "odd"), [("javascript-react", True), ("python", False), (None, False)])
async def test_a_platform_that_does_not_fit_is_told(platform, odd):
    state = made()
    state.projects["shop-backend"].platform = platform
    report = await ask(state)
    found, text = of_backend(report.result("project-created"))
    assert found is P and ("the platform of shop-backend is javascript-react" in text) == odd
    result = report.result("project-created")
    assert ([f.message for f in result.findings] != []) == odd, "a finding, not only evidence"
    assert ("✓ project-created  the platform of shop-backend" in render_text(report)) == odd
    assert ("the platform of shop-backend" in render_github(report)) == odd


def send(state: SandboxState, release: str | None, environment: str = "production", **changes: object) -> None:
    """Let the application report an error."""
    values = {"values": [{"type": "ValueError", "value": "x"}]}
    event = {"exception": values, "release": release, "environment": environment, "platform": "python"}
    state.add_event(state.projects["shop-backend"], event | changes)


def release(state: SandboxState, version: str, *, by: str = "sentry-cli/3.0.0") -> None:
    state.add_release(version, [state.projects["shop-backend"]], by)


ITSELF: dict[str, tuple[Change, Outcome, str]] = {
    "the same": (lambda s: (release(s, "a" * 40), send(s, "a" * 40)), P, "a release that CI created"),
    "an earlier one of CI's": (
        lambda s: (release(s, "a" * 40), release(s, "b" * 40), send(s, "a" * 40)),
        P,
        "a release that CI created",
    ),
    "another": (
        lambda s: (release(s, "a" * 40), send(s, "1.0"), release(s, "1.0", by="")),
        F,
        f"carries the release 1.0; the last one that CI created is {'a' * 40}",
    ),
    "none": (lambda s: (release(s, "a" * 40), send(s, None)), F, "carries no release"),
    "another of staging": (
        lambda s: (release(s, "a" * 40), send(s, "a" * 40), send(s, "dirty", "staging")),
        P,
        "a release that CI created",
    ),
    "one from before CI's": (lambda s: (send(s, "1.0"), release(s, "a" * 40)), P, ""),
}


@pytest.mark.parametrize("case", ITSELF)
async def test_what_live_events_carry_beats_what_the_files_say(case):
    change, outcome, said = ITSELF[case]
    state = made()
    change(state)
    settings = INIT.replace('"))', '"), release=os.environ["GITHUB_SHA"])')
    files = FILES | {".github/workflows/ci.yml": RELEASES, "shop/settings.py": settings}
    files |= {"compose.yml": "services:\n  web:\n    build: .\n    environment:\n      GITHUB_SHA: ${GITHUB_SHA}\n"}
    offline = run_audit(Facts(MemoryTree(files), Config(answers=ANSWERS)), CHECKLIST).result("release-consistent")
    found, text = of_backend((await ask(state, files)).result("release-consistent"))
    if case == "one from before CI's":
        outcome = of_backend(offline)[0]
    assert found is outcome and said in text, text


def send_tests(state: SandboxState) -> None:
    for kind in ("message", "error"):
        payload = {"tags": {NONCE_TAG: "n1", KIND_TAG: kind}, "environment": "production"}
        if kind == "error":
            payload["exception"] = {"values": [{"type": "ZeroDivisionError", "value": "x"}]}
        state.add_event(state.projects["shop-backend"], payload)


@pytest.mark.parametrize(
    ("datasets", "outcome"), [(("errors", "spans"), P), (("discover",), P), ((), U)], ids=["now", "23.7", "list only"]
)
async def test_more_newer_events_than_are_read_do_not_hide_the_test_event(datasets, outcome):
    state = made()
    state.datasets = datasets
    send_tests(state)
    for n in range(320):
        send(state, f"r{n}")
    found, text = of_backend((await ask(state)).result("test-event"))
    assert found is outcome, text
    assert found is P or "many newer events hide" in text


async def test_ownership_rules_that_are_one_comment_are_none():
    state = made()
    state.projects["shop-backend"].ownership = "# path:src/* #team\n\n"
    assert of_backend((await ask(state)).result("ownership-rules"))[0] is F
    state.projects["shop-backend"].ownership = "# ours\npath:src/* #team\n"
    assert of_backend((await ask(state)).result("ownership-rules"))[0] is P
