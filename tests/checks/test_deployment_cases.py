"""CI, images and hosts in odd shapes: one small repository a case, in deployment_cases.txt; each outcome was decided by reading.

A case is `# name: item=outcome|outcome …`, then files under `-- path --`; one whose name ends in ` +web` has a Vite frontend too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.repo import backend, check_one

BASE = {
    "shop/settings.py": "import os\n\nimport sentry_sdk\n\nDEBUG = False\nsentry_sdk.init(\n"
    '    dsn=os.environ.get("SENTRY_DSN"), environment=os.environ["SENTRY_ENVIRONMENT"], release=os.environ.get("SENTRY_RELEASE")\n)\n',
    "shop/wsgi.py": "",
    "requirements.txt": "django\nsentry-sdk==2.75.0\ngunicorn\n",
}
WEB = {
    "frontend/package.json": '{"scripts": {"build": "vite build"}, "dependencies": {"react": "^19", "react-dom": "^19", "@sentry/react":'
    ' "^10.30.0"}, "devDependencies": {"vite": "^7.0.0", "@sentry/vite-plugin": "^4.6.0"}}\n',
    "frontend/index.html": '<div id="root"></div><script type="module" src="/src/main.tsx"></script>\n',
    "frontend/src/main.tsx": "import * as Sentry from '@sentry/react'\nimport { createRoot } from 'react-dom/client'\n\n"
    "Sentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN })\ncreateRoot(document.body).render(null)\n",
    "frontend/vite.config.ts": "import { sentryVitePlugin } from '@sentry/vite-plugin'\n\nexport default {\n  plugins: [sentryVitePlugin({ org:"
    " 'acme', project: 'web', sourcemaps: { filesToDeleteAfterUpload: ['./dist/**/*.map'] } })],\n  build: { sourcemap: 'hidden' },\n}\n",
}


def cases() -> Iterator[object]:
    """Yield `(files, item, outcomes)`."""
    name, expected, files, path = "", "", {}, ""
    for line in [*Path(__file__).with_name("deployment_cases.txt").read_text("utf-8").splitlines(), "# end: "]:
        if line.startswith("# ") and ("=" in line or line == "# end: "):
            for pair in expected.split():
                item, _, outcomes = pair.partition("=")
                base = backend() | BASE | (WEB if name.endswith(" +web") else {})
                yield pytest.param(base | files, item, outcomes.split("|"), id=f"{name}-{item}".replace(" ", ""))
            name, _, expected = line[2:].partition(": ")
            files = {}
        elif line.startswith("-- ") and line.endswith(" --"):
            path = line[3:-3]
            files[path] = ""
        else:
            files[path] += line + "\n"


@pytest.mark.parametrize(("files", "item", "outcomes"), list(cases()))
def test_a_deployment(files, item, outcomes):
    found = check_one(item, files)
    assert str(found.outcome) in outcomes, found.verdicts
