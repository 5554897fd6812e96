"""Whether a job deploys this application: decided once, by what it does; its name is asked last and never by itself.

Publishing a package, a chart, documentation or a GitHub release is no deployment. Handing over (ssh, another repository,
a remote workflow) is one whose steps are not written here.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from checks.ci.commands import commands
from checks.ci.conditions import runs
from checks.parsers import yaml as y
from checks.patterns import lazy_pattern

if TYPE_CHECKING:
    from checks.parsers.shell import Command
    from checks.repository.ci import Job, Step, Workflow
    from checks.repository.facts import Facts


class State(enum.StrEnum):
    """What is known of a job."""

    DEPLOYS = "deploys"
    HANDS_OVER = "hands over"
    UNKNOWN = "unknown"
    NO = "no"


class Deploying(Struct, frozen=True, kw_only=True):
    """Whether a job deploys, what says so, and where that stands."""

    state: State
    why: str
    path: str
    line: int

    @property
    def deploys(self) -> bool:
        """Whether code goes out, here or by whom the job hands over to."""
        return self.state in (State.DEPLOYS, State.HANDS_OVER)


_WORD = lazy_pattern(
    r"(^|[^a-z])(deploy|deployment|deploys|ship|rollout|roll-out|go-?live|release)([^a-z]|$)", re.IGNORECASE
)
_NOT_LIVE = lazy_pattern(
    r"(^|[^a-z])(preview|review|rollback|destroy|teardown|cleanup|docs?|documentation|storybook|chromatic|pages|pypi|testpypi|npm|test)([^a-z]|$)",
    re.IGNORECASE,
)
_LIVE = lazy_pattern(
    r"(^|[^a-z])(prod|production|live|staging|stage|uat|demo|sandbox|dev|development)([^a-z]|$)", re.IGNORECASE
)
_DEPLOY_SCRIPT = lazy_pattern(r"(^|[/:_.-])(deploy|deployment|rollout|ship)([-_.:/]|$)", re.IGNORECASE)

_COMMANDS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("flyctl", "fly"), lazy_pattern(r"^deploy\b")),
    (("kubectl",), lazy_pattern(r"\b(apply|replace|patch|set image|set env|rollout restart)\b")),
    (("helm",), lazy_pattern(r"\b(upgrade|install)\b")),
    (("helmfile",), lazy_pattern(r"\b(apply|sync)\b")),
    (("railway",), lazy_pattern(r"\b(up|redeploy)\b")),
    (("vercel",), lazy_pattern(r"--prod\b|--prebuilt.*--prod|^promote\b")),
    (("netlify", "ntl"), lazy_pattern(r"\bdeploy\b.*--prod|-p\b")),
    (("wrangler",), lazy_pattern(r"\b(deploy|publish)\b")),
    (("eb",), lazy_pattern(r"^deploy\b")),
    (("heroku",), lazy_pattern(r"\b(container:release|builds:create|pipelines:promote)\b")),
    (("cap",), lazy_pattern(r"\bdeploy\b")),
    (("kamal",), lazy_pattern(r"^(deploy|redeploy|setup)\b")),
    (("ansible-playbook", "ansible"), lazy_pattern(r".")),
    (
        ("aws",),
        lazy_pattern(
            r"^(ecs (update-service|deploy)|lambda update-function-code|apprunner (start-deployment|update-service)"
            r"|deploy create-deployment"
            r"|elasticbeanstalk update-environment|amplify start-(job|deployment)"
            r"|s3 (sync|cp)\b.* s3://|cloudformation deploy|lightsail create-container-service-deployment)"
        ),
    ),
    (
        ("gcloud",),
        lazy_pattern(
            r"\b(run (deploy|services (update|replace))|app deploy|functions deploy|deploy releases create)\b"
        ),
    ),
    (
        ("az",),
        lazy_pattern(r"^(webapp (deploy|up|deployment)|containerapp (update|up|revision)|functionapp deployment)\b"),
    ),
    (
        ("docker",),
        lazy_pattern(r"^(stack deploy|service update)\b|^(-H|--host|--context|-c)\b.*\b(compose .*up|stack|run)\b"),
    ),
    (("doctl",), lazy_pattern(r"^(apps (create-deployment|update)|kubernetes )")),
    (
        (
            "sls",
            "serverless",
            "cdk",
            "sam",
            "copilot",
            "convox",
            "chalice",
            "zappa",
            "dokku",
            "platform",
            "clever",
            "caprover",
            "divio",
            "scalingo",
            "koyeb",
            "render",
            "nf",
        ),
        lazy_pattern(r"\b(deploy|deploys create|update|push|git:from-image)\b"),
    ),
    (("oc",), lazy_pattern(r"\b(apply|rollout latest|start-build|set image)\b")),
    (("rsync", "scp"), lazy_pattern(r"\S+:\S*|rsync://")),
    (("git",), lazy_pattern(r"^push\b.*(heroku|dokku|clever|scalingo|piku|railway)")),
    (("fab", "invoke", "inv", "dep", "mina"), lazy_pattern(r"\bdeploy")),
    (("pm2",), lazy_pattern(r"^(deploy|reload)\b")),
    (("nomad",), lazy_pattern(r"^(job )?run\b")),
)
"""Programs that put code where users meet it, with the words that do so."""

_HANDING: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("ssh",), lazy_pattern(r".")),
    (("sshpass",), lazy_pattern(r"\bssh\b")),
    (("argocd",), lazy_pattern(r"\bapp (sync|set)\b")),
    (("gh",), lazy_pattern(r"^workflow run\b|^api .*dispatches")),
)

_OTHERS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("terraform", "tofu", "terragrunt"), lazy_pattern(r"\bapply\b")),
    (("pulumi",), lazy_pattern(r"^up\b")),
)
"""What may deploy the application or only prepare its place."""

_ACTIONS = lazy_pattern(
    r"^(akhileshns/heroku-deploy|aws-actions/amazon-ecs-deploy|einaregilsson/beanstalk-deploy|azure/(webapps-deploy|k8s-deploy|container-apps-deploy"
    r"|functions-action|static-web-apps-deploy|aci-deploy)|google-github-actions/deploy|digitalocean/app_action|amondnet/vercel-action"
    r"|nwtgck/actions-netlify|netlify/actions|cloudflare/(wrangler|pages)-action|johnbeynon/render-deploy|render|bervproject/railway|dokku/github-action"
    r"|caprover/deploy|appleboy/scp-action|easingthemes/ssh-deploy|burnett01/rsync|superfly/flyctl-actions$|deliverybot/helm|[\w-]+/(deploy-to|deploy-|rsync-deploy)"
    r"|sgnus-it/|kodermax/kubectl|wahyd4/kubectl|steebchen/kubectl)",
    re.IGNORECASE,
)
_HANDING_ACTIONS = lazy_pattern(
    r"repository-dispatch|workflow-dispatch|trigger-workflow|appleboy/ssh-action|argocd|argo-cd|ssh-action|gitops|flux",
    re.IGNORECASE,
)
_PUBLISHING_ACTIONS = lazy_pattern(
    r"gh-pages|deploy-pages|github-pages|gh-action-pypi|action-gh-release|release-please|chart-releaser|changesets/action|release-action|create-release"
    r"|semantic-release|release-drafter|readthedocs|action-release$|upload-pages|crates|mike|mkdocs|tauri-action|goreleaser|helm-gh-pages|docs",
    re.IGNORECASE,
)
_KNOWN_ACTIONS = lazy_pattern(
    r"^(actions/|docker/|codecov/|astral-sh/|pre-commit/|github/|hadolint/|snok/|pnpm/|oven-sh/|aws-actions/(configure|amazon-ecr)|azure/(login|setup|docker-login)"
    r"|google-github-actions/(auth|setup)|superfly/flyctl-actions/setup|getsentry/|hashicorp/setup|peter-evans/create-pull|slackapi/|webfactory/ssh-agent|dorny/|step-security/)",
    re.IGNORECASE,
)
_HARMLESS = lazy_pattern(
    r"(echo|printf|set|cd|mkdir|cp|mv|rm|cat|chmod|export|test|\[|\[\[|true|false|exit|sleep|ls|pwd|touch|source|\.|pip3?|npm|pnpm|yarn|bun|uv"
    r"|poetry|git|python3?|pytest|ruff|mypy|black|flake8|eslint|tsc|vite|node|tox|nox|pre-commit|coverage|apt-get|apt|apk|curl|wget|jq|sed|awk|grep"
    r"|tar|unzip|docker|sentry-cli|sentry|twine|hatch|build|django-admin|createdb|psql|head|tail|tee|date|sort|find|ssh-keyscan|ssh-add|ssh-keygen"
    r"|eval|semantic-release|gh|mkdocs|sphinx-build|playwright|cypress|vitest|jest|helm|tree|bash|sh)$"
)
"""Programs that tell nothing of a deployment; what else a job named so runs may deploy."""


def deploying(facts: Facts, workflow: Workflow, job: Job) -> Deploying:
    """Tell whether a job deploys this application, three-valued, with the reason and its place."""
    return facts.once("deploying", f"{workflow.path}#{job.id}#{job.line}", lambda: _decide(workflow, job))


def deploying_jobs(facts: Facts) -> list[tuple[Workflow, Job, Deploying]]:
    """Return every job that deploys, hands over, or may deploy, in the order of the files."""
    found = []
    for workflow in facts.workflows:
        if set(workflow.triggers) == {"workflow_call"} and any(
            (j.uses or "").removeprefix("./") == workflow.path for w in facts.workflows for j in w.jobs
        ):
            continue  # its callers are looked at, with what they hand in
        for job in workflow.jobs:
            what = deploying(facts, workflow, job)
            if what.state is not State.NO:
                found.append((workflow, job, what))
    return found


def step_deploys(step: Step) -> bool:
    """Tell whether one step deploys or hands over by what it runs."""
    found = _step(step)
    return found is not None and found.deploys


def _decide(workflow: Workflow, job: Job) -> Deploying:
    def answer(state: State, why: str, line: int = job.line, path: str = workflow.path) -> Deploying:
        return Deploying(state=state, why=why, path=path, line=line)

    if workflow.only_pull_requests:
        return answer(State.NO, "it runs on pull requests only")
    if re.search(r"(?i)preview|review|rollback|destroy|teardown", f"{job.id} {job.environment or ''}"):
        return answer(State.NO, "it serves previews, or takes a version away")
    answer_, why = runs(workflow, job)
    if answer_ is False:
        return answer(State.NO, f"it does not run when code is deployed: {why}")
    acts = [
        a
        for s in job.steps
        if s.runs is not False and runs(workflow, job, s)[0] is not False and (a := _step(s)) is not None
    ]
    for state in (State.DEPLOYS, State.HANDS_OVER):
        first = next((a for a in acts if a.state is state), None)
        if first is not None:
            return first
    pushed = _pushes_elsewhere(job)
    if pushed is not None:
        return pushed
    named = bool(_WORD.search(f"{job.id} {job.name or ''}")) and not _NOT_LIVE.search(f"{job.id} {job.name or ''}")
    if job.uses and not job.uses.startswith("./"):
        if named or re.search(r"(?i)deploy|(^|[^a-z])cd([^a-z]|$)", job.uses):
            return answer(State.HANDS_OVER, f"it calls {job.uses}")
        return answer(State.NO, f"it calls {job.uses}")
    live = job.environment is not None and not _NOT_LIVE.search(job.environment) and _counts(job)
    maybe = next((a for a in acts if a.state is State.UNKNOWN), None)
    publishes = any(a.state is State.NO for a in acts)
    if live and (named or maybe is not None or _LIVE.search(job.environment or "")) and not publishes:
        return answer(State.DEPLOYS, f"it runs in the environment {job.environment}")
    if maybe is not None and named and not publishes:
        return answer(State.UNKNOWN, f"{maybe.why}, which may deploy", maybe.line, maybe.path)
    if maybe is not None and maybe.why.startswith("it runs terraform"):
        return maybe
    if live and not publishes:
        return answer(State.UNKNOWN, f"it runs in the environment {job.environment}")
    if named and not publishes:
        return answer(State.UNKNOWN, "it is named so, and no step of it is known to deploy")
    return answer(State.NO, "no step of it deploys")


def _counts(job: Job) -> bool:
    """Tell whether the environment means a deployment (`deployment: false`, GitLab's `action: stop` mean none)."""
    environment = y.get(job.node, "environment")
    return y.scalar(y.get(environment, "deployment")) != "false" and y.scalar(y.get(environment, "action")) in (
        None,
        "start",
    )


def _pushes_elsewhere(job: Job) -> Deploying | None:
    """A checkout of another repository that is then pushed to hands over to what watches it."""
    other = next(
        (
            s
            for s in job.steps
            if (s.uses or "").startswith("actions/checkout")
            and s.inputs.get("repository")
            and "github.repository" not in s.inputs["repository"]
        ),
        None,
    )
    cloned = False
    for step in job.steps:
        for command in commands(step):
            words = command.words
            if command.runs is False or words[:1] != ("git",):
                continue
            cloned = cloned or "clone" in words
            if "push" in words and (other is not None or cloned) and "gh-pages" not in words:
                where = other.inputs["repository"] if other is not None else "another repository"
                return Deploying(
                    state=State.HANDS_OVER,
                    why=f"it pushes to {where}, which something else deploys from",
                    path=step.path,
                    line=step.line,
                )
    return None


def _step(step: Step) -> Deploying | None:
    """Judge one step; `NO` is one that publishes, None one that tells nothing."""

    def answer(state: State, why: str, line: int = step.line) -> Deploying:
        return Deploying(state=state, why=why, path=step.path, line=line)

    if step.uses:
        name = step.uses.partition("@")[0]
        if _PUBLISHING_ACTIONS.search(name):
            return answer(State.NO, f"it publishes by {name}")
        if _HANDING_ACTIONS.search(name):
            return answer(State.HANDS_OVER, f"it hands over by {name}")
        if _ACTIONS.search(name) and not _is_preview(step):
            return answer(State.DEPLOYS, f"it deploys by {name}")
        if name.startswith("superfly/flyctl-actions") and "deploy" in step.inputs.get("args", ""):
            return answer(State.DEPLOYS, f"it deploys by {name}")
        if not name.startswith("./") and not _KNOWN_ACTIONS.search(name):
            state = State.UNKNOWN
            if re.search(r"(?i)(^|[/_-])deploy", name):
                state = State.DEPLOYS
            return answer(state, f"it uses {name}")
        return None
    best: Deploying | None = None
    order = (State.DEPLOYS, State.HANDS_OVER, State.NO, State.UNKNOWN)
    for command in commands(step):
        if command.runs is False:
            continue
        judged = command_state(command)
        if judged is None:
            continue
        found = answer(judged, f"it runs {' '.join(command.words[:3])[:60]}")
        if best is None or order.index(judged) < order.index(best.state):
            best = found
    return best


def _is_preview(step: Step) -> bool:
    name, inputs = step.uses or "", step.inputs
    if "vercel-action" in name:
        return "--prod" not in inputs.get("vercel-args", "")
    if "actions-netlify" in name:
        return inputs.get("production-deploy") == "false"
    return False


def command_state(command: Command) -> State | None:
    """Judge one command; None for what neither deploys nor publishes nor could."""
    words = command.words
    program = words[0].rpartition("/")[2]
    rest = " ".join(words[1:])
    for table, state in ((_COMMANDS, State.DEPLOYS), (_HANDING, State.HANDS_OVER), (_OTHERS, State.UNKNOWN)):
        for programs, pattern in table:
            if program in programs and pattern.search(rest) and "--dry-run" not in rest:
                return state
    if program in ("curl", "wget", "http", "xh"):
        if re.search(
            r"api\.render\.com|api\.vercel\.com/v1/integrations/deploy|api\.netlify\.com/build_hooks"
            r"|(?i:deploy[\w-]*hook|render_hook|/deploy\b)",
            rest,
        ):
            return State.DEPLOYS
        return State.HANDS_OVER if "/dispatches" in rest else None
    if program in ("twine", "mkdocs", "mike", "semantic-release") or re.match(
        r"(npm|pnpm|yarn|uv|poetry|hatch|flit|cargo|bun) publish\b|gh release\b|helm push\b|git push\b.*gh-pages",
        f"{program} {rest}",
    ):
        return State.NO
    runner = re.match(r"(?:make|just|task|rake|mage|poe|nox|tox|npm|pnpm|yarn|bun|invoke|gradle)\b", program)
    target = next((w for w in words[1:] if not w.startswith("-") and w != "run" and "=" not in w), "")
    if runner and _DEPLOY_SCRIPT.search(target) and not _NOT_LIVE.search(target):
        return State.DEPLOYS
    script = target if program in ("bash", "sh", "python", "python3", "node", "source", ".") else words[0]
    if ("/" in script or re.search(r"\.\w+$", script) or "deploy" in script) and _DEPLOY_SCRIPT.search(script):
        return None if _NOT_LIVE.search(script.rpartition("/")[2]) else State.DEPLOYS
    if _HARMLESS.match(program) and script == words[0]:
        return None
    return State.UNKNOWN if not _HARMLESS.match(program) or "/" in script else None
