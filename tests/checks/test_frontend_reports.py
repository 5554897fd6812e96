"""Small repositories after public bug reports and reviews about Sentry in browser builds; the outcomes were decided by reading."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_ci_items import CI, TOKEN
from tests.checks.test_frontend_items import web
from tests.checks.test_map_builds import DELETES, HEAD, said, shop
from tests.support.repo import backend

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
PLAIN = "sentryVitePlugin({ org: 'acme', project: 'web', authToken: process.env.SENTRY_AUTH_TOKEN })"
DELETING = f"sentryVitePlugin({{ org: 'acme', project: 'web', {DELETES} }})"


def vite(
    plugins: str, *, before: str = "", build: str = "sourcemap: 'hidden'", env: str = TOKEN, **more: object
) -> dict[str, str]:
    text = f"{HEAD}{before}\nexport default defineConfig(({{ mode }}) => ({{ plugins: [{plugins}], build: {{ {build} }} }}))\n"
    return shop(text, env=env, **more)  # type: ignore[arg-type]


DOCKER = "FROM node:22\nCOPY web/ /app\nWORKDIR /app\nRUN npm ci && npm run build\n"
IN_IMAGE = {k: v for k, v in vite(PLAIN.replace("SENTRY_AUTH_TOKEN", "VITE_SENTRY_AUTH_TOKEN")).items() if k != CI}

BUILDS = [
    # https://github.com/Comfy-Org/ComfyUI_frontend/pull/14419: only the second of two plugins deletes, under a condition
    ("second-deletes", "source-maps-private", vite(f"{PLAIN}, ...(process.env.SENTRY_PROJECT_PROD ? [{DELETING}] : [])"), (F, U)),
    ("second-deletes-set", "source-maps-private", vite(f"{PLAIN}, ...(process.env.SENTRY_PROJECT_PROD ? [{DELETING}] : [])", env=f"{TOKEN}\nSENTRY_PROJECT_PROD: web"), (P,)),
    ("first-uploads", "source-maps", vite(f"{PLAIN}, ...(process.env.SENTRY_PROJECT_PROD ? [{DELETING}] : [])"), (P,)),
    # https://github.com/superloglabs/responder-oss/pull/9: maps by a variable of their own, no plugin without the token
    ("maps-without-plugin", "source-maps-private", vite(f"process.env.SENTRY_ORG && {DELETING}", build="sourcemap: process.env.MAPS === 'true' ? 'hidden' : false", env="MAPS: 'true'"), (F, U)),
    ("no-maps", "source-maps-private", vite(f"process.env.SENTRY_ORG && {DELETING}", build="sourcemap: process.env.MAPS === 'true' ? 'hidden' : false", env="MAPS: 'false'"), (P,)),
    # https://github.com/usekaneo/kaneo/pull/1602: the plugin needs three variables, CI gives one
    ("three-variables", "source-maps", vite(f"...(token && org && project ? [{PLAIN}] : [])", before="const token = process.env.SENTRY_AUTH_TOKEN, org = process.env.SENTRY_ORG, project = process.env.SENTRY_PROJECT"), (U, F)),
    ("three-variables-given", "source-maps", vite(f"...(token && org && project ? [{PLAIN}] : [])", before="const token = process.env.SENTRY_AUTH_TOKEN, org = process.env.SENTRY_ORG, project = process.env.SENTRY_PROJECT", env=f"{TOKEN}\nSENTRY_ORG: acme\nSENTRY_PROJECT: web"), (P,)),
    # https://github.com/getsentry/sentry-javascript-bundler-plugins/issues/527: a public variable holds the token; the image has none
    ("public-token", "token-not-in-bundle", vite(PLAIN.replace("SENTRY_AUTH_TOKEN", "VITE_SENTRY_AUTH_TOKEN")), (F,)),
    ("image-without-token", "source-maps", IN_IMAGE | {"Dockerfile": DOCKER}, (F, U)),
    # https://github.com/getsentry/sentry-javascript/issues/19523: the token is in `.env`, which the config does not read
    ("token-in-env-file", "source-maps", vite(PLAIN, env="OTHER: '1'", web__x="") | {"web/.env": "SENTRY_AUTH_TOKEN=\n"}, (F,)),
    # https://github.com/getsentry/spotlight/pull/1149: an object of one's own stands for the environment
    ("own-env", "source-maps", vite(PLAIN.replace("process.env.SENTRY_AUTH_TOKEN", "env.MAIN_TOKEN"), before="const env = process.env", env="MAIN_TOKEN: ${{ secrets.T }}"), (P,)),
    ("own-env-not-given", "source-maps", vite(PLAIN.replace("process.env.SENTRY_AUTH_TOKEN", "env.MAIN_TOKEN"), before="const env = process.env", env="X: y"), (F,)),
    ("let-env", "source-maps", vite(PLAIN.replace("process.env.SENTRY_AUTH_TOKEN", "env.MAIN_TOKEN"), before="let env = {}\nif (process.env.CI) env = process.env", env="X: y"), (F, U)),
    # https://github.com/MystenLabs/sui/pull/6453: `dryRun` by a constant
    ("disabled-by-constant", "source-maps", vite(PLAIN.replace("authToken", "disable: off, authToken"), before="const authToken = process.env.SENTRY_AUTH_TOKEN\nconst off = process.env.NODE_ENV !== 'production' || !authToken"), (P,)),
    ("disabled-by-constant-no-token", "source-maps", vite(PLAIN.replace("authToken", "disable: off, authToken"), before="const authToken = process.env.SENTRY_AUTH_TOKEN\nconst off = process.env.NODE_ENV !== 'production' || !authToken", env="X: y"), (F,)),
    # https://github.com/zacharyfmarion/openscad-studio/pull/60: the pattern has no `./`
    ("pattern-without-dot", "source-maps-private", vite(PLAIN.replace("authToken", "sourcemaps: { filesToDeleteAfterUpload: ['dist/**/*.map'] }, authToken")), (P,)),
    ("pattern-of-another-folder", "source-maps-private", vite(PLAIN.replace("authToken", "sourcemaps: { filesToDeleteAfterUpload: ['build/**/*.map'] }, authToken")), (F,)),
    # https://github.com/getsentry/sentry-javascript-bundler-plugins/issues/564: rimraf behind the build
    ("rimraf", "source-maps-private", vite(PLAIN, scripts={"build": "vite build && rimraf dist/**/*.js.map"}), (P,)),
    ("rimraf-in-another-script", "source-maps-private", vite(PLAIN, scripts={"build": "vite build", "clean": "rimraf dist/**/*.map"}), (F,)),
    ("rimraf-of-styles", "source-maps-private", vite(PLAIN, scripts={"build": "vite build && rimraf dist/**/*.css.map"}), (F,)),
]  # fmt: skip


@pytest.mark.parametrize(("item", "files", "outcomes"), [pytest.param(*c[1:], id=c[0]) for c in BUILDS])
def test_builds_after_reports(item: str, files: dict[str, str], outcomes: tuple[Outcome, ...]) -> None:
    seen, text = said(item, {k: v for k, v in files.items() if k != "web/x"})
    assert seen in outcomes, text


TRACED = "integrations: [Sentry.browserTracingIntegration()], tracePropagationTargets: [%s]"
TARGETS = [
    # https://github.com/getsentry/sentry-javascript/issues/8175: a pattern whose every part is optional, in a RegExp of its own
    (r"new RegExp(/(https?:\/\/(.+?\.)?example\.com)*/), new RegExp(/^\//)", F),
    (r"new RegExp('.*')", F),
    ("new RegExp('')", F),
    (r"new RegExp('^https://api\\.example\\.com/')", P),
    ("new RegExp(API_HOST)", U),
    ("/.*/", F),
    (r"/^https:\/\/api\.example\.com\//", P),
    ("'https://'", F),
    ("'api.example.com'", P),
    ("...TARGETS", U),
    ("/^" + r".*" * 60 + "=$/", U),  # would take years to fail
    ("import.meta.env.VITE_API", P),
]


@pytest.mark.parametrize(("targets", "outcome"), TARGETS)
def test_targets_of_traces_after_reports(targets: str, outcome: Outcome) -> None:
    seen, text = said("trace-propagation", backend() | web(f"dsn: import.meta.env.VITE_SENTRY_DSN, {TRACED % targets}"))
    assert seen is outcome, text


REPLAY = "integrations: [Sentry.replayIntegration(%s)]"
MASKS = [
    ("", P),
    ("{ maskAllText: true, blockAllMedia: true }", P),
    ("{ maskAllText: false }", F),
    ("{ maskAllText: !import.meta.env.PROD }", F),
    ("{ /* maskAllText: false */ }", P),
    ("options", U),
    ("{ ...options }", U),
]


@pytest.mark.parametrize(("given", "outcome"), MASKS)
def test_what_replay_records(given: str, outcome: Outcome) -> None:
    seen, text = said("frontend-pii-off", backend() | web(f"dsn: import.meta.env.VITE_SENTRY_DSN, {REPLAY % given}"))
    assert seen is outcome, text
