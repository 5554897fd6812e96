"""What names a release where a backend runs: the variables of its deployments, above those of its image."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from checks.ci.commands import step_commands
from checks.hosts.heroku import PROCFILE
from checks.hosts.image_builds import all_builds, builds_of, no_git_in
from checks.hosts.images import Image, image_that_serves, images
from checks.model import Finding
from checks.repository.backends import Backend
from checks.repository.deployment import Deployment
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.release_kinds import FULL
from checks.repository.release_text import UNKNOWN, Part, shell_parts

PLATFORM = {
    "RENDER_GIT_COMMIT": "render",
    "RAILWAY_GIT_COMMIT_SHA": "railway",
    "VERCEL_GIT_COMMIT_SHA": "vercel",
    "HEROKU_SLUG_COMMIT": "heroku",
    "HEROKU_BUILD_COMMIT": "heroku",
    "SOURCE_VERSION": "heroku",
    "KAMAL_VERSION": "kamal",
    "GIT_REV": "dokku",
}
"""Variables that a host sets itself to the full commit SHA, and that host.

Sources: https://render.com/docs/environment-variables, https://docs.railway.com/reference/variables,
https://vercel.com/docs/environment-variables/system-environment-variables, https://devcenter.heroku.com/articles/dyno-metadata,
https://kamal-deploy.org/docs/commands/deploy/, https://dokku.com/docs/deployment/methods/git/#configuring-the-git_rev-environment-variable
"""
_PLAIN = ("GIT_REV",)
"""Names among these that say nothing where no file tells the host."""
_READ_BY_SDK = ("heroku",)
"""Hosts whose variables the SDK reads by itself (`get_default_release` of sentry-sdk)."""
_NO_IMAGE = ("vercel", "netlify", "app engine", "heroku")


def host_variable(facts: Facts, backend: Backend) -> str | None:
    """Return the variable in which the only host of a backend gives it the commit, where the SDK does not read that by itself."""
    hosts = {d.host for d in deployments_of_backend(facts, backend.root)}
    if len(hosts) != 1 or hosts & set(_READ_BY_SDK) or (hosts == {"dokku"} and takes_image(facts)):
        return None
    return next((v for v, host in PLATFORM.items() if host in hosts), None)


def given_by_host(facts: Facts, backend: Backend, names: Iterable[str]) -> str | None:
    """Return the variable of some that a host of the backend sets to the commit, None without one."""
    hosts = {d.host for d in deployments_of_backend(facts, backend.root)}
    hosts -= {"dokku"} if takes_image(facts) else set()
    return next((n for n in names if PLATFORM.get(n) in hosts), None)


def takes_image(facts: Facts) -> bool:
    """Return whether CI hands Dokku an image, which has no commit: only a push of git sets its variable.

    https://dokku.com/docs/deployment/methods/image/, https://github.com/dokku/github-action#inputs
    """
    steps = [s for f in facts.workflows for j in f.jobs for s in j.steps]
    if any((s.uses or "").startswith("dokku/github-action") and "deploy_docker_image" in s.inputs for s in steps):
        return True
    return any("git:from-image" in c.words for s in steps if not s.uses for c in step_commands(facts, s))


class Name(Struct, frozen=True, kw_only=True):
    """How one side names the release: its parts, the expression, and its place; `why` is the reason why it is empty."""

    parts: tuple[Part, ...]
    text: str
    path: str
    line: int
    why: str | None = None

    @property
    def known(self) -> bool:
        """Whether no part of it is unknown."""
        return not any(p.kind == UNKNOWN for p in self.parts)


class Runtime:
    """What the variables of a backend are worth where it runs: its deployments, above its image."""

    def __init__(self, facts: Facts, backend: Backend, image: Image | None = None) -> None:
        self.facts = facts
        self.backend = backend
        self.deployments = deployments_of_backend(facts, backend.root)
        hosts = {d.host for d in self.deployments}
        image = image or image_that_serves(facts, backend.root)
        self.image = image if image is not None and not hosts & set(_NO_IMAGE) else None
        builds = builds_of(facts, self.image) if self.image else []
        self.arguments = {n: v for b in reversed(builds) for n, v in b.arguments.items()}
        known = {n: v for n, v in self.arguments.items() if v is not None}
        self.settings = self.image.environment(known) if self.image else {}

    def place(self, variable: str) -> Name | None:
        """Return a variable's value and where it is set, None where no file sets it."""
        for deployment in self.deployments:
            declared = deployment.variables.get(variable)
            if declared is not None and declared.value:
                parts = shell_parts(declared.value)
                return Name(parts=parts, text=declared.value, path=declared.path, line=declared.line)
        setting = self.settings.get(variable)
        if setting is not None and setting.value and self.image is not None:
            return Name(parts=shell_parts(setting.value), text=setting.value, path=self.image.path, line=setting.line)
        return _handed_on(self.facts, variable) if self.image is None else None

    def lacking(self, variable: str) -> Deployment | None:
        """Return a deployment that is given no value for a variable that others are given, None where each may have it."""
        setting = self.settings.get(variable)
        if setting is not None and setting.value:
            return None
        given = any(d.variables.get(variable) is not None for d in self.deployments)
        return next((d for d in self.deployments if given and d.closed and variable not in d.variables), None)

    def parts(self, variable: str) -> tuple[Part, ...] | None:
        """Return a variable's parts: none where nothing sets it, None where that cannot be determined."""
        given = self.place(variable)
        if given is not None:
            return given.parts
        host, told = PLATFORM.get(variable), bool(self.deployments) or variable in _PLAIN
        if host is not None and (not told or given_by_host(self.facts, self.backend, (variable,)) is not None):
            return (Part(kind=FULL, text=variable),)
        return () if self.unset(variable) is not None else None

    def unset(self, variable: str) -> Finding | None:
        """Return why a variable has no value where the image runs, None where that cannot be determined."""
        if any(variable in d.variables or not d.closed for d in self.deployments):
            return None
        if self.image is None:
            return None
        setting = self.settings.get(variable)
        if setting is not None and setting.empty_arguments:
            name = setting.empty_arguments[0]
            before = any(i.word == "ARG" and name in i.text for i in self.image.before)
            why = f"`{name}` is an ARG before FROM, which no stage sees" if before else f"no build hands `{name}` in"
            if not before and name in self.arguments and self.arguments[name] is None:
                return None
            return Finding(message=f"`{variable}` is empty: {why}", path=self.image.path, line=setting.line)
        git = self.without_git
        return Finding(message=f"nothing sets `{variable}`, and {git}") if git is not None and setting is None else None

    @property
    def without_git(self) -> str | None:
        """Why git cannot name the commit at run time, None where it may."""
        if any(d.host == "heroku" for d in self.deployments):
            return "Heroku runs the application without a `.git` folder"
        return no_git_in(self.facts, self.image) if self.image is not None else None

    @property
    def git_unknown(self) -> bool:
        """Whether a Procfile's platform that nothing names may run the application with or without a `.git` folder."""
        return any(d.host == PROCFILE for d in self.deployments)


def _handed_on(facts: Facts, variable: str) -> Name | None:
    """Return what CI hands to an image as a build argument, where the image is not in the repository, or keeps it when it runs."""
    kept = {i.path: variable in i.environment({}) for i in images(facts)}
    for build in all_builds(facts):
        value = build.arguments.get(variable)
        if value and kept.get(build.dockerfile, True):
            return Name(parts=shell_parts(value), text=value, path=build.path, line=build.line)
    return None
