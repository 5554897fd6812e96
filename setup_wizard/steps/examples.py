"""The env example file of a part of the repository: the one that is there, whatever it is called, and that git shows to others."""

from __future__ import annotations

import re

from checks.parsers.dotenv import parse_dotenv
from checks.parsers.text import decode
from checks.patterns import lazy_pattern
from checks.repository.facts import inside, join, parent
from checks.repository.ignored import ignoring_rule
from checks.repository.path_words import Purpose, purposes
from setup_wizard.editors import dotenv
from setup_wizard.editors.base import Refused
from setup_wizard.steps.context import Context

_KINDS = frozenset({"example", "examples", "sample", "template", "tmpl", "dist", "defaults", "skeleton"})
_PROGRAMS = lazy_pattern(
    r"\.(py|[cm]?[jt]sx?|json|md|rst|html?|sh|toml|ya?ml|j2|jinja2?|cfg|ini|conf|tf|license|lock)$"
)


def is_example(name: str) -> bool:
    """Return whether a file's name says that it is an example of an env file: `.env.example`, `env.sample`, `api.env.dist`."""
    words = [w for w in re.split(r"[._-]+", name.lower()) if w]
    return {"env", "environment"} & set(words) != set() and bool(_KINDS & set(words)) and not _PROGRAMS.search(name)


def example_of(context: Context, folders: tuple[str, ...], near: tuple[str, ...] = ()) -> str:
    """Return the example file of a part: one of its folders' own, or one beside an env file that its services take (`near`).

    The one that a service takes comes first, then the folders in order, in each the one that names most variables;
    where there is none, the usual name in the first folder.
    """
    found = [p for p in context.overlay.paths if is_example(p.rpartition("/")[2])]
    for file in near:
        stem = file.rpartition("/")[2].lstrip(".")
        beside = [p for p in found if parent(p) == parent(file) and stem in p.rpartition("/")[2]]
        if beside:
            return beside[0]
    for folder in dict.fromkeys(folders):
        own = [p for p in found if parent(p) == folder]
        if own:
            return max(own, key=lambda p: (_variables(context, p), p.endswith(".env.example")))
    return join(folders[0], ".env.example")


def example_elsewhere(context: Context) -> str | None:
    """Return the example file of another folder that names most variables; a frontend's own is not the backend's."""
    frontends = [f.root for f in context.facts.frontends if f.root != "."]
    found = [
        p
        for p in context.overlay.paths
        if is_example(p.rpartition("/")[2])
        and p.count("/") < 3
        and not purposes(p) & {Purpose.TEST, Purpose.DOCUMENTATION}
        and not any(inside(p, f) for f in frontends)
    ]
    return max(sorted(found), key=lambda p: _variables(context, p), default=None)


def _variables(context: Context, path: str) -> int:
    return len(parse_dotenv(decode(context.read(path) or b"")))


def name_in_example(context: Context, path: str, names: dict[str, str], comment: str) -> None:
    """Name variables in an example file, and let git show it to others where a pattern of a `.gitignore` hides it."""
    known = {v.name for v in parse_dotenv(decode(context.read(path) or b""))}
    missing = {k: v for k, v in names.items() if k not in known}
    if missing:
        context.edit(path, lambda data: dotenv.set_variables(data, missing, path, comment))
    else:
        context.settled = True
    show_to_others(context, path)


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
