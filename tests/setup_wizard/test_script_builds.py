"""A frontend that a script of the repository builds: the script's line is where the build needs its variables."""

from __future__ import annotations

import pytest

from checks.repository.build_env import builds_given
from checks.repository.script_builds import script_builds
from tests.support.edits import READY, VITE, after
from tests.support.repo import facts_of

SCRIPT = "#!/usr/bin/env bash\nset -euo pipefail\n\n.venv/bin/pip install -r requirements.txt\n( cd web && npm ci && npm run build )\nsudo systemctl restart shop\n"
FLOW = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n      - run: {}\n      - uses: actions/upload-artifact@v4\n        with: {{path: web/dist}}\n"
TOKEN = "create an organization token for the builds that need SENTRY_AUTH_TOKEN; keep it out of the repository"
INIT = "import * as Sentry from '@sentry/react'\nSentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN })\n"


def found(files):
    facts = facts_of(READY | VITE | files)
    frontend = facts.frontends[0]
    return [
        (s.path, s.line) for s in script_builds(facts, frontend, builds_given(facts, frontend, "SENTRY_AUTH_TOKEN"))
    ]


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"deploy.sh": SCRIPT}, [("deploy.sh", 5)]),
        ({"bin/release.bash": "cd web\nnpx vite build\n"}, [("bin/release.bash", 2)]),
        ({"web/publish.sh": "npm ci\nyarn build\nrsync -a dist/ host:/srv\n"}, [("web/publish.sh", 2)]),
        ({"deploy.sh": "if [ -z $SKIP ]; then\n  npm --prefix web run build\nfi\n"}, [("deploy.sh", 2)]),
        ({"deploy.sh": "# cd web && npm run build\necho 'npm run build'\n"}, []),
        ({"deploy.sh": "cd docs\nnpm run build\n"}, []),
        ({"deploy.sh": "cd web && npm run test\n"}, []),
        ({"dev.sh": SCRIPT, "tests/build.sh": SCRIPT, "build.ci.sh": SCRIPT}, []),
        ({"deploy.sh": SCRIPT, ".github/workflows/web.yml": FLOW.format("./deploy.sh")}, []),
        ({"deploy.sh": "cd web && npm run build &&\n"}, []),
    ],
)
def test_scripts_that_build(files, places):
    assert found(files) == places


def test_a_script_is_the_place_where_the_build_gets_its_variables(tmp_path):
    done = after(
        tmp_path,
        READY | VITE | {"deploy.sh": SCRIPT, "web/src/main.tsx": INIT + VITE["web/src/main.tsx"]},
        "source-maps",
        "frontend-sdk",
        "release-tracking",
    )
    maps, sdk = done.steps["source-maps"].manual, done.steps["frontend-sdk"].manual
    [told] = [t for t in maps if t.path == "deploy.sh"]
    assert told.title == "pass SENTRY_AUTH_TOKEN and SENTRY_RELEASE to the build in deploy.sh:5"
    assert told.reason == "`npm run build` there builds web with the variables of the shell that runs the script"
    assert told.place == "deploy.sh:5"
    assert told.snippet.splitlines() == [
        "# before line 5 of deploy.sh",
        "export SENTRY_AUTH_TOKEN=…   # a secret: read it from a file that git ignores",
        'export SENTRY_RELEASE="$(git rev-parse HEAD)"',
    ]
    assert [t.url for t in maps if t.title == TOKEN] == ["https://sentry.io/settings/acme/auth-tokens/"]
    [dsn] = [t for t in sdk if t.path == "deploy.sh"]
    assert dsn.title == "pass VITE_SENTRY_DSN to the build in deploy.sh:5"
    assert dsn.snippet == "# before line 5 of deploy.sh\nexport VITE_SENTRY_DSN=https://bb@o1.ingest.us.sentry.io/1"
    assert "gh secret set" not in done.left and "gh variable set" not in done.left
    assert "is built for production" not in done.left


def test_what_a_script_has_is_not_asked_for(tmp_path):
    script = 'export SENTRY_RELEASE="$(git rev-parse HEAD)"\nexport VITE_SENTRY_DSN=$DSN\ncd web\nnpm run build\n'
    done = after(
        tmp_path,
        READY | VITE | {"deploy.sh": script, "web/src/main.tsx": INIT + VITE["web/src/main.tsx"]},
        "source-maps",
        "frontend-sdk",
    )
    told = [t for s in done.steps.values() for t in s.manual if t.path == "deploy.sh"]
    assert [t.title for t in told] == ["pass SENTRY_AUTH_TOKEN to the build in deploy.sh:4"]


def test_an_image_beside_a_script_gets_no_secret_of_ci_where_there_is_none(tmp_path):
    image = "FROM node:22\nWORKDIR /web\nCOPY web .\nRUN npm ci\nRUN npm run build\n"
    done = after(tmp_path, READY | VITE | {"deploy.sh": SCRIPT, "Dockerfile": image}, "source-maps")
    assert "gh secret set" not in done.left and TOKEN in done.left
    assert "pass SENTRY_AUTH_TOKEN and SENTRY_RELEASE to the build in deploy.sh:5" in done.left


def test_a_workflow_that_builds_keeps_its_token_in_ci(tmp_path):
    flow = {".github/workflows/web.yml": FLOW.format("cd web && npm run build")}
    done = after(tmp_path, READY | VITE | flow, "source-maps")
    assert "gh secret set SENTRY_AUTH_TOKEN" in done.left and TOKEN not in done.left
