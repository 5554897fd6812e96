"""Modules that `import()` loads while the page starts: in time where what renders waits for them or is loaded after them."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_frontend_items import web
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
FROM = "import { createRoot } from 'react-dom/client'\n"
RENDER = "createRoot(document.body).render(null)\n"
LOAD = "await import('./instrument')\n"
APP = FROM + RENDER


@pytest.mark.parametrize(
    ("main", "more", "outcome", "said"),
    [
        (FROM + LOAD + RENDER, {}, P, "waits for"),
        (LOAD + "await import('./app')\n", {"app": APP}, P, "waits for"),
        (LOAD + "import('./app')\n", {"app": APP}, P, "waits for"),
        (FROM + "try { await import('./instrument') } catch { }\n" + RENDER, {}, P, "waits for"),
        (FROM + f"(async () => {{ {LOAD} {RENDER} }})()\n", {}, P, "waits for"),
        (FROM + f"async function start() {{ {LOAD} {RENDER} }}\nstart()\n", {}, P, "waits for"),
        (FROM + "await Promise.all([import('./instrument'), import('./words')])\n" + RENDER, {"words": ""}, P, "waits"),
        (FROM + "await import('./instrument').catch(() => {})\n" + RENDER, {}, P, "waits"),
        ("await Promise.all([import('./app'), import('./instrument')])\n", {"app": APP}, U, "may run after"),
        (FROM + "await idle(import('./instrument'))\n" + RENDER, {}, F, "loads lazily"),
        ("import('./instrument').then(() => import('./app'))\n", {"app": APP}, P, "waits for"),
        (FROM + f"import('./instrument').then(() => {{ {RENDER} }})\n", {}, P, "waits for"),
        ("import('./boot')\n", {"boot": "import './instrument'\n" + APP}, P, "before what"),
        ("import './first'\n" + APP, {"first": LOAD}, P, "waits for"),
        (FROM + "if (import.meta.env.PROD) await import('./instrument')\n" + RENDER, {}, P, "waits for"),
        (FROM + "if (import.meta.env.DEV) await import('./instrument')\n" + RENDER, {}, F, "runs only if"),
        (FROM + RENDER + LOAD, {}, F, "after the application rendered"),
        ("import './app'\n" + LOAD, {"app": APP}, F, "after frontend/src/app.tsx rendered"),
        (FROM + "import('./instrument')\n" + RENDER, {}, F, "loads lazily"),
        (FROM + f"(async () => {{ {LOAD} }})()\n" + RENDER, {}, F, "loads lazily"),
        (FROM + f"async function start() {{ {RENDER} {LOAD} }}\nstart()\n", {}, F, "after the application rendered"),
        ("import('./boot')\n", {"boot": "import './app'\nimport './instrument'\n", "app": APP}, F, "app.tsx rendered"),
        (FROM + "function later() { return import('./instrument') }\n" + RENDER, {}, F, "loads lazily"),
        ("import './first'\nimport './app'\n", {"first": LOAD, "app": APP}, U, "may run after"),
        ("import './first'\n" + APP, {"first": f"(async () => {{ {LOAD} }})()\n"}, U, "may run after"),
        ("import('./instrument')\nimport('./app')\n", {"app": APP}, U, "may run after"),
        ("await import('./app')\n" + LOAD, {"app": APP}, U, "may run after"),
        ("await import('./boot')\n", {"boot": FROM + LOAD + RENDER}, P, "waits for"),
        ("import('./boot')\n", {"boot": FROM + LOAD + RENDER}, P, "waits for"),
        ("import('./boot')\n", {"boot": FROM + "import('./instrument')\n" + RENDER}, U, "cannot be determined"),
        ("import('./boot')\n", {"boot": FROM + RENDER + LOAD}, F, "after the application rendered"),
        (FROM + RENDER + "import('./boot')\n", {"boot": LOAD}, F, "after the application rendered"),
        ("import './app'\nimport('./boot')\n", {"app": APP, "boot": LOAD}, F, "app.tsx rendered"),
        ("await import('./a')\n", {"a": "await import('./b')\n", "b": FROM + LOAD + RENDER}, P, "waits for"),
        (APP, {"page": LOAD}, F, "nothing from"),
        (
            APP + "button.onclick = () => import('./page')\n",
            {"page": "const f = () => import('./instrument')\n"},
            F,
            "page.tsx loads lazily",
        ),
        ("import { start } from './app'\nstart()\n" + LOAD, {"app": "export function start() {}\n"}, U, "start()"),
    ],
)
def test_import_calls_of_the_start(main, more, outcome, said):
    files = web(main=main) | {f"frontend/src/{name}.tsx": text for name, text in more.items()}
    result = check_one("frontend-initialized", files)
    told = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and said in told, told
