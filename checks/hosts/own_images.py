"""Images that CI builds from a Dockerfile of the repository, by the names that the builds give them.

A workload that starts such an image without a command of its own starts what the Dockerfile does, or the one that it begins with;
with one, that command has to start Python as well.

An image that is called as the repository is the one of its only Dockerfile, where nothing here is seen to build it.

Sources: https://github.com/docker/build-push-action#inputs, https://docs.docker.com/reference/cli/docker/image/build/#tag,
https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from msgspec.structs import replace

from checks.hosts.image_builds import ImageBuild, all_builds
from checks.hosts.image_names import split_reference
from checks.hosts.images import Image, assignments, expanded, of_an_action, read_image, started_by_image
from checks.hosts.serving import starts_python
from checks.repository.deployment import Deployment
from checks.repository.facts import Facts
from checks.repository.names import repository_name
from checks.repository.path_words import NOT_PRODUCTION, purposes

_DEEPEST = 4


def with_own_images(facts: Facts, deployments: list[Deployment]) -> list[Deployment]:
    """Return the deployments, those of an image that CI builds here told as the backend's where they start Python."""
    return [replace(d, serves="backend") if _is_of_backend(facts, d) else d for d in deployments]


def _is_of_backend(facts: Facts, deployment: Deployment) -> bool:
    if deployment.serves != "unknown" or not deployment.image or not _runs_python(facts, deployment.image, 0):
        return False
    return not deployment.commands or starts_python(deployment.commands)


def starts_backend(facts: Facts, reference: str | None) -> bool:
    """Return whether an image is one of this repository's that starts Python."""
    if not reference:
        return False
    return _runs_python(facts, reference, 0) or _is_called_after(facts, reference)


def _is_called_after(facts: Facts, reference: str) -> bool:
    """Return whether an image has the repository's name, and the only Dockerfile starts Python.

    Which Dockerfiles are for development only follows from the deployments, and these from this: each that its path does not
    show to be for something else is counted.
    """
    if _parts(reference)[0].rpartition("/")[2] != repository_name(facts.tree.root):
        return False
    own = [p for p in facts.dockerfiles if not purposes(p) & NOT_PRODUCTION and not of_an_action(facts, p)]
    if len(own) != 1 or (text := facts.text(own[0])) is None:
        return False
    return any(starts_python(text) for text in started_by_image(facts, read_image(own[0], text)))


def _runs_python(facts: Facts, reference: str, depth: int) -> bool:
    """Return whether every build of an image of that name makes one which starts Python."""
    built = [b for b in all_builds(facts) if any(_is_same(name, reference) for name in b.names)]
    found = [one for b in built if (one := _image(facts, b)) is not None]
    return depth < _DEEPEST and bool(found) and all(_starts_python(facts, b, i, depth) for b, i in found)


def _image(facts: Facts, build: ImageBuild) -> tuple[ImageBuild, Image] | None:
    text = facts.text(build.dockerfile) if build.dockerfile in facts.paths else None
    image = read_image(build.dockerfile, text, build.target) if text is not None else None
    return (build, image) if image is not None and image.stages else None


def _starts_python(facts: Facts, build: ImageBuild, image: Image, depth: int) -> bool:
    if image.command:
        return any(starts_python(text) for text in started_by_image(facts, image))
    return any(_runs_python(facts, base, depth + 1) for base in _bases(build, image))


def _bases(build: ImageBuild, image: Image) -> Iterator[str]:
    """Yield what an image begins with: as the build hands it in, or as the Dockerfile says by default."""
    defaults = {n: v for i in image.before if i.word == "ARG" for n, v in assignments(i)}
    first = (image.parents(image.stages[-1]) or image.stages[-1:])[0].base
    yield expanded(first, defaults | dict(build.arguments))[0]


def _is_same(name: str, reference: str) -> bool:
    """Return whether two references may be of one build: the tag counts where both write it out; `*` is an owner that is not known."""
    (one, tag), (other, version) = _parts(name), _parts(reference)
    written = "$" not in tag + version and tag and version
    same = fnmatchcase(other, one) and other.count("/") == one.count("/") if "*" in one else one == other
    return bool(one) and same and "$" not in one and (tag == version if written else True)


def _parts(reference: str) -> tuple[str, str]:
    """Return the repository and the tag of a reference."""
    repository, tag = split_reference(reference.partition("@")[0].lower())
    return repository, tag[1:]
