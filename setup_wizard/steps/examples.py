"""The env example file of a part of the repository: the one that is there, whatever it is called, and that git shows to others."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from checks.frontends.env_files import env_file_name, env_file_of
from checks.parsers.dotenv import commented_out, parse_dotenv
from checks.parsers.text import decode
from checks.patterns import lazy_pattern
from checks.repository.env_loading import copied_examples, is_composes, is_env_example, is_of_bundle, without_kind
from checks.repository.facts import inside, join, parent
from checks.repository.frontends import Frontend
from checks.repository.ignored import ignoring_rule, is_ignored
from checks.repository.path_words import Purpose, purposes
from setup_wizard.editors import dotenv
from setup_wizard.editors.base import Refused
from setup_wizard.steps.context import Context

_PRODUCTION = frozenset({"prod", "production"})
_DEVELOPMENT = frozenset({"dev", "development"})
OWN_NAMES = ("SENTRY_ENVIRONMENT", "DJANGO_ENV", "ENVIRONMENT", "APP_ENV", "DEPLOY_ENV", "DJANGO_ENVIRONMENT")
"""Variables of the environment's name whose values are known; another one of the project's own may mean other words."""
_DEBUG = ("DEBUG", "DJANGO_DEBUG")
_HERE = lazy_pattern(r"://([^/@\s]*@)?(localhost|127\.0\.0\.1)([:/]|$)")
_OFF = frozenset({"false", "0", "off", "no"})


def _any(_: str) -> bool:
    return True


def example_of(
    context: Context, folders: tuple[str, ...], near: tuple[str, ...] = (), is_read: Callable[[str], bool] = _any
) -> str:
    """Return the example file of a part: one of its folders' own, or one beside an env file that its services take (`near`).

    `is_read` tells whether the part reads what an example is copied to.

    The one that a service takes comes first, then the folders in order, in each production's, then the one that names most
    variables, one of development or tests last; where there is none, the usual name in the first folder.
    """
    found = [
        p
        for p in context.overlay.paths
        if is_env_example(p) and not is_composes(decode(context.read(p) or b"")) and is_read(p)
    ]
    for file in near:
        stem = file.rpartition("/")[2].lstrip(".")
        beside = [p for p in found if parent(p) == parent(file) and stem in p.rpartition("/")[2]]
        # `env_file_template` is the example of `env_file`, and `env_file_db_template` that of another one.
        beside = [p for p in beside if without_kind(p.rpartition("/")[2]) == without_kind(stem)] or beside
        if beside:
            return max(beside, key=lambda p: _rank(context, p))
    for folder in dict.fromkeys(folders):
        own = [p for p in found if parent(p) == folder]
        if own:
            return max(own, key=lambda p: _rank(context, p))
    return join(folders[0], ".env.example")


def example_elsewhere(context: Context, is_read: Callable[[str], bool]) -> str | None:
    """Return the example file of another folder that the backend reads: one that people copy, else the one with most variables.

    A frontend's own is not the backend's.
    """
    copied, found = copied_examples(context.facts), _of_backends(context, is_read)
    return next((p for p in copied if p in found), None) or max(
        sorted(found), key=lambda p: _rank(context, p), default=None
    )


def examples_of_production(context: Context, is_read: Callable[[str], bool]) -> list[str]:
    """Return the examples that the backend reads and that production's env files are made from, by their names or what they set."""
    return [p for p in sorted(_of_backends(context, is_read)) if environment_of_example(context, p) == "production"]


def _of_backends(context: Context, is_read: Callable[[str], bool]) -> list[str]:
    frontends = [f.root for f in context.facts.frontends if f.root != "."]
    return [
        p
        for p in context.overlay.paths
        if is_env_example(p)
        and p.count("/") < 3
        and not purposes(p) & {Purpose.TEST, Purpose.DOCUMENTATION}
        and not any(inside(p, f) for f in frontends)
        and not is_of_bundle(text := decode(context.read(p) or b""))
        and not is_composes(text)
        and is_read(p)
    ]


def environment_of_example(context: Context, path: str) -> str:
    """Return the environment that an example names: its own by its name or folder, else by what it sets, else `development`.

    `ENVIRONMENT=production`, `DEBUG=False`, or an example of development beside it tell that production is set up from it.
    """
    if is_production(path):
        return "production"
    given = {v.name: (v.value or "").strip() for v in parse_dotenv(decode(context.read(path) or b""))}
    own = next((given[n] for n in OWN_NAMES if given.get(n, "").isidentifier()), None)
    if own is not None:
        return own
    # What names an address of this machine is a developer's, though it switches DEBUG off.
    here = any(_HERE.search(v) for v in given.values())
    off = not here and any(given.get(n, "").lower() in _OFF for n in _DEBUG)
    beside = any(
        parent(p) == parent(path) and p != path and is_env_example(p) and _DEVELOPMENT & _words(p)
        for p in context.overlay.paths
    )
    return "production" if off or beside else "development"


def is_production(path: str) -> bool:
    """Return whether a path or an environment's name says that it is production's."""
    return bool(_PRODUCTION & _words(path))


def _words(path: str) -> frozenset[str]:
    return frozenset(re.split(r"[/._-]+", path.lower()))


def _rank(context: Context, path: str) -> tuple[bool, bool, int, bool]:
    variables = len(parse_dotenv(decode(context.read(path) or b"")))
    name = path.rpartition("/")[2]
    apart = bool(purposes(name) & {Purpose.DEVELOPMENT, Purpose.TEST, Purpose.CI})
    return is_production(name), not apart, variables, path.endswith(".env.example")


def name_in_example(
    context: Context, path: str, names: dict[str, str], comment: str, idle: Collection[str] = ()
) -> None:
    """Name variables in an example file, those of `idle` in comments, and let git show it to others where a pattern hides it."""
    text = decode(context.read(path) or b"")
    known = {v.name for v in parse_dotenv(text)} | set(commented_out(text))
    missing = {k: v for k, v in names.items() if k not in known}
    if missing:
        context.edit(path, lambda data: dotenv.set_variables(data, missing, path, comment, idle))
    else:
        context.settled = True
    show_to_others(context, path)


def ignore_env_file(context: Context, frontend: Frontend) -> None:
    """Let git ignore the env file that a frontend's build reads, where its code takes any variable from one."""
    if is_ignored(context.facts, join(frontend.root, env_file_name(frontend))) is not False:
        return
    name = env_file_of(context.facts, frontend)
    if name is not None:
        context.edit(".gitignore", lambda data: dotenv.ignore_patterns(data, (name,)))


def show_to_others(context: Context, path: str) -> None:
    """Take a file back from a pattern that ignores it; a folder that is ignored as a whole is left to the person."""
    context.refresh()
    rule = ignoring_rule(context.facts, path) if context.facts.tree.versioned and not context.tracked(path) else None
    if rule is None:
        return
    file, name = rule[0], path.rpartition("/")[2]
    context.edit(file, lambda data: dotenv.ignore_patterns(data, (f"!{name}",), file))
    context.refresh()
    if ignoring_rule(context.facts, path) is not None:
        context.leave(Refused(f"git ignores the folder of {path}, so nobody else sees it", f"git add -f {path}", path))
