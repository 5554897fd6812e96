"""The step `ci-audit`: the audit in the repository's CI, and as a hook where pre-commit is used."""

from __future__ import annotations

from setup_wizard.editors import ci_audit
from setup_wizard.plan.model import ByHand
from setup_wizard.steps.context import Context
from setup_wizard.steps.source_maps import secret_command

GITLAB, HOOKS = ".gitlab-ci.yml", ".pre-commit-config.yaml"


def plan_ci_audit(context: Context) -> str | None:
    """Plan the audit for each CI in use; returns why nothing is done, or None."""
    providers = [w.ci for w in context.facts.workflows]
    options = ci_audit.AuditOptions(branch=_default_branch(context), url=context.own_url)
    if GITLAB in context.facts.paths:
        context.edit(GITLAB, lambda data: ci_audit.add_gitlab_jobs(data or b"", options, GITLAB))
    if not providers or any(p.hands_secrets for p in providers):
        context.edit(ci_audit.WORKFLOW, lambda data: ci_audit.add_workflow(data, options))
    elif GITLAB not in context.facts.paths:
        return f"the CI here is {', '.join(sorted(p.title for p in providers))}: run `{ci_audit.RUN}` in it"
    command = secret_command(context.facts, "SENTRY_READ_TOKEN")
    if HOOKS in context.facts.paths:
        context.edit(HOOKS, lambda data: ci_audit.add_hook(data or b"", HOOKS))
    if context.changes:
        url = f"{context.known.url}/settings/account/api/auth-tokens/new-token/"
        title = "create a token that can only read (org, project, team, event, member, alerts), and store it as SENTRY_READ_TOKEN"
        context.actions.append(ByHand(title=title, command=command, url=url))
    return None


def _default_branch(context: Context) -> str:
    """Return the branch that the repository's workflows call the main one, else `main`."""
    from checks.parsers import yaml as y

    for workflow in context.facts.workflows:
        branches = y.strings(y.get(workflow.node, "on", "push", "branches")) if workflow.node is not None else []
        for name in ("main", "master", "trunk"):
            if name in branches:
                return name
    return "main"
