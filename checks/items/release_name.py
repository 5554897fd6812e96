"""Whether backend, frontend and CI call a release by the same name."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.frontends.vite_plugin import effective_plugin
from checks.hosts.image_builds import all_builds, builds_of, no_git_in
from checks.hosts.image_values import run_at, value_at
from checks.hosts.images import Image, assignments, image_that_serves
from checks.model import (
    Evidence,
    Finding,
    Outcome,
    Target,
    Verdict,
    failed,
    in_repository,
    in_sentry,
    not_applicable,
    passed,
    unknown,
)
from checks.production.origins import Literal, environment_read
from checks.production.values import FromEnvironment
from checks.repository.backends import Backend
from checks.repository.builds import find_builds
from checks.repository.deployment import Deployment
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.release_kinds import FULL, asks_git, kind_of_javascript
from checks.repository.release_steps import ReleaseStep, find_release_steps
from checks.repository.release_text import UNKNOWN, Part, agree, describe, python_parts, shell_parts
from checks.repository.release_version import release_version
from checks.targets.applicability import require_initialized
from checks.targets.observed import made_by_tool, project_of, with_online_evidence
from checks.targets.production_environment import is_production, production_environments

_PLATFORM = {
    "RENDER_GIT_COMMIT": "render",
    "RAILWAY_GIT_COMMIT_SHA": "railway",
    "VERCEL_GIT_COMMIT_SHA": "vercel",
    "HEROKU_SLUG_COMMIT": "heroku",
    "HEROKU_BUILD_COMMIT": "heroku",
    "SOURCE_VERSION": "heroku",
    "KAMAL_VERSION": "kamal",
}
"""Variables that a host sets itself to the full commit SHA, and that host.

Sources: https://render.com/docs/environment-variables, https://docs.railway.com/reference/variables,
https://vercel.com/docs/environment-variables/system-environment-variables, https://devcenter.heroku.com/articles/dyno-metadata
"""
_NO_IMAGE = ("vercel", "netlify", "app engine", "heroku")


class _Name(Struct, frozen=True, kw_only=True):
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


def release_consistent(facts: Facts) -> Sequence[Verdict]:
    """Commits, deploys and source maps attach to events by release name. If two parts use different names, none of them show up.

    The usual mistake: CI uses `git describe --always`, while the SDK and the Vite plugin use the full commit SHA.

    To fix: use one value everywhere, e.g. SENTRY_RELEASE = the full commit SHA, in CI, at build time and at run time.
    """
    targets: list[tuple[Target, Backend | Frontend]] = [(b.target, b) for b in facts.backends]
    targets += [(f.target, f) for f in facts.frontends]
    steps = find_release_steps(facts)
    plugins = [f for f in facts.frontends if effective_plugin(facts, f) is not None]
    if not targets:
        return [not_applicable("neither a backend nor a frontend was found")]
    if not steps:
        if plugins:
            return [_plugin_alone(facts, target, part) for target, part in targets]
        return [not_applicable("no release step was found (see release-tracking)")]
    ci = [_ci_name(facts, s) for s in steps]
    verdicts = []
    for target, part in targets:
        own = _backend_name(facts, part) if isinstance(part, Backend) else _frontend_name(facts, part)
        verdict = own if isinstance(own, Verdict) else _compare(own, ci, target)
        verdicts.append(_compared_with_events(facts, verdict, target))
    return verdicts


def _compared_with_events(facts: Facts, verdict: Verdict, target: Target) -> Verdict:
    """Compare the release of the newest event with those that CI made: what was observed beats what the files say."""
    project = project_of(facts, target)
    if project is None or not isinstance(project.releases, tuple) or not isinstance(project.live, tuple):
        return verdict
    if verdict.outcome not in (Outcome.PASS, Outcome.UNKNOWN):
        return verdict
    made = [r for r in project.releases if made_by_tool(r)]
    names = production_environments(facts)
    judged = [(r, is_production(r.environment, names)) for r in project.live]
    # What is known not to be production may be deployed by hand: it says nothing of CI's releases.
    live = [r for r, production in judged if production] or [r for r, production in judged if production is None]
    if not made or not live:
        return verdict
    newest = live[0]
    if newest.release in {r.version for r in made}:
        fact = f"the newest event of {project.slug} carries {newest.release}, a release that CI created"
        return with_online_evidence(verdict, [in_sentry(fact)])
    if made[0].created is not None and newest.last < made[0].created:
        return verdict  # the event is older than CI's last release, and says nothing of it
    carries = f"carries the release {newest.release}" if newest.release else "carries no release"
    message = f"the newest event of {project.slug} {carries}; the last one that CI created is {made[0].version}"
    return failed(
        Finding(message=message, hint="use the full commit SHA in both"), evidence=verdict.evidence, target=target
    )


def _compare(own: _Name, ci: list[_Name], target: Target) -> Verdict:
    known = [name for name in ci if name.known and name.parts]
    if not known:
        first = ci[0]
        return unknown(
            f"how CI names the release cannot be determined: `{first.text}`",
            path=first.path,
            line=first.line,
            hint="name it by the commit SHA",
            target=target,
        )
    first = known[0]
    place = _evidence(first, "CI names the release by")
    if own.why is None and own.parts and any(agree(name.parts, own.parts) for name in known):
        return passed(_evidence(own, f"{target.name} names it by"), place, target=target)
    if not own.parts and own.why is None and first.parts[0].kind == FULL:
        return unknown(
            "the SDK names no release itself: it takes the commit SHA only where git is available at run time",
            path=own.path,
            line=own.line,
            hint="set SENTRY_RELEASE to the commit SHA where it runs",
            evidence=[place],
            target=target,
        )
    if own.parts and own.why is None and any(agree(name.parts, own.parts) is None for name in known):
        return unknown(
            f"how {target.name} names its release cannot be determined: `{own.text}`",
            path=own.path,
            line=own.line,
            hint="set SENTRY_RELEASE to the same value as CI",
            evidence=[place],
            target=target,
        )
    what = f"{describe(own.parts)} (`{own.text}`)" if own.parts else "the SDK's default, the full commit SHA or nothing"
    message = f"{target.name} names the release by {what}, and CI by {describe(first.parts)} (`{first.text}`)"
    hint = "use the full commit SHA in both"
    if own.why is not None:
        message = f"events of {target.name} carry no release: {own.why}; CI names it by {describe(first.parts)}"
    return failed(
        Finding(message=message, path=own.path, line=own.line, hint=hint),
        Finding(message="CI names its release here", path=first.path, line=first.line, hint=hint),
        target=target,
    )


def _evidence(name: _Name, what: str) -> Evidence:
    return in_repository(f"{what} {describe(name.parts)} (`{name.text[:80]}`)", name.path, name.line)


def _ci_name(facts: Facts, step: ReleaseStep) -> _Name:
    text = release_version(facts, step)
    return _Name(parts=shell_parts(text), text=text, path=step.path, line=step.line)


def _backend_name(facts: Facts, backend: Backend) -> _Name | Verdict:
    found = require_initialized(facts, backend)
    if isinstance(found, Verdict):
        return found
    option = found.option("release")
    runtime = _Runtime(facts, backend)
    if option is None or (isinstance(option.value, Literal) and option.value.value is None):
        path, line = (option.path, option.line) if option else (found.last.path, found.last.call.line)
        if option is None and found.last.call.star and not found.last.call.star_known:
            return _Name(parts=(Part(kind=UNKNOWN, text="**options"),), text="**options", path=path, line=line)
        return _default_name(runtime, path, line)
    written = _followed(option.node, found.chain.names | found.last.bound)
    text = ast.unparse(written)
    machine = found.chain.machine

    def read(node: ast.expr) -> FromEnvironment | None:
        return environment_read(machine.value_in(option.path, node)) if machine is not None else None

    parts = python_parts(option.node, found.chain.names | found.last.bound, runtime.parts, read)
    if not parts:
        default = _default_name(runtime, option.path, option.line)
        unset = f"nothing sets what `{text}` reads"
        return replace(default, text=text, why=unset if default.why is not None else None)
    why = runtime.without_git if asks_git(written) else None
    return _Name(parts=parts, text=text, path=option.path, line=option.line, why=why)


def _default_name(runtime: _Runtime, path: str, line: int) -> _Name:
    """What the SDK uses by default: SENTRY_RELEASE, then git, then a variable of the host.

    Source: `get_default_release` in https://github.com/getsentry/sentry-python/blob/master/sentry_sdk/utils.py
    """
    given = runtime.place("SENTRY_RELEASE")
    if given is not None:
        other = runtime.lacking("SENTRY_RELEASE")
        return given if other is None else _Name(parts=(), text="no release", path=other.path, line=other.line)
    heroku = next((d for d in runtime.deployments if d.host == "heroku"), None)
    if heroku is not None and all(d.host == "heroku" for d in runtime.deployments):
        part = Part(kind=FULL, text="HEROKU_SLUG_COMMIT")
        return _Name(parts=(part,), text=part.text, path=heroku.path, line=heroku.line)
    why = runtime.unset("SENTRY_RELEASE")
    if why is not None:
        return _Name(parts=(), text="no release", path=why.path or path, line=why.line or line, why=why.message)
    return _Name(parts=(), text="no release", path=path, line=line)


class _Runtime:
    """What the variables of a backend are worth where it runs: its deployments, above its image."""

    def __init__(self, facts: Facts, backend: Backend) -> None:
        self.facts = facts
        self.deployments = deployments_of_backend(facts, backend.root)
        hosts = {d.host for d in self.deployments}
        image = image_that_serves(facts, backend.root)
        self.image = image if image is not None and not hosts & set(_NO_IMAGE) else None
        builds = builds_of(facts, self.image) if self.image else []
        self.arguments = {n: v for b in reversed(builds) for n, v in b.arguments.items()}
        known = {n: v for n, v in self.arguments.items() if v is not None}
        self.settings = self.image.environment(known) if self.image else {}

    def place(self, variable: str) -> _Name | None:
        """Return a variable's value and where it is set, None where no file sets it."""
        for deployment in self.deployments:
            declared = deployment.variables.get(variable)
            if declared is not None and declared.value:
                parts = shell_parts(declared.value)
                return _Name(parts=parts, text=declared.value, path=declared.path, line=declared.line)
        setting = self.settings.get(variable)
        if setting is not None and setting.value and self.image is not None:
            return _Name(parts=shell_parts(setting.value), text=setting.value, path=self.image.path, line=setting.line)
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
        host = _PLATFORM.get(variable)
        hosts = {d.host for d in self.deployments}
        if host is not None and (not hosts or host in hosts):
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


class ImageRelease(Struct, frozen=True, kw_only=True):
    """A release that the running image lacks: the image, the variable that the code reads, and the argument that fills it.

    `argument` is None where the image sets the variable from none.
    """

    image: Image
    variable: str
    argument: str | None


def image_lacks_release(facts: Facts, backend: Backend) -> ImageRelease | None:
    """Return the release that an image of a backend lacks, None where it has one, or where CI does not name it by the full commit.

    The code has to read a variable, by itself or as the SDK does by default.
    """
    found = require_initialized(facts, backend)
    ci = [_ci_name(facts, s) for s in find_release_steps(facts)]
    if isinstance(found, Verdict) or not any([p.kind for p in n.parts] == [FULL] for n in ci):
        return None
    option, machine = found.option("release"), found.chain.machine
    variable = "SENTRY_RELEASE"
    if option is not None and not (isinstance(option.value, Literal) and option.value.value is None):
        read = environment_read(machine.value_in(option.path, option.node)) if machine is not None else None
        if read is None or (read.default is not None and read.default.value):
            return None
        variable = read.name
    elif option is None and found.last.call.star and not found.last.call.star_known:
        return None
    runtime = _Runtime(facts, backend)
    if runtime.image is None or runtime.place(variable) is not None:
        return None
    if variable in _PLATFORM or any(variable in d.variables for d in runtime.deployments):
        return None
    setting = runtime.settings.get(variable)
    if setting is not None and not setting.empty_arguments:
        return None
    argument = setting.empty_arguments[0] if setting is not None else None
    declared = [n for i in runtime.image.instructions() if i.word == "ARG" for n, _ in assignments(i)]
    if argument is not None and argument not in declared:
        return None
    return ImageRelease(image=runtime.image, variable=variable, argument=argument)


def _followed(node: ast.expr, names: dict[str, ast.expr], depth: int = 6) -> ast.expr:
    while depth and isinstance(node, ast.Name) and node.id in names:
        node, depth = names[node.id], depth - 1
    return node


def _handed_on(facts: Facts, variable: str) -> _Name | None:
    """Return what CI hands to an image that is not in the repository as a build argument."""
    for build in all_builds(facts):
        value = build.arguments.get(variable)
        if value:
            return _Name(parts=shell_parts(value), text=value, path=build.path, line=build.line)
    return None


def _frontend_name(facts: Facts, frontend: Frontend) -> _Name | Verdict:
    plugin = effective_plugin(facts, frontend)
    if plugin is None:
        return not_applicable("no Sentry plugin names a release in this build", target=frontend.target)
    if plugin.release is not None:
        kind = kind_of_javascript(plugin.release)
        if kind is None and "SENTRY_RELEASE" in plugin.release:
            given = _build_release(facts, frontend)
            if given is not None:
                return given
        part = Part(kind=kind or UNKNOWN, text=plugin.release)
        return _Name(parts=(part,), text=plugin.release, path=plugin.path, line=plugin.line)
    given = _build_release(facts, frontend)
    if given is not None:
        return given
    inside = [r for b in find_builds(facts, frontend) if b.kind == "docker" and (r := run_at(facts, b.path, b.line))]
    without = [w for image, stage, _ in inside if (w := no_git_in(facts, image, stage)) is not None]
    if inside and len(without) == len(inside) == len(find_builds(facts, frontend)):
        image, _, run = inside[0]
        why = f"no SENTRY_RELEASE reaches the build, and {without[0]}"
        return _Name(parts=(), text="the plugin's default", path=image.path, line=run.line, why=why)
    part = Part(kind=FULL, text="the plugin's default")
    return _Name(parts=(part,), text=part.text, path=plugin.path, line=plugin.line)


def _build_release(facts: Facts, frontend: Frontend) -> _Name | None:
    for build in find_builds(facts, frontend):
        value = build.step.env.get("SENTRY_RELEASE") if build.step is not None else None
        if build.kind == "docker":
            value = value_at(facts, build.path, build.line, "SENTRY_RELEASE")
        if value:
            return _Name(parts=shell_parts(value), text=value, path=build.path, line=build.line)
    return None


def _plugin_alone(facts: Facts, target: Target, part: Backend | Frontend) -> Verdict:
    if isinstance(part, Backend):
        return not_applicable("no release step covers the backend (see release-tracking)", target=target)
    name = _frontend_name(facts, part)
    if isinstance(name, Verdict):
        return name
    return passed(in_repository("only the plugin names the release", name.path, name.line), target=target)
