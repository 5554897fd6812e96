"""Whether backend, frontend and CI call a release by the same name."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from msgspec import Struct

from checks.items.frontend import effective_plugin
from checks.items.scope import Initialised, initialised
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
from checks.parsers.values import Literal
from checks.patterns import lazy_pattern
from checks.repository.backends import Backend
from checks.repository.builds import find_builds
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.release_steps import ReleaseStep, find_release_steps, release_version
from checks.sentry_api.snapshot import ProjectSnapshot

FULL, SHORT, DESCRIBE, TAG, VERSION, NONE = (
    "the full commit SHA",
    "a short SHA",
    "git describe",
    "a tag",
    "a version number",
    "none",
)

_CLASSES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        lazy_pattern(
            r"rev-parse\s+--short|SHORT_SHA|short_sha|sha_short|::[78]\b|:0:[78]\b|cut -c\s*1?-[78]|\[:[78]\]"
        ),
        SHORT,
    ),
    (lazy_pattern(r"git\s+describe|['\"]describe['\"]"), DESCRIBE),
    (
        lazy_pattern(
            r"github\.sha|GITHUB_SHA|CI_COMMIT_SHA|CIRCLE_SHA1|BITBUCKET_COMMIT|Build\.SourceVersion|BUILD_SOURCEVERSION"
            r"|rev-parse\s+(--verify\s+)?HEAD|['\"]rev-parse['\"],\s*['\"]HEAD|propose-version|RENDER_GIT_COMMIT|RAILWAY_GIT_COMMIT_SHA"
            r"|VERCEL_GIT_COMMIT_SHA|HEROKU_(SLUG|BUILD)_COMMIT|SOURCE_VERSION|COMMIT_REF|CF_PAGES_COMMIT_SHA|\bGIT_COMMIT\b"
            r"|COMMIT_SHA\b|GIT_SHA\b|get_default_release|fetch_git_sha|head\.(object\.)?hexsha"
        ),
        FULL,
    ),
    (
        lazy_pattern(
            r"github\.ref_name|GITHUB_REF_NAME|CI_COMMIT_TAG|tag_name|refs/tags|CIRCLE_TAG|\bTAG\b|_TAG\b|\btag\b"
        ),
        TAG,
    ),
    (
        lazy_pattern(
            r"package\.json|npm_package_version|__version__|\bVERSION\b|APP_VERSION|pyproject|importlib|\bversion\b"
        ),
        VERSION,
    ),
)


_HANDED_ON = (
    r"(?:build-args?\b[^\n]*\n?\s*[\"']?|config:set\s+|secrets\s+set\s+|variables\s+--set\s+[\"']?)"
    r"{variable}=[\"']?([^\s\"']+(?:\s*\}}\}})?)"
)
"""How a CI job hands a variable on to an image or a host; `{variable}` is its name."""


class _Name(Struct, frozen=True, kw_only=True):
    """How one side names the release: the class (None: cannot be told), the expression, and its place."""

    kind: str | None
    text: str
    path: str
    line: int


def classify(text: str) -> str | None:
    """Return the class of a release expression, or None."""
    return next((name for pattern, name in _CLASSES if pattern.search(text)), None)


def release_consistent(facts: Facts) -> Sequence[Verdict]:
    """Commits, deploys and source maps attach to an event by the release's name alone: two names, and none of it is there.

    The usual break: CI says `git describe --always`, while the SDK and the Vite plugin take the full commit SHA.

    To fix: use one value everywhere, e.g. SENTRY_RELEASE = the full commit SHA, in CI, at build time and at run time.
    """
    targets: list[tuple[Target, Backend | Frontend]] = [(b.target, b) for b in facts.backends]
    targets += [(f.target, f) for f in facts.frontends]
    steps = find_release_steps(facts)
    plugins = [f for f in facts.frontends if effective_plugin(facts, f) is not None]
    if not targets:
        return [not_applicable("neither a Django project nor a frontend was found")]
    if not steps:
        if plugins:
            return [_plugin_alone(facts, target, part) for target, part in targets]
        return [not_applicable("no release step was found (see release-tracking)")]
    ci = [_ci_name(s) for s in steps]
    verdicts = []
    for target, part in targets:
        own = _backend_name(facts, part) if isinstance(part, Backend) else _frontend_name(facts, part)
        verdict = own if isinstance(own, Verdict) else _compare(own, ci, target)
        verdicts.append(_proved(facts, verdict, target))
    return verdicts


def _proved(facts: Facts, verdict: Verdict, target: Target) -> Verdict:
    """Compare the release of the newest event with the finalised ones: that decides where the files cannot."""
    project = facts.snapshot.projects.get(target.name) if facts.snapshot else None
    if not isinstance(project, ProjectSnapshot) or not isinstance(project.releases, tuple):
        return verdict
    newest, finalised = project.latest_release, [r.version for r in project.releases if r.finalised]
    if not isinstance(newest, str) or not finalised or verdict.outcome is not Outcome.UNKNOWN:
        return verdict
    if newest in finalised:
        return passed(
            in_sentry(f"the newest event of {project.slug} carries the finalised release {newest}"), target=target
        )
    message = f"the newest event of {project.slug} carries {newest or 'no release'}, and CI's latest release is {finalised[0]}"
    return failed(Finding(message=message, hint="use the full commit SHA in both"), target=target)


def _compare(own: _Name, ci: list[_Name], target: Target) -> Verdict:
    known = [name for name in ci if name.kind is not None]
    if not known:
        first = ci[0]
        return unknown(
            f"how CI names the release cannot be told: `{first.text}`",
            path=first.path,
            line=first.line,
            hint="name it by the commit SHA",
            target=target,
        )
    first = known[0]
    place = _evidence(first, "CI names the release by")
    if any(name.kind == own.kind and _same_text(own, name) for name in known):
        return passed(_evidence(own, f"{target.name} names it by"), place, target=target)
    if own.kind == NONE and first.kind == FULL:
        return unknown(
            "the SDK names no release itself: it takes the commit SHA only where git is at hand at run time",
            path=own.path,
            line=own.line,
            hint="set SENTRY_RELEASE to the commit SHA where it runs",
            evidence=[place],
            target=target,
        )
    if own.kind is None:
        return unknown(
            f"how {target.name} names its release cannot be told: `{own.text}`",
            path=own.path,
            line=own.line,
            hint="set SENTRY_RELEASE to the same value as CI",
            evidence=[place],
            target=target,
        )
    what = "the SDK's default, the full commit SHA or nothing" if own.kind == NONE else f"{own.kind} (`{own.text}`)"
    return failed(
        Finding(
            message=f"{target.name} names its release by {what}, CI by {first.kind} (`{first.text}`)",
            path=own.path,
            line=own.line,
            hint="use the full commit SHA in both",
        ),
        Finding(message="the release of CI", path=first.path, line=first.line),
        target=target,
    )


def _same_text(own: _Name, name: _Name) -> bool:
    """Two versions or tags agree only when they are the same expression's kind; a literal has to be equal."""
    literal = re.compile(r"^[\w.@/-]*\d[\w.@/-]*$")
    if literal.match(own.text) and literal.match(name.text):
        return own.text == name.text
    return True


def _evidence(name: _Name, what: str) -> Evidence:
    return in_repository(f"{what} {name.kind} (`{name.text[:80]}`)", name.path, name.line)


def _ci_name(step: ReleaseStep) -> _Name:
    text = release_version(step)
    return _Name(kind=classify(text), text=text, path=step.step.path, line=step.line)


def _backend_name(facts: Facts, backend: Backend) -> _Name | Verdict:
    found = initialised(facts, backend)
    if isinstance(found, Verdict):
        return found
    option = found.option("release")
    if option is None or (isinstance(option.value, Literal) and option.value.value is None):
        if found.last.call.star and not found.last.call.star_known:
            return _Name(kind=None, text="**options", path=found.last.path, line=found.last.call.line)
        declared = _declared(facts, found, "SENTRY_RELEASE")
        if declared is not None:
            return declared
        host = next((d for d in deployments_of_backend(facts, backend.root) if d.host == "heroku"), None)
        if host is not None:
            # https://devcenter.heroku.com/articles/dyno-metadata: the SDK reads HEROKU_SLUG_COMMIT by itself.
            return _Name(kind=FULL, text="HEROKU_SLUG_COMMIT", path=host.path, line=host.line)
        return _Name(kind=NONE, text="no release", path=found.last.path, line=found.last.call.line)
    node = _followed(option.node, found.chain.names | found.last.bound)
    text = ast.unparse(node)
    if isinstance(option.value, Literal):
        return _Name(kind=VERSION, text=str(option.value.value), path=option.path, line=option.line)
    kind = classify(text)
    if kind is None or "SENTRY_RELEASE" in text:
        for variable in re.findall(r"['\"]([A-Z][A-Z0-9_]+)['\"]", text):
            declared = _declared(facts, found, variable)
            if declared is not None and declared.kind is not None:
                return declared
    return _Name(kind=kind, text=text, path=option.path, line=option.line)


def _followed(node: ast.expr, names: dict[str, ast.expr], depth: int = 6) -> ast.expr:
    while depth and isinstance(node, ast.Name) and node.id in names:
        node, depth = names[node.id], depth - 1
    return node


def _declared(facts: Facts, found: Initialised, variable: str) -> _Name | None:
    """Return the value that a deploying file, an image or a CI job gives a variable."""
    for deployment in deployments_of_backend(facts, found.backend.root):
        declared = deployment.variables.get(variable)
        if declared is not None and declared.value:
            kind = classify(declared.value) or (VERSION if re.search(r"\d+\.\d+", declared.value) else None)
            return _Name(kind=kind, text=declared.value, path=declared.path, line=declared.line)
    for workflow in facts.workflows:
        text = facts.text(workflow.path) or ""
        # Only what is handed on to an image or a host reaches the running application.
        pattern = _HANDED_ON.format(variable=re.escape(variable))
        match = re.search(pattern, text.replace("${{ ", "${{").replace(" }}", "}}"))
        if match:
            line = text.count("\n", 0, text.find(variable)) + 1
            return _Name(kind=classify(match.group(1)), text=match.group(1), path=workflow.path, line=line)
    return None


def _frontend_name(facts: Facts, frontend: Frontend) -> _Name | Verdict:
    plugin = effective_plugin(facts, frontend)
    if plugin is None:
        return not_applicable("no Sentry plugin names a release in this build", target=frontend.target)
    if plugin.release is not None:
        kind = classify(plugin.release)
        if kind is None and "SENTRY_RELEASE" in plugin.release:
            given = _build_release(facts, frontend)
            if given is not None:
                return given
        return _Name(kind=kind, text=plugin.release, path=plugin.path, line=plugin.line)
    given = _build_release(facts, frontend)
    if given is not None:
        return given
    return _Name(kind=FULL, text="the plugin's default", path=plugin.path, line=plugin.line)


def _build_release(facts: Facts, frontend: Frontend) -> _Name | None:
    for build in find_builds(facts, frontend):
        value = build.step.env.get("SENTRY_RELEASE") if build.step is not None else None
        if value:
            return _Name(kind=classify(value), text=value, path=build.path, line=build.line)
    return None


def _plugin_alone(facts: Facts, target: Target, part: Backend | Frontend) -> Verdict:
    if isinstance(part, Backend):
        return not_applicable("no release step covers the backend (see release-tracking)", target=target)
    name = _frontend_name(facts, part)
    if isinstance(name, Verdict):
        return name
    return passed(in_repository("the plugin alone names the release", name.path, name.line), target=target)
