"""The sandbox's answers to what only an audit asks: members, integrations, filters, usage, ownership, how maps resolve."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setup_wizard.sandbox import answers
from setup_wizard.sandbox.http import Refusal, body_of, endpoint, page, project_of, projects_of, state_of
from setup_wizard.sandbox.records import Json, StoredEvent

_ORG = ("org:read", "org:write", "org:admin")
_PROJECT = ("project:read", "project:write", "project:admin")
_FILTERS = ("browser-extensions", "legacy-browsers", "localhost", "web-crawlers", "filtered-transaction")


@endpoint("member:read", "member:write", "member:admin")
async def members(request: Request) -> Response:
    """List members, open invitations among them."""
    state = state_of(request)
    ids = state.user_ids()
    return page(request, [answers.member(m, ids[m["email"]]) for m in state.members])


@endpoint(*_PROJECT)
async def project_members(request: Request) -> Response:
    """List the active members of a project's teams."""
    state, team = state_of(request), project_of(request).team
    own = [m for m in state.members if not m["pending"] and m["email"] in state.teams.get(team, ())]
    ids = state.user_ids()
    return page(request, [answers.member(m, ids[m["email"]]) for m in own])


@endpoint("member:invite", "member:write", "member:admin")
async def invite(request: Request) -> Response:
    """Invite an address; one that is a member or invited already is refused with 400, an expired invitation renewed."""
    state, body = state_of(request), await body_of(request)
    email, role = body.get("email"), body.get("orgRole")
    if not isinstance(email, str) or "@" not in email:
        raise Refusal(400, {"email": ["Enter a valid email address."]})
    if role not in ("billing", "member", "manager", "owner"):
        raise Refusal(400, {"orgRole": ["You do not have permission to set that org-level role"]})
    teams = [t.get("teamSlug") for t in body.get("teamRoles") or []]
    if any(t not in state.teams for t in teams):
        raise Refusal(400, "Invalid team")
    known = next((m for m in state.members if m["email"] == email), None)
    renews = state.generation == "workflows" and body.get("reinvite")
    if known is not None and not (known["expired"] and renews):
        raise Refusal(400, {"email": [f"The user {email} is already a member"]})
    member: Json = {"email": email, "role": role, "pending": True, "expired": False}
    if known is not None:
        state.members.remove(known)
    state.members.append(member)
    for team in teams:
        state.teams[team].append(email)
    return JSONResponse(answers.member(member, state.user_ids()[email]), 201)


@endpoint("member:invite", "member:write", "member:admin")
async def renew_invitation(request: Request) -> Response:
    """Send an invitation again; an expired one takes a new link, which only `member:admin` may make (as Sentry answers it)."""
    state, body = state_of(request), await body_of(request)
    wanted = request.path_params["member"]
    known = next((m for m in state.members if state.user_ids()[m["email"]] == wanted and m["pending"]), None)
    if known is None:
        raise Refusal(404, "The requested resource does not exist")
    if body.get("regenerate"):
        if "member:admin" not in state.more_scopes:
            raise Refusal(400, "You are missing the member:admin scope.")
        known["expired"] = False
    if known["expired"]:
        raise Refusal(400, "You cannot resend an expired invitation without regenerating the token.")
    return JSONResponse(answers.member(known, wanted))


@endpoint(*_ORG, "org:integrations")
async def integration(request: Request) -> Response:
    """Return one integration with its configuration."""
    wanted = request.path_params["integration"]
    found = next((i for i in state_of(request).integrations if i["id"] == wanted), None)
    if found is None:
        raise Refusal(404, "The requested resource does not exist")
    return JSONResponse(found)


@endpoint(*_ORG, "org:integrations")
async def integrations(request: Request) -> Response:
    """List the installed integrations; understands `providerKey`."""
    wanted = request.query_params.get("providerKey")
    found = [i for i in state_of(request).integrations if wanted in (None, i["provider"]["key"])]
    return page(request, found)


@endpoint(*_PROJECT)
async def filters(request: Request) -> Response:
    """List the inbound filters with what is on."""
    on = project_of(request).filters
    return JSONResponse([{"id": name, "active": name in on} for name in _FILTERS])


@endpoint(*_PROJECT)
async def ownership(request: Request) -> Response:
    """Return a project's ownership rules."""
    raw = project_of(request).ownership or None
    return JSONResponse(
        {"raw": raw, "fallthrough": True, "isActive": True, "autoAssignment": "Auto Assign to Issue Owner"}
    )


@endpoint(*_ORG, "org:integrations", "org:ci")
async def code_mappings(request: Request) -> Response:
    """List the mappings from stack traces to code; understands `project`."""
    wanted = request.query_params.get("project")
    return page(request, [m for m in state_of(request).code_mappings if wanted in (None, m["projectId"])])


@endpoint(*_ORG)
async def usage(request: Request) -> Response:
    """Count what arrived by outcome and category, for the projects asked for."""
    state, by_project = state_of(request), "project" in request.query_params.getlist("groupBy")
    counts: dict[tuple[str, str, int | None], int] = {}
    for project in projects_of(request):
        errors = sum(e.project_id == project.id for e in state.events)
        for (outcome, category), count in {
            ("accepted", "error"): errors,
            ("accepted", "span" if "spans" in state.datasets else "transaction"): project.transactions,
            **project.losses,
        }.items():
            key = (outcome, category, int(project.id) if by_project else None)
            counts[key] = counts.get(key, 0) + count
    groups = [
        {
            "by": {"outcome": o, "category": c} | ({"project": p} if p is not None else {}),
            "totals": {"sum(quantity)": n},
            "series": {"sum(quantity)": [n]},
        }
        for (o, c, p), n in counts.items()
        if n
    ]
    stamp = answers.USER["dateJoined"]
    return JSONResponse({"start": stamp, "end": stamp, "intervals": [stamp], "groups": groups})


@endpoint(*_PROJECT)
async def project_events(request: Request) -> Response:
    """List a project's events in the short form, newest first."""
    return page(request, [answers.short_event(e) for e in state_of(request).seen_events(project_of(request))])


@endpoint(*_PROJECT, "project:releases", "org:ci")
async def artifact_bundles(request: Request) -> Response:
    """List a project's artifact bundles, newest first."""
    project = project_of(request)
    found = [b for b in reversed(state_of(request).bundles) if {project.slug, project.id} & set(b["projects"])]
    rows = [
        {
            "bundleId": b["checksum"],
            "associations": [{"release": b["release"], "dist": b["dist"]}] if b["release"] else [],
            "fileCount": b["fileCount"],
            "dateModified": b["date"],
            "date": b["date"],
        }
        for b in found
    ]
    return page(request, rows)


@endpoint(*_ORG)
async def event_id(request: Request) -> Response:
    """Find an event by id in any project."""
    state = state_of(request)
    wanted = request.path_params["event"].replace("-", "").lower()
    for project in state.projects.values():
        for event in state.seen_events(project):
            if event.id == wanted:
                return JSONResponse(
                    {
                        "organizationSlug": state.organization,
                        "projectSlug": project.slug,
                        "groupId": event.group_id,
                        "eventId": event.id,
                        "event": answers.event(event),
                    }
                )
    raise Refusal(404, "Event not found")


@endpoint(*_PROJECT)
async def source_map_debug(request: Request) -> Response:
    """Say for each frame of an event whether its map was uploaded, by debug id."""
    state, project = state_of(request), project_of(request)
    wanted = request.path_params["event"].replace("-", "").lower()
    event = next((e for e in state.seen_events(project) if e.id == wanted), None)
    if event is None:
        raise Refusal(404, "Event not found")
    if state.is_oldest and "frame_idx" not in request.query_params:
        raise Refusal(400, "Query parameter 'frame_idx' is required")
    uploaded = {d for b in state.bundles for d in b["debugIds"]}
    images = {
        i.get("code_file"): i.get("debug_id") for i in (event.payload.get("debug_meta") or {}).get("images") or []
    }
    release = event.payload.get("release")
    return JSONResponse(
        {
            "dist": event.payload.get("dist"),
            "release": release,
            "exceptions": [{"frames": [_frame(f, images, uploaded) for f in frames]} for frames in _stacks(event)],
            "has_debug_ids": bool(images),
            "min_debug_id_sdk_version": "7.44.0",
            "sdk_version": (event.payload.get("sdk") or {}).get("version"),
            "project_has_some_artifact_bundle": bool(state.bundles),
            "release_has_some_artifact": any(b.get("release") == release for b in state.bundles),
            "has_uploaded_some_artifact_with_a_debug_id": bool(uploaded),
            "sdk_debug_id_support": "full",
            "has_scraping_data": False,
        }
    )


def _stacks(event: StoredEvent) -> list[list[Json]]:
    values = (event.payload.get("exception") or {}).get("values") or []
    return [(v.get("stacktrace") or {}).get("frames") or [] for v in values]


def _frame(frame: Json, images: dict[str, str], uploaded: set[str]) -> Json:
    path = str(frame.get("abs_path") or frame.get("filename") or "")
    debug_id = images.get(path)
    found = debug_id in uploaded
    return {
        "debug_id_process": {
            "debug_id": debug_id,
            "uploaded_source_file_with_correct_debug_id": found,
            "uploaded_source_map_with_correct_debug_id": found,
        },
        "release_process": {
            "abs_path": path,
            "matching_source_file_names": [],
            "matching_source_map_name": None,
            "source_map_reference": None,
            "source_file_lookup_result": "unsuccessful",
            "source_map_lookup_result": "unsuccessful",
        },
        "scraping_process": {"source_file": None, "source_map": None},
    }


_O = "/api/0/organizations/{org}"
_P = "/api/0/projects/{org}/{project}"

ROUTES = [
    Route(f"{_O}/members/", members, methods=["GET"]),
    Route(f"{_O}/members/", invite, methods=["POST"]),
    Route(f"{_O}/members/{{member}}/", renew_invitation, methods=["PUT"]),
    Route(f"{_O}/integrations/", integrations),
    Route(f"{_O}/integrations/{{integration}}/", integration),
    Route(f"{_O}/code-mappings/", code_mappings),
    Route(f"{_O}/stats_v2/", usage),
    Route(f"{_O}/eventids/{{event}}/", event_id),
    Route(f"{_P}/members/", project_members),
    Route(f"{_P}/files/artifact-bundles/", artifact_bundles),
    Route(f"{_P}/filters/", filters),
    Route(f"{_P}/ownership/", ownership),
    Route(f"{_P}/events/", project_events),
    Route(f"{_P}/events/{{event}}/source-map-debug/", source_map_debug),
]
