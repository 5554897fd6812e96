"""What a CI project keeps reaches every job: nothing is written into its file, and whether a variable is there is left open."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.edits import after
from tests.support.repo import check_one

WEB = {
    "package.json": '{"scripts": {"build": "vite build"}, "dependencies": {"react": "^18.3.0", "react-dom": "^18.3.0"}, '
    '"devDependencies": {"vite": "^5.4.0", "@vitejs/plugin-react": "^4.3.0"}}\n',
    "vite.config.ts": "import react from '@vitejs/plugin-react'\nimport { defineConfig } from 'vite'\n\n"
    "export default defineConfig({ plugins: [react()] })\n",
    "index.html": '<div id="root"></div><script type="module" src="/src/main.tsx"></script>\n',
    "src/main.tsx": "import { createRoot } from 'react-dom/client'\n\n"
    "createRoot(document.getElementById('root')!).render(<p>hi</p>)\n",
}
GITLAB = {
    ".gitlab-ci.yml": "deploy:\n  image: node:22\n  environment: production\n  script:\n    - npm ci\n    - npm run build\n"
    "    - aws s3 sync dist s3://shop\n  rules:\n    - if: $CI_COMMIT_BRANCH == 'main'\n"
}
SEEN = "the CI project's variables reach `npm run build`, and whether `{}` is one of them cannot be seen"


def test_a_gitlab_project_is_asked_to_store_both(tmp_path):
    done = after(tmp_path, WEB | GITLAB, "source-maps", "frontend-sdk")
    tasks = [t for s in done.applied.steps for t in s.manual]
    commands = [t.command for t in tasks if t.command]
    assert commands == ["glab variable set SENTRY_AUTH_TOKEN --masked", "glab variable set VITE_SENTRY_DSN --masked"]
    assert done.text(".gitlab-ci.yml") == GITLAB[".gitlab-ci.yml"]
    assert not any("${{" in f"{t.title}{t.snippet}" for t in tasks)


@pytest.mark.parametrize(
    ("item", "name", "hint"),
    [
        (
            "source-maps",
            "SENTRY_AUTH_TOKEN",
            "store `SENTRY_AUTH_TOKEN` there, and run with `--online` to see the uploaded maps",
        ),
        ("frontend-dsn-configured", "VITE_SENTRY_DSN", "check that `VITE_SENTRY_DSN` is stored there"),
    ],
)
def test_a_variable_of_the_project_is_left_open(tmp_path, item, name, hint):
    done = after(tmp_path, WEB | GITLAB, "source-maps", "frontend-sdk")
    verdict = check_one(item, {n: done.text(n) for n in (*WEB, *GITLAB, "src/instrument.ts")})
    (found,) = verdict.findings
    assert (verdict.outcome, found.message, found.hint) == (Outcome.UNKNOWN, SEEN.format(name), hint)
    assert (found.path, found.line) == (".gitlab-ci.yml", 6)
