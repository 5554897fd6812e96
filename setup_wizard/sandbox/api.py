"""The sandbox's answers for organizations, teams, projects, keys, events and alerts."""

from __future__ import annotations

import datetime as dt
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setup_wizard.sandbox import answers
from setup_wizard.sandbox.http import Refusal, bearer, body_of, endpoint, page, state_of
from setup_wizard.sandbox.records import Project, StoredEvent
from setup_wizard.sandbox.spans import query_spans

_ORG = ("org:read", "org:write", "org:admin")
_PROJECT = ("project:read", "project:write", "project:admin")
_PLATFORMS = frozenset({"python-django", "python", "javascript-react", "javascript", "javascript-vue", "node", "other"})


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
    return JSONResponse(answers.organization(state_of(request)))


@endpoint(*_ORG, "team:read")
async def teams(request: Request) -> Response:
    """List the teams."""
    return page(request, [answers.team(state_of(request))])


def _project(request: Request) -> Project:
    found = state_of(request).project(request.path_params["project"])
    if found is None:
        raise Refusal(404, "The requested resource does not exist")
    return found


@endpoint(*_ORG)
async def projects(request: Request) -> Response:
    """List the projects."""
    state = state_of(request)
    return page(request, [answers.project(state, p) for p in state.projects.values()])


@endpoint("project:write", "project:admin")
async def create_project(request: Request) -> Response:
    """Create a project; the slug is made up only where none is sent, and then never conflicts."""
    state, body = state_of(request), await body_of(request)
    if request.path_params["team"] != state.team:
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
        slug, name, platform, state.team, default_alert=body.get("default_rules", True) is not False
    )
    return JSONResponse(answers.project(state, made), 201)


@endpoint(*_PROJECT)
async def project(request: Request) -> Response:
    """Return a project."""
    return JSONResponse(answers.project_detail(state_of(request), _project(request)))


@endpoint(*_PROJECT)
async def keys(request: Request) -> Response:
    """List a project's client keys."""
    return page(request, [answers.client_key(state_of(request), _project(request))])


@endpoint(*_PROJECT)
async def project_event(request: Request) -> Response:
    """Return an event by id, once it is stored."""
    wanted = request.path_params["event"].replace("-", "").lower()
    for event in state_of(request).seen_events(_project(request)):
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
        "event.type": "error" if event.is_error else "default",
    }.get(name, event.tags.get(name))


@endpoint(*_ORG, "event:read")
async def events(request: Request) -> Response:
    """Query events in table form; understands `has:TAG`, `!has:TAG`, `TAG:VALUE`, and `count()` by the other fields."""
    state, query = state_of(request), request.query_params
    fields = query.getlist("field")
    if not fields or "dataset" not in query:
        raise Refusal(400, "field and dataset are required")
    wanted = query.getlist("project")
    found = []
    for item in state.projects.values():
        if not wanted or item.id in wanted or item.slug in wanted or "-1" in wanted:
            found += state.seen_events(item)
    if query["dataset"] == "spans":
        return _spans(
            request, fields, [p for p in state.projects.values() if not wanted or {p.id, p.slug} & set(wanted)]
        )
    for word in query.get("query", "").split():
        key, _, value = word.partition(":")
        tests = {"has": lambda e, v=value: v in e.tags, "!has": lambda e, v=value: v not in e.tags}
        keep = tests.get(key, lambda e, k=key, v=value: e.tags.get(k) == v)
        found = [e for e in found if keep(e)]
    found.sort(key=lambda e: e.received, reverse=True)
    rows = [{name: _field(e, name) for name in fields if name != "count()"} for e in found]
    if "count()" in fields:
        counted = [tuple(r.items()) for r in rows]
        rows = [dict(r) | {"count()": counted.count(r)} for r in dict.fromkeys(counted)]
    data = rows[: int(query.get("per_page", 50))]
    return JSONResponse(
        {"data": data, "meta": {"fields": dict.fromkeys(fields, "string"), "dataset": query["dataset"]}}
    )


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


def _of_projects(request: Request) -> set[str]:
    state = state_of(request)
    wanted = request.query_params.getlist("project")
    found = {p.id for p in state.projects.values() if not wanted or p.id in wanted or p.slug in wanted}
    if wanted and not found:
        raise Refusal(403, "You do not have permission to perform this action.")
    return found


@endpoint(*_ORG, "alerts:read")
async def detectors(request: Request) -> Response:
    """List monitors; understands `type:`. An older server has none."""
    if state_of(request).generation == "rules":
        raise Refusal(404, "The requested resource does not exist")
    wanted, kinds = _of_projects(request), re.findall(r"type:(\w+)", request.query_params.get("query", ""))
    return page(
        request,
        [d for d in state_of(request).detectors if d["projectId"] in wanted and (not kinds or d["type"] in kinds)],
    )


@endpoint(*_ORG, "alerts:read")
async def workflows(request: Request) -> Response:
    """List alerts."""
    state, wanted = state_of(request), _of_projects(request)
    attached = {d["id"] for d in state.detectors if d["projectId"] in wanted}
    return page(request, [w for w in state.workflows if not w["detectorIds"] or attached & set(w["detectorIds"])])


@endpoint(*_PROJECT, "alerts:read")
async def rules(request: Request) -> Response:
    """List a project's issue rules; a server with workflows answers 404."""
    if state_of(request).generation != "rules":
        raise Refusal(404, "The requested resource does not exist")
    return page(request, _project(request).rules)


@endpoint("project:write", "project:admin", "alerts:write")
async def create_rule(request: Request) -> Response:
    """Create an issue rule: 200, also for one that is there already, as a real 23.7 did."""
    state, body = state_of(request), await body_of(request)
    if state.generation != "rules":
        raise Refusal(404, "The requested resource does not exist")
    for name in ("name", "actionMatch", "frequency", "conditions", "actions"):
        if not body.get(name):
            raise Refusal(400, {name: ["This field is required."]})
    return JSONResponse(state.add_rule(_project(request), body))


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
    Route(f"{_P}/events/{{event}}/", project_event),
    Route(f"{_O}/events/", events),
    Route(f"{_O}/issues/{{issue}}/", update_issue, methods=["PUT"]),
    Route(f"{_O}/detectors/", detectors),
    Route(f"{_P}/rules/", rules, methods=["GET"]),
    Route(f"{_P}/rules/", create_rule, methods=["POST"]),
    Route(f"{_O}/workflows/", workflows, methods=["GET"]),
    Route(f"{_O}/workflows/", create_workflow, methods=["POST"]),
]
