"""The names that a step gives the images it builds: its tags, those of `docker/metadata-action`, each for its own Dockerfile.

Sources: https://github.com/docker/build-push-action#inputs, https://github.com/docker/metadata-action#images-input
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.ci.model import Job, Step
from checks.ci.worth import worths
from checks.parsers.github_expression import dotted, in_text
from checks.parsers.text import ParseError
from checks.repository.facts import Facts

_METADATA = "docker/metadata-action"


def named_images(facts: Facts, job: Job, step: Step, dockerfile: str) -> dict[str, tuple[str, ...]]:
    """Return the names of each Dockerfile that a step may build, in the combination of the matrix which builds it.

    What cannot be determined stays as it is written, and is a name of each.
    """
    written = list(dict.fromkeys(_written(job, step)))
    found: dict[str, list[str]] = {text: [] for text in worths(facts, job, step, dockerfile) or [dockerfile]}
    for name in written:
        repository, tag = split_reference(name)
        pairs = worths(facts, job, step, f"{dockerfile}\n{repository}")
        for path, _, known in (p.partition("\n") for p in pairs or ()):
            found.setdefault(path, []).append(known + tag)
        for names in found.values() if pairs is None else ():
            names.append(name)
    return {path: tuple(dict.fromkeys(names)) for path, names in found.items()}


def split_reference(reference: str) -> tuple[str, str]:
    """Return the repository of a reference, and its tag with the colon; a colon before a slash is that of a port.

    What is in the braces of `${{ … }}` and `${TAG:-latest}` is no part of either.
    """
    depth, colon = 0, None
    for at, sign in enumerate(reference):
        depth += (sign == "{") - (sign == "}")
        if depth == 0 and sign in "/:":
            colon = at if sign == ":" else None
    return (reference, "") if colon is None else (reference[:colon], reference[colon:])


def _written(job: Job, step: Step) -> Iterator[str]:
    """Yield the lines of a step's tags; for the output of a step that makes tags, the images that it makes them for."""
    for line in step.inputs.get("tags", "").replace(",", "\n").splitlines():
        made = _made_by(job, line)
        if made is not None:
            yield from _images(made)
        elif line.strip():
            yield line.strip()


def _made_by(job: Job, text: str) -> Step | None:
    """Return the step of `docker/metadata-action` whose tags a text is, None for another text."""
    try:
        paths = [dotted(e) for e in in_text(text)]
    except ParseError:
        return None
    asked = {p[1] for p in paths if len(p) == 4 and p[0] == "steps" and p[2:] == ("outputs", "tags")}
    steps = (s for s in job.steps if (s.uses or "").partition("@")[0] == _METADATA)
    return next((s for s in steps if (s.id or "").lower() in asked), None)


def _images(step: Step) -> Iterator[str]:
    for line in step.inputs.get("images", "").splitlines():
        named = dict(p.partition("=")[::2] for p in line.strip().split(",") if "=" in p)
        name = named.get("name", "" if named else line.strip())
        if name and not name.startswith("#"):
            yield name
