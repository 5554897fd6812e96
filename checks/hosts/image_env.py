"""What the images that run a backend give their processes by `ENV` (https://docs.docker.com/reference/dockerfile/#env)."""

from __future__ import annotations

from checks.hosts.image_files import RUN_IMAGES
from checks.hosts.images import Image, images, images_that_run
from checks.repository.backends import Backend
from checks.repository.deployment import Declared
from checks.repository.facts import Facts
from checks.repository.path_words import NOT_PRODUCTION, purposes

OF_IMAGES = RUN_IMAGES | {"fly"}
"""Hosts whose services start with what an image sets; what the host is told of a variable comes before that."""


def image_variables(facts: Facts, backend: Backend) -> dict[str, list[Declared]]:
    """Return the variables that the images of a backend set, each with what every image sets that has it.

    Where no image is seen to run the backend, all that are not for development or tests count. A value that a build computes is None.
    """
    running = images_that_run(facts, backend) or [i for i in images(facts) if not purposes(i.path) & NOT_PRODUCTION]
    found: dict[str, list[Declared]] = {}
    for image in running:
        for name, declared in variables_of_image(image).items():
            found.setdefault(name, []).append(declared)
    return found


def given_by_images(facts: Facts, backend: Backend, name: str) -> Declared | None:
    """Return a variable that each image which runs the backend sets to a text of its own, as the first of them has it."""
    running = images_that_run(facts, backend)
    given = [variables_of_image(image).get(name) for image in running]
    first = given[0] if given else None
    return first if all(d is not None and d.value is not None for d in given) else None


def variables_of_image(image: Image) -> dict[str, Declared]:
    """Return the variables that an image has in the end; one with an argument that the build hands in has no value here."""
    given = image.environment({})
    return {
        name: Declared(value=None if s.empty_arguments else s.value, path=image.path, line=s.line)
        for name, s in given.items()
    }
