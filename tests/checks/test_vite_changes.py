"""Vite configs that take the plugin away again, leave it out, or call another function: read by mechanism, never ticked."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_browser_shapes import APP, DSN, ROOT, R, app
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
IMPORT = "import { sentryVitePlugin } from '@sentry/vite-plugin'\n"
CALL = "sentryVitePlugin({ org: 'a', project: 'w', authToken: process.env.SENTRY_AUTH_TOKEN })"
MAPS = "build: { sourcemap: 'hidden' }"
CONFIGS = [
    ("pushed", f"const plugins: any[] = []\nplugins.push({CALL})\nexport default {{ plugins, {MAPS} }}\n", P, "uploads"),
    ("popped", f"const plugins: any[] = [{CALL}]\nplugins.pop()\nexport default {{ plugins, {MAPS} }}\n", U, "plugins.pop()"),
    ("emptied", f"const plugins: any[] = [{CALL}]\nplugins.length = 0\nexport default {{ plugins, {MAPS} }}\n", U, "plugins.length = 0"),
    ("reassigned", f"let plugins: any[] = [{CALL}]\nplugins = []\nexport default {{ plugins, {MAPS} }}\n", U, "plugins = []"),
    ("config", f"const config: any = {{ plugins: [{CALL}], {MAPS} }}\nconfig.plugins = []\nexport default config\n", U, "config.plugins = []"),
    ("maps", f"const config: any = {{ plugins: [{CALL}], {MAPS} }}\nconfig.build.sourcemap = false\nexport default config\n", U, "sourcemap = false"),
    ("server", f"const config: any = {{ plugins: [{CALL}], {MAPS} }}\nconfig.server = {{}}\nexport default config\n", P, "uploads"),
    ("filtered", f"export default {{ plugins: [{CALL}].filter(() => false), {MAPS} }}\n", U, ".filter"),
    ("mapped", f"export default {{ plugins: {CALL}.map((p) => ({{ ...p, apply: 'serve' }})), {MAPS} }}\n", U, ".map"),
    ("sorted", f"export default {{ plugins: [{CALL}].toSorted(), {MAPS} }}\n", P, "uploads"),
    ("truthy", f"export default {{ plugins: [{CALL}].filter(Boolean), {MAPS} }}\n", P, "uploads"),
    ("sliced", f"export default {{ plugins: [{CALL}].slice(1), {MAPS} }}\n", U, ".slice(1)"),
    ("twice", f"export default {{ plugins: [{CALL}], {MAPS}, plugins: [] }}\n", F, "plugins"),
    ("serve", f"export default {{ plugins: [{{ ...{CALL}, apply: 'serve' }}], {MAPS} }}\n", F, "apply"),
]  # fmt: skip
FRONTEND = {
    "src/instrument.ts": R + f"Sentry.init({{ {DSN} }})\n",
    "src/main.tsx": "import './instrument'\n" + ROOT,
} | APP


@pytest.mark.parametrize(("config", "outcome", "said"), [pytest.param(c, o, s, id=n) for n, c, o, s in CONFIGS])
def test_a_plugin_that_is_taken_away_is_no_pass(config, outcome, said):
    result = check_one("source-maps", app(FRONTEND | {"vite.config.ts": IMPORT + config}))
    texts = [f.message for f in result.findings] + [e.fact for e in result.evidence]
    assert (result.outcome, any(said in t for t in texts)) == (outcome, True), texts


@pytest.mark.parametrize(
    ("head", "stub"),
    [("const sentryVitePlugin = (o: object) => null\n", {}), ("import { sentryVitePlugin } from './stub'\n", {"stub.ts": "export const sentryVitePlugin = () => null\n"})],
)  # fmt: skip
def test_a_function_of_the_same_name_is_no_plugin(head, stub):
    config = {"vite.config.ts": head + f"export default {{ plugins: [{CALL}], {MAPS} }}\n"}
    assert check_one("source-maps", app(FRONTEND | config | stub)).outcome is U


@pytest.mark.parametrize(
    "config",
    [
        "const { SENTRY_AUTH_TOKEN } = process.env\nexport default { define: { T: JSON.stringify(SENTRY_AUTH_TOKEN) } }\n",
        "const { SENTRY_AUTH_TOKEN: t } = process.env\nexport default { define: { T: JSON.stringify(t) } }\n",
        "const config: any = { define: {} }\nconfig.define.T = JSON.stringify(process.env.SENTRY_AUTH_TOKEN)\nexport default config\n",
    ],
)
def test_a_token_gets_into_the_bundle_by_another_name(config):
    assert check_one("token-not-in-bundle", app(FRONTEND | {"vite.config.ts": config})).outcome is F
