"""What `.dockerignore` keeps out of an image's build.

Source: https://docs.docker.com/build/concepts/context/#dockerignore-files (the last line that matches decides)
"""

from __future__ import annotations

import re

from checks.hosts.images import Image
from checks.repository.facts import Facts, inside, join, parent

_MAX_STARS = 8
"""More in one pattern would take too long to match."""


def kept_out(facts: Facts, image: Image, path: str) -> tuple[str, int] | None:
    """Return the file and line that keep a path out of an image's build, None where nothing does."""
    contexts = dict.fromkeys((".", parent(image.path)))
    return next((f for c in contexts if (f := kept_out_of(facts, image.path, c, path)) is not None), None)


def kept_out_of(facts: Facts, dockerfile: str, context: str, path: str) -> tuple[str, int] | None:
    """Return the file and line that keep a path out of what one build of a Dockerfile is handed, its context."""
    own = dockerfile + ".dockerignore"
    file = own if own in facts.paths else join(context, ".dockerignore")
    text = facts.text(file) if file in facts.paths else None
    if text is None or not inside(path, context):
        return None
    line = _deciding(text, path if context == "." else path.removeprefix(context + "/"))
    return (file, line) if line is not None else None


def _deciding(text: str, path: str) -> int | None:
    decided: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        back = pattern.startswith("!")
        if _matches(pattern.lstrip("!").strip().strip("/"), path):
            decided = None if back else number
    return decided


def _matches(pattern: str, path: str) -> bool:
    """A pattern matches a path or one of its folders; `*` stops at a slash, `**` does not."""
    if pattern.count("*") > _MAX_STARS:
        return False
    parts = re.split(r"(\*\*/?|\*|\?|\[[^\]/]*\])", pattern.removeprefix("./"))
    words = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    expression = "".join(words.get(p) or (p if p.startswith("[") and p.endswith("]") else re.escape(p)) for p in parts)
    try:
        return re.match(rf"{expression}(?:/|$)", path) is not None
    except re.error:
        return False
