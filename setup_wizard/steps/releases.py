"""The step `release-tracking`: a release job after each deploy job."""

from __future__ import annotations

from msgspec.structs import replace

from checks.ci.deploying import deploying, deploying_jobs
from checks.ci.model import Job, Workflow
from checks.ci.providers import provider
from checks.config import check_key
from checks.errors import UsageError
from checks.hosts.development_images import target_of
from checks.hosts.images import read_image
from checks.items.release_name import images_lacking_release
from checks.items.releases import release_tracking
from checks.model import Outcome
from checks.repository.deployed_parts import Part
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.names import github_name
from checks.repository.release_steps import find_release_steps
from checks.repository.unread_releases import deploys_elsewhere, may_release
from checks.targets.browser_release import browser_release
from checks.targets.browsers import reports_nothing_yet
from checks.targets.release_carried import carried_argument
from setup_wizard.editors import dockerfile, release_snippets, workflow
from setup_wizard.editors.base import Refused
from setup_wizard.editors.ci_files import release_editor
from setup_wizard.plan.model import FindRepository, ManualTask
from setup_wizard.steps.callers import callers_of, hands_token
from setup_wizard.steps.context import Context
from setup_wizard.steps.deploy_jobs import deploy_candidates, deployed_at, deployed_jobs, jobs_by_file, reported
from setup_wizard.steps.host_releases import name_by_host
from setup_wizard.steps.images import hand_in
from setup_wizard.steps.own_releases import leave_own, leave_own_of_browser, leave_running, own_releases
from setup_wizard.steps.process_environments import environments_of_processes
from setup_wizard.steps.release_conditions import conditions_of
from setup_wizard.steps.release_environments import Deployed, deployed_environment
from setup_wizard.steps.released_parts import Released
from setup_wizard.steps.running_releases import running_lines
from setup_wizard.steps.source_maps import ci_token
from setup_wizard.steps.wanted import Wanted
from setup_wizard.steps.without_sdk import backends_to_release


def plan_releases(context: Context) -> str | None:
    """Plan the release jobs; returns why nothing is done, or None."""
    verdicts = release_tracking(context.facts)
    if all(v.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE) for v in verdicts):
        _images(context)
        leave_running(context)
        return None
    if _is_made(context):
        context.settled = True  # what the audit finds in it is what is left to the person
        _images(context)
        leave_running(context)
        return None
    strategy = _one_of(context, "release.strategy", "cli", "action")
    place = _one_of(context, "release.place", "job", "deploy")
    organization = context.need_organization()
    own = own_releases(context)
    told = "release.jobs" in context.config.answers
    ready = backends_to_release(context)
    others = [b.name for b in ready if told or b.target not in [o.target for o, _ in own]]
    silent = [f for f in context.facts.frontends if not told and reports_nothing_yet(context.facts, f)]
    named = [] if told else [f for f in context.facts.frontends if browser_release(context.facts, f) is not None]
    released = Released(
        [(b, context.slug("backend", b.name)) for b in context.facts.backends if b.name in others]
        + [(f, context.slug("frontend", f.name)) for f in context.facts.frontends if f not in silent and f not in named]
    )
    flows = [context.facts.text(f.path) or "" for f in context.facts.workflows if f.path.startswith(".github/")]
    options = workflow.ReleaseOptions(
        jobs={},
        org=organization,
        projects=released.projects,
        url=context.own_url,
        strategy=strategy,
        place=place,
        checkout=workflow.own_checkout(flows),
    )
    for backend, in_code in own:
        leave_own(context, backend, in_code, replace(options, projects=(context.slug("backend", backend.name),)))
    for frontend in named:
        if (own_name := browser_release(context.facts, frontend)) is not None:
            only = replace(options, projects=(context.slug("frontend", frontend.name),))
            leave_own_of_browser(context, frontend, own_name, only)
    found = _deploy_jobs(context, options, released) if released.projects else {}
    for path, jobs in found.items():
        with context.part():
            conditions, undecided = conditions_of(context, path, jobs)
            if "release.jobs" in context.config.answers:
                undecided = {}  # who names the job knows what its scripts do
            parts = released.of_jobs(context.facts, path, jobs)
            full = replace(options, jobs=jobs, conditions=conditions, undecided=undecided, parts=parts)
            add = next((e for f in context.facts.workflows if f.path == path and (e := release_editor(f))), None)
            if add is None:
                raise UsageError(
                    f"{path} is not a workflow whose jobs can be followed by a release", hint="name another one"
                )
            if context.edit(path, lambda data, p=path, o=full, a=add: a(data or b"", o, p)):  # type: ignore[misc]
                context.actions += environments_of_processes(context.facts, path, jobs)
    if context.changes or context.settled:
        context.actions.append(ci_token(context))
    if context.changes:
        context.actions += [_later(context, f) for f in silent]
    _images(context)
    leave_running(context)
    repository = github_name(context.facts.tree.root)
    if repository and context.known.connected:
        context.actions.append(FindRepository(name=repository))
    return None


def _later(context: Context, frontend: Frontend) -> ManualTask:
    """Return the task for a frontend that reports nothing yet: a release of a project that does not exist fails for all others."""
    return ManualTask(
        title=f"release {frontend.name} too, after its SDK is set up",
        reason=f"{frontend.name} does not report to Sentry yet, so the release job leaves its project out",
        snippet=f"-p {context.slug('frontend', frontend.name)}   # in `sentry-cli releases new`",
    )


def _is_made(context: Context) -> bool:
    """Return whether a step makes releases that can work, and no other job deploys: nothing is to be added then."""
    told = {"release.jobs", "release.workflow"} & set(context.config.answers)
    made = any(step.problem is None for step in find_release_steps(context.facts))
    return made and not told and not deploy_candidates(context)


def _images(context: Context) -> None:
    """Let the images of the backends carry the commit that CI names the release by, where their code reads it from a variable."""
    context.refresh()
    for backend in context.facts.backends:
        with context.part():
            name_by_host(context, backend)
        context.refresh()
    for backend in context.facts.backends:
        found = images_lacking_release(context.facts, backend)
        for lacking in found:
            with context.part():
                name, path = lacking.argument or lacking.variable, lacking.image.path
                if lacking.argument is None:
                    at, own = len(lacking.image.stages) - 1, lacking.variable
                    name = carried_argument(context.facts, lacking.image) or own
                    context.edit(
                        path,
                        lambda data, v=own, p=path, s=at, n=name: dockerfile.add_release(data or b"", v, p, s, n),  # type: ignore[misc]
                    )
                    context.refresh()
                image = read_image(path, context.facts.text(path) or "", target_of(context.facts, path))
                hand_in(context, image, Wanted(arguments={name: workflow.RELEASE}))
            context.refresh()
        place = next((one.read_at for one in found if one.read_at is not None), None)
        if place is not None:
            context.actions.append(_or_none(found[0].variable, *place))


def _or_none(variable: str, path: str, line: int) -> ManualTask:
    """Return the task for code that would take an empty variable for a release's name (`client.py` of sentry-sdk asks for None)."""
    return ManualTask(
        title=f"add `or None` after what reads {variable} in {path}:{line}",
        reason="an image that is built without the argument has an empty value, which the SDK uses as the release name",
        place=f"{path}:{line}",
        path=path,
        snippet=f'release=os.environ.get("{variable}") or None',
    )


def _one_of(context: Context, key: str, *known: str) -> str:
    """Return the answer to a question of two; the first is the default. Raises `UsageError` for any other."""
    said = context.config.answers.get(key, known[0])
    if said not in known:
        raise UsageError(f"`{key}={said}` is not known", hint=f"write `{'` or `'.join(known)}`")
    return said


def _with_callers(
    context: Context, options: workflow.ReleaseOptions, released: Released
) -> list[tuple[Workflow, Job, str]]:
    """Return the jobs that deploy; where a workflow is called, the jobs that call it: they have the secrets, and know the environment."""
    found: list[tuple[Workflow, Job, Deployed]] = []
    every = deployed_jobs(context)
    inside: set[tuple[str, str]] = set()
    for flow, job, at in every:
        if "workflow_call" not in flow.triggers:
            found.append((flow, job, at))
            continue
        callers = callers_of(context.facts, flow.path)
        by_itself = bool({"push", "release", "schedule", "workflow_dispatch"} & set(flow.triggers))
        if callers and by_itself and not at.told and all(hands_token(j) for _, j in callers):
            found.append((flow, job, at))  # whatever starts it, the job behind the deploy has the token
            inside |= {(f.path, j.id) for f, j in callers}
        elif not callers or {"push", "release", "schedule"} & set(flow.triggers):
            called = f"is called by {callers[0][0].path}" if callers else "can be called by other workflows"
            why = f"{flow.path} {called}: what calls it must pass SENTRY_AUTH_TOKEN (`secrets: inherit`)"
            context.leave(Refused(why, _job_text(context, options, released, flow, job, at), flow.path))
        else:
            found += [(f, j, deployed_at(context, f, j, deploying(context.facts, f, j))) for f, j in callers]
    found = [(f, j, at) for f, j, at in found if (f.path, j.id) not in inside]
    kept: dict[tuple[str, str], tuple[Workflow, Job, str]] = {}
    seen: set[tuple[str, str]] = set()
    for flow, job, at in found:
        if (flow.path, job.id) not in seen and at.told:
            _leave_told(context, options, released, flow, job, at)
        elif (flow.path, job.id) not in seen:
            kept[flow.path, job.id] = (flow, job, reported(context, at.environment))
        seen.add((flow.path, job.id))
    return list(kept.values())


def _leave_told(
    context: Context, options: workflow.ReleaseOptions, released: Released, flow: Workflow, job: Job, at: Deployed
) -> None:
    """Leave the releases of an environment that is not known to be production to the person."""
    context.leave(
        Refused(
            f"job {job.id} deploys to {at.environment} ({at.told}): no release of production is made for it",
            _job_text(context, options, released, flow, job, at),
            f"{flow.path}:{job.line}",
        ),
        f"to create releases for it, name its environment: --set release.workflow={flow.path} "
        f"--set release.jobs={job.id}:ENVIRONMENT",
    )


def _job_text(
    context: Context, options: workflow.ReleaseOptions, released: Released, flow: Workflow, job: Job, at: Deployed
) -> str:
    """Return the release job of a job as text."""
    projects = released.of_job(context.facts, flow, job) or options.projects
    only = replace(options, jobs={job.id: at.environment}, place="job", projects=projects)
    refused = workflow.add_release_jobs(b"jobs: {}\n", only, flow.path)
    text = refused.snippet if isinstance(refused, Refused) else ""
    return text.rstrip("\n") + "".join(f"\n# {row}" for row in running_lines(context)) + "\n" if text else ""


def _deploy_jobs(context: Context, options: workflow.ReleaseOptions, released: Released) -> dict[str, dict[str, str]]:
    answer = context.config.answers.get("release.jobs")
    path = context.config.answers.get("release.workflow")
    if answer:
        check_key("release.jobs")
        pairs = []
        for pair in answer.split(","):
            job, colon, environment = pair.strip().partition(":")
            if not job or not colon or not environment:
                raise UsageError(f"`release.jobs={answer}` is not understood", hint="write job:environment,…")
            pairs.append((job, environment))
        named = {path: dict(pairs)} if path else jobs_by_file(context, pairs)
        if named is None:
            raise UsageError(
                "the workflow of `release.jobs` cannot be determined", hint="pass `--set release.workflow=…`"
            )
        return named
    unread = may_release(context.facts)
    if unread is not None:
        _leave_unread(context, options, unread)
        return {}
    left = len(context.left)
    candidates = [c for c in _with_callers(context, options, released) if path in (None, c[0].path)]
    candidates = [c for c in candidates if released.of_job(context.facts, c[0], c[1])]
    if (not candidates and not context.left) or _started(context.facts) is not None:
        _leave(context, options)
    elif candidates or len(context.left) == left:
        for part, project in released.without(context.facts, [(f, j) for f, j, _ in candidates]):
            _leave(context, replace(options, projects=(project,)), part)
    found: dict[str, dict[str, str]] = {}
    for flow, deploy, name in candidates:
        found.setdefault(flow.path, {})[deploy.id] = name
    return found


def _leave_unread(context: Context, options: workflow.ReleaseOptions, unread: tuple[str, int, str]) -> None:
    """Leave the release to the person where a step may create it already: a second one would be wrong then."""
    file, line, why = unread
    flows = context.facts.workflows
    ci = next((f.ci for f in flows if f.path == file), flows[0].ci if flows else provider("github"))
    context.leave(
        Refused(
            why,
            release_snippets.anywhere(ci, options, context.environment, running=running_lines(context)),
            f"{file}:{line}",
        ),
        "if it creates none, name the job that deploys: --set release.workflow=FILE --set release.jobs=JOB:production",
    )


def _leave(context: Context, options: workflow.ReleaseOptions, part: Part | None = None) -> None:
    """Leave the release (of one part) to the person: with the commands in the syntax of the CI that is there."""
    others = [f for f in context.facts.workflows if release_editor(f) is None]
    environment = context.environment
    for flow in others[:3]:
        deploy, environment = deploy_of(context, flow)
        why = f"the files of {flow.ci.title} are not edited"
        if deploy is None:
            # A job that waits for no deploy, or a phase that only follows one, would never be right.
            snippet = release_snippets.anywhere(flow.ci, options, environment, running=running_lines(context))
            why = f"{why}, and no job that deploys was found in {flow.path}"
            context.leave(Refused(why, snippet, flow.path), f"run this after each deploy, in {flow.path} if it deploys")
            continue
        snippet = release_snippets.release_snippet(flow.provider, options, deploy, environment).rstrip("\n")
        snippet += "".join(f"\n# {row}" for row in running_lines(context)) + "\n"
        context.leave(Refused(why, snippet, flow.path))
    if others:
        return
    flows = context.facts.workflows
    ci = flows[0].ci if flows else provider("github")
    elsewhere = _started(context.facts) or deploys_elsewhere(context.facts, part)
    what = "" if part is None else f" {part.name}"
    why = f"no job that deploys{what} was found ({', '.join(w.path for w in flows) or 'no CI definition'})"
    if elsewhere is not None:
        why = f"deployment runs elsewhere: {elsewhere[2]} ({elsewhere[0]}:{elsewhere[1]})"
    context.leave(
        Refused(
            why,
            release_snippets.anywhere(ci, options, environment, running=running_lines(context)),
            "the place that deploys",
        ),
        "run this after each deploy, or name the job that deploys: --set release.workflow=FILE --set release.jobs=JOB:production",
    )


def _started(facts: Facts) -> tuple[str, int, str] | None:
    """Return `(path, line, why)` of a job that only starts what deploys in another place: production's first; None without one."""
    found = [one for one in deploying_jobs(facts) if one[2].deploys and not one[2].weak and not one[2].awaited]
    found.sort(key=lambda one: deployed_environment(facts, *one) != Deployed("production"))
    return next(((what.path, what.line, f"job {j.id}: {what.why}") for _, j, what in found), None)


def deploy_of(context: Context, flow: Workflow) -> tuple[str | None, str]:
    """Return the name under which the job that deploys production is required in its own file, else another one that deploys,
    with its environment; no name where no job is seen to deploy.
    """
    jobs = [(j, what) for f, j, what in deploying_jobs(context.facts) if f.path == flow.path and what.deploys]
    found = [(j.id, deployed_environment(context.facts, flow, j, what)) for j, what in jobs]
    own = next((name for name, at in found if at.environment == context.environment and not at.told), None)
    if own is not None or not found:
        return own, context.environment
    name, at = found[0]
    return name, context.environment if at.told else at.environment
