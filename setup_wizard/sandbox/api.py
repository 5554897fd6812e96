"""The sandbox's answers for organizations, teams, projects, keys, events and alerts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setup_wizard.sandbox import answers
from setup_wizard.sandbox.http import Refusal, bearer, body_of, cut, endpoint, page, project_of, projects_of, state_of
from setup_wizard.sandbox.records import Json, Project, StoredEvent
from setup_wizard.sandbox.spans import query_spans

_ORG = ("org:read", "org:write", "org:admin")
_PROJECT = ("project:read", "project:write", "project:admin")
_PYTHON = "django fastapi flask starlette litestar quart aiohttp celery rq awslambda".split()  # noqa: SIM905
_PLATFORMS = frozenset(
    {"python", "javascript-react", "javascript", "javascript-vue", "node", "other", *(f"python-{p}" for p in _PYTHON)}
)


async def index(request: Request) -> Response:
    """`GET /api/0/`: whose token it is; open to anyone, 401 for a wrong token."""
    state = state_of(request)
    token = bearer(request)
    scopes = state.scopes(token)
    if token and scopes is None:
        return JSONResponse({"detail": "Invalid token"}, 401)
    auth = {"scopes": list(scopes)} if scopes else None
    return JSONResponse({"version": "0", "auth": auth, "user": answers.USER if auth else None})


@endpoint()
async def regions(request: Request) -> Response:
    """A self-hosted Sentry has no regions."""
    raise Refusal(404, "Not Found")


@endpoint(*_ORG)
async def organizations(request: Request) -> Response:
    """List the one organization."""
    return page(request, [answers.organization(state_of(request))])


@endpoint(*_ORG)
async def organization(request: Request) -> Response:
    """Return the organization."""
    return JSONResponse(answers.organization_detail(state_of(request)))


@endpoint(*_ORG, "team:read")
async def teams(request: Request) -> Response:
    """List the teams."""
    state = state_of(request)
    return page(request, [answers.team(state, slug) for slug in state.teams])


@endpoint(*_ORG)
async def projects(request: Request) -> Response:
    """List the projects; understands `slug:NAME`, any of several."""
    state, wanted = state_of(request), re.findall(r"slug:(\S+)", request.query_params.get("query", ""))
    found = [p for p in state.projects.values() if not wanted or p.slug in wanted]
    return page(request, [answers.project(state, p) for p in found])


@endpoint("project:write", "project:admin")
async def create_project(request: Request) -> Response:
    """Create a project; the slug is made up only where none is sent, and then never conflicts."""
    state, body = state_of(request), await body_of(request)
    if request.path_params["team"] not in state.teams:
        raise Refusal(404, "The requested resource does not exist")
    name, slug, platform = body.get("name"), body.get("slug"), body.get("platform")
    if not isinstance(name, str) or not name.strip():
        raise Refusal(400, {"name": ["This field is required."]})
    if len(name) > 50:
        raise Refusal(400, {"name": ["Ensure this field has no more than 50 characters."]})
    if platform is not None and platform not in _PLATFORMS:
        raise Refusal(400, {"platform": ["Invalid platform"]})
    if slug is not None and (not re.fullmatch(r"[a-z0-9_-]{1,100}", str(slug)) or str(slug).isdigit()):
        raise Refusal(
            400, {"slug": ["Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens."]}
        )
    if slug is None:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        while slug in state.projects:
            slug += "-" + state.new_id()
    if slug in state.projects:
        raise Refusal(409, "A project with this slug already exists.")
    made = state.add_project(
        slug, name, platform, request.path_params["team"], default_alert=body.get("default_rules", True) is not False
    )
    return JSONResponse(answers.project(state, made), 201)


@endpoint(*_PROJECT)
async def project(request: Request) -> Response:
    """Return a project."""
    return JSONResponse(answers.project_detail(state_of(request), project_of(request)))


@endpoint(*_PROJECT)
async def keys(request: Request) -> Response:
    """List a project's client keys."""
    return page(request, answers.client_keys(state_of(request), project_of(request)))


@endpoint(*_ORG)
async def all_keys(request: Request) -> Response:
    """List the client keys of all projects; an older server has no such list."""
    state = state_of(request)
    if state.generation == "rules":
        raise Refusal(404, "The requested resource does not exist")
    return page(request, [k for p in state.projects.values() for k in answers.client_keys(state, p)])


@endpoint(*_PROJECT)
async def project_event(request: Request) -> Response:
    """Return an event by id, once it is stored."""
    wanted = request.path_params["event"].replace("-", "").lower()
    for event in state_of(request).seen_events(project_of(request)):
        if event.id == wanted:
            return JSONResponse(answers.event(event))
    raise Refusal(404, "Event not found")


def _field(event: StoredEvent, name: str) -> object:
    tag = re.fullmatch(r"tags\[(.+)\]", name)
    if tag:
        return event.tags.get(tag.group(1))
    return {
        "id": event.id,
        "timestamp": event.received,
        "title": event.title,
        "issue.id": int(event.group_id),
        "project.id": int(event.project_id),
        "event.type": "error" if event.is_error else "default",
        "platform.name": event.payload.get("platform") or "other",
    }.get(name, event.tags.get(name))


_AGGREGATES: dict[str, Callable[[list[StoredEvent]], object]] = {
    "count()": len,
    "last_seen()": lambda group: max(e.received for e in group),
    "latest_event()": lambda group: max(group, key=lambda e: e.received).id,
}


@endpoint(*_ORG, "event:read")
async def events(request: Request) -> Response:
    """Query events in table form; understands `has:TAG`, `!has:TAG`, `TAG:VALUE`, and some aggregates by the other fields."""
    state, query = state_of(request), request.query_params
    fields = query.getlist("field")
    if not fields or "dataset" not in query:
        raise Refusal(400, "field and dataset are required")
    if query["dataset"] not in state.datasets:
        raise Refusal(400, f"dataset must be one of: {', '.join(state.datasets)}")
    projects = projects_of(request)
    if query["dataset"] == "spans" or "event.type:transaction" in query.get("query", "").split():
        return _spans(request, fields, projects)
    found = [e for p in projects for e in state.seen_events(p)]
    for word in query.get("query", "").split():
        key, _, value = word.partition(":")
        tests = {"has": lambda e, v=value: v in e.tags, "!has": lambda e, v=value: v not in e.tags}
        if word == "!event.type:transaction":
            continue
        if key == "project":
            found = _of_projects(found, projects, value)
            continue
        keep = tests.get(key, lambda e, k=key, v=value: e.tags.get(k) == v)
        found = [e for e in found if keep(e)]
    groups: dict[tuple[object, ...], list[StoredEvent]] = {}
    plain = [name for name in fields if name not in _AGGREGATES]
    for n, event in enumerate(sorted(found, key=lambda e: e.received, reverse=True)):
        alone = (n,) if len(plain) == len(fields) else ()
        groups.setdefault((*alone, *(_field(event, name) for name in plain)), []).append(event)
    rows = [
        {name: _AGGREGATES[name](group) if name in _AGGREGATES else _field(group[0], name) for name in fields}
        for group in groups.values()
    ]
    data, headers = cut(request, rows)
    meta = {"fields": dict.fromkeys(fields, "string"), "dataset": query["dataset"]}
    return JSONResponse({"data": data, "meta": meta}, headers=headers)


def _of_projects(found: list[StoredEvent], projects: list[Project], slugs: str) -> list[StoredEvent]:
    """Keep the events of projects that a query names, `[a,b]`; refuses one that is not among those asked for, as Sentry does."""
    wanted = slugs.strip("[]").split(",")
    ids = {p.slug: p.id for p in projects}
    if missing := [w for w in wanted if w not in ids]:
        raise Refusal(400, f"Invalid query. Project(s) {', '.join(missing)} do not exist or are not actively selected.")
    return [e for e in found if e.project_id in {ids[w] for w in wanted}]


def _spans(request: Request, fields: list[str], projects: list[Project]) -> Response:
    query = request.query_params
    try:
        times = [
            dt.datetime.fromisoformat(query[k]).replace(tzinfo=dt.UTC) if k in query else None for k in ("start", "end")
        ]
    except ValueError:
        raise Refusal(400, "start and end are not valid") from None
    spans = [s for p in projects for s in p.spans]
    rows = query_spans(spans, fields, query.get("query", ""), times[0], times[1])
    if rows is None:
        raise Refusal(400, "Could not parse the query")
    sort = query.get("sort", "")
    if sort.lstrip("-") in fields:
        rows.sort(key=lambda r: r[sort.lstrip("-")] or 0, reverse=sort.startswith("-"))
    meta = {"fields": dict.fromkeys(fields, "string"), "dataset": "spans"}
    return JSONResponse({"data": rows[: int(query.get("per_page", 50))], "meta": meta})


@endpoint("event:write", "event:admin")
async def update_issue(request: Request) -> Response:
    """Resolve, archive or assign an issue."""
    state, body = state_of(request), await body_of(request)
    issue = request.path_params["issue"]
    if not any(e.group_id == issue for e in state.events):
        raise Refusal(404, "The requested resource does not exist")
    if body.get("status") not in (None, "resolved", "unresolved", "ignored"):
        raise Refusal(400, {"status": ["Invalid status"]})
    assigned = body.get("assignedTo")
    if assigned is not None and assigned not in (answers.USER["email"], *(m["email"] for m in state.members)):
        raise Refusal(400, {"assignedTo": ["Unknown actor input"]})
    known = state.issues.setdefault(
        issue, {"id": issue, "status": "unresolved", "substatus": "new", "assignedTo": None}
    )
    known.update({k: v for k, v in body.items() if k in ("status", "substatus", "statusDetails", "assignedTo")})
    return JSONResponse(known)


@endpoint(*_ORG, "alerts:read")
async def detectors(request: Request) -> Response:
    """List monitors; understands `type:`. An older server has none."""
    if state_of(request).generation == "rules":
        raise Refusal(404, "The requested resource does not exist")
    wanted, kinds = (
        {p.id for p in projects_of(request)},
        re.findall(r"type:(\w+)", request.query_params.get("query", "")),
    )
    return page(
        request,
        [d for d in state_of(request).detectors if _listed(d, wanted) and (not kinds or d["type"] in kinds)],
    )


def _listed(monitor: Json, projects: set[str]) -> bool:
    """Return whether a monitor is in the list of some projects; `unlisted` is what a server keeps out of it."""
    shared = monitor["projectId"] in (None, "None")
    return not monitor.get("unlisted") and (shared or monitor["projectId"] in projects)


@endpoint(*_ORG, "alerts:read")
async def workflows(request: Request) -> Response:
    """List alerts. An older server has none."""
    if state_of(request).generation == "rules":
        raise Refusal(404, "The requested resource does not exist")
    state, wanted = state_of(request), {p.id for p in projects_of(request)}
    attached = {d["id"] for d in state.detectors if d["projectId"] in (*wanted, None, "None")}
    return page(request, [w for w in state.workflows if not w["detectorIds"] or attached & set(w["detectorIds"])])


@endpoint(*_PROJECT, "alerts:read")
async def rules(request: Request) -> Response:
    """List a project's issue rules; a server with workflows answers 404."""
    return page(request, [_shown(request, r) for r in _rules(request)])


@endpoint(*_ORG, "alerts:read")
async def combined_rules(request: Request) -> Response:
    """List the issue rules of projects together; a server with workflows answers 404."""
    if state_of(request).generation == "workflows":
        raise Refusal(404, "The requested resource does not exist")
    rules = [r for p in projects_of(request) for r in p.rules]
    return page(request, [{"type": "rule"} | _shown(request, r) for r in rules])


def _shown(request: Request, rule: Json) -> Json:
    """Return a rule as a list shows it: 23.7 leaves out who muted it, later versions do not."""
    if state_of(request).lists_mutes:
        return {"snooze": False} | rule
    return {k: v for k, v in rule.items() if not k.startswith("snooze")}


def _rules(request: Request) -> list[Json]:
    if state_of(request).generation == "workflows":
        raise Refusal(404, "The requested resource does not exist")
    return project_of(request).rules


@endpoint(*_PROJECT, "alerts:read")
async def rule(request: Request) -> Response:
    """Return one issue rule, with whether it is muted."""
    found = next((r for r in _rules(request) if r["id"] == request.path_params["rule"]), None)
    if found is None:
        raise Refusal(404, "The requested resource does not exist")
    return JSONResponse({"snooze": False} | found)


@endpoint("project:write", "project:admin", "alerts:write")
async def create_rule(request: Request) -> Response:
    """Create an issue rule: 200, also for one that is there already, as a real 23.7 did."""
    state, body = state_of(request), await body_of(request)
    if state.generation == "workflows":
        raise Refusal(404, "The requested resource does not exist")
    for name in ("name", "actionMatch", "frequency", "conditions", "actions"):
        if not body.get(name):
            raise Refusal(400, {name: ["This field is required."]})
    return JSONResponse(state.add_rule(project_of(request), body))


@endpoint("alerts:write", "org:write", "org:admin")
async def create_workflow(request: Request) -> Response:
    """Create an alert; a second one with the same name is accepted, as Sentry does."""
    state, body = state_of(request), await body_of(request)
    for name in ("name", "config", "triggers", "actionFilters"):
        if not body.get(name):
            raise Refusal(400, {name: ["This field is required."]})
    known = {int(d["id"]) for d in state.detectors}
    if not set(body.get("detectorIds", [])) <= known:
        raise Refusal(400, {"detectorIds": ["Some detectors do not exist or belong to other organizations."]})
    if body["config"].get("frequency") not in (0, 5, 10, 30, 60, 180, 720, 1440):
        raise Refusal(400, {"config": ["frequency is not valid"]})
    return JSONResponse(state.add_workflow(body), 201)


_O = "/api/0/organizations/{org}"
_P = "/api/0/projects/{org}/{project}"

ROUTES = [
    Route("/api/0/", index),
    Route("/api/0/users/me/regions/", regions),
    Route("/api/0/organizations/", organizations),
    Route(f"{_O}/", organization),
    Route(f"{_O}/teams/", teams),
    Route(f"{_O}/projects/", projects),
    Route("/api/0/teams/{org}/{team}/projects/", create_project, methods=["POST"]),
    Route(f"{_P}/", project),
    Route(f"{_P}/keys/", keys),
    Route(f"{_O}/project-keys/", all_keys),
    Route(f"{_P}/events/{{event}}/", project_event),
    Route(f"{_O}/events/", events),
    Route(f"{_O}/issues/{{issue}}/", update_issue, methods=["PUT"]),
    Route(f"{_O}/detectors/", detectors),
    Route(f"{_O}/combined-rules/", combined_rules),
    Route(f"{_P}/rules/", rules, methods=["GET"]),
    Route(f"{_P}/rules/", create_rule, methods=["POST"]),
    Route(f"{_P}/rules/{{rule}}/", rule),
    Route(f"{_O}/workflows/", workflows, methods=["GET"]),
    Route(f"{_O}/workflows/", create_workflow, methods=["POST"]),
]
