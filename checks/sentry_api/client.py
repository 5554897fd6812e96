"""HTTP to Sentry: one host, one token, bounded answers, pages by cursor, retries that never create twice.

Facts about the API: https://docs.sentry.io/api/
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Any

import httpx

from checks.errors import UsageError
from checks.report.safe import hide, printable, redact
from checks.sentry_api import errors as e
from checks.sentry_api.bounded import send_bounded
from checks.sentry_api.connecting import of_tls, open_http, unreachable
from checks.sentry_api.credentials import plain
from checks.sentry_api.hosts import is_saas, same_sentry

MAX_BODY_BYTES = 16 * 1024 * 1024
MAX_LIST_BYTES = 64 * 1024 * 1024
MAX_PAGES = 100
MAX_WAIT_SECONDS = 30.0
AT_ONCE = 8
"""Requests that are under way at the same time."""
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})

Json = Any


class SentryClient:
    """Talks to one Sentry with one token. Use as an async context manager.

    `transport` replaces the network (tests pass an ASGI transport); `sleep` waits between tries; `timeout` bounds the wait for
    each byte and `deadline` one whole answer, in seconds. `ca_file` holds the certificates to trust beside the usual ones;
    without it REQUESTS_CA_BUNDLE counts, and SSL_CERT_FILE. Raises `UnreachableError` where no connection can be set up so,
    and `UsageError` for what cannot be a token.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 30.0,
        deadline: float = 30.0,
        sleep: Callable[[float], Any] = asyncio.sleep,
        ca_file: str | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._token = token
        hide(token)
        if not plain(token):
            raise UsageError(
                "the token holds a character that no token has",
                hint="copy it again, without quotation marks, spaces or line ends",
            )
        self._deadline = deadline
        self._sleep = sleep
        self._room = asyncio.Semaphore(AT_ONCE)
        self._http = open_http(transport, timeout, ca_file)

    async def __aenter__(self) -> SentryClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    def __repr__(self) -> str:
        return f"SentryClient({self.url!r})"

    async def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, base: str | None = None, api: str = "/api/0"
    ) -> Json:
        """Return the JSON of a GET below `api`. Raises a `SentryApiError`."""
        return (await self._call("GET", path, params=params, base=base, api=api))[0]

    async def post(self, path: str, body: Json, *, base: str | None = None) -> tuple[Json, int]:
        """Return the JSON and the status of a POST; it is tried again only when Sentry refused to look at it (429).

        Raises a `SentryApiError`; after `UnreachableError` or `ServerFaultError` the caller has to check whether it happened.
        """
        data, response = await self._call("POST", path, body=body, base=base)
        return data, response.status_code

    async def put(self, path: str, body: Json, *, base: str | None = None) -> Json:
        """Return the JSON of a PUT. Raises a `SentryApiError`."""
        return (await self._call("PUT", path, body=body, base=base))[0]

    async def get_page(
        self, path: str, params: Mapping[str, Any] | None = None, *, base: str | None = None
    ) -> tuple[Json, str | None]:
        """Return the JSON of one page, and the cursor of the next one where there is one. Raises a `SentryApiError`."""
        data, response = await self._call("GET", path, params=params, base=base)
        following = response.links.get("next", {})
        return data, (following.get("cursor") if following.get("results") == "true" else None) or None

    async def pages(
        self, path: str, params: Mapping[str, Any] | None = None, *, base: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Json]:
        """Yield the entries of a list over all its pages, or over the first `limit`; only the cursor is taken from links.

        Raises a `SentryApiError`, also for a list that has no end: a part of one must not pass for the whole.
        """
        query = dict(params or {})
        seen: set[str] = set()
        size = 0
        for _ in range(limit or MAX_PAGES):
            data, response = await self._call("GET", path, params=query, base=base)
            if not isinstance(data, list):
                raise e.NotSentryError(
                    f"{self.url} did not answer with a list to {path}",
                    call=f"GET {path}",
                    hint="is this the address of a Sentry?",
                )
            for entry in data:
                yield entry
            following = response.links.get("next", {})
            cursor = following.get("cursor")
            if following.get("results") != "true" or not cursor:
                return
            size += len(response.content)
            if cursor in seen or size > MAX_LIST_BYTES:
                break
            seen.add(cursor)
            query["cursor"] = cursor
        else:
            if limit is not None:
                return
        raise e.NotSentryError(
            f"{self.url} returned an endless list for {path}",
            call=f"GET {path}",
            hint=f"more than {MAX_PAGES} pages are not read; is this the address of a Sentry?",
        )

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Json = None,
        base: str | None = None,
        api: str = "/api/0",
    ) -> tuple[Json, httpx.Response]:
        root = base.rstrip("/") if base and same_sentry(base, self.url) else self.url
        call = f"{method} {api}{path}"
        last: e.SentryApiError | None = None
        for attempt in range(3):
            try:
                response = await self._send(method, f"{root}{api}{path}", params, body)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                last = unreachable(error, root, call)
                if method != "GET" or isinstance(error, httpx.ConnectTimeout) or of_tls(error):
                    raise last from error
                await self._sleep(0.5 * 2**attempt)
                continue
            if response.status_code < 300:
                return _json(response, root, call), response
            last = _refusal(response, root, call)
            retry = response.status_code in _RETRIED and (method == "GET" or response.status_code == 429)
            if not retry or attempt == 2:
                raise last
            await self._sleep(_wait(response, attempt))
        assert last is not None
        raise last

    async def _send(self, method: str, url: str, params: Mapping[str, Any] | None, body: Json) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        request = self._http.build_request(method, url, params=params, json=body, headers=headers)
        async with self._room:
            return await send_bounded(self._http, request, limit=MAX_BODY_BYTES, seconds=self._deadline)


def _wait(response: httpx.Response, attempt: int) -> float:
    """Seconds to wait: `Retry-After`, else until `X-Sentry-Rate-Limit-Reset` (epoch seconds), else 1, 2, 4."""
    for header, offset in (("retry-after", 0.0), ("x-sentry-rate-limit-reset", time.time())):
        value = response.headers.get(header, "")
        try:
            return min(max(float(value) - offset, 0.1), MAX_WAIT_SECONDS)
        except ValueError:
            continue
    return float(2**attempt)


def _json(response: httpx.Response, root: str, call: str) -> Json:
    if response.status_code == 204 or not response.content:
        return None
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise e.NotSentryError(
            f"{root} did not answer with JSON to {call}",
            call=call,
            status=response.status_code,
            hint="check the address: a proxy or a sign-in page may have answered",
        ) from error


def _error_detail(response: httpx.Response) -> str:
    """Return what the server said is wrong, in one safe line."""
    try:
        data = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    if isinstance(data, dict):
        detail = data.get("detail", data.get("message", data.get("error", data)))
        if isinstance(detail, dict):
            detail = detail.get("message") or "; ".join(
                f"{k}: {v[0] if isinstance(v, list) and v else v}" for k, v in detail.items()
            )
        return printable(redact(str(detail)))[:300]
    return printable(redact(str(data)))[:300]


def _refusal(response: httpx.Response, root: str, call: str) -> e.SentryApiError:
    status, detail = response.status_code, _error_detail(response)
    tail = f": {detail}" if detail else ""

    def make(kind: type[e.SentryApiError], message: str, hint: str | None = None) -> e.SentryApiError:
        return kind(message, hint=hint, call=call, status=status)

    if status in (301, 302, 307, 308):
        location = printable(redact(response.headers.get("location", "")))[:200]
        error = make(
            e.MovedError,
            f"{call} was redirected{f' to {location}' if location else ''}: the project or organization was renamed,"
            " or the address is slightly wrong",
            "use the new name, and the exact address that the browser shows",
        )
        try:
            slug = json.loads(response.content).get("slug")
            if isinstance(error, e.MovedError) and isinstance(slug, str):
                error.slug = slug
        except (ValueError, AttributeError, RecursionError):
            pass
        return error
    if status == 401:
        return make(
            e.UnauthorizedError,
            f"{root} does not accept the token{tail}",
            f"create a new token at {root}/settings/account/api/auth-tokens/new-token/",
        )
    if status == 403:
        return make(e.ForbiddenError, f"the token may not {call}{tail}", f"it needs {scope_for(call)}")
    if status == 404:
        return make(
            e.NotFoundError, f"{call}: not found{tail}", "check the name, and that the token's owner can see it"
        )
    if status == 409:
        return make(
            e.ConflictError,
            f"{call}: it already exists, or changed at the same moment{tail}",
            "check it in Sentry, then run the command again",
        )
    if status == 410:
        return make(
            e.GoneError,
            f"this Sentry no longer has {call}{tail}",
            "check for a newer sentry-setup; until then, do it in Sentry's web interface",
        )
    if status == 429:
        return make(e.RateLimitedError, f"{root} limits requests{tail}", "wait a minute, then run the command again")
    if status >= 500:
        return make(
            e.ServerFaultError,
            f"{root} failed with {status} at {call}{tail}",
            f"see {'https://status.sentry.io' if is_saas(root) else 'the log of that server'}, then run the command again",
        )
    return make(
        e.InvalidError, f"{root} refused {call}{tail}", "fix the value that it names, then run the command again"
    )


_SCOPES = (
    ("workflows", "alerts:write", "org:read"),
    ("detectors", "alerts:write", "org:read"),
    ("keys", "project:write", "project:read"),
    ("releases", "project:releases", "project:read"),
    ("/events/", "event:write", "event:read"),
    ("/issues/", "event:write", "event:read"),
    ("members", "member:invite", "member:read"),
    ("/projects/", "project:write", "project:read"),
    ("teams", "team:write", "team:read"),
)


def scope_for(call: str) -> str:
    """Return the smallest scope that a call needs, quoted; by https://docs.sentry.io/api/permissions/."""
    for part, write, read in _SCOPES:
        if part in call:
            return f"`{read if call.startswith('GET') else write}`"
    return "`org:read`"
