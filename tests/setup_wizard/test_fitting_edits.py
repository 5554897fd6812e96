"""What a maintainer would have changed in a diff: images of development, the stage that runs, licences, widths, pages that render."""

from __future__ import annotations

import json

import pytest

from checks.config import Config
from checks.hosts.compose import why_development
from checks.hosts.development_images import only_develops, target_of
from checks.hosts.images import images, images_that_run
from checks.items.browser import frontend_initialized
from checks.model import Outcome
from checks.parsers.yaml import parse_yaml
from checks.repository.facts import Facts
from checks.repository.names import project_slug
from checks.repository.tree import MemoryTree
from setup_wizard.editors.base import Edited
from setup_wizard.editors.dockerfile import add_release
from setup_wizard.editors.entry import InstrumentOptions, Style, instrument_text
from setup_wizard.editors.header import header_for
from setup_wizard.editors.image_inputs import Given, give_compose
from setup_wizard.editors.setuptools import add_requirement
from setup_wizard.steps.manner import javascript_width
from setup_wizard.steps.webpack_guide import of_config, of_variables
from tests.support.edits import BARE, READY, VITE, after

DEVELOPS = "services:\n  web:\n    build: ./web\n    volumes:\n      - ./web:/app\n"
PACKAGE = VITE["web/package.json"].replace('"build": "vite build"', '"dev": "vite", "build": "vite build"')
SERVED = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm run build\n"


def facts(files: dict[str, str]) -> Facts:
    """Return the facts of a repository in memory."""
    return Facts(MemoryTree({path: text.encode() for path, text in files.items()}), Config())


@pytest.mark.parametrize(
    ("compose", "command", "more", "expected"),
    [
        (DEVELOPS, 'CMD ["npm", "run", "dev"]\n', {}, True),
        (DEVELOPS, 'CMD ["npm", "run", "preview"]\n', {}, False),
        (DEVELOPS.replace("./web:/app", "data:/data"), 'CMD ["npm", "run", "dev"]\n', {}, False),
        (DEVELOPS, 'CMD ["npm", "run", "dev"]\n', {"fly.toml": 'app = "x"\n[build.args]\nA = "1"\n'}, False),
    ],
)
def test_an_image_is_for_development_where_it_serves_the_code_and_nothing_else_builds_it(
    compose, command, more, expected
):
    found = facts(
        VITE | {"web/package.json": PACKAGE, "compose.yml": compose, "web/Dockerfile": SERVED + command} | more
    )
    assert only_develops(found, "web/Dockerfile") is expected
    assert [i.path for i in images(found)] == ([] if expected else ["web/Dockerfile"])


RUNS = "FROM python:3.13\nCOPY . .\nCMD gunicorn shop.wsgi\n"
ONLY_INSTALLS = "FROM python:3.13\nRUN pip install django\n"
LAPTOP = "services:\n  api:\n    build: .\n    command: python manage.py runserver\n    volumes: [.:/app]\n"
STAGES = "FROM python:3.13 AS base\nFROM base AS release\nCMD gunicorn shop.wsgi\nFROM release AS %s\nRUN echo\n"
TARGET = "services:\n  web:\n    build:\n      context: .\n      dockerfile: Dockerfile.${OS:-slim}\n      target: %s\n    command: gunicorn shop.wsgi\n"


@pytest.mark.parametrize(
    ("files", "edited"),
    [
        ({"Dockerfile": ONLY_INSTALLS, "Dockerfile-Openshift": RUNS, "compose.yml": LAPTOP}, {"Dockerfile-Openshift"}),
        ({"Dockerfile": RUNS, "Dockerfile.prod": RUNS}, {"Dockerfile.prod"}),
        ({"Dockerfile": RUNS, "prod.Dockerfile": RUNS}, {"prod.Dockerfile"}),
        ({"Containerfile": RUNS, "Containerfile-production": RUNS}, {"Containerfile-production"}),
        ({"Dockerfile": RUNS, "jobs/Dockerfile.prod": RUNS}, {"Dockerfile", "jobs/Dockerfile.prod"}),
        (
            {"Dockerfile": RUNS, "Dockerfile.prod": RUNS, "compose.production.yml": "services:\n  web:\n    build: .\n"},
            {"Dockerfile", "Dockerfile.prod"},
        ),
        (
            {"Dockerfile": RUNS, ".github/actions/scan/Dockerfile": RUNS, ".github/actions/scan/action.yml": "a: b\n"},
            {"Dockerfile"},
        ),
        (
            {"Dockerfile": RUNS, "scan/Dockerfile": RUNS, "scan/action.yml": "runs: {using: docker, image: Dockerfile}\n"},
            {"Dockerfile"},
        ),
    ],
)  # fmt: skip
def test_the_images_that_run_a_backend_are_those_of_production(files, edited):
    found = facts({k: v for k, v in READY.items() if "Dockerfile" not in k} | files)
    assert {i.path for i in images_that_run(found, found.backends[0])} == edited


@pytest.mark.parametrize(
    ("last", "compose", "expected"),
    [
        ("django-unittests", {}, "release"),
        ("dev", {}, "release"),
        ("ci", {"compose.yml": TARGET % "ci"}, "release"),
        ("serve", {}, None),
        ("unittests", {"compose.yml": TARGET % "release"}, "release"),
        ("serve", {"compose.yml": TARGET % "release"}, "release"),
        ("dev", {"compose.yml": TARGET.replace("      target: %s\n", "")}, None),
    ],
)
def test_the_stage_that_is_deployed_is_none_of_tests_or_development(last, compose, expected):
    found = facts(READY | {"Dockerfile.slim": STAGES % last} | compose)
    assert target_of(found, "Dockerfile.slim") == expected


def test_an_image_for_development_gets_no_secret(tmp_path):
    mixed = {
        "web/package.json": PACKAGE,
        "compose.yml": DEVELOPS,
        "web/Dockerfile": SERVED + 'CMD ["npm", "run", "dev"]\n',
    }
    done = after(tmp_path, BARE | VITE | mixed, "source-maps", "frontend-sdk")
    assert done.text("web/Dockerfile") == mixed["web/Dockerfile"] and done.text("compose.yml") == DEVELOPS


def test_one_service_of_a_file_may_develop_and_another_not():
    text = "services:\n  web:\n    build: .\n  dev:\n    build: .\n    volumes: ['.:/app']\n"
    found = facts({"compose.yml": text})
    assert why_development(found, "compose.yml", parse_yaml(text)) == "dev mounts the source"
    assert why_development(found, "compose.yml", parse_yaml(text), "web") is None


def test_the_release_goes_into_the_stage_that_production_builds():
    text = "FROM python:3.12 AS base\n\nFROM base AS prod\nCOPY . /app\nCMD gunicorn shop.wsgi\n\nFROM base AS dev\nCMD bash\n"
    compose = "services:\n  web:\n    build:\n      context: .\n      target: prod\n  dev:\n    build:\n      context: .\n      target: dev\n    volumes: ['.:/app']\n"
    (image,) = images(facts({"Dockerfile": text, "compose.yml": compose}))
    assert [s.name for s in image.stages] == ["base", "prod"]
    edit = add_release(text.encode(), "SENTRY_RELEASE", "Dockerfile", len(image.stages) - 1)
    assert isinstance(edit, Edited)
    lines = edit.data.decode().split("\n")
    assert lines[4:6] == ["ARG SENTRY_RELEASE", "ENV SENTRY_RELEASE=$SENTRY_RELEASE"] and lines[6].startswith("CMD gun")


def test_a_new_file_of_a_reuse_project_names_project_and_licence():
    told = 'version = 1\nSPDX-PackageName = "shop"\nSPDX-PackageDownloadLocation = "https://shop.example"\n'
    files = {
        f"a{n}.py": f"# SPDX-FileCopyrightText: Person {n}\n# SPDX-License-Identifier: MIT\n\nA = 1\n" for n in range(4)
    }
    found = header_for("web/instrument.js", list(files), (files | {"REUSE.toml": told}).get)
    assert found == "// SPDX-FileCopyrightText: shop <https://shop.example>\n// SPDX-License-Identifier: MIT\n\n"
    covered = told + '[[annotations]]\npath = "web/**"\n'
    assert header_for("web/instrument.js", list(files), (files | {"REUSE.toml": covered}).get) == ""
    assert header_for("web/instrument.js", list(files), files.get) == ""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 80),
        ({"web/.prettierrc": '{"printWidth": 120}'}, 120),
        ({".prettierrc.yml": "printWidth: 100\n"}, 100),
        ({"package.json": '{"prettier": {"printWidth": 90}}'}, 90),
        ({"biome.json": '{"formatter": {"lineWidth": 100}}'}, 100),
    ],
)
def test_origins_break_where_the_lines_of_the_project_end(files, expected):
    width = javascript_width(facts(files), "web")
    assert width == expected
    options = InstrumentOptions(
        package="@sentry/react",
        sample_rate=0.1,
        data_collection=False,
        targets=("https://api.shop.example.com",),
        width=width,
    )
    row = "  tracePropagationTargets: [/^\\//, /^https:\\/\\/api\\.shop\\.example\\.com(?:\\/|$)/],"
    assert (row in instrument_text(options, Style(semicolon=";"))) is (len(row) <= width)


def test_a_section_of_a_compose_file_keeps_the_distance_of_the_others():
    spaced = "services:\n  web:\n    build:\n      context: .\n\nvolumes:\n  data:\n"
    for text, gap in ((spaced, "\n"), (spaced.replace("\n\n", "\n"), "")):
        edit = give_compose(text.encode(), "web", Given(secrets={"token": "TOKEN"}), "compose.yml")
        assert isinstance(edit, Edited) and f"  data:\n{gap}secrets:\n" in edit.data.decode()


PAGES = VITE | {
    "web/vite.config.ts": "export default { build: { rollupOptions: { input: { base: 'src/base.ts', app: 'src/main.tsx' } } } };\n",
    "web/src/base.ts": 'import "./base.css";\n',
}
PAGES.pop("web/index.html")


def test_the_auditor_asks_the_page_that_renders_and_no_other(tmp_path):
    done = after(tmp_path, BARE | PAGES, "frontend-sdk")
    assert "instrument" in done.text("web/src/main.tsx") and done.text("web/src/base.ts") == PAGES["web/src/base.ts"]
    (verdict,) = frontend_initialized(facts(done.files))
    assert verdict.outcome is Outcome.PASS


def test_the_project_that_ci_releases_is_the_one_that_is_remembered():
    flow = (
        "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ./deploy.sh\n"
        "      - run: sentry-cli releases new -p NAME abc\n"
        "        env: {SENTRY_ORG: acme, SENTRY_AUTH_TOKEN: '${{ secrets.SENTRY_AUTH_TOKEN }}'}\n"
    )
    own = BARE | {".github/workflows/deploy.yml": flow.replace("NAME", "codelists")}
    assert project_slug(facts(own), "backend", "backend") == "codelists"
    several = BARE | {".github/workflows/deploy.yml": flow.replace("NAME", "codelists -p other")}
    assert project_slug(facts(several), "backend", "backend") != "codelists"


def test_settings_that_a_branch_of_a_function_picks_are_followed():
    manage = (
        "import os\n\n\ndef main():\n    try:\n        import shop.local\n\n        name = 'shop.local'\n"
        "    except ImportError:\n        name = 'shop.base'\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', name)\n"
    )
    found = facts({"manage.py": manage, "shop/__init__.py": "", "shop/base.py": BARE["shop/settings.py"]})
    assert [b.settings.path for b in found.backends if b.settings] == ["shop/base.py"]


def test_python_2_is_asked_for_no_dsn(tmp_path):
    done = after(tmp_path, BARE | {"runtime.txt": "python-2.7.18\n", "Procfile": "web: gunicorn shop.wsgi\n"}, "dsn")
    assert "runs Python 2" in done.left or "runs Python 2" in (done.steps["dsn"].reason or "")
    assert not [p for p in done.files if "env" in p]


WEBPACK = (
    "const path = require('path');\n\nmodule.exports = {\n  mode: 'production',\n  devtool: 'source-map',\n"
    "  entry: './src/main.js',\n  output: { path: path.resolve(__dirname, 'static/bundles') },\n  plugins: [],\n};\n"
)


@pytest.mark.parametrize(
    ("name", "script", "text", "expected"),
    [
        (
            "webpack.config.js",
            "webpack",
            WEBPACK,
            (
                "const { sentryWebpackPlugin } = require('@sentry/webpack-plugin');",
                "web/webpack.config.js:5, for production instead of `devtool: 'source-map'`",
                "web/webpack.config.js:8, the last of `plugins`",
                "filesToDeleteAfterUpload: ['./static/bundles/**/*.map']",
            ),
        ),
        (
            "build/prod.js",
            "webpack --config build/prod.js",
            WEBPACK.replace("__dirname, 'static", "__dirname, '../static"),
            ("web/build/prod.js:8, the last of", "['./static/bundles/**/*.map']"),
        ),
        (
            "rspack.config.mjs",
            "rspack build",
            'import path from "node:path";\n\nexport default { entry: "./src/main.js", plugins: [] };\n',
            (
                'import { sentryWebpackPlugin } from "@sentry/webpack-plugin";',
                "web/rspack.config.mjs:3, the last of",
                'filesToDeleteAfterUpload: ["./dist/**/*.map"]',
            ),
        ),
        (
            "webpack.config.js",
            "webpack",
            WEBPACK.replace("module.exports =", "const made =").replace("plugins: [],\n};", "plugins: [],\n};\n")
            + "if (process.env.SPEED) {\n  module.exports = smp.wrap(made);\n} else {\n  module.exports = made;\n}\n",
            ("web/webpack.config.js:8, the last of", "['./static/bundles/**/*.map']"),
        ),
        (
            "webpack.config.js",
            "webpack",
            "const { merge } = require('webpack-merge');\nconst dev = { mode: 'development', devtool: 'eval', plugins: [] };\n\n"
            "const prod = {\n  mode: 'production',\n  devtool: 'source-map',\n  plugins: [],\n};\n\n"
            "const common = { entry: './src/main.js', plugins: [] };\n\n"
            "module.exports = (env, argv) => {\n  const isProduction = argv.mode === 'production';\n"
            "  return merge(common, isProduction ? prod : dev);\n};\n",
            (
                "web/webpack.config.js:6, for production instead of `devtool: 'source-map'`",
                "web/webpack.config.js:7, the last of `plugins`",
            ),
        ),
        (
            "webpack.config.js",
            "webpack",
            "const shared = require('@acme/webpack');\nmodule.exports = { ...shared, entry: './src/main.js' };\n",
            ("['./FOLDER_OF_THE_BUILD/**/*.map']",),
        ),
        (
            "webpack.config.js",
            "webpack",
            "const Encore = require('encore');\nEncore.setOutputPath('x');\nmodule.exports = Encore.getWebpackConfig();\n",
            ("['./FOLDER_OF_THE_BUILD/**/*.map']",),
        ),
        (
            "webpack.config.js",
            "webpack",
            "module.exports = (env) => ({ entry: './src/main.js', output: { filename: 'a.js' } });\n",
            ("['./dist/**/*.map']",),
        ),
        (
            "webpack.config.js",
            "webpack",
            "module.exports = { entry: './src/main.js', output: { path: process.env.OUT } };\n",
            ("['./FOLDER_OF_THE_BUILD/**/*.map']",),
        ),
    ],
)
def test_a_webpack_configuration_gets_the_lines_for_that_very_file(name, script, text, expected):
    package = (
        VITE["web/package.json"]
        .replace("vite build", script)
        .replace('"vite": "^7.2.0"', f'"{script.split()[0]}": "^5.0.0"')
    )
    found = facts({"web/package.json": package, f"web/{name}": text, "web/src/main.js": 'import "react-dom/client";\n'})
    (frontend,) = found.frontends
    told = of_config(found, frontend)
    assert told is not None and told[0] == f"web/{name}"
    assert [line for line in expected if line not in told[1]] == []


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("module.exports = { outputDir: './shop/static/vue/' }\n", "./shop/static/vue"),
        (
            "const path = require('path')\nmodule.exports = { outputDir: path.resolve(__dirname, '../out') }\n",
            "../out",
        ),
        ("const { defineConfig } = require('@vue/cli-service')\nmodule.exports = defineConfig({ a: 1 })\n", "./dist"),
        ("module.exports = { outputDir: process.env.OUT }\n", "./FOLDER_OF_THE_BUILD"),
        ("module.exports = { ...require('@acme/vue') }\n", "./FOLDER_OF_THE_BUILD"),
    ],
)
def test_the_text_for_vue_cli_names_the_folder_that_its_file_says(tmp_path, text, folder):
    package = '{"private": true, "scripts": {"build": "vue-cli-service build"}, "dependencies": {"vue": "3", "@vue/cli-service": "5"}}\n'
    files = {"web/package.json": package, "web/vue.config.js": text, "web/src/main.js": "start()\n"}
    done = after(tmp_path, BARE | files, "source-maps")
    assert done.steps["source-maps"].outcome == "refused"
    assert f"filesToDeleteAfterUpload: ['{folder}/**/*.map']" in done.left.replace('"', "'")
    assert ("is the folder that the build writes to" in done.left) is ("FOLDER" in folder)


@pytest.mark.parametrize(("upload", "expected"), [("aws s3 sync dist s3://shop/", True), ("echo built", False)])
def test_a_build_that_is_uploaded_gets_the_token_beside_an_image(tmp_path, upload, expected):
    flow = (
        "name: Deploy\non: {release: {types: [released]}}\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n"
        "    environment: production\n    steps:\n      - uses: actions/checkout@v4\n      - name: Build\n"
        f"        working-directory: web\n        run: npm run build\n      - run: {upload}\n"
    )
    image = {"web/Dockerfile": "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm run build\nCMD npx serve dist\n"}
    done = after(tmp_path, BARE | VITE | image | {".github/workflows/deploy.yml": flow}, "source-maps", "frontend-sdk")
    text = done.text(".github/workflows/deploy.yml")
    assert ("SENTRY_AUTH_TOKEN" in text, "vars.VITE_SENTRY_DSN" in text) == (expected, expected)
    assert "sentry_auth_token" in done.text("web/Dockerfile")


def test_a_divided_list_gets_a_requirement_in_its_first_part():
    text = "[options]\ninstall_requires =\n    # Needed\n    django>=5\n    pygments\n\n    # Tests\n    pytest\n"
    edit = add_requirement(text.encode(), "sentry-sdk", ">=2.75,<3", "setup.cfg")
    assert isinstance(edit, Edited) and "    pygments\n    sentry-sdk>=2.75,<3\n\n    # Tests\n" in edit.data.decode()


DEPLOY = (
    "on:\n  push:\n    branches: [main]\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - uses: superfly/flyctl-actions/setup-flyctl@%s\n      - run: flyctl deploy --remote-only\n"
)
SHA = "0123456789012345678901234567890123456789"
OTHER = "on: pull_request\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@%s\n"


@pytest.mark.parametrize(
    ("deploy", "other", "written"),
    [
        (DEPLOY % "v1", OTHER % "v5", "actions/checkout@v5\n"),
        (DEPLOY % SHA, OTHER % f"{SHA} # v4.1.0", f"actions/checkout@{SHA} # v4.1.0\n"),
        (DEPLOY % "v1", OTHER % "v2", "actions/checkout@v4\n"),
        (DEPLOY % SHA, OTHER % "v2", "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2\n"),
        (DEPLOY % "v1" + "      - uses: actions/checkout@v6\n", OTHER % "v5", "actions/checkout@v6\n"),
    ],
)
def test_the_checkout_is_pinned_as_the_repository_pins(tmp_path, deploy, other, written):
    files = READY | {
        "fly.toml": 'app = "shop"\n',
        ".github/workflows/deploy.yml": deploy,
        ".github/workflows/test.yml": other,
    }
    done = after(tmp_path, files, "release-tracking").text(".github/workflows/deploy.yml")
    assert done.partition("sentry-release")[2].count(f"      - uses: {written}") == 1


@pytest.mark.parametrize(
    ("listed", "written"),
    [
        (["django (>=5.2,<6)", "gunicorn (>=23,<24)", "requests (==2.3)"], "sentry-sdk (>=2.75,<3)"),
        (["django[argon2] (>=5.2,<6)", "gunicorn", "requests (>=2,<3)"], "sentry-sdk (>=2.75,<3)"),
        (["django>=5.2,<6", "gunicorn (>=23)", "requests>=2"], "sentry-sdk>=2.75,<3"),
    ],
)
def test_a_version_is_in_parentheses_where_the_others_are(tmp_path, listed, written):
    rows = "".join(f'  "{entry}",\n' for entry in listed)
    files = BARE | {"pyproject.toml": f'[project]\nname = "shop"\nversion = "1"\ndependencies = [\n{rows}]\n'}
    del files["requirements.txt"]
    assert f'  "{written}",\n]' in after(tmp_path, files, "sdk").text("pyproject.toml")


@pytest.mark.parametrize(
    ("rows", "written"),
    [
        ('  # web\n  "gunicorn~=23",\n  "django~=5.2",\n  # tools\n  "requests~=2",\n  "slack-sdk~=3",\n', '  "requests~=2",\n  "sentry-sdk~=2.75",\n  "slack-sdk~=3",\n]'),
        ('  "gunicorn~=23",\n  "django~=5.2",\n\n  # tools\n  "slack-sdk~=3",\n  "requests~=2",\n', '  "requests~=2",\n  "sentry-sdk~=2.75",\n]'),
        ('  "gunicorn~=23",\n  "django~=5.2",\n  # tools\n  "attrs~=25.1",\n  "cattrs~=25.1",\n', '  "cattrs~=25.1",\n  "sentry-sdk~=2.75",\n]'),
    ],
)  # fmt: skip
def test_a_sorted_group_below_a_comment_stays_sorted(tmp_path, rows, written):
    files = BARE | {"pyproject.toml": f'[project]\nname = "shop"\nversion = "1"\ndependencies = [\n{rows}]\n'}
    del files["requirements.txt"]
    assert written in after(tmp_path, files, "sdk").text("pyproject.toml")


@pytest.mark.parametrize(
    ("env", "described"),
    [
        ({"A": {"description": "what A is", "value": "1"}, "B": {"description": "what B is"}}, True),
        ({"A": {"description": "what A is"}, "B": {"value": "1"}}, False),
        ({"A": {"value": "1"}}, False),
        ({}, False),
    ],
)
def test_variables_of_heroku_are_described_where_the_others_are(tmp_path, env, described):
    files = READY | {
        "app.json": json.dumps({"name": "shop", "env": env}, indent=2) + "\n",
        "Procfile": "web: gunicorn shop.wsgi\n",
    }
    done = json.loads(after(tmp_path, files, "dsn").text("app.json"))["env"]
    assert done["SENTRY_DSN"]["required"] is False and done["SENTRY_ENVIRONMENT"]["value"] == "production"
    assert [bool(done[n].get("description")) for n in ("SENTRY_DSN", "SENTRY_ENVIRONMENT")] == [described] * 2


PIPFILE = {"Pipfile": '[packages]\ndjango = "*"\n'}
POETRY = {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.13"\ndjango = "^5.2"\n', "poetry.lock": ""}
UV = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["django>=5.2"]\n',
    "uv.lock": "version = 1\n",
}


@pytest.mark.parametrize(
    ("manifest", "command"),
    [
        (PIPFILE, "pipenv requirements > requirements.txt"),
        (POETRY, "poetry export --output requirements.txt"),
        (UV, "uv export --no-dev --output-file requirements.txt"),
        ({k: v for k, v in UV.items() if k != "uv.lock"}, "sentry-sdk>=2.75,<3"),
    ],
)
def test_a_list_beside_the_manifest_is_written_again(tmp_path, manifest, command):
    listed = "-i https://pypi.org/simple\nasgiref==3.10.0\nDjango==5.2.8\n"
    done = after(tmp_path, BARE | {"requirements.txt": listed} | manifest, "sdk")
    where = next(p for p in ("Pipfile", "pyproject.toml", "requirements.txt") if "sentry-sdk" in done.text(p))
    told = [t for s in done.applied.steps for t in s.manual if t.path == "requirements.txt"]
    if where == "requirements.txt":
        assert not told
    else:
        assert [t.command or t.snippet for t in told] == [command]


ASSIGNED = "const webpack = require('webpack');\nmodule.exports = { entry: './src/main.js', plugins: [new webpack.IgnorePlugin({})] };\nif (process.env.SLOW) {\n  module.exports.devtool = 'source-map';\n}\n"


@pytest.mark.parametrize(
    ("section", "has", "lacks"),
    [
        ("devDependencies", "npm install --save-dev @sentry/webpack-plugin", ""),
        ("dependencies", "npm install @sentry/webpack-plugin", "--save-dev"),
    ],
)
def test_the_lines_for_webpack_use_what_the_file_and_the_code_have(section, has, lacks):
    manifest = {"private": True, "scripts": {"build": "webpack"}, "dependencies": {"react": "^19.0.0"}}
    manifest[section] = manifest.get(section, {}) | {"webpack": "^5.0.0"}
    main = "import 'react-dom/client';\n"
    found = facts(
        {"web/package.json": json.dumps(manifest), "web/webpack.config.js": ASSIGNED, "web/src/main.js": main}
    )
    (frontend,) = found.frontends
    told = of_config(found, frontend)
    assert told is not None and has in told[1] and not (lacks and lacks in told[1])
    assert "EnvironmentPlugin" not in told[1], "the step that initializes the SDK shows it"
    variables = of_variables(found, frontend, ("SENTRY_DSN",))
    assert variables == [
        "// web/webpack.config.js:2, the last of `plugins`",
        "    new webpack.EnvironmentPlugin({ SENTRY_DSN: '' }),",
    ]
    assert "instead of `const webpack" not in told[1], "no text of another place"
