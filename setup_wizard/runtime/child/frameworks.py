"""The other frameworks: each gets a route that lives here only, beside those of the application."""
# ruff: noqa

import asyncio
import importlib

from .loading import load, run_script
from .requests import HEALTH, MISSING, PATH, headers, is_asgi, over_asgi, over_wsgi
from .seen import ASKED, SEEN, NotPossible, Probe, trying

HOST = "localhost"


def start():
    """Import the application as its server does."""
    for name in (ASKED["framework"], "starlette"):
        try:
            from importlib.metadata import version

            SEEN["versions"][name] = version(name)
        except Exception:
            pass
    if ASKED["script"]:
        return run_script(ASKED["target"], ASKED["names"])
    return load(ASKED["target"], ASKED["called"], tuple(ASKED["names"]), tuple(ASKED["factories"]))


def _reached():
    SEEN["observations"]["reached"] = SEEN["observations"].get("reached", 0) + 1


def inner(app, kind):
    """Return the application of a class within what wraps it, by the names that middleware keeps it under."""
    for _ in range(20):
        if isinstance(app, kind):
            return app
        # A server's adapter and a middleware keep what they wrap under one of these names.
        following = next(
            (
                getattr(app, n)
                for n in ("app", "application", "asgi_app", "wsgi_app", "wsgi_application", "_app")
                if hasattr(app, n)
            ),
            None,
        )
        if following is None or following is app:
            return None
        app = getattr(following, "__self__", following)
    return None


def observe(app):
    """Add the routes, then make the requests over the protocol that the application speaks."""
    adders = {"fastapi": _starlette, "starlette": _starlette, "flask": _flask, "quart": _quart, "litestar": _litestar}
    kind = ASKED["framework"]
    if kind == "aiohttp":
        return _aiohttp(app)
    if kind not in adders:
        raise NotPossible(
            "applications of %s are not run here" % kind, "send a test event instead: `sentry-setup apply test-event`"
        )
    adders[kind](app)
    requests = [("view", PATH, HOST), ("missing", MISSING, HOST), ("health", HEALTH, HOST)]
    asgi = is_asgi(app)
    SEEN["observations"]["protocol"] = "asgi" if asgi else "wsgi"
    if asgi:
        over_asgi(app, requests)
    else:
        over_wsgi(app, requests)


def _found(app, module, name):
    kind = importlib.import_module(module)
    for part in name.split("."):
        kind = getattr(kind, part)
    found = inner(app, kind)
    if found is None:
        raise NotPossible(
            "%s is a %s, in which no %s was found to add a route to" % (ASKED["target"], type(app).__name__, name),
            "name the application itself: `--settings module:object`",
        )
    SEEN["observations"]["debug"] = bool(getattr(found, "debug", False))
    return found


def _starlette(app):
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def fail(request):
        _reached()
        raise Probe("sentry-setup probe: view")

    async def answer(request):
        return PlainTextResponse("ok")

    found = _found(app, "starlette.applications", "Starlette")
    found.router.routes[:0] = [Route(PATH, fail, methods=["POST"]), Route(HEALTH, answer, methods=["POST"])]


def _flask(app):
    def fail():
        _reached()
        raise Probe("sentry-setup probe: view")

    _rules(_found(app, "flask", "Flask"), fail, lambda: "ok")


def _quart(app):
    async def fail():
        _reached()
        raise Probe("sentry-setup probe: view")

    async def answer():
        return "ok"

    _rules(_found(app, "quart", "Quart"), fail, answer)


def _rules(found, fail, answer):
    for path, name, view in ((PATH, "sentry_setup_probe", fail), (HEALTH, "sentry_setup_health", answer)):
        found.add_url_rule(path, name, view, methods=["POST"])
    # Extensions that protect forms keep a list of the views that they leave alone, by module and name.
    csrf = found.extensions.get("csrf")
    if csrf is not None and hasattr(csrf, "_exempt_views"):
        csrf._exempt_views.update("%s.%s" % (v.__module__, v.__name__) for v in (fail, answer))


def _litestar(app):
    from litestar import Litestar, post

    @post(PATH, status_code=200, opt={"exclude_from_auth": True, "exclude_from_csrf": True})
    async def fail() -> None:
        _reached()
        raise Probe("sentry-setup probe: view")

    @post(HEALTH, status_code=200, opt={"exclude_from_auth": True, "exclude_from_csrf": True})
    async def answer() -> str:
        return "ok"

    found = _found(app, "litestar", "Litestar")
    found.register(fail)
    found.register(answer)


def _aiohttp(app):
    """Hand requests to the application where its server does: in the method that the SDK's integration wraps."""
    from aiohttp import web
    from aiohttp.test_utils import make_mocked_request

    async def run():
        made = app
        if asyncio.iscoroutine(made):
            made = await made

        async def fail(request):
            _reached()
            raise Probe("sentry-setup probe: view")

        async def answer(request):
            return web.Response(text="ok")

        made.router.add_route("POST", PATH, fail)
        made.router.add_route("POST", HEALTH, answer)
        try:
            with trying("startup"):
                runner = web.AppRunner(made)
                await asyncio.wait_for(runner.setup(), 30)
        except BaseException as error:
            SEEN["observations"]["startup"] = {"failed": "%s: %s" % (type(error).__name__, str(error)[:300])}
        for name, path in (("view", PATH), ("missing", MISSING), ("health", HEALTH)):
            with trying(name):
                try:
                    request = make_mocked_request(
                        "POST", path + "?q=sentry-setup-query-marker", headers=headers(HOST), app=made
                    )
                    SEEN["observations"][name] = {"status": (await made._handle(request)).status}
                except BaseException as error:
                    status = getattr(error, "status", None)
                    SEEN["observations"][name] = (
                        {"status": status} if status else {"raised": type(error).__name__, "message": str(error)[:300]}
                    )

    SEEN["observations"]["protocol"] = "aiohttp"
    asyncio.run(run())
