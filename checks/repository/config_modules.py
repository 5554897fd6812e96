"""The files that a bundler's configuration imports by a relative name."""

from __future__ import annotations

from collections.abc import Callable

from checks.repository.facts import Facts, join, parent

_SUFFIXES = ("ts", "mts", "js", "mjs", "cjs", "tsx")


def modules_around(facts: Facts, path: str) -> Callable[[str], str | None]:
    """Return what gives the text of a module by its name relative to a configuration; None where no file has it."""

    def text_of(module: str) -> str | None:
        base = join(parent(path), module)
        stem, dot, suffix = base.rpartition(".")
        stem = stem if dot and suffix in ("js", "mjs", "cjs") else base
        names = [base, *(f"{stem}{end}" for s in _SUFFIXES for end in (f".{s}", f"/index.{s}"))]
        return next((facts.text(n) for n in names if n in facts.paths), None)

    return text_of
