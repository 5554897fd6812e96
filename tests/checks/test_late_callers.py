"""Init calls in modules that no entry imports, or in a store's actions: pages of their own, callers in effects, values from outside."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.checks.test_frontend_items import web
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
RENDER = "import { createRoot } from 'react-dom/client'\nimport { App } from './App'\ncreateRoot(document.body).render(null)\n"
STORE = """import * as Sentry from '@sentry/react'
import { create } from 'zustand'
interface Store { setSentry: (dsn: string) => void }
export const useSentry = create<Store>((set) => ({
  setSentry: (dsn: string) => { Sentry.init({ dsn }) },
}))
"""
TAKES = "import { useSentry } from './instrument'\nimport { useEffect } from 'react'\n"
EFFECT = (
    TAKES + "export function App() {\n  const setSentry = useSentry((s) => s.setSentry)\n  const config = useConfig()\n"
)
EFFECT += "  useEffect(() => { setSentry(config.dsn) }, [config])\n  return null\n}\n"
CALLED = "useSentry.getState().setSentry('https://a@o1.ingest.sentry.io/1')\n"
APP = "export const App = () => null\n"


def store(app: str, main: str = RENDER) -> dict[str, str]:
    made = web("dsn: ''", main=main)
    return made | {"frontend/src/instrument.ts": STORE, "frontend/src/App.tsx": app}


@pytest.mark.parametrize(("files", "outcome", "said"), [
    (store(EFFECT), F, "Sentry.init() runs inside useEffect() of frontend/src/App.tsx:6, after the application rendered"),
    (store(APP, "import { useSentry } from './instrument'\n" + CALLED + RENDER.replace("import { App } from './App'\n", "")), P, "@sentry/react is initialized by useSentry's setSentry(), called in frontend/src/main.tsx"),
    # A function between, or a call that another object may have: nobody knows when.
    (store(TAKES + "export const App = () => null\nexport const begin = () => " + CALLED), U, "Sentry.init() is in useSentry's setSentry, and whether it is called before the page renders cannot be determined"),
    (store(TAKES + EFFECT.replace("useSentry((s) => s.setSentry)", "other.setSentry").removeprefix(TAKES)), U, "Sentry.init() is in useSentry's setSentry, and whether it is called before the page renders cannot be determined"),
    (store(TAKES + APP), U, "Sentry.init() is in useSentry's setSentry, and whether it is called before the page renders cannot be determined"),
])  # fmt: skip
def test_an_action_of_a_store_runs_where_it_is_called(files, outcome, said):
    result = check_one("frontend-initialized", files)
    texts = [f.message for f in result.findings] + [e.fact for e in result.evidence]
    assert (result.outcome, texts) == (outcome, [said])


def test_a_dsn_that_the_page_is_given_is_checked_there():
    found = check_one("frontend-dsn-configured", store(EFFECT)).findings[0]
    assert (found.message, found.path, found.line, found.hint) == (
        "the DSN is `dsn`, which cannot be determined here: the page is given it when it runs",
        "frontend/src/instrument.ts",
        5,
        "check in the deployed page that it is the project's DSN",
    )


NEXT = json.dumps(
    {
        "name": "web",
        "private": True,
        "scripts": {"build": "next build"},
        "dependencies": {"next": "15.1.0", "react": "19", "react-dom": "19", "@sentry/browser": "^7.120.4"},
    }
)
TOLD = "import getConfig from 'next/config'\nimport * as Sentry from '@sentry/browser'\n"
TOLD += "const { publicRuntimeConfig } = getConfig()\nSentry.init({ dsn: publicRuntimeConfig.SENTRY_URL })\n"
CONFIG = "module.exports = { publicRuntimeConfig: { SENTRY_URL: process.env.CLUBS_SENTRY_URL } }\n"


def routed(told: str = TOLD, **pages: str) -> dict[str, str]:
    made = backend() | {"web/package.json": NEXT, "web/next.config.js": CONFIG, "web/utils/sentry.ts": told}
    made["web/pages/_app.tsx"] = "export default function App() { return null }\n"
    made["web/pages/api/hook.ts"] = "export default function handler() {}\n"
    return made | {f"web/pages/{n}.tsx": text for n, text in pages.items()}


WITH = "import '../utils/sentry'\nexport default () => null\n"
WITHOUT = "export default () => null\n"
INNER = TOLD.replace("Sentry.init", "export function start() {\n  Sentry.init") + "}\n"


@pytest.mark.parametrize(("files", "outcome", "said"), [
    (routed(index=WITH, faq=WITH), P, "@sentry/browser is initialized by each of 2 pages"),
    (routed(index=WITH), P, "@sentry/browser is initialized by each of 1 page"),
    (routed(index=WITH, faq=WITHOUT), F, "Sentry.init() runs on 1 of 2 pages: web/pages/faq.tsx does not import its module, nor does web/pages/_app.tsx"),
    (routed(index=WITHOUT), F, "Sentry.init() is in a module that nothing from web/pages/_app.tsx imports"),
    (routed(INNER, index=WITH), U, "Sentry.init() is in start, and its caller was not found"),
])  # fmt: skip
def test_each_page_of_a_router_loads_its_own_module(files, outcome, said):
    result = check_one("frontend-initialized", files)
    texts = [f.message for f in result.findings] + [e.fact for e in result.evidence]
    assert (result.outcome, texts) == (outcome, [said])


def test_a_variable_that_the_server_reads_is_not_one_of_the_build():
    result = check_one("frontend-dsn-configured", routed(index=WITH))
    said = [(f.message, f.path, f.line, f.hint) for f in result.findings]
    expected = "`CLUBS_SENTRY_URL` is read where the site runs, and no file here sets it there"
    assert (result.outcome, said) == (U, [(expected, "web/utils/sentry.ts", 4, "set `CLUBS_SENTRY_URL` there")])
    compose = (
        "services:\n  web:\n    build: web\n    environment:\n      CLUBS_SENTRY_URL: https://a@o1.ingest.sentry.io/1\n"
    )
    assert check_one("frontend-dsn-configured", routed(index=WITH) | {"docker-compose.prod.yml": compose}).outcome is P


@pytest.mark.parametrize(("dsn", "hint"), [
    ("SETTINGS.sentry_dsn", "check in the deployed page that it is the project's DSN"),
    ("window.APP.dsn", "check in the deployed page that it is the project's DSN"),
    ("__OWN_DSN__", "read import.meta.env.VITE_SENTRY_DSN"),
])  # fmt: skip
def test_a_dsn_that_the_page_declares_is_checked_there(dsn, hint):
    found = check_one("frontend-dsn-configured", web(f"dsn: {dsn}")).findings[0]
    assert (found.path, found.line, found.hint) == ("frontend/src/instrument.ts", 2, hint)
    assert found.message.startswith(f"the DSN is `{dsn}`, which cannot be determined here")
