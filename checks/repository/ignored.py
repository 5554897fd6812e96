"""What git ignores by the repository's own `.gitignore` files, read by pathspec; a user's global excludes do not count."""

from __future__ import annotations

import pathspec

from checks.repository.facts import Facts, join, parent

_NOTHING = "#"
"""A comment; an empty line would not be counted."""


def is_ignored(facts: Facts, path: str) -> bool | None:
    """Return whether the repository's `.gitignore` files ignore a file; None without git.

    The deepest file that says something decides, and what lies in an ignored folder cannot be taken in again
    (https://git-scm.com/docs/gitignore).
    """
    if not facts.tree.versioned:
        return None
    return ignoring_rule(facts, path) is not None


def ignoring_rule(facts: Facts, path: str) -> tuple[str, int] | None:
    """Return the file and line of the rule that ignores a path, or None."""
    parts = path.split("/")
    says = (_says(facts, "/".join(parts[:depth]), folder=depth < len(parts)) for depth in range(1, len(parts) + 1))
    return next((rule for rule in says if rule is not None), None)


def excepting_rule(facts: Facts, path: str) -> tuple[str, int] | None:
    """Return the file and line of the rule that takes a file in again which a rule before it ignores (`!.env.tests`), or None."""
    rule = _rule(facts, path, folder=False)
    return rule[1:] if rule is not None and not rule[0] and ignoring_rule(facts, path) is None else None


def _says(facts: Facts, path: str, *, folder: bool) -> tuple[str, int] | None:
    rule = _rule(facts, path, folder=folder)
    return rule[1:] if rule is not None and rule[0] else None


def _rule(facts: Facts, path: str, *, folder: bool) -> tuple[bool, str, int] | None:
    """Return whether the rule that decides for a path ignores it, with the rule's file and line; None where none says anything."""
    above = [parent(path)]
    while above[-1] != ".":
        above.append(parent(above[-1]))
    for place in above:
        spec = facts.memoize(_spec, place, lambda p=place: _spec(facts, p))  # type: ignore[misc]
        if spec is not None:
            relative = path if place == "." else path.removeprefix(place + "/")
            result = spec.check_file(relative + "/" if folder else relative)
            if result.include is not None:
                return result.include, join(place, ".gitignore"), (result.index or 0) + 1
    return None


def _spec(facts: Facts, folder: str) -> pathspec.GitIgnoreSpec | None:
    name = ".gitignore" if folder == "." else f"{folder}/.gitignore"
    text = facts.text(name) if name in facts.paths else None
    if text is None:
        return None
    lines = [line or _NOTHING for line in text.splitlines()]
    try:
        return pathspec.GitIgnoreSpec.from_lines(lines)
    except ValueError:
        # A line that is no pattern (a backslash at its end) matches nothing, and the others count.
        return pathspec.GitIgnoreSpec.from_lines([line if _is_pattern(line) else _NOTHING for line in lines])


def _is_pattern(line: str) -> bool:
    try:
        pathspec.GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
