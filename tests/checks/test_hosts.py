"""The readers of hosts: what each declares, leaves out, or leaves to a place that cannot be seen."""

from __future__ import annotations

import contextlib

import pytest

from checks.config import load_config
from checks.hosts.shapes import is_image_of_others
from checks.model import Outcome
from checks.parsers.hcl import parse_hcl
from checks.parsers.text import ParseError
from checks.repository.deployment import Declared, Elsewhere, Lacking
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from tests.checks.test_backend_items import DSN, ENV, F, P, U, django
from tests.support.repo import backend, check_one, facts_of, workflow


def _manifest(container: str, kind: str = "Deployment", name: str = "web") -> str:
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  template:\n    spec:\n"
        f"      containers:\n        - {{name: web, image: shop, command: [gunicorn, shop.wsgi], {container}}}\n"
    )


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n---\n"
_FROM = "envFrom: [{secretRef: {name: shop-env}}]"
_MAP = "envFrom: [{configMapRef: {name: shop-env}}]"
_SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {{name: shop-env}}\n{}: {{SENTRY_DSN: {}}}\n"
_EXTERNAL = (
    "kind: ExternalSecret\nmetadata: {name: shop}\nspec:\n  target: {name: shop-env}\n"
    "  data: [{secretKey: SENTRY_DSN, remoteRef: {key: shop}}]\n"
)
_TASK = '{{"containerDefinitions": [{{"name": "web", "image": "shop", "command": ["gunicorn", "shop.wsgi"], {}}}]}}'
_COMPOSE = "services:\n  web:\n    image: shop\n    command: gunicorn shop.wsgi\n    {}\n"
_ANCHORS = (
    "x-base: &base\n  SENTRY_DSN: ${{SENTRY_DSN}}\nx-app: &app\n  <<: *base\n  OTHER: x\n"
    "services:\n  web:\n    image: shop\n    command: gunicorn shop.wsgi\n    environment:\n      <<: *app\n      {}\n"
)
_APP = "name: shop\nservices:\n  - name: web\n    run_command: gunicorn shop.wsgi\n    envs:\n      - {{key: SENTRY_DSN, {}}}\n"
_KAMAL = "service: shop\nservers:\n  web: [192.0.2.1]\nenv:\n  {}\n"
_LOCAL = 'locals {\n  env = [\n    { name = "DEBUG", value = "False" },\n    { name = "SENTRY_DSN", value = module.secrets.value.dsn },\n  ]\n}\n'
_TICKETS = 'resource "aws_ecs_task_definition" "tickets" {\n  container_definitions = jsonencode([{\n    name = "tickets"\n    image = "${data.repo.url}:latest"\n    environment = [{ name = "TICKETS_DJANGO_SECRET", value = "x" }]\n  }])\n}\n'
_TASK_TF = (
    'resource "aws_ecs_task_definition" "web" {{\n  container_definitions = jsonencode([{{\n    name    = "web"\n'
    '    command = ["gunicorn", "shop.wsgi"]\n    environment = {}\n  }}])\n}}\n'
)
_FLY = {"fly.toml": 'app = "shop"\n[env]\nPORT = "8000"\n'}

CASES: list[tuple[str, dict[str, str], Outcome, str]] = [
    ("kubernetes second document", {"k8s/web.yaml": _SERVICE + _manifest("env: [{name: SENTRY_DSN, valueFrom: {secretKeyRef: {name: a, key: b}}}]")}, P, "declared for web (Kubernetes"),
    ("kubernetes second document lacks", {"k8s/web.yaml": _SERVICE + _manifest("env: [{name: OTHER, value: x}]")}, F, "not declared for web (Kubernetes"),
    ("kubernetes third document worker", {"k8s/web.yaml": _SERVICE + _manifest(f"env: [{{name: SENTRY_DSN, value: '{DSN}'}}]") + "---\n" + _manifest("env: [{name: OTHER, value: x}]", name="worker")}, F, "not declared for worker"),
    ("kubernetes list of items", {"k8s/web.yaml": "kind: List\nitems:\n" + "\n".join("  " + line if i else "- " + line for i, line in enumerate(_manifest(f"env: [{{name: SENTRY_DSN, value: '{DSN}'}}]").splitlines())) + "\n"}, P, "declared for web"),
    ("kubernetes secret in another file", {"k8s/web.yaml": _manifest(_FROM), "k8s/env.yaml": _SECRET.format("stringData", DSN)}, P, "declared for web"),
    ("kubernetes encoded secret", {"k8s/web.yaml": _manifest(_FROM), "k8s/env.yaml": _SECRET.format("data", "aGVsbG8=")}, P, "declared for web"),
    ("kubernetes empty secret", {"k8s/web.yaml": _manifest(_FROM), "k8s/env.yaml": _SECRET.format("stringData", "''")}, F, "is empty"),
    ("kubernetes secret of another name", {"k8s/web.yaml": _manifest(_FROM), "k8s/env.yaml": _SECRET.format("stringData", DSN).replace("shop-env", "other")}, U, "the Secret `shop-env`, which is not in this repository"),
    ("kubernetes config map lacks", {"k8s/web.yaml": _manifest(_MAP), "k8s/env.yaml": "kind: ConfigMap\nmetadata: {name: shop-env}\ndata: {OTHER: x}\n"}, F, "not declared for web"),
    ("kubernetes external secret", {"k8s/web.yaml": _manifest(_FROM), "k8s/env.yaml": _EXTERNAL}, P, "declared for web"),
    ("kubernetes external secret of everything", {"k8s/web.yaml": _manifest(_FROM), "k8s/env.yaml": _EXTERNAL.replace("SENTRY_DSN", "OTHER") + "  dataFrom: [{extract: {key: shop}}]\n"}, U, "the Secret `shop-env`"),
    ("kubernetes prefix", {"k8s/web.yaml": _manifest("envFrom: [{prefix: SENTRY_, configMapRef: {name: shop-env}}]"), "k8s/env.yaml": f"kind: ConfigMap\nmetadata: {{name: shop-env}}\ndata: {{DSN: '{DSN}'}}\n"}, P, "declared for web"),
    ("kubernetes database", {"k8s/web.yaml": _manifest(f"env: [{{name: SENTRY_DSN, value: '{DSN}'}}]"), "k8s/db.yaml": "kind: StatefulSet\nmetadata: {name: db}\nspec: {template: {spec: {containers: [{name: db, image: 'postgres:17', env: [{name: POSTGRES_DB, value: shop}]}]}}}\n"}, P, "declared for web"),
    ("kustomize generator", {"k8s/base/web.yaml": _manifest(_MAP), "k8s/base/kustomization.yaml": f"resources: [web.yaml]\nconfigMapGenerator:\n  - name: shop-env\n    literals: ['SENTRY_DSN={DSN}']\n"}, P, "declared for web"),
    ("kustomize patch", {"k8s/base/web.yaml": _manifest("env: [{name: OTHER, value: x}]"), "k8s/overlays/production/patch.yaml": _manifest(f"env: [{{name: SENTRY_DSN, value: '{DSN}'}}]").replace("image: shop, command: [gunicorn, shop.wsgi], ", "")}, P, "declared for web"),
    ("kustomize env file unseen", {"k8s/base/web.yaml": _manifest(_MAP), "k8s/base/kustomization.yaml": "configMapGenerator:\n  - {name: shop-env, envs: [.env]}\n"}, U, "the ConfigMap `shop-env`"),
    ("openshift deployment lacks", {"openshift/web.yaml": _manifest("env: [{name: OTHER, value: x}]", "DeploymentConfig")}, F, "not declared for web (Kubernetes"),
    ("openshift template", {"openshift/web.yaml": "apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n  - " + _manifest("env: [{name: SENTRY_DSN, valueFrom: {secretKeyRef: {name: a, key: b}}}]", "DeploymentConfig").rstrip().replace("\n", "\n    ") + "\n"}, P, "declared for web (Kubernetes"),
    ("cloud run file", {"deploy/service.yaml": _manifest("env: [{name: SENTRY_DSN, valueFrom: {secretKeyRef: {name: a, key: b}}}]", "Service")}, P, "declared for web (Cloud Run"),
    ("ecs secret", {"infra/task-definition.json": _TASK.format('"secrets": [{"name": "SENTRY_DSN", "valueFrom": "arn"}]')}, P, "declared for web (ECS"),
    ("ecs lacks", {"infra/task-definition.json": _TASK.format('"environment": [{"name": "A", "value": "b"}]')}, F, "not declared for web (ECS"),
    ("ecs environment file", {"infra/task-definition.json": _TASK.format('"environmentFiles": [{"value": "arn:aws:s3:::b/web.env", "type": "s3"}]')}, U, "`arn:aws:s3:::b/web.env`"),
    ("ecs placeholder", {"ecs/web.json": _TASK.format('"environment": [{"name": "SENTRY_DSN", "value": ""}]')}, F, "is empty"),
    ("pulumi lacks", {"pulumi/config.prod.yaml": "containers:\n  - {name: web, command: [gunicorn, shop.wsgi], environment: [{name: A, value: b}]}\n"}, U, "the Pulumi program"),
    ("procfile and app.json", {"Procfile": "web: gunicorn shop.wsgi\n", "app.json": '{"env": {"SENTRY_DSN": {"required": true}}}'}, P, "declared for Heroku"),
    ("app.json optional", {"Procfile": "web: gunicorn shop.wsgi\n", "app.json": '{"env": {"SENTRY_DSN": {"required": false}}}'}, U, "Heroku keeps variables in its dashboard"),
    ("heroku.yml addon", {"heroku.yml": "setup:\n  addons: [{plan: 'sentry:f1'}]\nrun: {web: gunicorn shop.wsgi}\n"}, P, "declared for Heroku"),
    ("heroku addon of others", {"app.json": '{"addons": ["heroku-postgresql"]}'}, U, "Heroku keeps variables in its dashboard"),
    ("procfile of a laptop", {"Procfile": "web: python manage.py runserver\n"}, U, "no file in this repository deploys the backend"),
    ("compose nested anchors", {"compose.yml": _ANCHORS.format("A: b")}, P, "declared for web (Docker Compose"),
    ("compose own key wins", {"compose.yml": _ANCHORS.format("SENTRY_DSN: ''")}, F, "is empty"),
    ("compose list sets nothing", {"compose.yml": _COMPOSE.format("environment: ['SENTRY_DSN=']")}, F, "is empty"),
    ("compose list hands on", {"compose.yml": _COMPOSE.format("environment: [SENTRY_DSN]")}, P, "declared for web"),
    ("compose extends", {"compose.yml": _COMPOSE.format("extends: {file: base.yml, service: app}"), "base.yml": "services:\n  app:\n    environment: {SENTRY_DSN: '${SENTRY_DSN}'}\n"}, P, "declared for web"),
    ("compose file unseen", {"compose.yml": _COMPOSE.format("env_file: [{path: .env, required: true}]")}, U, "`.env`, which is not in this repository"),
    ("compose file of development", {"compose.yml": _COMPOSE.format("env_file: config/development/app.env"), "config/development/app.env": "SENTRY_DSN=\n"}, U, "`config/development/app.env`, which is not production's by its path"),
    ("compose tool of others", {"compose.yml": _COMPOSE.format("environment: [SENTRY_DSN]") + "  flower:\n    image: mher/flower:2.0\n    command: celery flower\n    environment: {A: b}\n"}, P, "declared for web"),
    ("compose file of products", {"products/compose.yml": _COMPOSE.format("env_file: ../.env.dev"), ".env.dev": "SENTRY_DSN=\n"}, U, "`.env.dev`, which is not production's by its path"),
    ("compose for production takes it", {"compose.prod.yml": _COMPOSE.format("env_file: .env.dev"), ".env.dev": "SENTRY_DSN=\n"}, F, "is empty"),
    ("container of an editor", {".devcontainer/devcontainer.json": '{ // "containers"\n}', ".devcontainer/compose.yml": _COMPOSE.format("environment: {A: b}")}, U, "no file in this repository deploys the backend"),
    ("container of an editor at the root", {".devcontainer.json": '{ // "containers"\n}'}, U, "no file in this repository deploys the backend"),
    ("compose of a developers' folder", {"docker/local/compose.yml": _COMPOSE.format("environment: {A: b}")}, U, "no file in this repository deploys the backend"),
    ("compose of a folder for work", {"dev/docker-compose.yml": _COMPOSE.format("environment: {SENTRY_DSN: '${SENTRY_DSN}'}")}, U, "no file in this repository deploys the backend"),
    ("compose of a local folder that a deploy starts", {"docker/local/compose.yml": _COMPOSE.format("environment: {A: b}"), "deploy.sh": "docker compose -f docker/local/compose.yml up -d\n"}, F, "not declared for web"),
    ("compose with debug", {"compose.yml": _COMPOSE.format("environment: {DEBUG: '1'}")}, U, "no file in this repository deploys the backend"),
    ("compose with mounted code", {"compose.yml": _COMPOSE.format("build: .\n    volumes: ['.:/app']")}, U, "no file in this repository deploys the backend"),
    ("compose with runserver beside", {"compose.yml": _COMPOSE.format("environment: {A: b}") + "  old:\n    build: .\n    command: ./manage.py runserver\n"}, U, "no file in this repository deploys the backend"),
    ("compose for production with debug", {"compose.prod.yml": _COMPOSE.format("environment: {DEBUG: '1'}")}, U, "compose.prod.yml is called after it, but web sets DEBUG"),
    ("digitalocean at run time", {".do/app.yaml": _APP.format("scope: RUN_TIME, type: SECRET")}, P, "declared for web (DigitalOcean"),
    ("digitalocean at both", {".do/app.yaml": _APP.format("type: SECRET")}, P, "declared for web"),
    ("digitalocean at build time", {".do/app.yaml": _APP.format("scope: BUILD_TIME, type: SECRET")}, F, "not declared for web (DigitalOcean"),
    ("digitalocean for the app", {".do/deploy.template.yaml": "spec:\n  name: shop\n  envs: [{key: SENTRY_DSN, scope: RUN_AND_BUILD_TIME, type: SECRET}]\n  workers: [{name: worker, run_command: celery -A shop worker}]\n"}, P, "declared for worker"),
    ("kamal secret", {"config/deploy.yml": _KAMAL.format("secret: [SENTRY_DSN]")}, P, "declared for shop (Kamal"),
    ("kamal renamed secret", {"config/deploy.yml": _KAMAL.format("secret: ['SENTRY_DSN:SHOP_DSN']")}, P, "declared for shop"),
    ("kamal lacks", {"config/deploy.yml": _KAMAL.format("clear: {A: b}")}, F, "not declared for shop (Kamal, production)"),
    ("kamal destination", {"config/deploy.yml": _KAMAL.format("clear: {A: b}"), "config/deploy.staging.yml": "env:\n  secret: [SENTRY_DSN]\n"}, P, "declared for shop (Kamal, staging)"),
    ("kamal role", {"config/deploy.yml": "service: shop\nservers:\n  web: {hosts: [192.0.2.1], env: {secret: [SENTRY_DSN]}}\n  job: {hosts: [192.0.2.1], cmd: celery -A shop worker}\n"}, F, "not declared for shop-job"),
    ("helm values", {"helm/shop/values-production.yaml": "web:\n  command: [gunicorn, shop.wsgi]\n  env:\n    SENTRY_DSN: https://key@o1.ingest.sentry.io/2\n".replace("https://key@o1.ingest.sentry.io/2", DSN)}, P, "for Helm (helm/shop/values-production.yaml, production)"),
    ("helm values lack", {"helm/shop/values.yaml": "web:\n  command: [gunicorn, shop.wsgi]\n  env: {DJANGO_X: a}\n"}, U, "the chart's templates"),
    ("copilot secret", {"copilot/web/manifest.yml": "name: web\nvariables: {DJANGO_X: a}\nsecrets: {SENTRY_DSN: /shop/dsn}\n"}, P, "declared for web (Copilot"),
    ("copilot environment lacks", {"copilot/web/manifest.yml": "name: web\nvariables: {DJANGO_X: a}\nenvironments:\n  production: {secrets: {SENTRY_DSN: /shop/dsn}}\n  staging: {variables: {A: b}}\n"}, F, "not declared for web (Copilot, staging)"),
    ("app runner", {"apprunner.yaml": "run:\n  command: gunicorn shop.wsgi\n  secrets: [{name: SENTRY_DSN, value-from: arn}]\n"}, P, "for App Runner (apprunner.yaml, production)"),
    ("app engine", {"app.yaml": "runtime: python313\nentrypoint: gunicorn shop.wsgi\nenv_variables: {A: b}\n"}, U, "Secret Manager"),
    ("terraform declares", {"infra/main.tf": _TASK_TF.format('[\n      { name = "SENTRY_DSN", value = var.dsn }, # it\n    ]')}, P, "declared for web (Terraform"),
    ("terraform empty", {"infra/main.tf": _TASK_TF.format('[{ name = "SENTRY_DSN", value = "" }]')}, F, "is empty"),
    ("terraform lacks", {"infra/main.tf": _TASK_TF.format('[{ name = "A", value = "b" }]')}, F, "not declared for web (Terraform"),
    ("terraform concat", {"infra/main.tf": _TASK_TF.format('concat(local.env, [{ name = "A", value = "b" }])')}, U, "values that Terraform computes"),
    ("terraform local", {"infra/app/main.tf": _TASK_TF.format('local.env'), "infra/app/env.tf": _LOCAL}, P, "declared for web (Terraform"),
    ("terraform local joined", {"infra/app/main.tf": _TASK_TF.format('concat(local.env, [{ name = "A", value = "b" }])'), "infra/app/env.tf": _LOCAL}, P, "declared for web (Terraform"),
    ("terraform local lacks", {"infra/app/main.tf": _TASK_TF.format('concat(local.env, [{ name = "A", value = "b" }])'), "infra/app/env.tf": _LOCAL.replace("SENTRY", "OTHER")}, F, "not declared for web (Terraform"),
    ("terraform local of another module", {"infra/app/main.tf": _TASK_TF.format('local.env'), "infra/env.tf": _LOCAL}, U, "values that Terraform computes"),
    ("terraform local of itself", {"infra/app/main.tf": _TASK_TF.format('local.env'), "infra/app/env.tf": "locals {\n  env = concat(local.env, local.env)\n}\n"}, U, "values that Terraform computes"),
    ("terraform program of others", {"infra/app/main.tf": _TASK_TF.format('local.env'), "infra/app/env.tf": _LOCAL, "infra/tickets/main.tf": _TICKETS}, U, "values that Terraform computes"),
    ("terraform service told by its variables", {"infra/tickets/main.tf": _TICKETS}, F, "not declared for tickets (Terraform"),
    ("terraform for", {"infra/main.tf": _TASK_TF.format('[for k, v in local.env : { name = k, value = v }]')}, U, "values that Terraform computes"),
    ("terraform comment", {"infra/main.tf": _TASK_TF.format('concat(local.env, [\n /* { name = "SENTRY_DSN" } */ { name = "A", value = "b" }])')}, U, "values that Terraform computes"),
    ("terraform blocks", {"infra/main.tf": 'resource "google_cloud_run_v2_service" "web" {\n  template {\n    containers {\n      args = ["gunicorn", "shop.wsgi"]\n      env {\n        name = "SENTRY_DSN"\n        value_source { secret_key_ref { secret = "dsn" } }\n      }\n    }\n  }\n}\n'}, P, "declared for web (Terraform"),
    ("terraform map", {"infra/main.tofu": 'resource "heroku_app" "shop" {\n  config_vars = {\n    DJANGO_X = "a"\n  }\n  sensitive_config_vars = { SENTRY_DSN = var.dsn }\n}\n'}, P, "declared for shop (Terraform"),
    ("terraform tool of others", {"infra/main.tf": _TASK_TF.format('[{ name = "SENTRY_DSN", value = var.dsn }]') + _TASK_TF.format('[{ name = "DATABASE_URL", value = "x" }]\n    image = "dpage/pgadmin4:8"').replace('["gunicorn", "shop.wsgi"]', '["start"]')}, P, "declared for web (Terraform"),
    ("terraform container of others", {"infra/main.tf": _TASK_TF.format('[{ name = "SENTRY_DSN", value = var.dsn }]') + 'resource "docker_container" "auth" {\n  image = "quay.io/keycloak/keycloak:26.0"\n  env = {\n    DATABASE_URL = "x"\n  }\n}\n'}, P, "declared for web (Terraform"),
    ("terraform container of an own image", {"infra/main.tf": _TASK_TF.format('[{ name = "SENTRY_DSN", value = var.dsn }]') + 'resource "docker_container" "auth" {\n  image = "acme/keycloak-portal:26.0"\n  env = {\n    DATABASE_URL = "x"\n  }\n}\n'}, U, "values that Terraform computes"),
    ("terraform unclosed", {"infra/main.tf": 'resource "heroku_app" "shop" {\n  config_vars = { SENTRY_DSN = "x"\n'}, U, "no file in this repository deploys"),
    ("fly secrets", _FLY | {".github/workflows/d.yml": workflow('flyctl secrets set --stage SENTRY_DSN="$DSN"')}, P, "declared for shop (Fly.io"),
    ("fly secrets of another app", _FLY | {".github/workflows/d.yml": workflow('fly secrets set -a other SENTRY_DSN="$DSN"')}, U, "Fly.io's dashboard"),
    ("fly secrets only said", _FLY | {".github/workflows/d.yml": workflow("echo fly secrets set SENTRY_DSN=x")}, U, "Fly.io's dashboard"),
    ("fly secrets in a branch", _FLY | {".github/workflows/d.yml": workflow("|\n          if false; then\n          fly secrets set SENTRY_DSN=$D\n          fi")}, U, "Fly.io's dashboard"),
    ("cloud run secrets", {".github/workflows/d.yml": workflow("gcloud run deploy shop --source . --set-secrets=A=a:latest,SENTRY_DSN=dsn:latest")}, P, "declared for shop (Cloud Run"),
    ("cloud run two words", {".github/workflows/d.yml": workflow("gcloud beta run deploy shop --update-env-vars SENTRY_DSN=$DSN")}, P, "declared for shop (Cloud Run"),
    ("cloud run without", {".github/workflows/d.yml": workflow("gcloud run deploy shop --set-env-vars A=b")}, U, "earlier revisions"),
    ("heroku config", {"Procfile": "web: gunicorn shop.wsgi\n", ".github/workflows/d.yml": workflow("heroku config:set SENTRY_DSN=$DSN")}, P, "declared for Heroku"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "says"), [pytest.param(*c[1:], id=c[0]) for c in CASES])
def test_dsn_by_host(files, outcome, says):
    result = check_one("dsn-configured", django(ENV) | files)
    (verdict,) = result.verdicts
    told = [f.message for f in verdict.findings] + [e.fact for e in verdict.evidence]
    assert verdict.outcome is outcome, told
    assert any(says in t for t in told), told


def test_a_finding_names_the_container_that_lacks_the_variable():
    text = _SERVICE + _manifest("env: [{name: OTHER, value: x}]")
    (verdict,) = check_one("dsn-configured", django(ENV) | {"k8s/web.yaml": text}).verdicts
    assert (verdict.findings[0].path, verdict.findings[0].line) == ("k8s/web.yaml", 13)


def test_a_variable_is_declared_lacking_or_elsewhere():
    tree = MemoryTree(_FLY | {"compose.prod.yml": _COMPOSE.format("environment: {A: b}")})
    compose, fly = sorted(Facts(tree, load_config(tree)).deployments, key=lambda d: d.host)
    assert compose.state("A") == Declared(value="b", path="compose.prod.yml", line=5)
    assert compose.state("B") == Lacking(path="compose.prod.yml", line=2)
    assert fly.state("B") == Elsewhere(where="Fly.io's dashboard", path="fly.toml", line=1)


@pytest.mark.parametrize("text", ["kind: Deployment\ncontainers: [\n", "kind: A\n---\n\tx\ncontainers: 1\n"])
def test_a_manifest_that_is_no_yaml_is_named(text):
    (verdict,) = check_one("dsn-configured", django(ENV) | {"k8s/web.yaml": text}).verdicts
    assert (
        verdict.outcome is U
        and "k8s/web.yaml deploys the application, but cannot be read" in verdict.findings[0].message
    )


@pytest.mark.parametrize("unit", ['"${', "<<A\n", "/* ", "a = [", "a {", '"$', "a = b ? c : ", 'a "b" '])
def test_hostile_terraform_ends(unit):
    with contextlib.suppress(ParseError):
        parse_hcl(unit * (200_000 // len(unit)))


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        ("gunicorn shop.wsgi --bind 0.0.0.0:$PORT", True),
        ("python -m gunicorn shop.wsgi", True),
        ("python manage.py migrate && daphne shop.asgi:application", True),
        ("sh -c 'exec uvicorn shop.asgi:application'", True),
        ("poetry run celery -A shop worker", True),
        ("if [ -n \"$WORKER\" ]; then celery -A shop worker; else gunicorn $APP_MODULE; fi", True),
        ("/venv/bin/granian --interface asgi shop.asgi:application", True),
        ("uwsgi --ini uwsgi.ini", True),
        ("echo gunicorn shop.wsgi", False),
        ("# gunicorn shop.wsgi\nnode server.js", False),
        ("false && gunicorn shop.wsgi", False),
        ("node wsgi-proxy.js", False),
        ("cat <<EOF\ngunicorn shop.wsgi\nEOF", False),
        ("gunicorn --version", False),
        ("nginx -g 'daemon off;' # before uvicorn", False),
        ("grep -r manage.py .", False),
        ("java -jar celery-exporter.jar", False),
        ("sh -c 'echo celery worker'", False),
    ],
)  # fmt: skip
def test_a_service_serves_python_by_the_programs_that_it_runs(command, runs):
    from checks.hosts.serving import runs_python

    assert runs_python(command) is runs


def test_the_settings_variable_tells_a_service_of_a_published_image():
    service = "    image: registry.example/{}\n    environment:\n      {}: x\n"
    compose = "services:\n  web:\n" + service.format("shop", "DJANGO_SETTINGS_MODULE")
    compose += "  cache:\n" + service.format("cache", "SIZE")
    assert [d.name for d in _deployed({"compose.prod.yml": compose})] == ["web"]
    assert not _deployed({"compose.prod.yml": compose.replace("registry.example/shop", "pgadmin4")})


_CF = "applications:\n  - name: shop\n    env:\n      DJANGO_SETTINGS_MODULE: shop.settings\n"


def test_a_manifest_of_cloud_foundry_is_no_herokus():
    files = {"manifest_prod.yml": _CF, "manifest_dev.yml": _CF, "Procfile": "web: gunicorn shop.wsgi\n"}
    (one,) = _deployed(files)
    assert (one.name, one.host, one.serves, one.commands) == ("shop", "cloud foundry", "backend", "gunicorn shop.wsgi")
    assert not one.closed and set(one.variables) == {"DJANGO_SETTINGS_MODULE"}
    hosts = {d.host for d in _deployed(files | {"app.json": '{"env": {"A": "b"}}'})}
    assert hosts == {"cloud foundry", "heroku"}


@pytest.mark.parametrize(
    ("buildpack", "serves"),
    [
        ("buildpack: staticfile_buildpack", "frontend"),
        ("buildpacks: [https://github.com/cloudfoundry/staticfile-buildpack.git#v1]", "frontend"),
        ("buildpacks: [nginx_buildpack]", "frontend"),
        ("buildpacks: [nodejs_buildpack, staticfile_buildpack]", "unknown"),
        ("buildpack: python_buildpack", "unknown"),
    ],
)
def test_an_application_of_files_runs_no_code(buildpack, serves):
    facts = facts_of({"maintenance/manifest.yml": f"applications:\n- name: pages\n  {buildpack}\n"})
    assert [d.serves for d in facts.deployments] == [serves]


@pytest.mark.parametrize(
    ("application", "hosts"),
    [
        # Its name is given where it is pushed: `cf push shop`.
        ("buildpacks:\n      - https://github.com/cloudfoundry/python-buildpack.git", {("APP", "cloud foundry")}),
        ("stack: cflinuxfs4", {("APP", "cloud foundry")}),
        ("title: a list of something else", {("procfile", "procfile")}),
    ],
)
def test_an_application_of_cloud_foundry_without_a_name(application, hosts):
    files = {"manifest.yml": f"applications:\n  - {application}\n", "Procfile": "web: gunicorn shop.wsgi\n"}
    found = _deployed(files)
    assert {(d.name, d.host) for d in found} == hosts
    assert [(d.serves, d.commands) for d in found] == [("backend", "gunicorn shop.wsgi")]


_PUSHED = "applications:\n  - name: ((app))-web\n    path: ../\n"
_EGRESS = 'resource "cloudfoundry_app" "egress" {\n  environment = {\n    PORT = 8080\n  }\n}\n'
_MODULE = 'module "metabase" {\n  source = "../app"\n  environment_variables = {\n    ENV = "a"\n  }\n}\n'


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {("APP", "cloud foundry")}),
        ({"manifests/vars/vars-dev.yml": "app: d\n", "manifests/vars/vars-production.yml": "app: p\n"}, {("p-web", "cloud foundry")}),
        ({"manifests/vars.yml": "other: d\n"}, {("APP", "cloud foundry")}),
        ({".github/workflows/d.yml": workflow("git push heroku main")}, {("APP", "cloud foundry"), ("heroku", "heroku")}),
        ({"terraform/app/main.tf": _EGRESS, "terraform/env/metabase.tf": _MODULE}, {("APP", "cloud foundry")}),
        ({"terraform/archived_modules/main.tf": _EGRESS.replace("cloudfoundry", "aws")}, {("APP", "cloud foundry")}),
        ({"terraform/main.tf": _EGRESS.replace("PORT", "DJANGO_SECRET_KEY")}, {("APP", "cloud foundry"), ("egress", "terraform")}),
    ],
)  # fmt: skip
def test_a_procfile_and_applications_beside_a_manifest_of_cloud_foundry(more, expected):
    files = {"manifests/manifest.yml": _PUSHED, "Procfile": "# used there\nweb: gunicorn shop.wsgi\n"}
    found = _deployed(files | more)
    assert {(d.name, d.host) for d in found} == expected
    assert {d.serves for d in found} == {"backend"}


def test_terraform_alone_says_what_it_deploys_to_cloud_foundry():
    assert [d.name for d in _deployed({"terraform/main.tf": _EGRESS})] == ["egress"]


def _deployed(files):
    tree = MemoryTree(files)
    return Facts(tree, load_config(tree)).deployments


@pytest.mark.parametrize(
    ("path", "deploys"),
    [
        ("helm/shop/values.yaml", True),
        ("helm/env.d/dev-keycloak/values.yaml", False),
        ("charts/values-dev.yaml", False),
    ],
)
def test_values_of_a_developers_cluster_deploy_nothing(path, deploys):
    assert bool(_deployed({path: "env:\n  DJANGO_SECRET: x\n"})) == deploys


@pytest.mark.parametrize(
    ("image", "others"),
    [
        ("eu.gcr.io/acme/shop-nginx:${COMMIT}", True),
        ("shop_nginx", True),
        ("nginx:1.29", True),
        ("acme/nginx-web", False),
        ("acme/shop:nginx", False),
    ],
)
def test_a_proxy_of_the_projects_own_runs_none_of_its_code(image, others):
    assert is_image_of_others(image) is others


def test_a_process_of_a_procfile_starts_what_its_script_starts():
    files = backend() | {
        "Procfile": "web: bash bin/web.sh\nrelease: bash bin/release.sh\n",
        "bin/web.sh": "#!/bin/bash\nexec gunicorn shop.wsgi --log-file -\n",
        "bin/release.sh": "python manage.py migrate\n",
    }
    (found,) = facts_of(files).deployments
    assert "exec gunicorn shop.wsgi" in found.commands and "migrate" not in found.commands
