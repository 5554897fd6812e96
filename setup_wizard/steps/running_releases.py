"""How the running processes get the name of their release: the variable that the code reads, and the places that hand it over."""

from __future__ import annotations

from shlex import quote

from checks.hosts.development_images import in_development
from checks.hosts.heroku import PROCFILE
from checks.hosts.image_builds import builds_of
from checks.hosts.image_hosts import host_builds
from checks.hosts.images import Image, images_that_run
from checks.hosts.trial_builds import without_trials
from checks.hosts.unread_builds import possible_builds
from checks.repository.backends import Backend
from checks.repository.path_words import NOT_PRODUCTION, purposes
from checks.targets.release_in_code import InCode, release_in_code
from checks.targets.release_runtime import PLATFORM, Runtime, host_variable
from setup_wizard.steps.chart_templates import lists_of_chart
from setup_wizard.steps.context import Context

_OWN = "SENTRY_RELEASE"
_OF_HEROKU = "HEROKU_SLUG_COMMIT"


def running_lines(context: Context) -> list[str]:
    """Return a line for each backend that says where its processes get the name that CI registers."""
    found = []
    for backend in context.facts.backends:
        named = release_in_code(context.facts, backend)
        if named is None or not named.own:
            found.append(_line(context, backend, named))
    return found or [f"the running application needs the same {_OWN}"]


def _line(context: Context, backend: Backend, named: InCode | None) -> str:
    runtime, name = Runtime(context.facts, backend), backend.target.name
    variable = named.variable if named is not None else _OWN
    hosts = {d.host for d in runtime.deployments}
    given = runtime.place(variable)
    if given is not None:
        return f"{name} reads it from {variable}, which {given.path}:{given.line} sets"
    if PLATFORM.get(variable) in hosts:
        return f"{name} reads it from {variable}, which its host sets"
    by_sdk = named is None or (named.or_none and variable == _OWN)
    if hosts == {"heroku"} and by_sdk:
        return f"{name} has it on Heroku: the SDK reads {_OF_HEROKU} (`heroku labs:enable runtime-dyno-metadata`)"
    of_host = host_variable(context.facts, backend)
    if of_host is not None:
        host = runtime.deployments[0].host_name
        return (
            f'{name} has it from {host} in {of_host}: write `release=os.environ.get("{of_host}")` in sentry_sdk.init()'
        )
    if hosts == {PROCFILE}:
        also = f" (Heroku alone has it in {_OF_HEROKU}, which the SDK reads)" if by_sdk else ""
        return f"{name} reads it from {variable}: set it to the same commit on the platform that runs Procfile{also}"
    if hosts == {"cloud foundry"}:
        apps = " ".join(f'cf set-env {quote(d.name)} {variable} "$SENTRY_RELEASE"' for d in runtime.deployments[:1])
        return f"{name} reads it from {variable}: run `{apps}` before `cf push`, for each application"
    declared = [v for d in runtime.deployments if (v := d.variables.get(variable)) is not None]
    if declared:
        places = " and ".join(dict.fromkeys(f"{v.path}:{v.line}" for v in declared))
        return f"{name} reads it from {variable}, which {places} hands on: set it there to the same commit"
    lists = next(
        (p for d in runtime.deployments if d.host == "helm" for p in lists_of_chart(context.facts, d.path)), None
    )
    if lists is not None:
        return f"{name} reads it from {variable}: pass it to the containers in {lists.path}:{lists.line}"
    image = next(iter(images_that_run(context.facts, backend)), None)
    if image is not None:
        lacks = variable not in Runtime(context.facts, backend, image).settings
        hand = f"pass it to the build of {image.path}"
        if lacks:
            where = f"to the last stage of {image.path}"
            hand = f"add `ARG {variable}` and `ENV {variable}=${variable}` {where} and pass it to its build"
        built = f"{hand}{_where_built(context, image)} as an argument"
        return f"{name} reads it from {variable}: {built}, or set it where the image runs"
    places = " and ".join(dict.fromkeys(f"{d.path}:{d.line}" for d in runtime.deployments[:3]))
    return (
        f"{name} reads it from {variable}: set it to the same commit{f' in {places}' if places else ' where it runs'}"
    )


def _where_built(context: Context, image: Image) -> str:
    facts = context.facts
    builds = [b for b in without_trials(facts, builds_of(facts, image)) if not in_development(facts, b)]
    # What a file for tests builds is not what runs.
    builds = [b for b in builds if not (b.kind == "compose" and purposes(b.path) & NOT_PRODUCTION)]
    places = [f"{b.path}:{b.line}" for b in builds] or [f"{h.path}:{h.line}" for h in host_builds(context.facts, image)]
    places = places or [f"{path}:{line}" for path, line in possible_builds(context.facts, image)]
    return f" ({' and '.join(dict.fromkeys(places))})" if places else ""
