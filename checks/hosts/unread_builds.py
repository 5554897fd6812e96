"""Places that may build an image in a way that is not read here: to be named, and never to be judged by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from checks.ci.model import Job, Workflow
from checks.hosts.image_builds import all_builds
from checks.hosts.image_files import sources
from checks.hosts.images import Image
from checks.parsers import yaml as y
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes

_MOST = 3
_BUILDS = lazy_pattern(
    r"\b(docker|podman|nerdctl|buildah)[\"', ]+(buildx[\"', ]+|compose[\"', ]+|image[\"', ]+)?(build|bud|bake)\b"
    r"|\bdocker-compose\b(?![^\n#]*\b(?:exec|run)\b)[^\n#]*\bbuild\b|\boc\s+start-build\b|\bkind:\s*BuildConfig\b|\bkaniko/executor\b"
)
_NAMES = (
    "Makefile",
    "makefile",
    "GNUmakefile",
    "justfile",
    "Justfile",
    "Taskfile.yml",
    "Taskfile.yaml",
    "tasks.py",
    "fabfile.py",
)
_IMAGE_WORDS = frozenset({"docker", "image", "container", "build"})


def possible_builds(facts: Facts, image: Image) -> list[tuple[str, int]]:
    """Return up to three places that may build an image: steps whose Dockerfile only their run knows, remote workflows, scripts."""
    found = [(b.path, b.line) for b in all_builds(facts) if "$" in b.dockerfile]
    found += _remote(facts, image)
    found += _written(facts)
    return list(dict.fromkeys(found))[:_MOST]


def built_elsewhere(facts: Facts, path: str) -> tuple[str, int] | None:
    """Return the job that hands a Dockerfile to a workflow of another repository, None where none names it."""
    return next(((flow.path, job.line) for flow, job, names in _handed_on(facts) if path in names), None)


def _remote(facts: Facts, image: Image) -> list[tuple[str, int]]:
    found = []
    folder = parent(image.path)
    for flow, job, names in _handed_on(facts):
        words = set(re.split(r"[\W_]+", (job.uses or "").partition("@")[0].rpartition("/")[2].lower()))
        if image.path in names or (folder != "." and folder in names) or {"docker", "image"} & words:
            found.append((flow.path, job.line))
    return found


def _handed_on(facts: Facts) -> Iterator[tuple[Workflow, Job, set[str]]]:
    """Yield the jobs that call a workflow of another repository, with the paths that they hand in: each, and below each other."""
    for flow in facts.workflows:
        for job in flow.jobs if not flow.only_pull_requests else ():
            if job.uses and not job.uses.startswith("./"):
                given = [y.scalar(v) or "" for _, _, v in y.pairs(y.get(job.node, "with"))]
                paths = [g for g in given if g and not set("$ :@\n") & set(g)]
                yield (
                    flow,
                    job,
                    {join(".", p) for p in paths} | {join(".", f"{a}/{b}") for a in paths for b in paths if a != b},
                )


def _written(facts: Facts) -> list[tuple[str, int]]:
    paths = [*facts.named(*_NAMES), *facts.with_suffix("sh", "py", "yml", "yaml", "gradle")]
    found = []
    for path in dict.fromkeys(paths):
        if folder_purposes(path) & NOT_DEPLOYED or path.startswith(".github/workflows/"):
            continue
        data = facts.read(path) or b""
        if b"build" not in data.lower():
            continue
        text = facts.text(path) or ""
        match = next((m for m in _BUILDS.finditer(text) if not _commented(text, m.start())), None)
        if match is not None:
            found.append((path, text.count("\n", 0, match.start()) + 1))
    return found


def _commented(text: str, at: int) -> bool:
    return "#" in text[text.rfind("\n", 0, at) + 1 : at]


_IGNORE = ".dockerignore"


def build_command(facts: Facts, image: Image) -> str:
    """Return the command that builds an image from the root: with its own folder where what it copies lies only there."""
    folder, name = parent(image.path), image.path.rpartition("/")[2]
    copied = [
        s.rstrip("/")
        for stage in image.stages
        for i in stage.instructions
        if i.word in ("COPY", "ADD") and not any(f.startswith("--from") for f in i.flags)
        for s in sources(i.arguments)
        if "$" not in s and s.strip("./")
    ]
    own = folder != "." and copied and all(_exists(facts, join(folder, s)) for s in copied)
    if folder != "." and not copied and join(folder, _IGNORE) in facts.paths and _IGNORE not in facts.paths:
        own, copied = True, [_IGNORE]  # the file that keeps others out is read at the top of what is handed in
    if own and not all(_exists(facts, join(".", s)) for s in copied):
        return f"docker build {folder}" if name == "Dockerfile" else f"docker build -f {image.path} {folder}"
    return "docker build ." if image.path == "Dockerfile" else f"docker build -f {image.path} ."


def _exists(facts: Facts, path: str) -> bool:
    if any(c in path for c in "*?["):
        # Docker's patterns stop at a folder, as Go's filepath.Match does.
        return any(p.count("/") == path.count("/") and fnmatchcase(p, path) for p in facts.paths)
    return path in facts.paths or any(inside(p, path) for p in facts.paths)
