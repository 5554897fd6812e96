"""The sandbox's ingestion: envelopes as the SDKs send them, and single events as SDK 1.x sends them without tracing.

Source: https://develop.sentry.dev/sdk/data-model/envelopes/, https://develop.sentry.dev/sdk/overview/#the-store-endpoint (deprecated,
still taken by Sentry)
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setup_wizard.sandbox.http import state_of
from setup_wizard.sandbox.spans import read_transaction

MAX_ENVELOPE_BYTES = 20 * 1024 * 1024
MAX_TRANSACTIONS = 200
"""The latest transactions that are kept whole."""


def parse_envelope(data: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Yield `(item header, payload)`; the envelope's own header comes first with an empty payload. Raises `ValueError`."""
    line, _, rest = data.partition(b"\n")
    yield _header(line), b""
    while rest:
        line, _, rest = rest.partition(b"\n")
        if not line.strip():
            continue
        header = _header(line)
        length = header.get("length")
        if isinstance(length, int):
            payload, rest = rest[:length], rest[length:].removeprefix(b"\n")
        else:
            payload, _, rest = rest.partition(b"\n")
        yield header, payload


def _header(line: bytes) -> dict[str, Any]:
    header = json.loads(line)
    if not isinstance(header, dict):
        raise ValueError("an envelope header is a JSON object")
    return header


def _decoded(data: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(data)
    if encoding == "deflate":
        return zlib.decompress(data)
    return data


async def envelope(request: Request) -> Response:
    """Take an envelope in: 200 with the event's id, 403 for a wrong key, 400 for a broken one."""
    return await _taken(request, parse_envelope)


async def store(request: Request) -> Response:
    """Take a single event in, as `envelope` does."""
    return await _taken(request, lambda data: iter([({"type": "event"}, data)]))


async def _taken(request: Request, items_of: Callable[[bytes], Iterator[tuple[dict[str, Any], bytes]]]) -> Response:
    """Take in what a body holds; `items_of` returns its items, and raises `ValueError` for a broken one."""
    state = state_of(request)
    state.requests.append((request.method, request.url.path))
    project = state.project(request.path_params["project"])
    header = re.search(r"sentry_key=(\w+)", request.headers.get("x-sentry-auth", ""))
    key = header.group(1) if header else request.query_params.get("sentry_key", "")
    if project is None or not (key in project.more_keys or (key == project.key and project.key_active)):
        return JSONResponse({"detail": "event submission rejected with_reason: ProjectId"}, 403)
    body = await request.body()
    if len(body) > MAX_ENVELOPE_BYTES:
        return JSONResponse({"detail": "envelope exceeded size limits"}, 413)
    event_id = None
    try:
        for item, payload in items_of(_decoded(body, request.headers.get("content-encoding", ""))):
            if item.get("type") == "event":
                event_id = state.add_event(project, json.loads(payload))
            elif item.get("type") == "check_in":
                state.check_ins = [*state.check_ins[1 - MAX_TRANSACTIONS :], json.loads(payload)]
            elif item.get("type") == "transaction":
                transaction = json.loads(payload)
                project.spans += read_transaction(transaction)
                state.transactions = [*state.transactions[1 - MAX_TRANSACTIONS :], (project.id, transaction)]
    except (ValueError, OSError, EOFError, zlib.error, AttributeError) as error:
        return JSONResponse({"detail": "bad envelope", "causes": [str(error)]}, 400)
    return JSONResponse({"id": event_id} if event_id else {})


ROUTES = [
    Route("/api/{project}/envelope/", envelope, methods=["POST"]),
    Route("/api/{project}/store/", store, methods=["POST"]),
]
