"""The sandbox answers as Sentry's official schema says, takes real envelopes, and the client copes with every fault."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import httpx
import jsonschema
import pytest
import sentry_sdk

from checks.errors import SentrySetupError
from checks.sentry_api import errors as e
from checks.sentry_api.alerts import Alerts, Channel
from checks.sentry_api.client import SentryClient, scope_for
from checks.sentry_api.members import invite
from setup_wizard.sandbox.ingest import parse_envelope
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import connect
from setup_wizard.services.test_event import NotSentError, send_test_events
from tests.support.sentry import URL, api, client, make_state, no_sleep, transport

EMAIL = Channel(kind="email")
SCHEMA = json.loads((Path(__file__).parent.parent / "data" / "sentry_openapi.json").read_text("utf-8"))


def json_schema(node):
    """OpenAPI 3.0 marks null by `nullable`; JSON Schema by a type."""
    if isinstance(node, list):
        return [json_schema(n) for n in node]
    if not isinstance(node, dict):
        return node
    made = {k: json_schema(v) for k, v in node.items() if k != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") else made


CALLS = [
    ("GET", "/organizations/", "/organizations/", None),
    ("GET", "/organizations/{o}/", "/organizations/acme/", None),
    ("GET", "/organizations/{o}/teams/", "/organizations/acme/teams/", None),
    ("GET", "/organizations/{o}/projects/", "/organizations/acme/projects/", None),
    (
        "POST",
        "/teams/{o}/{t}/projects/",
        "/teams/acme/acme/projects/",
        {"name": "new", "slug": "new", "platform": "python-django"},
    ),
    ("GET", "/projects/{o}/{p}/", "/projects/acme/shop/", None),
    ("GET", "/projects/{o}/{p}/keys/", "/projects/acme/shop/keys/", None),
    ("GET", "/organizations/{o}/detectors/", "/organizations/acme/detectors/", None),
    ("GET", "/organizations/{o}/workflows/", "/organizations/acme/workflows/", None),
    ("GET", "/organizations/{o}/releases/", "/organizations/acme/releases/", None),
    ("POST", "/organizations/{o}/releases/", "/organizations/acme/releases/", {"version": "2", "projects": ["shop"]}),
    ("GET", "/projects/{o}/{p}/events/{e}/", "/projects/acme/shop/events/" + "a" * 32 + "/", None),
    ("GET", "/organizations/{o}/events/", "/organizations/acme/events/?dataset=errors&field=id", None),
    (
        "POST",
        "/organizations/{o}/releases/{v}/deploys/",
        "/organizations/acme/releases/1/deploys/",
        {"environment": "production"},
    ),
    ("GET", "/organizations/{o}/releases/{v}/deploys/", "/organizations/acme/releases/1/deploys/", None),
    ("GET", "/organizations/{o}/members/", "/organizations/acme/members/", None),
    ("GET", "/organizations/{o}/integrations/", "/organizations/acme/integrations/", None),
    ("GET", "/organizations/{o}/integrations/{i}/", "/organizations/acme/integrations/INTEGRATION/", None),
    (
        "POST",
        "/organizations/{o}/members/",
        "/organizations/acme/members/",
        {"email": "x@example.com", "orgRole": "member", "teamRoles": [{"teamSlug": "acme", "role": "contributor"}]},
    ),
    ("GET", "/organizations/{o}/stats_v2/", "/organizations/acme/stats_v2/?field=sum(quantity)&groupBy=outcome", None),
    ("GET", "/organizations/{o}/repos/", "/organizations/acme/repos/", None),
    ("GET", "/projects/{o}/{p}/events/", "/projects/acme/shop/events/", None),
    (
        "GET",
        "/projects/{o}/{p}/events/{e}/source-map-debug/",
        "/projects/acme/shop/events/" + "a" * 32 + "/source-map-debug/",
        None,
    ),
]


def operation(method, template):
    """Find an operation of the schema by the shape of its path."""
    shape = ["{}" if part.startswith("{") else part for part in template.strip("/").split("/")]
    for name, found in SCHEMA.items():
        verb, path = name.split(" ")
        parts = ["{}" if p.startswith("{") else p for p in path.removeprefix("/api/0").strip("/").split("/")]
        if verb == method and parts == shape:
            return found
    raise KeyError(template)


@pytest.mark.parametrize(("method", "template", "path", "body"), CALLS, ids=[f"{c[0]} {c[1]}" for c in CALLS])
async def test_answers_follow_the_official_schema(method, template, path, body):
    state = make_state()
    project = state.add_project("shop", "Shop", "python-django", "acme", default_alert=True)
    state.add_event(project, {"event_id": "a" * 32, "message": "hi", "level": "info", "platform": "python"})
    state.add_release("1", [project], "sentry-cli/3.8.2")
    path = path.replace("INTEGRATION", state.add_integration("slack", "acme")["id"])
    async with httpx.AsyncClient(
        transport=transport(state), base_url=URL, headers={"Authorization": f"Bearer {state.token}"}
    ) as http:
        answer = await http.request(method, "/api/0" + path, json=body)
    assert answer.status_code in (200, 201), answer.text
    expected = operation(method, template)
    jsonschema.validate(answer.json(), json_schema(expected["responses"][str(answer.status_code)]))


def snake_case(node):
    """The schema lists fields in snake case and says that they are passed as camel case."""
    if isinstance(node, list):
        return [snake_case(n) for n in node]
    if isinstance(node, dict):
        return {re.sub("[A-Z]", lambda m: "_" + m.group().lower(), k): snake_case(v) for k, v in node.items()}
    return node


async def test_requests_follow_the_official_schema():
    """What the client posts is what the schema takes."""
    state = make_state()
    sent: list[tuple[str, dict]] = []
    inner = transport(state)

    class Spy(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                sent.append((request.url.path, json.loads(await request.aread())))
            return await inner.handle_async_request(request)

    from checks.sentry_api.calls import Sentry

    sentry = Sentry(SentryClient(URL, state.token, transport=Spy()))
    project, made = await sentry.ensure_project("acme", "acme", "shop-backend", "python-django")
    assert made
    channels = (
        EMAIL,
        Channel(kind="slack", to="#x", shown="#x", integration="1"),
        Channel(kind="pagerduty", to="7", shown="on-call", integration="2"),
    )
    for channel in channels:
        await Alerts(sentry, "acme").ensure(project, channel)
    await invite(sentry, "acme", "x@example.com", role="member", team="acme")
    state.generation = "rules"
    for channel in channels:
        await Alerts(sentry, "acme").ensure(project, channel)
    shapes = {
        "/projects/": "/teams/{o}/{t}/projects/",
        "/workflows/": "/organizations/{o}/workflows/",
        "/members/": "/organizations/{o}/members/",
        "/rules/": "/projects/{o}/{p}/rules/",
    }
    assert len(sent) == 8
    for path, body in sent:
        template = next(t for end, t in shapes.items() if path.endswith(end))
        words = snake_case(body) if path.endswith("/workflows/") else body
        jsonschema.validate(words, json_schema(operation("POST", template)["request"]))
        assert path.endswith("/")


async def test_a_second_run_finds_what_the_first_one_made():
    state = make_state()
    sentry = api(state)
    first, made = await sentry.ensure_project("acme", "acme", "shop", "python-django")
    second, again = await sentry.ensure_project("acme", "acme", "shop", "python-django")
    assert made and not again and first.id == second.id and len(state.projects) == 1
    one, made = await Alerts(sentry, "acme").ensure(first, EMAIL)
    two, again = await Alerts(sentry, "acme").ensure(first, EMAIL)
    assert made and not again and one == two
    alerts = await Alerts(sentry, "acme").attached(first)
    assert sum("first_seen_event" in a.triggers for a in alerts) == 1 and len(alerts) == 2


@pytest.mark.parametrize(("method", "path"), [("POST", "/projects/"), ("POST", "/workflows/")])
async def test_a_create_whose_answer_was_lost_is_looked_for_and_not_repeated(method, path):
    state = make_state()
    state.faults.append(Fault(method=method, path=path, status=502, body="<html>", headers={}, times=1, after=True))
    sentry = api(state)
    project, made = await sentry.ensure_project("acme", "acme", "shop", "python-django")
    assert made and len(state.projects) == 1
    await Alerts(sentry, "acme").ensure(project, EMAIL)
    assert sum(w["name"].startswith("[sentry-setup]") for w in state.workflows) == 1


FAULTS = [
    (401, '{"detail": "Invalid token"}', e.UnauthorizedError),
    (403, '{"detail": "no"}', e.ForbiddenError),
    (404, '{"detail": "no"}', e.NotFoundError),
    (409, '{"detail": "no"}', e.ConflictError),
    (410, '{"message": "This API no longer exists."}', e.GoneError),
    (429, "slow down", e.RateLimitedError),
    (500, '{"detail": "Internal Error"}', e.ServerFaultError),
    (503, "<html>", e.ServerFaultError),
    (302, '{"slug": "new-name"}', e.MovedError),
    (400, '{"name": ["This field is required."]}', e.InvalidError),
    (200, "<html>sign in</html>", e.NotSentryError),
    (200, '[{"slug": ', e.NotSentryError),
    (200, "[[[", e.NotSentryError),
    (200, '[{"slug": {"a": 1}}]', e.NotSentryError),
    (200, '{"not": "a list"}', e.NotSentryError),
]


@pytest.mark.parametrize(("status", "body", "kind"), FAULTS)
async def test_each_fault_is_one_typed_error_that_says_what_to_do(status, body, kind):
    state = make_state()
    state.faults.append(Fault(method="GET", path="teams", status=status, body=body, headers={}, times=9))
    with pytest.raises(kind) as caught:
        await api(state).teams("acme")
    assert caught.value.message and state.token not in caught.value.message + str(caught.value.hint)
    assert caught.value.hint or status in (400, 409, 410)
    tries = sum(path.endswith("/teams/") for _, path in state.requests)
    assert tries == (3 if status in (429, 500, 503) else 1)


async def test_a_lost_connection_is_told(monkeypatch):
    class Down(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("refused", request=request)

    from checks.sentry_api.calls import Sentry

    with pytest.raises(e.UnreachableError) as caught:
        await Sentry(SentryClient(URL, "t", transport=Down(), sleep=no_sleep)).token()
    assert "cannot be reached" in caught.value.message


async def test_a_read_only_token_is_refused_with_the_scope_it_lacks():
    state = make_state()
    with pytest.raises(e.ForbiddenError) as caught:
        await api(state, state.readonly_token).ensure_project("acme", "acme", "shop", "python-django")
    assert "project:write" in (caught.value.hint or "")
    assert scope_for("GET /api/0/organizations/acme/workflows/") == "`org:read`"


async def test_pages_are_followed_by_cursor_and_end():
    state = make_state()
    for number in range(7):
        state.add_project(f"p{number}", f"p{number}", None, "acme", default_alert=False)
    one = client(state)
    found = [p async for p in one.pages("/organizations/acme/projects/", {"per_page": 2})]
    assert len({p["slug"] for p in found}) == 7
    few = [p async for p in one.pages("/organizations/acme/projects/", {"per_page": 2}, limit=2)]
    assert len(few) == 4


async def test_a_token_is_not_sent_to_another_host():
    state = make_state()
    hosts = []
    inner = transport(state)

    class Spy(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            hosts.append(request.url.host)
            return await inner.handle_async_request(request)

    one = SentryClient(URL, state.token, transport=Spy())
    await one.get("/organizations/acme/teams/", base="https://evil.example")
    assert hosts == ["127.0.0.1"]


async def test_an_organization_token_is_recognised_before_anything_fails():
    from checks.config import Config

    with pytest.raises(SentrySetupError) as caught:
        await connect(URL, "sntrys_abc", Config())
    assert "organization token" in caught.value.message


def test_real_sdk_events_arrive_with_their_tags():
    with running_sandbox(SandboxState()) as state:
        project = state.add_project("shop", "Shop", "python-django", "acme", default_alert=False)
        sent = send_test_events(state.dsn(project), environment="staging", release="r1")
        assert {e.id for e in state.events} == {sent.message, sent.error}
        kinds = {e.tags["sentry_setup.kind"]: e for e in state.events}
        assert kinds["error"].is_error and not kinds["message"].is_error
        assert kinds["error"].title == "ZeroDivisionError: division by zero"
        assert all(e.tags["environment"] == "staging" and e.tags["release"] == "r1" for e in state.events)
        assert not sentry_sdk.get_client().is_active()


async def test_a_single_event_arrives_as_sdk_1_sends_it_without_tracing():
    state = make_state()
    project = state.add_project("shop", "Shop", "python-django", "acme", default_alert=False)
    event = {"event_id": "a" * 32, "exception": {"values": [{"type": "KeyError", "value": "card"}]}}
    place, body = f"{URL}/api/{project.id}/store/", gzip.compress(json.dumps(event).encode())
    async with httpx.AsyncClient(transport=transport(state)) as http:
        for key, status in ((project.key, 200), ("0" * 32, 403)):
            headers = {"x-sentry-auth": f"Sentry sentry_key={key}, sentry_version=7", "content-encoding": "gzip"}
            assert (await http.post(place, content=body, headers=headers)).status_code == status
        broken = await http.post(place, content=b"[", headers={"x-sentry-auth": f"Sentry sentry_key={project.key}"})
    assert broken.status_code == 400 and [e.title for e in state.events] == ["KeyError: card"]


def test_events_for_a_wrong_key_are_refused_and_bad_dsns_are_told():
    with running_sandbox(SandboxState()) as state:
        project = state.add_project("shop", "Shop", "python-django", "acme", default_alert=False)
        send_test_events(state.dsn(project).replace(project.key, "0" * 32), environment="x", release=None)
        assert state.events == []
    with pytest.raises(NotSentError):
        send_test_events("changeme", environment="x", release=None)


def test_envelopes_with_and_without_length():
    data = b'{"event_id":"a"}\n{"type":"event","length":2}\n{}\n{"type":"transaction"}\n{"a":1}\n'
    assert [(h.get("type"), p) for h, p in parse_envelope(data)] == [
        (None, b""),
        ("event", b"{}"),
        ("transaction", b'{"a":1}'),
    ]
    with pytest.raises(ValueError):
        list(parse_envelope(b"[1]\n"))


async def test_an_integration_is_connected_on_its_own_page():
    state = make_state()
    page = f"{URL}/settings/acme/integrations/github/"
    async with httpx.AsyncClient(transport=transport(state)) as http:
        assert "github: not connected" in (await http.get(page)).text and not state.integrations
        assert "github: connected" in (await http.post(page, data={"repository": "acme/shop"})).text
        assert (await http.get(page.replace("acme", "other"))).status_code == 404
        assert "<b>" not in (await http.get(page.replace("github", "%3Cb%3E"))).text
    assert [r["name"] for r in state.repositories] == ["acme/shop"]
    assert [i["provider"]["key"] for i in state.integrations] == ["github"]
