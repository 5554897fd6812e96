"""Whether something loads a `.env` file, or the people of a repository keep one: what nothing reads needs no example.

Sources: https://pypi.org/project/python-dotenv/, https://django-environ.readthedocs.io/en/latest/quickstart.html,
https://github.com/HBNetwork/python-decouple#how-does-it-work, https://devcenter.heroku.com/articles/heroku-local,
https://pipenv.pypa.io/en/latest/shell.html, https://docs.docker.com/reference/compose-file/services/#env_file
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable

from yaml import Node

from checks.hosts.shapes import is_image_of_others
from checks.parsers import yaml as y
from checks.parsers.commands import read_commands
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.python import Module
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import NOT_PRODUCTION, Purpose, purposes
from checks.repository.task_runners import make_rules

_CALLS = frozenset({"load_dotenv", "read_dotenv", "read_env", "dotenv_values"})
"""Functions that load one: python-dotenv, django-dotenv, django-environ and environs."""
_MODULES = frozenset({"decouple", "dynaconf"})
"""Packages that look for one by themselves."""
_NEEDLES = (*sorted(_CALLS), *sorted(_MODULES), "env_file")
_RUNNERS = ("Procfile", "Procfile.dev", "Pipfile")
"""What is started by a program that loads one: `heroku local`, honcho, foreman, `pipenv run`."""
_SCRIPTS = ("Makefile", "justfile", "Justfile", ".envrc", "Taskfile.yml", "mise.toml", ".mise.toml")
_MAX_FILES = 40
_KINDS = frozenset({"example", "examples", "sample", "template", "tmpl", "dist", "default", "defaults", "skeleton"})
_PROGRAMS = lazy_pattern(
    r"\.(py|[cm]?[jt]sx?|json|md|rst|html?|sh|toml|ya?ml|j2|jinja2?|cfg|ini|conf|tf|license|lock)$"
)


_INTERPOLATED = lazy_pattern(r"(?<!\$)\$(?:\{\w+|[A-Za-z_])")


def without_kind(name: str) -> tuple[str, ...]:
    """Return the words of an env file's name without the one that makes it an example: `.env.prod.dist` has `env`, `prod`."""
    return tuple(w for w in re.split(r"[._-]+", name.lower()) if w and w not in _KINDS)


def is_env_example(name: str) -> bool:
    """Return whether a file's name says that it is an example of an env file: `.env.example`, `env.sample`, `api.env.dist`."""
    words = [w for w in re.split(r"[._-]+", name.lower()) if w]
    return (
        {"env", "environment", "dotenv"} & set(words) != set()
        and bool(_KINDS & set(words))
        and not _PROGRAMS.search(name)
    )


OF_BUNDLES = ("VITE_", "REACT_APP_", "VUE_APP_", "NEXT_PUBLIC_", "PUBLIC_", "NUXT_PUBLIC_", "GATSBY_")
"""Beginnings of variables that a build puts into what browsers get (https://vite.dev/guide/env-and-mode)."""


def is_of_bundle(text: str) -> bool:
    """Return whether an example names variables of a browser's bundle and no others: it says nothing of a server."""
    names = [v.name for v in parse_dotenv(text)]
    return bool(names) and all(n.startswith(OF_BUNDLES) for n in names)


def loads_env(facts: Facts, root: str, own: tuple[str | None, ...] = ()) -> bool:
    """Tell whether the code, a script or a service loads an env file, or people of this repository keep several.

    A file that names nothing but our `own` variables, or the frontend's, says nothing: it was made by an earlier run.
    """
    path, folders = join(root, ".env"), {root, "."}
    if any(join(root, n) in facts.paths for n in _RUNNERS):
        return True
    if _ignores_several(facts, folders) or _asks_for_variables(facts, root):
        return True
    kept = [path, *(p for p in facts.paths if parent(p) in folders and is_env_example(_name(p)))]
    texts = [t for p in kept if (t := facts.text(p)) and not is_composes(t)]
    names = {v.name for t in texts for v in parse_dotenv(t)} - set(own)
    if any("SENTRY" not in n and not n.startswith(OF_BUNDLES) for n in names):
        return True
    if any(_script_reads(join(folder, n), facts.text(join(folder, n)) or "") for folder in folders for n in _SCRIPTS):
        return True
    if any(path in files for _, files in compose_env_files(facts)):
        return True
    return code_loads_env(facts, root)


def reads_env_file(facts: Facts, root: str, own: tuple[str | None, ...] = ()) -> bool:
    """Return whether anything here takes values from a backend's `.env`: what loads it, or Compose, which puts them into its file.

    https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file
    """
    beside = (p for p in _compose_files(facts) if parent(p) == root)
    return any(_takes_values(facts.yaml(p)) for p in beside) or loads_env(facts, root, own)


def _takes_values(document: Node | ParseError | None) -> bool:
    """Return whether a compose file takes any value from outside; one that cannot be read may."""
    if not isinstance(document, Node):
        return document is not None
    return any(_INTERPOLATED.search(y.scalar(node) or "") for _, node in y.walk(document))


def code_loads_env(facts: Facts, root: str) -> bool:
    """Return whether the backend's own code loads an env file, on whatever machine it runs."""
    return any(_loads(facts, p) for p in _python_files(facts, root))


def kept_variables(facts: Facts, root: str, absent: Callable[[str], bool]) -> frozenset[str]:
    """Return the variables with a value in env files of the repository that the backend's own code may load in production.

    `absent` says of a file that production surely lacks it.
    """
    kept = [p for p in facts.paths if parent(p) in (root, ".") and _name(p).startswith(".env") and not absent(p)]
    loading = [p for p in _python_files(facts, root) if _loads(facts, p)] if kept else []
    texts = [facts.text(p) or "" for p in loading]
    read = [p for p in kept if texts and (not _is_for_others(_name(p)) or any(_name(p) in t for t in texts))]
    return frozenset(v.name for p in read for v in parse_dotenv(facts.text(p) or "") if v.value)


def _is_for_others(name: str) -> bool:
    """Return whether an env file is an example, or for laptops or tests, by its name: production has it where the code names it."""
    return is_env_example(name) or bool(purposes(name) & NOT_PRODUCTION) or "local" in without_kind(name)


def read_for_more(facts: Facts, variable: str, path: str | None = None, node: ast.expr | None = None) -> bool:
    """Return whether the code asks a variable for more than what Sentry files events under.

    `node` is the argument of the call in `path` that takes it, None before there is one. A variable that also switches
    settings (`DJANGO_ENV`, `APP_ENV`) has words of its own, and setting it on a laptop would switch them.
    """
    if "SENTRY" in variable:
        return False
    module = facts.python(path) if path is not None and isinstance(node, ast.Name) else None
    if isinstance(module, Module) and isinstance(node, ast.Name):
        same = [n for n in module.nodes if isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Load)]
        if len(same) > 1:
            return True
    code = [p for p in facts.paths if p.endswith(".py") and Purpose.TEST not in purposes(p)]
    held = facts.tree.files_containing((variable,), code)
    modules = (facts.python(p) for p in (code if held is None else sorted(held)) if variable in (facts.text(p) or ""))
    read = [n for m in modules if isinstance(m, Module) for n in m.nodes if isinstance(n, ast.Constant)]
    return sum(n.value == variable for n in read) > (node is not None)


def compose_env_files(facts: Facts) -> list[tuple[str, tuple[str, ...]]]:
    """Return the compose files of a repository with the env files that their services take, as paths of the repository."""
    found = []
    for path in sorted(_compose_files(facts)):
        document = facts.yaml(path)
        services = y.get(document, "services") if isinstance(document, Node) else None
        others = {n for n, _, s in y.pairs(services) if is_image_of_others(y.scalar(y.get(s, "image")))}
        files = dict.fromkeys(f for n, taken in env_files(facts, path).items() if n not in others for f in taken)
        if files:
            found.append((path, tuple(files)))
    return found


def env_files(facts: Facts, path: str) -> dict[str, tuple[str, ...]]:
    """Return the env files that each service of a compose file reads, as paths of the repository."""
    document = facts.yaml(path)
    found = {}
    for name, _, service in y.pairs(y.get(document, "services")) if isinstance(document, Node) else ():
        entries = y.sequence(y.get(service, "env_file"))
        named = [y.scalar(e) or y.scalar(y.get(e, "path")) for e in entries]
        found[name] = tuple(posixpath.normpath(posixpath.join(posixpath.dirname(path), n)) for n in named if n)
    return found


def tracked_variables(facts: Facts, root: str, *, of_frontend: bool = False) -> dict[str, tuple[str, int]]:
    """Return the variables that env files of the repository itself name, each with its place: every clone has them, without any example.

    Vite and its kind read `.env` and `.env.production` (https://vite.dev/guide/env-and-mode#env-files).
    """
    files = [join(root, n) for n in (".env", ".env.production")] if of_frontend else [join(root, ".env"), ".env"]
    found: dict[str, tuple[str, int]] = {}
    for path in dict.fromkeys(f for f in files if f in facts.paths):
        for variable in parse_dotenv(facts.text(path) or ""):
            found.setdefault(variable.name, (path, variable.line))
    return found


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
            if not line.startswith("#") and (("*" in pattern and ".env" in pattern) or is_env_example(pattern)):
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
    return asked and not (facts.deployments or facts.dockerfiles or _compose_files(facts))


def _compose_files(facts: Facts) -> list[str]:
    found = [p for p in facts.with_suffix("yml", "yaml") if "compose" in _name(p) and p.count("/") < 3]
    return [*found, *(p for p in named_compose_files(facts) if p not in found)]


def named_compose_files(facts: Facts) -> tuple[str, ...]:
    """Return the compose files that an env file of the repository's root, or its example, names by `COMPOSE_FILE`.

    https://docs.docker.com/compose/how-tos/environment-variables/envvars/#compose_file
    """

    def find() -> tuple[str, ...]:
        names = [p for p in facts.tree.paths if "/" not in p and (p == ".env" or is_env_example(p))]
        given = [v.value for p in names for v in parse_dotenv(facts.text(p) or "") if v.name == "COMPOSE_FILE"]
        named = dict.fromkeys(join(".", f.strip()) for g in given if g for f in re.split(r"[:;]", g) if f.strip())
        return tuple(p for p in named if p in facts.paths)

    return facts.memoize(named_compose_files, "named", find)


def is_composes(text: str) -> bool:
    """Return whether an example holds what Compose itself reads, and nothing for the services: they take theirs elsewhere."""
    names = [v.name for v in parse_dotenv(text)]
    return bool(names) and all(n.startswith(("COMPOSE_", "DOCKER_")) for n in names)


def _python_files(facts: Facts, root: str) -> list[str]:
    within = [
        p for p in facts.paths if p.endswith(".py") and inside(p, root) and Purpose.TEST not in purposes(parent(p))
    ]
    held = facts.tree.files_containing(_NEEDLES, within)
    return sorted(within if held is None else (p for p in within if p in held), key=lambda p: p.count("/"))[:_MAX_FILES]


def _loads(facts: Facts, path: str) -> bool:
    if not any(word in (facts.text(path) or "") for word in _NEEDLES):
        return False
    module = facts.python(path)
    if not isinstance(module, Module):
        return False
    for node in module.nodes:
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in _CALLS or any(k.arg == "env_file" for k in node.keywords):
                return True
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            named = [getattr(node, "module", None) or "", *(a.name for a in node.names)]
            if any(n.partition(".")[0] in _MODULES for n in named[: 1 if named[0] else None]):
                return True
    return False


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def copied_examples(facts: Facts) -> tuple[str, ...]:
    """Return the files of the repository that a recipe, a script or the README copies to a `.env`, as its people do."""
    found: dict[str, None] = {}
    for path in sorted(facts.paths):
        folder, name = parent(path), _name(path)
        makes = name in ("Makefile", "justfile", "Justfile")
        if path.count("/") > 2 or not (
            makes or name.lower().startswith(("readme", "contributing")) or path.endswith(".sh")
        ):
            continue
        text = facts.text(path) or ""
        if ".env" not in text:
            continue
        rules, variables = make_rules(text, just=name != "Makefile") if makes else ({}, {})
        lines = [line for rule in rules.values() for _, line in rule.recipe] or text.splitlines()
        for line in lines:
            if "cp " in line and ".env" in _substituted(line, variables):
                found |= dict.fromkeys(_copied(facts, _substituted(line, variables), folder))
    return tuple(found)


def _copied(facts: Facts, line: str, folder: str) -> list[str]:
    found = []
    for command in read_commands(line.strip().lstrip("@-+$`> ").rstrip("`")):
        words = [w for w in command.words[1:] if not w.startswith("-")]
        if command.words[:1] == ("cp",) and len(words) == 2 and _name(words[1]) in (".env", ""):
            found += [p for f in (folder, ".") if (p := join(f, words[0])) in facts.paths][:1]
    return found


def _substituted(text: str, variables: dict[str, str]) -> str:
    """Return a recipe's line with the variables of its Makefile put in, as far as the file says them."""
    for _ in range(4):
        for name, value in variables.items():
            text = text.replace(f"$({name})", value).replace(f"${{{name}}}", value)
    return text
