"""What the images that alone run a backend install: other requirements files than those declared, or nothing but what they begin with."""

from __future__ import annotations

from checks.hosts.image_files import RUN_IMAGES
from checks.hosts.images import Image, assignments, expanded, images, images_that_run
from checks.repository.backends import Backend
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.installs import Install, installs_something, left_out, production_installs


def replaced_by(facts: Facts, backend: Backend, path: str) -> Install | None:
    """Return the command that installs other lists where a requirements file would be one of them; None where that is not sure.

    A host that builds without an image installs what its own rules say, and an image that only develops decides nothing.
    """
    if any(d.host not in RUN_IMAGES for d in deployments_of_backend(facts, backend.root)):
        return None
    own = {i.path for i in images_that_run(facts, backend)}
    installs = [i for i in production_installs(facts, backend.root) if i.decides and i.lists]
    if not installs or any(i.path not in own for i in installs) or not left_out(facts, backend.root, path):
        return None
    return installs[0]


def made_elsewhere(facts: Facts, backend: Backend) -> tuple[str, str, int] | None:
    """Return the image that a backend's own image begins with, and that alone can hold its packages, with its place; else None.

    Docker's official images (https://docs.docker.com/docker-hub/repos/manage/trusted-content/official-images/) hold none.
    """
    if any(d.host not in RUN_IMAGES for d in deployments_of_backend(facts, backend.root)):
        return None
    running = images_that_run(facts, backend)
    # Another image of the repository that installs may be what this one begins with.
    if not running or any(installs_something(facts, backend.root, i) for i in images(facts)):
        return None
    found = [
        (base, i) for i in running if "/" in (base := _base(i)).removeprefix("docker.io/").removeprefix("library/")
    ]
    if len(found) < len(running):
        return None
    base, image = found[0]
    rows = enumerate((facts.text(image.path) or "").splitlines(), start=1)
    written = (*image.parents(image.stages[-1]), image.stages[-1])[0].base
    return base, image.path, next((n for n, row in rows if written in row.split()), 1)


def _base(image: Image) -> str:
    """Return the image from outside that an image begins with, its arguments filled in by their defaults."""
    last = image.stages[-1]
    first = (*image.parents(last), last)[0]
    known = {n: v for i in image.before if i.word == "ARG" for n, v in assignments(i)}
    return expanded(first.base, known)[0]
