"""Frameworks that render on a server as well: what they call by themselves, and their own texts, judged."""

from __future__ import annotations

import json

import pytest

from checks.frontends.frameworks import FRAMEWORKS
from checks.model import Outcome
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
SENTRY = (
    "import * as Sentry from '@sentry/tanstackstart-react'\nimport { createRouter } from '@tanstack/react-router'\n"
)
INIT = "if (!router.isServer) {\n    Sentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN })\n  }"
ROUTER = "function getRouter() {\n  const router = createRouter({ routeTree })\n  %s\n  return router\n}\n"


def start(**files: str) -> dict[str, str]:
    package = {
        "scripts": {"build": "vite build"},
        "dependencies": {"@tanstack/react-start": "1.0.0", "react": "19.0.0", "@sentry/tanstackstart-react": "10.75.0"},
        "devDependencies": {"vite": "8.0.0"},
    }
    return {
        "package.json": json.dumps(package),
        "vite.config.ts": "export default {}\n",
        "src/routes/index.tsx": "export const Route = 1\n",
    } | {k.replace("__", "/") + ".tsx": v for k, v in files.items()}


@pytest.mark.parametrize(
    ("files", "outcome", "words"),
    [
        (start(src__router=SENTRY + "export " + ROUTER % INIT), P, "by getRouter(), which TanStack Start calls"),
        (start(src__router=SENTRY + (ROUTER % INIT) + "export { getRouter }\n"), P, "which TanStack Start calls"),
        (start(src__router=SENTRY + ROUTER % INIT), F, "is in getRouter, which nothing calls"),
        (start(src__router=SENTRY + "export " + (ROUTER % INIT).replace("!router", "router")), F, "router.isServer"),
        (start(src__router="import './made'\n", src__made=SENTRY + "export " + ROUTER % INIT), U, "its caller was not found"),
    ],
)  # fmt: skip
def test_a_function_that_the_framework_calls_is_called(files, outcome, words):
    result = check_one("frontend-initialized", files)
    said = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and words in said, said


@pytest.mark.parametrize("name", ["TanStack Start", "SolidStart", "Nuxt", "Astro"])
def test_the_text_of_maps_names_what_is_deleted(name):
    setup = next(f.setup for f in FRAMEWORKS if f.name == name)
    assert setup is not None and "filesToDeleteAfterUpload: [" in setup.maps


UPLOADS = "and whether a failed upload stops the build cannot be determined here"
N = Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("path", "config", "outcome"),
    [
        ("vite.config.ts", "import { sentryTanstackStart } from '@sentry/tanstackstart-react/vite'\nexport default { plugins: [sentryTanstackStart({ org: 'a' })] }\n", U),
        ("nuxt.config.ts", "export default defineNuxtConfig({ modules: ['@sentry/nuxt/module'] })\n", U),
        ("astro.config.mjs", "import sentry from '@sentry/astro'\nexport default { integrations: [sentry({ org: 'a' })] }\n", U),
        ("vite.config.ts", "import { sentryTanstackStart } from '@sentry/tanstackstart-react/vite'\nexport default { plugins: [sentryTanstackStart({ disable: true })] }\n", N),
        ("vite.config.ts", "export default { plugins: [] }\n", N),
    ],
)  # fmt: skip
def test_what_a_frameworks_own_plugin_makes_of_a_failed_upload_is_not_known(path, config, outcome):
    result = check_one("upload-failure-visible", start() | {path: config})
    said = " ".join(f.message for f in result.findings)
    assert result.outcome is outcome and (UPLOADS in said) is (outcome is U), said
