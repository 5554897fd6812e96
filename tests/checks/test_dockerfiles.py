"""Dockerfiles by their grammar, what their builds are given, and which tokens an image keeps."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.hosts.image_tokens import tokens_of
from checks.hosts.images import read_image
from checks.parsers.dockerfile import parse_dockerfile, secret_mounts
from checks.repository.dependencies import lists_of
from checks.repository.node import node_versions
from tests.checks.test_backend_items import F, P
from tests.support.repo import PLUGIN, check_one, facts_of, frontend

TEXT = """# syntax=docker/dockerfile:1.4
# escape=`
# a comment = no directive
FROM --platform=$B node:22 AS web
RUN --mount=type=cache,target=/x `
    # why
    npm ci && `

    npm run build
RUN <<EOF
npm ci
EOF
RUN cat <<'END' > x && touch "<<NO"
text
END
CMD ["a", "b"]
"""


def test_directives_flags_comments_and_here_documents_are_read():
    found = parse_dockerfile(TEXT)
    assert (found.syntax, found.escape) == ("docker/dockerfile:1.4", "`")
    assert [(i.word, i.line, i.last) for i in found.instructions] == [
        ("FROM", 4, 4), ("RUN", 5, 9), ("RUN", 10, 12), ("RUN", 13, 15), ("CMD", 16, 16),
    ]  # fmt: skip
    first, run, script, both, started = found.instructions
    assert (first.flags, first.arguments) == (("--platform=$B",), "node:22 AS web")
    assert run.flags == ("--mount=type=cache,target=/x",) and run.script.split() == [
        "npm",
        "ci",
        "&&",
        "npm",
        "run",
        "build",
    ]
    assert script.script == "npm ci" and both.script == "cat <<'END' > x && touch \"<<NO\"\ntext\nEND"
    assert started.script == "a b" and TEXT[run.offset(run.arguments.index("npm run")) :].startswith("npm run build\n")
    assert TEXT[run.at :].startswith("--mount") and TEXT[: run.ending].endswith("npm run build")


def test_a_here_document_of_another_program_is_no_shell():
    (run,) = parse_dockerfile("RUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF\n").instructions
    assert run.script == "" and run.heredocs[0].last == 4


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from(["RUN a", " \\", "\n", "\r\n", "<<E", "E", "# c", "ARG X", '"', "ENV A=1", "--mount=x"]))
)
def test_no_text_stops_the_reader_and_offsets_lie_in_it(parts):
    text = " ".join(parts)
    for one in parse_dockerfile(text).instructions:
        assert 0 <= one.at <= len(text) and 0 <= one.ending <= len(text) and 1 <= one.line <= one.last
        for index, char in enumerate(one.arguments):
            assert text[one.offset(index)] == char


@pytest.mark.parametrize(
    ("flag", "found"),
    [
        ("--mount=type=secret,id=a,env=B", [("a", "B", None)]),
        ("--mount=type=secret,id=a", [("a", None, "/run/secrets/a")]),
        ("--mount=id=a,type=secret,dst=/x/y", [("a", None, "/x/y")]),
        ("--mount=type=secret,target=/x/y", [("y", None, "/x/y")]),
        ("--mount=type=secret,id=a,env=B,target=/x", [("a", "B", "/x")]),
        ("--mount=type=cache,id=a,env=B", []),
    ],
)
def test_the_mounts_of_secrets(flag, found):
    (run,) = parse_dockerfile(f"RUN {flag} true\n").instructions
    assert [(m.id, m.env, m.file) for m in secret_mounts(run)] == found


_M = "--mount=type=secret,id=sentry_auth_token"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("FROM a\nARG SENTRY_AUTH_TOKEN\n", {2: "an argument of the image"}),
        ("FROM a AS b\nARG SENTRY_AUTH_TOKEN\nFROM c\n", {2: "an argument of a build stage"}),
        ("FROM a AS b\nARG SENTRY_AUTH_TOKEN\nFROM b\n", {2: "an argument of the image"}),
        ("ARG SENTRY_AUTH_TOKEN\nFROM a\n", {1: "an argument of a build stage"}),
        ("FROM a\nARG A=1 \\\n  SENTRY_AUTH_TOKEN\n", {2: "an argument of the image"}),
        ("FROM a\nENV SENTRY_AUTH_TOKEN x\nRUN unset SENTRY_AUTH_TOKEN\n", {2: "a variable of the image"}),
        ("FROM a\nENV SENTRY_AUTH_TOKEN=\n", {}),
        ("FROM a\nARG T\nENV SENTRY_AUTH_TOKEN=$T\n", {3: "a variable of the image"}),
        ("FROM a\nENV T=${SENTRY_AUTH_TOKEN}\n", {2: "T is a variable"}),
        ("FROM a\n# ARG SENTRY_AUTH_TOKEN\nARG OTHER_TOKEN SENTRY_ORG\n", {}),
        ("FROM a\nRUN export SENTRY_AUTH_TOKEN=sntrys_x && build\n", {2: "is written in a RUN"}),
        ("FROM a\nRUN <<EOF\nexport SENTRY_AUTH_TOKEN=sntrys_x\nbuild\nEOF\n", {2: "is written in a RUN"}),
        ("FROM a\nRUN echo 'set SENTRY_AUTH_TOKEN=x'\n", {}),
        (f"FROM a\nRUN {_M},env=SENTRY_AUTH_TOKEN npm run build\n", {2: None}),
        (f'FROM a\nRUN {_M} SENTRY_AUTH_TOKEN="$(cat /run/secrets/sentry_auth_token)" build\n', {2: None}),
        (f"FROM a\nRUN {_M} \\\n  cp /run/secrets/sentry_auth_token .sentryclirc\n", {2: "is written to .sentryclirc"}),
        (f"FROM a\nRUN {_M} cp /run/secrets/sentry_auth_token x && b && rm x\n", {2: None}),
        (f"FROM a\nRUN {_M} cp /run/secrets/sentry_auth_token x && b\nRUN rm x\n", {2: "is written to x"}),
        (
            f"FROM a\nRUN {_M},env=SENTRY_AUTH_TOKEN cat <<EOF > .sentryclirc\ntoken=$SENTRY_AUTH_TOKEN\nEOF\n",
            {2: "is written to .sentryclirc"},
        ),
        (f"FROM a AS b\nRUN {_M} cp /run/secrets/sentry_auth_token x && b\nFROM c\n", {2: None}),
        ("FROM a\nCOPY .env.sentry-build-plugin package.json ./\n", {2: "is copied"}),
        ("FROM a\nRUN --mount=type=secret,id=npm,target=/root/.npmrc npm ci\n", {}),
        ("# escape=`\nFROM a\nARG A `\n  SENTRY_AUTH_TOKEN\n", {3: "an argument of the image"}),
    ],
)
def test_the_tokens_that_an_image_keeps(text, messages):
    kept = {f.line: f.message for f in tokens_of(read_image("Dockerfile", text))}
    assert kept.keys() == messages.keys(), kept
    for line, message in messages.items():
        assert (message or "") in (kept[line] or "") and (message is None) == (kept[line] is None), kept


_FLOW = (
    "on: push\njobs:\n  deploy:\n    runs-on: x\n    steps:\n"
    "      - uses: docker/build-push-action@v6\n        with:\n          {}: |\n            {}\n"
)
_READS = "SENTRY_AUTH_TOKEN=$(cat /run/secrets/t) npm run build"


@pytest.mark.parametrize(
    ("image", "handed", "outcome"),
    [
        (f"RUN --mount=type=secret,id=t {_READS}\n", ("secrets", "t=x"), P),
        (f"RUN --mount=type=secret,id=t {_READS}\n", ("secrets", "u=x"), F),
        ("RUN --mount=type=secret,id=sentry_token npm run build\n", ("secrets", "sentry_token=x"), F),
        ("RUN --mount=type=secret,id=t export OTHER=$(cat /run/secrets/t) && npm run build\n", ("secrets", "t=x"), F),
        ("RUN --mount=type=secret,id=t,env=A SENTRY_AUTH_TOKEN=$A npm run build\n", ("secrets", "t=x"), P),
        ("RUN --mount=type=secret,id=t,target=/w/.env.sentry-build-plugin npm run build\n", ("secrets", "t=x"), P),
        ("ARG T\nRUN SENTRY_AUTH_TOKEN=$T npm run build\n", ("build-args", "T=x"), P),
        ("ARG T\nRUN SENTRY_AUTH_TOKEN=$T npm run build\n", ("build-args", "U=x"), F),
        ("RUN SENTRY_AUTH_TOKEN=$T npm run build\n", ("build-args", "T=x"), F),
        ("ARG T\nENV SENTRY_AUTH_TOKEN=$T\nRUN npm run build\n", ("build-args", "T=x"), P),
        ("RUN npm run build\nARG SENTRY_AUTH_TOKEN\n", ("build-args", "SENTRY_AUTH_TOKEN=x"), F),
        ("RUN <<EOF\nnpm run build\nEOF\n", ("build-args", "A=x"), F),
        ("RUN --mount=type=secret,id=t,env=SENTRY_AUTH_TOKEN <<EOF\nnpm run build\nEOF\n", ("secrets", "t=x"), P),
        ('RUN --mount=type=secret,id=t,env=SENTRY_AUTH_TOKEN ["npm", "run", "build"]\n', ("secrets", "t=x"), P),
        ("ARG SENTRY_AUTH_TOKEN\nFROM base\nRUN npm run build\n", ("build-args", "SENTRY_AUTH_TOKEN=x"), P),
    ],
)
def test_a_token_counts_where_the_build_command_gets_it(image, handed, outcome):
    files = {
        "Dockerfile": f"FROM node AS base\nCOPY frontend .\n{image}",
        ".github/workflows/d.yml": _FLOW.format(*handed),
    }
    (verdict,) = check_one("source-maps", frontend(PLUGIN) | files).verdicts
    assert verdict.outcome is outcome, verdict


@pytest.mark.parametrize(
    ("named", "command"),
    [("ARG KIND=web", "gunicorn shop.wsgi"), ("ARG KIND=Worker", "celery -A shop worker"), ("ARG KIND", "")],
)
def test_a_stage_that_an_argument_names_is_the_one_of_its_default(named, command):
    text = (
        f"{named}\nFROM python:3.13 AS base\nFROM base AS web\nCMD gunicorn shop.wsgi\n"
        "FROM base AS worker\nCMD celery -A shop worker\nFROM ${KIND}\n"
    )
    assert read_image("Dockerfile", text).command == command


@pytest.mark.parametrize(
    ("commands", "lists"),
    [
        ("RUN python -m pip install --no-cache -r a.txt \\\n  -rreq/b.txt", ["a.txt", "req/b.txt"]),
        ("RUN uv pip install --system --requirement=a.txt", ["a.txt"]),
        ("RUN if true; then pip3 wheel -r a.txt; fi", ["a.txt"]),
        ('RUN ["pip", "install", "-r", "a.txt"]', ["a.txt"]),
        ("RUN <<EOF\npip install -r a.txt\nEOF", ["a.txt"]),
        ("RUN echo 'pip install -r a.txt'", []),
        ("RUN false && pip install -r a.txt", []),
        ("# RUN pip install -r a.txt", []),
        ("RUN pip install -r $LIST", []),
        ("CMD pip install -r a.txt", []),
        ("RUN pip download -r a.txt", []),
    ],
)
def test_the_lists_that_an_image_installs_are_those_of_its_commands(commands, lists):
    assert list(lists_of(f"FROM python:3.13\n{commands}\n")) == lists


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("FROM node:20-alpine AS web", ["20"]),
        ("from --platform=linux/amd64 docker.io/library/node:22.11.0@sha256:abc as web", ["22.11.0"]),
        ("# FROM node:18\nFROM python:3.13\nRUN echo \\\n  FROM node:16", []),
        ("FROM acme/node-tools:18", []),
        ("FROM node:lts", []),
    ],
)
def test_the_node_of_an_image_is_that_of_its_stages(text, versions):
    facts = facts_of(frontend() | {"Dockerfile": text + "\n"})
    assert [v.text for v in node_versions(facts, facts.frontends[0])] == versions
