"""What an entry imports where no plain path says so: globs, aliases that nothing follows, and the scripts of a page in their order."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_frontend_items import web
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
INIT = "import * as Sentry from '@sentry/react'\nSentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN })\n"
RENDER = "import { createRoot } from 'react-dom/client'\ncreateRoot(document.body).render(null)\n"
VITE = "import path from 'node:path'\nimport { sentryVitePlugin } from '@sentry/vite-plugin'\nexport default { resolve: { alias: %s } }\n"
NOBODY = "nothing from frontend/src/main.tsx imports"


def made(start: str, vite: str = "export default {}\n", **files: str) -> dict[str, str]:
    given = {k.replace("__", "/"): v for k, v in files.items()}
    kept = web("", main=start + RENDER)
    kept.pop("frontend/src/instrument.ts", None)
    return kept | {"frontend/vite.config.ts": vite} | {f"frontend/{k}": v for k, v in given.items()}


def aliased(alias: str, module: str) -> dict[str, str]:
    return made(f"import '{module}'\n", VITE % alias) | {"frontend/src/instrument.ts": INIT}


GLOB = "import.meta.glob('./setup/*.ts'%s)\n"
SETUP = {"frontend/src/setup/sentry.ts": INIT}
COMPUTED = "Object.fromEntries(names.map((n) => [n, '/src']))"
CASES = [
    ("glob at once", made(GLOB % ", { eager: true }") | SETUP, P, "before frontend/src/main.tsx renders"),
    ("glob of several", made("import.meta.glob(['./x/*.ts', './setup/*.ts'], { eager: true })\n") | SETUP, P, ""),
    ("glob but for it", made("import.meta.glob(['./setup/*.ts', '!./setup/sentry.ts'], { eager: true })\n") | SETUP, F, NOBODY),
    ("glob of others", made("import.meta.glob('./pages/*.ts', { eager: true })\n") | SETUP, F, NOBODY),
    ("glob later", made(GLOB % "") | SETUP, F, "loads lazily"),
    ("computed alias", aliased(COMPUTED, "@app/instrument"), U, "may be in what frontend/src/main.tsx imports as `@app/instrument`"),
    ("pattern with choices", aliased("[{ find: /^@(app|lib)\\/(.*)$/, replacement: '/src/$2' }]", "@app/instrument"), U, "an alias that is not followed"),
    ("another file's name", aliased(COMPUTED, "@app/other"), F, NOBODY),
    ("a package of that name", aliased(COMPUTED, "@sentry/react/instrument"), F, NOBODY),
    ("through a file", aliased(COMPUTED, "@app/setup") | {"frontend/src/setup/index.ts": "import '../instrument'\n"}, U, "`@app/setup`"),
    ("put together", aliased("{ app: path.resolve(__dirname) + '/src' }", "app/instrument"), P, ""),
    ("ends with a slash", aliased("[{ find: /^app\\//, replacement: path.resolve(__dirname, 'src') + '/' }]", "app/instrument"), P, ""),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "words"), [pytest.param(f, o, w, id=n) for n, f, o, w in CASES])
def test_what_an_entry_may_import_is_not_said_to_be_left_out(files, outcome, words):
    result = check_one("frontend-initialized", files)
    text = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and words in text, text
    if outcome is not P:
        assert result.findings[0].path in ("frontend/src/instrument.ts", "frontend/src/setup/sentry.ts")
        assert result.findings[0].hint


@pytest.mark.parametrize(
    ("order", "outcome", "words"),
    [
        (("instrument", "main"), P, "in the entry"),
        (("main", "instrument"), F, "runs after frontend/src/main.tsx rendered"),
    ],
)
def test_the_scripts_of_a_page_run_in_their_order(order, outcome, words):
    ends = {"instrument": "ts", "main": "tsx"}
    tags = "".join(f'<script type="module" src="/src/{n}.{ends[n]}"></script>' for n in order)
    files = made("") | {"frontend/src/instrument.ts": INIT, "frontend/index.html": f"<body>{tags}</body>"}
    result = check_one("frontend-initialized", files)
    text = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and words in text, text
