"""Whether CI creates a Sentry release for each deploy."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Sequence

from checks.frontends.vite_plugin import effective_plugin
from checks.model import (
    Evidence,
    Finding,
    Outcome,
    Target,
    Verdict,
    failed,
    failed_or_unknown,
    in_repository,
    in_sentry,
    not_applicable,
    passed,
    unknown,
)
from checks.repository.builds import find_builds
from checks.repository.deployed_parts import Part, deploys_of, deploys_part
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.release_steps import ReleaseStep, find_release_steps, of_browser
from checks.repository.unread_releases import deploys_elsewhere, may_release
from checks.targets.browser_release import browser_release
from checks.targets.browsers import reports_nothing_yet
from checks.targets.observed import FRESH, made_by_tool, project_of
from checks.targets.release_in_code import release_in_code


def release_tracking(facts: Facts) -> Sequence[Verdict]:
    """A release ties an issue to the code that caused it; without one per deploy, nobody sees which deploy broke what.

    Judged for each backend, and each frontend that reports to Sentry: a release that only the Vite plugin creates covers
    just the frontend.

    To fix: run in CI `sentry-cli releases new`, `set-commits`, `finalize` and `deploys new` after each deploy.
    """
    targets: list[tuple[Target, Frontend | None]] = [(b.target, None) for b in facts.backends]
    targets += [(f.target, f) for f in facts.frontends]
    if not targets:
        return [not_applicable("neither a backend nor a frontend was found")]
    steps = find_release_steps(facts)
    return [
        _with_recent_releases(facts, _verdict(facts, target, frontend, steps, len(targets)), target)
        for target, frontend in targets
    ]


def _with_recent_releases(facts: Facts, verdict: Verdict, target: Target) -> Verdict:
    """A release that a tool made in the last 30 days shows what no file here can: that deployment elsewhere makes them."""
    made = _online(facts, target)
    if verdict.outcome is Outcome.UNKNOWN and made:
        return passed(*made, *verdict.evidence, target=target)
    return verdict


def _verdict(
    facts: Facts, target: Target, frontend: Frontend | None, steps: list[ReleaseStep], targets: int
) -> Verdict:
    broken: list[Finding] = []
    uncertainties: list[Finding] = []
    evidence: list[Evidence] = []
    others: list[Finding] = []
    for found in steps:
        covers = _covers(facts, found, target, frontend, targets)
        if found.problem is not None and covers is not False:
            broken.append(
                Finding(
                    message=f"the release step of job {found.job.id} cannot work: {found.problem}",
                    path=found.path,
                    line=found.line,
                    hint=found.hint,
                )
            )
        elif found.uncertainty is not None and covers is not False:
            uncertainties.append(
                Finding(
                    message=f"the release step of job {found.job.id}: {found.uncertainty}",
                    path=found.path,
                    line=found.line,
                    hint=found.hint,
                )
            )
        elif covers is None:
            uncertainties.append(
                Finding(
                    message=f"the projects of the release step in job {found.job.id} cannot be determined here",
                    path=found.path,
                    line=found.line,
                    hint="name them in SENTRY_PROJECT",
                )
            )
        elif covers:
            environment = f" for {found.environment}" if found.environment else ""
            evidence.append(in_repository(f"job {found.job.id} creates a release{environment}", found.path, found.line))
        elif _may_be_of(facts, found, _part(facts, target, frontend)):
            others.append(_for_another(facts, found, target, frontend))
    if evidence:
        return passed(*evidence, target=target)
    if frontend is not None:
        by_plugin = _by_plugin(facts, frontend)
        if isinstance(by_plugin, Finding):
            uncertainties.append(by_plugin)
        elif by_plugin:
            return passed(*by_plugin, target=target)
        if reports_nothing_yet(facts, frontend):
            # What reports nothing yet needs no release yet.
            return not_applicable("the frontend does not report to Sentry (see frontend-initialized)", target=target)
    decided = failed_or_unknown(broken, uncertainties, target=target)
    return decided if decided is not None else _without_steps(facts, target, frontend, others)


def _part(facts: Facts, target: Target, frontend: Frontend | None) -> Part:
    return frontend if frontend is not None else next(b for b in facts.backends if b.target == target)


def _may_be_of(facts: Facts, found: ReleaseStep, part: Part) -> bool:
    """Return whether the job of a release step, or those that it waits for, may deploy a part."""
    jobs = [j for j in found.workflow.jobs if j.id in found.job.needs] or [found.job]
    return any(deploys_part(facts, found.workflow, j, part) for j in jobs)


def _configured(facts: Facts, target: Target, frontend: Frontend | None) -> str | None:
    return facts.config.get("frontend.project" if frontend is not None else "backend.project", target.name)


def _for_another(facts: Facts, found: ReleaseStep, target: Target, frontend: Frontend | None) -> Finding:
    """Return that a step creates releases of other projects than this target's."""
    wanted = _configured(facts, target, frontend) or f"{target.name}'s project"
    projects = ", ".join(found.projects or ())
    message = f"the release step of job {found.job.id} creates releases for {projects}, but not for {wanted}"
    key = "frontend.project" if frontend is not None else "backend.project"
    hint = f"add {wanted} to its `projects`, or correct `{key}` in the configuration of sentry-setup"
    return Finding(message=message, path=found.path, line=found.line, hint=hint)


def _covers(facts: Facts, found: ReleaseStep, target: Target, frontend: Frontend | None, targets: int) -> bool | None:
    configured = _configured(facts, target, frontend)
    if configured and found.projects is not None:
        return configured in found.projects
    if targets == 1:
        return True
    if found.projects is None:
        return None
    kind = "frontend" if frontend is not None else "backend"
    if len(found.projects) >= targets:
        return True
    looks_front = [of_browser(p) for p in found.projects]
    if kind == "frontend":
        return any(looks_front)
    return not all(looks_front)


def _by_plugin(facts: Facts, frontend: Frontend) -> list[Evidence] | Finding:
    plugin = effective_plugin(facts, frontend)
    if plugin is None:
        return []
    builds = [b for b in find_builds(facts, frontend, plugin.token) if b.token]
    if not builds or plugin.problem is not None or plugin.creates_release is False:
        return []
    if plugin.uncertainty is not None or plugin.creates_release is None:
        why = plugin.uncertainty or "`release.create` cannot be determined here"
        message = f"whether sentryVitePlugin creates a release cannot be determined: {why}"
        return Finding(message=message, path=plugin.path, line=plugin.line, hint="write the value in the plugin's call")
    return [
        in_repository("sentryVitePlugin creates a release", plugin.path, plugin.line),
        in_repository(f"the build is given {builds[0].token}", builds[0].path, builds[0].line),
    ]


def _without_steps(facts: Facts, target: Target, frontend: Frontend | None, others: Sequence[Finding]) -> Verdict:
    unread = [w for w in facts.workflows if w.problem is not None]
    if unread:
        problem = unread[0].problem
        return unknown(
            f"{unread[0].path} cannot be read: {problem.message if problem else ''}",
            path=unread[0].path,
            line=problem.line if problem else None,
            target=target,
            hint="fix the file",
        )
    if not facts.workflows:
        return unknown(
            "no CI definition in this repository",
            target=target,
            hint="add one, or run with `--online` to see the releases in Sentry",
        )
    part = _part(facts, target, frontend)
    elsewhere = deploys_elsewhere(facts, part)
    nowhere = elsewhere is None
    decided = failed_or_unknown(others if nowhere else (), () if nowhere else others, target=target)
    if decided is not None:
        return decided
    unread_step = may_release(facts)
    if unread_step is not None:
        path, line, why = unread_step
        hint = "check what it does; a step of `getsentry/action-release` or `sentry-cli releases` is read here"
        return unknown(why, path=path, line=line, target=target, hint=hint)
    if elsewhere:
        path, line, why = elsewhere
        return unknown(
            f"deployment runs elsewhere: {why}",
            path=path,
            line=line,
            target=target,
            hint="check that what deploys creates a Sentry release",
        )
    count = len(facts.workflows)
    message = f"none of the {count} CI files" if count > 1 else "no CI step"
    named = _named_in_code(facts, part)
    if named is not None:
        path, line, text = named
        return failed(
            Finding(
                message=f"{message} creates the Sentry release that the code of {target.name} names"
                + (f" ({text})" if text else ""),
                path=path,
                line=line,
                hint=f"let CI register the release that {path}:{line} names, or read SENTRY_RELEASE there",
            ),
            target=target,
        )
    deploys = deploys_of(facts, part)
    if not deploys:
        return failed(
            Finding(
                message=f"{message} creates a Sentry release, and no job that deploys was found",
                path=facts.workflows[0].path if count == 1 else None,
                hint="`sentry-setup plan release-tracking` shows what to write where you deploy",
            ),
            target=target,
        )
    followed = [(f, j) for f, j, what in deploys if f.provider in FOLLOWED and what.ends_deployed]
    flow, job = followed[0] if followed else deploys[0][:2]
    return failed(
        Finding(
            message=f"{message} creates a Sentry release",
            path=flow.path,
            line=job.line,
            hint="`sentry-setup apply release-tracking --yes` adds a release job"
            if followed
            else "`sentry-setup plan release-tracking` shows what to write where you deploy",
        ),
        target=target,
    )


FOLLOWED = frozenset({"github", "gitlab"})
"""Providers whose files get a release job after a job that deploys; in those of others the step shows what to write."""


def _named_in_code(facts: Facts, part: Part) -> tuple[str, int, str] | None:
    """Return where a part's code names its releases itself, and how: a release job that is named by the commit is none of its."""
    if isinstance(part, Frontend):
        found = browser_release(facts, part)
        return (found.path, found.line, found.text[:_SHOWN]) if found is not None else None
    own = release_in_code(facts, part)
    if own is None or not own.own:
        return None
    return own.path, own.line, " ".join(ast.unparse(own.written).split())[:_SHOWN] if own.written is not None else ""


_SHOWN = 60
"""Characters of an expression that a message shows."""


def _online(facts: Facts, target: Target) -> list[Evidence]:
    project = project_of(facts, target)
    if project is None or not isinstance(project.releases, tuple):
        return []
    recent = dt.datetime.now(dt.UTC) - FRESH
    made = [r for r in project.releases if made_by_tool(r) and (not r.created or r.created > recent)]
    return [in_sentry(f"release {made[0].version} of {project.slug} is in Sentry")] if made else []
