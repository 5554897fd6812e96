"""Whatever stands in a file that the audit reads, it gives outcomes: never an exception, never a crashed check."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.model import Outcome
from checks.parsers import (
    commands,
    dockerfile,
    dotenv,
    github_evaluation,
    github_expression,
    groovy_blocks,
    hcl,
    javascript,
    python,
    requirements,
    server_blocks,
    shell,
    vite,
    yaml,
)
from checks.parsers.text import ParseError, decode
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from tests.checks.test_golden import unpack
from tests.support.examples import examples
from tests.support.readers import CONTEXTS, STATUS

REPOS = {p.stem: unpack(p.read_text("utf-8")) for p in (Path(__file__).parent / "repos").glob("*.txtar")}
WHOLE: dict[str, bytes] = {}
for name in (
    "guide",
    "render-sync-false-and-group",
    "compose-env-file-list",
    "two-vite-apps",
    "next-js",
    "uv-workspace-dependency-group",
):
    WHOLE |= REPOS[name]
WHOLE |= {
    "setup.py": b"setup(install_requires=['x'])\n",
    "setup.cfg": b"[options]\ninstall_requires =\n  x\n",
    "Pipfile": b"[packages]\n",
    "environment.yml": b"dependencies:\n  - pip:\n    - sentry-sdk\n",
    "app.json": b'{"env": {}}',
    "fly.toml": b"[env]\n",
    "netlify.toml": b"[build]\n",
    "vercel.json": b"{}",
    "Dockerfile": b"FROM node:22\nRUN npm run build\n",
    "nginx.conf": b"add_header Content-Security-Policy \"default-src 'self'\";\n",
    ".gitlab-ci.yml": b"build:\n  script: [npm run build]\n",
    ".circleci/config.yml": b"jobs: {}\n",
    "k8s/web.yml": b"kind: Deployment\nspec: {template: {spec: {containers: []}}}\n",
    "frontend/src/instrument.ts": b"import * as S from '@sentry/react'\nS.init({dsn: import.meta.env.VITE_SENTRY_DSN})\n",
}
PATHS = sorted(p for p in WHOLE if p not in ("sentry-setup.toml",))
JUNK = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"\xff\xfe\x00",
            b"\xef\xbb\xbf",
            b"{{",
            b"{%",
            b"*x",
            b"&a [*a]",
            b"<<: *a",
            b"\x00",
            b"'" * 3,
            b"${{",
            b"(" * 300,
            b"[" * 3000,
            b"- " * 500,
        ]
    ),
)


def audit(files: dict[str, bytes]) -> None:
    report = run_audit(Facts(MemoryTree(files), Config()), CHECKLIST)
    assert [r.item.id for r in report.results if r.outcome is Outcome.ERROR] == []


@settings(max_examples=examples(120))
@given(path=st.sampled_from(PATHS), junk=JUNK, place=st.floats(0, 1), cut=st.floats(0, 1))
def test_a_damaged_file_never_crashes_a_check(path, junk, place, cut):
    data = WHOLE[path]
    at = int(place * len(data))
    end = at + int(cut * (len(data) - at))
    audit(WHOLE | {path: data[:at] + junk + data[end:]})


@settings(max_examples=examples(60))
@given(path=st.sampled_from(PATHS), data=st.binary(max_size=400))
def test_any_bytes_in_any_file_never_crash_a_check(path, data):
    audit(WHOLE | {path: data})


PARSERS = {
    "yaml": yaml.parse_yaml,
    "python": python.read_module,
    "requirements": requirements.parse_requirements,
    "pyproject": requirements.parse_pyproject,
    "pipfile": requirements.parse_pipfile,
    "setup.cfg": requirements.parse_setup_cfg,
    "setup.py": requirements.parse_setup_py,
    "lock": requirements.locked_versions,
    "dotenv": dotenv.parse_dotenv,
    "javascript": lambda t: javascript.parse_javascript(t.encode(), "x.ts"),
    "json": lambda t: javascript.parse_json(t.encode()),
    "vite": lambda t: vite.read_vite_config(t.encode(), "vite.config.ts"),
    "shell": shell.parse_shell,
    "commands": commands.read_commands,
    "dockerfile": dockerfile.parse_dockerfile,
    "expression": lambda t: github_evaluation.evaluate(github_expression.parse_condition(t), CONTEXTS, STATUS),
    "groovy": groovy_blocks.parse_blocks,
    "hcl": hcl.parse_hcl,
    "nginx": server_blocks.parse_nginx,
    "caddy": server_blocks.parse_caddy,
}


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60)
@given(data=st.one_of(st.binary(max_size=300), JUNK))
def test_a_parser_reads_or_says_why_not(name, data):
    with contextlib.suppress(ParseError):
        PARSERS[name](decode(data))
