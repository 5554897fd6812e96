"""What a command runs in the end: package scripts, workspaces, turbo, nx, make and shell scripts followed in their order."""

from __future__ import annotations

from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from checks.parsers.command_line import Simple, simple_commands
from checks.repository.facts import Facts, join, parent
from checks.repository.frontends import manifest_of
from checks.repository.task_runners import make_recipe, turbo_passes

_DEPTH, _MOST = 8, 300
_MANAGERS = frozenset({"npm", "pnpm", "yarn", "bun"})
_RUNS = frozenset({"run", "run-script", "rum", "urn"})
_THROUGH = frozenset({"exec", "dlx", "x"})
_PREFIXES = frozenset(
    {"npx", "bunx", "pnpx", "env", "cross-env", "cross-env-shell", "dotenv", "nohup", "nice", "corepack"}
)
_FOLDER_FLAGS = frozenset({"--prefix", "-C", "--dir", "--cwd"})
_PACKAGE_FLAGS = frozenset({"-w", "--workspace", "--filter", "-F", "--scope"})
_EVERY_FLAGS = frozenset({"--workspaces", "-ws", "-r", "--recursive"})
_VALUE_FLAGS = frozenset({"-e", "-p", "-f", "--file", "--package"})


class Ran(Struct, frozen=True, kw_only=True):
    """A simple command as it is run: words, own variables, folder, the file that spells it, and the line of the first caller.

    `passes` are the patterns of variables that a task runner lets through (None: all), `outer` is the first caller's text,
    `ignored` says that its failure is not (`|| true`), `conditional` that it runs only after a failure, `perhaps` that an `if`,
    a loop or the condition of its step decides.
    """

    words: tuple[str, ...]
    env: dict[str, str]
    folder: str
    path: str
    line: int
    outer: str
    passes: tuple[str, ...] | None = None
    ignored: bool = False
    conditional: bool = False
    perhaps: bool = False

    def lets(self, name: str) -> bool:
        """Tell whether a variable of the caller reaches this command."""
        return self.passes is None or any(fnmatchcase(name, p) for p in self.passes)


def follow(facts: Facts, text: str, folder: str, path: str) -> list[Ran]:
    """Return what a text of shell commands runs, in order; what is not followed is there as it is written."""
    found: list[Ran] = []
    start = Ran(words=(), env={}, folder=folder, path=path, line=0, outer="")
    _text(facts, text, start, found, 0)
    return found


def _text(facts: Facts, text: str, around: Ran, found: list[Ran], depth: int) -> None:
    folder, stack, exported = around.folder, [], dict(around.env)
    for simple in simple_commands(text):
        if len(found) >= _MOST:
            return
        if simple.words == ("(",):
            stack.append(folder)
        elif simple.words == (")",):
            folder = stack.pop() if stack else folder
        elif not simple.words or simple.words[0] == "export":
            pairs = [w.partition("=") for w in simple.words[1:]]
            exported |= simple.env | {n: v for n, equals, v in pairs if equals}
        elif simple.words[0] in ("cd", "pushd"):
            target = next((w for w in simple.words[1:] if not w.startswith("-")), ".")
            folder = join(folder, target) if "$" not in target and not target.startswith(("/", "~")) else folder
        elif simple.words[0] == "popd":
            folder = around.folder
        else:
            _command(facts, _ran(simple, around, folder, exported, depth), found, depth)


def _ran(simple: Simple, around: Ran, folder: str, exported: dict[str, str], depth: int) -> Ran:
    return Ran(
        words=simple.words,
        env=exported | simple.env,
        folder=folder,
        path=around.path,
        line=around.line if depth else simple.line,
        outer=around.outer if depth else simple.text,
        passes=around.passes,
        ignored=around.ignored or simple.after == "||",
        conditional=around.conditional or simple.before == "||",
        perhaps=around.perhaps or simple.perhaps,
    )


def _command(facts: Facts, ran: Ran, found: list[Ran], depth: int) -> None:
    ran = _unwrapped(ran)
    if not ran.words:
        return
    head = ran.words[0].rpartition("/")[2]
    if depth < _DEPTH:
        if head in _MANAGERS and _managed(facts, ran, found, depth):
            return
        if head in ("npm-run-all", "run-s", "run-p", "npm-run-all2"):
            for name in (w for w in ran.words[1:] if not w.startswith("-")):
                _script(facts, ran, ran.folder, name, (), found, depth)
            return
        if head == "concurrently":
            for word in (w for w in ran.words[1:] if not w.startswith("-")):
                text = f"npm run {word.removeprefix('npm:')}" if word.startswith("npm:") else word
                _text(facts, text, ran, found, depth + 1)
            return
        if head in ("turbo", "lerna") and _tasks(facts, ran, found, depth):
            return
        if head == "nx" and _nx(facts, ran, found, depth):
            return
        if head in ("make", "gmake", "just"):
            folder, targets = _make_words(ran)
            recipe = make_recipe(facts, folder, targets, head)
            if recipe is not None:
                _text(facts, recipe, replace(ran, folder=folder), found, depth + 1)
                return
        script = _shell_script(facts, ran)
        if script is not None and depth > 0:
            _text(facts, facts.text(script) or "", replace(ran, path=script), found, depth + 1)
            return
    found.append(ran)


def _unwrapped(ran: Ran) -> Ran:
    """Take off what only starts another command: `npx`, `cross-env A=b`, `env`, `dotenv -e FILE --`."""
    words, env, through = list(ran.words), dict(ran.env), False
    while words:
        head = words[0].rpartition("/")[2]
        if head in _PREFIXES:
            words.pop(0)
            through = True
        elif head in _MANAGERS and len(words) > 1 and words[1] in _THROUGH:
            del words[:2]
            through = True
        elif through and words[0].startswith("-"):
            taken = words.pop(0)
            if taken in _VALUE_FLAGS and words:
                words.pop(0)
        elif through and words[0].partition("=")[0].isidentifier() and "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            env[name] = value
        else:
            break
    if through and words:
        name, at, _ = words[0][1:].partition("@")
        words[0] = words[0][0] + name if at else words[0]
    return replace(ran, words=tuple(words), env=env)


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


def _managed(facts: Facts, ran: Ran, found: list[Ran], depth: int) -> bool:
    """Follow a package manager to the script that it runs; False where it runs none that is known."""
    plain, folders, packages, every, extra = _flags(ran.words[1:])
    folder = join(ran.folder, folders[0]) if folders else ran.folder
    if plain[:1] == ["workspace"] and len(plain) > 2:
        packages, plain = [plain[1]], plain[2:]
    elif plain[:1] == ["workspaces"]:
        every, plain = True, plain[next((n for n, w in enumerate(plain) if w in _RUNS), len(plain)) :]
    named = bool(plain) and plain[0] in _RUNS
    rest = plain[1:] if named else plain
    if not rest:
        return False
    name, given = rest[0], tuple(w for w in rest[1:]) + extra
    where = [folder]
    if packages or every:
        where = [f for f in _packages(facts) if every or any(_is_package(facts, f, p) for p in packages)]
    done = False
    for place in where:
        done = _script(facts, ran, place, name, given, found, depth) or done
    if not done and not named and ran.words[0] != "npm" and name not in ("install", "add", "ci", "publish"):
        _command(facts, replace(ran, words=(*rest, *extra), folder=folder), found, depth + 1)
        return True
    return done


def _script(
    facts: Facts, ran: Ran, folder: str, name: str, extra: tuple[str, ...], found: list[Ran], depth: int
) -> bool:
    path = join(folder, "package.json")
    scripts = (manifest_of(facts, path) or {}).get("scripts") if path in facts.paths else None
    if not isinstance(scripts, dict) or not isinstance(scripts.get(name), str):
        return False
    for own in (f"pre{name}", name, f"post{name}"):
        text = scripts.get(own)
        if isinstance(text, str):
            tail = " ".join(f"'{w}'" for w in extra) if own == name else ""
            _text(facts, f"{text} {tail}".rstrip(), replace(ran, folder=folder, path=path), found, depth + 1)
    return True


def _packages(facts: Facts) -> list[str]:
    return [parent(p) for p in facts.named("package.json") if "node_modules" not in p]


def _is_package(facts: Facts, folder: str, wanted: str) -> bool:
    """Tell whether a filter names a package: its name, its folder, or a pattern of these."""
    wanted = wanted.strip("{}").removesuffix("...").removeprefix("...").removeprefix("./").rstrip("/")
    name = (manifest_of(facts, join(folder, "package.json")) or {}).get("name")
    last = name.rpartition("/")[2] if isinstance(name, str) else ""
    return any(fnmatchcase(str(given), wanted) for given in (name, last, folder, folder.rpartition("/")[2]) if given)


def _tasks(facts: Facts, ran: Ran, found: list[Ran], depth: int) -> bool:
    """Follow `turbo run build` or `lerna run build` into every package that has the script."""
    plain, _, packages, _, extra = _flags(ran.words[1:])
    names = [w for w in plain if w not in _RUNS and not w.startswith("-")]
    done = False
    for name in names:
        for folder in _packages(facts):
            if folder == "." or (packages and not any(_is_package(facts, folder, p) for p in packages)):
                continue
            passes = ran.passes
            if ran.words[0].endswith("turbo") and "--env-mode=loose" not in ran.words:
                passes = turbo_passes(facts, ran.folder, folder, name)
            done = _script(facts, replace(ran, passes=passes), folder, name, extra, found, depth) or done
    return done


def _nx(facts: Facts, ran: Ran, found: list[Ran], depth: int) -> bool:
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
        else:
            done = _script(facts, ran, folder, target, (), found, depth) or done
    return done


def _make_words(ran: Ran) -> tuple[str, list[str]]:
    folder, targets, waiting = ran.folder, [], list(ran.words[1:])
    while waiting:
        word = waiting.pop(0)
        if word in ("-C", "--directory") and waiting:
            folder = join(folder, waiting.pop(0))
        elif not word.startswith("-") and "=" not in word:
            targets.append(word)
    return folder, targets


def _shell_script(facts: Facts, ran: Ran) -> str | None:
    words = ran.words[1:] if ran.words[0].rpartition("/")[2] in ("bash", "sh", "source", ".") else ran.words
    word = next((w for w in words if not w.startswith("-")), "")
    path = join(ran.folder, word) if word.endswith((".sh", ".bash")) and "$" not in word else None
    return path if path in facts.paths else None
