"""How variables arrive at a backend where developers run it: which reader takes an env file, and whether it hands a variable on.

A file has a way (True), or the ways that the repository shows take other files or pass other variables (False), or it shows
none at all (None): people then keep a `.env` by means of their own.

Sources: https://docs.docker.com/reference/compose-file/services/#env_file,
https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/,
https://devcenter.heroku.com/articles/heroku-local, https://pipenv.pypa.io/en/latest/shell.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct
from yaml import Node

from checks.hosts.compose import why_development, with_bases
from checks.hosts.serving import runs_python
from checks.hosts.shapes import command_of, is_image_of_others, variables_of
from checks.parsers import yaml as y
from checks.parsers.commands import read_commands
from checks.parsers.dotenv import commented_out, parse_dotenv
from checks.parsers.python import Module
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.env_loading import (
    OF_BUNDLES,
    compose_files,
    copied_examples,
    env_files,
    is_composes,
    is_env_example,
    is_of_bundle,
    without_kind,
)
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.loader_calls import loaders
from checks.repository.path_words import PRODUCTION, WORDS, Purpose, purposes
from checks.repository.task_runners import make_rules

_RUNNERS = ("Procfile", "Procfile.dev", "Pipfile")
"""What is started by a program that loads a `.env`: `heroku local`, honcho, foreman, `pipenv run`."""
_SCRIPTS = ("Makefile", "justfile", "Justfile", ".envrc", "Taskfile.yml", "mise.toml", ".mise.toml")
_OF_APPLICATION = frozenset({"SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS"})
"""Variables that a Django project takes by convention (https://django-environ.readthedocs.io/en/latest/quickstart.html)."""
_STAGES = PRODUCTION | WORDS[Purpose.STAGING] | WORDS[Purpose.DEVELOPMENT]
_INTERPOLATED = lazy_pattern(r"(?<!\$)\$(?:\{\w+|[A-Za-z_])")
_NOT_PYTHON = lazy_pattern(r"front|client|nginx|caddy|traefik|proxy|postgres|mysql|redis|node|(^|[_-])(db|ui)($|[_-])")


class Way(Struct, frozen=True, kw_only=True):
    """A reader of env files: what it is, its place, and whether it hands the asked variable of the asked file on."""

    what: str
    path: str
    line: int
    carries: bool


class Copies(Struct, frozen=True, kw_only=True):
    """The files that an example is copied to; `folder` where only the reader knows the copy's name."""

    files: frozenset[str]
    folder: str | None = None


def way_of(facts: Facts, root: str, copies: Copies, name: str) -> Way | None:
    """Return the reader that hands a variable of a file to a backend, else one that takes others, None where none is shown."""
    found = [
        *_of_code(facts, root, copies, name),
        *_of_scripts(facts, root, copies),
        *_of_compose(facts, root, copies, name),
    ]
    return next((w for w in found if w.carries), None) or next(iter(found), None)


def way_of_example(facts: Facts, root: str, example: str, name: str) -> Way | None:
    """Return the way of an example's copies: a way that carries nothing is one that takes other files or variables."""
    return way_of(facts, root, _copies(facts, example), name)


def carries(facts: Facts, root: str, example: str, name: str) -> bool:
    """Return whether a variable of an example's copy arrives at the backend, as far as the repository shows.

    Where it shows no reader, an example counts that people are told to copy, or that names what the backend's code reads.
    """
    way = way_of_example(facts, root, example, name)
    if way is not None:
        return way.carries
    return example in copied_examples(facts) or _is_of_application(facts, root, example)


def env_file_of(facts: Facts, root: str, own: Sequence[str | None] = ()) -> str | None:
    """Return the `.env` that a backend reads: the one that a reader takes, in its own folder or at the top, else the former where
    no reader is shown and the people here keep several; None where none is read.

    A file that names nothing but our `own` variables, or the frontend's, says nothing: it was made by an earlier run.
    """
    # What the code loads from another folder is its own file, before the usual places.
    loaded = [m.ending for m in loaders(facts, root) if m.whole and m.ending and _name(m.ending) == ".env"]
    files = tuple(dict.fromkeys((*loaded, join(root, ".env"), ".env")))
    name = next((n for n in own if n), "SENTRY_DSN")
    ways = {f: way_of(facts, root, Copies(files=frozenset({f})), name) for f in files}
    carrying = [f for f, way in ways.items() if way is not None and way.carries]
    taken = next((f for f in carrying if f in facts.paths), next(iter(carrying), None))
    if taken is not None or any(way is not None for way in ways.values()):
        return taken
    return join(root, ".env") if _kept(facts, root, own) else None


def loads_env(facts: Facts, root: str, own: Sequence[str | None] = ()) -> bool:
    """Return whether a backend's `.env` is read (`env_file_of`)."""
    return env_file_of(facts, root, own) is not None


def reads_env_file(facts: Facts, root: str, own: Sequence[str | None] = ()) -> bool:
    """Return whether anything here takes values from a backend's `.env`: what loads it, or Compose, which puts them into its file.

    https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file
    """
    beside = (p for p in compose_files(facts) if parent(p) == root)
    return any(_takes_values(facts.yaml(p)) for p in beside) or loads_env(facts, root, own)


def described(facts: Facts, root: str) -> tuple[str, int] | None:
    """Return where a document of the repository tells what a backend's `.env` contains, in place of an example."""
    documents = (p for p in facts.paths if p.endswith((".md", ".rst", ".adoc")) and p.count("/") < 4)
    for path in sorted(facts.holding((".env",), documents), key=lambda p: (p.count("/"), p)):
        if not any(inside(path, f.root) for f in facts.frontends if f.root not in (".", root)):
            for at, line in enumerate((facts.text(path) or "").splitlines(), 1):
                if _ENV_WORD.search(line):
                    return path, at
    return None


_ENV_WORD = lazy_pattern(r"(^|[\s`'\"(/])\.env($|[\s`'\"),.:;])")


def _copies(facts: Facts, example: str) -> Copies:
    copied = copied_examples(facts).get(example)
    words = without_kind(_name(example))
    base = "." + ".".join(words) if words[:1] == ("env",) else ".".join(words)
    names = {base, base.lstrip("."), "." + base.lstrip("."), _kindless(example)}
    if words[:1] == ("env",) and not set(words[1:]) - _STAGES:
        names.add(".env")  # `.env.prod.example` becomes the `.env` of production
    beside = {join(parent(example), n) for n in names}
    return Copies(files=frozenset(beside | ({copied} if copied else set())), folder=parent(example))


def _kindless(example: str) -> str:
    """Return an example's name without the word that makes it one: `dev_env.template` is copied to `dev_env`."""
    stem, dot, _ = _name(example).rpartition(".")
    return stem if dot and stem.strip(".") else _name(example)


def _of_code(facts: Facts, root: str, copies: Copies, name: str) -> Iterator[Way]:
    made = loaders(facts, root)
    # What fills the fields of a class gives `os.environ` nothing.
    asked = not all(m.exports for m in made) and _names_of_code(facts, root, {name})
    for loader in made:
        if asked and not loader.exports:
            what = f"fills its own settings from {loader.ending or 'a `.env`'}"
            yield Way(what=what, path=loader.path, line=loader.line, carries=False)
            continue
        read = any(loader.reads(f) for f in copies.files)
        if loader.ending and copies.folder is not None:
            # `cp dojo/template-env dojo/.env.prod`: the copy gets the name that the code loads.
            at = parent(loader.ending)
            read = read or (at != "." and (copies.folder == at or copies.folder.endswith("/" + at)))
        what = f"loads {loader.ending or 'a `.env`'}"
        yield Way(what=what, path=loader.path, line=loader.line, carries=read)


def _of_scripts(facts: Facts, root: str, copies: Copies) -> Iterator[Way]:
    for folder in dict.fromkeys((root, ".")):
        for name in _SCRIPTS:
            path = join(folder, name)
            if join(folder, ".env") in copies.files and _script_reads(path, facts.text(path) or ""):
                yield Way(what="reads `.env`", path=path, line=1, carries=True)


def _of_compose(facts: Facts, root: str, copies: Copies, name: str) -> Iterator[Way]:
    """Yield the ways of compose files: an env file of the service, or a value that Compose puts in from the `.env` beside its file."""
    own = backend_services(facts, root)
    for path in compose_files(facts):
        document = facts.yaml(path)
        for service, key, block in y.pairs(y.get(document, "services")) if isinstance(document, Node) else ():
            if service not in own:
                continue
            taken = env_files(facts, path).get(service, ())
            blocks = [b for _, b in with_bases(facts, path, block)]
            local = isinstance(document, Node) and why_development(facts, path, document, service) is not None
            # The `.env` beside a deployed file is that deployment's: an example may be for it, this machine's `.env` is not.
            passed = (local or copies.folder is not None) and _passes(blocks, name)
            passed = passed and join(parent(path), ".env") in copies.files
            carried = passed or any(f in copies.files for f in taken)
            if carried or (local and not any("$" in f for f in taken)):
                what = f"hands {service} " + (f"{name}" if carried else "other variables")
                yield Way(what=what, path=path, line=y.line_of(key), carries=carried)


def backend_services(facts: Facts, root: str) -> frozenset[str]:
    """Return the services of compose files that run a backend, as any of the files that name them shows."""

    def find() -> frozenset[str]:
        found, others = set(), set()
        for path in compose_files(facts):
            document = facts.yaml(path)
            for name, _, service in y.pairs(y.get(document, "services")) if isinstance(document, Node) else ():
                blocks = [b for _, b in with_bases(facts, path, service)]
                command = next((c for b in blocks if (c := command_of(b, "command", "entrypoint"))), "")
                image = next((i for b in blocks if (i := y.scalar(y.get(b, "image")))), None)
                if is_image_of_others(image) and not runs_python(command):
                    others.add(name)
                elif runs_python(command) or _is_djangos(blocks, path) or _builds(blocks, path, root, name):
                    found.add(name)
        return frozenset(found - others)

    return facts.memoize(backend_services, root, find)


def _is_djangos(blocks: list[Node], path: str) -> bool:
    return any("DJANGO" in n for b in blocks for n in variables_of(y.get(b, "environment"), path))


def _builds(blocks: list[Node], path: str, root: str, name: str) -> bool:
    """Return whether a service is built from a folder that contains the backend, and nothing in its names is another program's."""
    build = next((b for block in blocks if (b := y.get(block, "build")) is not None), None)
    context = y.scalar(build) or y.scalar(y.get(build, "context"))
    file = y.scalar(y.get(build, "dockerfile")) or ""
    return (
        bool(context) and inside(root, join(parent(path), context or ".")) and not _NOT_PYTHON.search(f"{name} {file}")
    )


def _passes(blocks: list[Node], name: str) -> bool:
    """Return whether a service takes a variable from where Compose runs, with no value of its own in place of a missing one."""
    for block in blocks:
        for key, _, value in y.pairs(y.get(block, "environment")):
            if key == name:
                return value.tag.endswith(":null") or _is_asked(y.scalar(value) or "", name)
        for entry in y.sequence(y.get(block, "environment")):
            key, equals, text = (y.scalar(entry) or "").partition("=")
            if key.strip() == name:
                return not equals or _is_asked(text, name)
    return False


def _is_asked(text: str, name: str) -> bool:
    return text.strip() in (f"${name}", *(f"${{{name}{end}}}" for end in ("", "-", ":-"))) or text.startswith(
        (f"${{{name}?", f"${{{name}:?")
    )


def _kept(facts: Facts, root: str, own: Sequence[str | None]) -> bool:
    """Return whether the people of a repository that shows no reader keep a `.env` all the same."""
    if any(join(root, n) in facts.paths for n in _RUNNERS):
        return True
    folders = {root, "."}
    if _ignores_several(facts, folders) or _asks_for_variables(facts, root):
        return True
    kept = [join(root, ".env"), *(p for p in facts.paths if parent(p) in folders and is_env_example(_name(p)))]
    texts = [t for p in kept if (t := facts.text(p)) and not is_composes(t)]
    names = {v.name for t in texts for v in parse_dotenv(t)} - set(own)
    return any("SENTRY" not in n and not n.startswith(OF_BUNDLES) for n in names)


def _is_of_application(facts: Facts, root: str, example: str) -> bool:
    """Return whether an example names a variable that the backend's code reads, or what a Django project takes."""
    text = facts.text(example) or ""
    if is_of_bundle(text) or is_composes(text):
        return False
    names = {v.name for v in parse_dotenv(text)} | set(commented_out(text))
    names = {n for n in names if "SENTRY" not in n}
    if names & _OF_APPLICATION or any("DJANGO" in n for n in names):
        return True
    return _names_of_code(facts, root, names)


def _names_of_code(facts: Facts, root: str, names: set[str]) -> bool:
    """Return whether the backend's code writes one of some variables' names as a text, as what reads the environment does."""
    code = (p for p in facts.paths if p.endswith(".py") and inside(p, root) and Purpose.TEST not in purposes(p))
    modules = (facts.python(p) for p in facts.holding(sorted(names), code))
    return any(
        isinstance(node, ast.Constant) and node.value in names
        for m in modules
        if isinstance(m, Module)
        for node in m.nodes
    )


def _takes_values(document: Node | ParseError | None) -> bool:
    """Return whether a compose file takes any value from outside; one that cannot be read may."""
    if not isinstance(document, Node):
        return document is not None
    return any(_INTERPOLATED.search(y.scalar(node) or "") for _, node in y.walk(document))


def _script_reads(path: str, text: str) -> bool:
    """Return whether a script names a `.env` that it reads; a script that only writes one creates it on each run."""
    if path.rpartition("/")[2] in ("Makefile", "justfile", "Justfile"):
        rules, variables = make_rules(text, just=not path.endswith("Makefile"))
        lines = [line for rule in rules.values() for _, line in rule.recipe]
        commands = [c for line in lines for c in read_commands(line.lstrip("@-+"))]
        if any(any(_names_env(w) for w in c.words) and not _names_env(c.output) for c in commands):
            return True
        recipes = set(lines)
        others = [ln for ln in text.splitlines() if ln.strip() not in recipes] + list(variables.values())
        return any(_names_env(line.split("#")[0]) for line in others)
    return any(_names_env(line.split("#")[0]) for line in text.splitlines())


def _names_env(text: str) -> bool:
    return ".env" in text or "dotenv" in text


def _ignores_several(facts: Facts, folders: set[str]) -> bool:
    """Return whether a `.gitignore` names env files by a pattern of several (`.env*`); every template names `.env` itself.

    Where a frontend is built, the pattern is its own: its bundler reads several (https://vite.dev/guide/env-and-mode).
    """
    for folder in folders - {f.root for f in facts.frontends}:
        for line in (facts.text(join(folder, ".gitignore")) or "").splitlines():
            pattern = line.strip().lstrip("!").rpartition("/")[2]
            # `*.env` is for whatever has that ending: env files of services, of other programs.
            several = "*" in pattern.partition(".env")[2]
            if not line.startswith("#") and (several or is_env_example(pattern)):
                return True
    return False


def _asks_for_variables(facts: Facts, root: str) -> bool:
    """Return whether the settings do not start without a variable, and no image, compose file or host says how it arrives."""
    paths = [b.settings.path for b in facts.backends if b.root == root and b.settings and b.settings.path]
    modules = [m for p in paths if isinstance(m := facts.python(p), Module)]
    asked = any(
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "environ"
        for m in modules
        for statement in m.tree.body
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr))  # what is under an `if` has a way without
        for node in ast.walk(statement)
    )
    return asked and not (facts.deployments or facts.dockerfiles or compose_files(facts))


def _name(path: str) -> str:
    return path.rpartition("/")[2]
