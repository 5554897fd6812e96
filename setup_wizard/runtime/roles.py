"""The processes that a backend consists of, each of which is run on its own: what serves it, a command, a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from checks.backends.entry import Entry
from checks.backends.frameworks import framework_named
from checks.backends.locating import dotted_path, locate
from checks.hosts.commands import Command, start_commands
from checks.hosts.started import Started, started_by
from checks.repository.backends import Backend
from checks.repository.facts import Facts, inside

_ASGI = frozenset({"uvicorn", "daphne", "hypercorn"})
_WSGI = frozenset({"uwsgi", "waitress-serve", "flask"})


class Role(Struct, frozen=True, kw_only=True):
    """A process: `kind` is `web`, `command`, `worker` or `script`; `name` is unique within the backend.

    `target` is what is started: `module:object`, a program's file where `script`, the module that Celery is given; "" is the
    framework's own default. `protocol` is `wsgi`, `asgi`, or "" where the object decides. `folder` is the folder it runs in,
    `module` is what `python -m` is given, for a program that is started so. `not_possible` says why it cannot be run here, and what to do.
    """

    name: str
    kind: str
    target: str
    folder: str
    framework: str
    protocol: str = ""
    called: bool = False
    script: bool = False
    module: str = ""
    server: str = ""
    not_possible: tuple[str, str] | None = None

    def asked(self) -> dict[str, object]:
        """What the child has to know about it."""
        known = framework_named(self.framework)
        names = ("kind", "target", "framework", "protocol", "called", "script", "module", "server")
        own = {n: getattr(self, n) for n in names}
        return {**own, "names": known.variables, "factories": known.factories}


def roles_of(facts: Facts, backend: Backend, settings: str | None, root: Path) -> list[Role]:
    """Return the processes of a backend, what answers requests first; `settings` is the person's own choice."""
    return list(_django(facts, backend, root) if backend.is_django else _others(backend, settings))


# ---- Django


def _django(facts: Facts, backend: Backend, root: Path) -> Iterator[Role]:
    webs = list(_django_webs(facts, backend))
    yield from webs
    manage = (root / backend.manage).name if backend.manage else ""
    yield Role(name="command", kind="command", target=manage, folder=backend.root, framework="django")
    celery = _celery_of(facts, backend)
    if celery is not None:
        yield Role(name="worker", kind="worker", target=celery, folder=backend.root, framework="celery")


def _django_webs(facts: Facts, backend: Backend) -> Iterator[Role]:
    """Yield what the deploying files serve, each protocol once; without any of them the project's `wsgi.py`, else `asgi.py`."""
    found: dict[str, Role] = {}
    for command, started in _started(facts, backend):
        located = locate(facts, command, started) if started.kind == "web" else None
        if located is None or not inside(located[0], backend.root):
            continue
        protocol = _protocol(command, started)
        path, source = (located[0], backend.root) if started.file else located
        module = dotted_path(path, source) if started.file else started.module
        role = _web(protocol, source, f"{module}:{started.attribute or 'application'}", started)
        if not found or command.rank < 2:
            found.setdefault(protocol, role)
    if found:
        yield from found.values()
        return
    names = {p.rpartition("/")[2] for p in backend.entry_points}
    yield _web("asgi" if "asgi.py" in names and "wsgi.py" not in names else "wsgi", backend.root, "", None)


def _web(protocol: str, folder: str, target: str, started: Started | None) -> Role:
    return Role(
        name=protocol,
        kind="web",
        target=target,
        folder=folder,
        framework="django",
        protocol=protocol,
        called=bool(started and started.called),
        server=started.server if started else "gunicorn",
    )


def _started(facts: Facts, backend: Backend) -> Iterator[tuple[Command, Started]]:
    """Yield what the commands of a repository start, those that deploy first."""
    for command in start_commands(facts):
        started = started_by(command.words, command.variables)
        if started is not None:
            yield command, started


def _protocol(command: Command, started: Started) -> str:
    """Return the protocol that a server speaks with its application; gunicorn's and granian's is an option of theirs.

    https://docs.gunicorn.org/en/stable/settings.html#worker-class, https://github.com/emmett-framework/granian#options
    """
    words = command.words
    for at, word in enumerate(words):
        flag, equals, value = word.partition("=")
        value = value if equals else (words[at + 1] if at + 1 < len(words) else "")
        if flag in ("-k", "--worker-class"):
            return "asgi" if "uvicorn" in value.lower() or "asgi" in value.lower() else "wsgi"
        if flag == "--interface":
            return "wsgi" if value.startswith("wsgi") else "asgi"
    if started.server in _ASGI:
        return "asgi"
    # Gunicorn's worker class may be in a file: a module of this name cannot be served by any other than an ASGI worker.
    last = started.module.rpartition(".")[2]
    return "asgi" if last == "asgi" and started.server not in _WSGI else "wsgi"


def _celery_of(facts: Facts, backend: Backend) -> str | None:
    """Return the module that Celery is given for a backend: a command's, else that of its `celery.py`."""
    for command, started in _started(facts, backend):
        if started.server == "celery" and started.module:
            located = locate(facts, command, started)
            if located is None or inside(located[0], backend.root):
                return f"{started.module}:{started.attribute}" if started.attribute else started.module
    for path in backend.entry_points:
        if path.rpartition("/")[2] in ("celery.py", "celery_app.py") and b"Celery(" in (facts.read(path) or b""):
            return dotted_path(path, backend.root)
    return None


# ---- the others


def _others(backend: Backend, settings: str | None) -> Iterator[Role]:
    entry = backend.entry
    if entry is None:
        return
    entries = [entry, *(o for o in backend.others if o.kind == "worker")]
    names: set[str] = set()
    for one in entries:
        role = role_of(one, settings if one is entry else None)
        if role.name not in names:
            names.add(role.name)
            yield role


def role_of(entry: Entry, settings: str | None = None) -> Role:
    """Return the process that an entry starts; `settings` names another `module:object`."""
    known = framework_named(entry.framework)
    kind = {"web": "web", "worker": "worker", "script": "script"}.get(known.kind, "web")
    reason = None
    if known.kind == "function":
        reason = (
            f"a function of {known.title} is called only by its host",
            "send a test event instead: `sentry-setup apply test-event`",
        )
    elif known.kind == "worker" and known.name != "celery":
        reason = (
            f"a worker of {known.title} needs its broker, and none runs here",
            "send a test event instead: `sentry-setup apply test-event`",
        )
    target, called, script = _target(entry)
    if settings is not None:
        target, called, script = settings, settings.endswith(")"), False
        target = target.removesuffix("()")
    return Role(
        name=kind,
        kind=kind,
        target=target,
        folder=entry.source,
        framework=known.name,
        called=called,
        script=script,
        module=_module(entry) if script else "",
        server=entry.started.server if entry.started else "",
        not_possible=reason,
    )


def _module(entry: Entry) -> str:
    """Return what `python -m` is given, where a command says so or a package's `__main__` has to be started so; else ""."""
    started = entry.started
    if started is None or started.file or not started.script:
        return ""
    return started.module if entry.found_in != entry.path or entry.path.endswith("/__main__.py") else ""


def _target(entry: Entry) -> tuple[str, bool, bool]:
    """Return what is started, whether it is called, and whether it is a program's file."""
    if entry.script:
        return entry.path.removeprefix(f"{entry.source}/") if entry.source != "." else entry.path, False, True
    made, attribute, called = entry.application, entry.attribute, entry.called
    if made is not None and made.path == entry.path and attribute not in (made.name, made.function):
        # What is started is a command line, which makes this application in the end.
        attribute, called = made.function or made.name, bool(made.function)
    return (f"{entry.module}:{attribute}" if attribute else entry.module), called, False
