"""What a command means for a deployment, told by its words: it deploys, hands over, publishes, may deploy, or says nothing."""

from __future__ import annotations

import enum
import itertools


class State(enum.StrEnum):
    """What is known of a job, a step or a command."""

    DEPLOYS = "deploys"
    HANDS_OVER = "hands over"
    UNKNOWN = "unknown"
    NO = "no"


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_DEPLOYS: dict[str, tuple[str, ...]] = {
    "flyctl": ("deploy", "machine update"),
    "kubectl": ("apply", "replace", "patch", "set image", "set env", "rollout restart"),
    "helm": ("upgrade", "install"),
    "helmfile": ("apply", "sync"),
    "railway": ("up", "redeploy"),
    "wrangler": ("deploy", "publish"),
    "eb": ("deploy",),
    "heroku": ("container:release", "builds:create", "pipelines:promote"),
    "cap": ("deploy",),
    **dict.fromkeys(("cf", "cf7", "cf8"), ("push", "v3-push")),
    "kamal": ("deploy", "redeploy", "setup", "rolling"),
    "aws": (
        "ecs update-service",
        "ecs deploy",
        "lambda update-function-code",
        "apprunner start-deployment",
        "apprunner update-service",
        "deploy create-deployment",
        "elasticbeanstalk update-environment",
        "amplify start-job",
        "amplify start-deployment",
        "cloudformation deploy",
        "lightsail create-container-service-deployment",
    ),
    "gcloud": (
        "run deploy",
        "run services update",
        "run services replace",
        "app deploy",
        "functions deploy",
        "deploy releases create",
    ),
    "az": (
        "webapp deploy",
        "webapp up",
        "webapp deployment",
        "containerapp update",
        "containerapp up",
        "containerapp revision",
        "functionapp deployment",
    ),
    "docker": ("stack deploy", "service update"),
    "doctl": ("apps create-deployment", "apps update", "kubernetes"),
    "oc": ("apply", "rollout latest", "start-build", "set image"),
    "pm2": ("deploy", "reload"),
    "nomad": ("job run", "run"),
    "clever": ("deploy",),
    "caprover": ("deploy",),
    "dokku": ("deploy", "git:from-image", "git:sync"),
    "render": ("deploys create",),
    "koyeb": ("services update", "services redeploy", "deploy"),
    "platform": ("push", "deploy"),
    "scalingo": ("deploy", "deployment-follow"),
    "copilot": ("deploy", "svc deploy"),
    "convox": ("deploy",),
    "ansible-playbook": ("",),
    "ansible": ("",),
    **dict.fromkeys(("sls", "serverless", "cdk", "sam", "chalice", "divio", "northflank", "nf", "appctl"), ("deploy",)),
    "zappa": ("deploy", "update"),
    "firebase": ("deploy",),
    "fastapi": ("deploy",),
    "balena": ("push", "deploy"),
    "porter": ("apply",),
    "upsun": ("push",),
    "werf": ("converge",),
    "skaffold": ("run", "deploy"),
    "mina": ("deploy",),
    "dep": ("deploy",),
}
"""Programs that put code where users meet it, with the plain words that do so; an empty one: whatever they are told."""

_HANDS: dict[str, tuple[str, ...]] = {
    "ssh": ("",),
    "mosh": ("",),
    "argocd": ("app sync", "app set"),
    "flux": ("reconcile",),
    "gh": ("workflow run",),
    "eas": ("build",),
}
"""Programs that leave the deployment to somebody else."""

_MAYBE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("terraform", "tofu", "terragrunt"), ("apply",)),
    "pulumi": ("up", "update"),
}
"""Programs that may deploy the application or only prepare its place."""

_PUBLISHES: dict[str, tuple[str, ...]] = {
    "twine": ("upload",),
    "mkdocs": ("gh-deploy",),
    "mike": ("deploy",),
    "semantic-release": ("",),
    "ghp-import": ("",),
    "gh-pages": ("",),
    **dict.fromkeys(
        ("npm", "pnpm", "yarn", "bun", "uv", "poetry", "hatch", "flit", "cargo", "maturin", "pdm"), ("publish",)
    ),
    "gh": ("release",),
    "helm": ("push",),
    "goreleaser": ("release",),
    "changeset": ("publish",),
    "lerna": ("publish",),
    "cz": ("bump",),
    "chart-releaser": ("",),
    "cr": ("upload", "index"),
    "vsce": ("publish",),
    "tauri": ("build",),
    "electron-builder": ("",),
}
"""Programs that publish a package, a chart, documentation or a release: no deployment of the application."""

_ALIASES = {"fly": "flyctl", "ntl": "netlify", "go-task": "task", "inv": "invoke", "sshpass": "ssh", "k": "kubectl"}
_TASKS = frozenset(
    {
        "make",
        "gmake",
        "just",
        "task",
        "rake",
        "mage",
        "poe",
        "nox",
        "tox",
        "npm",
        "pnpm",
        "yarn",
        "bun",
        "invoke",
        "fab",
    }
    | {"gradle", "doit", "pdm", "hatch", "composer", "mise"}
)
_INTERPRETERS = frozenset(
    {"bash", "sh", "zsh", "dash", "python", "python3", "node", "source", ".", "ruby", "pwsh", "php"}
)
_HARMLESS = word_set(
    """echo printf set cd mkdir cp mv rm cat chmod chown export test [ [[ true false exit sleep ls pwd touch source . pip
    pip3 npm pnpm yarn bun uv poetry git python python3 pytest ruff mypy black flake8 eslint tsc vite node tox nox
    pre-commit coverage apt-get apt apk curl wget jq yq sed awk grep tar unzip zip gzip docker docker-compose sentry-cli
    sentry twine hatch build django-admin createdb psql head tail tee date sort find ssh-keyscan ssh-add ssh-agent
    ssh-keygen eval semantic-release gh mkdocs sphinx-build playwright cypress vitest jest helm tree bash sh make just
    task invoke npm-run-all aws gcloud az kubectl doctl heroku flyctl vercel netlify wrangler read wait trap return local
    declare unset shift base64 openssl tr cut wc xargs uname whoami id env which type command npx turbo nx lerna corepack
    pipx pipenv pdm virtualenv alembic rsync scp terraform tofu terragrunt pulumi kustomize sops gpg diff cmp seq basename
    dirname realpath pushd popd :"""
)
"""Programs that tell nothing of a deployment by themselves; what else a job named so runs may deploy."""

_DEPLOY_WORDS = frozenset({"deploy", "deployment", "deploys", "rollout", "ship", "golive", "release"})
_STRONG_WORDS = _DEPLOY_WORDS - {"release"}
_OTHER_WORDS = word_set(
    """sentry wait label triage preview review rollback destroy teardown cleanup doc docs documentation storybook
    chromatic pages pypi testpypi npm test tests package packages chart charts changelog notes check validate lint
    dry plan notify comment status backup backups restore export audit stats report locale locales translation
    translations crowdin weblate emails contract contracts domain domains dns certificate certificates"""
)
_VALUED = frozenset(
    {"-n", "--namespace", "-f", "--filename", "-c", "--config", "-a", "--app", "--context", "-H", "--host"}
)


_RELEASE_WORK = frozenset(
    {"publish", "upload", "draft", "prepare", "tag", "version", "bump", "create", "update", "check", "github"}
)
"""Words beside `release` that mean the release of a package or its notes."""


def words_of(name: str) -> list[str]:
    """Return the words of a name such as `deploy-docs` or `goLive`, in lower case."""
    found: list[str] = []
    current = ""
    for at, letter in enumerate(name):
        new = letter.isupper() and at > 0 and name[at - 1].islower()
        if not letter.isalpha() or new:
            found.append(current)
            current = ""
        current += letter.lower() if letter.isalpha() else ""
    return [w for w in [*found, current] if w]


_TRANSLATIONS = ("i18n", "l10n")


def named_so(name: str, *, strongly: bool = False) -> bool:
    """Return whether a name says that it deploys the application, and nothing else (`deploy`, not `deploy-docs`)."""
    if any(t in name.lower() for t in _TRANSLATIONS):
        return False
    words = words_of(name)
    wanted = _STRONG_WORDS if strongly else _DEPLOY_WORDS
    pairs = {"".join(p) for p in itertools.pairwise(words)}
    found = wanted & {*words, *pairs}
    if found <= {"release"} and _RELEASE_WORK & set(words):
        return False
    return bool(found) and not _OTHER_WORDS & set(words)


def _has(plain: list[str], wanted: tuple[str, ...]) -> bool:
    """Return whether some of these phrases are among the plain words, each with its words one behind the other."""
    for phrase in wanted:
        parts = phrase.split()
        if any(plain[i : i + len(parts)] == parts for i in range(len(plain) - len(parts) + 1)):
            return True
    return False


def _plain(words: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _VALUED
        else:
            found.append(word)
    return found


def command_state(words: tuple[str, ...], *, followed: bool = False) -> State | None:
    """Judge one command; None for what neither deploys nor publishes nor could.

    One that is `followed` is judged by what it calls: its own name says only that it may deploy.
    """
    program = words[0].rpartition("/")[2]
    program = _ALIASES.get(program, program)
    if {"--dry-run", "--help", "--check", "--diff"} & {w.partition("=")[0] for w in words[1:]}:
        return None
    plain = _plain(words)
    special = _special(program, words, plain)
    if special is not None:
        return special
    for table, state in (
        (_DEPLOYS, State.DEPLOYS),
        (_HANDS, State.HANDS_OVER),
        (_MAYBE, State.UNKNOWN),
        (_PUBLISHES, State.NO),
    ):
        if program in table and _has(plain, table[program]):
            return state
    return _by_name(program, words, plain, followed)


def is_known(words: tuple[str, ...]) -> bool:
    """Return whether a program is known to deploy to a place of its own, and not by a name that somebody gave it."""
    program = words[0].rpartition("/")[2]
    return _ALIASES.get(program, program) in _DEPLOYS and program not in (
        "aws",
        "sls",
        "serverless",
        "cdk",
        "sam",
        "chalice",
    )


def is_weak(words: tuple[str, ...]) -> bool:
    """Return whether a command copies files or starts another workflow: it deploys only where its job says so."""
    program = words[0].rpartition("/")[2]
    if program in ("rsync", "scp", "sftp", "lftp", "aws", "gsutil", "gcloud"):
        return program not in ("aws", "gcloud") or "s3" in words[1:3] or "rsync" in words
    return program == "gh" or any("/dispatches" in w for w in words)


def waits_for(words: tuple[str, ...]) -> bool:
    """Return whether a command that hands over ends with the deployment: ssh and a sync do, what sends a request does not."""
    program = words[0].rpartition("/")[2]
    return _ALIASES.get(program, program) in ("ssh", "mosh", "argocd", "flux")


def puts_up_files(words: tuple[str, ...]) -> bool:
    """Return whether a command puts files where a browser gets them: pages of an application, or of its documentation."""
    program = _ALIASES.get(words[0].rpartition("/")[2], words[0].rpartition("/")[2])
    copies = is_weak(words) and program != "gh"
    if program in ("curl", "wget"):
        # The hook of a host of pages; where a secret keeps it, the secret's name tells.
        return any({"vercel", "netlify"} & set(words_of(w.lower())) for w in words[1:] if not w.startswith("-"))
    return (
        copies or program in ("netlify", "surge", "firebase", "vercel") or (program == "wrangler" and "pages" in words)
    )


def is_provisioning(words: tuple[str, ...]) -> bool:
    """Return whether a command builds infrastructure, which the application may be a part of."""
    return words[0].rpartition("/")[2] in _MAYBE


def _special(program: str, words: tuple[str, ...], plain: list[str]) -> State | None:
    flags = set(words[1:])
    if program == "vercel":
        live = "--prod" in flags or "--target=production" in flags or plain[:1] == ["promote"]
        return State.DEPLOYS if live and plain[:1] in ([], ["deploy"], ["promote"]) else None
    if program == "netlify":
        return State.DEPLOYS if "deploy" in plain and flags & {"--prod", "-p", "--prodIfUnlocked"} else None
    if program == "git" and "push" in plain:
        if any("gh-pages" in w for w in plain):
            return State.NO
        hosts = ("heroku", "dokku", "clever", "scalingo", "piku", "railway", "caprover", "gigalixir", "platform")
        return State.DEPLOYS if any(h in w.lower() for w in plain for h in hosts) else None
    if program in ("rsync", "scp", "sftp", "lftp"):
        return State.DEPLOYS if any(_is_remote(w) for w in plain) or program in ("sftp", "lftp") else None
    if program == "aws" and plain[:1] == ["s3"] and (plain[1:2] == ["sync"] or "--recursive" in flags):
        # Values of flags may stand behind the place that is written to, but not a bucket.
        return State.DEPLOYS if any(w.startswith("s3://") for w in plain[3:]) else None
    if program in ("gcloud", "gsutil") and "rsync" in plain:
        at = plain.index("rsync")
        return State.DEPLOYS if any(w.startswith("gs://") for w in plain[at + 2 :]) else None
    if program == "docker" and words[1:2] and words[1].partition("=")[0] in ("-H", "--host", "--context", "-c"):
        return State.DEPLOYS if {"up", "stack", "run"} & set(words) else None
    if program == "gh" and plain[:1] == ["api"]:
        return State.HANDS_OVER if any(w.endswith("dispatches") for w in plain) else None
    if program in ("curl", "wget", "http", "xh", "https"):
        return _request(words)
    return None


def _is_remote(word: str) -> bool:
    """Return whether a word is another machine's path, as `user@host:path` or `rsync://…`."""
    if word.startswith(("rsync://", "sftp://")):
        return True
    place, colon, _ = word.partition(":")
    return bool(colon) and "/" not in place and not word.startswith(("http:", "https:"))


_HOOKS = ("api.render.com/deploy", "api.vercel.com/v1/integrations/deploy", "api.netlify.com/build_hooks")


def _request(words: tuple[str, ...]) -> State | None:
    """Judge a request: a host's hook deploys, a dispatch hands over; of a variable its name tells."""
    for word in words[1:]:
        if word.startswith("-"):
            continue
        plain = word.lower()
        if "/dispatches" in plain or "/trigger/pipeline" in plain or "/generic-webhook-trigger" in plain:
            return State.HANDS_OVER
        named = words_of(plain)
        if any(h in plain for h in _HOOKS) or ({"deploy", "render"} & set(named) and {"hook", "webhook"} & set(named)):
            return State.DEPLOYS
        address = plain.split("?")[0].rstrip("/")
        if "://" in address and address.rpartition("/")[2] in ("deploy", "redeploy"):
            return State.DEPLOYS
        if plain.startswith("$") and "deploy" in named and {"url", "endpoint"} & set(named):
            return State.DEPLOYS
    return None


def _by_name(program: str, words: tuple[str, ...], plain: list[str], followed: bool) -> State | None:
    """Judge a command that is known by the name of its target or script only."""
    target = next((w for w in plain if w not in ("run", "run-script", "exec") and "=" not in w), "")
    sure = State.UNKNOWN if followed else State.DEPLOYS
    if program in _TASKS:
        return sure if named_so(target, strongly=True) else None
    script = target if program in _INTERPRETERS else words[0]
    last = script.rpartition("/")[2]
    if "$" in last or (program in ("source", ".") and not last.endswith(".sh")):
        # A variable's own name says nothing of the script that it names, and what is sourced sets variables.
        return None if program in ("source", ".") or followed else State.UNKNOWN
    is_file = "/" in script or "." in last or named_so(last, strongly=True)
    if is_file and last and named_so(last.partition(".")[0] or last, strongly=True):
        return sure
    if followed or (program in _INTERPRETERS and not ("/" in script and words_of(last))):
        return None
    if program in _HARMLESS or program in _DEPLOYS or program in _PUBLISHES:
        return None
    return None if _OTHER_WORDS & set(words_of(last)) else State.UNKNOWN
