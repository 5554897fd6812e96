"""What an action of GitHub means for a deployment: it deploys, hands over, publishes, may deploy, or says nothing."""

from __future__ import annotations

from collections.abc import Iterable

from checks.ci.programs import State, command_state, word_set, words_of
from checks.parsers.commands import read_commands

_DEPLOYS = (
    "akhileshns/heroku-deploy",
    "aws-actions/amazon-ecs-deploy",
    "aws-actions/aws-lambda-deploy",
    "aws-actions/aws-cloudformation-github-deploy",
    "aws-actions/aws-codebuild-run-build",
    "awslabs/amazon-app-runner-deploy",
    "aws-actions/amazon-app-runner-deploy",
    "einaregilsson/beanstalk-deploy",
    "azure/webapps-deploy",
    "azure/k8s-deploy",
    "azure/container-apps-deploy",
    "azure/functions-action",
    "azure/static-web-apps-deploy",
    "azure/aci-deploy",
    "google-github-actions/deploy",
    "digitalocean/app_action",
    "amondnet/vercel-action",
    "nwtgck/actions-netlify",
    "netlify/actions",
    "cloudflare/wrangler-action",
    "cloudflare/pages-action",
    "johnbeynon/render-deploy",
    "bervproject/railway-deploy",
    "dokku/github-action",
    "caprover/deploy",
    "appleboy/scp-action",
    "easingthemes/ssh-deploy",
    "burnett01/rsync",
    "deliverybot/helm",
    "sgnus-it/",
    "kodermax/kubectl",
    "wahyd4/kubectl",
    "steebchen/kubectl",
    "actions-hub/kubectl",
    "samkirkland/ftp-deploy-action",
    "jakejarvis/s3-sync-action",
    "reggionick/s3-deploy",
    "firebaseextended/action-hosting-deploy",
    "serverless/github-action",
    "appleboy/lambda-action",
    "superfly/flyctl-actions@deploy",
    "dawidd6/action-ansible-playbook",
    "porter-dev/",
    "koyeb/action",
    "unfor19/install-aws-cli@deploy",
)
"""Actions that put code where users meet it."""

_OF_PAGES = (
    "cloudflare/",
    "nwtgck/actions-netlify",
    "netlify/actions",
    "samkirkland/ftp-deploy-action",
    "jakejarvis/s3-sync-action",
    "reggionick/s3-deploy",
    "firebaseextended/action-hosting-deploy",
    "appleboy/scp-action",
    "burnett01/rsync",
    "azure/static-web-apps-deploy",
)
"""Those that put up files, which may be the pages of a documentation."""

_HANDS = (
    "peter-evans/repository-dispatch",
    "benc-uk/workflow-dispatch",
    "convictional/trigger-workflow-and-wait",
    "the-actions-org/workflow-dispatch",
    "appleboy/ssh-action",
    "fifsky/ssh-action",
    "garygrossgarten/github-action-ssh",
    "appleboy/jenkins-action",
    "circleci/trigger_circleci_pipeline",
)
_HANDS_WORDS = frozenset({"argocd", "argo", "gitops", "flux", "dispatch", "ssh"})

_PUBLISHES_WORDS = frozenset(
    {
        "pypi",
        "chart",
        "charts",
        "changesets",
        "docs",
        "documentation",
        "mkdocs",
        "mike",
        "readthedocs",
        "crates",
        "tauri",
    }
    | {"goreleaser", "sphinx", "storybook", "chromatic", "npm", "drafter", "homebrew", "snapcraft", "electron"}
)
_PUBLISHES = (
    "peaceiris/actions-gh-pages",
    "jamesives/github-pages-deploy-action",
    "crazy-max/ghaction-github-pages",
    "actions/deploy-pages",
    "actions/upload-pages-artifact",
    "actions/create-release",
    "actions/upload-release-asset",
    "softprops/action-gh-release",
    "ncipollo/release-action",
    "googleapis/release-please-action",
    "google-github-actions/release-please-action",
    "cycjimmy/semantic-release-action",
    "python-semantic-release/",
    "release-drafter/",
    "marvinpinto/action-automatic-releases",
    "getsentry/craft",
    "getsentry/action-prepare-release",
)

_QUIET_OWNERS = word_set(
    """actions docker codecov astral-sh pre-commit github hadolint snok pnpm oven-sh hashicorp peter-evans slackapi dorny
    step-security getsentry sigstore anchore aquasecurity tj-actions extractions mikepenz sonarsource browser-actions
    cypress-io 8398a7 rtcamp ilammy abatilo denoland shivammathur ruby tibdex trufflesecurity gitleaks reviewdog psf
    chartboost conda-incubator mamba-org s-weigand marocchino py-cov-action coverallsapp imjasonh redhat-actions depot
    useblacksmith wearerequired"""
)
"""Owners of actions that set up, build, test or tell, and deploy nothing."""

_QUIET_WORDS = word_set(
    """setup install cache login auth checkout notify notification slack discord telegram lint test tests coverage scan label
    labeler comment badge version tag bump build push artifact artifacts upload download configure credentials agent
    filter changes wait render semantic commit changelog pr pull issue teams mail email approval approve"""
)


def action_state(uses: str, inputs: dict[str, str]) -> State | None:
    """Judge an action by its name and what it is given; None for one that neither deploys nor publishes nor could."""
    name, _, _ = uses.partition("@")
    plain = name.lower()
    words = set(words_of(plain.replace("gh-pages", "ghpages")))
    if plain.startswith(("./", "docker://")):
        return None
    kind, colon, _ = plain.partition(":")
    if colon or plain.startswith("travis-"):
        return _other_state(kind, words, plain)
    if plain.startswith(_PUBLISHES) or words & _PUBLISHES_WORDS or "ghpages" in words or "github-pages" in plain:
        return State.NO
    if plain == "superfly/flyctl-actions":
        return State.DEPLOYS if "deploy" in inputs.get("args", "").split() else None
    if plain == "cloud-gov/cg-cli-tools":
        # https://github.com/cloud-gov/cg-cli-tools: a command, or one of `cf`; without either the manifest is pushed
        return _of_text(inputs.get("command") or f"cf {inputs.get('cf_command') or 'push'}")
    if plain == "cloudflare/wrangler-action" and inputs.get("command"):
        return State.DEPLOYS if {"deploy", "publish"} & set(inputs["command"].split()) else None
    if plain == "amondnet/vercel-action":
        return State.DEPLOYS if "--prod" in inputs.get("vercel-args", "").split() else None
    if plain == "nwtgck/actions-netlify" and inputs.get("production-deploy") == "false":
        return None
    if plain == "firebaseextended/action-hosting-deploy":
        return State.DEPLOYS if inputs.get("channelId") == "live" else None
    if plain.startswith(_HANDS):
        return State.HANDS_OVER
    if plain.startswith(_DEPLOYS):
        return State.NO if plain.startswith(_OF_PAGES) and publishes_documents(inputs.values()) else State.DEPLOYS
    owner, _, rest = plain.partition("/")
    own = set(words_of(rest.partition("/")[2] or rest))
    if owner in _QUIET_OWNERS:
        return None
    if own & _HANDS_WORDS and not own & {"agent", "key", "keys", "known", "setup", "install"}:
        return State.HANDS_OVER
    if owner in ("aws-actions", "azure", "google-github-actions", "superfly"):
        return None
    if own & {"deploy", "deployer", "deployment"}:
        return None if own & _ABOUT_DEPLOYMENTS else State.DEPLOYS
    return None if own & _QUIET_WORDS else State.UNKNOWN


def publishes_documents(words: Iterable[str]) -> bool:
    """Return whether a folder or a project among some words is that of documentation: what is put up is not the application."""
    plain = (w.rpartition("=")[2] for w in words if "$" not in w and "://" not in w and " " not in w)
    return any(set(words_of(w)) & _DOCUMENTS for w in plain)


_DOCUMENTS = frozenset({"docs", "doc", "documentation", "mkdocs", "sphinx", "storybook", "readthedocs"})


def _of_text(text: str) -> State | None:
    """Judge what an action is told to run: the first of its commands that means something."""
    states = [command_state(c.words) for c in read_commands(text) if c.words and c.runs is not False]
    return next((s for s in states if s in (State.DEPLOYS, State.HANDS_OVER)), None)


def is_quiet_action(name: str) -> bool:
    """Return whether an action is of an owner whose actions set up, build, test or tell."""
    return name.lower().partition("/")[0] in _QUIET_OWNERS


def is_weak_action(uses: str) -> bool:
    """Return whether an action copies files or starts another workflow: it deploys only where its job says so."""
    return bool({"dispatch", "trigger", "scp", "rsync", "ftp", "sync"} & set(words_of(uses.partition("@")[0])))


def puts_up_pages(uses: str) -> bool:
    """Return whether an action puts files on a host of pages: what it deploys is what a browser gets."""
    name = uses.partition("@")[0].lower()
    return name.startswith((*_OF_PAGES, "amondnet/vercel-action")) and not name.startswith(_COPIES)


_COPIES = ("appleboy/scp-action", "burnett01/rsync", "samkirkland/ftp-deploy-action")


def starts_action(uses: str) -> bool:
    """Return whether an action that hands over only starts what deploys, and is over before that is: ssh runs it to its end."""
    return "ssh" not in words_of(uses.partition("@")[0].rpartition("/")[2])


_ABOUT_DEPLOYMENTS = word_set(
    """create status wait delete preview badge marker record annotation tracker domain domains dns certificate certificates"""
)
"""What is done about a deployment, or put up beside an application and holds none of its code."""

_AZURE_TASKS = (
    "azurewebapp",
    "azurermwebappdeployment",
    "azurefunctionapp",
    "kubernetesmanifest",
    "helmdeploy",
    "kubernetes",
    "azurecontainerapps",
    "azurestaticwebapp",
)


def _other_state(kind: str, words: set[str], plain: str) -> State | None:
    """Judge an orb of CircleCI, a task of Azure, a plugin of Drone, a job of Jenkins, a host that Travis deploys to."""
    if plain.startswith("travis-publish/"):
        return State.NO
    if plain.startswith("travis-deploy/"):
        return State.DEPLOYS
    if kind == "jenkins-job":
        return State.HANDS_OVER
    if words & _PUBLISHES_WORDS or "ghpages" in words:
        return State.NO
    if words & _HANDS_WORDS and not words & {"agent", "key", "keys"}:
        return State.HANDS_OVER
    deploys = bool(words & {"deploy", "deployment", "update", "rollout", "helm", "ansible"}) and kind != "plugin"
    if kind == "task":
        return State.DEPLOYS if plain.partition(":")[2].startswith(_AZURE_TASKS) or "deploy" in words else None
    if deploys and not words & {"preview", "status", "wait", "notify"}:
        return State.DEPLOYS
    return State.DEPLOYS if kind == "plugin" and "deploy" in words else None
