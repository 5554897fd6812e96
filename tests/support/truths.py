"""Changes that somebody makes on a server by hand, each made in the sandbox, and how an audit is asked about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.model import Outcome, Report, Result
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG, Sentry
from checks.sentry_api.gather import gather
from setup_wizard.sandbox.state import SandboxState
from tests.support.repo import INIT, backend, frontend, workflow
from tests.support.sentry import client, make_state

Change = Callable[[SandboxState], object]
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
    if generation == "rules":
        state.datasets = ("discover",)  # as the recorded 23.7 answers
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


def of_all_projects(state: SandboxState, project: str | None, **changes: object) -> None:
    """Let an alert watch only the monitor of all projects, which is written as one of `project`."""
    alert = add_alert(state)
    shared = dict(state.detectors[0]) | {"id": state.new_id(), "projectId": project, "type": "issue_stream"}
    state.detectors.append(shared | changes)
    alert["detectorIds"] = [shared["id"]]


def listing_mutes(change: Change) -> Change:
    """Return a change made on a server whose list of rules tells who muted them, as versions after 23.7 do."""
    return lambda s: (setattr(s, "lists_mutes", True), change(s))


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
