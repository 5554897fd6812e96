"""The sandbox's releases, deploys and source-map uploads, as sentry-cli and the bundler plugins use them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setup_wizard.sandbox.http import Refusal, body_of, endpoint, page, state_of
from setup_wizard.sandbox.records import Json, Project, now

_READ = ("project:read", "org:ci", "project:releases", "project:write")
_WRITE = ("project:releases", "org:ci", "project:write")


def _shown(release: Json) -> Json:
    return {k: v for k, v in release.items() if k not in ("deploys", "commits")}


def _projects(request: Request, slugs: Any) -> list[Project]:
    state = state_of(request)
    found = [p for s in slugs if (p := state.project(str(s)))] if isinstance(slugs, list) else []
    if not found:
        raise Refusal(400, {"projects": ["Invalid project ids or slugs"]})
    return found


@endpoint(*_READ)
async def releases(request: Request) -> Response:
    """List releases, newest first, of the asked projects."""
    wanted = set(request.query_params.getlist("project"))
    found = [
        r
        for r in state_of(request).releases
        if not wanted or any(str(p["id"]) in wanted or p["slug"] in wanted for p in r["projects"])
    ]
    return page(request, [_shown(r) for r in found])


@endpoint(*_WRITE)
async def create_release(request: Request) -> Response:
    """Create a release: 201, or 208 when it is known."""
    state, body = state_of(request), await body_of(request)
    version = body.get("version")
    if not isinstance(version, str) or not version.strip():
        raise Refusal(400, {"version": ["This field is required."]})
    release, made = state.add_release(
        version, _projects(request, body.get("projects")), request.headers.get("user-agent", "")
    )
    _update(release, body)
    return JSONResponse(_shown(release), 201 if made else 208)


def _update(release: Json, body: Json) -> None:
    if body.get("dateReleased"):
        release["dateReleased"] = body["dateReleased"]
    if body.get("dateStarted"):
        release["dateStarted"] = body["dateStarted"]
    commits = body.get("commits") or []
    if commits:
        release["commits"] = commits
        release["commitCount"] = len(commits)
    if body.get("refs"):
        release["commitCount"] = max(release["commitCount"], 1)


def _release(request: Request) -> Json:
    release = state_of(request).release(request.path_params["version"])
    if release is None:
        raise Refusal(404, "The requested resource does not exist")
    return release


@endpoint(*_READ)
async def release(request: Request) -> Response:
    """Return a release."""
    return JSONResponse(_shown(_release(request)))


@endpoint(*_WRITE)
async def update_release(request: Request) -> Response:
    """Change a release: finalize it, set its commits; made where it does not exist, as Sentry's older path does."""
    body = await body_of(request)
    state = state_of(request)
    found = state.release(request.path_params["version"])
    if found is None:
        raise Refusal(404, "The requested resource does not exist")
    if body.get("projects"):
        state.add_release(found["version"], _projects(request, body["projects"]), "")
    _update(found, body)
    return JSONResponse(_shown(found))


@endpoint(*_READ)
async def previous_commits(request: Request) -> Response:
    """Sentry knows of no earlier release with commits."""
    return JSONResponse({})


@endpoint(*_READ)
async def deploys(request: Request) -> Response:
    """List a release's deploys."""
    return page(request, _release(request)["deploys"])


@endpoint(*_WRITE)
async def create_deploy(request: Request) -> Response:
    """Record a deploy."""
    found, body = _release(request), await body_of(request)
    if not body.get("environment"):
        raise Refusal(400, {"environment": ["This field is required."]})
    stamp = now()
    deploy = {
        "id": state_of(request).new_id(),
        "environment": body["environment"],
        "name": body.get("name"),
        "url": body.get("url"),
        "dateStarted": body.get("dateStarted"),
        "dateFinished": body.get("dateFinished") or stamp,
    }
    found["deploys"].insert(0, deploy)
    found["deployCount"] = len(found["deploys"])
    found["lastDeploy"] = {**deploy, "version": found["version"]}
    return JSONResponse(deploy, 201)


@endpoint(*_WRITE, "project:read")
async def upload_options(request: Request) -> Response:
    """Tell clients how to upload in chunks."""
    url = f"{state_of(request).public_url}/api/0/organizations/{request.path_params['org']}/chunk-upload/"
    return JSONResponse(
        {
            "url": url,
            "chunkSize": 8388608,
            "chunksPerRequest": 64,
            "maxFileSize": 2147483648,
            "maxRequestSize": 33554432,
            "concurrency": 1,
            "hashAlgorithm": "sha1",
            "compression": [],
            "accept": ["debug_files", "release_files", "pdbs", "sources", "artifact_bundles", "artifact_bundles_v2"],
        }
    )


@endpoint(*_WRITE)
async def upload_chunks(request: Request) -> Response:
    """Take chunks in, each named by its SHA-1."""
    async with request.form(max_files=200) as form:
        for _, part in form.multi_items():
            data = part.encode() if isinstance(part, str) else await part.read()
            state_of(request).chunks[hashlib.sha1(data).hexdigest()] = data
    return JSONResponse({})


@endpoint(*_WRITE)
async def assemble(request: Request) -> Response:
    """Put an artifact bundle together from its chunks: `not_found` with the missing ones, then `ok`."""
    state, body = state_of(request), await body_of(request)
    wanted = [str(c) for c in body.get("chunks") or []]
    missing = [c for c in wanted if c not in state.chunks]
    if missing or not wanted:
        return JSONResponse({"state": "not_found", "missingChunks": missing})
    try:
        with zipfile.ZipFile(io.BytesIO(b"".join(state.chunks[c] for c in wanted))) as archive:
            manifest = json.loads(archive.read("manifest.json"))
    except (zipfile.BadZipFile, KeyError, ValueError):
        return JSONResponse({"state": "error", "missingChunks": [], "detail": "not a bundle"})
    files = manifest.get("files", {})
    bundle = {
        "checksum": body.get("checksum"),
        "projects": body.get("projects") or [],
        "release": body.get("version"),
        "dist": body.get("dist"),
        "fileCount": len(files),
        "date": now(),
        "debugIds": sorted({f.get("headers", {}).get("debug-id", "") for f in files.values()} - {""}),
    }
    if bundle["checksum"] not in {b["checksum"] for b in state.bundles}:
        state.bundles.append(bundle)
    return JSONResponse({"state": "ok", "missingChunks": []})


_O = "/api/0/organizations/{org}"

ROUTES = [
    Route(f"{_O}/releases/", releases, methods=["GET"]),
    Route(f"{_O}/releases/", create_release, methods=["POST"]),
    Route(f"{_O}/releases/{{version}}/deploys/", deploys, methods=["GET"]),
    Route(f"{_O}/releases/{{version}}/deploys/", create_deploy, methods=["POST"]),
    Route(f"{_O}/releases/{{version}}/previous-with-commits/", previous_commits),
    Route(f"{_O}/releases/{{version}}/", release, methods=["GET"]),
    Route(f"{_O}/releases/{{version}}/", update_release, methods=["PUT"]),
    Route("/api/0/projects/{org}/{project}/releases/", create_release, methods=["POST"]),
    Route("/api/0/projects/{org}/{project}/releases/{version}/", update_release, methods=["PUT"]),
    Route(f"{_O}/chunk-upload/", upload_options, methods=["GET"]),
    Route(f"{_O}/chunk-upload/", upload_chunks, methods=["POST"]),
    Route(f"{_O}/artifactbundle/assemble/", assemble, methods=["POST"]),
]
