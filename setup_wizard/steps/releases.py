"""The step `release-tracking`: a release job after each deploy job."""

from __future__ import annotations

from checks.ci.deploying import deploying_jobs
from checks.config import check_key
from checks.errors import UsageError
from checks.items.releases import release_tracking
from checks.model import Outcome
from checks.repository.ci import Job, Workflow
from checks.repository.deployment import environment_of
from checks.repository.names import github_name
from setup_wizard.editors import gitlab, workflow
from setup_wizard.editors.base import Refused
from setup_wizard.plan.model import FindRepository
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.source_maps import ci_token


def plan_releases(context: Context) -> str | None:
    """Plan the release jobs; returns why nothing is done, or None."""
    verdicts = release_tracking(context.facts)
    if all(v.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE) for v in verdicts):
        return None
    strategy = _one_of(context, "release.strategy", "cli", "action")
    place = _one_of(context, "release.place", "job", "deploy")
    organization = context.need_organization()
    projects = tuple(
        [context.slug("backend", b.name) for b in context.facts.backends]
        + [context.slug("frontend", f.name) for f in context.facts.frontends]
    )
    for path, jobs in _deploy_jobs(context).items():
        options = workflow.ReleaseOptions(
            jobs=jobs,
            org=organization,
            projects=projects,
            url=context.own_url,
            strategy=strategy,
            place=place,
        )
        editor = workflow if path.startswith(".github/") else gitlab
        context.edit(path, lambda data, p=path, o=options, e=editor: e.add_release_jobs(data or b"", o, p))  # type: ignore[misc]
    context.actions.append(ci_token(context))
    repository = github_name(context.facts.tree.root)
    if repository and context.known.connected:
        context.actions.append(FindRepository(name=repository))
    return None


def _one_of(context: Context, key: str, *known: str) -> str:
    """Return the answer to a question of two; the first is the default. Raises `UsageError` for any other."""
    said = context.config.answers.get(key, known[0])
    if said not in known:
        raise UsageError(f"`{key}={said}` is not known", hint=f"write `{'` or `'.join(known)}`")
    return said


def deploy_candidates(context: Context) -> list[tuple[Workflow, Job, str]]:
    """Return the jobs that deploy, each with the environment it deploys to."""
    found = []
    for flow, job, what in deploying_jobs(context.facts):
        if flow.provider not in ("github", "gitlab") or job.id.startswith("sentry-release-") or not what.deploys:
            continue
        literal = job.environment if job.environment and "$" not in job.environment else None
        found.append((flow, job, literal or environment_of(job.id, job.name, flow.path)))
    return found


def _deploy_jobs(context: Context) -> dict[str, dict[str, str]]:
    answer = context.config.answers.get("release.jobs")
    path = context.config.answers.get("release.workflow")
    candidates = [c for c in deploy_candidates(context) if path in (None, c[0].path)]
    if answer:
        check_key("release.jobs")
        jobs = {}
        for pair in answer.split(","):
            job, colon, environment = pair.strip().partition(":")
            if not job or not colon or not environment:
                raise UsageError(f"`release.jobs={answer}` is not understood", hint="write job:environment,…")
            jobs[job] = environment
        flows = {path} if path else {f.path for f in context.facts.workflows if set(jobs) <= {j.id for j in f.jobs}}
        if len(flows) != 1:
            raise UsageError("the workflow of `release.jobs` cannot be told", hint="say `--set release.workflow=…`")
        return {str(flows.pop()): jobs}
    if not candidates:
        flows_seen = ", ".join(w.path for w in context.facts.workflows) or "no CI definition"
        example = workflow.ReleaseOptions(
            jobs={"deploy": "production"}, org=context.organization or "", projects=("…",)
        )
        refused = workflow.add_release_jobs(b"jobs: {}\n", example, "workflow")
        snippet = refused.snippet if isinstance(refused, Refused) else ""
        raise StepRefused(
            Refused(
                f"no job that deploys was found ({flows_seen})",
                snippet,
                "--set release.workflow=… --set release.jobs=job:production",
            )
        )
    found: dict[str, dict[str, str]] = {}
    for flow, deploy, name in candidates:
        jobs = found.setdefault(flow.path, {})
        if name in jobs.values():
            raise StepRefused(
                Refused(
                    f"several jobs of {flow.path} deploy to {name}",
                    "",
                    "--set release.jobs=job:environment,…",
                )
            )
        jobs[deploy.id] = name
    return found
