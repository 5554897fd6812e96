"""Requests as a server makes them, to an application over WSGI or ASGI; nothing listens."""
# ruff: noqa

import asyncio
import inspect
import io

from .seen import ASKED, SEEN, problem_of, trying

BODY = b'{"card": "sentry-setup-body-marker"}'
QUERY = "q=sentry-setup-query-marker"
PATH = "/sentry-setup-probe-error/"
HEALTH = "/sentry-setup-probe/health/"
MISSING = "/sentry-setup-probe-missing/"
_SECONDS = 30


def headers(host):
    """Return the headers of every request, in lower case."""
    return {
        "host": host,
        "cookie": "basket=sentry-setup-cookie-marker",
        "authorization": "Bearer sentry-setup-authorization-marker",
        "x-forwarded-proto": "https",
        "content-type": "application/json",
        "content-length": str(len(BODY)),
        "sentry-trace": "%s-%s-1" % (ASKED["trace"], "b" * 16),
    }


def is_asgi(app):
    """Return whether an object is called as an ASGI application is (https://asgi.readthedocs.io/en/stable/specs/main.html)."""
    if inspect.isroutine(app):
        return inspect.iscoroutinefunction(app)
    call = app.__dict__.get("__call__") if hasattr(app, "__dict__") else None
    return inspect.iscoroutinefunction(call or getattr(type(app), "__call__", None))


def over_wsgi(app, requests):
    """Make each `(name, path, host)` request, and keep what became of it in the observations."""
    for name, path, host in requests:
        with trying(name):
            try:
                SEEN["observations"][name] = {"status": _wsgi(app, path, host)}
            except BaseException as error:
                SEEN["observations"][name] = _raised(error)


def _raised(error):
    return {"raised": type(error).__name__, "message": str(error)[:300]}


def _wsgi(app, path, host):
    statuses = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": QUERY,
        "SERVER_NAME": host,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.9",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(BODY),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": True,
    }
    for key, value in headers(host).items():
        name = key.upper().replace("-", "_")
        environ[name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + name] = value
    answer = app(environ, lambda status, headers, error=None: statuses.append(status))
    for _ in answer:
        pass
    if hasattr(answer, "close"):
        answer.close()
    return statuses[0] if statuses else None


def over_asgi(app, requests, lifespan=True):
    """Start the application as a server does (lifespan), then make the requests in the same loop."""

    async def run():
        task = await _start(app) if lifespan else None
        if task is not None and hasattr(task, "ready"):
            await task.ready
        for name, path, host in requests:
            with trying(name):
                try:
                    call = _asgi(app, path, host)
                    SEEN["observations"][name] = {"status": await asyncio.wait_for(call, _SECONDS)}
                except BaseException as error:
                    SEEN["observations"][name] = _raised(error)
        if task is not None:
            task.cancel()

    asyncio.run(run())


async def _start(app):
    """Send `lifespan.startup`; a failure is told, and an application without lifespan is none."""
    done = asyncio.get_running_loop().create_future()

    async def receive():
        if not receive.asked:
            receive.asked = True
            return {"type": "lifespan.startup"}
        await asyncio.Event().wait()

    receive.asked = False

    async def send(message):
        if not done.done():
            done.set_result(message)

    async def live():
        try:
            await app(
                {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}, receive, send
            )
        except BaseException as error:
            # Servers take an exception before any answer as "no lifespan" (https://www.uvicorn.org/settings/#implementation).
            if not done.done():
                done.set_result({"type": "none", "error": error})
            elif not isinstance(error, asyncio.CancelledError):
                raise
        if not done.done():
            done.set_result({"type": "none"})

    with trying("startup"):
        task = asyncio.ensure_future(live())
        try:
            message = await asyncio.wait_for(done, _SECONDS)
        except asyncio.TimeoutError:
            message = {"type": "lifespan.startup.failed", "message": "it did not end within %d seconds" % _SECONDS}
    if message["type"] == "lifespan.startup.failed":
        SEEN["observations"]["startup"] = {"failed": str(message.get("message", ""))[-500:]}
    elif message.get("error") is not None and not isinstance(message["error"], (AssertionError, ValueError, KeyError)):
        SEEN["observations"]["startup"] = {"failed": "%(type)s: %(message)s" % problem_of(message["error"])}
    return task


async def _asgi(app, path, host):
    statuses = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": QUERY.encode(),
        "root_path": "",
        "headers": [(k.encode(), v.encode()) for k, v in headers(host).items()],
        "client": ("203.0.113.9", 40000),
        "server": (host, 443),
        "state": {},
    }
    sent = []

    async def receive():
        if not sent:
            sent.append(True)
            return {"type": "http.request", "body": BODY, "more_body": False}
        await asyncio.Event().wait()

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0] if statuses else None
