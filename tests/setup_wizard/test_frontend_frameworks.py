"""The browser SDK for each framework: its own package in a version that exists, its own files, else exact texts to write."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from checks.frontends.frameworks import FRAMEWORKS
from setup_wizard.steps.guides import filled, guide_of
from setup_wizard.steps.sdk_choice import sdk_for
from tests.support.edits import READY, VITE, after
from tests.support.repo import facts_of

MAIN = {
    "react": 'import { createRoot } from "react-dom/client";\n',
    "svelte": 'import { mount } from "svelte";\nmount(App, { target: document.body });\n',
    "solid-js": '/* @refresh reload */\nimport { render } from "solid-js/web";\nrender(() => null, document.body);\n',
    "preact": 'import { render } from "preact";\nrender(null, document.body);\n',
    "vue": 'import { createApp } from "vue";\ncreateApp(App).mount("#app");\n',
    "": 'document.body.innerHTML = "shop";\n',
}


def made_with(*packages: str, build: str = "vite build", **files: str) -> dict[str, str]:
    manifest = {"name": "web", "private": True, "scripts": {"build": build}}
    manifest |= {"dependencies": dict.fromkeys(packages, "^1.0.0"), "devDependencies": {"vite": "^7.2.0"}}
    kept = {k: v for k, v in VITE.items() if k != "web/src/main.tsx"}
    return READY | kept | {"web/package.json": json.dumps(manifest, indent=2) + "\n"} | files


@pytest.mark.parametrize(
    ("framework", "package", "version"),
    [
        ("svelte", "@sentry/svelte", "^10.75.0"),
        ("solid-js", "@sentry/solid", "^10.75.0"),
        ("preact", "@sentry/browser", "^11.12.0"),
        ("vue", "@sentry/vue", "^11.11.0"),
        ("", "@sentry/browser", "^11.12.0"),
    ],
)
def test_each_framework_gets_its_own_sdk(tmp_path, framework, package, version):
    files = made_with(*filter(None, [framework])) | {"web/src/main.tsx": MAIN[framework]}
    done = after(tmp_path, files, "frontend-sdk")
    assert json.loads(done.text("web/package.json"))["dependencies"][package] == version
    written = done.text("web/src/main.tsx" if framework == "vue" else "web/src/instrument.ts")
    assert f'from "{package}"' in written and "tracesSampleRate: 0.1" in written
    assert ("dataCollection" in written) is version.startswith("^11")
    if framework != "vue":
        assert done.text("web/src/main.tsx").replace("/* @refresh reload */\n", "").startswith('import "./instrument"')


@pytest.mark.parametrize("name", [f.name for f in FRAMEWORKS if f.setup is not None])
def test_other_frameworks_have_exact_texts(name):
    framework = next(f for f in FRAMEWORKS if f.name == name)
    build = {"Next.js": "next", "Angular": "ng", "Gatsby": "gatsby", "Astro": "astro", "Remix": "remix"}.get(
        name, "vite"
    )
    facts = facts_of(made_with(framework.packages[0], build=f"{build} build"))
    frontend = facts.frontends[0]
    chosen = replace(sdk_for(facts, frontend, self_hosted=False), version=framework.versions[0], older=False)
    guide = guide_of(facts, frontend, chosen)
    assert guide is not None and framework.setup is not None
    sdk = filled(guide.sdk, org="acme", project="shop-web", dsn="https://k@o1.ingest.sentry.io/1")
    maps = filled(guide.maps, org="acme", project="shop-web")
    assert framework.sdk in sdk and "https://k@" in sdk and guide.variable in sdk
    assert ("dataCollection" in sdk) is framework.versions[0].startswith("^11")
    assert "acme" in maps and "shop-web" in maps
    for text in (sdk, maps):
        assert not any(f"{{{word}}}" in text for word in ("org", "project", "dsn", "privacy", "package", "root"))
        assert "{file:" not in text


def test_a_framework_with_a_plugin_of_its_own_gets_no_other(tmp_path):
    vite = 'import { sveltekit } from "@sveltejs/kit/vite";\n\nexport default { plugins: [sveltekit()] };\n'
    done = after(tmp_path, made_with("@sveltejs/kit") | {"web/vite.config.ts": vite}, "source-maps", "frontend-sdk")
    assert done.text("web/vite.config.ts") == vite
    assert "sentrySvelteKit({" in done.left and 'org: "acme"' in done.left and "hooks.client.ts" in done.left


ROUTER = {
    "web/vite.config.ts": 'import { reactRouter } from "@react-router/dev/vite";\n\nexport default { plugins: [reactRouter()] };\n',
    "web/app/root.tsx": 'import { Outlet } from "react-router";\n\nexport function Layout() {\n  return <html />;\n}\n\n'
    "export default function Root() {\n  return <Outlet />;\n}\n",
}


@pytest.mark.parametrize("settings", ["{ ssr: false }", "{}"])
def test_react_router_in_framework_mode(tmp_path, settings):
    files = made_with("@react-router/dev", "react", "react-router", build="react-router build") | ROUTER
    files = {k: v for k, v in files.items() if "index.html" not in k} | {
        "web/react-router.config.ts": f"export default {settings};\n"
    }
    done = after(tmp_path, files, "frontend-sdk", "source-maps")
    assert json.loads(done.text("web/package.json"))["dependencies"]["@sentry/react-router"] == "^10.75.0"
    assert done.text("web/app/entry.client.tsx").startswith('import "./instrument";\nimport { startTransition')
    assert "Sentry.reactRouterTracingIntegration()" in done.text("web/app/instrument.ts")
    assert ("createSentryHandleError" in done.left) is (settings == "{}")


def test_its_root_route_reports(tmp_path):
    files = made_with("@react-router/dev", "react", "@sentry/react-router", build="react-router build") | ROUTER
    done = after(tmp_path, files, "error-boundary")
    assert "Sentry.captureException(error);" in done.text("web/app/root.tsx")
    assert done.steps["error-boundary"].outcome == "applied"


BOUNDARIES = [
    ("solid-js", "@sentry/solid", "import { ErrorBoundary } from 'solid-js'\nexport const A = () => <ErrorBoundary fallback={<p />}><B /></ErrorBoundary>\n", "a.tsx", "<SentryErrorBoundary fallback"),
    ("preact", "@sentry/browser", "import { Component } from 'preact'\nexport class A extends Component {\n  componentDidCatch(e) {\n    log(e)\n  }\n}\n\nexport class B extends Component {\n  componentDidCatch(x) {\n    log(x)\n  }\n}\n", "a.tsx", "captureException(x)\n    log(x)"),
    ("svelte", "@sentry/svelte", "<svelte:boundary>\n  {#snippet failed()}{/snippet}\n</svelte:boundary>\n", "A.svelte", None),
]  # fmt: skip


@pytest.mark.parametrize(("framework", "package", "code", "name", "wanted"), BOUNDARIES)
def test_a_boundary_that_is_there_reports(tmp_path, framework, package, code, name, wanted):
    files = made_with(framework, package) | {f"web/src/{name}": code, "web/src/main.tsx": ""}
    done = after(tmp_path, files, "error-boundary")
    if wanted is None:
        assert done.text(f"web/src/{name}") == code
        assert "<svelte:boundary onerror={(error) => Sentry.captureException(error)}>" in done.left
    else:
        assert wanted in done.text(f"web/src/{name}") and not done.left


def test_nothing_is_added_where_errors_get_through(tmp_path):
    done = after(
        tmp_path, made_with("solid-js", "@sentry/solid") | {"web/src/main.tsx": MAIN["solid-js"]}, "error-boundary"
    )
    assert done.steps["error-boundary"].outcome == "unchanged"


def test_the_package_that_calls_init_brings_the_sdk(tmp_path):
    files = made_with("react") | {"package.json": '{"private": true, "workspaces": ["web", "packages/*"]}\n'}
    files["web/src/main.tsx"] = 'import "@shop/watch";\n' + MAIN["react"]
    own = {"name": "@shop/watch", "main": "index.ts", "dependencies": {"@sentry/browser": "^10.1.0"}}
    files["packages/watch/package.json"] = json.dumps(own)
    files["packages/watch/index.ts"] = (
        'import * as S from "@sentry/browser";\nS.init({ dsn: import.meta.env.VITE_SENTRY_DSN });\n'
    )
    done = after(tmp_path, files, "frontend-sdk")
    assert done.text("web/package.json") == files["web/package.json"]
    assert done.text("web/src/main.tsx") == files["web/src/main.tsx"] and "web/src/instrument.ts" not in done.files


@pytest.mark.parametrize(
    ("version", "module", "other"),
    [("^2.15.7", "@nuxtjs/sentry", "@sentry/nuxt"), ("^3.17.0", "@sentry/nuxt/module", "@nuxtjs/sentry"), ("latest", "@sentry/nuxt/module", "@nuxtjs/sentry")],
)  # fmt: skip
def test_the_guide_is_that_of_the_major_that_is_installed(tmp_path, version, module, other):
    manifest = f'{{"scripts": {{"build": "nuxt build"}}, "dependencies": {{"nuxt": "{version}"}}}}\n'
    files = READY | {"web/package.json": manifest, "web/nuxt.config.js": "export default {}\n"}
    left = after(tmp_path, files, "source-maps", "frontend-sdk").left
    assert module in left and other not in left and "SENTRY_AUTH_TOKEN" in left
