"""Editors: before and after, refusals, and what holds for every edit."""

from __future__ import annotations

import json
import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from checks.parsers.vite import production_sourcemap, read_vite_config
from setup_wizard.editors import (
    ci_audit,
    ci_package,
    compose,
    dotenv,
    gitlab,
    package_json,
    render,
    requirements,
    settings,
    toml,
    vite,
    workflow,
    workflow_build,
)
from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.editors.env_readers import DECOUPLE, ENVIRON, GETENV, OS, detect_reader
from setup_wizard.editors.vite_call import PluginOptions
from tests.support.editors import EDITORS, FLOW, JOBS, OPTIONS, PIPELINE, RENDER, VITE

SHAPES = {
    "plain": lambda t: t.encode(),
    "crlf": lambda t: t.replace("\n", "\r\n").encode(),
    "bom": lambda t: b"\xef\xbb\xbf" + t.encode(),
    "no final newline": lambda t: t.rstrip("\n").encode(),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", EDITORS)
def test_an_edit_keeps_every_line_and_is_made_once(name, shape):
    text, edit = EDITORS[name]
    before = SHAPES[shape](text)
    result = edit(before)
    assert isinstance(result, Edited), result
    after = result.data
    again = edit(after)
    assert isinstance(again, Unchanged), again
    assert after.startswith(b"\xef\xbb\xbf") == before.startswith(b"\xef\xbb\xbf")
    if shape == "crlf":
        assert after.count(b"\n") == after.count(b"\r\n")
    old = [
        line
        for line in before.decode("utf-8-sig").splitlines()  # the mark stays first, whatever line is
        if "plugins:" not in line and line.strip() not in ('"vite": "^7"',)
    ]
    if name == "error boundary":  # what is wrapped moves to the right
        old = [line.strip() for line in old]
        after = b"\n".join(line.strip() for line in after.splitlines())
    new = iter(after.decode("utf-8-sig").splitlines())
    assert all(any(line == other for other in new) for line in old), "a line was lost, changed or moved"


def test_vite_opens_up_a_list_in_one_line():
    result = EDITORS["vite"][1](VITE.encode())
    assert isinstance(result, Edited)
    text = result.data.decode()
    assert "  plugins: [\n    react(),\n    sentryVitePlugin({\n      org: 'acme',\n" in text
    assert "    }),\n  ], // last\n  build: {\n    sourcemap: 'hidden',\n  },\n})\n" in text
    config = read_vite_config(result.data, "vite.config.ts")
    assert len(config.plugin_calls) == 1 and production_sourcemap(config) == "on"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("export default { plugins: [a(), b() /* c */], build: { sourcemap: true } }", "sourcemap: 'hidden'"),
        (
            "export default { plugins: [\n\ta(),\n\tb() // tail\n], build: { outDir: '../out' } }",
            "'../out/assets/*-*.js.map'",
        ),
        ("export default defineConfig(() => { return { plugins: [a()].filter(Boolean) } })", "].filter(Boolean)"),
        ("const plugins = [a()]\nexport default { plugins }", "const plugins = [\n"),
        ("const config = { plugins: [] } satisfies UserConfig\nexport default config", "satisfies UserConfig"),
        (
            "const { defineConfig } = require('vite')\nmodule.exports = defineConfig({})",
            "require('@sentry/vite-plugin')",
        ),
        ('import { x } from "y";\nexport default {};', 'import { sentryVitePlugin } from "@sentry/vite-plugin";'),
        (
            "export default ({ mode }) => ({ build: { sourcemap: mode === 'production' } })",
            "mode === 'production'",
        ),
        ("export default { build: { outDir: resolve(__dirname, 'x') } }", "`${resolve(__dirname, 'x')}/**/*.map`"),
        ("export default { root: 'src', build: { outDir: '../dist' } }", "'./dist/assets/*-*.js.map'"),
    ],
)
def test_vite_edits(config, expected):
    result = vite.add_plugin(config.encode(), "vite.config.ts", OPTIONS)
    assert isinstance(result, Edited), result
    text = result.data.decode()
    assert expected in text
    parsed = read_vite_config(result.data, "vite.config.ts")
    assert len(parsed.plugin_calls) == 1 and production_sourcemap(parsed) == "on"
    assert isinstance(vite.add_plugin(result.data, "vite.config.ts", OPTIONS), Unchanged)


@pytest.mark.parametrize(
    "config",
    [
        "export default mergeConfig(base, { plugins: [] })",
        "export default { ...base, build: {} }",
        "export default { plugins: [a()], build: { sourcemap: debug } }",
        "export default { plugins: [a()], build: { ...shared } }",
        "export default { plugins: [a()], root: path.join(x, 'y'), build: { outDir: process.env.OUT } }",
        "import { sentry } from './sentry'\nexport default { plugins: [sentry()] }",
        "export default { plugins: [",
        "console.log(1)",
    ],
)
def test_vite_refuses_with_a_snippet(config):
    result = vite.add_plugin(config.encode(), "vite.config.ts", OPTIONS)
    assert isinstance(result, Refused)
    assert "sentryVitePlugin({" in result.snippet and result.place and result.reason


def test_release_job_leaves_the_deploy_job_alone_and_only_adds():
    result = EDITORS["release"][1](FLOW.encode())
    assert isinstance(result, Edited)
    before, after = yaml.safe_load(FLOW), yaml.safe_load(result.data)
    job = after["jobs"].pop("sentry-release-production")
    assert after == before
    assert job["needs"] == "deploy" and job["permissions"] == {"contents": "read"}
    assert job["steps"][0]["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert ["env" in step for step in job["steps"]] == [False, False, True]
    assert job["steps"][2]["env"]["SENTRY_RELEASE"] == "${{ github.sha }}"
    assert "if" not in job


def test_the_release_action_is_pinned_and_gets_what_the_commands_get():
    result = EDITORS["action"][1](FLOW.encode())
    assert isinstance(result, Edited)
    job = yaml.safe_load(result.data)["jobs"]["sentry-release-production"]
    step = job["steps"][-1]
    assert (
        step["uses"] == "getsentry/action-release@ff07929a6537bac57790c3451cf4d364aca38528" and len(job["steps"]) == 2
    )
    assert step["with"]["projects"] == "shop-backend" and step["with"]["environment"] == "production"
    assert step["with"]["release"] == "${{ github.sha }}" and step["env"]["SENTRY_ORG"] == "acme"


def test_a_gitlab_release_runs_in_the_pipelines_of_its_deploy_and_never_fails_them():
    result = EDITORS["gitlab release"][1](PIPELINE.encode())
    assert isinstance(result, Edited)
    before, after = yaml.safe_load(PIPELINE), yaml.safe_load(result.data)
    job = after.pop("sentry-release-production")
    assert after == before
    assert job["needs"] == ["deploy"] and job["stage"] == "deploy" and job["allow_failure"] is True
    assert job["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", "when": "on_success"}]
    assert job["variables"]["SENTRY_RELEASE"] == "$CI_COMMIT_SHA" and "sentry-cli releases finalize" in job["script"][3]


@pytest.mark.parametrize(
    "text",
    [
        "deploy:\n  extends: .deploy\n  script: [a]\n",
        "deploy:\n  <<: *x\n",
        "deploy:\n  script: [a]\n  rules: !reference [.rules, rules]\n",
        ".r: &r\n  - main\ndeploy:\n  script: [a]\n  only: *r\n",
        "other:\n  script: [a]\n",
        "{deploy: {script: [a]}}\n",
        "a: [\n",
    ],
)
def test_a_gitlab_pipeline_that_is_not_followed_is_refused(text):
    result = gitlab.add_release_jobs(text.encode(), JOBS)
    assert isinstance(result, Refused) and "sentry-cli releases new" in result.snippet


def test_nothing_is_released_or_uploaded_on_pull_requests():
    flow = FLOW.replace("on:\n", "on:\n  pull_request:\n").replace("  push: {branches: [main]}\n", "")
    result = EDITORS["release"][1](flow.encode())
    assert isinstance(result, Edited) and "if: github.event_name != 'pull_request'" in result.data.decode()
    built = EDITORS["build"][1](flow.encode())
    assert isinstance(built, Edited)
    assert "github.event_name != 'pull_request' && secrets.SENTRY_AUTH_TOKEN || ''" in built.data.decode()


@pytest.mark.parametrize(
    "flow", ["jobs: {deploy: {steps: []}}\n", "jobs: *x\n", "- 1\n", "jobs:\n  other:\n    steps: []\n", "a: [\n"]
)
def test_workflow_refuses(flow):
    result = workflow.add_release_jobs(flow.encode(), JOBS, "ci.yml")
    assert isinstance(result, Refused) and "sentry-cli releases new" in result.snippet


def test_build_environment_joins_an_existing_env():
    flow = FLOW.replace("      - run: npm run build\n", "      - env:\n          A: b\n        run: npm run build\n")
    result = workflow_build.add_build_environment(flow.encode(), 11, None, "ci.yml")
    assert isinstance(result, Edited)
    env = yaml.safe_load(result.data)["jobs"]["deploy"]["steps"][0]["env"]
    assert env == {
        "A": "b",
        "SENTRY_AUTH_TOKEN": "${{ secrets.SENTRY_AUTH_TOKEN }}",
        "SENTRY_RELEASE": "${{ github.sha }}",
    }
    flow = flow.replace("env:\n          A: b", "env: {A: b}")
    assert isinstance(workflow_build.add_build_environment(flow.encode(), 10, None, "ci.yml"), Refused)


def test_settings_use_the_files_own_way_and_never_touch_an_existing_call():
    assert detect_reader(["import environ\nenv = environ.Env()\n", "from .base import *\n"]) == ENVIRON
    assert detect_reader(["from decouple import config\n"]) == DECOUPLE
    assert detect_reader(["from os import getenv\n"]) == GETENV
    # What a docstring shows is no import, and no assignment.
    assert (
        detect_reader(['"""How to\nfrom os import getenv\nimport environ\nenv = environ.Env()\n"""\nDEBUG = False\n'])
        == OS
    )
    assert detect_reader(['import environ\n"""\nenv = environ.Env()\n"""\n']) == OS
    assert detect_reader(["import environs\nenv: environs.Env = environs.Env()\n"]) == ENVIRON
    assert detect_reader(["import environ\ndef make():\n    env = environ.Env()\n"]) == OS
    assert detect_reader(["import environ\n", "import os\n"]) == OS
    edited = settings.add_init(b"from .base import *\n", settings.InitOptions(reader=ENVIRON), "p.py")
    assert isinstance(edited, Edited) and b'dsn=env.str("SENTRY_DSN", default=None)' in edited.data
    assert b"import os" not in edited.data
    assert isinstance(
        settings.add_init(b"import sentry_sdk\nsentry_sdk.init()\n", settings.InitOptions(), "p.py"), Unchanged
    )
    refused = settings.add_init(b"def broken(:\n", settings.InitOptions(), "p.py")
    assert isinstance(refused, Refused) and "sentry_sdk.init(" in refused.snippet


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"A=1\nSENTRY_DSN=\nB=2\n", b"A=1\nSENTRY_DSN=\nSENTRY_ENVIRONMENT=x\nB=2\n"),
        (
            b"# Sentry\r\nDJANGO_SENTRY_DSN=a\r\n\r\nB=2",
            b"# Sentry\r\nDJANGO_SENTRY_DSN=a\r\nSENTRY_ENVIRONMENT=x\r\n\r\nB=2",
        ),
        (b"SENTRY_DSN=a", b"SENTRY_DSN=a\nSENTRY_ENVIRONMENT=x\n"),
        (b"SENTRY_CA='a\nb'\nB=2\n", b"SENTRY_CA='a\nb'\nB=2\n\n# C\nSENTRY_ENVIRONMENT=x\n"),
        (b"A=1\n", b"A=1\n\n# C\nSENTRY_ENVIRONMENT=x\n"),
    ],
)
def test_a_variable_goes_behind_sentrys_own(before, after):
    edit = dotenv.set_variables(before, {"SENTRY_ENVIRONMENT": "x"}, comment="C")
    assert isinstance(edit, Edited) and edit.data == after


def test_dotenv_fills_empty_values_and_keeps_set_ones():
    filled = dotenv.set_variables(b'export SENTRY_DSN="" # mine\n', {"SENTRY_DSN": "https://k@h/1"})
    assert isinstance(filled, Edited) and filled.data == b"export SENTRY_DSN=https://k@h/1 # mine\n"
    assert isinstance(dotenv.set_variables(b"SENTRY_DSN=https://other@h/1\n", {"SENTRY_DSN": "https://k@h/1"}), Refused)


def test_requirements_follow_their_neighbours_and_refuse_compiled_files():
    pinned = requirements.add_requirement(b"a==1\nb==2\nz==3\n", "sentry-sdk", ">=2", "==2.75.0")
    assert isinstance(pinned, Edited) and pinned.data == b"a==1\nb==2\nsentry-sdk==2.75.0\nz==3\n"
    for text in (b"# autogenerated by pip-compile\na==1\n", b"a==1 --hash=sha256:00\n"):
        assert isinstance(requirements.add_requirement(text, "sentry-sdk", ">=2", "==2.75.0"), Refused)


def test_package_json_makes_what_is_missing_and_refuses_what_is_no_json():
    for text in ('{"name": "x"}', "{}", '{"devDependencies": {}}', '{"dependencies": {"a": "1"}}'):
        result = package_json.add_dependency(text.encode(), "p", "^1")
        assert isinstance(result, Edited)
        assert json.loads(result.data) == {**json.loads(text), "devDependencies": {"p": "^1"}}
    assert isinstance(package_json.add_dependency(b"{,}", "p", "^1"), Refused)
    assert isinstance(package_json.add_dependency(b"{,}", "p", "^1", beside="vite"), Refused)
    assert isinstance(package_json.add_dependency(b'{"dependencies": {"p": "1"}}', "p", "^1"), Unchanged)


@pytest.mark.parametrize("group", ["dependencies", "devDependencies"])
def test_a_package_goes_where_the_one_it_belongs_to_is_installed(group):
    other = "devDependencies" if group == "dependencies" else "dependencies"
    text = json.dumps({other: {"a": "1"}, group: {"vite": "^7"}}, indent=2)
    result = package_json.add_dependency(text.encode(), "p", "^1", beside="vite")
    assert isinstance(result, Edited)
    assert json.loads(result.data) == {other: {"a": "1"}, group: {"p": "^1", "vite": "^7"}}


@pytest.mark.parametrize(
    "text",
    [
        "services: {web: {build: .}}\n",
        "services:\n  web:\n    environment: {A: b}\n",
        "services:\n  web:\n    environment: *shared\n",
        "x: &x\n  environment: {A: b}\nservices:\n  web:\n    <<: *x\n    build: .\n",
        "services:\n  web:\n    build: .\n    env_file: backend/.env\n",
        "services:\n  web: {}\n",
        "services:\n  other:\n    build: .\n",
        "a: [\n",
    ],
)
def test_compose_refuses_what_it_does_not_follow(text):
    result = compose.declare_variables(text.encode(), {"web": {"SENTRY_DSN": None}})
    assert isinstance(result, Refused) and "SENTRY_DSN: ${SENTRY_DSN:-}" in result.snippet


def test_compose_declares_in_the_way_that_is_there():
    for name in ("compose", "compose list", "compose without"):
        text, edit = EDITORS[name]
        result = edit(text.encode())
        assert isinstance(result, Edited)
        before, after = yaml.safe_load(text), yaml.safe_load(result.data)
        declared = after["services"]["web"].pop("environment")
        before["services"]["web"].pop("environment", None)
        assert after == before
        assert "SENTRY_DSN=${SENTRY_DSN:-}" in declared or declared["SENTRY_DSN"] == "${SENTRY_DSN:-}"


def test_render_refuses_what_it_does_not_follow():
    for text in ("services:\n  - {name: shop}\n", RENDER + RENDER, "services: []\n"):
        assert isinstance(render.declare_variables(text.encode(), {"shop": {"SENTRY_DSN": None}}), Refused)
    made = render.declare_variables(b"services:\n  - type: web\n    name: shop\n", {"shop": {"SENTRY_DSN": None}})
    assert isinstance(made, Edited)
    assert yaml.safe_load(made.data)["services"][0]["envVars"] == [{"key": "SENTRY_DSN", "sync": False}]


def test_remember_makes_its_own_file_and_replaces_only_what_differs():
    made = toml.remember(None, {"sentry.org": "acme"}, "sentry-setup.toml")
    assert isinstance(made, Edited) and tomllib.loads(made.data.decode()) == {"sentry": {"org": "acme"}}
    changed = toml.remember(made.data, {"sentry.org": "other", "backend.web.root": "b"}, "sentry-setup.toml")
    assert isinstance(changed, Edited)
    assert tomllib.loads(changed.data.decode()) == {"sentry": {"org": "other"}, "backend": {"web": {"root": "b"}}}
    assert isinstance(toml.remember(b"a = [", {"sentry.org": "acme"}, "sentry-setup.toml"), Refused)


@given(st.binary(max_size=300))
def test_no_bytes_make_an_editor_raise(data):
    for _, edit in EDITORS.values():
        assert isinstance(edit(data), (Edited, Unchanged, Refused))


def test_the_audits_workflow_is_made_once_and_never_over_another():
    options = ci_audit.AuditOptions(branch="release/1.x", url="https://sentry.example.org")
    made = ci_audit.add_workflow(None, options)
    assert isinstance(made, Edited)
    assert isinstance(ci_audit.add_workflow(made.data, options), Unchanged)
    text = made.data.decode()
    assert "branches: [release/1.x]" in text and "--set sentry.url=https://sentry.example.org" in text
    other = ci_audit.add_workflow(b"on: push\njobs: {}\n", options)
    assert isinstance(other, Refused) and other.snippet == text


@pytest.mark.parametrize(
    "text",
    [
        "a: [\n",
        "repos: []\n",
        "repos: [{repo: local, hooks: []}]\n",
        "repos:\n  - repo: x\n    hooks: []\ndefault_stages: [commit]\n",
    ],
)
def test_a_hook_configuration_that_is_not_followed_is_refused(text):
    result = ci_audit.add_hook(text.encode())
    assert isinstance(result, Refused) and "sentry-setup audit" in result.snippet


WHEEL = "https://files.example.com/sentry_setup-1.2.3-py3-none-any.whl"


@pytest.mark.parametrize(
    ("said", "package"),
    [
        ("index", ci_package.PACKAGE),
        ("sentry-setup==1.2.3", "sentry-setup==1.2.3"),
        (
            "git+https://github.com/acme/sentry-setup@" + "a" * 40,
            "git+https://github.com/acme/sentry-setup@" + "a" * 40,
        ),
        (WHEEL, WHEEL),
        (WHEEL + "#sha256=" + "0" * 64, WHEEL + "#sha256=" + "0" * 64),
        ("sentry-setup", None),
        ("sentry-setup>=1", None),
        ("git+https://github.com/acme/sentry-setup@main", None),
        ("git+https://github.com/acme/sentry-setup", None),
        ("http://files.example.com/sentry_setup-1.2.3-py3-none-any.whl", None),
        (WHEEL + "; curl evil", None),
        ("", None),
    ],
)
def test_ci_installs_one_exact_version_from_where_the_person_says(said, package):
    assert ci_package.read_package(said) == package
    if package:
        options = ci_audit.AuditOptions(branch="main", package=package)
        workflow, pipeline = (
            ci_audit.github_workflow(options),
            ci_audit.add_gitlab_jobs(b"x:\n  script: [a]\n", options),
        )
        assert workflow.count(f"pipx run --spec {package} sentry-setup audit") == 2 and 'PYTHONPATH: ""' in workflow
        assert isinstance(pipeline, Edited) and pipeline.data.decode().count(f"pip install --quiet {package}\n") == 2
        hook = ci_audit.add_hook(b"repos:\n  - repo: x\n    hooks: []\n", package=package)
        assert isinstance(hook, Edited) and f"[{package}]" in hook.data.decode()


def test_gitlab_jobs_take_a_stage_that_exists():
    result = ci_audit.add_gitlab_jobs(b"stages: [check]\nx:\n  script: [a]\n", ci_audit.AuditOptions(branch="main"))
    assert isinstance(result, Edited) and result.data.count(b"  stage: check\n") == 2
    assert isinstance(ci_audit.add_gitlab_jobs(b"a: [\n", ci_audit.AuditOptions(branch="main")), Refused)


CHOSEN = PluginOptions(org="acme", project="web", telemetry=False, guard=True)


@pytest.mark.parametrize(
    "config",
    [
        "export default {\n  plugins: [\n    react(),\n  ],\n}\n",
        "export default defineConfig({ plugins: [react()] })\n",
        "export default { plugins: make() }\n",
        "export default {}\n",
    ],
)
def test_a_guard_stands_in_front_of_the_plugin(config):
    result = vite.add_plugin(config.encode(), "vite.config.ts", CHOSEN)
    assert isinstance(result, Edited), result
    text = result.data.decode()
    assert text.index("generateBundle()") < text.index("sentryVitePlugin({") and "telemetry: false" in text
    assert "process.env.SENTRY_AUTH_TOKEN ? ['./dist/**/*.map'] : []" in text
    assert isinstance(vite.add_plugin(result.data, "vite.config.ts", CHOSEN), Unchanged)
