"""What a backend's own code names the release by: a name that CI has to register, or the variable that has to carry the commit."""

from __future__ import annotations

import ast
import shlex

from checks.ci.providers import provider
from checks.items.release_name import release_consistent
from checks.model import Outcome
from checks.production.origins import name_asked_for
from checks.repository.backends import Backend
from checks.repository.frontends import Frontend
from checks.targets.browser_release import BrowserRelease
from checks.targets.release_in_code import InCode, release_in_code
from checks.targets.release_runtime import PLATFORM, Runtime
from setup_wizard.editors import release_snippets, workflow
from setup_wizard.editors.base import Refused
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context


def own_releases(context: Context) -> list[tuple[Backend, InCode]]:
    """Return the backends whose code names the release by anything but a variable or the commit, each with its place."""
    found = [(b, release_in_code(context.facts, b)) for b in context.facts.backends]
    return [(backend, named) for backend, named in found if named is not None and named.own]


def leave_own(context: Context, backend: Backend, named: InCode, options: workflow.ReleaseOptions) -> None:
    """Leave the release of such a backend to the person: the name that its events carry, and the commands that register it."""
    text = ast.unparse(named.written) if named.written is not None else ""
    asked = name_asked_for(text)
    whence = f"; where that call reads the variable {asked}, set it to the deployed commit instead" if asked else ""
    _leave(context, backend.name, text, f"{named.path}:{named.line}", _line(named, text), options, whence)


def leave_own_of_browser(
    context: Context, frontend: Frontend, named: BrowserRelease, options: workflow.ReleaseOptions
) -> None:
    """Leave the release of a frontend whose init names it to the person."""
    line = f"export SENTRY_RELEASE=…  # the value of {named.text[:100]}"
    _leave(context, frontend.name, named.text, f"{named.path}:{named.line}", line, options)


def _leave(
    context: Context,
    name: str,
    text: str,
    place: str,
    line: str,
    options: workflow.ReleaseOptions,
    whence: str = "",
) -> None:
    flows = context.facts.workflows
    ci = flows[0].ci if flows else provider("github")
    context.leave(
        Refused(
            f"events of {name} carry the release `{text}`, whatever SENTRY_RELEASE says: "
            f"one that is named by the commit would match none of them{whence}",
            release_snippets.anywhere(ci, options, context.environment, line),
            place,
        ),
        f"let CI register the release that {place} names, or read SENTRY_RELEASE there",
    )


def _line(named: InCode, text: str) -> str:
    """Return the line that gives CI the same name as the code."""
    if named.literal is not None:
        return f"export SENTRY_RELEASE={shlex.quote(named.literal)}"
    match named.written:
        case ast.Call(
            func=ast.Name(id="version") | ast.Attribute(attr="version"), args=[ast.Constant(value=str(name))]
        ):
            code = f"from importlib.metadata import version; print(version({name!r}))"
            return f'export SENTRY_RELEASE="$(python -c {shlex.quote(code)})"  # where the package is installed'
    asked = name_asked_for(text)
    if asked is not None:
        return f"export SENTRY_RELEASE=…  # what {asked} is set to where it runs"
    return f"export SENTRY_RELEASE=…  # the value of {' '.join(text.split())[:100]}"


def leave_running(context: Context) -> None:
    """Leave to the person what names the release where a backend runs, where CI makes one now and no file here hands it over."""
    context.refresh()
    if any(path in context.facts.dockerfiles for path in context.changes):
        return
    verdicts = release_consistent(context.facts)
    for backend in context.facts.backends:
        if backend.name in context.without_sdk:
            continue
        named = release_in_code(context.facts, backend)
        if named is not None and named.own:
            continue  # what the code writes down is told already: no variable changes it
        variable = named.variable if named is not None else "SENTRY_RELEASE"
        told = (v for v in verdicts if v.target == backend.target and v.outcome is not Outcome.NOT_APPLICABLE)
        finding = next((v.findings[0] for v in told if v.findings), None)
        if finding is not None:
            place = f"{finding.path}:{finding.line}" if finding.path and finding.line else finding.path or ""
            why = finding.message
            if named is not None and "cannot be determined" in why:
                why = f"{named.path}:{named.line} reads the release from {variable}, and no file here sets it"
            _set(context, f"set {variable} to the deployed", backend, variable, why, place)
        elif named is not None and _may_lack(context, backend, variable):
            place = f"{named.path}:{named.line}"
            why = f"{place} reads the release from it, and no file here sets it"
            _set(context, f"check that {variable} is the deployed", backend, variable, why, place)


def _may_lack(context: Context, backend: Backend, variable: str) -> bool:
    """Return whether a host's own variable is read where no file says that this host runs the backend."""
    runtime = Runtime(context.facts, backend)
    hosts = {d.host for d in runtime.deployments}
    return variable in PLATFORM and PLATFORM[variable] not in hosts and runtime.place(variable) is None


def _set(context: Context, title: str, backend: Backend, variable: str, why: str, place: str) -> None:
    context.actions.append(
        ManualTask(
            title=f"{title} commit where {backend.target.name} runs",
            reason=why,
            place=place,
            path=place.partition(":")[0],
            snippet=f"{variable}={workflow.RELEASE if place.startswith('.github/') else '…   # the deployed commit'}",
        )
    )
