"""What git ignores by the repository's own `.gitignore` files, read by pathspec; a user's global excludes do not count."""

from __future__ import annotations

import pathspec

from checks.repository.facts import Facts, parent


def is_ignored(facts: Facts, path: str) -> bool | None:
    """Tell whether the repository's `.gitignore` files ignore a file; None without git.

    The deepest file that says something decides, and what lies in an ignored folder cannot be taken in again
    (https://git-scm.com/docs/gitignore).
    """
    if not facts.tree.versioned:
        return None
    parts = path.split("/")
    return any(_says(facts, "/".join(parts[:depth]), folder=depth < len(parts)) for depth in range(1, len(parts) + 1))


def _says(facts: Facts, path: str, *, folder: bool) -> bool:
    above = [parent(path)]
    while above[-1] != ".":
        above.append(parent(above[-1]))
    for place in above:
        spec = facts.once("gitignore", place, lambda p=place: _spec(facts, p))  # type: ignore[misc]
        if spec is not None:
            relative = path if place == "." else path.removeprefix(place + "/")
            include = spec.check_file(relative + "/" if folder else relative).include
            if include is not None:
                return bool(include)
    return False


def _spec(facts: Facts, folder: str) -> pathspec.GitIgnoreSpec | None:
    name = ".gitignore" if folder == "." else f"{folder}/.gitignore"
    text = facts.text(name) if name in facts.paths else None
    return None if text is None else pathspec.GitIgnoreSpec.from_lines(text.splitlines())
