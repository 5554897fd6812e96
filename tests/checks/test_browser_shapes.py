"""Frontends as public code writes them: what initializes the SDK, switches it off, reaches the bundle, and catches errors."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.checks.test_ci_items import CI
from tests.support.repo import backend, check_one, workflow

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


def app(
    files: dict[str, str],
    deps=None,
    dev=None,
    scripts=None,
    env="VITE_SENTRY_DSN: ${{ secrets.DSN }}\nSENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}",
    html=True,
    main="/src/main.tsx",
    **pk,
):
    package = {
        "name": "web",
        "private": True,
        "scripts": scripts or {"build": "vite build"},
        "dependencies": deps or {"react": "19.1.0", "react-dom": "19.1.0", "@sentry/react": "10.20.0"},
        "devDependencies": dev if dev is not None else {"vite": "7.1.0", "@sentry/vite-plugin": "4.6.0"},
        **pk,
    }
    made = backend() | {
        CI: workflow("npm run build", env=env) + "        working-directory: web\n",
        "web/package.json": json.dumps(package),
    }
    if html:
        made["web/index.html"] = f'<div id="root"></div><script type="module" src="{main}"></script>'
    if not any("vite.config" in k for k in files) and html:
        made["web/vite.config.ts"] = "export default {}\n"
    return made | {f"web/{k}": v for k, v in files.items()}


R = "import * as Sentry from '@sentry/react'\n"
ROOT = "import { createRoot } from 'react-dom/client'\nimport App from './App'\ncreateRoot(document.getElementById('root')!).render(<App />)\n"
APP = {"src/App.tsx": "export default () => <div/>\n"}


def ini(text, main=None, **k):
    return app({"src/instrument.ts": R + text, "src/main.tsx": (main or "import './instrument'\n" + ROOT)} | APP, **k)


DSN = "dsn: import.meta.env.VITE_SENTRY_DSN"
SHAPES = [
("alias of the bundler to another folder", app({"vite.config.ts":"export default { resolve: { alias: { '@': '/lib' } } }\n","lib/instrument.ts":"export {}\n","src/instrument.ts":R+f"Sentry.init({{ {DSN} }})\n","src/main.tsx":"import '@/instrument'\n"+ROOT}|APP), {"frontend-initialized":F}),
("alias of the bundler to a file that is not there", app({"vite.config.ts":"export default { resolve: { alias: [{ find: '@', replacement: '/lib' }] } }\n","src/instrument.ts":R+f"Sentry.init({{ {DSN} }})\n","src/main.tsx":"import '@/instrument'\n"+ROOT}|APP), {"frontend-initialized":F}),
("alias of the bundler by an expression", app({"vite.config.ts":"export default { resolve: { alias: [{ find: /^@\\//, replacement: '/src/' }] } }\n","src/instrument.ts":R+f"Sentry.init({{ {DSN} }})\n","src/main.tsx":"import '@/instrument'\n"+ROOT}|APP), {"frontend-initialized":P}),
("not on a router's server", ini("import { createRouter } from '@tanstack/react-router'\nconst router = createRouter({ routes })\nif (!router.isServer) Sentry.init({ "+DSN+" })\n"), {"frontend-initialized":P}),
("on a router's server", ini("import { createRouter } from '@tanstack/react-router'\nconst router = createRouter({ routes })\nif (router.isServer) Sentry.init({ "+DSN+" })\n"), {"frontend-initialized":F}),
("a router that is told where it is", ini("import { createRouter } from '@tanstack/react-router'\nconst router = createRouter({ routes, isServer: told() })\nif (!router.isServer) Sentry.init({ "+DSN+" })\n"), {"frontend-initialized":U}),
("another router's server", ini("import { createRouter } from './own'\nconst router = createRouter({ routes })\nif (!router.isServer) Sentry.init({ "+DSN+" })\n"), {"frontend-initialized":U}),
("let that stays", ini("let on = import.meta.env.PROD\nif (on) Sentry.init({ "+DSN+" })\n"), {"frontend-initialized":P}),
("let that is off", ini("let on = import.meta.env.DEV\nif (on) Sentry.init({ "+DSN+" })\n"), {"frontend-initialized":F}),
("let that changes", ini("let on = import.meta.env.DEV\nif (location.search) on = true\nif (on) Sentry.init({ "+DSN+" })\n"), {"frontend-initialized":U}),
("let that a pattern changes", ini("let on = import.meta.env.DEV;\n[on] = told()\nif (on) Sentry.init({ "+DSN+" })\n"), {"frontend-initialized":U}),
("second init empty", ini(f"Sentry.init({{ {DSN} }})\nSentry.init({{ dsn: '' }})\n"), {"frontend-initialized":F}),
("second init disabled", ini(f"Sentry.init({{ {DSN} }})\nSentry.init({{ {DSN}, enabled: false }})\n"), {"frontend-initialized":F}),
("close", ini(f"Sentry.init({{ {DSN} }})\nSentry.close()\n"), {"frontend-initialized":F}),
("close client", ini(f"Sentry.init({{ {DSN} }})\nSentry.getClient()?.close()\n"), {"frontend-initialized":F}),
("close on pagehide", ini(f"Sentry.init({{ {DSN} }})\nwindow.addEventListener('pagehide', () => Sentry.close())\n"), {"frontend-initialized":P}),
("flush", ini(f"Sentry.init({{ {DSN} }})\nSentry.flush()\n"), {"frontend-initialized":P}),
("async never", ini(f"async function start() {{ Sentry.init({{ {DSN} }}) }}\n"), {"frontend-initialized":F}),
("async called", ini(f"async function start() {{ Sentry.init({{ {DSN} }}) }}\nstart()\n"), {"frontend-initialized":P}),
("iife async", ini(f"(async () => {{ Sentry.init({{ {DSN} }}) }})()\n"), {"frontend-initialized":P}),
("exported fn called in main", app({"src/instrument.ts":R+f"export function initSentry() {{ Sentry.init({{ {DSN} }}) }}\n","src/main.tsx":"import { initSentry } from './instrument'\ninitSentry()\n"+ROOT}|APP), {"frontend-initialized":P}),
("exported fn never called", app({"src/instrument.ts":R+f"export function initSentry() {{ Sentry.init({{ {DSN} }}) }}\n","src/main.tsx":"import './instrument'\n"+ROOT}|APP), {"frontend-initialized":F}),
("after render", app({"src/instrument.ts":R+f"Sentry.init({{ {DSN} }})\n","src/main.tsx":ROOT+"import('./instrument')\n"}|APP), {"frontend-initialized":F}),
("destructured init", ini(f"import {{ init }} from '@sentry/react'\ninit({{ {DSN} }})\n"), {"frontend-initialized":P}),
("renamed import", app({"src/main.tsx":"import { init as boot } from '@sentry/react'\nboot({ "+DSN+" })\n"+ROOT}|APP), {"frontend-initialized":P}),
("conditional dsn", ini("const dsn = import.meta.env.VITE_SENTRY_DSN\nif (dsn && import.meta.env.PROD) {\n  Sentry.init({ dsn, environment: import.meta.env.MODE })\n}\n"), {"frontend-initialized":P,"frontend-dsn-configured":P}),
("early return fn", ini("export function setup() {\n  const dsn = import.meta.env.VITE_SENTRY_DSN\n  if (!dsn) return\n  Sentry.init({ dsn })\n}\nsetup()\n"), {"frontend-initialized":P,"frontend-dsn-configured":P}),
("early return dev", ini("export function setup() {\n  if (import.meta.env.PROD) return\n  Sentry.init({ "+DSN+" })\n}\nsetup()\n"), {"frontend-initialized":F}),
("config module", app({"src/config.ts":"export const config = { sentry: { dsn: import.meta.env.VITE_SENTRY_DSN as string } }\n","src/instrument.ts":R+"import { config } from './config'\nSentry.init({ dsn: config.sentry.dsn })\n","src/main.tsx":"import './instrument'\n"+ROOT}|APP), {"frontend-dsn-configured":P}),
("dsn literal empty", ini("Sentry.init({ dsn: '' })\n"), {"frontend-dsn-configured":F}),
("dsn undefined var", ini("Sentry.init({ dsn: import.meta.env.VITE_DSN_OTHER })\n"), {"frontend-dsn-configured":F}),
("dsn not prefixed", ini("Sentry.init({ dsn: import.meta.env.SENTRY_DSN })\n", env="SENTRY_DSN: x"), {"frontend-dsn-configured":F}),
("dsn window env", ini("Sentry.init({ dsn: window.__ENV__.SENTRY_DSN })\n"), {"frontend-dsn-configured":U}),
("pii on", ini(f"Sentry.init({{ {DSN}, sendDefaultPii: true }})\n"), {"frontend-pii-off":F}),
("pii off", ini(f"Sentry.init({{ {DSN}, sendDefaultPii: false }})\n"), {"frontend-pii-off":P}),
("pii spread", ini(f"const base = {{ sendDefaultPii: true }}\nSentry.init({{ {DSN}, ...base }})\n"), {"frontend-pii-off":F}),
("pii prod", ini(f"Sentry.init({{ {DSN}, sendDefaultPii: import.meta.env.PROD }})\n"), {"frontend-pii-off":F}),
("pii dev", ini(f"Sentry.init({{ {DSN}, sendDefaultPii: import.meta.env.DEV }})\n"), {"frontend-pii-off":P}),
("replay unmasked", ini(f"Sentry.init({{ {DSN}, integrations: [Sentry.replayIntegration({{ maskAllText: false, blockAllMedia: false }})] }})\n"), {"frontend-pii-off":F}),
("replay default", ini(f"Sentry.init({{ {DSN}, integrations: [Sentry.replayIntegration()] }})\n"), {"frontend-pii-off":P}),
("boundary sentry", app({"src/main.tsx":R+f"Sentry.init({{ {DSN} }})\nimport {{ createRoot }} from 'react-dom/client'\ncreateRoot(document.body).render(<Sentry.ErrorBoundary fallback={{<p/>}}><p/></Sentry.ErrorBoundary>)\n"}), {"error-boundary":P}),
("boundary with hoc", app({"src/main.tsx":R+f"Sentry.init({{ {DSN} }})\nimport {{ createRoot }} from 'react-dom/client'\nconst App = Sentry.withErrorBoundary(() => <p/>, {{ fallback: <p/> }})\ncreateRoot(document.body).render(<App/>)\n"}), {"error-boundary":P}),
("root handlers", app({"src/main.tsx":R+f"Sentry.init({{ {DSN} }})\nimport {{ createRoot }} from 'react-dom/client'\ncreateRoot(document.body, {{ onUncaughtError: Sentry.reactErrorHandler(), onCaughtError: Sentry.reactErrorHandler() }}).render(<p/>)\n"}), {"error-boundary":P}),
("root handlers object", app({"src/main.tsx":R+f"Sentry.init({{ {DSN} }})\nimport {{ createRoot }} from 'react-dom/client'\nconst handlers = {{ onUncaughtError: Sentry.reactErrorHandler(), onCaughtError: Sentry.reactErrorHandler(), onRecoverableError: Sentry.reactErrorHandler() }}\ncreateRoot(document.body, handlers).render(<p/>)\n"}), {"error-boundary":P}),
("own boundary reports", app({"src/main.tsx":R+f"import {{ Component }} from 'react'\nSentry.init({{ {DSN} }})\nimport {{ createRoot }} from 'react-dom/client'\nclass B extends Component {{ componentDidCatch(error, info) {{ Sentry.captureException(error) }} render() {{ return this.props.children }} }}\ncreateRoot(document.body).render(<B><p/></B>)\n"}), {"error-boundary":P}),
("own boundary logs", app({"src/main.tsx":R+f"import {{ Component }} from 'react'\nSentry.init({{ {DSN} }})\nimport {{ createRoot }} from 'react-dom/client'\nclass B extends Component {{ componentDidCatch(error, info) {{ console.log(error) }} render() {{ return this.props.children }} }}\ncreateRoot(document.body).render(<B><p/></B>)\n"}), {"error-boundary":F}),
("no boundary", ini(f"Sentry.init({{ {DSN} }})\n"), {"error-boundary":F}),
("trace all", ini(f"Sentry.init({{ {DSN}, integrations: [Sentry.browserTracingIntegration()], tracesSampleRate: 0.1, tracePropagationTargets: [/.*/] }})\n"), {"trace-propagation":F}),
("trace const", ini(f"const API = import.meta.env.VITE_API_URL\nSentry.init({{ {DSN}, integrations: [Sentry.browserTracingIntegration()], tracesSampleRate: 0.1, tracePropagationTargets: ['localhost', API] }})\n"), {"trace-propagation":P}),
("vue", app({"src/main.ts":"import { createApp } from 'vue'\nimport * as Sentry from '@sentry/vue'\nimport App from './App.vue'\nconst app = createApp(App)\nSentry.init({ app, "+DSN+" })\napp.mount('#app')\n","src/App.vue":"<template><p/></template>\n"},deps={"vue":"3.5.0","@sentry/vue":"10.20.0"},main="/src/main.ts"), {"frontend-sdk-installed":P,"frontend-initialized":P,"error-boundary":N,"frontend-dsn-configured":P}),
("vue without app", app({"src/main.ts":"import { createApp } from 'vue'\nimport * as Sentry from '@sentry/vue'\nimport App from './App.vue'\nSentry.init({ "+DSN+" })\ncreateApp(App).mount('#app')\n","src/App.vue":"<template><p/></template>\n"},deps={"vue":"3.5.0","@sentry/vue":"10.20.0"},main="/src/main.ts"), {"frontend-initialized":P,"error-boundary":F}),
("vue after mount", app({"src/main.ts":"import { createApp } from 'vue'\nimport * as Sentry from '@sentry/vue'\nimport App from './App.vue'\nconst app = createApp(App)\napp.mount('#app')\nSentry.init({ app, "+DSN+" })\n","src/App.vue":"<template><p/></template>\n"},deps={"vue":"3.5.0","@sentry/vue":"10.20.0"},main="/src/main.ts"), {"frontend-initialized":F}),
("svelte", app({"src/main.ts":"import './instrument'\nimport { mount } from 'svelte'\nimport App from './App.svelte'\nmount(App, { target: document.body })\n","src/instrument.ts":"import * as Sentry from '@sentry/svelte'\nSentry.init({ "+DSN+" })\n","src/App.svelte":"<p/>\n"},deps={"svelte":"5.0.0","@sentry/svelte":"10.20.0"},main="/src/main.ts"), {"frontend-sdk-installed":P,"frontend-initialized":P,"frontend-dsn-configured":P}),
("solid", app({"src/index.tsx":"import * as Sentry from '@sentry/solid'\nimport { render } from 'solid-js/web'\nimport App from './App'\nSentry.init({ "+DSN+" })\nrender(() => <App/>, document.body)\n","src/App.tsx":"export default () => <p/>\n"},deps={"solid-js":"1.9.0","@sentry/solid":"10.20.0"},main="/src/index.tsx"), {"frontend-sdk-installed":P,"frontend-initialized":P}),
("solid sdk import order", app({"src/index.tsx":"import { render } from 'solid-js/web'\nimport App from './App'\nimport * as Sentry from '@sentry/solid'\nrender(() => <App/>, document.body)\nSentry.init({ "+DSN+" })\n","src/App.tsx":"export default () => <p/>\n"},deps={"solid-js":"1.9.0","@sentry/solid":"10.20.0"},main="/src/index.tsx"), {"frontend-initialized":F}),
("preact", app({"src/main.tsx":"import * as Sentry from '@sentry/browser'\nimport { render } from 'preact'\nSentry.init({ "+DSN+" })\nrender(<p/>, document.body)\n"},deps={"preact":"10.0.0","@sentry/browser":"10.20.0"}), {"frontend-sdk-installed":P,"frontend-initialized":P}),
("alias at", app({"src/lib/sentry.ts":R+f"Sentry.init({{ {DSN} }})\n","src/main.tsx":"import '@/lib/sentry'\n"+ROOT,"vite.config.ts":"import path from 'path'\nexport default { resolve: { alias: { '@': path.resolve(__dirname, './src') } } }\n"}|APP), {"frontend-initialized":P}),
("alias fileURLToPath", app({"src/lib/sentry.ts":R+f"Sentry.init({{ {DSN} }})\n","src/main.tsx":"import '~/lib/sentry'\n"+ROOT,"vite.config.ts":"import { fileURLToPath, URL } from 'node:url'\nexport default { resolve: { alias: [{ find: '~', replacement: fileURLToPath(new URL('./src', import.meta.url)) }] } }\n"}|APP), {"frontend-initialized":P}),
("tsconfig references", app({"src/lib/sentry.ts":R+f"Sentry.init({{ {DSN} }})\n","src/main.tsx":"import '@app/lib/sentry'\n"+ROOT,"vite.config.ts":"import paths from 'vite-tsconfig-paths'\nexport default { plugins: [paths()] }\n","tsconfig.json":'{"references": [{"path": "./tsconfig.app.json"}]}',"tsconfig.app.json":'{"compilerOptions": {"baseUrl": ".", "paths": {"@app/*": ["src/*"]}}}'}|APP), {"frontend-initialized":P}),
("package imports", app({"src/lib/sentry.ts":R+f"Sentry.init({{ {DSN} }})\n","src/main.tsx":"import '#lib/sentry.ts'\n"+ROOT}|APP, imports={"#lib/*":"./src/lib/*"}), {"frontend-initialized":P}),
("barrel reexport", app({"src/monitoring/index.ts":"export * from './sentry'\n","src/monitoring/sentry.ts":R+f"export const start = () => Sentry.init({{ {DSN} }})\n","src/main.tsx":"import { start } from './monitoring'\nstart()\n"+ROOT}|APP), {"frontend-initialized":P}),
("class service", app({"src/monitoring.ts":R+f"export class Monitoring {{ static start() {{ Sentry.init({{ {DSN} }}) }} }}\n","src/main.tsx":"import { Monitoring } from './monitoring'\nMonitoring.start()\n"+ROOT}|APP), {"frontend-initialized":P}),
("object service", app({"src/monitoring.ts":R+f"export const monitoring = {{ start() {{ Sentry.init({{ {DSN} }}) }} }}\n","src/main.tsx":"import { monitoring } from './monitoring'\nmonitoring.start()\n"+ROOT}|APP), {"frontend-initialized":P}),
("useEffect", app({"src/main.tsx":ROOT,"src/App.tsx":R+"import { useEffect } from 'react'\nexport default function App() {\n  useEffect(() => { Sentry.init({ "+DSN+" }) }, [])\n  return <p/>\n}\n"}), {"frontend-initialized":F}),
("app module top-level", app({"src/main.tsx":ROOT,"src/App.tsx":R+"Sentry.init({ "+DSN+" })\nexport default function App() { return <p/> }\n"}), {"frontend-initialized":P}),
("sdk dev dep ok", app({"src/main.tsx":R+f"Sentry.init({{ {DSN} }})\n"+ROOT}|APP, deps={"react":"19.0.0"}, dev={"vite":"7.0.0","@sentry/react":"10.0.0"}), {"frontend-sdk-installed":P}),
("define whole env", app({"vite.config.ts":"export default { define: { 'process.env': process.env } }\n","src/main.tsx":ROOT}|APP), {"token-not-in-bundle":F}),
("define one", app({"vite.config.ts":"export default { define: { 'process.env.NODE_ENV': JSON.stringify('production') } }\n","src/main.tsx":ROOT}|APP), {"token-not-in-bundle":P}),
("define loadEnv all", app({"vite.config.ts":"import { defineConfig, loadEnv } from 'vite'\nexport default defineConfig(({ mode }) => ({ define: { __ENV__: JSON.stringify(loadEnv(mode, process.cwd(), '')) } }))\n","src/main.tsx":ROOT}|APP), {"token-not-in-bundle":F}),
("define loadEnv prefixed", app({"vite.config.ts":"import { defineConfig, loadEnv } from 'vite'\nexport default defineConfig(({ mode }) => ({ define: { __ENV__: JSON.stringify(loadEnv(mode, process.cwd())) } }))\n","src/main.tsx":ROOT}|APP), {"token-not-in-bundle":P}),
("define fromEntries filter", app({"vite.config.ts":"export default { define: Object.fromEntries(Object.entries(process.env).map(([k, v]) => [`process.env.${k}`, JSON.stringify(v)])) }\n","src/main.tsx":ROOT}|APP), {"token-not-in-bundle":F}),
("envPrefix empty", app({"vite.config.ts":"export default { envPrefix: ['VITE_', 'SENTRY_'] }\n","src/main.tsx":ROOT}|APP), {"token-not-in-bundle":F}),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [pytest.param(f, e, id=n) for n, f, e in SHAPES])
def test_a_shape_of_a_frontend(files, expected):
    for item, outcome in expected.items():
        result = check_one(item, files)
        assert (item, result.outcome) == (item, outcome), (result.findings, result.evidence)
        assert all(f.message and f.hint for f in result.findings if outcome is F)


ENDED = [
    ("Sentry.init({})\nSentry.close()\n", "`Sentry.close()` switches the SDK off", 3),
    ("Sentry.init({})\nSentry.init({ dsn: '' })\n", "a second Sentry.init() has an empty DSN", 3),
    ("Sentry.init({})\nSentry.init({ enabled: false })\n", "a second Sentry.init() is given `enabled: false`", 3),
    ("const off = async () => Sentry.init({})\n", "is in off, which nothing calls", 2),
]


@pytest.mark.parametrize(("text", "message", "line"), ENDED)
def test_what_keeps_a_browser_quiet_is_named_with_its_line(text, message, line):
    found = check_one("frontend-initialized", ini(text)).findings[0]
    assert message in found.message
    assert (found.path, found.line) == ("web/src/instrument.ts", line)
