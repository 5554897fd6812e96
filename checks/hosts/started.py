"""What a command starts: the module and the object that a server, a worker or Python itself is told to run.

Sources: https://www.uvicorn.org/deployment/, https://docs.gunicorn.org/en/stable/run.html, https://flask.palletsprojects.com/en/stable/cli/,
https://fastapi.tiangolo.com/deployment/manually/, https://hypercorn.readthedocs.io, https://docs.litestar.dev/latest/usage/cli.html,
https://docs.celeryq.dev/en/stable/reference/cli.html, https://python-rq.org/docs/workers/, https://dramatiq.io/guide.html
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

WRAPPERS: dict[str, tuple[str, ...]] = {
    "poetry": ("run",),
    "uv": ("run",),
    "pipenv": ("run",),
    "pdm": ("run",),
    "hatch": ("run",),
    "rye": ("run",),
    "pixi": ("run",),
    "newrelic-admin": ("run-program",),
    "doppler": ("run",),
    "infisical": ("run",),
    "chamber": ("exec",),
    "ddtrace-run": (),
    "opentelemetry-instrument": (),
    "dumb-init": (),
    "tini": (),
    "exec": (),
    "sudo": (),
    "env": (),
    "nohup": (),
    "nice": (),
    "time": (),
    "gosu": (),
    "su-exec": (),
    "xvfb-run": (),
    "wait-for-it": (),
    "wait-for-it.sh": (),
    "start_with_doppler": (),
    "./wait-for-it.sh": (),
    "watchmedo": ("auto-restart",),
    "coverage": ("run",),
}
"""Programs that run the command behind them, with the word that says so where there is one."""
_VALUED = frozenset(
    {"-m", "-c", "-b", "-w", "-k", "-t", "-p", "-h", "-l", "-A", "-Q", "-n", "-P", "-u", "-e", "-d", "-o"}
)
_SWITCHES = frozenset(
    [
        "--reload",
        "--factory",
        "--preload",
        "--proxy-headers",
        "--no-access-log",
        "--no-server-header",
        "--access-log",
        "--use-colors",
        "--no-use-colors",
        "--debug",
        "--no-debug",
        "--call",
        "--asyncio",
        "--beat",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        "--daemon",
        "--reuse-port",
        "--no-reload",
        "--no-date-header",
        "--with-scheduler",
        "--burst",
        "-B",
        "-E",
        "-q",
        "--dev",
        "--locked",
        "--frozen",
        "--no-sync",
        "--no-dev",
        "-v",
    ]
)
_ASGI = frozenset({"sanic", "uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "waitress-serve", "robyn"})


class Started(Struct, frozen=True, kw_only=True):
    """What a command starts.

    `module` is dotted, or a file's path where `file` says so; `attribute` is the object in it (empty: the usual name), `called`
    that it is a function that makes one. `kind` is `web`, `worker`, or `run` for Python itself; `server` the program.
    `script` says that the module runs as `__main__`. `folder` is what the command enters before (`--app-dir`, `--chdir`).
    `reload` says that the server watches the code, `debug` that it shows tracebacks: both are for development. `lifespan` says that
    the server runs what an application registers for its startup, `scheduler` that this is Celery's beat. `call` is the text of the
    call that makes the application (`create_app("production")`), where the command has one.
    """

    module: str
    attribute: str
    kind: str
    server: str
    called: bool = False
    file: bool = False
    script: bool = False
    folder: str = ""
    framework: str = ""
    reload: bool = False
    debug: bool = False
    preload: bool = False
    lifespan: bool = True
    scheduler: bool = False
    call: str = ""


def started_by(words: tuple[str, ...], variables: Mapping[str, str]) -> Started | None:
    """Return what a command's words start, or None for a command that starts no Python application."""
    words = unwrapped(words)
    if not words:
        return None
    program = words[0].rpartition("/")[2]
    given = tuple(_expanded(w, variables) for w in words[1:])
    if program in ("python", "python3", "pypy3", "pypy") or program.startswith(("python3.", "python2")):
        return _python(given, variables)
    return _program(program, given, variables)


def unwrapped(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command without what only starts another one."""
    for _ in range(8):
        if not words:
            return words
        name = words[0].rpartition("/")[2]
        if name not in WRAPPERS:
            return words
        rest = words[1:]
        needed = WRAPPERS[name]
        if needed:
            at = next((n for n, w in enumerate(rest) if w in needed), None)
            if at is None:
                return words
            rest = rest[at + 1 :]
        if "--" in rest:
            rest = rest[rest.index("--") + 1 :]
        elif name in ("gosu", "su-exec"):
            rest = rest[1:]
        while rest and (rest[0].startswith("-") or ("=" in rest[0] and rest[0].partition("=")[0].isidentifier())):
            taken = rest[0]
            rest = rest[1:]
            if taken in (
                "-c",
                "-u",
                "-g",
                "--project",
                "--group",
                "--extra",
                "--env-file",
                "--directory",
                "--with",
                "-C",
            ) or (name == "nice" and taken == "-n"):
                rest = rest[1:]
        words = rest
    return words


def _expanded(word: str, variables: Mapping[str, str]) -> str:
    """Return a word with `$NAME` and `${NAME:-default}` replaced where the value is known."""
    if "$" not in word:
        return word
    found, at = [], 0
    while at < len(word):
        if word[at] != "$":
            found.append(word[at])
            at += 1
            continue
        if word.startswith("${", at) and "}" in word[at:]:
            end = word.index("}", at)
            name, sign, default = word[at + 2 : end].partition(":-")
            value = variables.get(name, default if sign else None)
            at = end + 1
        else:
            end = at + 1
            while end < len(word) and (word[end].isalnum() or word[end] == "_"):
                end += 1
            value = variables.get(word[at + 1 : end])
            at = end
        if value is None:
            return word
        found.append(value)
    return "".join(found)


def _options(given: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Split words into plain ones and flags with their values."""
    plain: list[str] = []
    flags: dict[str, str] = {}
    at = 0
    while at < len(given):
        word = given[at]
        name, equals, value = word.partition("=")
        if word == "--":
            plain += given[at + 1 :]
            break
        if not word.startswith("-") or word == "-":
            plain.append(word)
        elif equals:
            flags[name] = value
        elif word in _SWITCHES or (word.startswith("-") and not word.startswith("--") and len(word) > 2):
            flags[word] = ""
        elif at + 1 < len(given) and not given[at + 1].startswith("-") and (word.startswith("--") or word in _VALUED):
            flags[word] = given[at + 1]
            at += 1
        else:
            flags[word] = ""
        at += 1
    return plain, flags


def _python(given: tuple[str, ...], variables: Mapping[str, str]) -> Started | None:
    at = 0
    while at < len(given) and given[at].startswith("-") and given[at] not in ("-m", "-c"):
        at += 2 if given[at] in ("-W", "-X") else 1
    rest = given[at:]
    if not rest or rest[0] == "-c":
        return None
    if rest[0] == "-m" and len(rest) > 1:
        name = rest[1]
        found = _program(name, rest[2:], variables)
        if found is not None:
            return found
        if name in (
            "pip",
            "venv",
            "pytest",
            "unittest",
            "http.server",
            "build",
            "alembic",
            "pdb",
            "debugpy",
            "compileall",
        ):
            return None
        return Started(module=name, attribute="", kind="run", server="python", script=True)
    path = rest[0].removeprefix("./")
    if path.endswith(".py") and not path.endswith("manage.py"):
        return Started(module=path, attribute="", kind="run", server="python", file=True, script=True)
    return None


def _program(program: str, given: tuple[str, ...], variables: Mapping[str, str]) -> Started | None:
    plain, flags = _options(given)
    reload, preload = "--reload" in flags or "--dev" in flags, "--preload" in flags
    debug = "--debug" in flags
    if program in _ASGI:
        target = next((w for w in plain if ":" in w or w.replace(".", "").isidentifier()), "")
        target = target or variables.get("APP_MODULE", "")
        return _target(
            target,
            program,
            folder=flags.get("--app-dir") or flags.get("--chdir") or flags.get("--working-dir") or "",
            called="--factory" in flags or "--call" in flags,
            reload=reload,
            preload=preload,
            lifespan=flags.get("--lifespan") != "off" and flags.get("--interface") != "asginl",
        )
    if program == "uwsgi":
        target = flags.get("--module") or flags.get("-w") or ""
        if target and flags.get("--callable") and ":" not in target:
            target = f"{target}:{flags['--callable']}"
        file = flags.get("--wsgi-file", "")
        if file:
            name = flags.get("--callable", "application")
            return Started(module=file, attribute=name, kind="web", server="uwsgi", file=True)
        return _target(target, "uwsgi", default="application")
    if program == "fastapi" and plain[:1] in (["run"], ["dev"]):
        path = plain[1] if len(plain) > 1 else ""
        found = path.endswith(".py")
        return Started(
            module=path,
            attribute=flags.get("--app", ""),
            kind="web",
            server="fastapi",
            file=found,
            framework="fastapi",
            reload=plain[0] == "dev" or reload,
        )
    if program in ("flask", "quart", "litestar") and "run" in plain:
        variable = {"flask": "FLASK_APP", "quart": "QUART_APP", "litestar": "LITESTAR_APP"}[program]
        target = flags.get("--app") or flags.get("-A") or variables.get(variable, "")
        return _file_or_target(target, program, reload=reload, debug=debug)
    if program == "celery" and any(w in plain for w in ("worker", "beat")):
        target = flags.get("-A") or flags.get("--app") or variables.get("CELERY_APP", "")
        scheduler = "worker" not in plain
        return _target(target, "celery", kind="worker", framework="celery", default="", scheduler=scheduler)
    if program in ("dramatiq", "arq", "taskiq", "huey_consumer", "huey_consumer.py", "procrastinate"):
        names = [w for w in plain if w not in ("worker", "scheduler")]
        framework = program if program in ("dramatiq", "arq") else "huey" if program.startswith("huey") else ""
        target = names[0] if names else flags.get("--app", "")
        if framework in ("arq", "huey") and "." in target and ":" not in target:
            module, _, name = target.rpartition(".")
            target = f"{module}:{name}"
        return _target(target, program, kind="worker", framework=framework, default="") if target else None
    if program == "rqworker" or (program == "rq" and plain[:1] in (["worker"], ["worker-pool"])):
        return _target(flags.get("-c") or flags.get("--config") or "", "rq", kind="worker", framework="rq", default="")
    return None


def _target(
    target: str,
    server: str,
    *,
    kind: str = "web",
    framework: str = "",
    folder: str = "",
    called: bool = False,
    reload: bool = False,
    preload: bool = False,
    lifespan: bool = True,
    scheduler: bool = False,
    default: str = "",
) -> Started | None:
    module, colon, name = target.partition(":")
    if not module and kind == "web":
        return None
    if "$" in module or "/" in module:
        return None
    called = called or name.endswith(")")
    return Started(
        module=module,
        attribute=name.partition("(")[0] if colon else default,
        kind=kind,
        server=server,
        called=called,
        folder=folder,
        framework=framework,
        reload=reload,
        preload=preload,
        lifespan=lifespan,
        scheduler=scheduler,
        call=name if name.endswith(")") else "",
    )


def _file_or_target(target: str, server: str, *, reload: bool, debug: bool) -> Started | None:
    module, _, name = target.partition(":")
    called = name.endswith(")")
    return Started(
        module=module.removeprefix("./"),
        attribute=name.partition("(")[0],
        kind="web",
        server=server,
        called=called,
        file=module.endswith(".py") or "/" in module,
        framework=server,
        reload=reload,
        debug=debug,
        call=name if called else "",
    )
