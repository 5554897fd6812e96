"""The plugin's options decide by their syntax: what a comment, a text or another object says counts for nothing."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.checks.test_ci_items import CI, TOKEN
from tests.checks.test_map_builds import DELETES, HEAD, said
from tests.support.repo import backend, workflow

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
BOTH = "org: 'acme', project: 'web'"


def shop(
    options: str, *, before: str = "", env: str = TOKEN, argument: str = "", run: str = "npm run build", **more: str
):  # type: ignore[no-untyped-def]
    package = {
        "name": "web",
        "private": True,
        "scripts": {"build": "vite build"},
        "dependencies": {"react": "19"},
        "devDependencies": {"vite": "7", "@sentry/vite-plugin": "^4.6.0"},
    }
    given = argument or f"{{ {BOTH}, {DELETES}, {options} }}"
    config = (
        f"{HEAD}{before}\nexport default {{ plugins: [sentryVitePlugin({given})], build: {{ sourcemap: 'hidden' }} }}\n"
    )
    flow = workflow(run, env=env) + "        working-directory: web\n"
    files = {
        CI: flow,
        "web/package.json": json.dumps(package),
        "web/index.html": "<div></div>",
        "web/vite.config.ts": config,
    }
    return backend() | files | {k.replace("__", "/"): v for k, v in more.items()}


OWN, OTHER = "WEB_TOKEN: ${{ secrets.T }}", "PAGES_TOKEN: ${{ secrets.T }}"
WRONG = "OTHER: ${{ secrets.T }}"

TOKENS = [
    ("own-name", shop("authToken: process.env.WEB_TOKEN", env=OWN), P, "`WEB_TOKEN`"),
    ("own-name-not-given", shop("authToken: process.env.WEB_TOKEN", env=WRONG), F, "no `WEB_TOKEN`"),
    ("quoted-key", shop("'authToken': process.env['WEB_TOKEN']", env=WRONG), F, "no `WEB_TOKEN`"),
    ("computed-key", shop("['authToken']: process.env.WEB_TOKEN", env=WRONG), F, "no `WEB_TOKEN`"),
    ("in-a-comment", shop("/* authToken: process.env.OLD_TOKEN */", env=TOKEN), P, "`SENTRY_AUTH_TOKEN`"),
    ("in-a-comment-not-given", shop("/* authToken: process.env.OTHER */", env=WRONG), F, "no `SENTRY_AUTH_TOKEN`"),
    (
        "of-another-object",
        shop("_experiments: { authToken: process.env.OTHER }", env=WRONG),
        F,
        "no `SENTRY_AUTH_TOKEN`",
    ),
    (
        "constant",
        shop("authToken: token", before="const token = process.env.WEB_TOKEN", env=WRONG),
        F,
        "no `WEB_TOKEN`",
    ),
    (
        "shorthand",
        shop("authToken", before="const { WEB_TOKEN: authToken } = process.env", env=WRONG),
        F,
        "no `WEB_TOKEN`",
    ),
    (
        "falls-back-on-the-second",
        shop("authToken: process.env.WEB_TOKEN || process.env.PAGES_TOKEN", env=OTHER),
        P,
        "`PAGES_TOKEN`",
    ),
    (
        "chain-not-given",
        shop("authToken: process.env.WEB_TOKEN ?? process.env.PAGES_TOKEN", env=WRONG),
        F,
        "no `WEB_TOKEN`",
    ),
    ("empty-text-behind", shop("authToken: process.env.WEB_TOKEN ?? ''", env=OWN), P, "`WEB_TOKEN`"),
    ("template", shop("authToken: `${process.env.WEB_TOKEN}`", env=WRONG), F, "no `WEB_TOKEN`"),
    (
        "load-env",
        shop("authToken: env.WEB_TOKEN", before="const env = loadEnv('production', '.', '')", env=OWN),
        P,
        "`WEB_TOKEN`",
    ),
    ("imported", shop("authToken: getToken()", before="import { getToken } from './token'"), U, "`getToken()`"),
    ("imported-env", shop("authToken: env.WEB_TOKEN", before="import { env } from './env'"), U, "`env.WEB_TOKEN`"),
    (
        "function",
        shop("authToken: token()", before="const token = () => process.env.WEB_TOKEN", env=OWN),
        P,
        "`WEB_TOKEN`",
    ),
    ("spread-may-set-it", shop("...given", before="import { given } from './given'"), U, "`disable`"),
    ("options-imported", shop("", argument="options", before="import { options } from './sentry'"), U, "`options`"),
    ("options-of-a-call", shop("", argument="make()", before="import { make } from './sentry'"), U, "`make()`"),
    (
        "options-by-mode",
        shop("", argument=f"process.env.NODE_ENV === 'production' ? {{ {BOTH} }} : {{ disable: true }}"),
        P,
        "uploads the maps",
    ),
    (
        "options-by-mode-off",
        shop("", argument=f"process.env.NODE_ENV !== 'production' ? {{ {BOTH} }} : {{ disable: true }}"),
        F,
        "`disable` is `true`",
    ),
    ("computed-disable", shop("[key]: true", before="const key = pick()"), U, "`disable`"),
    ("disable-spelled-by-computing", shop("['disable']: true"), F, "`disable` is `true`"),
    ("placeholder-token", shop("authToken: 'your-auth-token'"), F, "its token is a placeholder"),
    ("placeholder-organization", shop("", argument="{ org: 'your-org', project: 'web' }"), F, "`your-org`"),
    (
        "placeholder-through-a-constant",
        shop("", argument="{ org, project: 'web' }", before="const org = 'your-org'"),
        F,
        "`your-org`",
    ),
    ("placeholder-in-a-comment", shop("/* org: 'your-org' */"), P, "uploads the maps"),
    ("placeholder-in-another-option", shop("release: { dist: 'your-org' }, telemetry: false"), P, "uploads the maps"),
]


@pytest.mark.parametrize(("files", "outcome", "text"), [pytest.param(*c[1:], id=c[0]) for c in TOKENS])
def test_variables_that_a_token_comes_from_are_read_by_syntax(
    files: dict[str, str], outcome: Outcome, text: str
) -> None:
    seen, messages = said("source-maps", files)
    assert seen is outcome, messages
    assert text in messages


CREATES = [
    ("default", shop(""), P),
    ("off", shop("release: { create: false }"), F),
    ("off-behind-another-object", shop("release: { setCommits: { auto: true }, create: false }"), F),
    ("off-through-a-constant", shop("release", before="const release = { create: false }"), F),
    ("off-in-production", shop("release: { create: process.env.NODE_ENV !== 'production' }"), F),
    ("on-in-a-comment", shop("release: { /* create: false */ name: 'x' }"), P),
    ("of-another-object", shop("release: { name: 'x' }, reactComponentAnnotation: { create: false }"), P),
    ("in-a-text", shop("release: { name: 'x', dist: 'create: false' }"), P),
    ("unset", shop("release: { create: undefined }"), P),
    ("imported", shop("release: { create: wanted }", before="import { wanted } from './w'"), U),
    ("spread", shop("release: { ...given }", before="import { given } from './w'"), U),
    ("not-working", shop("disable: true"), F),
]


@pytest.mark.parametrize(("files", "outcome"), [pytest.param(*c[1:], id=c[0]) for c in CREATES])
def test_whether_the_plugin_creates_a_release_is_read_by_syntax(files: dict[str, str], outcome: Outcome) -> None:
    sdk = "import * as Sentry from '@sentry/react'\nSentry.init({ dsn: 'https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/2' })\n"
    files |= {"web/index.html": '<script type="module" src="/main.js"></script>', "web/main.js": sdk}
    files = {path: text for path, text in files.items() if path not in backend()}
    seen, messages = said("release-tracking", files)
    assert seen is outcome, messages


DEPLOYS = [
    ("recorded", shop("release: { deploy: { env: 'production' } }"), P),
    ("in-a-comment", shop("release: { /* deploy: { env: 'production' } */ }"), F),
    ("switched-off", shop("release: { deploy: false }"), F),
    ("of-another-object", shop("other: { deploy: { env: 'x' } }"), F),
    ("through-a-constant", shop("release: { deploy }", before="const deploy = { env: 'production' }"), P),
    ("imported", shop("release: { deploy: given }", before="import { given } from './d'"), U),
    ("plugin-off", shop("disable: true, release: { deploy: { env: 'production' } }"), F),
]


@pytest.mark.parametrize(("files", "outcome"), [pytest.param(*c[1:], id=c[0]) for c in DEPLOYS])
def test_whether_the_plugin_records_a_deploy_is_read_by_syntax(files: dict[str, str], outcome: Outcome) -> None:
    cli = "npm i -g @sentry/cli@2.50.0\nsentry-cli releases new 1\nnpm run build"
    files[CI] = files[CI].replace(
        "          npm run build\n", "".join(f"          {line}\n" for line in cli.splitlines())
    )
    seen, messages = said("deploy-recorded", files)
    assert seen is outcome, messages


GATES = [
    ("mode-of-the-config", "", "({ mode }) => (%s)", "mode === 'production'", P),
    ("mode-renamed", "", "({ mode: m }) => (%s)", "m === 'production'", P),
    ("argument-of-any-name", "", "(given) => (%s)", "given.mode === 'production'", P),
    ("argument-taken-apart", "", "(c) => { const { mode } = c\nreturn %s }", "mode === 'production'", P),
    ("mode-of-somebody-else", "const { mode } = require('./mode')", "%s", "mode === 'production'", U),
    ("mode-imported", "import { mode } from './mode'", "%s", "mode === 'production'", U),
    ("mode-of-own-object", "const options = { mode: 'staging' }", "%s", "options.mode === 'production'", F),
    ("env-that-is-imported", "import { env } from './env'", "%s", "env.mode === 'production'", U),
    ("named-like-production", "import { isProd } from './flags'", "%s", "isProd", U),
    ("shadowed-by-let", "const on = true", "() => { let on = flag()\nreturn %s }", "on", U),
    ("shadowed-by-a-parameter", "const on = true", "() => { const f = (on) => (%s)\nreturn f(false) }", "on", F),
    ("helper-given-the-mode", "const live = (m) => m === 'production'", "({ mode }) => (%s)", "live(mode)", P),
    ("helper-given-another", "const live = (m) => m === 'production'", "({ mode }) => (%s)", "live('staging')", F),
    ("helper-given-two", "const live = (m) => m === 'production'\nlive('x')", "({ mode }) => (%s)", "live(mode)", U),
]


@pytest.mark.parametrize(("before", "whole", "gate", "outcome"), [pytest.param(*c[1:], id=c[0]) for c in GATES])
def test_names_in_a_condition_are_followed_to_what_they_are_bound_to(
    before: str, whole: str, gate: str, outcome: Outcome
) -> None:
    call = f"{gate} && sentryVitePlugin({{ {BOTH}, {DELETES} }})"
    literal = f"{{ plugins: [{call}], build: {{ sourcemap: 'hidden' }} }}"
    files = shop("")
    files["web/vite.config.ts"] = f"{HEAD}{before}\nexport default defineConfig({whole.replace('%s', literal)})\n"
    seen, messages = said("source-maps", files)
    assert seen is outcome, messages
