"""Which requirements files production leaves out for others: decided only where images of this repository alone run the backend."""

from __future__ import annotations

from checks.hosts.image_files import RUN_IMAGES
from checks.hosts.images import images_that_run
from checks.repository.backends import Backend
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.installs import Install, left_out, production_installs


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
