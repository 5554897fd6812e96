"""The variables that reach a browser bundle: parameters, `define`, env files of a mode, what a job writes before it builds."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
DSN = "https://0123456789abcdef0123456789abcdef@o1.ingest.us.sentry.io/12"
IMPORT = "import * as Sentry from '@sentry/react'\n"
READ = "Sentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN })\n"
FLOW = """on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
%s      - run: npm run build
        working-directory: web
        env:
%s      - run: ./deploy.sh
"""
GIVEN = "          VITE_SENTRY_DSN: ${{ vars.VITE_SENTRY_DSN }}\n"
CALLED = "import { setup } from './instrument'\n%s\n"


def shop(
    code: str, *, vite: str = "", main: str = "import './instrument'\n", env: str = GIVEN, before: str = "",
    build: str = "vite build", **files: str,
) -> dict[str, str]:  # fmt: skip
    """A Django project with a Vite frontend that a job builds and deploys."""
    package = {
        "private": True,
        "scripts": {"build": build},
        "dependencies": {"react": "19", "@sentry/react": "^10.30.0"},
    }
    config = (
        f"import {{ defineConfig, loadEnv }} from 'vite'\nexport default defineConfig(({{ mode }}) => ({{ {vite} }}))\n"
    )
    return backend() | {
        "web/package.json": json.dumps(package | {"devDependencies": {"vite": "7"}}),
        "web/index.html": '<script type="module" src="/src/main.ts"></script>',
        "web/vite.config.ts": config,
        "web/src/main.ts": main,
        "web/src/instrument.ts": IMPORT + code,
        ".github/workflows/deploy.yml": FLOW % (before, env or "          A: b\n"),
    } | {k.replace("__", "/"): v for k, v in files.items()}  # fmt: skip


def said(item: str, files: dict[str, str]) -> tuple[Outcome, str]:
    result = check_one(item, files)
    return result.outcome, " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])


SETUP = "export function setup(%s) {\n  Sentry.init({ dsn: %s })\n}\n"
STEP = "      - run: %s\n        working-directory: web\n"
DEFINED = "define: { __DSN__: JSON.stringify(%s) }"
FOLLOWED = [
    ("parameter", shop(SETUP % ("dsn: string", "dsn"), main=CALLED % "setup(import.meta.env.VITE_SENTRY_DSN)"), P, ""),
    ("parameter-other", shop(SETUP % ("dsn: string", "dsn"), main=CALLED % "setup(import.meta.env.VITE_DSN)"), F, "VITE_DSN"),
    ("parameter-twice", shop(SETUP % ("dsn: string", "dsn"), main=CALLED % "setup(a)\nsetup(b)"), U, "cannot be determined"),
    ("parameter-shadows", shop("const dsn = 'x'\n" + SETUP % ("dsn: string", "dsn"), main=CALLED % "setup(import.meta.env.VITE_SENTRY_DSN)"), P, ""),
    ("default", shop(SETUP % ("dsn = import.meta.env.VITE_SENTRY_DSN", "dsn"), main=CALLED % "setup()"), P, ""),
    ("pattern", shop(SETUP % ("{ dsn }: O", "dsn"), main=CALLED % "setup({ dsn: import.meta.env.VITE_SENTRY_DSN })"), P, ""),
    ("options", shop(SETUP % ("o: O", "o.sentry.dsn"), main=CALLED % "setup({ sentry: { dsn: import.meta.env.VITE_SENTRY_DSN } })"), P, ""),
    ("reader", shop("const env = (name: string) => import.meta.env[name] ?? ''\nSentry.init({ dsn: env('VITE_SENTRY_DSN') })\n"), P, "`VITE_SENTRY_DSN` is read"),
    ("nested", shop("import { c } from './c'\nSentry.init({ dsn: c.sentry.dsn })\n", **{"web/src/c.ts": "export const c = { sentry: { dsn: import.meta.env.VITE_SENTRY_DSN } }\n"}), P, ""),
    ("define", shop("Sentry.init({ dsn: __DSN__ })\n", vite=DEFINED % "process.env.VITE_SENTRY_DSN"), P, "`define` gives"),
    ("define-unset", shop("Sentry.init({ dsn: __DSN__ })\n", vite=DEFINED % "process.env.OTHER"), F, "nothing sets `OTHER`"),
    ("define-literal", shop("Sentry.init({ dsn: __DSN__ })\n", vite=DEFINED % f"'{DSN}'"), P, ""),
    ("define-no-dsn", shop("Sentry.init({ dsn: __DSN__ })\n", vite=DEFINED % "'soon'"), F, "its value is not a DSN"),
    ("define-env", shop("Sentry.init({ dsn: process.env.SENTRY_DSN })\n", vite="define: { 'process.env.SENTRY_DSN': JSON.stringify(process.env.VITE_SENTRY_DSN) }"), P, ""),
    ("define-load-env", shop("Sentry.init({ dsn: __DSN__ })\n", vite=DEFINED % "loadEnv(mode, process.cwd(), '').VITE_SENTRY_DSN"), P, ""),
    ("define-computed", shop("Sentry.init({ dsn: __DSN__ })\n", vite=DEFINED % "secret()"), U, "not known here"),
    ("env-dir", shop(READ, env="", vite="envDir: '..'", **{".env.production": f"VITE_SENTRY_DSN={DSN}\n"}), P, "reads `VITE_SENTRY_DSN` here"),
    ("env-dir-elsewhere", shop(READ, env="", vite="envDir: 'env'", **{"web/.env.production": f"VITE_SENTRY_DSN={DSN}\n"}), F, "is given no"),
    ("mode", shop(READ, env="", build="vite build --mode live", **{"web/.env.live": f"VITE_SENTRY_DSN={DSN}\n"}), P, ""),
    ("mode-elsewhere", shop(READ, env="", build="vite build --mode live", **{"web/.env.production": f"VITE_SENTRY_DSN={DSN}\n"}), F, "is given no"),
    ("mode-placeholder", shop(READ, env="", **{"web/.env": "VITE_SENTRY_DSN=https://xxxxx@sentry.io/xxxxx\n"}), F, "placeholder"),
    ("written", shop(READ, env="", before=STEP % 'echo "VITE_SENTRY_DSN=$DSN" >> .env.production'), P, "by a command before it"),
    ("written-elsewhere", shop(READ, env="", before=STEP % 'echo "VITE_SENTRY_DSN=$DSN" >> .env.test'), F, "is given no"),
    ("written-other", shop(READ, env="", before=STEP % 'echo "VITE_SENTRY=1" >> .env.production'), F, "is given no"),
    ("written-for-the-job", shop(READ, env="", before=STEP % 'echo "VITE_SENTRY_DSN=$DSN" >> $GITHUB_ENV'), P, ""),
    ("written-unseen", shop(READ, env="", before=STEP % 'echo "$ENV_FILE" > .env'), U, "not written here"),
    ("copied", shop(READ, env="", before=STEP % "cp ../live.env .env"), U, "not written here"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "words"), [pytest.param(f, o, w, id=n) for n, f, o, w in FOLLOWED])
def test_a_dsn_is_followed_into_the_build(files, outcome, words):
    found, text = said("frontend-dsn-configured", files)
    assert found is outcome and words in text, text


ON = "Sentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN, enabled: import.meta.env.VITE_ON === 'true' })\n"
SWITCHED = [
    ("set", shop(ON, env=GIVEN + "          VITE_ON: 'true'\n"), P),
    ("unset", shop(ON), F),
    ("off", shop(ON, env=GIVEN + "          VITE_ON: 'false'\n"), F),
    ("elsewhere", shop(ON, env=GIVEN + "          VITE_ON: ${{ vars.ON }}\n"), U),
    ("file", shop(ON, **{"web/.env.production": "VITE_ON=true\n"}), P),
    ("file-of-another-mode", shop(ON, **{"web/.env.development": "VITE_ON=true\n"}), F),
    ("opt-out", shop("if (!import.meta.env.VITE_QUIET) " + READ), P),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome"), [pytest.param(f, o, id=n) for n, f, o in SWITCHED])
def test_a_switch_has_the_value_of_the_deployed_build(files, outcome):
    found, text = said("frontend-initialized", files)
    assert found is outcome, text


@pytest.mark.parametrize("item", ["frontend-dsn-configured", "frontend-pii-off"])
def test_what_a_single_call_is_given_is_known_though_its_condition_is_not(item):
    files = shop("import { agreed } from '@acme/consent'\nif (agreed()) " + READ)
    assert said("frontend-initialized", files)[0] is U
    assert said(item, files)[0] is P


ORDER = [
    ("type-only", shop(READ, main="import type { A } from './instrument'\n"), F),
    ("type-named", shop(READ, main="import type from './instrument'\n"), P),
    ("export-type", shop(READ, main="export type { A } from './instrument'\n"), F),
    ("catch", shop("try { boot() } catch (e) { " + READ + "}\n"), U),
    ("try", shop("try { " + READ + "} catch (e) { log(e) }\n"), P),
    ("case", shop("switch (import.meta.env.MODE) {\n  case 'staging':\n    " + READ + "}\n"), U),
    ("alias-from-the-root", shop(READ, main="import '@app/instrument'\n", vite="resolve: { alias: { '@app': '/src' } }"), P),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome"), [pytest.param(f, o, id=n) for n, f, o in ORDER])
def test_a_call_counts_where_it_runs(files, outcome):
    found, text = said("frontend-initialized", files)
    assert found is outcome, text


def collected(options: str, version: str = "^10.30.0") -> dict[str, str]:
    files = shop(f"const on = true\nSentry.init({{ dsn: import.meta.env.VITE_SENTRY_DSN, {options} }})\n")
    return files | {"web/package.json": files["web/package.json"].replace("^10.30.0", version)}


PERSONAL = [
    ("sendDefaultPii: on", "^10.30.0", F),
    ("sendDefaultPii: import.meta.env.DEV", "^10.30.0", P),
    ("sendDefaultPii: asked()", "^10.30.0", U),
    ("integrations: [Sentry.replayIntegration({ maskAllText: !on })]", "^10.30.0", F),
    ("integrations: [Sentry.replayIntegration({ maskAllText: on })]", "^10.30.0", P),
    ("integrations: [Sentry.replayIntegration({ maskAllText: asked() })]", "^10.30.0", U),
    ("dataCollection: {}", "^11.0.0", F),
    ("dataCollection: { userInfo: on }", "^11.0.0", F),
    ("dataCollection: { userInfo: false }", "^11.0.0", P),
]


@pytest.mark.parametrize(("options", "version", "outcome"), PERSONAL)
def test_what_is_collected_has_the_value_of_production(options, version, outcome):
    found, text = said("frontend-pii-off", collected(options, version))
    assert found is outcome, text


EXPOSED = [
    ("import E from 'vite-plugin-environment'\nexport default { plugins: [E('all')] }\n", F),
    ("import E from 'vite-plugin-environment'\nexport default { plugins: [E(['SENTRY_AUTH_TOKEN'])] }\n", F),
    ("import E from 'vite-plugin-environment'\nexport default { plugins: [E(['NODE_ENV'])] }\n", P),
    ("export default { define: Object.fromEntries(['A'].map((n) => [n, JSON.stringify(process.env[n])])) }\n", U),
    ("export default { define: { 'process.env': process.env } }\n", F),
    ("export default { define: { 'process.env': JSON.stringify({}) } }\n", P),
    ("export default { define: { 'process.env': JSON.stringify({ A: 'b', n: [1] }) } }\n", P),
    ("export default { define: { 'process.env': JSON.stringify({ ...given }) } }\n", U),
    ("export default { define: { 'process.env': JSON.stringify(given) } }\n", U),
]  # fmt: skip


@pytest.mark.parametrize(("config", "outcome"), EXPOSED)
def test_an_exposed_environment_holds_the_token(config, outcome):
    found, text = said("token-not-in-bundle", shop(READ) | {"web/vite.config.ts": config})
    assert found is outcome, text
