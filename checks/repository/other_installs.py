"""Installs that no image and no host of the repository shows: of Makefiles, scripts, and templates that a program fills in.

Whether production runs one is not known: it is told with its place, and never taken for a proof of either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from checks.patterns import lazy_pattern
from checks.repository.facts import Facts
from checks.repository.installs import Install, installs_of_text, own_names
from checks.repository.path_words import NOT_DEPLOYED, Purpose, folder_purposes, purposes
from checks.repository.task_runners import make_rules

_MAKE = ("Makefile", "makefile", "GNUmakefile", "justfile", "Justfile")
_TEMPLATES = ("j2", "jinja", "jinja2", "tmpl", "tpl", "erb")
_BLANK = lazy_pattern(r"\{\{.*?\}\}|<%=.*?%>")
_MAX_FILES = 80


def other_installs(facts: Facts, root: str) -> tuple[Install, ...]:
    """Return what Makefiles, shell scripts and templates install; one with a blank is `unclear`. None of them decides."""
    return facts.memoize(other_installs, root, lambda: tuple(_found(facts, root)))


def _found(facts: Facts, root: str) -> Iterator[Install]:
    own = own_names(facts, root)
    for path in _files(facts):
        text = facts.text(path) or ""
        if path.rpartition("/")[2] in _MAKE:
            rules, _ = make_rules(text, just="just" in path.lower())
            for rule in rules.values():
                for line, recipe in rule.recipe:
                    yield from _sure(installs_of_text(facts, recipe.lstrip("@-+"), own, path, line))
        elif path.endswith(tuple(f".{s}" for s in _TEMPLATES)):
            yield from _of_template(facts, path, text, own)
        else:
            yield from _sure(installs_of_text(facts, text, own, path, None))


def _sure(found: Iterator[Install]) -> Iterator[Install]:
    """Yield what scripts install; a variable among the words names a folder more often than a group."""
    yield from (replace(i, unclear=False) for i in found)


def _of_template(facts: Facts, path: str, text: str, own: frozenset[str]) -> Iterator[Install]:
    """Read a template line by line, those that continue joined; what fills a blank in is not known."""
    rows, start = "", 1
    for number, row in enumerate(text.splitlines(), start=1):
        start = start if rows else number
        rows += row.rstrip().removesuffix("\\") + " "
        if row.rstrip().endswith("\\"):
            continue
        filled = _BLANK.sub("$BLANK", re.sub(r"\{%.*?%\}", " ", rows)).strip()
        yield from installs_of_text(facts, filled.removeprefix("RUN "), own, path, start)
        rows = ""


def _files(facts: Facts) -> list[str]:
    named = [*facts.named(*_MAKE), *facts.with_suffix("sh", "bash", *_TEMPLATES)]
    kept = [
        p
        for p in dict.fromkeys(named)
        if not folder_purposes(p) & (NOT_DEPLOYED | {Purpose.CI}) and Purpose.TEST not in purposes(p)
    ]
    return sorted(kept, key=lambda p: (p.count("/"), p))[:_MAX_FILES]
