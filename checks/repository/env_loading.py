"""The env files of a repository: their names, those that compose files take, and the examples that people copy.

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
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, join, parent
from checks.repository.loader_calls import loaders
from checks.repository.path_words import NOT_PRODUCTION, Purpose, purposes
from checks.repository.task_runners import make_rules

_OF_COMPOSE = frozenset({"version", "name", "services", "volumes", "networks", "secrets", "configs", "include"})
"""The elements of a compose file (https://docs.docker.com/reference/compose-file/)."""
_KINDS = frozenset({"example", "examples", "sample", "template", "tmpl", "dist", "default", "defaults", "skeleton"})
_PROGRAMS = lazy_pattern(
    r"\.(py|[cm]?[jt]sx?|json|md|rst|html?|sh|toml|ya?ml|j2|jinja2?|cfg|ini|conf|tf|license|lock)$"
)


def without_kind(name: str) -> tuple[str, ...]:
    """Return the words of an env file's name without the one that makes it an example: `.env.prod.dist` has `env`, `prod`."""
    return tuple(w for w in re.split(r"[._-]+", name.lower()) if w and w not in _KINDS)


_CODE = lazy_pattern(r"(?<!`)`{1,2}(?!`)([^`]+)`{1,2}(?!`)")
_FOLDERS = frozenset({"env", "envs", "environment", "environments"})
"""Folders of env files, whose names there need not say so: `env/production.example`."""


def is_env_example(path: str) -> bool:
    """Return whether a file's name, or its folder's, says that it is an example of an env file: `.env.example`, `env/prod.dist`."""
    *folders, name = path.lower().split("/")
    words = [w for w in re.split(r"[._-]+", name) if w]
    return (
        ({"env", "environment", "dotenv"} & set(words) != set() or any(f.lstrip(".") in _FOLDERS for f in folders))
        and bool(_KINDS & set(words))
        and not _PROGRAMS.search(name)
    )


OF_BUNDLES = ("VITE_", "REACT_APP_", "VUE_APP_", "NEXT_PUBLIC_", "PUBLIC_", "NUXT_PUBLIC_", "GATSBY_")
"""Beginnings of variables that a build puts into what browsers get (https://vite.dev/guide/env-and-mode)."""


def is_of_bundle(text: str) -> bool:
    """Return whether an example names variables of a browser's bundle and no others: it says nothing of a server."""
    names = [v.name for v in parse_dotenv(text)]
    return bool(names) and all(n.startswith(OF_BUNDLES) for n in names)


def kept_variables(facts: Facts, root: str, absent: Callable[[str], bool]) -> frozenset[str]:
    """Return the variables with a value in env files of the repository that the backend's own code may load in production.

    `absent` says of a file that production surely lacks it.
    """
    env_files = [p for p in facts.paths if _name(p).startswith(".env") or p.endswith(".env")]
    kept = [p for p in env_files if not absent(p)]
    loading = dict.fromkeys(call.path for call in loaders(facts, root)) if kept else ()
    texts = [facts.text(p) or "" for p in loading]
    read = [
        p
        for p in kept
        if any(_name(p) in t for t in texts)
        or (texts and parent(p) in (root, ".") and _name(p).startswith(".env") and not _is_for_others(_name(p)))
    ]
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
    code = (p for p in facts.paths if p.endswith(".py") and Purpose.TEST not in purposes(p))
    modules = (facts.python(p) for p in facts.holding((variable,), code))
    read = [n for m in modules if isinstance(m, Module) for n in m.nodes if isinstance(n, ast.Constant)]
    return sum(n.value == variable for n in read) > (node is not None)


def compose_env_files(facts: Facts) -> list[tuple[str, tuple[str, ...]]]:
    """Return the compose files of a repository with the env files that their services take, as paths of the repository."""
    found = []
    for path in sorted(compose_files(facts)):
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


def compose_files(facts: Facts) -> list[str]:
    """Return the compose files of a repository, and those that an env file names."""
    found = [p for p in facts.with_suffix("yml", "yaml") if p.count("/") < 3 and _is_compose(facts, p)]
    return [*found, *(p for p in named_compose_files(facts) if p not in found)]


def _is_compose(facts: Facts, path: str) -> bool:
    """Return whether a file is Compose's by its name, or at the top by what it contains: `docker compose -f local.yml`."""
    if "compose" in _name(path):
        return True
    document = facts.yaml(path) if "/" not in path and "services:" in (facts.text(path) or "") else None
    if not isinstance(document, Node) or not any(y.pairs(y.get(document, "services"))):
        return False
    return all(k in _OF_COMPOSE or k.startswith("x-") for k, _, _ in y.pairs(document))


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


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def copied_examples(facts: Facts) -> dict[str, str]:
    """Return the files that a recipe, a script or a document copies to an env file, as people here do, each with its copy."""
    return facts.memoize(copied_examples, "", lambda: _copied_examples(facts))


def _copied_examples(facts: Facts) -> dict[str, str]:
    found: dict[str, str] = {}
    told = (p for p in facts.paths if p.count("/") < 4 and (_is_recipe(p) or p.endswith((".sh", ".md", ".rst"))))
    for path in facts.holding((".env",), told):
        text, name = facts.text(path) or "", _name(path)
        rules, variables = make_rules(text, just=name != "Makefile") if _is_recipe(path) else ({}, {})
        lines = [line for rule in rules.values() for _, line in rule.recipe] or text.splitlines()
        # A sentence of a document names a command between backticks.
        lines = [
            c for line in lines for c in (_CODE.findall(line) if path.endswith((".md", ".rst")) else ()) or (line,)
        ]
        for line in lines:
            if "cp " in line and "env" in _substituted(line, variables):
                found |= {
                    k: v for k, v in _copied(facts, _substituted(line, variables), parent(path)) if k not in found
                }
    return found


def _is_recipe(path: str) -> bool:
    return _name(path) in ("Makefile", "justfile", "Justfile")


def _copied(facts: Facts, line: str, folder: str) -> list[tuple[str, str]]:
    """Return what a line copies to an env file: from the folder of its file, the repository's root, or any other folder."""
    found = []
    for command in read_commands(line.strip().lstrip("@-+$`> ").rstrip("`")):
        words = [w for w in command.words[1:] if not w.startswith("-")]
        if command.words[:1] != ("cp",) or len(words) != 2 or not is_env_example(words[0]):
            continue
        near = [f for f in (folder, ".") if join(f, words[0]) in facts.paths]
        # What a document tells to copy may follow a `cd` of its own.
        others = [
            p.removesuffix(words[0].removeprefix("./")).rstrip("/") or "."
            for p in sorted(facts.paths)
            if _ends(p, words[0])
        ]
        for at in (near or (others if len(others) == 1 else []))[:1]:
            target = join(at, words[1])
            found.append(
                (join(at, words[0]), target if _name(words[1]) not in ("", ".") else join(target, _name(words[0])))
            )
    return found


def _ends(path: str, written: str) -> bool:
    return path.endswith("/" + written.removeprefix("./"))


def _substituted(text: str, variables: dict[str, str]) -> str:
    """Return a recipe's line with the variables of its Makefile put in, as far as the file says them."""
    for _ in range(4):
        for name, value in variables.items():
            text = text.replace(f"$({name})", value).replace(f"${{{name}}}", value)
    return text
