"""Images that only start a development server on somebody's own machine: no other build of them is seen, and no host runs them."""

from __future__ import annotations

from yaml import Node

from checks.hosts.compose import for_development, stays_here
from checks.hosts.development import runs_for_development
from checks.hosts.image_builds import ImageBuild, all_builds
from checks.hosts.image_env import OF_IMAGES
from checks.hosts.images import Image, read_image, started_by_compose, started_by_image
from checks.parsers.command_words import unwrapped
from checks.repository.commands import follow
from checks.repository.facts import Facts, parent
from checks.repository.path_words import NOT_PRODUCTION, purposes, words_of

_SERVERS = {
    "vite": ("dev", "serve", ""),
    "next": ("dev",),
    "nuxt": ("dev",),
    "astro": ("dev",),
    "webpack": ("serve",),
    "rspack": ("serve", "dev"),
    "vue-cli-service": ("serve",),
    "ng": ("serve",),
    "react-scripts": ("start",),
    "webpack-dev-server": ("",),
}
"""Programs that serve a browser's code while it is written, and the words behind them that start it.

Sources: https://vite.dev/guide/cli, https://webpack.js.org/api/cli/#serve, https://nextjs.org/docs/app/api-reference/cli/next,
https://cli.vuejs.org/guide/cli-service.html, https://angular.dev/cli/serve
"""


_OF_CHECKS = frozenset({"unittest", "unittests", "pytest", "lint", "linter", "linting"})
"""Words of stages that check the code, beside those for every path."""


def in_development(facts: Facts, build: ImageBuild) -> bool:
    """Return whether a build of an image is that of a compose file's service which is for development only."""
    document = facts.yaml(build.path) if build.kind == "compose" else None
    if not isinstance(document, Node):
        return False
    # What Compose lays over its file by itself is for the machine of the person who names no file; a deployment names the base alone.
    whole = "override" in build.path.rpartition("/")[2].split(".")
    return for_development(facts, build.path, document, None if whole else build.service)


def target_of(facts: Facts, path: str) -> str | None:
    """Return the stage of a Dockerfile that the builds for production make, None where it is the last one, or a choice.

    What is called for development or tests is none that is deployed, whichever stage is the last.
    """
    targets = {b.target for b in all_builds(facts) if b.dockerfile == path and not in_development(facts, b)}
    deployed = {t for t in targets if t is None or not _is_for_work(t)}
    if deployed:
        return deployed.pop() if len(deployed) == 1 else None
    stages = read_image(path, facts.text(path) or "").stages
    if not stages or stages[-1].name is None or not _is_for_work(stages[-1].name):
        return None
    return next((s.name for s in reversed(stages) if s.name is None or not _is_for_work(s.name)), None)


def _is_for_work(stage: str) -> bool:
    return bool(purposes(stage) & NOT_PRODUCTION or words_of(stage) & _OF_CHECKS)


def only_develops(facts: Facts, path: str) -> bool:
    """Return whether the image of a Dockerfile is for development only.

    It starts a development server, compose files for development are all that is seen to build it, and no host of the
    repository could mean it: none runs containers, or another image is there for it; so is what is built as `shop:local` only.
    """
    return facts.memoize(only_develops, path, lambda: _only_develops(facts, path))


def _only_develops(facts: Facts, path: str) -> bool:
    built = all_builds(facts)
    own = [b for b in built if b.dockerfile == path]
    if not own or not all(in_development(facts, b) for b in own):
        return False
    hosts = [d for d in facts.deployments if d.host != "compose"]
    others = [p for p in facts.dockerfiles if p != path and not purposes(p) & NOT_PRODUCTION]
    if all(isinstance(d := facts.yaml(b.path), Node) and stays_here(d) for b in own):
        running = any(d.host in OF_IMAGES for d in hosts)
        return not running or any(_serves_python(facts, p) for p in others)
    image = read_image(path, facts.text(path) or "", target_of(facts, path))
    # An image that starts nothing by itself starts what these compose files tell it to, where another one serves.
    told = any(runs_for_development(text) for text in started_by_compose(facts, image))
    bare = told and not image.command and any(_serves_python(facts, p) for p in facts.dockerfiles if p != path)
    if not bare and not _starts_for_development(facts, image):
        return False
    return not hosts or any(not _starts_for_development(facts, read_image(p, facts.text(p) or "")) for p in others)


def _serves_python(facts: Facts, path: str) -> bool:
    from checks.hosts.serving import runs_python

    if purposes(path) & NOT_PRODUCTION:
        return False
    image = read_image(path, facts.text(path) or "")
    return not _starts_for_development(facts, image) and any(runs_python(t) for t in started_by_image(facts, image))


def _starts_for_development(facts: Facts, image: Image) -> bool:
    if any(runs_for_development(text) for text in started_by_image(facts, image)):
        return True
    ran = follow(facts, image.command, parent(image.path), image.path)
    return any(_serves(unwrapped(r.words)[0]) for r in ran if r.runs is not False and r.words)


def _serves(words: tuple[str, ...]) -> bool:
    if not words:
        return False
    first = next((w for w in words[1:] if not w.startswith("-")), "")
    return first in _SERVERS.get(words[0].rpartition("/")[2], ())
