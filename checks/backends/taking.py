"""What takes an application as it is at that time: a call of init after it comes too late.

Tried with sentry-sdk 2.75.0 and aiohttp 3.13: a runner takes the application's handler when it is set up, and the SDK replaces the
handler when it is initialized; functions of `on_startup` run before that. What serves until it is stopped returns after the last
request.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec.structs import replace

from checks.backends.frameworks import APPLICATIONS, framework_named
from checks.backends.served import Created
from checks.parsers.position import line_of, written
from checks.production.values import Binding, Guard, Initialization, Known

_CALLED = "()"
_BINDING = frozenset({"aiohttp.web.AppRunner().setup", "aiohttp.web_runner.AppRunner().setup"})
"""Methods that take the handler of an application, and return."""
_SERVING = frozenset(
    {
        *("uvicorn.run", "uvicorn.main.run", "uvicorn.Server().run", "uvicorn.Server().serve", "aiohttp.web.run_app"),
        *("waitress.serve", "hypercorn.asyncio.serve", "hypercorn.trio.serve", "bjoern.run"),
        *("rq.Worker().work", "rq.worker.Worker().work", "rq.SimpleWorker().work", "rq.worker.SimpleWorker().work"),
        *("tornado.ioloop.IOLoop.current().start", "tornado.ioloop.IOLoop.instance().start"),
        *(f"apscheduler.schedulers.{n}BlockingScheduler().start" for n in ("", "blocking.")),
        *("gevent.pywsgi.WSGIServer().serve_forever", "wsgiref.simple_server.make_server().serve_forever"),
        "asyncio.get_event_loop().run_forever",
    }
)
"""Functions that answer requests, or work tasks off, until the process is stopped."""
_METHODS = frozenset({".run", ".worker_main", ".run_polling"})
"""Methods of an application object which do the same."""
HOOKED = "gunicorn's"
"""How what gunicorn's configuration calls is reached."""
MADE_TO_SERVE = frozenset(n.partition(_CALLED)[0] for n in (*_BINDING, *_SERVING) if _CALLED in n)
"""Classes whose objects are known by what they are made from."""


class Takings:
    """What has taken applications so far in a run: the conditions that it puts around every later call of init."""

    def __init__(self) -> None:
        self.taken: list[tuple[Guard, tuple[Guard, ...]]] = []

    def note(self, name: str, node: ast.Call, given: Sequence[Binding], path: str, around: Sequence[Guard]) -> None:
        """Note a call if it takes an application."""
        guard = _guard_of(name, node, given, path, around)
        if guard is not None:
            self.taken.append((guard, tuple(around)))

    def forget(self, look: Guard) -> None:
        """Forget what was noted below a condition: that of a look, which a run replaces."""
        self.taken = [(g, around) for g, around in self.taken if all(a is not look for a in around)]

    def around(self, init: Initialization, created: Sequence[Created], *, started: bool) -> Initialization:
        """Return a call of init with the conditions around it; what runs at a startup runs before the handler is taken."""
        early = [g for c in created if (g := _guard_of_early(c, init)) is not None]
        taken = () if started else sorted((g for g, _ in self.taken), key=lambda g: g.truth is None)
        guards = (*early[:1], *taken[:1])
        return replace(init, guards=(*init.guards, *guards)) if guards else init


def _guard_of_early(created: Created, init: Initialization) -> Guard | None:
    """Return the condition that an application object puts around later calls of init, None where they may come later."""
    known = framework_named(created.framework)
    if not known.early:
        return None
    because = f"the {known.title} application is made before it ({created.path}:{created.line}) and reports nothing"
    # A server's own hooks run in an order that its options decide.
    truth = None if init.reached_by.startswith(HOOKED) else False
    return Guard(test="", path=created.path, line=created.line, truth=truth, because=because, late=True)


def serves(name: str) -> bool:
    """Return whether what is called by a name serves until the process is stopped."""
    owner, made, method = name.partition(_CALLED)
    return name in _SERVING or bool(made and owner in APPLICATIONS and method in _METHODS)


def _guard_of(name: str, node: ast.Call, given: Sequence[Binding], path: str, around: Sequence[Guard]) -> Guard | None:
    """Return the condition that a call puts around every later call of init; None where it takes no application.

    An application that is named by a text is imported by the server itself, and what its module calls comes early enough.
    """
    made = _CALLED in name
    named = bool(given) and isinstance(given[0].value, Known) and isinstance(given[0].value.value, str)
    if (not serves(name) and name not in _BINDING) or (named and not made) or any(g.truth is False for g in around):
        return None
    what = f"`{written(node)[:80]}` ({path}:{line_of(node)})"
    because = (
        f"it follows {what}, which returns only when the process stops"
        if serves(name)
        else f"it follows {what}, which takes the application's handler as it is"
    )
    return _late(because, path, node, around)


def _late(because: str, path: str, node: ast.AST, around: Sequence[Guard]) -> Guard:
    sure = all(g.truth for g in around)
    return Guard(test="", path=path, line=line_of(node), truth=False if sure else None, because=because, late=True)
