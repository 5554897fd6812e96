"""A release names the projects of what its job deploys: not those of a part that the job leaves out, which are left with their text."""

from __future__ import annotations

import pytest

from checks.items.releases import FOLLOWED, release_tracking
from checks.model import Outcome
from checks.repository.deployed_parts import deploys_part
from checks.repository.facts import Facts
from setup_wizard.editors.ci_files import RELEASE_EDITORS
from tests.support.edits import READY, VITE, after
from tests.support.repo import facts_of

PATH = ".github/workflows/d.yml"
STEPS = "    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n"
FLY = "      - run: flyctl deploy\n"
PAGES = "      - run: netlify deploy --prod --dir web/dist\n"
BUILD = "      - run: npm run build\n        working-directory: web\n"
BOTH = (
    READY
    | VITE
    | {
        "web/src/main.tsx": 'import * as Sentry from "@sentry/react";\nimport { createRoot } from "react-dom/client";\n\n'
        "Sentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN });\ncreateRoot(document.body).render(null);\n",
        "web/package.json": VITE["web/package.json"].replace('"react":', '"@sentry/react": "^11.0.0",\n    "react":'),
    }
)
MCP = {"mcp/Dockerfile": "FROM python:3.13\n", "mcp/pyproject.toml": "[project]\nname = 'mcp'\n"}
MAIN = "on: {push: {branches: [main]}}\n"


def filtered(paths: str, kind: str = "paths") -> str:
    return f"on: {{push: {{branches: [main], {kind}: {paths}}}}}\n"


def of(facts: Facts, job: int = 0) -> str:
    """Return the names of the parts that a job of the first workflow deploys."""
    flow = facts.workflows[0]
    return " ".join(p.name for p in (*facts.backends, *facts.frontends) if deploys_part(facts, flow, flow.jobs[job], p))


@pytest.mark.parametrize(
    ("head", "job", "steps", "files", "parts"),
    [
        (MAIN, "deploy", FLY, {}, "backend frontend"),
        (MAIN, "deploy", PAGES, {}, "frontend"),
        (MAIN, "deploy", FLY + PAGES, {}, "backend frontend"),
        (MAIN, "deploy", "      - uses: netlify/actions/cli@master\n", {}, "frontend"),
        (MAIN, "deploy", "      - uses: appleboy/scp-action@v1\n        with: {source: web/dist}\n", {}, "backend frontend"),
        (MAIN, "deploy", "      - run: rsync -a . me@shop.example:/srv\n", {}, "backend frontend"),
        # Path filters.
        (filtered("['web/**']"), "deploy", FLY, {}, "frontend"),
        (filtered("['shop/**', requirements.txt]"), "deploy", FLY, {}, "backend"),
        (filtered("['**.py', 'web/**']"), "deploy", FLY, {}, "backend frontend"),
        (filtered("['web/**', '.github/workflows/d.yml']"), "deploy", FLY, {}, "frontend"),
        (filtered("['web/**']", "paths-ignore"), "deploy", FLY, {}, "backend"),
        (filtered("['web/README.md', 'docs/**']", "paths-ignore"), "deploy", FLY, {}, "backend frontend"),
        # A workflow of another program: its folder has an image and a manifest of its own.
        (filtered("['mcp/**', '.github/workflows/d.yml']"), "deploy", FLY, MCP, ""),
        (filtered("['mcp/src/**']"), "deploy", FLY, MCP, ""),
        (filtered("['mcp/**', 'web/**']"), "deploy", FLY, MCP, "backend frontend"),
        (filtered("['mcp/**', '**.py']"), "deploy", FLY, MCP, "backend frontend"),
        (filtered("['mcp/**']"), "deploy", FLY, {"mcp/Dockerfile": "FROM x\n"}, "backend"),
        (filtered("['helm/**']"), "deploy", FLY, MCP, "backend"),
        # The hook of a host of pages.
        (MAIN, "deploy", "      - run: curl -X POST ${{ secrets.VERCEL_DEPLOY_HOOK }}\n", {}, "frontend"),
        (MAIN, "deploy", "      - run: curl -X POST https://api.netlify.com/build_hooks/1\n", {}, "frontend"),
        (MAIN, "deploy", "      - run: curl -X POST ${{ secrets.RENDER_DEPLOY_HOOK }}\n", {}, "backend frontend"),
        # Folders of the steps.
        (MAIN, "deploy", BUILD + "      - run: vercel deploy --prod\n        working-directory: web\n", {}, "frontend"),
        (MAIN, "deploy", BUILD + FLY, {}, "backend frontend"),
        # Names, and what contradicts them.
        (MAIN, "deploy-backend", FLY, {}, "backend"),
        (MAIN, "deploy-frontend", FLY, {}, "frontend"),
        (MAIN, "deploy-frontend-and-api", FLY, {}, "backend frontend"),
        (MAIN, "deploy-to-server", FLY, {}, "backend frontend"),
        ("name: Deploy API\n" + MAIN, "go", FLY, {}, "backend"),
        (MAIN, "deploy-api", BUILD + FLY, {}, "backend frontend"),
        (MAIN, "deploy-backend", PAGES, {}, "backend frontend"),
        # A host of pages that deploys the frontend by itself.
        (MAIN, "deploy", FLY, {"web/netlify.toml": "[build]\n"}, "backend"),
        (MAIN, "deploy", BUILD + FLY, {"web/netlify.toml": "[build]\n"}, "backend frontend"),
        (MAIN, "deploy", FLY, {"netlify.toml": "[build]\n"}, "backend frontend"),
        # An image that runs the backend and builds the frontend.
        (MAIN, "deploy-backend", FLY, {"Dockerfile": "FROM node:22 AS web\nCOPY web web\nRUN cd web && npm ci && npm run build\nFROM python:3.13\nCOPY --from=web web/dist static\nCMD [\"gunicorn\", \"shop.wsgi\"]\n"}, "backend frontend"),
    ],
)  # fmt: skip
def test_a_job_deploys_what_nothing_says_it_leaves_out(head, job, steps, files, parts):
    assert of(facts_of(BOTH | files | {PATH: f"{head}jobs:\n  {job}:\n{STEPS}{steps}"})) == parts


def test_the_only_part_is_deployed_whatever_names_say():
    assert of(facts_of(READY | {PATH: f"{filtered('[web/**]')}jobs:\n  deploy-frontend:\n{STEPS}{FLY}"})) == "backend"


def test_each_release_names_the_projects_of_its_own_job(tmp_path):
    text = f"{MAIN}jobs:\n  api:\n{STEPS}{FLY}  pages:\n    environment: pages-live\n{STEPS}{PAGES}"
    done = after(tmp_path, BOTH | {PATH: text}, "release-tracking", backend__project="api", frontend__project="web")
    added = done.text(PATH).removeprefix(text)
    of_pages = added.partition("sentry-release-pages-live:")[2].partition("sentry-release-production:")[0] or added
    assert "releases new -p web " in of_pages and "releases new -p api " in added
    assert "-p api -p web" not in added


def test_halves_of_one_environment_are_one_release_of_both_projects(tmp_path):
    text = f"{MAIN}jobs:\n  deploy-api:\n{STEPS}{FLY}  deploy-frontend:\n{STEPS}{PAGES}"
    done = after(tmp_path, BOTH | {PATH: text}, "release-tracking", backend__project="api", frontend__project="web")
    assert "needs: [deploy-api, deploy-frontend]" in done.text(PATH) and "releases new -p api -p web " in done.text(
        PATH
    )


@pytest.mark.parametrize("files", [{"web/netlify.toml": "[build]\n"}, {}])
def test_a_part_that_no_job_deploys_is_left_with_its_own_text(tmp_path, files):
    text = f"{MAIN}jobs:\n  deploy-backend:\n{STEPS}{FLY}"
    done = after(
        tmp_path, BOTH | files | {PATH: text}, "release-tracking", backend__project="api", frontend__project="web"
    )
    assert "releases new -p api " in done.text(PATH) and "-p web" not in done.text(PATH)
    [task] = [t for t in done.steps["release-tracking"].manual if "run this after each deploy" in t.title]
    assert "releases new -p web " in task.snippet and "-p api" not in task.snippet
    why = "deployment runs elsewhere: Netlify deploys" if files else "no job that deploys frontend was found"
    assert task.reason.startswith(why)


def test_no_job_is_written_where_the_backend_names_its_own_release_and_the_frontend_is_deployed_elsewhere(tmp_path):
    settings = READY["shop/settings.py"].replace('os.environ.get("SENTRY_RELEASE")', "'9.0.0'")
    text = f"{MAIN}jobs:\n  deploy:\n{STEPS}{FLY}"
    files = BOTH | {"shop/settings.py": settings, "web/netlify.toml": "[build]\n", PATH: text}
    done = after(tmp_path, files, "release-tracking")
    assert done.text(PATH) == text and "carry the release `'9.0.0'`" in done.left
    assert "Netlify deploys what is pushed to it" in done.left


def test_a_frontend_that_reports_nothing_is_in_no_release(tmp_path):
    text = f"{MAIN}jobs:\n  deploy:\n{STEPS}{FLY}"
    done = after(
        tmp_path, READY | VITE | {PATH: text}, "release-tracking", backend__project="api", frontend__project="web"
    )
    assert "releases new -p api " in done.text(PATH) and "-p web" not in done.text(PATH)
    [task] = [t for t in done.steps["release-tracking"].manual if "after its SDK is set up" in t.title]
    assert task.title == "release frontend too, after its SDK is set up" and "-p web " in task.snippet


def test_the_person_who_names_the_job_has_all_projects(tmp_path):
    text = f"{MAIN}jobs:\n  deploy:\n{STEPS}{FLY}"
    given = {"backend__project": "api", "frontend__project": "web", "release__jobs": "deploy:production"}
    assert "releases new -p api -p web " in after(
        tmp_path, READY | VITE | {PATH: text}, "release-tracking", **given
    ).text(PATH)


@pytest.mark.parametrize(
    ("release", "own"),
    [
        ("`shop@${V}`", True),
        ('"1.2.3"', True),
        ('"shop@" + V', True),
        ("import.meta.env.VITE_APP_VERSION", True),
        ("import.meta.env.VITE_SENTRY_RELEASE", False),
        ("import.meta.env.VITE_GIT_SHA", False),
        ("`${import.meta.env.VITE_GIT_SHA}`", False),
        ("undefined", False),
    ],
)
def test_a_frontend_whose_init_names_its_own_release_is_left_with_that_name(tmp_path, release, own):
    main = BOTH["web/src/main.tsx"].replace("VITE_SENTRY_DSN }", f"VITE_SENTRY_DSN, release: {release} }}")
    text = f"{MAIN}jobs:\n  deploy:\n{STEPS}{FLY}"
    files = BOTH | {"web/src/main.tsx": main, PATH: text}
    done = after(tmp_path, files, "release-tracking", backend__project="api", frontend__project="web")
    assert "releases new -p api " in done.text(PATH) or not own
    assert ("-p api -p web" in done.text(PATH)) is not own
    told = [t for t in done.steps["release-tracking"].manual if "carry the release" in (t.reason or "")]
    assert len(told) == own
    if own:
        assert told[0].place == "web/src/main.tsx:4" and "releases new -p web " in told[0].snippet


def test_a_name_that_a_browsers_init_writes_down_is_compared_with_that_of_ci():
    from tests.support.repo import check_one

    main = BOTH["web/src/main.tsx"].replace("VITE_SENTRY_DSN }", "VITE_SENTRY_DSN, release: `shop@${V}` }")
    step = '      - run: sentry-cli releases new -p web "$GITHUB_SHA"\n        env: {SENTRY_AUTH_TOKEN: "${{ secrets.T }}", SENTRY_ORG: acme}\n'
    text = f"{MAIN}jobs:\n  deploy:\n{STEPS}{FLY}{step}"
    found = check_one("release-consistent", BOTH | {"web/src/main.tsx": main, PATH: text})
    verdict = next(v for v in found.verdicts if v.target and v.target.name == "frontend")
    assert str(verdict.outcome) == "unknown" and "`shop@${V}`" in verdict.findings[0].message
    assert (verdict.findings[0].path, verdict.findings[0].line) == ("web/src/main.tsx", 4)


NAMED = BOTH | {
    "web/src/main.tsx": BOTH["web/src/main.tsx"].replace("DSN }", "DSN, release: `web@${__VERSION__}` }"),
    PATH: f"{MAIN}jobs:\n  deploy:\n{STEPS}{FLY}",
}
NAMES = "let CI register the release that web/src/main.tsx:4 names, or read SENTRY_RELEASE there"


def test_a_frontend_that_names_its_release_is_failing_where_it_does():
    [verdict] = [v for v in release_tracking(facts_of(NAMED)) if v.target and v.target.name == "frontend"]
    [finding] = verdict.findings
    assert verdict.outcome is Outcome.FAIL
    assert (
        finding.message
        == "no CI step creates the Sentry release that the code of frontend names (`web@${__VERSION__}`)"
    )
    assert (finding.path, finding.line, finding.hint) == ("web/src/main.tsx", 4, NAMES)


def test_what_the_step_leaves_is_told_once_and_as_it_does_it(tmp_path):
    done = after(tmp_path, NAMED, "release-tracking")
    assert "sentry-release-" in done.text(PATH)
    told = [t for t in done.steps["release-tracking"].manual if "web/src/main.tsx" in f"{t.title}{t.place}"]
    assert [t.title for t in told] == [NAMES]
    assert "adds a release job" not in done.left


@pytest.mark.parametrize(
    ("path", "text", "job", "hint"),
    [
        (PATH, f"{MAIN}jobs:\n  deploy:\n{STEPS}{FLY}", 3, "apply"),
        (PATH, f"{MAIN}jobs:\n  copy:\n{STEPS}      - run: rsync -a . web:/srv\n  deploy:\n    needs: copy\n{STEPS}{FLY}", 8, "apply"),
        (".circleci/config.yml", "version: 2.1\njobs:\n  deploy:\n    docker: [{image: a}]\n    steps:\n      - checkout\n      - run: flyctl deploy\nworkflows:\n  all:\n    jobs: [deploy]\n", 3, "plan"),
    ],
)  # fmt: skip
def test_the_hint_says_what_the_step_will_do(path, text, job, hint):
    [verdict] = release_tracking(facts_of(READY | {path: text}))
    [finding] = verdict.findings
    said = {
        "apply": "`sentry-setup apply release-tracking --yes` adds a release job",
        "plan": "`sentry-setup plan release-tracking` shows what to write where you deploy",
    }
    assert (finding.message, finding.path, finding.line) == ("no CI step creates a Sentry release", path, job)
    assert finding.hint == said[hint]


def test_the_hint_knows_the_providers_whose_files_are_edited():
    assert RELEASE_EDITORS.keys() == FOLLOWED
