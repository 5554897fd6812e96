"""Texts for a repository that has a part of the set-up: what is there is not written a second time."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.edits import READY, after
from tests.support.repo import backend, check_one

SENTRY = "import * as Sentry from '@sentry/sveltekit';\n"
INIT = SENTRY + "Sentry.init({ dsn: 'https://a@o1.ingest.sentry.io/1' });\n"
CONFIG = "import { sveltekit } from '@sveltejs/kit/vite';\n%sexport default { plugins: [%ssveltekit()] };\n"
PLUGIN = ("import { sentrySvelteKit } from '@sentry/sveltekit';\n", "sentrySvelteKit({ org: 'acme' }), ")


def kit(hooks: str, *, plugin: bool = True, installed: bool = True) -> dict[str, str]:
    packages = {"@sveltejs/kit": "^2.30.0", "svelte": "5", "vite": "7"} | (
        {"@sentry/sveltekit": "^10.20.0"} if installed else {}
    )
    package = {"name": "web", "private": True, "scripts": {"build": "vite build"}, "devDependencies": packages}
    made = {
        "web/package.json": json.dumps(package),
        "web/vite.config.ts": CONFIG % (PLUGIN if plugin else ("", "")),
    }
    return made | ({"web/src/hooks.client.ts": hooks} if hooks else {})


def snippets(done, step: str) -> str:
    return "\n".join(t.snippet for t in done.steps[step].manual)


WRAPS = "export const handleError = Sentry.handleErrorWithSentry("


@pytest.mark.parametrize(("hooks", "wanted", "unwanted"), [
    ("", [WRAPS + ");"], "that is there"),
    ("export const handleError = ({ error }) => note(error);\n", ["// web/src/hooks.client.ts:1, instead of the `handleError` that is there\n" + WRAPS + "({ error }) => note(error));"], WRAPS + ");"),
    ("export function handleError({ error }) {\n  note(error);\n}\n", ["// web/src/hooks.client.ts:1: name that function `ownHandleError`, without `export`, and below it\n" + WRAPS + "ownHandleError);"], WRAPS + ");"),
    (SENTRY + "export const handleError = Sentry.handleErrorWithSentry();\n", ["Sentry.init({"], "handleError"),
])  # fmt: skip
def test_a_plugin_that_is_there_leaves_the_init_with_the_handler_of_the_hook(tmp_path, hooks, wanted, unwanted):
    text = snippets(after(tmp_path, READY | kit(hooks), "frontend-sdk", "source-maps"), "frontend-sdk")
    assert all(w in text for w in [*wanted, "Sentry.init({"]) and unwanted not in text, text
    assert "npm install" not in text and "cd web" not in text and "sentrySvelteKit(" not in text


def test_an_init_that_is_there_leaves_the_plugin(tmp_path):
    done = after(tmp_path, READY | kit(INIT, plugin=False), "frontend-sdk", "source-maps")
    text = snippets(done, "source-maps")
    assert "sentrySvelteKit({" in text and "Sentry.init(" not in text and "npm install" not in text
    assert "Sentry.init(" not in snippets(done, "frontend-sdk")


def test_a_package_that_is_missing_is_installed(tmp_path):
    done = after(tmp_path, READY | kit("", plugin=False, installed=False), "frontend-sdk")
    assert snippets(done, "frontend-sdk").startswith("cd web\nnpm install @sentry/sveltekit\n")


def test_the_finding_names_the_framework_s_plugin_and_not_what_it_switches_on():
    found = check_one("source-maps", backend() | kit(INIT, plugin=False)).findings
    said = [(f.message, f.path, f.hint) for f in found]
    assert said == [
        (
            "no sentrySvelteKit in the config, and no upload in CI",
            "web/vite.config.ts",
            "`sentry-setup plan source-maps` shows what to write",
        )
    ]


@pytest.mark.parametrize(
    ("modules", "listed"), [("'@pinia/nuxt', '@sentry/nuxt/module'", True), ("'@pinia/nuxt'", False)]
)
def test_nuxt_s_module_is_listed_once(tmp_path, modules, listed):
    packages = {"nuxt": "^4.0.0", "@sentry/nuxt": "^10.20.0"}
    package = {"name": "web", "private": True, "scripts": {"build": "nuxt build"}, "dependencies": packages}
    config = f"export default defineNuxtConfig({{ modules: [{modules}] }})\n"
    own = {"web/package.json": json.dumps(package), "web/nuxt.config.ts": config}
    text = snippets(after(tmp_path, READY | own, "frontend-sdk"), "frontend-sdk")
    assert ("modules:" in text) is not listed and "// web/sentry.client.config.ts" in text and "npm install" not in text


def test_next_s_plugin_in_a_repository_without_its_sdk_is_installed(tmp_path):
    packages = {"next": "14.1.0", "react": "18", "@sentry/browser": "^7.120.4"}
    package = {"name": "web", "private": True, "scripts": {"build": "next build"}, "dependencies": packages}
    own = {"web/package.json": json.dumps(package), "web/next.config.js": "module.exports = {}\n"}
    pages = {"web/pages/_app.js": "export default function App() { return null }\n"}
    text = snippets(after(tmp_path, READY | own | pages, "source-maps"), "source-maps")
    assert text.startswith("cd web\nnpm install @sentry/nextjs@7\n\n// web/next.config.js:1")
    assert check_one("source-maps", backend() | own | pages).outcome is Outcome.FAIL
