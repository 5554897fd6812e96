"""What the frontend's own code is in production: guards of the init call, the DSN's origin, and who hears of caught errors."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.checks.test_ci_items import build
from tests.checks.test_frontend_items import web
from tests.support.repo import PACKAGE, backend, check_one, frontend

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
IMPORT = "import * as Sentry from '@sentry/react'\n"
DSN = "https://0123456789abcdef0123456789abcdef@o1.ingest.de.sentry.io/7"


def instrument(text: str, main: str = "") -> dict[str, str]:
    made = web("", main=main) if main else web("")
    return made | {"frontend/src/instrument.ts": IMPORT + text + "\n"}


GUARDS = [
    ("if (import.meta.env.DEV) Sentry.init({})", F, "runs only if import.meta.env.DEV, which it is not in production"),
    ("if (!import.meta.env.PROD) { Sentry.init({}) }", F, "runs only if !import.meta.env.PROD"),
    ("import.meta.env.PROD || Sentry.init({})", F, "runs only if !(import.meta.env.PROD)"),
    ("if (import.meta.env.PROD) {} else { Sentry.init({}) }", F, "runs only if !(import.meta.env.PROD)"),
    ("const dev = process.env.NODE_ENV !== 'production'\ndev && Sentry.init({})", F, "runs only if dev"),
    ("if (import.meta.env.MODE === 'staging') Sentry.init({})", F, "runs only if"),
    ("if (['development', 'test'].includes(import.meta.env.MODE)) Sentry.init({})", F, "runs only if"),
    ("if (location.hostname === 'localhost') Sentry.init({})", F, "runs only if"),
    ("Sentry.init({ enabled: import.meta.env.DEV })", F, "is given `enabled: import.meta.env.DEV`, which is off in production"),
    ("Sentry.init({ enabled: false })", F, "is given `enabled: false`"),
    ("const { DEV } = import.meta.env\nSentry.init({ enabled: DEV })", F, "is given `enabled: DEV`"),
    ("const on = import.meta.env.MODE == 'development'\nSentry.init({ enabled: on })", F, "is given `enabled: on`"),
    ("if (import.meta.env.VITE_SENTRY_ON === 'true') Sentry.init({})", U, "cannot be determined here"),
    ("Sentry.init({ enabled: settings.on })", U, "cannot be determined here"),
    ("if (consent.given()) Sentry.init({})", U, "cannot be determined here"),
    ("if (import.meta.env.PROD) Sentry.init({})", P, ""),
    ("if (!import.meta.env.DEV && import.meta.env.VITE_SENTRY_DSN) Sentry.init({})", P, ""),
    ("const dsn = import.meta.env.VITE_SENTRY_DSN?.trim() || ''\nif (dsn) Sentry.init({ dsn, enabled: Boolean(dsn) })", P, ""),
    ("if (typeof window !== 'undefined') Sentry.init({ enabled: import.meta.env.PROD })", P, ""),
    ("if (!['localhost', '127.0.0.1'].includes(window.location.hostname)) Sentry.init({})", P, ""),
    ("if (!Sentry.isInitialized()) Sentry.init({ enabled: process.env.NODE_ENV === 'production' })", P, ""),
    (";(() => { Sentry.init({}) })()", P, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "outcome", "message"), GUARDS, ids=[g[0][:60] for g in GUARDS])
def test_a_guard_is_evaluated_as_in_production(text, outcome, message):
    result = check_one("frontend-initialized", instrument(text))
    assert result.outcome is outcome, result.findings
    if outcome is not P:
        assert message in result.findings[0].message
        assert result.findings[0].path == "frontend/src/instrument.ts"
        assert result.findings[0].hint


def test_a_variable_that_the_build_reads_decides_a_guard():
    text = "if (import.meta.env.VITE_SENTRY_ON === 'true') Sentry.init({})"
    for value, outcome in (("true", P), ("false", F)):
        files = instrument(text) | {"frontend/.env.production": f"VITE_SENTRY_ON={value}\n"}
        assert check_one("frontend-initialized", files).outcome is outcome


def test_a_guard_of_another_module_is_followed():
    files = instrument("import { isDev } from './mode'\nif (isDev) Sentry.init({})")
    files["frontend/src/mode.ts"] = "export const isDev = import.meta.env.DEV\n"
    assert check_one("frontend-initialized", files).outcome is F


START = "export function start() {\n  Sentry.init({})\n}\n"
CALLS = [
    ("import { start } from './instrument'\nstart()\n", START, P),
    ("import { start as go } from './instrument'\nvoid go()\n", START, P),
    ("import * as watch from './instrument'\nwatch.start()\n", START, P),
    ("import start from './instrument'\nstart()\n", START.replace("export", "export default"), P),
    ("import { start } from './instrument'\nfunction boot() { start() }\nboot()\n", START, P),
    ("import { start } from './instrument'\nif (import.meta.env.PROD) start()\n", START, P),
    ("import { start } from './instrument'\nif (import.meta.env.DEV) start()\n", START, F),
    ("import { start } from './instrument'\ncreateRoot(x).render()\nstart()\n", START, F),
    ("import './instrument'\n", START, U),
    ("import { start } from './instrument'\nstart()\n", START.replace("{\n", "{\n  if (!import.meta.env.DEV) return\n"), F),
    ("import { start } from './instrument'\nstart()\n", START.replace("{\n", "{\n  const dsn = import.meta.env.VITE_SENTRY_DSN\n  if (!dsn) return\n"), P),
]  # fmt: skip


@pytest.mark.parametrize(("main", "text", "outcome"), CALLS)
def test_the_call_of_a_function_is_found_where_it_runs(main, text, outcome):
    assert check_one("frontend-initialized", instrument(text, main=main)).outcome is outcome


DSNS = [
    ("const dsn = import.meta.env.VITE_SENTRY_DSN\nSentry.init({ dsn })", P),
    ("const dsn = import.meta.env.VITE_SENTRY_DSN || ''\nSentry.init({ dsn: dsn })", P),
    ("const dsn = (import.meta.env.VITE_SENTRY_DSN as string | undefined)?.trim() ?? ''\nSentry.init({ dsn })", P),
    ("const { VITE_SENTRY_DSN } = import.meta.env\nSentry.init({ dsn: VITE_SENTRY_DSN })", P),
    ("const config = { dsn: import.meta.env.VITE_SENTRY_DSN }\nSentry.init({ dsn: config.dsn })", P),
    ("import { dsn } from './config'\nSentry.init({ dsn })", P),
    ("Sentry.init({ dsn: import.meta.env.PROD ? import.meta.env.VITE_SENTRY_DSN : undefined })", P),
    ("Sentry.init({ dsn: `${import.meta.env.VITE_SENTRY_DSN}` })", P),
    (f"Sentry.init({{ dsn: import.meta.env.VITE_OTHER || '{DSN}' }})", P),
    ("Sentry.init({ dsn: import.meta.env.DEV ? import.meta.env.VITE_SENTRY_DSN : '' })", F),
    ("const dsn = import.meta.env.SENTRY_DSN || ''\nSentry.init({ dsn })", F),
    ("const dsn = import.meta.env.VITE_OTHER || ''\nSentry.init({ dsn })", F),
    ("Sentry.init({ dsn: fetched() })", U),
    ("export function start(dsn: string) { Sentry.init({ dsn }) }\nstart('x'); start(dsnOf())", U),
]  # fmt: skip


@pytest.mark.parametrize(("text", "outcome"), DSNS)
def test_the_dsn_is_followed_to_what_decides_it(text, outcome):
    files = instrument(text) | {"frontend/src/config.ts": "export const dsn = import.meta.env.VITE_SENTRY_DSN\n"}
    given = build("VITE_SENTRY_DSN: ${{ vars.VITE_SENTRY_DSN }}")
    result = check_one("frontend-dsn-configured", files | given)
    assert result.outcome is outcome, (result.evidence, result.findings)


def react(version: str, main: str, *packages: str, **files: str) -> dict[str, str]:
    manifest = json.loads(PACKAGE)
    manifest["dependencies"] = dict.fromkeys(("@sentry/react", *packages), "^10.30.0") | dict.fromkeys(
        ("react", "react-dom"), version
    )
    made = frontend("export default {}\n") | {"frontend/package.json": json.dumps(manifest)}
    made["frontend/src/main.tsx"] = main + "\n"
    return made | {f"frontend/src/{n}.tsx": t for n, t in files.items()}


HEAD = (
    IMPORT
    + "import { createRoot } from 'react-dom/client'\nimport { createBrowserRouter, RouterProvider } from 'react-router-dom'\n"
)
REPORTED = "createRoot(x, { onUncaughtError: Sentry.reactErrorHandler(), onCaughtError: Sentry.reactErrorHandler() }).render(<App />)"
WRAPPED = "createRoot(x).render(<Sentry.ErrorBoundary><RouterProvider router={router} /></Sentry.ErrorBoundary>)"


def routed(oops: str, root: str = WRAPPED) -> str:
    return f"{HEAD}{oops}\nconst router = createBrowserRouter([{{ path: '/', element: <App />, errorElement: <Oops /> }}])\n{root}"


HEARD = [
    ("19.0.0", HEAD + REPORTED, P, ""),
    ("18.3.1", HEAD + REPORTED, F, "React 18.3.1 ignores onUncaughtError"),
    ("18.3.1", HEAD + "createRoot(x).render(<Sentry.ErrorBoundary><App /></Sentry.ErrorBoundary>)", P, ""),
    ("19.0.0", HEAD + "createRoot(x, { onUncaughtError: (e) => console.error(e) }).render(<App />)", F, "onUncaughtError reports nothing"),
    ("19.0.0", HEAD + "const said = (e) => Sentry.captureException(e)\ncreateRoot(x, { onUncaughtError: said }).render(<App />)", P, ""),
    ("19.0.0", HEAD + "import { reportError } from '@acme/watch'\ncreateRoot(x, { onUncaughtError: (e) => reportError(e) }).render(<App />)", U, "cannot be determined"),
    ("18.3.1", routed("function Oops() { return <p>!</p> }"), F, "errorElement shows an error and reports nothing"),
    ("18.3.1", routed("function Oops() { Sentry.captureException(useRouteError()); return <p>!</p> }"), P, ""),
    ("18.3.1", routed("import { Oops } from './Oops'"), F, "errorElement"),
    ("19.0.0", routed("function Oops() { return <p>!</p> }", REPORTED), P, ""),
    ("18.3.1", HEAD + "const router = createBrowserRouter([{ path: '/', element: <App /> }])\n" + WRAPPED, F, "is around the router"),
    ("18.3.1", IMPORT + "import { ErrorBoundary } from 'react-error-boundary'\nexport const A = () => <ErrorBoundary><B /></ErrorBoundary>", F, "no error boundary"),
    ("18.3.1", IMPORT + "import { ErrorBoundary } from 'react-error-boundary'\nexport const A = () => <ErrorBoundary onError={(e) => Sentry.captureException(e)}><B /></ErrorBoundary>", P, ""),
    ("18.3.1", IMPORT + "export class A extends Component { componentDidCatch(e) { Sentry.captureException(e) } }", P, ""),
    ("18.3.1", IMPORT + "export class A extends Component { componentDidCatch(e) { console.error(e) } }", F, "no error boundary"),
    ("18.3.1", IMPORT + "export default Sentry.withErrorBoundary(App, {})", P, ""),
    ("18.3.1", "// <Sentry.ErrorBoundary> later\n" + IMPORT, F, "no error boundary"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "main", "outcome", "message"), HEARD)
def test_who_hears_of_what_react_catches(version, main, outcome, message):
    files = react(version, main, "react-router-dom", Oops="export function Oops() { return <p>!</p> }\n")
    result = check_one("error-boundary", files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is not P:
        assert message in result.findings[0].message
        assert result.findings[0].path in files


def made_with(package: str, build: str, **files: str) -> dict[str, str]:
    manifest = {"scripts": {"build": build}, "dependencies": {package: "1.0.0", "react": "19.0.0"}}
    return {"package.json": json.dumps(manifest)} | {
        k.replace("__", "/").replace("_dot_", "."): v for k, v in files.items()
    }


CAUGHT = "export default function E({ error }) { useEffect(() => { Sentry.captureException(error) }); return null }\n"
QUIET = "export default function E() { return <p>!</p> }\n"
NEXT = "import * as Sentry from '@sentry/nextjs'\n"
FRAMEWORKS = [
    (made_with("next", "next build", app__layout_dot_tsx=""), F, "app/global-error is missing"),
    (made_with("next", "next build", **{"app__global-error_dot_tsx": NEXT + CAUGHT}), P, ""),
    (made_with("next", "next build", **{"src__app__global-error_dot_jsx": NEXT + QUIET}), F, "global-error reports nothing"),
    (made_with("next", "next build", **{"app__global-error_dot_tsx": NEXT + CAUGHT, "app__shop__error_dot_tsx": QUIET}), F, "error.tsx shows an error"),
    (made_with("@react-router/dev", "react-router build", app__root_dot_tsx=NEXT + CAUGHT.replace("default function E", "function ErrorBoundary")), P, ""),
    (made_with("@react-router/dev", "react-router build", app__root_dot_tsx=QUIET.replace("default function E", "function ErrorBoundary")), F, "root route"),
    (made_with("@react-router/dev", "react-router build", app__root_dot_tsx="export { Oops as ErrorBoundary } from './oops'\n", app__oops_dot_tsx=NEXT + CAUGHT.replace("default function E", "function Oops")), P, ""),
    (made_with("@react-router/dev", "react-router build", app__root_dot_tsx="export { default as ErrorBoundary } from './oops'\n", app__oops_dot_tsx=QUIET), F, "root route"),
    (made_with("@sveltejs/kit", "vite build", src__hooks_dot_client_dot_ts="import * as S from '@sentry/sveltekit'\nexport const handleError = S.handleErrorWithSentry()\n"), P, ""),
    (made_with("@sveltejs/kit", "vite build", src__hooks_dot_client_dot_ts="import * as S from '@sentry/sveltekit'\nS.init({})\n"), F, "exports no handleError"),
    (made_with("vue", "vite build", index_dot_html="", src__main_dot_ts="import * as S from '@sentry/vue'\nS.init({ app })\n"), N, "its own error handler"),
    (made_with("vue", "vite build", index_dot_html="", src__main_dot_ts="import * as S from '@sentry/vue'\nS.init({ dsn })\n"), F, "not given the application"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "message"), FRAMEWORKS)
def test_each_framework_has_its_own_place_for_errors(files, outcome, message):
    if "index.html" in files:
        files = files | {"vite.config.ts": "export default {}\n"}
    result = check_one("error-boundary", files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is not P:
        assert message in result.findings[0].message


def test_nothing_here_needs_a_backend():
    assert check_one("error-boundary", backend()).outcome is N


MOUNT = "createRoot(document.body).render(null)\n"


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        ("// createRoot(x).render(y) comes later\n", P),
        ("const shown = 'createRoot('\n", P),
        ("export function show() { createRoot(x).render(null) }\n", P),
        (MOUNT, F),
        ("startTransition(() => hydrateRoot(document, null))\n", F),
        ("new Vue({})\n", F),
        ("createApp({}).mount('#app')\n", F),
    ],
)
def test_what_renders_before_the_call_is_code_that_runs(before, outcome):
    main = IMPORT + before + "Sentry.init({})\n" + MOUNT
    result = check_one("frontend-initialized", web("", main=main) | {"frontend/src/instrument.ts": ""})
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is F:
        assert result.findings[0].message == "Sentry.init() runs after the application rendered"


@pytest.mark.parametrize("module", ["@acme/watch", "@acme/watch/start", "shared/start"])
def test_the_call_may_stand_in_a_package_of_the_repository(module):
    files = web("", main=f"import '{module}'\n{MOUNT}") | {"frontend/src/instrument.ts": ""}
    manifest = json.loads(files["frontend/package.json"])
    manifest["dependencies"]["@acme/watch"] = "workspace:*"
    files["frontend/package.json"] = json.dumps(manifest)
    files["frontend/tsconfig.json"] = '{"compilerOptions": {"paths": {"shared/*": ["../packages/watch/src/*"]}}}'
    files["packages/watch/package.json"] = '{"name": "@acme/watch", "main": "./dist/index.js"}'
    files["packages/watch/src/index.ts"] = "import './start'\n"
    files["packages/watch/src/start.ts"] = IMPORT + "Sentry.init({})\n"
    result = check_one("frontend-initialized", files)
    assert result.outcome is P, result.findings
    assert result.evidence[0].path == "packages/watch/src/start.ts"


@pytest.mark.parametrize(
    ("above", "outcome"),
    [
        ({"package.json": '{"workspaces": ["frontend", "packages/*"]}'}, P),
        ({"package.json": '{"workspaces": {"packages": ["./packages/watch/"]}}'}, P),
        ({"pnpm-workspace.yaml": "packages:\n  - 'packages/**'\n"}, P),
        ({"package.json": '{"workspaces": ["packages/*", "!packages/watch"]}'}, F),
        ({"package.json": '{"workspaces": ["frontend", "libs/*"]}'}, F),
        ({"package.json": '{"workspaces": 3}', "pnpm-workspace.yaml": "packages: {\n"}, F),
        ({"package.json": "{}"}, F),
    ],
)
def test_a_workspace_links_its_packages_without_a_dependency(above, outcome):
    files = web(None, main=f"import '@acme/watch'\n{MOUNT}") | above
    files["packages/watch/package.json"] = json.dumps(
        {"name": "@acme/watch", "main": "index.ts", "dependencies": {"@sentry/browser": "^10.1.0"}}
    )
    files["packages/watch/index.ts"] = "import * as S from '@sentry/browser'\nS.init({ sendDefaultPii: false })\n"
    results = {item: check_one(item, files) for item in ("frontend-initialized", "frontend-sdk-installed")}
    assert {r.outcome for r in results.values()} == {outcome}, results
    if outcome is P:
        assert results["frontend-sdk-installed"].evidence[0].path == "packages/watch/package.json"


@pytest.mark.parametrize(
    ("main", "outcome", "said"),
    [
        (f"await import('@acme/watch')\n{MOUNT}", P, "waits for"),
        (f"{MOUNT}await import('@acme/watch')\n", F, "after the application rendered"),
        (f"const later = () => import('@acme/watch/start')\n{MOUNT}", F, "loads lazily"),
    ],
)
def test_a_linked_package_may_be_loaded_while_the_page_starts(main, outcome, said):
    files = web(None, main=main) | {"package.json": '{"workspaces": ["packages/*"]}'}
    files["packages/watch/package.json"] = '{"name": "@acme/watch", "main": "index.ts"}'
    files["packages/watch/index.ts"] = "import './start'\n"
    files["packages/watch/start.ts"] = "import * as S from '@sentry/browser'\nS.init({})\n"
    result = check_one("frontend-initialized", files)
    assert result.outcome is outcome, result
    assert said in [*(e.fact for e in result.evidence), *(f.message for f in result.findings)][0]


def test_the_root_of_a_workspace_may_declare_the_sdk():
    files = web() | {"package.json": json.dumps({"workspaces": ["frontend"], "dependencies": {"@sentry/react": "^10"}})}
    files["frontend/package.json"] = files["frontend/package.json"].replace('"@sentry/react"', '"other"')
    result = check_one("frontend-sdk-installed", files)
    assert result.outcome is P and result.evidence[0].path == "package.json"
    assert check_one("frontend-initialized", files).outcome is P


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("import { PUBLIC_DSN } from '$env/static/public'\nS.init({ dsn: PUBLIC_DSN })\n", P),
        ("import { env } from '$env/dynamic/public'\nS.init({ dsn: env.PUBLIC_DSN })\n", P),
        ("import { env } from '$env/dynamic/private'\nS.init({ dsn: env.PUBLIC_DSN })\n", U),
    ],
)
def test_sveltekit_hands_out_public_variables(text, outcome):
    files = made_with("@sveltejs/kit", "vite build") | {"vite.config.ts": "export default {}\n"}
    files["src/hooks.client.ts"] = "import * as S from '@sentry/sveltekit'\n" + text
    files[".env.production"] = f"PUBLIC_DSN={DSN}\n"
    result = check_one("frontend-dsn-configured", files)
    assert result.outcome is outcome, (result.evidence, result.findings)


BUILT = "on: push\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: npm run build\n      - run: fly deploy\n"
SITE = "services:\n  - type: web\n    name: shop\n    runtime: node\n    envVars:\n      - {key: PUBLIC_DSN, sync: false}\n"


@pytest.mark.parametrize(
    ("module", "more", "outcome"),
    [
        ("static", {".github/workflows/d.yml": BUILT}, F),
        ("dynamic", {".github/workflows/d.yml": BUILT}, U),
        ("dynamic", {".github/workflows/d.yml": BUILT.replace("build\n", "build\n        env: {PUBLIC_DSN: '${{ vars.D }}'}\n", 1)}, P),
        ("dynamic", {"render.yaml": SITE}, P),
    ],
)  # fmt: skip
def test_sveltekit_reads_dynamic_variables_where_it_runs(module, more, outcome):
    files = made_with("@sveltejs/kit", "vite build") | {"vite.config.ts": "export default {}\n"} | more
    name = "{ env }" if module == "dynamic" else "{ PUBLIC_DSN }"
    read = "env.PUBLIC_DSN" if module == "dynamic" else "PUBLIC_DSN"
    text = f"import * as S from '@sentry/sveltekit'\nimport {name} from '$env/{module}/public'\nS.init({{ dsn: {read} }})\n"
    result = check_one("frontend-dsn-configured", files | {"src/hooks.client.ts": text})
    assert result.outcome is outcome, (result.evidence, result.findings)


@pytest.mark.parametrize(("options", "outcome"), [("{ dsn: 'x' }", P), ("{}", F), ("/* { dsn } */", F)])
def test_astro_starts_the_sdk_by_its_integration(options, outcome):
    files = made_with("astro", "astro build")
    files["astro.config.mjs"] = (
        f"import sentry from '@sentry/astro'\n// sentry({{ dsn: 'y' }})\nexport default {{ integrations: [sentry({options})] }}\n"
    )
    assert check_one("frontend-initialized", files).outcome is outcome


DJANGO = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/settings.py": "DEBUG = False\n",
}


@pytest.mark.parametrize(
    ("path", "text", "outcome"),
    [
        ("app/shop/templates/js/main.js", "import * as Sentry from '@sentry/browser'\nSentry.init({})\n", U),
        ("app/shop/bundles/start.ts", "import * as S from '@sentry/vue'\nif (window.on) {\n  S.init({})\n}\n", U),
        ("app/shop/js/sentry.js", "const Sentry = require('@sentry/browser')\nSentry.init({})\n", U),
        ("app/shop/js/sentry.js", "// Sentry.init({})\nimport * as Sentry from '@sentry/browser'\n", F),
        ("app/shop/js/server.js", "import * as Sentry from '@sentry/node'\nSentry.init({})\n", F),
        ("app/shop/tests/main.js", "import * as Sentry from '@sentry/browser'\nSentry.init({})\n", F),
    ],
)
def test_a_call_in_a_backends_folder_is_told_with_its_place(path, text, outcome):
    files = (
        {f"app/{k}": v for k, v in DJANGO.items()}
        | made_with("@vue/cli-service", "vue-cli-service build")
        | {path: text}
    )
    result = check_one("frontend-initialized", files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    assert outcome is F or result.findings[0].path == path
