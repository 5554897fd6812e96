"""The items of the sections Secrets and Frontend: each outcome, on the shapes that the catalogue names."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.checks.test_ci_items import BROKEN_CI, CI, TOKEN, build, job, run_step
from tests.support.repo import PACKAGE, PLUGIN, assert_outcome, backend, check_one, frontend, numbered

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
ORG_TOKEN = "sntrys_eyJpYXQiOjE3MDAwMDAwMDAuMCwidXJsIjoiaHR0cHM6Ly9zZW50cnkuaW8ifQ==_" + "a1B2" * 11
USER_TOKEN = "sntryu_" + "0123456789abcdef" * 4
NOTHING = {"README.md": "nothing"}
LOADED = backend() | {"shop/env.py": "from decouple import config\n"}
"""A project whose code loads a `.env`."""
EXAMPLE = {"frontend/.env.example": "VITE_API=\n"}


def web(
    init: str | None = "dsn: import.meta.env.VITE_SENTRY_DSN",
    *,
    sdk: str = "10.78.0",
    config: str = "export default {}\n",
    main: str = "",
    **files: str,
):
    """A React frontend whose `src/instrument.ts` calls init with the given options (None: no Sentry at all)."""
    package = json.loads(PACKAGE)
    if init is not None:
        package["dependencies"]["@sentry/react"] = f"^{sdk}"
    made = frontend(config) | {"frontend/package.json": json.dumps(package)}
    first = "import './instrument'\n" if init is not None else ""
    made["frontend/src/main.tsx"] = (
        main or first + "import { createRoot } from 'react-dom/client'\ncreateRoot(document.body).render(null)\n"
    )
    if init is not None:
        made["frontend/src/instrument.ts"] = f"import * as Sentry from '@sentry/react'\nSentry.init({{ {init} }})\n"
    return made | files


BROKEN_CONFIG = "export default {\n"
UPLOADED = PLUGIN.replace("authToken:", "sourcemaps: { filesToDeleteAfterUpload: ['./dist/**/*.map'] }, authToken:")
LOCK = json.dumps({"packages": {"node_modules/@sentry/vite-plugin": {"version": "11.9.0"}}})
PLUGIN_PACKAGE = json.dumps(json.loads(PACKAGE) | {"devDependencies": {"vite": "7", "@sentry/vite-plugin": "^11.9.0"}})


def webpack(**more: str) -> dict[str, str]:
    """A frontend that plain webpack builds."""
    package = {
        "name": "web",
        "private": True,
        "scripts": {"build": "webpack"},
        "dependencies": {"react": "19", "react-dom": "19"},
        "devDependencies": {"webpack": "5", **more},
    }
    return {
        "web/package.json": json.dumps(package),
        "web/webpack.config.js": "module.exports = { entry: './src/index.js' }\n",
        "web/src/index.js": "document.title = 'shop'\n",
    }


CASES: dict[str, list[tuple[dict[str, str], Outcome]]] = {
    "token-not-committed": [
        (backend(), P),
        (backend() | {"deploy.sh": f"export SENTRY_AUTH_TOKEN={ORG_TOKEN}\n"}, F),
        (backend() | {"app.py": f"T = '{USER_TOKEN}'\n"}, F),
        (backend() | {".sentryclirc": "[auth]\ntoken=" + "0123456789abcdef" * 4 + "\n"}, F),
        (backend() | {".env.sentry-build-plugin": "SENTRY_AUTH_TOKEN=a-real-looking-value\n"}, F),
        (backend() | {".env.example": "SENTRY_AUTH_TOKEN=your_auth_token\n"}, P),
        (backend() | {CI: f"env:\n  {TOKEN}\n"}, P),
        ({}, N),
    ],
    "token-not-in-bundle": [
        (web(), P),
        (web() | {"frontend/.env.example": "VITE_SENTRY_AUTH_TOKEN=\n"}, F),
        (web(config="export default { envPrefix: '' }\n"), F),
        (web(config="export default { envPrefix: ['VITE_', 'SENTRY_'] }\n"), F),
        (web(config="export default ({ mode }) => ({ define: { 'process.env': env } })\n"), F),
        (web(config=BROKEN_CONFIG), U),
        (web(config="export default make()\n"), U),
        (backend(), N),
    ],
    "token-not-in-image": [
        (
            {
                "Dockerfile": "FROM node\nRUN --mount=type=secret,id=SENTRY_AUTH_TOKEN,env=SENTRY_AUTH_TOKEN npm run build\n"
            },
            P,
        ),
        ({"Dockerfile": "FROM node\nARG SENTRY_AUTH_TOKEN\nRUN npm run build\n"}, F),
        ({"Dockerfile": "FROM node\n# ARG SENTRY_AUTH_TOKEN\n"}, N),
        (NOTHING, N),
    ],
    "token-scope": [
        (web(None) | build(TOKEN), U),
        (web(None) | {"frontend/x.ts": f"const t = '{USER_TOKEN}'\n"}, F),
        (NOTHING, N),
    ],
    "env-ignored": [
        (backend() | {".gitignore": ".env\n"}, P),
        (LOADED | {".gitignore": "*.pyc\n"}, F),
        (LOADED, F),
        (backend() | {".gitignore": ".env\n", ".env": "SECRET_KEY=realvalue123\n"}, F),
        (LOADED | {".gitignore": ".env\n!.env\n"}, F),
        (backend() | {".env": "COMPOSE_PROJECT_NAME=shop\n"}, P),
        (backend() | {".env": "POSTGRES_PASSWORD=postgres\nSECRET_KEY=django-insecure-1\n"}, P),
        (backend() | {".env": "SENTRY_DSN=\n"}, F),
        (webpack(), N),
        (webpack(**{"dotenv-webpack": "8"}), F),
        (webpack() | {"web/.env.local": "API_SECRET=realvalue123\n"}, F),
        (backend() | {".env": "SECRET_KEY=change-me\n"}, F),
        (
            backend()
            | {".gitignore": ".env\n", ".env.production": "SENTRY_DSN=https://0a1b2c3d@o42.ingest.sentry.io/1\n"},
            F,
        ),
        (
            backend()
            | {".gitignore": ".env\n", ".env.production": "VITE_SENTRY_DSN=https://0a1b2c3d@o42.ingest.sentry.io/1\n"},
            P,
        ),
        (backend() | {".gitignore": ".env\n", ".env.ci": "DEBUG=1\n"}, P),
        (frontend() | {"frontend/.gitignore": "*.local\n"}, P),
        (web(), F),
        (NOTHING, N),
        # Nothing reads a file of that name, so none will hold a DSN.
        (backend(), N),
        (backend() | {"compose.yml": "services:\n  web:\n    image: shop:${TAG:-latest}\n"}, F),
        (backend() | {"compose.yml": "services:\n  web:\n    image: shop\n    command: echo $$HOME\n"}, N),
        (frontend(), N),
        (frontend() | {"frontend/src/a.ts": "if (import.meta.env.DEV) start()\n"}, N),
        # A variable that nobody is shown to keep in a file has its default, and what a bundle holds is public.
        (frontend() | {"frontend/src/a.ts": "const { VITE_API, MODE } = import.meta.env\n"}, N),
        (frontend() | EXAMPLE | {"frontend/src/a.ts": "if (import.meta.env.DEV) start()\n"}, N),
        (frontend() | EXAMPLE | {"frontend/src/a.ts": "const { VITE_API, MODE } = import.meta.env\n"}, F),
        (frontend() | EXAMPLE | {"frontend/src/a.ts": "const { VITE_API: api } = import.meta.env\n"}, F),
        (frontend() | EXAMPLE | {"frontend/src/a.ts": "start(import.meta.env)\n"}, F),
        (frontend() | EXAMPLE | {"frontend/src/a.ts": "start(process.env.API)\n"}, N),
        (frontend("import { loadEnv } from 'vite'\nexport default {}\n") | EXAMPLE, F),
        (frontend() | EXAMPLE | {"frontend/index.html": "<title>%VITE_TITLE%</title>"}, F),
        (
            {
                "package.json": json.dumps({"dependencies": {"nuxt": "^4"}, "scripts": {"build": "nuxt build"}}),
                "nuxt.config.ts": "export default defineNuxtConfig({ runtimeConfig: { key: process.env.KEY } })\n",
                ".gitignore": ".env.local\n",
                ".env.example": "KEY=\n",
            },
            F,
        ),
    ],
    "env-example-complete": [
        (web() | {"frontend/.env.example": "VITE_SENTRY_DSN=\n"}, P),
        (web() | {"frontend/.env.example": "# VITE_SENTRY_DSN=\n"}, P),
        (web() | {"frontend/.env.example": "OTHER=\n"}, F),
        (web(), F),
        (web() | {"frontend/.env.production": "VITE_SENTRY_DSN=\n"}, P),
        (web() | {"frontend/.env.test": "VITE_SENTRY_DSN=\n"}, F),
        (
            web()
            | {"frontend/src/b.ts": "// import.meta.env.VITE_SENTRY_ORG\n", "frontend/.env": "VITE_SENTRY_DSN=\n"},
            P,
        ),
        (
            web()
            | {"frontend/src/b.ts": "use(import.meta.env['VITE_SENTRY_ORG'])\n", "frontend/.env": "VITE_SENTRY_DSN=\n"},
            F,
        ),
        (
            web()
            | {
                "frontend/.env.example": "VITE_SENTRY_DSN=https://0a1b2c3d4e5f60718293a4b5c6d7e8f9@o42.ingest.sentry.io/1\n"
            },
            F,
        ),
        (web(None), N),
        (backend() | {"shop/settings.py": "def broken(:\n"}, U),
    ],
    "ci-token-safe": [
        (build(TOKEN), P),
        (
            job(
                "      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n",
                run_step("npm run build"),
                on="pull_request_target",
            ),
            F,
        ),
        (BROKEN_CI, U),
        (build(), N),
    ],
    "ci-token-step-scoped": [
        (build(TOKEN), P),
        ({CI: f"on: push\nenv:\n  {TOKEN}\njobs:\n  a:\n    steps:\n      - run: x\n"}, F),
        ({CI: f"on: push\njobs:\n  a:\n    env:\n      {TOKEN}\n    steps:\n      - run: x\n      - run: z\n"}, F),
        (BROKEN_CI, U),
        (build(), N),
    ],
    "frontend-sdk-installed": [
        (web(), P),
        (web(None), F),
        (web(None) | {"frontend/index.html": "<script src='https://js.sentry-cdn.com/abc.min.js'></script>"}, P),
        (web(None) | {"package.json": '{"dependencies": {"@sentry/react": "^10"}}'}, P),
        ({"frontend/package.json": "{", "sentry-setup.toml": ""}, N),
        (backend(), N),
    ],
    "frontend-initialized": [
        (web(), P),
        (web(None), F),
        (web(main="import { createRoot } from 'react-dom/client'\ncreateRoot(document.body).render(null)\n"), F),
        (
            web(
                main="import * as Sentry from '@sentry/react'\ncreateRoot(document.body).render(null)\nSentry.init({})\n"
            )
            | {"frontend/src/instrument.ts": ""},
            F,
        ),
        (
            web(
                main="import * as Sentry from '@sentry/react'\nfunction App() { useEffect(() => { Sentry.init({}) }) }\n"
            )
            | {"frontend/src/instrument.ts": ""},
            F,
        ),
        (
            web(
                main="import { start } from './instrument'\nstart()\ncreateRoot(x).render(y)\n",
                **{
                    "frontend/src/instrument.ts": "import { init } from '@sentry/react'\nexport function start() {\n  init({})\n}\n"
                },
            ),
            P,
        ),
        (
            web(
                main="import { start } from './instrument'\nlater(start)\n",
                **{
                    "frontend/src/instrument.ts": "import { init } from '@sentry/react'\nexport function start() {\n  init({})\n}\n"
                },
            ),
            U,
        ),
        (
            web(main="import * as S from '@sentry/react'\nif (import.meta.env.DEV) S.init({})\n")
            | {"frontend/src/instrument.ts": ""},
            F,
        ),
        (web(None, main="import { boot } from '@acme/sentry'\n"), U),
        (backend(), N),
    ],
    "frontend-dsn-configured": [
        (web() | build("VITE_SENTRY_DSN: ${{ vars.VITE_SENTRY_DSN }}"), P),
        (web() | {"frontend/.env.production": "VITE_SENTRY_DSN=https://k1@o42.ingest.sentry.io/1\n"}, P),
        (web() | build(), F),
        (web("dsn: process.env.SENTRY_DSN") | build(), F),
        (web("dsn: import.meta.env.SENTRY_DSN") | build(), F),
        (web("dsn: 'https://xxxxx@sentry.io/xxxxx'"), F),
        (web("dsn: 'https://0a1b2c3d4e5f60718293a4b5c6d7e8f9@o42.ingest.sentry.io/1'"), P),
        (web(), U),
        (web() | {"frontend/vercel.json": "{}"}, U),
        (web(None), N),
    ],
    "frontend-pii-off": [
        (web(), P),
        (web("dsn: x, sendDefaultPii: false"), P),
        (web("dsn: x, sendDefaultPii: true"), F),
        (web("dsn: x, sendDefaultPii: decide()"), U),
        (web("dsn: x, sendDefaultPii: false", sdk="11.12.0"), F),
        (web("dsn: x", sdk="11.12.0"), F),
        (web("dsn: x, dataCollection: { userInfo: false }", sdk="11.12.0"), P),
        (web("dsn: x, integrations: [Sentry.replayIntegration({ maskAllText: false })]"), F),
        (web("...options"), U),
        (web(None), N),
    ],
    "error-boundary": [
        (
            web()
            | {
                "frontend/src/App.tsx": "import * as Sentry from '@sentry/react'\nexport default () => <Sentry.ErrorBoundary><X /></Sentry.ErrorBoundary>\n"
            },
            P,
        ),
        (
            web(
                main="import * as Sentry from '@sentry/react'\ncreateRoot(b, { onCaughtError: Sentry.reactErrorHandler() })\n"
            ),
            P,
        ),
        (web(), F),
        (web() | {"frontend/src/App.tsx": "const ErrorBoundary = (\n"}, U),
        (backend(), N),
    ],
    "source-maps-private": [
        (web(config=UPLOADED), P),
        (web(config=PLUGIN), F),
        (web(config="export default { build: { sourcemap: true } }\n"), F),
        (
            web(config="export default { build: { sourcemap: true } }\n")
            | {"Dockerfile": "FROM node\nRUN npm run build && find dist -name '*.map' -delete\n"},
            P,
        ),
        (web(config=UPLOADED.replace("sourcemap: 'hidden'", "sourcemap: 'hidden', outDir: '../static'")), F),
        (web(config="export default { build: { sourcemap: 'inline' } }\n"), F),
        (web(), P),
        (web(config=BROKEN_CONFIG), U),
        (backend(), N),
    ],
    "upload-failure-visible": [
        (web(config=PLUGIN.replace("authToken:", "errorHandler: (e) => { throw e }, authToken:")), P),
        (web(config=PLUGIN), F),
        (web() | build(TOKEN, "sentry-cli sourcemaps upload dist"), P),
        (web() | build(TOKEN, "sentry-cli sourcemaps upload dist || true"), F),
        (web(config=BROKEN_CONFIG), U),
        (web(), N),
    ],
    "node-supports-plugin": [
        (web() | {"frontend/package.json": PLUGIN_PACKAGE, "frontend/.nvmrc": "22\n"}, P),
        (web() | {"frontend/package.json": PLUGIN_PACKAGE, ".nvmrc": "v18.20.0\n"}, F),
        (
            web()
            | {"frontend/package.json": PLUGIN_PACKAGE, "Dockerfile": "FROM node:20.10-alpine\nRUN npm run build\n"},
            F,
        ),
        (web() | {"frontend/package.json": PLUGIN_PACKAGE}, U),
        # A range without an upper end names no Node that builds.
        (web() | {"frontend/package.json": PLUGIN_PACKAGE, "package.json": '{"engines": {"node": ">=16"}}'}, U),
        (web() | {"frontend/package.json": PLUGIN_PACKAGE, "package.json": '{"engines": {"node": "^18 || ^22"}}'}, U),
        (web() | {"frontend/package.json": PLUGIN_PACKAGE, "package.json": '{"engines": {"node": ">=22.12"}}'}, P),
        (
            web()
            | {
                "frontend/package.json": PLUGIN_PACKAGE,
                "package.json": '{"engines": {"node": ">=16"}}',
                ".nvmrc": "22\n",
            },
            P,
        ),
        (web() | {"frontend/package.json": PLUGIN_PACKAGE, "package.json": '{"engines": {"node": ">=16 <19"}}'}, F),
        (web(), N),
    ],
    "trace-propagation": [
        (backend() | web("integrations: [Sentry.browserTracingIntegration()]"), P),
        (
            backend()
            | {"shop/settings.py": "INSTALLED_APPS = ['corsheaders']\n"}
            | web("integrations: [Sentry.browserTracingIntegration()]"),
            F,
        ),
        (
            backend()
            | {
                "shop/settings.py": "INSTALLED_APPS = ['corsheaders']\nCORS_ALLOW_HEADERS = ['sentry-trace', 'baggage']\n"
            }
            | web(
                "integrations: [Sentry.browserTracingIntegration()], tracePropagationTargets: ['https://api.acme.example']"
            ),
            P,
        ),
        (
            backend()
            | web(
                main="later()\n",
                **{
                    "frontend/src/instrument.ts": "import { init } from '@sentry/react'\nexport const go = () => init({})\n",
                    "frontend/src/main.tsx": "import './instrument'\n",
                },
            ),
            N,
        ),
        (backend() | web("...options()"), U),
        (backend() | web("integrations: []"), N),
        (web(), N),
    ],
    "csp-allows-sentry": [
        (backend() | web() | {"shop/settings.py": "CSP_CONNECT_SRC = (\"'self'\", 'https://*.ingest.sentry.io')\n"}, P),
        (backend() | web() | {"shop/settings.py": "CSP_CONNECT_SRC = (\"'self'\",)\n"}, F),
        (backend() | web("tunnel: '/t'") | {"shop/settings.py": "CSP_CONNECT_SRC = (\"'self'\",)\n"}, P),
        (backend() | web() | {"shop/settings.py": "SECURE_CSP = {'default-src': [CSP.SELF]}\n"}, F),
        (web() | {"nginx.conf": "add_header Content-Security-Policy \"default-src 'self'\";\n"}, F),
        (backend() | web() | {"shop/settings.py": "CSP_CONNECT_SRC = make()\n"}, U),
        (web(), N),
    ],
    "tunnel-safe": [
        (
            backend()
            | web("tunnel: '/t'")
            | {
                "shop/views.py": "def tunnel(request):\n    envelope = request.body\n    dsn = urlparse(json.loads(envelope)['dsn'])\n    if dsn.hostname != HOST:\n        raise X\n    requests.post(f'https://{dsn.hostname}', data=envelope)\n"
            },
            P,
        ),
        (
            backend()
            | web("tunnel: '/t'")
            | {
                "shop/views.py": "def tunnel(request):\n    envelope = request.body\n    dsn = urlparse(json.loads(envelope)['dsn'])\n    requests.post(f'https://{dsn.hostname}', data=envelope)\n"
            },
            F,
        ),
        (web("tunnel: '/t'"), U),
        (web(), N),
    ],
}


@pytest.mark.parametrize(("item_id", "files", "outcome"), numbered(CASES))
def test_outcome(item_id, files, outcome):
    assert_outcome(item_id, files, outcome)


HELPER = "import { sentryVitePlugin } from '@sentry/vite-plugin'\nexport const plugins = () => [sentryVitePlugin({})]\n"


@pytest.mark.parametrize(
    ("config", "more", "outcome"),
    [
        (
            "export default { build: { rollupOptions: { manualChunks: { sentry: ['@sentry/react'] } } } }",
            {},
            Outcome.FAIL,
        ),
        ("export default { define: { __SENTRY_DEBUG__: false } }", {}, Outcome.FAIL),
        ("import { sentryMaps } from './maps'\nexport default { plugins: [sentryMaps()] }", {}, Outcome.UNKNOWN),
        (
            "import { plugins } from './maps'\nexport default { plugins: plugins() }",
            {"maps.ts": HELPER},  # the call is followed, and there is no map to upload
            Outcome.FAIL,
        ),
        (
            "import { plugins } from './maps'\nexport default { plugins: plugins() }",
            {"maps.ts": "export const plugins = () => []"},
            Outcome.FAIL,
        ),
    ],
)
def test_a_plugin_from_elsewhere_is_open_and_a_mere_name_is_none(config, more, outcome):
    files = frontend(config) | {f"frontend/{name}": text for name, text in more.items()}
    assert check_one("source-maps", files).outcome is outcome


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("https://js.sentry-cdn.com/abc.min.js", P),
        ("https://js-de.sentry-cdn.com/abc.min.js", P),
        ("https://browser.sentry-cdn.com/10.5.0/bundle.min.js", U),
    ],
)
@pytest.mark.parametrize("item", ["frontend-initialized", "frontend-dsn-configured"])
def test_a_bundle_of_the_cdn_does_not_initialize_itself(item, source, outcome):
    page = f"<html>\n<script src='{source}'></script>\n</html>"
    result = check_one(item, web(None) | {"frontend/index.html": page})
    if outcome is P:
        assert result.outcome is P, result.findings
        return
    [finding] = result.findings
    assert (result.outcome, finding.path, finding.line) == (U, "frontend/index.html", 2), result
    assert finding.message == "the page loads a bundle of the SDK from the CDN, which does not initialize itself"
    assert finding.hint and finding.hint.startswith("check that ")
