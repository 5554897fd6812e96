"""The release's, the DSN's and the environment's name reach every process: by an edit, or told with the place that keeps them from it."""

from __future__ import annotations

import asyncio

import pytest
import yaml

from setup_wizard.plan.engine import Engine
from setup_wizard.steps import find_steps
from tests.support.edits import BARE, READY, VITE, after

HEAD = "on:\n  push:\n    branches: [main]\n"
DEPLOY = "jobs:\n  deploy:\n%s    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n%s"
BUILD = (
    "      - uses: docker/build-push-action@v6\n        with:\n          push: true\n          tags: r.example/shop\n%s"
)
ROLL = "      - run: kubectl rollout restart deployment/shop\n"
FLOW = ".github/workflows/d.yml"
IMAGE = "FROM python:3.13-slim\nCOPY shop shop\nCMD %s\n"
SETS = "ARG SENTRY_RELEASE\nENV SENTRY_RELEASE=$SENTRY_RELEASE\n"


def flow(*builds: str, head: str = HEAD, job: str = "") -> dict[str, str]:
    """A workflow that builds images by files of their own, and rolls them out."""
    steps = "".join(BUILD % (f"          file: {b}\n" if b else "") for b in builds)
    return {FLOW: head + DEPLOY % (job, steps + ROLL)}


@pytest.mark.parametrize(
    "images",
    [
        {"Dockerfile": "gunicorn shop.wsgi", "Dockerfile.worker": "celery -A shop worker"},
        {"docker/web/Dockerfile": "gunicorn shop.wsgi", "docker/beat/Dockerfile": "celery -A shop beat"},
        {"web.Dockerfile": "uvicorn shop.asgi:app", "jobs.Dockerfile": "python manage.py qcluster"},
    ],
)
def test_the_image_of_each_process_carries_the_release(tmp_path, images):
    files = READY | {p: IMAGE % c for p, c in images.items()} | flow(*images)
    done = after(tmp_path, files, "release-tracking")
    assert all(SETS in done.text(p) for p in images)
    assert done.text(FLOW).count("SENTRY_RELEASE=${{ github.sha }}") == len(images)


def test_an_image_that_a_compose_file_starts_with_a_worker_carries_the_release(tmp_path):
    worker = "FROM python:3.13-slim\nCOPY shop shop\n"
    compose = (
        "services:\n  jobs:\n    build: {context: ., dockerfile: jobs.Dockerfile}\n    command: celery -A shop worker\n"
    )
    files = READY | {"Dockerfile": IMAGE % "gunicorn shop.wsgi", "jobs.Dockerfile": worker, "compose.yml": compose}
    done = after(tmp_path, files | flow("", "jobs.Dockerfile"), "release-tracking")
    assert done.text("jobs.Dockerfile") == worker + SETS and SETS in done.text("Dockerfile")


def test_an_image_that_runs_another_program_stays(tmp_path):
    other = "FROM nginx\nCOPY conf /etc/nginx\n"
    files = (
        READY | {"Dockerfile": IMAGE % "gunicorn shop.wsgi", "nginx/Dockerfile": other} | flow("", "nginx/Dockerfile")
    )
    assert after(tmp_path, files, "release-tracking").text("nginx/Dockerfile") == other


STAGES = "FROM python:3.13 AS base\nCOPY shop shop\n\nFROM base AS %s\nCMD gunicorn shop.wsgi\n\nFROM base AS %s\nCMD python manage.py runserver\n"
COMPOSE = "services:\n  prod:\n    build: {context: ., target: %s}\n  local:\n    build: {context: ., target: %s}\n"


@pytest.mark.parametrize(
    ("live", "last", "more"),
    [
        ("shop-prod", "shop-dev", {"compose.yml": COMPOSE % ("shop-prod", "shop-dev")}),
        ("final", "development", {"compose.prod.yml": "services:\n  web:\n    build: {context: ., target: final}\n"}),
        ("runtime", "tests", flow() | {FLOW: HEAD + DEPLOY % ("", BUILD % "          target: runtime\n" + ROLL)}),
    ],
)
def test_the_stage_that_is_deployed_carries_the_release(tmp_path, live, last, more):
    files = READY | {"Dockerfile": STAGES % (live, last)} | flow() | more
    text = after(tmp_path, files, "release-tracking").text("Dockerfile")
    assert text.count(SETS) == 1 and SETS + "CMD gunicorn" in text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('su - app -c "cd /app && exec gunicorn shop.wsgi"', "su --whitelist-environment=SENTRY_DSN,SENTRY_ENVIRONMENT,SENTRY_RELEASE - USER"),
        ("nice -n 5 su -l app -c 'uwsgi --ini uwsgi.ini' &", "`su` starts the application there"),
        ("exec sudo -u app gunicorn shop.wsgi", "sudo --preserve-env=SENTRY_DSN,SENTRY_ENVIRONMENT,SENTRY_RELEASE COMMAND"),
        ('exec env -i PATH="$PATH" gunicorn shop.wsgi', 'env -i SENTRY_DSN="$SENTRY_DSN"'),
        ("runuser -l app -c 'celery -A shop worker'", "runuser --whitelist-environment="),
    ],
)  # fmt: skip
def test_an_entry_point_with_an_environment_of_its_own_is_told(tmp_path, line, told):
    files = READY | {
        "Dockerfile": 'FROM python\nENTRYPOINT ["/app/run.sh"]\n',
        "run.sh": f"#!/bin/bash\nset -e\n{line}\n",
    }
    left = after(tmp_path, files, "dsn").left
    assert "pass SENTRY_DSN, SENTRY_ENVIRONMENT, SENTRY_RELEASE on in run.sh:3" in left and told in left


@pytest.mark.parametrize(
    "text",
    [
        "su app -c 'gunicorn shop.wsgi'\n",
        "su -m - app -c 'gunicorn shop.wsgi'\n",
        "sudo -E -u app gunicorn shop.wsgi\n",
        "gosu app gunicorn shop.wsgi\n",
        "su - postgres -c 'pg_ctl start'\ngunicorn shop.wsgi\n",
        "echo \"export SENTRY_DSN=$SENTRY_DSN\" >> /etc/profile.d/app.sh\nsu - app -c 'gunicorn shop.wsgi'\n",
        "# su - app -c 'gunicorn shop.wsgi'\nexec gunicorn shop.wsgi\n",
    ],
)
def test_an_entry_point_that_hands_on_what_it_has_is_not_told(tmp_path, text):
    files = READY | {"Dockerfile": 'FROM python\nENTRYPOINT ["/app/run.sh"]\n', "run.sh": "#!/bin/bash\n" + text}
    assert "on in run.sh" not in after(tmp_path, files, "dsn").left


@pytest.mark.parametrize(
    ("more", "written"),
    [
        ({"Dockerfile": IMAGE % "gunicorn shop.wsgi"}, 'release=os.environ.get("SENTRY_RELEASE") or None,\n'),
        ({"docker/worker.Dockerfile": IMAGE % "celery -A shop worker"}, '("SENTRY_RELEASE") or None,\n'),
        (
            {
                "Dockerfile": IMAGE % "gunicorn shop.wsgi",
                "shop/settings.py": BARE["shop/settings.py"] + "import environ\nenv = environ.Env()\n",
            },
            'release=env.str("SENTRY_RELEASE", default=None) or None,\n',
        ),
        ({}, 'release=os.environ.get("SENTRY_RELEASE"),\n'),
        ({"Dockerfile": "FROM nginx\n"}, 'release=os.environ.get("SENTRY_RELEASE"),\n'),
    ],
)
def test_an_empty_build_argument_is_no_release(tmp_path, more, written):
    done = after(tmp_path, BARE | more, "sdk")
    assert written in done.text("shop/settings.py")
    assert done.applied.report.result("sdk-initialized").outcome.value == "pass"


@pytest.mark.parametrize(
    ("read", "told"),
    [
        ('os.environ.get("SENTRY_RELEASE")', True),
        ('os.getenv("SENTRY_RELEASE")', True),
        ('os.environ.get("SENTRY_RELEASE") or None', False),
    ],
)
def test_code_that_would_take_an_empty_release_is_told(tmp_path, read, told):
    settings = READY["shop/settings.py"].replace('os.environ.get("SENTRY_RELEASE")', read)
    files = READY | {"shop/settings.py": settings, "Dockerfile": IMAGE % "gunicorn shop.wsgi"} | flow("")
    done = after(tmp_path, files, "release-tracking")
    assert SETS in done.text("Dockerfile") and ("add `or None` after what reads" in done.left) is told


DRY = "on:\n  push:\n    branches: [main]\n  workflow_dispatch:\n    inputs:\n      %s\n"
RUN = "      - run: ./deploy.sh && fly deploy\n        env:\n          DRY: ${{ %s }}\n"


@pytest.mark.parametrize(
    ("given", "read", "condition"),
    [
        ("dry_run: {type: boolean, default: true}", "inputs.dry_run", "inputs.dry_run != true"),
        ("dry-run: {default: 'false'}", "inputs.dry-run", "inputs.dry-run != 'true'"),
        (
            "run_in_dry_mode: {type: choice, options: ['true', 'false']}",
            "github.event.inputs.run_in_dry_mode",
            "inputs.run_in_dry_mode != 'true'",
        ),
        ("dryRun: {type: boolean}", "inputs.dryRun", "inputs.dryRun != true"),
        ("verbose: {type: boolean}", "inputs.verbose", None),
    ],
)
def test_a_deploy_that_is_only_tried_out_is_no_deploy(tmp_path, given, read, condition):
    files = READY | {FLOW: DRY % given + DEPLOY % ("", RUN % read)}
    done = after(tmp_path, files, "release-tracking")
    made = yaml.safe_load(done.text(FLOW))["jobs"]["sentry-release-production"]
    assert made.get("if") == condition
    assert done.applied.report.result("release-tracking").outcome.value == "pass"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("dry_run: {type: choice, options: [yes please, no]}", RUN % "inputs.dry_run"),
        ("dry_run: {}", RUN % "inputs.dry_run"),
        ("dry_run: {type: string, default: maybe}", RUN % "github.event.inputs.dry_run"),
    ],
)
def test_a_dry_run_whose_values_are_not_known_is_left_to_the_person(tmp_path, given, text):
    files = READY | {FLOW: DRY % given + DEPLOY % ("", text)}
    done = after(tmp_path, files, "release-tracking")
    assert "depends on the input `dry_run`" in done.left and done.text(FLOW) == files[FLOW]


def test_a_job_that_asks_for_the_dry_run_itself_needs_nothing_more(tmp_path):
    job = "    if: ${{ !inputs.dry_run }}\n"
    files = READY | {FLOW: DRY % "dry_run: {type: boolean}" + DEPLOY % (job, RUN % "inputs.dry_run")}
    made = yaml.safe_load(after(tmp_path, files, "release-tracking").text(FLOW))["jobs"]["sentry-release-production"]
    assert "if" not in made


def deploys(environment: str) -> dict[str, str]:
    """A workflow that deploys to an environment of GitHub's."""
    return {FLOW: HEAD + DEPLOY % (f"    environment: {environment}\n", "      - run: fly deploy\n")}


RENDER = "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n    envVars:\n      - {key: SENTRY_ENVIRONMENT, value: %s}\n"


@pytest.mark.parametrize(
    ("environment", "more", "recorded"),
    [
        ("Production", {}, "production"),
        ("PRODUCTION", {"render.yaml": RENDER % "production"}, "production"),
        ("production", {"render.yaml": RENDER % "Production"}, "Production"),
        ("prod", {"render.yaml": RENDER % "prod"}, "prod"),
        ("Staging", {}, "Staging"),
    ],
)
def test_a_deploy_is_recorded_as_the_application_spells_its_environment(tmp_path, environment, more, recorded):
    done = after(tmp_path, READY | deploys(environment) | more, "release-tracking")
    assert f'-e "{recorded}"' in done.text(FLOW)


@pytest.mark.parametrize(
    ("environment", "more", "told"),
    [
        ("staging", {}, "set SENTRY_ENVIRONMENT=staging where the job deploy deploys to"),
        ("demo", {"shop/settings.py": READY["shop/settings.py"].replace("SENTRY_ENVIRONMENT", "STAGE")}, "set STAGE=demo"),
        ("qa", {"compose.prod.yml": "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n    environment: {SENTRY_ENVIRONMENT: production}\n"}, "set SENTRY_ENVIRONMENT=qa"),
        ("staging", {"render.yaml": RENDER % "staging"}, None),
        ("staging", {"infra/env.public.staging": "SENTRY_ENVIRONMENT=staging\n"}, None),
        ("staging", {"infra/env.public.staging": "SENTRY_ENVIRONMENT=production\n"}, "set SENTRY_ENVIRONMENT=staging"),
        ("production", {}, None),
        ("staging", {"shop/settings.py": READY["shop/settings.py"].replace('os.environ.get("SENTRY_ENVIRONMENT")', '"x"')}, None),
    ],
)  # fmt: skip
def test_an_environment_that_no_process_is_given_is_told(tmp_path, environment, more, told):
    left = after(tmp_path, READY | deploys(environment) | more, "release-tracking").left
    assert (told in left) if told else ("where the job deploy" not in left)


MANIFEST = "applications:\n  - name: shop\n    buildpacks: [python_buildpack]\n    env:\n      DJANGO_SETTINGS_MODULE: shop.settings\n      %s: %s\n"


@pytest.mark.parametrize(
    ("files", "variable"),
    [
        ({"manifest_prod.yml": MANIFEST % ("SHOP_ENVIRONMENT", "prod"), "manifest_dev.yml": MANIFEST % ("SHOP_ENVIRONMENT", "dev")}, "SHOP_ENVIRONMENT"),
        ({"manifest.yml": MANIFEST % ("SHOP_ENV", "production")}, "SHOP_ENV"),
        ({"manifest.yml": MANIFEST % ("DJANGO_ENV", "production")}, "DJANGO_ENV"),
        ({"manifest.yml": MANIFEST % ("SHOP_ENV", "/srv/venv")}, "SENTRY_ENVIRONMENT"),
        ({"manifest.yml": MANIFEST % ("SHOP_COLOR", "production")}, "SENTRY_ENVIRONMENT"),
    ],
)  # fmt: skip
def test_the_projects_own_variable_names_the_environment(tmp_path, files, variable):
    assert f'environment=os.environ.get("{variable}")' in after(tmp_path, BARE | files, "sdk").text("shop/settings.py")


PROD = {
    "compose.prod.yml": "services:\n  web:\n    image: ghcr.io/acme/shop-web:1\n    build: .\n    command: gunicorn shop.wsgi\n"
}


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("docker-compose.aio.yml", "services:\n  all:\n    image: ghcr.io/acme/shop-web:latest\n", "pass SENTRY_DSN to all of"),
        ("deployment/docker-compose.yml", "services:\n  web:\n    image: acme/shop\n    environment: {A: b}\n", "pass SENTRY_DSN to web of"),
        ("minimal.docker-compose.yml", "services:\n  app: {build: ., command: gunicorn shop.wsgi}\n  w: {build: ., command: celery -A shop worker}\n", "pass SENTRY_DSN to app and w of"),
        ("docker-compose.yml", "services:\n  web: {build: ., command: gunicorn shop.wsgi}\n", None),
        ("docker-compose.dev.yml", "services:\n  all:\n    image: ghcr.io/acme/shop-web\n", None),
        ("docs/docker-compose.yml", "services:\n  all:\n    image: ghcr.io/acme/shop-web\n", None),
        ("docker-compose.aio.yml", "services:\n  db:\n    image: postgres\n", None),
        ("docker-compose.aio.yml", "services:\n  all:\n    image: acme/shop\n    environment: [SENTRY_DSN]\n", None),
        ("docker-compose.aio.yml", "services:\n  all:\n    image: acme/shop\n    volumes: [./shop:/app]\n    command: python manage.py runserver\n", None),
    ],
)  # fmt: skip
def test_another_compose_file_that_runs_the_application_is_told(tmp_path, path, text, told):
    done = after(tmp_path, READY | PROD | {path: text}, "dsn")
    assert done.text(path) == text
    assert (told in done.left) if told else ("where people deploy with it" not in done.left)


SERVES = "services:\n  web:\n    image: ghcr.io/x/y\n    env_file: [env.public, env.secret]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SERVES, "set SENTRY_DSN in production's infra/env.secret, which infra/compose.yml reads"),
        (SERVES.replace("env.secret]", "'env.secret${SUFFIX:-}']"), "in production's infra/env.secret${SUFFIX:-},"),
        (SERVES.replace(", env.secret", ", app.env"), "in production's infra/app.env,"),
        (SERVES.replace("env.public, env.secret", "env.public"), "set SENTRY_DSN where production runs backend"),
    ],
)
def test_the_env_file_that_a_deployed_compose_file_takes_is_told(tmp_path, text, told):
    files = READY | {"infra/compose.yml": text, "infra/env.public": "A=b\n"}
    assert told in after(tmp_path, files, "dsn").left


KAMAL = "service: shop\nimage: shop\nregistry: {username: x}\n%s"
ROLES = "servers: {web: {hosts: [a]}, worker: {hosts: [b], cmd: celery -A shop worker}}\nenv: {secret: [SENTRY_DSN]}\n"


@pytest.mark.parametrize(
    "files",
    [
        {"deploy/config/deploy.yml": KAMAL % "", "deploy/config/deploy.production.yml": ROLES},
        {"config/deploy.yml": KAMAL % "env: {clear: {A: b}}\n", "config/deploy.live.yml": ROLES},
        {"config/deploy.yml": KAMAL % ROLES},
    ],
)
def test_kamals_servers_may_be_those_of_a_destination_alone(tmp_path, files):
    done = after(tmp_path, READY | files, "dsn")
    assert "where production runs" not in done.left
    assert done.applied.report.result("dsn-configured").outcome.value == "pass"


def test_kamal_may_take_variables_from_a_file_on_the_server(tmp_path):
    roles = "servers: {web: {hosts: [a], options: {env-file: /home/app/docker.env}}}\n"
    done = after(tmp_path, READY | {"config/deploy.yml": KAMAL % roles}, "performance")
    result = done.applied.report.result("dsn-configured")
    assert result.outcome.value == "unknown" and "`/home/app/docker.env` on the server" in str(result)


@pytest.mark.parametrize(
    "flow",
    [
        "on: workflow_dispatch\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: kamal deploy\n%s",
        "on: push\njobs:\n  deploy:\n    if: vars.LIVE == 'y'\n    runs-on: x\n    steps:\n      - run: fly deploy\n%s",
        "on: workflow_dispatch\njobs:\n  build:\n    runs-on: x\n    steps:\n      - run: make\n  deploy:\n    needs: build\n    runs-on: x\n    steps:\n      - run: cap production deploy\n%s",
    ],
)
def test_a_release_that_is_made_already_is_no_missing_job(tmp_path, flow):
    release = "      - uses: getsentry/action-release@v3\n        env: {SENTRY_AUTH_TOKEN: '${{ secrets.T }}', SENTRY_ORG: acme, SENTRY_PROJECT: shop}\n"
    done = after(tmp_path, READY | {FLOW: flow % release}, "release-tracking")
    assert "no job that deploys was found" not in done.left and "create an organization token" not in done.left
    assert done.text(FLOW) == flow % release


INPUTS = 'import { defineConfig } from "vite";\n\nexport default defineConfig({ build: { rollupOptions: { input: { app: "src/main.tsx", other: "src/other.%s" } } } });\n'
PAGES = {k: v for k, v in VITE.items() if k != "web/index.html"}


@pytest.mark.parametrize(
    ("suffix", "text", "told"),
    [
        ("js", "document.querySelector('a').addEventListener('click', () => 1);\n", True),
        ("ts", "import { send } from './api';\nwindow.onload = () => send();\n", True),
        ("js", "$(function () { $('form').submit(); });\n", True),
        ("js", "export default { yes: 'ja', no: 'nein' };\n", False),
        ("js", "import './style.css';\n", False),
    ],
)
def test_an_entry_that_renders_nothing_is_told(tmp_path, suffix, text, told):
    files = PAGES | {
        "web/vite.config.ts": INPUTS % suffix,
        f"web/src/other.{suffix}": text,
        "web/src/api.ts": "export const send = () => 1;\n",
    }
    done = after(tmp_path, files, "frontend-sdk")
    assert 'import "./instrument";' in done.text("web/src/main.tsx") and done.text(f"web/src/other.{suffix}") == text
    assert (f"import the SDK first in web/src/other.{suffix} too" in done.left) is told


CLI = '{"dependencies": {"vue": "2", "@sentry/browser": "^7"}, "devDependencies": {"@vue/cli-service": "5"}, "scripts": {"build": "vue-cli-service build"}}'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/shop/templates/main.js", "import * as Sentry from '@sentry/browser'\nSentry.init({ dsn: 'x' })\n"),
        ("app/shop/bundles/start.ts", "import * as S from '@sentry/vue'\nif (window.on) {\n  S.init({})\n}\n"),
        ("app/js/boot.js", "const Sentry = require('@sentry/browser')\nSentry.init({})\n"),
    ],
)
def test_a_call_that_is_there_is_not_asked_for_again(tmp_path, path, text):
    files = {f"app/{k}": v for k, v in READY.items()} | {"package.json": CLI, path: text}
    left = after(tmp_path, files, "frontend-sdk").left
    assert f"Sentry.init() is in {path}" in left and "npm install @sentry/vue" not in left


def test_an_organization_that_ci_names_is_not_asked_for_again(tmp_path):
    release = "      - uses: getsentry/action-release@v3\n        if: false\n        env: {SENTRY_AUTH_TOKEN: '${{ secrets.T }}', SENTRY_ORG: pond, SENTRY_PROJECT: shop}\n"
    for name, text in (READY | {FLOW: HEAD + DEPLOY % ("", "      - run: fly deploy\n" + release)}).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    planned = asyncio.run(Engine(tmp_path, {}, install=False).plan(find_steps(["project"])))
    assert b'sentry.org = "pond"' in next(c.after for c in planned.changes if c.path == "sentry-setup.toml")
