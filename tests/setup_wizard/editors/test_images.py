"""Dockerfiles and what builds them: before, after, and what is refused with its text."""

from __future__ import annotations

import pytest

from checks.hosts.images import assignments, read_image
from checks.parsers import yaml as y
from checks.parsers.dockerfile import parse_dockerfile, secret_mounts
from setup_wizard.editors import dockerfile, image_inputs
from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.editors.dockerfile import BuildInputs
from setup_wizard.editors.image_inputs import Given

INPUTS = BuildInputs(arguments=("A", "B"), token="T", secret="s")
M = "--mount=type=secret,id=s,env=T"


def edited(text: str, line: int, command: str = "npm run build", inputs: BuildInputs = INPUTS) -> str:
    """Return a Dockerfile after the edit, which a second one must leave as it is."""
    result = dockerfile.add_inputs(text.encode(), line, command, inputs, "Dockerfile")
    assert isinstance(result, Edited), result
    again = dockerfile.add_inputs(result.data, line, command, inputs, "Dockerfile")
    assert isinstance(again, Unchanged), again
    return result.data.decode()


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        ("FROM a\nRUN npm run build\n", 2, f"FROM a\nARG A\nARG B\nRUN {M} npm run build\n"),
        ("FROM a\nRUN npm run build", 2, f"FROM a\nARG A\nARG B\nRUN {M} npm run build"),
        ("FROM a\r\nRUN npm run build\r\n", 2, f"FROM a\r\nARG A\r\nARG B\r\nRUN {M} npm run build\r\n"),
        ("FROM a\n\trun npm run build\n", 2, f"FROM a\n\targ A\n\targ B\n\trun {M} npm run build\n"),
        ("FROM a\nARG B\n# why\nRUN npm run build\n", 4, f"FROM a\nARG B\nARG A\n# why\nRUN {M} npm run build\n"),
        (
            "FROM a\nRUN npm ci && \\\n    # then\n    npm run build\n",
            4,
            f"FROM a\nARG A\nARG B\nRUN {M} npm ci && \\\n    # then\n    npm run build\n",
        ),
        (
            "FROM a\nRUN \\\n    npm run build\n",
            3,
            f"FROM a\nARG A\nARG B\nRUN \\\n    {M} \\\n    npm run build\n",
        ),
        (
            "FROM a\nRUN --mount=type=cache,target=/x \\\n  npm run build\n",
            2,
            f"FROM a\nARG A\nARG B\nRUN {M} --mount=type=cache,target=/x \\\n  npm run build\n",
        ),
        ("FROM a\nRUN <<EOF\nnpm run build\nEOF\n", 2, f"FROM a\nARG A\nARG B\nRUN {M} <<EOF\nnpm run build\nEOF\n"),
        (
            'FROM a\nRUN ["npm", "run", "build"]\n',
            2,
            f'FROM a\nARG A\nARG B\nRUN {M} ["npm", "run", "build"]\n',
        ),
        (
            "FROM a AS x\nRUN npm run build\nFROM x AS y\nRUN npm run build\nFROM z\n",
            4,
            f"FROM a AS x\nRUN npm run build\nFROM x AS y\nARG A\nARG B\nRUN {M} npm run build\nFROM z\n",
        ),
        (
            "FROM a AS x\nARG A=1\nFROM x\nRUN npm run build\n",
            4,
            f"FROM a AS x\nARG A=1\nFROM x\nARG B\nRUN {M} npm run build\n",
        ),
        (
            "# syntax=docker/dockerfile:1\nFROM a\nRUN npm run build\n",
            3,
            f"# syntax=docker/dockerfile:1\nFROM a\nARG A\nARG B\nRUN {M} npm run build\n",
        ),
        (
            "# syntax=docker/dockerfile:1.4\nFROM a\nRUN npm ci && npm run build\n",
            3,
            "# syntax=docker/dockerfile:1.4\nFROM a\nARG A\nARG B\n"
            'RUN --mount=type=secret,id=s npm ci && T="$(cat /run/secrets/s)" npm run build\n',
        ),
        (
            "# syntax=docker/dockerfile:1.4\nFROM a\nUSER node\nRUN npm run build\n",
            4,
            "# syntax=docker/dockerfile:1.4\nFROM a\nUSER node\nARG A\nARG B\n"
            'RUN --mount=type=secret,id=s,mode=0444 T="$(cat /run/secrets/s)" npm run build\n',
        ),
        (
            "# syntax=docker/dockerfile:1.7-labs\nFROM a\nRUN npm ci \\\n && npm run build\n",
            4,
            "# syntax=docker/dockerfile:1.7-labs\nFROM a\nARG A\nARG B\n"
            'RUN --mount=type=secret,id=s npm ci \\\n && T="$(cat /run/secrets/s)" npm run build\n',
        ),
        (
            f"FROM a\nRUN {M} npm run build\n",
            2,
            f"FROM a\nARG A\nARG B\nRUN {M} npm run build\n",
        ),
    ],
)  # fmt: skip
def test_a_build_in_an_image_gets_arguments_and_a_secret(before, line, after):
    assert edited(before, line) == after


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM a\nRUN npm ci\n", "was not found"),
        ("FROM a\nONBUILD RUN npm run build\n", "was not found"),
        ("# escape=`\nFROM a\nRUN npm run build\n", "Windows"),
        ("# syntax=example.org/other\nFROM a\nRUN npm run build\n", "not Docker's own"),
        ("# syntax=docker/dockerfile:1.1\nFROM a\nRUN npm run build\n", "older than"),
        ('# syntax=docker/dockerfile:1.4\nFROM a\nRUN ["npm", "run", "build"]\n', "only as files"),
        ("# syntax=docker/dockerfile:1.4\nFROM a\nRUN npm run build && npm run build\n", "only as files"),
        ("FROM a\nARG T\nRUN npm run build\n", "which the image keeps"),
    ],
)
def test_what_is_not_followed_is_refused_with_the_exact_text(text, reason):
    result = dockerfile.add_inputs(text.encode(), 2, "npm run build", INPUTS, "web/Dockerfile")
    assert isinstance(result, Refused) and reason in result.reason and result.place == "web/Dockerfile:2"
    assert f"ARG A\nARG B\nRUN {M} npm run build" in result.snippet


def test_no_argument_of_any_stage_is_lost_or_doubled():
    text = "".join(f"FROM a AS s{n}\nARG B\nRUN npm ci && npm run build\n" for n in range(4))
    after = read_image("Dockerfile", edited(text, 6))
    for number, stage in enumerate(after.stages):
        names = [n for i in stage.instructions if i.word == "ARG" for n, _ in assignments(i)]
        assert names == (["B", "A"] if number == 1 else ["B"])
        mounts = [m.id for i in stage.instructions for m in secret_mounts(i)]
        assert mounts == (["s"] if number == 1 else [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM a\nRUN x\nCMD y\n", "FROM a\nRUN x\nARG R\nENV R=$R\nCMD y\n"),
        ("FROM a\nRUN x\n# start\nEXPOSE 1\nCMD y\n", "FROM a\nRUN x\nARG R\nENV R=$R\n# start\nEXPOSE 1\nCMD y\n"),
        ("FROM a\nRUN x", "FROM a\nRUN x\nARG R\nENV R=$R"),
        ("FROM a\r\nCMD y\r\n", "FROM a\r\nARG R\r\nENV R=$R\r\nCMD y\r\n"),
        ("FROM a AS b\nARG R\nFROM c\nCMD y\n", "FROM a AS b\nARG R\nFROM c\nARG R\nENV R=$R\nCMD y\n"),
        ("FROM a AS b\nARG R\nFROM b\nCMD y\n", "FROM a AS b\nARG R\nFROM b\nENV R=$R\nCMD y\n"),
        ("FROM a\nCMD y\nRUN x\n", "FROM a\nCMD y\nRUN x\nARG R\nENV R=$R\n"),
        ("FROM a\nRUN <<E\nx\nE\nCMD y\n", "FROM a\nRUN <<E\nx\nE\nARG R\nENV R=$R\nCMD y\n"),
    ],
)
def test_the_running_image_carries_the_release(before, after):
    result = dockerfile.add_release(before.encode(), "R", "Dockerfile")
    assert isinstance(result, Edited) and result.data.decode() == after
    assert isinstance(dockerfile.add_release(result.data, "R", "Dockerfile"), Unchanged)
    assert [i.word for i in parse_dockerfile(after).instructions]


def test_an_image_that_has_the_release_stays_and_a_file_without_a_stage_is_refused():
    assert isinstance(dockerfile.add_release(b"FROM a\nENV R=1\n", "R", "D"), Unchanged)
    refused = dockerfile.add_release(b"RUN x\n", "R", "D")
    assert isinstance(refused, Refused) and refused.snippet == "ARG R\nENV R=$R"


HEAD = "on: push\njobs:\n  d:\n    steps:\n      - run: x\n"
USES = "      - uses: docker/build-push-action@v6\n"
GIVEN = Given(arguments={"A": "1"}, secrets={"s": "${{ secrets.T }}"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"{USES}",
            f"{USES}        with:\n          build-args: |\n            A=1\n          secrets: |\n            s=${{{{ secrets.T }}}}\n",
        ),
        (
            f"{USES}        with:\n          push: true # now\n\n      - run: y\n",
            f"{USES}        with:\n          push: true # now\n          build-args: |\n            A=1\n"
            "          secrets: |\n            s=${{ secrets.T }}\n\n      - run: y\n",
        ),
        (
            f"{USES}        with:\n            build-args: |\n                # c\n                B=2\n            push: true\n",
            f"{USES}        with:\n            build-args: |\n                # c\n                B=2\n                A=1\n            push: true\n"
            "            secrets: |\n              s=${{ secrets.T }}\n",
        ),
        (
            f"{USES}        with:\n          build-args: B=2\n          secrets: |-\n            s=x",
            f"{USES}        with:\n          build-args: |\n            B=2\n            A=1\n          secrets: |-\n            s=x",
        ),
        (
            f"{USES}        with:\n          build-args: |\n            A=0\n          secret-envs: |\n            s=X\n          secrets: |\n            x=y",
            None,
        ),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_step_that_builds_an_image_hands_in_what_it_lacks(before, after, end):
    text = (HEAD + before).replace("\n", end)
    result = image_inputs.give_action(text.encode(), 0, GIVEN, "d.yml")
    if after is None:
        assert isinstance(result, Unchanged)
        return
    assert isinstance(result, Edited) and result.data.decode() == (HEAD + after).replace("\n", end)
    assert isinstance(image_inputs.give_action(result.data, 0, GIVEN, "d.yml"), Unchanged)


@pytest.mark.parametrize(
    "step",
    [
        "      - uses: docker/build-push-action@v6\n        with: {push: true}\n",
        "      - {uses: docker/build-push-action@v6}\n",
        f"{USES}        with:\n          build-args: [B=2]\n",
        f'{USES}        with:\n          build-args: "B=2"\n',
        f"{USES}        with:\n          build-args: B=2 # why\n",
        f"{USES}        with:\n          build-args: >\n            B=2\n",
        f"{USES}        with: &w\n          push: true\n      - uses: docker/build-push-action@v6\n        with: *w\n",
        "      - run: y\n",
    ],
)
def test_a_step_that_is_not_followed_is_refused_with_its_inputs(step):
    number = step.count("uses") - 1 if "&w" in step else 0
    result = image_inputs.give_action((HEAD + step).encode(), number, GIVEN, "d.yml")
    assert isinstance(result, Refused), result
    assert "build-args: |\n    A=1\n  secrets: |\n    s=${{ secrets.T }}" in result.snippet


def test_on_pull_requests_the_token_is_empty():
    given = Given(secrets={"s": "${{ secrets.SENTRY_AUTH_TOKEN }}"}, arguments={"R": "${{ github.sha }}"})
    text = (HEAD + USES).replace("on: push", "on: [push, pull_request]")
    result = image_inputs.give_action(text.encode(), 0, given, "d.yml", guarded=True)
    assert isinstance(result, Edited)
    assert b"s=${{ github.event_name != 'pull_request' && secrets.SENTRY_AUTH_TOKEN || '' }}" in result.data
    assert b"R=${{ github.event_name != 'pull_request' && github.sha || '' }}" in result.data


FROM_ENV = Given(arguments={"A": "${A:-}"}, secrets={"s": "T"})
TOP = "secrets:\n  s:\n    environment: T\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "services:\n  web:\n    build: . # here\n    ports: [1]\n",
            "services:\n  web:\n    build:\n      context: . # here\n      args:\n        A: ${A:-}\n      secrets:\n        - s\n"
            f"    ports: [1]\n{TOP}",
        ),
        (
            "services:\n  web:\n    build:\n      context: .\n      args:\n        - B=1\n\n  db:\n    image: x\nsecrets:\n  o:\n    file: f\n",
            "services:\n  web:\n    build:\n      context: .\n      args:\n        - B=1\n        - A=${A:-}\n      secrets:\n        - s\n\n"
            "  db:\n    image: x\nsecrets:\n  o:\n    file: f\n  s:\n    environment: T\n",
        ),
        *(
            (
                f"services:\n  web:\n    build:\n      context: .\n{gap}  db:\n    image: x\n",
                "services:\n  web:\n    build:\n      context: .\n      args:\n        A: ${A:-}\n      secrets:\n        - s\n"
                f"{gap}  db:\n    image: x\n{gap}{TOP}",
            )
            for gap in ("", "\n")
        ),
        (
            "services:\n  web:\n    build:\n      args:\n        B: 1\n      secrets:\n      - o\nvolumes: {}",
            "services:\n  web:\n    build:\n      args:\n        B: 1\n        A: ${A:-}\n      secrets:\n      - o\n      - s\nvolumes: {}\n"
            + TOP.removesuffix("\n"),
        ),
    ],
)
def test_the_build_of_a_service_hands_in_what_it_lacks(before, after):
    line = next(n for n, row in enumerate(before.splitlines(), 1) if "build:" in row)
    at = line if "build: ." in before else line + 1
    assert image_inputs.service_of(before.encode(), at) == "web"
    result = image_inputs.give_compose(before.encode(), "web", FROM_ENV, "compose.yml")
    assert isinstance(result, Edited) and result.data.decode() == after
    assert isinstance(image_inputs.give_compose(result.data, "web", FROM_ENV, "compose.yml"), Unchanged)
    assert y.scalar(y.get(y.parse_yaml(after), "secrets", "s", "environment")) == "T"


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web:\n    build: {context: .}\n",
        "services:\n  web:\n    build:\n      args: {B: 1}\n",
        "x: &b\n  build: .\nservices:\n  web:\n    <<: *b\n    ports: [1]\n",
        "services: {web: {build: .}}\n",
        "services:\n  web:\n    build:\n      secrets: [o]\n",
    ],
)
def test_a_service_that_is_not_followed_is_refused_with_its_text(text):
    result = image_inputs.give_compose(text.encode(), "web", FROM_ENV, "compose.yml")
    assert isinstance(result, Refused), result
    assert "args:\n    A: ${A:-}" in result.snippet and "environment: T" in result.snippet
