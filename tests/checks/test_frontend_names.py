"""What names Sentry, an entry or a configuration of a frontend, and what only looks like it."""

from __future__ import annotations

import json

import pytest

from checks.frontends.uploaders import configs
from checks.model import Outcome
from checks.parsers import javascript as js
from checks.parsers.vite import naming_sentry
from checks.targets.browsers import decide_initialized
from tests.support.repo import facts_of


def package(build: str, *names: str) -> str:
    return json.dumps({"private": True, "scripts": {"build": build}, "dependencies": dict.fromkeys(names, "^9.0.0")})


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("const sentryDsn = process.env.X;\nconst key = sentryDsn.split('@')[0];\n", None),
        ("const a = sentryKey.trim().length;\n", None),
        ("\nplugins.push(makeSentryPlugin());\n", 2),
        ("plugins.push(own.sentry());\n", 1),
        ("import { x } from './sentry';\n", 1),
        ("const load = () => import('./sentry-plugin');\n", 1),
    ],
)
def test_a_plugin_of_sentrys_is_what_is_called_or_imported(code, line):
    assert naming_sentry(js.parse_javascript(code.encode(), "vite.config.js")) == line


@pytest.mark.parametrize(
    ("head", "outcome"),
    [
        ("const Sentry = require('@sentry/browser');\n", Outcome.PASS),
        ("var Sentry = require('@sentry/browser');\n", Outcome.PASS),
        ("import * as Sentry from '@sentry/browser';\n", Outcome.PASS),
    ],
)
def test_an_init_of_a_module_that_is_required_is_seen(head, outcome):
    files = {
        "package.json": package("webpack", "@sentry/browser", "jquery", "webpack"),
        "webpack.config.js": "module.exports = { entry: './js/site.js' };\n",
        "js/site.js": head + "Sentry.init({ dsn: window.DSN });\n\ndocument.title = 'x';\n",
    }
    facts = facts_of(files)
    assert decide_initialized(facts, facts.frontends[0]).outcome is outcome


def test_a_name_that_a_function_takes_is_not_the_sdk():
    files = {
        "package.json": package("webpack", "@sentry/browser", "webpack"),
        "webpack.config.js": "module.exports = { entry: './js/site.js' };\n",
        "js/site.js": "const Sentry = require('@sentry/browser');\n(function (Sentry) {\n  Sentry.init({ dsn: window.DSN });\n})(other);\n",
    }
    facts = facts_of(files)
    assert decide_initialized(facts, facts.frontends[0]).outcome is not Outcome.PASS


def test_the_configuration_is_the_one_that_production_is_built_with():
    files = {
        "package.json": package("webpack --config webpack/webpack.config.prod.js", "webpack", "react"),
        "webpack/webpack.config.common.js": "module.exports = { entry: './src/index.js' };\n",
        "webpack/webpack.config.dev.js": "module.exports = { mode: 'development', devtool: 'inline-source-map' };\n",
        "webpack/webpack.config.prod.js": "const c = require('./webpack.config.common');\nmodule.exports = { ...c, devtool: 'source-map' };\n",
        "src/index.js": "document.title = 'x';\n",
    }
    facts = facts_of(files)
    named = [path for path, _ in configs(facts, facts.frontends[0])]
    assert named == ["webpack/webpack.config.common.js", "webpack/webpack.config.prod.js"]


def test_the_module_that_every_page_of_next_loads_is_its_entry():
    files = {
        "package.json": package("next build", "next", "react", "@sentry/browser"),
        "pages/_app.tsx": 'import "../lib/reporting";\n\nexport default function App() {\n  return null;\n}\n',
        "lib/reporting.js": 'import * as Sentry from "@sentry/browser";\n\nSentry.init({ dsn: "https://a@o1.ingest.sentry.io/1" });\n',
    }
    facts = facts_of(files)
    assert decide_initialized(facts, facts.frontends[0]).outcome is Outcome.PASS


def test_an_input_with_a_leading_slash_is_meant_from_the_root():
    files = {
        "web/package.json": package("vite build", "vite", "react", "@sentry/react"),
        "web/vite.config.js": "export default { build: { rollupOptions: { input: '/src/main.js' } } };\n",
        "web/src/main.js": "import * as Sentry from '@sentry/react';\nimport { createRoot } from 'react-dom/client';\n"
        "Sentry.init({ dsn: window.DSN });\ncreateRoot(document.body).render(null);\n",
    }
    facts = facts_of(files)
    assert decide_initialized(facts, facts.frontends[0]).outcome is Outcome.PASS


def test_entries_of_webpack_that_are_computed_are_said_of_webpack():
    glob = "module.exports = { entry: { a: './js/a.js', b: find() } };\n"
    files = {
        "package.json": package("webpack", "webpack", "@sentry/browser"),
        "webpack.config.js": glob,
        "js/a.js": "import * as Sentry from '@sentry/browser';\nSentry.init({ dsn: window.DSN });\ndocument.title = 1;\n",
    }
    facts = facts_of(files)
    finding = decide_initialized(facts, facts.frontends[0]).findings[0]
    assert "the webpack build has entries that cannot be determined here" in finding.message
    assert finding.path == "webpack.config.js"
