"""The variable by which a backend's processes know the deployed commit already: of their image, or of what deploys them."""

from __future__ import annotations

from checks.hosts.development_images import in_development
from checks.hosts.image_builds import builds_of
from checks.hosts.images import Image, images_that_run
from checks.repository.backends import Backend
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.release_kinds import FULL
from checks.repository.release_text import Part, shell_parts
from checks.targets.release_runtime import Runtime

_OWN = "SENTRY_RELEASE"


def carried_release(facts: Facts, backend: Backend) -> str | None:
    """Return the variable that holds the full commit in each process of a backend, SENTRY_RELEASE before others; None without one."""
    images = images_that_run(facts, backend)
    deployments = deployments_of_backend(facts, backend.root)
    given = [{n for n, v in d.variables.items() if v.value and _is_full(shell_parts(v.value))} for d in deployments]
    handed = set.intersection(*given) if given else set()
    each = [_of_image(Runtime(facts, backend, image)) | handed for image in images] or [handed]
    shared = set.intersection(*each)
    return _OWN if _OWN in shared else min(shared, default=None)


def _of_image(runtime: Runtime) -> set[str]:
    return {n for n, s in runtime.settings.items() if s.value and _is_full(shell_parts(s.value))}


def carried_argument(facts: Facts, image: Image) -> str | None:
    """Return the build argument by which every build of an image hands the full commit in, None without one."""
    builds = [b for b in builds_of(facts, image) if b.kind != "compose" or not in_development(facts, b)]
    each = [{n for n, v in b.arguments.items() if v and _is_full(shell_parts(v))} for b in builds]
    shared = set.intersection(*each) if each else set()
    return _OWN if _OWN in shared else min(shared, default=None)


def _is_full(parts: tuple[Part, ...]) -> bool:
    return [p.kind for p in parts] == [FULL]
