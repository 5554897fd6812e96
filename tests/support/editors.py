"""Every editor with a text it edits, for what holds of all of them: the editors' own tests and the fuzzer."""

from __future__ import annotations

from msgspec.structs import replace

from checks.targets.triggers import Schedule
from setup_wizard.editors import (
    boundary,
    browser_options,
    ci_audit,
    compose,
    dockerfile,
    dotenv,
    entry,
    entry_module,
    gitlab,
    hooks,
    image_inputs,
    init_options,
    monitor,
    package_json,
    render,
    requirements,
    settings,
    setuptools,
    toml,
    uwsgi,
    vite,
    workflow,
    workflow_build,
)

OPTIONS = vite.PluginOptions(org="acme", project="shop-frontend")
JOBS = workflow.ReleaseOptions(jobs={"deploy": "production"}, org="acme", projects=("shop-backend",))

VITE = "import react from '@vitejs/plugin-react'\n\n// é comment\nexport default defineConfig({\n  plugins: [react()], // last\n})\n"
PYTHON = '"""Production."""\nimport os\n\nfrom .base import *\n\nDEBUG = False  # é\n'
SERVER = (
    '"""A service."""\nfrom fastapi import FastAPI\n\nNAME = "é"\n\n# the application\napp = FastAPI(title=NAME)  # é\n'
)
INIT = "import sentry_sdk  # é\n\nDEBUG = False\nsentry_sdk.init(\n    dsn=DSN,  # é\n    environment='x',\n)\n"
FLOW = (
    "name: CI # é\non:\n  push: {branches: [main]}\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment: production\n"
    "    steps:\n      - run: npm run build\n"
)
RENDER = "services:\n  - type: web # é\n    name: shop\n    envVars:\n      - key: A\n        value: b\n"
PACKAGE = '{\n  "name": "é",\n  "devDependencies": {\n    "vite": "^7"\n  }\n}\n'
ENTRY = "// é\nimport { createRoot } from 'react-dom/client'\n\ncreateRoot(document.body).render(null)\n"
ROOT = "// é\nimport { createRoot } from 'react-dom/client'\n\ncreateRoot(\n  document.body, // é\n).render(\n  <App />\n)\n"
JOB = "import time  # é\n\n\n@scheduler.scheduled_job('cron', hour=3)\ndef nightly():  # é\n    time.sleep(1)\n"
CLOCK = Schedule(kind="crontab", value="0 3 * * *")
BROWSER = "import * as Sentry from '@sentry/react' // é\n\nSentry.init({\n  dsn: DSN, // é\n  integrations: [\n    Sentry.browserTracingIntegration(), // é\n  ],\n})\n"
GITLAB = "stages: [build, test] # é\nbuild:\n  script:\n    - npm run build\n"
COMPOSE = "services:\n  web:\n    build: . # é\n    environment:\n      A: b\n  db:\n    image: postgres\n"
PIPELINE = (
    "stages: [test, deploy] # é\ndeploy:\n  stage: deploy\n  environment: production\n  script: [./deploy.sh]\n"
    "  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n      when: manual\n"
)
HOOKS = "repos: # é\n  - repo: https://example.org/x\n    rev: v1\n    hooks:\n      - id: x\n"
SETUP = (
    "from setuptools import setup\n\nREQUIRED = [\n    'django>=5',  # é\n    'gunicorn',  # last\n]\n\nsetup(\n    name='é',\n"
    "    install_requires=REQUIRED,\n)\n"
)
DOCKERFILE = (
    "# syntax=docker/dockerfile:1\nFROM node:22 AS web # é\n# é\nRUN \\\n  npm ci \\\n  && npm run build\n\nFROM nginx\nCOPY --from=web /x /y\n"
    'CMD ["nginx"]\n'
)
INPUTS = dockerfile.BuildInputs(arguments=("SENTRY_RELEASE",), token="SENTRY_AUTH_TOKEN")
IMAGE_FLOW = FLOW + "      - uses: docker/build-push-action@v6\n        with:\n          push: true # é\n"
GIVEN = image_inputs.Given(arguments={"SENTRY_RELEASE": "x"}, secrets={"sentry_auth_token": "SENTRY_AUTH_TOKEN"})
PYPROJECT = '[project]\nname = "x" # é\ndependencies = [\n  "django>=5",  # web\n]\n'

EDITORS = {
    "vite": (VITE, lambda d: vite.add_plugin(d, "vite.config.ts", OPTIONS)),
    "settings": (PYTHON, lambda d: settings.add_init(d, settings.InitOptions(), "production.py")),
    "entry module": (
        SERVER,
        lambda d: entry_module.add_init(d, settings.InitOptions(), "main.py", ("app",)),
    ),
    "lambda": (
        SERVER,
        lambda d: entry_module.add_init(
            d, settings.InitOptions(), "main.py", ("app",), ("aws_lambda", "AwsLambdaIntegration()")
        ),
    ),
    "release": (FLOW, lambda d: workflow.add_release_jobs(d, JOBS, "ci.yml")),
    "release inside": (FLOW, lambda d: workflow.add_release_jobs(d, replace(JOBS, place="deploy"), "ci.yml")),
    "build": (FLOW, lambda d: workflow_build.add_build_environment(d, 9, None, "ci.yml")),
    "before_send": (INIT, lambda d: hooks.add_function(d, 4, "before_send", hooks.BEFORE_SEND, "production.py")),
    "traces_sampler": (
        INIT,
        lambda d: hooks.add_function(d, 4, "traces_sampler", hooks.traces_sampler(0.2), "production.py"),
    ),
    "init options": (
        INIT,
        lambda d: init_options.add_options(
            d,
            4,
            {"enable_logs": "True"},
            [init_options.Integration(module="litellm", name="LiteLLMIntegration")],
            "a.py",
        ),
    ),
    "monitor": (JOB, lambda d: monitor.add_monitor(d, "nightly", 5, "nightly", CLOCK, "jobs.py")),
    "browser options": (
        BROWSER,
        lambda d: browser_options.add_options(d, 3, {"enableLogs": "true"}, ["replayIntegration"], "instrument.ts"),
    ),
    "root handlers": (ROOT, lambda d: boundary.add_root_handlers(d, "main.tsx", "@sentry/react")),
    "error boundary": (ROOT, lambda d: boundary.add_boundary(d, "main.tsx", "@sentry/react")),
    "render": (RENDER, lambda d: render.declare_variables(d, {"shop": {"SENTRY_DSN": None}})),
    "package": (PACKAGE, lambda d: package_json.add_dependency(d, "@sentry/vite-plugin", "^11.9.0")),
    "pyproject": (PYPROJECT, lambda d: toml.add_dependency(d, "sentry-sdk", ">=2.75,<3")),
    "fly": (
        'app = "shop" # é\n\n[env]\n  A = "b"\n\n[http_service]\n  internal_port = 80\n',
        lambda d: toml.declare_variables(d, {"SENTRY_ENVIRONMENT": "production"}),
    ),
    "fly without": (
        'app = "shop" # é\n\n[http_service]\n  internal_port = 80\n',
        lambda d: toml.declare_variables(d, {"SENTRY_ENVIRONMENT": "production"}),
    ),
    "heroku": (
        '{\n  "name": "é",\n  "env": {\n    "A": "b",\n    "Z": "c"\n  }\n}\n',
        lambda d: package_json.declare_variables(d, {"SENTRY_DSN": None, "SENTRY_ENVIRONMENT": "production"}),
    ),
    "pipfile": (
        '[[source]]\nname = "pypi" # é\n\n[packages]\ndjango = "*"\n\n[dev-packages]\nruff = "*"\n',
        lambda d: toml.add_dependency(d, "sentry-sdk", ">=2.75,<3", "Pipfile"),
    ),
    "remember": (
        PYPROJECT,
        lambda d: toml.remember(d, {"sentry.org": "acme", "backend.project": "b"}, "pyproject.toml"),
    ),
    "setup.py": (SETUP, lambda d: setuptools.add_requirement(d, "sentry-sdk", ">=2.75,<3", "setup.py")),
    "setup.cfg": (
        "[metadata]\nname = é\n\n[options]\npackages = find:\ninstall_requires =\n    django>=5\n    # é\n    gunicorn\n\n[options.extras_require]\ndev =\n    ruff\n",
        lambda d: setuptools.add_requirement(d, "sentry-sdk", ">=2.75,<3", "setup.cfg"),
    ),
    "requirements": (
        "# é\nDjango>=5\n",
        lambda d: requirements.add_requirement(d, "sentry-sdk", ">=2.75,<3", "==2.75.0"),
    ),
    "dotenv": ("# é\nexport A='b' # c\n", lambda d: dotenv.set_variables(d, {"SENTRY_DSN": "https://k@h/1"})),
    "entry": (ENTRY, lambda d: entry.import_first(d, "main.tsx", "./instrument")),
    "types": (
        '/// <reference types="vite/client" />\n// é\n',
        lambda d: entry.declare_types(d, entry.Style(), "vite-env.d.ts"),
    ),
    "gitlab audit": (GITLAB, lambda d: ci_audit.add_gitlab_jobs(d, ci_audit.AuditOptions(branch="main"))),
    "action": (FLOW, lambda d: workflow.add_release_jobs(d, replace(JOBS, strategy="action"), "ci.yml")),
    "gitlab release": (PIPELINE, lambda d: gitlab.add_release_jobs(d, JOBS)),
    "compose": (COMPOSE, lambda d: compose.declare_variables(d, {"web": {"SENTRY_DSN": None, "APP_ENV": "staging"}})),
    "compose list": (
        COMPOSE.replace("A: b", "- A=b"),
        lambda d: compose.declare_variables(d, {"web": {"SENTRY_DSN": None}}),
    ),
    "compose without": (
        "services:\n  web:\n    build: . # é\n  db:\n    image: postgres\n",
        lambda d: compose.declare_variables(d, {"web": {"SENTRY_DSN": None}}),
    ),
    "hook": (HOOKS, ci_audit.add_hook),
    "dockerfile": (DOCKERFILE, lambda d: dockerfile.add_inputs(d, 4, "npm run build", INPUTS, "Dockerfile")),
    "dockerfile release": (DOCKERFILE, lambda d: dockerfile.add_release(d, "SENTRY_RELEASE", "Dockerfile")),
    "image action": (IMAGE_FLOW, lambda d: image_inputs.give_action(d, 0, GIVEN, "ci.yml")),
    "image compose": (
        COMPOSE.replace(". # é", "# é\n      context: ."),
        lambda d: image_inputs.give_compose(d, "web", GIVEN, "compose.yml"),
    ),
    "waiver": (PYPROJECT, lambda d: toml.record(d, "waivers", {"id": "source-maps", "reason": "é"}, "pyproject.toml")),
    "dependency": (
        PACKAGE,
        lambda d: package_json.add_dependency(d, "@sentry/react", "^11.12.0", group="dependencies"),
    ),
    "uwsgi": (
        "[uwsgi]\nmodule = shop.wsgi\n; é\nmaster = 1\n\n[other]\na = b\n",
        lambda d: uwsgi.switch_on(d, ("enable-threads", "py-call-uwsgi-fork-hooks")),
    ),
    "gitignore": ("# é\ndist/\n", lambda d: dotenv.ignore_patterns(d, (".env",))),
}
