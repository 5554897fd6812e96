"""A change that somebody makes on a server by hand has to turn a verdict: each one made in the sandbox, and judged."""

from __future__ import annotations

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.report.github import render_github
from checks.report.text import render_text
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from tests.support.repo import INIT
from tests.support.truths import (
    ANSWERS,
    AT_ERROR,
    FILES,
    IN_PROD,
    NOTHING,
    NOW,
    OLD,
    OLD_ENOUGH,
    OWNERS,
    SHA,
    WITH_RELEASES,
    F,
    P,
    Truth,
    U,
    add_alert,
    ask,
    branch,
    close,
    disable_keys,
    expire,
    hide,
    hide_in,
    invite,
    level_of_fatal,
    listing_mutes,
    local,
    made,
    mail,
    mute,
    of_all_projects,
    of_backend,
    other,
    ownership,
    page_rule,
    paging,
    platform,
    release,
    rename_with_alert,
    second_key,
    send,
    starts,
    status,
    through,
    to,
)

TRUTHS: tuple[Truth, ...] = (
    # alerts
    mail(
        "an alert as it should be", add_alert, P, "emails the issue owners, else all active members on every new issue"
    ),
    mail("alert deleted", NOTHING, F, "no alert of shop-backend sends email"),
    mail("alert disabled", lambda s: add_alert(s, enabled=False), F, "it is disabled", NOW),
    mail("rule disabled", lambda s: add_alert(s, status="disabled"), F, "it is disabled", OLD),
    mail("a level filter", lambda s: add_alert(s, filters=level_of_fatal()), F, "more conditions", OLD),
    mail(
        "all conditions of several required",
        lambda s: add_alert(
            s,
            actionMatch="all",
            conditions=[{"id": "x.FirstSeenEventCondition"}, {"id": "x.RegressionEventCondition"}],
        ),
        F,
        "more conditions",
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
        "more conditions",
        NOW,
    ),
    mail(
        "two starts that must both hold",
        lambda s: add_alert(s, triggers=starts("all", "first_seen_event", "regression_event")),
        F,
        "more conditions",
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
        "more conditions",
        NOW,
    ),
    mail(
        "on everything but a new issue, as a rule",
        lambda s: add_alert(s, actionMatch="none"),
        F,
        "more conditions",
        OLD,
    ),
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
    mail("it watches all projects", lambda s: of_all_projects(s, None), P, "on every new issue", NOW),
    mail("it watches all projects, written as a text", lambda s: of_all_projects(s, "None"), P, "every new issue", NOW),
    mail(
        "it watches all projects, whose monitor is off",
        lambda s: of_all_projects(s, None, enabled=False),
        F,
        "the monitor that it watches is disabled",
        NOW,
    ),
    mail(
        "it watches all projects, on a server that does not list their monitor",
        lambda s: of_all_projects(s, None, unlisted=True),
        U,
        "it watches a monitor that this server does not list",
        NOW,
    ),
    mail(
        "it watches a monitor of something else",
        lambda s: of_all_projects(s, s.projects["shop-backend"].id, type="uptime_domain_failure"),
        F,
        "no alert of shop-backend sends email",
        NOW,
    ),
    mail(
        "muted for everyone, as the list says",
        listing_mutes(lambda s: mute(add_alert(s), everyone=True)),
        F,
        "muted for everyone",
        OLD,
    ),
    mail(
        "muted for the asking user, as the list says",
        listing_mutes(lambda s: mute(add_alert(s), everyone=False)),
        P,
        "emails the issue owners",
        OLD,
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
        "it points to sentry.example.com instead of 127.0.0.1:9000",
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
