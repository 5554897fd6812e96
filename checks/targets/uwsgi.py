"""Whether uWSGI runs with the threads that the SDK needs.

https://docs.sentry.io/platforms/python/troubleshooting/, https://uwsgi-docs.readthedocs.io/en/latest/Options.html,
`check_uwsgi_thread_support` of sentry-sdk 2.75.0
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from checks.hosts.commands import Command, start_commands
from checks.hosts.started import unwrapped
from checks.parsers.ini import read_ini
from checks.parsers.text import ParseError
from checks.repository.backends import Backend
from checks.repository.facts import Facts, join, parent

_FALSE = frozenset({"false", "0", "no", "off", "n", "f"})
_FILES = ("--ini", "-i", "--ini-paste", "--yaml", "--json", "--xml", "--config", "--emperor")
_WHOLE = ("--ini", "-i")
_OPENING = ("ini", "include", "import", "if-", "for")
"""Options behind which others come from another file, or only under a condition."""
_OTHERS = frozenset({"gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve"})
_THREADS, _HOOKS = "enable-threads", "py-call-uwsgi-fork-hooks"


class Threads(Struct, frozen=True, kw_only=True):
    """What uWSGI lacks for the SDK's thread: the missing options, and the command or file that they belong into.

    `why` is set where that cannot be determined. `in_file` tells that the place is an ini file of the repository.
    """

    missing: tuple[str, ...]
    path: str
    line: int
    in_file: bool = False
    why: str = ""

    @property
    def named(self) -> str:
        """The missing options, as a sentence names them."""
        return " and ".join(f"`{n}`" for n in self.missing)

    @property
    def message(self) -> str:
        """What is wrong, or what cannot be determined."""
        if self.why:
            return f"whether uWSGI runs with {self.named} cannot be determined: {self.why}"
        return f"uWSGI runs without {self.named}: the SDK's thread may stop, and workers may crash"


def without_threads(facts: Facts, backend: Backend) -> Threads | None:
    """Return what a backend's uWSGI lacks, None where it has what the SDK needs, or where no uWSGI is started."""
    commands = start_commands(facts)
    if any(c.rank == 0 and _name(c) in _OTHERS for c in commands):
        # What deploys starts another server: a file of uWSGI that nothing names may be a leftover.
        commands = tuple(c for c in commands if c.host != c.path.rpartition("/")[2])
    found = [
        lacking
        for command in commands
        if _name(command) == "uwsgi" and _is_of(facts, backend, command)
        if (lacking := _lacking(facts, command)) is not None
    ]
    return next((f for f in found if not f.why), None) or next(iter(found), None)


def _name(command: Command) -> str:
    return next(iter(unwrapped(command.words)), "").rpartition("/")[2]


def _lacking(facts: Facts, command: Command) -> Threads | None:
    read = _options(facts, command, unwrapped(command.words))
    options = read.options
    lazy = _on(options, "lazy-apps") or _on(options, "lazy")
    threads = _on(options, _THREADS) or "threads" in options
    missing = tuple(n for n, there in ((_THREADS, threads), (_HOOKS, lazy or _on(options, _HOOKS))) if not there)
    if not missing:
        return None
    return Threads(missing=missing, path=read.path, line=read.line, in_file=read.in_file, why=read.why)


def _is_of(facts: Facts, backend: Backend, command: Command) -> bool:
    entry = backend.entry
    return len(facts.backends) == 1 or (entry is not None and entry.found_in == command.path)


class _Read(Struct, frozen=True, kw_only=True):
    """The options that are known of a server, their place, and why there may be others."""

    options: dict[str, str]
    path: str
    line: int
    in_file: bool = False
    why: str = ""


def _options(facts: Facts, command: Command, words: tuple[str, ...]) -> _Read:
    """Return the options of a command and of the files that it names."""
    found = {
        n.removeprefix("UWSGI_").lower().replace("_", "-"): v for n, v in command.variables.items() if "UWSGI_" in n
    }
    own = command.path.endswith((".ini", ".conf", ".cfg")) and "[uwsgi]" in (facts.text(command.path) or "")
    files, whys = [command.path] if own else [], list[str]()
    for at, word in enumerate(words[1:], 1):
        flag, equals, value = word.partition("=")
        value = value if equals else words[at + 1] if at + 1 < len(words) else ""
        if flag in _FILES and flag not in _WHOLE:
            whys.append(f"`{flag} {value}` is not followed")
        elif flag in _WHOLE or (not word.startswith("-") and word.endswith(".ini")):
            files.append(value if flag in _WHOLE else word)
        elif flag.startswith("--"):
            found.setdefault(flag[2:], value if equals or not value.startswith("-") else "true")
    read = _Read(options=found, path=command.path, line=command.line)
    for file in files:
        one = _file(facts, command, file)
        whys += [one.why] if one.why else []
        read = replace(one, options=one.options | read.options) if one.in_file else read
    return replace(read, why=whys[0]) if whys else read


def _section(facts: Facts, path: str) -> int:
    """Return the line of a file at which uWSGI's options begin."""
    rows = (facts.text(path) or "").splitlines()
    return next((n for n, row in enumerate(rows, 1) if row.strip() == "[uwsgi]"), 1)


def _file(facts: Facts, command: Command, file: str) -> _Read:
    """Return the options of an ini file that hold whatever its conditions and the files that it takes in say."""
    parts = file.strip("/").split("/")
    places = [
        join(folder, "/".join(parts[n:]))
        for folder in (command.folder, parent(command.path), ".")
        for n in range(len(parts))
    ]
    path = next((p for p in (file, *places) if p in facts.paths), None)
    if path is None:
        why = f"{file} is not in this repository"
        return _Read(options={}, path=command.path, line=command.line, why=why)
    try:
        parser = read_ini(facts.text(path) or "")
    except ParseError as error:
        return _Read(options={}, path=path, line=error.line or 1, why=f"{path} cannot be read")
    if not parser.has_section("uwsgi"):
        return _Read(options={}, path=path, line=1, why=f"{path} has no section [uwsgi]")
    items = [(name, value or "true") for name, value in parser.items("uwsgi")]
    opening = next((n for n, (name, _) in enumerate(items) if name.startswith(_OPENING)), len(items))
    line = _section(facts, path)
    read = _Read(options=dict(items[:opening]), path=path, line=line, in_file=True)
    return read if opening == len(items) else replace(read, why=f"`{items[opening][0]}` in {path} is not followed")


def _on(options: dict[str, str], name: str) -> bool:
    return name in options and options[name].strip().lower() not in _FALSE
