"""Whether backend, frontend and CI call a release by the same name."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.frontends.vite_plugin import effective_plugin
from checks.hosts.image_builds import no_git_in
from checks.hosts.image_values import run_at, value_at
from checks.hosts.images import Image, assignments, images_that_run
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
from checks.repository.backends import Backend
from checks.repository.builds import find_builds
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.release_kinds import FULL, asks_git
from checks.repository.release_steps import ReleaseStep, find_release_steps
from checks.repository.release_text import UNKNOWN, Part, agree, describe, javascript_part, shell_parts
from checks.repository.release_version import release_version
from checks.targets.applicability import require_initialized
from checks.targets.browser_release import init_release
from checks.targets.observed import made_by_tool, project_of, with_online_evidence
from checks.targets.production_environment import is_production, production_environments
from checks.targets.release_in_code import release_in_code, written_release
from checks.targets.release_runtime import PLATFORM, Name, Runtime, given_by_host


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


def _compare(own: Name, ci: list[Name], target: Target) -> Verdict:
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


def _evidence(name: Name, what: str) -> Evidence:
    return in_repository(f"{what} {describe(name.parts)} (`{name.text[:80]}`)", name.path, name.line)


def _ci_name(facts: Facts, step: ReleaseStep) -> Name:
    text = release_version(facts, step)
    return Name(parts=shell_parts(text), text=text, path=step.path, line=step.line)


def _backend_name(facts: Facts, backend: Backend) -> Name | Verdict:
    found = require_initialized(facts, backend)
    if isinstance(found, Verdict):
        return found
    option = found.option("release")
    runtime = Runtime(facts, backend)
    if option is None or (isinstance(option.value, Literal) and option.value.value is None):
        path, line = (option.path, option.line) if option else (found.last.path, found.last.call.line)
        if option is None and found.last.call.star and not found.last.call.star_known:
            return Name(parts=(Part(kind=UNKNOWN, text="**options"),), text="**options", path=path, line=line)
        return _default_name(runtime, path, line)
    written, parts = written_release(runtime, found, option)
    text = ast.unparse(written)
    if not parts:
        default = _default_name(runtime, option.path, option.line)
        unset = f"nothing sets what `{text}` reads"
        return replace(default, text=text, why=unset if default.why is not None else None)
    why = runtime.without_git if asks_git(written) else None
    if why is None and asks_git(written) and runtime.git_unknown:
        parts = (Part(kind=UNKNOWN, text=text),)
    return Name(parts=parts, text=text, path=option.path, line=option.line, why=why)


def _default_name(runtime: Runtime, path: str, line: int) -> Name:
    """What the SDK uses by default: SENTRY_RELEASE, then git, then a variable of the host.

    Source: `get_default_release` in https://github.com/getsentry/sentry-python/blob/master/sentry_sdk/utils.py
    """
    given = runtime.place("SENTRY_RELEASE")
    if given is not None:
        other = runtime.lacking("SENTRY_RELEASE")
        return given if other is None else Name(parts=(), text="no release", path=other.path, line=other.line)
    heroku = next((d for d in runtime.deployments if d.host == "heroku"), None)
    if heroku is not None and all(d.host == "heroku" for d in runtime.deployments):
        part = Part(kind=FULL, text="HEROKU_SLUG_COMMIT")
        return Name(parts=(part,), text=part.text, path=heroku.path, line=heroku.line)
    why = runtime.unset("SENTRY_RELEASE")
    if why is not None:
        return Name(parts=(), text="no release", path=why.path or path, line=why.line or line, why=why.message)
    return Name(parts=(), text="no release", path=path, line=line)


class ImageRelease(Struct, frozen=True, kw_only=True):
    """A release that the running image lacks: the image, the variable that the code reads, and the argument that fills it.

    `argument` is None where the image sets the variable from none. `read_at` is the place of a read for which an empty text,
    that of an argument nobody gives, would be a name (None: the SDK's own, or one with an alternative).
    """

    image: Image
    variable: str
    argument: str | None
    read_at: tuple[str, int] | None = None


def images_lacking_release(facts: Facts, backend: Backend) -> list[ImageRelease]:
    """Return the release that each image of a backend's processes lacks; none where CI does not name it by the full commit.

    The code has to read a variable, by itself or as the SDK does by default.
    """
    found = require_initialized(facts, backend)
    ci = [_ci_name(facts, s) for s in find_release_steps(facts)]
    if isinstance(found, Verdict) or not any([p.kind for p in n.parts] == [FULL] for n in ci):
        return []
    option, machine = found.option("release"), found.chain.machine
    variable, read_at = "SENTRY_RELEASE", None
    if option is not None and not (isinstance(option.value, Literal) and option.value.value is None):
        read = environment_read(machine.value_in(option.path, option.node)) if machine is not None else None
        named = release_in_code(facts, backend)
        if named is not None and given_by_host(facts, backend, (named.variable,)) is not None:
            return []
        if read is None or (read.default is not None and read.default.value):
            return []
        variable = read.name
        read_at = (option.path, option.line) if "or" not in dict(read.cast) else None
    elif option is None and found.last.call.star and not found.last.call.star_known:
        return []
    lacking = [_lacking(facts, backend, image, variable) for image in images_that_run(facts, backend)]
    return [replace(one, read_at=read_at) for one in lacking if one is not None]


def _lacking(facts: Facts, backend: Backend, image: Image, variable: str) -> ImageRelease | None:
    runtime = Runtime(facts, backend, image)
    if runtime.image is None or runtime.place(variable) is not None:
        return None
    if variable in PLATFORM or any(variable in d.variables for d in runtime.deployments):
        return None
    setting = runtime.settings.get(variable)
    if setting is not None and not setting.empty_arguments:
        return None
    argument = setting.empty_arguments[0] if setting is not None else None
    declared = [n for i in runtime.image.instructions() if i.word == "ARG" for n, _ in assignments(i)]
    if argument is not None and argument not in declared:
        return None
    return ImageRelease(image=runtime.image, variable=variable, argument=argument)


def _frontend_name(facts: Facts, frontend: Frontend) -> Name | Verdict:
    return _init_name(facts, frontend) or _plugin_name(facts, frontend)


def _init_name(facts: Facts, frontend: Frontend) -> Name | None:
    """Return the name that the browser's init gives itself, whatever its build is called.

    None, too, for a variable whose name says nothing and that no build sets: it may hold what the plugin takes.
    """
    own = init_release(facts, frontend)
    if own is None:
        return None
    parts: tuple[Part, ...] = (javascript_part(own.text),)
    if parts[0].kind == UNKNOWN and not own.written:
        given = _build_value(facts, frontend, own.text.rpartition(".")[2])
        if given is None:
            return None
        parts = given.parts
    return Name(parts=parts, text=own.text, path=own.path, line=own.line)


def _plugin_name(facts: Facts, frontend: Frontend) -> Name | Verdict:
    plugin = effective_plugin(facts, frontend)
    if plugin is None:
        return not_applicable("no Sentry plugin names a release in this build", target=frontend.target)
    if plugin.release is not None:
        part = javascript_part(plugin.release)
        if part.kind == UNKNOWN and "SENTRY_RELEASE" in plugin.release:
            given = _build_value(facts, frontend, "SENTRY_RELEASE")
            if given is not None:
                return given
        return Name(parts=(part,), text=plugin.release, path=plugin.path, line=plugin.line)
    given = _build_value(facts, frontend, "SENTRY_RELEASE")
    if given is not None:
        return given
    inside = [r for b in find_builds(facts, frontend) if b.kind == "docker" and (r := run_at(facts, b.path, b.line))]
    without = [w for image, stage, _ in inside if (w := no_git_in(facts, image, stage)) is not None]
    if inside and len(without) == len(inside) == len(find_builds(facts, frontend)):
        image, _, run = inside[0]
        why = f"no SENTRY_RELEASE reaches the build, and {without[0]}"
        return Name(parts=(), text="the plugin's default", path=image.path, line=run.line, why=why)
    part = Part(kind=FULL, text="the plugin's default")
    return Name(parts=(part,), text=part.text, path=plugin.path, line=plugin.line)


def _build_value(facts: Facts, frontend: Frontend, variable: str) -> Name | None:
    """Return what the builds of a frontend set a variable to, and where; None where none does."""
    for build in find_builds(facts, frontend):
        value = build.step.env.get(variable) if build.step is not None else None
        if build.kind == "docker":
            value = value_at(facts, build.path, build.line, variable)
        if value:
            return Name(parts=shell_parts(value), text=value, path=build.path, line=build.line)
    return None


def _plugin_alone(facts: Facts, target: Target, part: Backend | Frontend) -> Verdict:
    if isinstance(part, Backend):
        return not_applicable("no release step covers the backend (see release-tracking)", target=target)
    own, name = _init_name(facts, part), _plugin_name(facts, part)
    if isinstance(name, Verdict):
        return name
    if own is None:
        return passed(in_repository("only the plugin names the release", name.path, name.line), target=target)
    same, place = agree(name.parts, own.parts), _evidence(name, "the plugin names the release by")
    if same:
        return passed(_evidence(own, "the browser names it by"), place, target=target)
    hint = "remove `release` from Sentry.init(): the plugin puts its own name into the bundle"
    told = f"the browser's events name the release by {describe(own.parts)} (`{own.text}`)"
    if same is None:
        message = f"{told}: whether its plugin does cannot be determined"
        return unknown(message, path=own.path, line=own.line, hint=hint, evidence=[place], target=target)
    message = f"{told}, and its plugin by {describe(name.parts)} (`{name.text}`)"
    return failed(Finding(message=message, path=own.path, line=own.line, hint=hint), evidence=[place], target=target)
