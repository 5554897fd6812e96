"""The step `ci-audit`: the audit in the repository's CI, and as a hook where pre-commit is used."""

from __future__ import annotations

from checks.ci.commands import step_commands
from checks.ci.testing import NotRepeatableError, find_test_setup
from checks.errors import UsageError
from checks.manual import READ_TOKEN, secret_id
from checks.repository.facts import Facts
from setup_wizard.editors import ci_audit, ci_package, ci_runtime
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context
from setup_wizard.steps.source_maps import storing_secret
from setup_wizard.steps.verify_builds import verify_builds

GITLAB, HOOKS = ".gitlab-ci.yml", ".pre-commit-config.yaml"


def plan_ci_audit(context: Context) -> str | None:
    """Plan the audit for each CI in use; returns why nothing is done, or None."""
    providers = [w.ci for w in context.facts.workflows]
    said = context.config.answers.get("ci.package", "index")
    package = _locked(context, said) if ci_package.is_lock(said) else ci_package.read_package(said)
    if package is None:
        hint = (
            "use `index`, `git+https://…@` with the full commit, the URL of a wheel with `#sha256=…`, or a requirements "
            "file with hashes"
        )
        raise UsageError(f"`ci.package={said}` does not name one exact version", hint=hint)
    options = ci_audit.AuditOptions(
        branch=_default_branch(context), url=context.own_url, package=package, runtime=_runtime(context, package)
    )
    if GITLAB in context.facts.paths:
        context.edit(GITLAB, lambda data: ci_audit.add_gitlab_jobs(data or b"", options, GITLAB))
    if not providers or any(p.hands_secrets for p in providers):
        context.edit(ci_audit.WORKFLOW, lambda data: ci_audit.add_workflow(data, options))
    elif GITLAB not in context.facts.paths:
        return f"the CI here is {', '.join(sorted(p.title for p in providers))}: run `{ci_package.run_command(package)}` in it"
    if _wanted(context, "ci.verify"):
        with context.part():
            verify_builds(context, package)
    command, place = storing_secret(context.facts, READ_TOKEN)
    if HOOKS in context.facts.paths:
        context.edit(HOOKS, lambda data: ci_audit.add_hook(data or b"", HOOKS, package))
    if options.runtime == "" and _wanted(context):
        context.settled = True
    if context.changes:
        url = f"{context.known.url}/settings/account/api/auth-tokens/new-token/"
        title = "create a token that can only read (org, project, team, event, member, alerts), and store it as SENTRY_READ_TOKEN"
        task = ManualTask(id=secret_id(READ_TOKEN), title=title, command=command, place=place or "", url=url)
        context.actions.append(task)
    return None


def _wanted(context: Context, key: str = "ci.runtime") -> bool:
    """Return whether a part was asked for: a job that runs the application, or a verification. Raises `UsageError` for another answer."""
    said = context.config.answers.get(key, "no")
    if said not in ("yes", "no"):
        raise UsageError(f"`{key}={said}` is not known", hint="write `yes` or `no`")
    return said == "yes"


def _runtime(context: Context, package: str) -> str:
    """Return the job that runs the application, "" without one: where it is left to the person, a task has the lines."""
    if not _wanted(context) or not context.facts.backends or _verifies(context.facts):
        return ""
    title = "add a job that runs the application, and passes its report to the audit"
    gitlab = GITLAB in context.facts.paths
    if gitlab and not any(w.ci.hands_secrets for w in context.facts.workflows):
        reason = "GitLab gives every job the project's variables, including its secrets; protect those first"
        snippet = ci_runtime.gitlab_lines(package)
        context.actions.append(
            ManualTask(title=title, reason=reason, place=f"the end of {GITLAB}", path=GITLAB, snippet=snippet)
        )
        return ""
    setups = []
    try:
        setups = [find_test_setup(context.facts, b) for b in context.facts.backends]
        if len({(s.path, s.job) for s in setups}) > 1:
            raise NotRepeatableError("several jobs install for the backends")
    except NotRepeatableError as error:
        snippet, path = ci_runtime.runtime_lines(package), ci_runtime.RUNTIME_WORKFLOW
        context.actions.append(
            ManualTask(title=title, reason=str(error), place=f"{path}, a new file", path=path, snippet=snippet)
        )
        return ""
    return ci_runtime.runtime_job(setups[0], package)


def _verifies(facts: Facts) -> bool:
    """Return whether a job runs the application already, in a workflow that is not the one that this step makes."""
    flows = [f for f in facts.workflows if f.path != ci_audit.WORKFLOW]
    commands = (c for f in flows for j in f.jobs for s in j.steps for c in step_commands(facts, s))
    return any("verify-runtime" in c.words for c in commands)


def _locked(context: Context, path: str) -> str:
    """Return the requirements file that CI installs from. Raises `UsageError` where it leaves open what that is."""
    text = context.facts.text(path)
    make = f"make it: `echo '{ci_package.PACKAGE}' | uv pip compile --generate-hashes -o {path} -`"
    if text is None:
        raise UsageError(f"`ci.package={path}`: this file is not in the repository", hint=make)
    problem = ci_package.lock_problem(text)
    if problem is not None:
        raise UsageError(f"`ci.package={path}`: {problem}", hint=make)
    return path


def _default_branch(context: Context) -> str:
    """Return the branch that the repository's workflows call the main one, else `main`."""
    from checks.parsers import yaml as y

    for workflow in context.facts.workflows:
        branches = y.strings(y.get(workflow.node, "on", "push", "branches")) if workflow.node is not None else []
        for name in ("main", "master", "trunk"):
            if name in branches:
                return name
    return "main"
