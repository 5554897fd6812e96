"""What a text of commands runs in the end: package scripts, task runners, shell and Python scripts followed in their order."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from checks.parsers.bash import or_
from checks.parsers.command_words import unwrapped
from checks.parsers.commands import read_commands
from checks.parsers.position import shifted
from checks.parsers.text import ParseError
from checks.repository.called import Script, called_scripts
from checks.repository.compose_runs import compose_run
from checks.repository.facts import Facts, join, parent
from checks.repository.frontends import manifest_of
from checks.repository.node_programs import node_program
from checks.repository.task_runners import turbo_passes

if TYPE_CHECKING:  # the grammar is loaded only where a text is read
    from checks.parsers.shell import Command

_DEPTH, _MAX_COMMANDS = 8, 400
_MANAGERS = frozenset({"npm", "pnpm", "yarn", "bun"})
_RUNS = frozenset({"run", "run-script", "rum", "urn"})
_FOLDER_FLAGS = frozenset({"--prefix", "-C", "--dir", "--cwd"})
_PACKAGE_FLAGS = frozenset({"-w", "--workspace", "--filter", "-F", "--scope"})
_EVERY_FLAGS = frozenset({"--workspaces", "-ws", "-r", "--recursive"})


class Ran(Struct, frozen=True, kw_only=True):
    """A simple command as it is run: its words without what only starts them, its own variables, its folder, its place.

    `path` and `at` name the file and the line (1-based) that spell it. `line` (0-based) and `outer` are the line and the text of
    the first caller within the text that was followed. `runs` is None where it depends on what is not written here, `why` then
    says on what. `tolerated`: a failure is passed over (None: not known). `followed`: it calls a script whose commands come behind it.
    `passes` are the patterns of variables that a task runner lets through (None: all). `source` and `written` are the command
    and its words as written,
    `output` the file that it writes to, `piped` says that it reads what another command writes.
    """

    words: tuple[str, ...]
    env: dict[str, str]
    folder: str
    path: str
    at: int
    line: int
    outer: str
    source: str
    written: tuple[str, ...] = ()
    runs: bool | None = True
    why: str = ""
    tolerated: bool | None = False
    followed: bool = False
    passes: tuple[str, ...] | None = None
    output: str = ""
    piped: bool = False
    depth: int = 0

    @property
    def program(self) -> str:
        """The name of the program, without its folder."""
        return self.words[0].rpartition("/")[2]

    def lets(self, name: str) -> bool:
        """Return whether a variable of the caller reaches this command."""
        return self.passes is None or any(fnmatchcase(name, p) for p in self.passes)


def follow(
    facts: Facts, text: str, folder: str, path: str, env: dict[str, str] | None = None, options: str = ""
) -> list[Ran]:
    """Return what a text of shell commands runs, in order; what is not followed is there as it is written.

    `env` are variables that are given from outside: their values are put in, and are none of the commands' own. `options` are those
    that the shell of the text is started with.
    """
    found: list[Ran] = []
    start = Ran(words=("",), env={}, folder=folder, path=path, at=1, line=0, outer="", source="")
    _text(facts, text, start, found, 0, env or {}, options)
    return found


def _text(
    facts: Facts, text: str, around: Ran, found: list[Ran], depth: int, given: dict[str, str], options: str = ""
) -> None:
    known = {n: v for n, v in (given | around.env).items() if "$" not in v}
    functions: dict[str, str] = {}
    for command in read_commands(text, tuple(sorted(known.items())), options):
        if len(found) >= _MAX_COMMANDS:
            return
        ran = _ran(command, around, depth)
        body = functions.get(ran.words[0])
        if body is not None and depth < _DEPTH:
            found.append(replace(ran, followed=True))
            _text(facts, body, ran, found, depth + 1, given)
            continue
        _command(facts, ran, found, depth, given)
        if ran.words[0] in (".", "source") and ran.runs is not False:
            for script in called_scripts(facts, ran.words, ran.words, ran.folder) or ():
                functions |= _functions(script.text)


def _functions(text: str) -> dict[str, str]:
    """Return the functions that a sourced script defines for what comes behind it."""
    from checks.parsers.bash import functions_of

    try:
        return functions_of(text)
    except ParseError:
        return {}


def _ran(command: Command, around: Ran, depth: int) -> Ran:
    runs = command.runs if around.runs is True else (False if command.runs is False else around.runs)
    top = command.folder.startswith("/")
    return Ran(
        words=command.words,
        env=around.env | command.assigned,
        folder=join(".", command.folder[1:]) if top else join(around.folder, command.folder),
        path=around.path,
        at=shifted(command.line, around.at - 1),
        line=around.line if depth else command.line - 1,
        outer=around.outer if depth else " ".join(command.text.replace("\\\n", " ").split()),
        source=command.text,
        written=command.words,
        runs=runs,
        why=around.why or command.why,
        tolerated=or_(around.tolerated, command.tolerated),
        passes=around.passes,
        output=command.output or around.output,
        piped=command.piped,
        followed=command.own,
        depth=depth,
    )


def _command(facts: Facts, ran: Ran, found: list[Ran], depth: int, given: dict[str, str]) -> None:
    words, own = unwrapped(ran.words)
    if not words:
        return
    plain = _in_container(facts, replace(ran, words=words, env=ran.env | own))
    at = len(found)
    found.append(plain)
    if depth < _DEPTH and plain.runs is not False and _followed(facts, ran, plain, found, depth, given):
        found[at] = replace(plain, followed=True)


def _in_container(facts: Facts, ran: Ran) -> Ran:
    """Return what a service of compose runs, where its program is Sentry's CLI; any other command as it is."""
    run = compose_run(facts, ran.words, ran.folder) if ran.program in ("docker", "docker-compose") else None
    if run is None or run.words is None or run.words[0] != "sentry-cli":
        return ran
    if run.passes_token or ran.runs is False:
        return replace(ran, words=run.words)
    return replace(ran, words=run.words, runs=None, why=f"the service {run.service}, which names no SENTRY_AUTH_TOKEN")


def _followed(facts: Facts, ran: Ran, plain: Ran, found: list[Ran], depth: int, given: dict[str, str]) -> bool:
    """Follow a command to what it calls; False where it calls nothing that is known."""
    head = plain.program
    if head in _MANAGERS:
        return _managed(facts, plain, found, depth, given)
    if head in ("npm-run-all", "run-s", "run-p", "npm-run-all2"):
        done = False
        for task in (w for w in plain.words[1:] if not w.startswith("-")):
            # A task may be given arguments, and `{@}` for those that come behind `--`.
            name, *more = task.split() or [""]
            extra = tuple(w for w in more if w not in ("--", "{@}", "{*}"))
            done = _script(facts, plain, plain.folder, name, extra, found, depth, given) or done
        return done
    if head == "concurrently":
        for word in (w for w in plain.words[1:] if not w.startswith("-")):
            text = f"npm run {word.removeprefix('npm:')}" if word.startswith("npm:") else word
            _text(facts, text, plain, found, depth + 1, given)
        return True
    if head in ("turbo", "lerna"):
        return _tasks(facts, plain, found, depth, given)
    if head == "nx":
        return _nx(facts, plain, found, depth, given)
    scripts = called_scripts(facts, ran.words, plain.words, plain.folder)
    for script in scripts or ():
        _called(facts, script, plain, found, depth, given)
    if scripts is None:
        # The program itself stays what it is: it may be what builds, too.
        for script in node_program(facts, plain.words, plain.folder):
            _called(facts, script, plain, found, depth, given)
    return scripts is not None


def _called(facts: Facts, script: Script, ran: Ran, found: list[Ran], depth: int, given: dict[str, str]) -> None:
    around = replace(
        ran,
        folder=script.folder,
        path=script.path,
        at=script.line,
        env=ran.env | script.given,
        runs=ran.runs if script.why is None or ran.runs is False else None,
        why=ran.why or script.why or "",
        passes=script.passes if script.passes is not None else ran.passes,
        tolerated=or_(ran.tolerated, script.tolerated),
    )
    _text(facts, script.text, around, found, depth + 1, given)


def _flags(words: tuple[str, ...]) -> tuple[list[str], list[str], list[str], bool, tuple[str, ...]]:
    """Split a package manager's words: `(plain words, folders, package names, every package?, words after --)`."""
    plain: list[str] = []
    folders: list[str] = []
    packages: list[str] = []
    every, waiting = False, list(words)
    while waiting:
        word = waiting.pop(0)
        flag, equals, value = word.partition("=")
        if word == "--":
            return plain, folders, packages, every, tuple(waiting)
        if flag in _FOLDER_FLAGS | _PACKAGE_FLAGS:
            value = value if equals else (waiting.pop(0) if waiting else "")
            (folders if flag in _FOLDER_FLAGS else packages).append(value)
        elif word in _EVERY_FLAGS:
            every = True
        elif word.startswith("-") and not plain:
            continue
        else:
            plain.append(word)
    return plain, folders, packages, every, ()


class _Call(Struct, frozen=True, kw_only=True):
    """What a package manager is told: the script with its words (`named`: by `run`), the folder, the packages."""

    rest: tuple[str, ...]
    named: bool
    folders: list[str]
    packages: list[str]
    every: bool
    extra: tuple[str, ...]


def _call(words: tuple[str, ...]) -> _Call:
    plain, folders, packages, every, extra = _flags(words[1:])
    if plain[:1] == ["workspace"] and len(plain) > 2:
        packages, plain = [plain[1]], plain[2:]
    elif plain[:1] == ["workspaces"]:
        every, plain = True, plain[next((n for n, w in enumerate(plain) if w in _RUNS), len(plain)) :]
    named = bool(plain) and plain[0] in _RUNS
    rest = tuple(plain[1:] if named else plain)
    return _Call(rest=rest, named=named, folders=folders, packages=packages, every=every, extra=extra)


def package_script(words: tuple[str, ...]) -> tuple[str, list[str]] | None:
    """Return the package script that a command calls, with the folders and packages that it names, or None."""
    if not words or words[0].rpartition("/")[2] not in _MANAGERS:
        return None
    call = _call(words)
    return (call.rest[0], [*call.folders, *call.packages]) if call.rest else None


def _managed(facts: Facts, ran: Ran, found: list[Ran], depth: int, given: dict[str, str]) -> bool:
    """Follow a package manager to the script that it runs; False where it runs none that is known."""
    call = _call(ran.words)
    folder = join(ran.folder, call.folders[0]) if call.folders else ran.folder
    rest, extra, named, every, packages = call.rest, call.extra, call.named, call.every, call.packages
    if not rest:
        return False
    name, more = rest[0], rest[1:] + extra
    where = [folder]
    if packages or every:
        where = [f for f in _packages(facts) if every or any(_is_package(facts, f, p) for p in packages)]
    done = False
    for place in where:
        done = _script(facts, ran, place, name, more, found, depth, given) or done
    if not done and not named and ran.words[0] != "npm" and name not in ("install", "add", "ci", "publish"):
        _command(facts, replace(ran, words=(*rest, *extra), folder=folder), found, depth + 1, given)
        return True
    return done


def _script(
    facts: Facts,
    ran: Ran,
    folder: str,
    name: str,
    extra: tuple[str, ...],
    found: list[Ran],
    depth: int,
    given: dict[str, str],
) -> bool:
    path = join(folder, "package.json")
    scripts = (manifest_of(facts, path) or {}).get("scripts") if path in facts.paths else None
    if not isinstance(scripts, dict) or not isinstance(scripts.get(name), str):
        return False
    for own in (f"pre{name}", name, f"post{name}"):
        text = scripts.get(own)
        if isinstance(text, str):
            tail = " ".join(f"'{w}'" for w in extra) if own == name else ""
            around = replace(ran, folder=folder, path=path, at=_line_of(facts, path, own))
            _text(facts, f"{text} {tail}".rstrip(), around, found, depth + 1, given)
    return True


def _line_of(facts: Facts, path: str, name: str) -> int:
    """Return the line of a script in its manifest."""
    lines = (facts.text(path) or "").splitlines()
    return next((n for n, line in enumerate(lines, start=1) if f'"{name}":' in line.replace(" ", "")), 1)


def _packages(facts: Facts) -> list[str]:
    return [parent(p) for p in facts.named("package.json") if "node_modules" not in p]


def _is_package(facts: Facts, folder: str, wanted: str) -> bool:
    """Return whether a filter names a package: its name, its folder, or a pattern of these."""
    wanted = wanted.strip("{}").removesuffix("...").removeprefix("...").removeprefix("./").rstrip("/")
    name = (manifest_of(facts, join(folder, "package.json")) or {}).get("name")
    last = name.rpartition("/")[2] if isinstance(name, str) else ""
    return any(fnmatchcase(str(given), wanted) for given in (name, last, folder, folder.rpartition("/")[2]) if given)


def _tasks(facts: Facts, ran: Ran, found: list[Ran], depth: int, given: dict[str, str]) -> bool:
    """Follow `turbo run build` or `lerna run build` into every package that has the script."""
    plain, _, packages, _, extra = _flags(ran.words[1:])
    names = [w for w in plain if w not in _RUNS and not w.startswith("-")]
    done = False
    for name in names:
        for folder in _packages(facts):
            if folder == "." or (packages and not any(_is_package(facts, folder, p) for p in packages)):
                continue
            passes = ran.passes
            if ran.program == "turbo" and "--env-mode=loose" not in ran.words:
                passes = turbo_passes(facts, ran.folder, folder, name)
            own = replace(ran, passes=passes)
            done = _script(facts, own, folder, name, extra, found, depth, given) or done
    return done


def _run_commands(
    facts: Facts, ran: Ran, options: dict[str, object], found: list[Ran], depth: int, given: dict[str, str]
) -> bool:
    """Follow Nx's executor of shell commands (https://nx.dev/nx-api/nx/executors/run-commands)."""
    listed = options.get("commands")
    entries = [options.get("command"), *(listed if isinstance(listed, list) else [])]
    texts = [t for e in entries if isinstance(t := e.get("command") if isinstance(e, dict) else e, str)]
    folder = str(options.get("cwd") or ".")
    for text in texts:
        _text(facts, text, replace(ran, folder=join(".", folder)), found, depth + 1, given)
    return bool(texts)


def _nx(facts: Facts, ran: Ran, found: list[Ran], depth: int, given: dict[str, str]) -> bool:
    """Follow `nx build web`, `nx run web:build` and `nx run-many -t build` to the projects' own scripts or Vite executor."""
    words = [w for w in ran.words[1:] if not w.startswith("-")]
    many = words[:1] == ["run-many"] or words[:1] == ["affected"]
    if many:
        target = next((w.partition("=")[2] for w in ran.words if w.startswith(("--target=", "-t=", "--targets="))), "")
        target, project = target or (words[1] if len(words) > 1 else ""), "*"
    elif words[:1] == ["run"] and len(words) > 1:
        project, _, target = words[1].partition(":")
    elif len(words) > 1:
        target, project = words[0], words[1]
    else:
        return False
    done = False
    for folder in dict.fromkeys([*_packages(facts), *(parent(p) for p in facts.named("project.json"))]):
        data = manifest_of(facts, join(folder, "project.json")) or {}
        if not (_is_package(facts, folder, project) or data.get("name") == project):
            continue
        targets = data.get("targets")
        executor = targets.get(target) if isinstance(targets, dict) else None
        if isinstance(executor, dict) and str(executor.get("executor", "")).endswith("vite:build"):
            found.append(replace(ran, words=("vite", "build"), folder=folder))
            done = True
        elif isinstance(executor, dict) and str(executor.get("executor", "")).endswith("run-commands"):
            options = executor.get("options")
            done = _run_commands(facts, ran, options if isinstance(options, dict) else {}, found, depth, given) or done
        else:
            done = _script(facts, ran, folder, target, (), found, depth, given) or done
    return done
