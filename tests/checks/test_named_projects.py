"""The project that a repository names already is the one that is set up, wherever it says so."""

from __future__ import annotations

import pytest

from checks.repository.names import organization_named, project_slug
from checks.repository.release_steps import find_release_steps
from tests.support.repo import PACKAGE, backend, facts_of

ACTION = "      - uses: getsentry/action-release@v3\n        env: {SENTRY_AUTH_TOKEN: '${{ secrets.T }}', SENTRY_ORG: acme}\n        with: {projects: '%s'}\n"


def flow(top: str = "", job: str = "", projects: str = "${{ env.SENTRY_PROJECT }}") -> dict[str, str]:
    """A workflow whose release step names its project by a variable of the workflow or of the job."""
    text = f"on: push\n{top}jobs:\n  deploy:\n    runs-on: x\n{job}    steps:\n      - run: fly deploy\n{ACTION % projects}"
    return {".github/workflows/d.yml": text}


@pytest.mark.parametrize(
    "files",
    [
        flow(top="env: {SENTRY_PROJECT: orders}\n"),
        flow(job="    env: {SENTRY_PROJECT: orders}\n"),
        flow(top="env: {APP: orders}\n", projects="${{env.APP}}"),
        flow(top="env: {SENTRY_PROJECT: other}\n", job="    env:\n      SENTRY_PROJECT: orders\n"),
    ],
)
def test_a_variable_of_the_workflow_or_the_job_names_the_project(files):
    facts = facts_of(backend() | files)
    assert find_release_steps(facts)[0].projects == ("orders",)
    assert project_slug(facts, "backend", "backend") == "orders"


@pytest.mark.parametrize("projects", ["${{ env.MISSING }}", "${{ vars.SENTRY_PROJECT }}", "${{ inputs.project }}"])
def test_a_variable_that_is_not_known_names_none(projects):
    assert find_release_steps(facts_of(backend() | flow(projects=projects)))[0].projects is None


SVELTE = {
    "web/package.json": '{"dependencies": {"@sveltejs/kit": "2"}, "devDependencies": {"vite": "7"}, "scripts": {"build": "vite build"}}'
}
PLAIN = {"web/package.json": PACKAGE, "web/index.html": "<script type=module src=/src/main.tsx></script>"}
NEXT = {"web/package.json": '{"dependencies": {"next": "15", "react": "19"}, "scripts": {"build": "next build"}}'}


@pytest.mark.parametrize(
    ("files", "name", "text"),
    [
        (SVELTE, "vite.config.js", "import { sentrySvelteKit } from '@sentry/sveltekit';\nexport default { plugins: [sentrySvelteKit({ org: 'a', project: 'shop-app' })] }"),
        (PLAIN, "vite.config.ts", "import { sentryVitePlugin } from '@sentry/vite-plugin';\nexport default { plugins: [sentryVitePlugin({ org: 'a', project: 'shop-app' })] }"),
        (NEXT, "next.config.js", "const { withSentryConfig } = require('@sentry/nextjs');\nmodule.exports = withSentryConfig({}, { org: 'a', project: 'shop-app' });"),
    ],
)  # fmt: skip
def test_a_plugin_names_the_frontends_project(files, name, text):
    facts = facts_of(files | {f"web/{name}": text})
    assert project_slug(facts, "frontend", facts.frontends[0].name) == "shop-app"


@pytest.mark.parametrize("project", ["process.env.SENTRY_PROJECT", "'your-project'", "`${app}-web`"])
def test_a_plugin_whose_project_is_not_written_names_none(project):
    text = f"import {{ sentryVitePlugin }} from '@sentry/vite-plugin';\nexport default {{ plugins: [sentryVitePlugin({{ project: {project} }})] }}"
    facts = facts_of(PLAIN | {"web/vite.config.ts": text})
    assert project_slug(facts, "frontend", facts.frontends[0].name).endswith("-frontend")


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (flow(), "acme"),
        ({"ci.sh": "", ".github/workflows/d.yml": "on: push\nenv: {SENTRY_ORG: pond}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: sentry-cli releases new -p shop v1\n"}, "pond"),
        (SVELTE | {"web/vite.config.js": "import { sentrySvelteKit } from '@sentry/sveltekit';\nexport default { plugins: [sentrySvelteKit({ org: 'pond', project: 'a' })] }"}, "pond"),
        (flow() | PLAIN | {"web/vite.config.ts": "import { sentryVitePlugin } from '@sentry/vite-plugin';\nexport default { plugins: [sentryVitePlugin({ org: 'pond' })] }"}, None),
        (SVELTE | {"web/vite.config.js": "import { sentrySvelteKit } from '@sentry/sveltekit';\nexport default { plugins: [sentrySvelteKit({ org: 'your-org' })] }"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_the_organization_that_a_repository_names(files, named):
    assert organization_named(facts_of(backend() | files)) == named
