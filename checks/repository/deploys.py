"""The deployed services that a repository describes, and the variables declared for each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from checks.ci.model import Step
from checks.hosts import (
    cdk_functions,
    cloud_foundry,
    compose,
    dashboards,
    digitalocean,
    handed,
    helm,
    heroku,
    kamal,
    kubernetes,
    lambda_templates,
    own_images,
    render,
    systemd,
    tasks,
    terraform,
)
from checks.hosts.compose_started import started_by_deploying
from checks.parsers.github_expression import dotted, parse_expression, segments
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.deployment import Deployment
from checks.repository.env_loading import named_compose_files
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import (
    NOT_DEPLOYED,
    NOT_PRODUCTION,
    PRODUCTION,
    Purpose,
    folder_purposes,
    has_part,
    purposes,
    words_of,
)

_COMPOSE = lazy_pattern(r"(^|/)(docker-)?compose([.-][^/]*)?\.ya?ml$")

_Read = Callable[[Facts, str], Iterator[Deployment]]


def _dashboard(host: str, serves: str) -> _Read:
    return lambda facts, path: dashboards.read_dashboard(facts, path, host, serves)


_BY_NAME: dict[str, _Read] = {
    "render.yaml": render.read_render,
    "render.yml": render.read_render,
    "railway.json": _dashboard("railway", "unknown"),
    "railway.toml": _dashboard("railway", "unknown"),
    "nixpacks.toml": _dashboard("railway", "unknown"),
    "vercel.json": _dashboard("vercel", "frontend"),
    "netlify.toml": _dashboard("netlify", "frontend"),
    "captain-definition": _dashboard("caprover", "backend"),
    "apprunner.yaml": dashboards.read_app_runner,
    "cdk.json": cdk_functions.read_cdk,
}
"""Files whose name alone tells the host."""

_BY_PATH: tuple[tuple[str, re.Pattern[str], _Read], ...] = (
    ("fly", lazy_pattern(r"(^|/)fly(\.[^/]*)?\.toml$"), dashboards.read_fly),
    (".do/", lazy_pattern(r"(^|/)\.do/[^/]*\.ya?ml$"), digitalocean.read_digitalocean),
    ("app", lazy_pattern(r"(^|/)(?<!\.do/)app(\.[\w-]+)?\.ya?ml$"), dashboards.read_app_engine),
    (".t", lazy_pattern(r"\.(tf|tofu)$"), terraform.read_terraform),
    ("template", lambda_templates.FILES, lambda_templates.read_lambda),
    ("serverless", lambda_templates.FILES, lambda_templates.read_lambda),
    ("clevercloud", lazy_pattern(r"(^|/)clevercloud/python\.json$"), _dashboard("clever cloud", "backend")),
    (".service", lazy_pattern(r"\.service$"), systemd.read_systemd),
    ("config/deploy", lazy_pattern(r"(^|/)config/deploy\.ya?ml$"), kamal.read_kamal),
    ("copilot/", lazy_pattern(r"(^|/)copilot/[^/]+/manifest\.ya?ml$"), tasks.read_copilot),
    (
        ".json",
        lazy_pattern(r"(^|/)[^/]*(task|ecs|container|service)[^/]*\.json$|(^|/)ecs/[^/]*\.json$"),
        lambda facts, path: tasks.read_tasks(facts, path, "ecs"),
    ),
    (
        "ulumi",
        lazy_pattern(r"(^|/)pulumi/([^/]+/)*[^/]*\.ya?ml$|(^|/)Pulumi(\.[\w-]+)?\.ya?ml$"),
        lambda facts, path: tasks.read_tasks(facts, path, "pulumi", program=True),
    ),
    (
        "values",
        lazy_pattern(r"(^|/)(helm|charts?)/([^/]+/)*[^/]*values[^/]*\.ya?ml$|(^|/)values[^/]*\.ya?ml$"),
        helm.read_helm,
    ),
)
"""Files whose path tells the host: a part that the path has to hold, so that most patterns are never asked, and the pattern."""

_MANIFESTS = (
    *("k8s", "kube", "openshift", "kustomize", "deploy", "manifests", "base", "overlays", "argocd", "gitops", "infra"),
    *("cloudrun", "cloud-run", "service.yaml", "service.yml"),
)
"""How a folder or file of Kubernetes manifests starts."""

_MANIFEST = lazy_pattern(r"(?ms)^apiVersion:.*^kind:|^kind:.*^apiVersion:")
"""What a manifest of Kubernetes begins its documents with, whatever its file is called."""
_RAILWAY = ("railway.json", "railway.toml", "nixpacks.toml")
_HEROKU = ("Procfile", "app.json", "heroku.yml")


def find_deployments(facts: Facts) -> tuple[Deployment, ...]:
    """Read every file that deploys; one that does not parse is a deployment of which nothing is known but its `problem`."""
    found: list[Deployment] = []
    manifests: list[str] = []
    heroku_folders: dict[str, None] = {}
    cloud_foundry_folders: set[str] = set()
    named = named_compose_files(facts)
    started = started_by_deploying(facts)
    for path in facts.configuration:
        name = path.rpartition("/")[2]
        if folder_purposes(path) & NOT_DEPLOYED or Purpose.EDITOR in purposes(name):
            continue
        read = _BY_NAME.get(name) or next(
            (r for part, pattern, r in _BY_PATH if part in path and pattern.search(path)), None
        )
        if path.endswith((".yml", ".yaml")) and _MANIFEST.search(facts.text(path) or ""):
            manifests.append(path)
            continue
        if name == "nixpacks.toml" and any(join(parent(path), n) in facts.paths for n in _RAILWAY[:2]):
            continue  # how Railway builds; the service itself is described beside it
        if name in _HEROKU:
            heroku_folders[parent(path)] = None
        elif read is not None:
            if not (name in _RAILWAY and any(d.host == "railway" for d in found)):
                found += read(facts, path)
        elif ("compose" in name and _COMPOSE.search(path)) or path in named:
            apart = purposes(name) & NOT_PRODUCTION or Purpose.DEVELOPMENT in folder_purposes(path)
            found += compose.read_compose(facts, path) if path in started or not apart else ()
        elif path.endswith((".yml", ".yaml")) and "manifest" in name and cloud_foundry.is_manifest(facts, path):
            cloud_foundry_folders |= cloud_foundry.folders_of(facts, path)
            found += cloud_foundry.read_cloud_foundry(facts, path)
        elif path.endswith((".yml", ".yaml", ".tmpl")) and has_part(path, frozenset(), _MANIFESTS):
            manifests.append(path)
    found += kubernetes.read_kubernetes(facts, manifests)
    for path in named_task_definitions(facts):
        if not any(d.path == path for d in found):
            found += tasks.read_tasks(facts, path, "ecs")
    others = any(d.serves != "frontend" and (d.host != "compose" or _is_deployed(d.path, started)) for d in found)
    for folder in heroku_folders:
        # Beside what else deploys, a Procfile alone is for `heroku local`, honcho, or another platform's buildpacks.
        told = heroku.is_described(facts, folder) or heroku.names_heroku(facts)
        if told or not (others or folder in cloud_foundry_folders):
            found += heroku.read_heroku(facts, folder)
    production_compose = any(d.host == "compose" and _is_deployed(d.path, started) for d in found)
    others = any(d.host != "compose" for d in found)
    kept = [
        d for d in found if d.host != "compose" or _is_deployed(d.path, started) or not (production_compose or others)
    ]
    kept = _without_development(kept, started)
    return tuple(own_images.with_own_images(facts, list(handed.with_handed(facts, terraform.told_by_names(kept)))))


def _without_development(found: list[Deployment], started: frozenset[str]) -> list[Deployment]:
    """Leave out what deploys a development environment (`k8s/dev/web.yaml`), where another file deploys the same side."""

    def develops(deployment: Deployment) -> bool:
        name = deployment.path.rpartition("/")[2]
        said = purposes(name) & NOT_PRODUCTION or Purpose.DEVELOPMENT in folder_purposes(deployment.path)
        return bool(said) and deployment.path not in started

    others = {d.serves for d in found if not develops(d)}
    return [d for d in found if d.serves not in others or not develops(d)]


def _of_environment(step: Step, text: str) -> str | None:
    """Return an input's text where it is literal, or no more than a variable of the workflow (`${{ env.NAME }}`)."""
    try:
        parts = [(parse_expression(t) if dynamic else t) for dynamic, t in segments(text)]
    except ParseError:
        return None
    paths = [p if isinstance(p, str) else dotted(p) for p in parts]
    if len(paths) == 1 and isinstance(paths[0], tuple) and len(paths[0]) == 2 and paths[0][0] == "env":
        name = paths[0][1].lower()
        value = next((v for k, v in step.env.items() if k.lower() == name), "")
        return value if value and "${{" not in value else None
    return text if all(isinstance(p, str) for p in paths) else None


_TASK_ACTIONS = ("aws-actions/amazon-ecs-render-task-definition", "aws-actions/amazon-ecs-deploy-task-definition")


def named_task_definitions(facts: Facts) -> list[str]:
    """Return the files that jobs hand to ECS as task definitions (https://github.com/aws-actions/amazon-ecs-deploy-task-definition)."""
    steps = [s for f in facts.workflows for j in f.jobs for s in j.steps]
    rendered = [s for s in steps if (s.uses or "").partition("@")[0] in _TASK_ACTIONS]
    named = (join(".", _of_environment(s, s.inputs.get("task-definition", "")) or ".") for s in rendered)
    return list(dict.fromkeys(p for p in named if p in facts.paths))


def _is_deployed(path: str, started: frozenset[str]) -> bool:
    return path in started or bool(words_of(path) & (PRODUCTION | {"staging"}))


def deployments_of_backend(facts: Facts, root: str) -> list[Deployment]:
    """Return the deployments that may run the backend at `root`: those that serve it, in its folder where told."""
    found = []
    for deployment in facts.deployments:
        if deployment.serves == "frontend":
            continue
        if deployment.serves == "unknown" and deployment.closed:
            continue
        place = deployment.root
        if place is None or inside(root, place) or inside(place, root):
            found.append(deployment)
    return found
