"""`@nuxtjs/sentry` in the configuration of Nuxt 2: it initializes the SDK and uploads maps by its options."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.edits import READY, after
from tests.support.repo import backend, check_one, workflow

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
CI = ".github/workflows/deploy.yml"
ENV = "SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}\nSENTRY_DSN: ${{ vars.SENTRY_DSN }}"
CONFIG = "const config = {\n  modules: ['@nuxtjs/axios', %s],\n  %s\n}\nexport default config\n"
PLAIN = "'@nuxtjs/sentry'"


def nuxt(module: str = PLAIN, more: str = "", env: str = ENV, version: str = "5.1.5") -> dict[str, str]:
    packages = {"nuxt": "^2.15.3", "@nuxtjs/sentry": version, "@sentry/webpack-plugin": "1"}
    package = {"name": "web", "private": True, "scripts": {"build": "nuxt build"}, "dependencies": packages}
    flow = workflow("npm run build", env=env) + "        working-directory: web\n"
    config = {"web/package.json": json.dumps(package, indent=2), "web/nuxt.config.js": CONFIG % (module, more)}
    return backend() | {CI: flow} | config


DSN = "https://a@o1.ingest.sentry.io/1"
INLINE = "['@nuxtjs/sentry', { dsn: process.env.OWN_DSN }]"


@pytest.mark.parametrize(("item", "files", "outcome", "said"), [
    ("frontend-sdk-installed", nuxt(), P, "@nuxtjs/sentry 5.1.5 is declared, which brings the SDK"),
    ("frontend-initialized", nuxt(), P, "@nuxtjs/sentry initializes the SDK"),
    ("frontend-initialized", nuxt(INLINE), P, "@nuxtjs/sentry initializes the SDK"),
    ("frontend-initialized", nuxt("...others"), F, "no Sentry.init() in the code of web"),
    ("frontend-initialized", nuxt(more="sentry: { disableClientSide: true }"), F, "@nuxtjs/sentry does not initialize the SDK in the browser: `disableClientSide` is `true`"),
    ("frontend-initialized", nuxt(more="sentry: { disabled: process.env.NODE_ENV !== 'production' }"), P, "@nuxtjs/sentry initializes the SDK"),
    ("frontend-initialized", nuxt(more="sentry: { disabled: process.env.QUIET }"), U, "whether @nuxtjs/sentry initializes the SDK before the page renders cannot be determined: `disabled` is `process.env.QUIET`"),
    ("frontend-initialized", nuxt(more="sentry: { lazy: true }"), U, "whether @nuxtjs/sentry initializes the SDK before the page renders cannot be determined: `lazy` is `true`"),
    ("frontend-initialized", nuxt(more="sentry: { ...shared }"), U, "whether @nuxtjs/sentry initializes the SDK before the page renders cannot be determined: its options are not followed"),
    ("frontend-dsn-configured", nuxt(), P, "`SENTRY_DSN` is read"),
    ("frontend-dsn-configured", nuxt(more=f"sentry: {{ dsn: '{DSN}' }}"), P, "the DSN is in Nuxt's configuration"),
    ("frontend-dsn-configured", nuxt(INLINE) | {"web/.dockerignore": ".env\n"}, U, "web/.env may set `OWN_DSN` where the site is built"),
    ("frontend-dsn-configured", nuxt(more="publicRuntimeConfig: { sentry: { dsn: 'x' } },"), U, "which DSN @nuxtjs/sentry is given cannot be determined"),
    ("source-maps", nuxt(more="sentry: { publishRelease: { org: 'acme', project: 'web' } }"), P, "@nuxtjs/sentry uploads the maps"),
    ("source-maps", nuxt(more="sentry: { publishRelease: process.env.CI }"), U, "whether @nuxtjs/sentry uploads maps cannot be determined: `publishRelease` is `process.env.CI`"),
    ("source-maps", nuxt(), F, "@nuxtjs/sentry uploads nothing: `publishRelease` is not set"),
    ("source-maps", nuxt(env=ENV + "\nSENTRY_PUBLISH_RELEASE: 'true'"), U, "whether @nuxtjs/sentry uploads maps cannot be determined: `SENTRY_PUBLISH_RELEASE` may switch it on"),
])  # fmt: skip
def test_the_module_counts_by_its_options(item, files, outcome, said):
    result = check_one(item, files)
    texts = [f.message for f in result.findings] + [e.fact for e in result.evidence]
    assert result.outcome is outcome and said in texts, texts
    assert outcome is not U or (result.findings[0].path == "web/nuxt.config.js" and result.findings[0].hint)


@pytest.mark.parametrize(("more", "version", "words", "without"), [
    ("", "5.1.5", ["// web/nuxt.config.js, a key of the configuration\n  sentry: {\n    publishRelease: {", "find .nuxt/dist/client -name '*.map' -delete"], "npm install"),
    ("sentry: { lazy: false }", "8.0.7", ["@sentry/webpack-plugin@2", "// web/nuxt.config.js:3, in the options of @nuxtjs/sentry\n    publishRelease: {", "filesToDeleteAfterUpload"], "-delete"),
])  # fmt: skip
def test_what_the_module_lacks_is_added_to_it(tmp_path, more, version, words, without):
    done = after(tmp_path, READY | nuxt(more=more, version=version), "source-maps", "frontend-sdk")
    task = next(t for t in done.steps["source-maps"].manual if "publishRelease" in t.snippet)
    assert all(w in task.snippet for w in words) and without not in task.snippet, task.snippet
    assert 'project: "' in task.snippet and "npm install @nuxtjs/sentry" not in str(done.steps)


def test_a_module_that_is_off_is_not_set_up_a_second_time(tmp_path):
    done = after(tmp_path, READY | nuxt(more="sentry: { disabled: true }"), "frontend-sdk")
    task = next(t for t in done.steps["frontend-sdk"].manual if "second set-up" in t.reason)
    assert (task.place, task.snippet) == ("web/nuxt.config.js:3", "")
    assert (
        task.reason
        == "@nuxtjs/sentry does not initialize the SDK in the browser: `disabled` is `true`; a second set-up is not added"
    )
