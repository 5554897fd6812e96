"""Builds within images, step by step: what is edited, what is left with its exact line, and that the audit agrees."""

from __future__ import annotations

import pytest

from setup_wizard.steps.image_advice import flagged
from setup_wizard.steps.wanted import Wanted
from tests.support.edits import READY, VITE, after

IMAGE = "FROM node:22 AS web\nCOPY web .\nRUN npm ci && npm run build\n\nFROM python:3.13-slim\nCOPY shop shop\nCMD gunicorn shop.wsgi\n"
BUILD = "on:\n  push:\n    branches: [main]\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n"
ACTION = (
    "      - uses: docker/build-push-action@v6\n        with:\n          push: true\n          tags: r.example/shop\n"
)
ROLL = "      - run: kubectl rollout restart deployment/shop\n"
K8S = (
    "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: shop}\nspec:\n  template:\n    spec:\n      containers:\n"
    "        - name: web\n          image: r.example/shop\n          command: [gunicorn, shop.wsgi]\n          env:\n"
    "            - {name: SENTRY_DSN, valueFrom: {secretKeyRef: {name: s, key: k}}}\n"
    "            - {name: SENTRY_ENVIRONMENT, value: production}\n"
)
FILES = READY | VITE | {"Dockerfile": IMAGE, "k8s/web.yaml": K8S}
STEPS = ("source-maps", "frontend-sdk", "release-tracking")
PROVED = ("source-maps", "frontend-dsn-configured", "token-not-in-image", "release-tracking", "release-consistent")


def outcomes(done) -> dict[str, str]:
    """Return what the audit says after the steps."""
    return {i: done.applied.report.result(i).outcome.value for i in PROVED}


def test_an_image_of_the_action_has_all_it_needs_and_the_audit_agrees(tmp_path):
    done = after(tmp_path, FILES | {".github/workflows/d.yml": BUILD + ACTION + ROLL}, *STEPS)
    assert set(outcomes(done).values()) == {"pass"}, outcomes(done)
    assert done.text("Dockerfile") == (
        "FROM node:22 AS web\nCOPY web .\nARG SENTRY_RELEASE\nARG VITE_SENTRY_DSN\n"
        "RUN --mount=type=secret,id=sentry_auth_token,env=SENTRY_AUTH_TOKEN npm ci && npm run build\n\n"
        "FROM python:3.13-slim\nCOPY shop shop\nARG SENTRY_RELEASE\nENV SENTRY_RELEASE=$SENTRY_RELEASE\nCMD gunicorn shop.wsgi\n"
    )
    flow = done.text(".github/workflows/d.yml")
    assert flow.count("SENTRY_RELEASE=${{ github.sha }}") == 1 and "VITE_SENTRY_DSN=${{ vars.VITE_SENTRY_DSN }}" in flow
    assert "gh variable set VITE_SENTRY_DSN" in done.left and "gh secret set SENTRY_AUTH_TOKEN" in done.left


def test_a_command_that_builds_is_left_with_its_exact_line(tmp_path):
    run = "      - run: docker build -t r.example/shop . && docker push r.example/shop\n"
    done = after(tmp_path, FILES | {".github/workflows/d.yml": BUILD + run + ROLL}, "source-maps")
    assert "--mount=type=secret,id=sentry_auth_token" in done.text("Dockerfile")
    line = (
        'docker build --build-arg SENTRY_RELEASE="$SENTRY_RELEASE"'
        " --secret id=sentry_auth_token,env=SENTRY_AUTH_TOKEN -t r.example/shop .\n"
        "env:\n  SENTRY_RELEASE: ${{ github.sha }}\n  SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}"
    )
    assert line in done.left and done.text(".github/workflows/d.yml") == BUILD + run + ROLL
    assert outcomes(done)["source-maps"] == "fail" and "source-maps" in done.steps["source-maps"].unproved


def test_a_compose_file_of_production_hands_in_what_its_image_needs(tmp_path):
    text = "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n"
    done = after(tmp_path, FILES | {"compose.prod.yml": text}, "source-maps")
    assert "secrets:\n        - sentry_auth_token\n" in done.text("compose.prod.yml")
    assert done.text("compose.prod.yml").endswith(
        "secrets:\n  sentry_auth_token:\n    environment: SENTRY_AUTH_TOKEN\n"
    )
    assert outcomes(done)["source-maps"] == "pass"


SIBLING = "FROM node:22\nCOPY ./lib /app/lib\nCOPY ./web /app/web\nWORKDIR /app/lib\nRUN npm run build\nWORKDIR /app/web\nRUN npm run build\n"
GIVEN = "ARG SENTRY_RELEASE\nRUN --mount=type=secret,id=sentry_auth_token,env=SENTRY_AUTH_TOKEN npm run build\n"


@pytest.mark.parametrize(
    ("image", "edited"),
    [
        (SIBLING, SIBLING.replace("/app/web\nRUN npm run build\n", f"/app/web\n{GIVEN}")),
        # Where a folder is not known to be another package's, it may be the frontend's.
        (SIBLING.replace("./lib /app/lib", "$PARTS /app/lib"), SIBLING.replace("./lib /app/lib", "$PARTS /app/lib").replace("RUN npm run build\n", GIVEN, 1).replace("\nRUN npm run build\n", "\n" + GIVEN.partition("\n")[2])),
    ],
)  # fmt: skip
def test_the_build_of_another_package_in_the_same_image_is_given_nothing(tmp_path, image, edited):
    lib = {"lib/package.json": '{"name": "lib", "scripts": {"build": "tsc"}}\n', "web/Dockerfile": image}
    assert after(tmp_path, READY | VITE | lib, "source-maps").text("web/Dockerfile") == edited


def test_a_compose_file_beside_the_build_of_ci_stays(tmp_path):
    text = "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n"
    files = FILES | {"compose.prod.yml": text, ".github/workflows/d.yml": BUILD + ACTION + ROLL}
    done = after(tmp_path, files, "source-maps")
    assert done.text("compose.prod.yml") == text and "secrets: |" in done.text(".github/workflows/d.yml")


def test_a_compose_file_of_a_developer_stays(tmp_path):
    text = "services:\n  web:\n    build: .\n    command: python manage.py runserver\n    volumes: [.:/app]\n"
    done = after(tmp_path, FILES | {"compose.yml": text}, "source-maps")
    assert done.text("compose.yml") == text and "--mount=type=secret" in done.text("Dockerfile")


def test_where_nothing_builds_the_image_one_line_is_left(tmp_path):
    done = after(tmp_path, FILES, "source-maps", "frontend-sdk")
    [task] = [t for s in done.applied.steps for t in s.manual if t.path == "Dockerfile"]
    given = '--build-arg SENTRY_RELEASE="$SENTRY_RELEASE" --build-arg VITE_SENTRY_DSN="$VITE_SENTRY_DSN"'
    assert (
        task.snippet == f"docker build {given} --secret id=sentry_auth_token,env=SENTRY_AUTH_TOKEN ."
        and task.reason == "no file that builds it for production was found"
    )
    assert outcomes(done)["source-maps"] == outcomes(done)["frontend-dsn-configured"] == "unknown"


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        ("Makefile", "# docker build is slow\nimage:\n\tdocker build -f $(service)/Dockerfile .\n", "Makefile:3"),
        ("scripts/release.py", 'import subprocess\nsubprocess.run(["docker", "build", "."])\n', "scripts/release.py:2"),
        (".build.yml", "image: alpine/edge\ntasks:\n  - image: |\n      docker build -t x .\n", ".build.yml:4"),
        ("openshift/web.yaml", "objects:\n  - kind: BuildConfig\n", "openshift/web.yaml:2"),
        (".github/workflows/t.yml", "on: {push: {tags: ['v*']}}\njobs:\n  image:\n    uses: acme/ops/.github/workflows/image_build.yml@v1\n    with: {dockerfile: Dockerfile}\n", ".github/workflows/t.yml:3"),
        (".github/workflows/t.yml", "on: {push: {tags: ['v*']}}\njobs:\n  image:\n    runs-on: x\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {file: '${{ inputs.file }}'}\n", ".github/workflows/t.yml:6"),
    ],
)  # fmt: skip
def test_what_may_build_the_image_is_named(tmp_path, path, text, place):
    other = {"worker/Dockerfile": "FROM python:3.13\n"}
    done = after(tmp_path, FILES | other | {path: text}, "source-maps")
    [task] = [t for t in done.steps["source-maps"].manual if t.path == "Dockerfile"]
    assert task.reason == f"no file that builds it for production was found; {place} may"
    assert task.place == place and task.snippet.startswith("docker build --build-arg")


@pytest.mark.parametrize(
    ("path", "copied", "command"),
    [
        ("Dockerfile", "web", "docker build ARGS ."),
        ("web/Dockerfile", "src package.json ./", "docker build ARGS web"),
        ("web/Dockerfile", "web/src ./", "docker build ARGS -f web/Dockerfile ."),
        ("docker/prod.Dockerfile", "web .", "docker build ARGS -f docker/prod.Dockerfile ."),
    ],
)
def test_the_command_names_the_file_and_the_folder(tmp_path, path, copied, command):
    image = f"FROM node:22\nWORKDIR /web\nCOPY {copied}\nRUN npm run build\n"
    done = after(tmp_path, READY | VITE | {path: image}, "frontend-sdk")
    [task] = [t for t in done.steps["frontend-sdk"].manual if "image of" in t.title]
    assert task.snippet == command.replace("ARGS", '--build-arg VITE_SENTRY_DSN="$VITE_SENTRY_DSN"')


def test_a_command_of_ci_is_told_once(tmp_path):
    text = "on: {push: {branches: [main]}}\njobs:\n  build:\n    runs-on: x\n    steps:\n      - run: docker build -t shop .\n"
    done = after(tmp_path, FILES | {".github/workflows/d.yml": text}, "source-maps", "frontend-sdk", "release-tracking")
    tasks = [t for s in done.applied.steps for t in s.manual if t.title == "edit .github/workflows/d.yml:6"]
    assert len(tasks) == 1, [t.snippet for t in tasks]
    assert all(n in tasks[0].snippet for n in ("SENTRY_RELEASE", "VITE_SENTRY_DSN", "--secret id=sentry_auth_token"))


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("# escape=`\n" + IMAGE, "Windows"),
        ("# syntax=example.org/x\n" + IMAGE, "not Docker's own"),
        (IMAGE.replace("COPY web .\n", "COPY web .\nARG SENTRY_AUTH_TOKEN\n"), "which the image keeps"),
    ],
)
def test_an_image_that_is_not_followed_is_left_whole_with_both_texts(tmp_path, image, reason):
    files = FILES | {"Dockerfile": image, ".github/workflows/d.yml": BUILD + ACTION}
    done = after(tmp_path, files, "source-maps")
    assert done.text("Dockerfile") == image and done.text(".github/workflows/d.yml") == BUILD + ACTION
    assert reason in done.left and "--mount=type=secret,id=sentry_auth_token" in done.left and "secrets: |" in done.left


def test_a_called_workflow_without_the_secret_is_left_with_what_its_callers_need(tmp_path):
    called = BUILD.replace("  push:\n    branches: [main]", "  workflow_call:") + ACTION
    caller = "on: push\njobs:\n  deploy:\n    uses: ./.github/workflows/image.yml\n"
    files = FILES | {".github/workflows/image.yml": called, ".github/workflows/d.yml": caller}
    done = after(tmp_path, files, "source-maps")
    assert done.text(".github/workflows/image.yml") == called
    assert "SENTRY_AUTH_TOKEN:\n    required: false" in done.left
    why = ".github/workflows/image.yml is called by .github/workflows/d.yml: what calls it must pass SENTRY_AUTH_TOKEN"
    assert f"{why} (`secrets: inherit`)" in done.left


@pytest.mark.parametrize(("between", "edited"), [("    secrets: inherit\n", True), ("", False)])
def test_a_called_workflow_that_is_handed_all_secrets_hands_them_to_its_image(tmp_path, between, edited):
    called = BUILD.replace("  push:\n    branches: [main]", "  workflow_call:") + ACTION
    caller = "on: push\njobs:\n  deploy:\n    uses: ./.github/workflows/b.yml\n    secrets: inherit\n"
    middle = f"on: workflow_call\njobs:\n  image:\n    uses: ./.github/workflows/image.yml\n{between}"
    flows = {"image.yml": called, "b.yml": middle, "d.yml": caller}
    done = after(tmp_path, FILES | {f".github/workflows/{n}": t for n, t in flows.items()}, "source-maps")
    assert ("sentry_auth_token=${{ secrets.SENTRY_AUTH_TOKEN }}" in done.text(".github/workflows/image.yml")) is edited


@pytest.mark.parametrize(
    ("settings", "image", "edited"),
    [
        ("release=os.environ.get('SENTRY_RELEASE')", "CMD gunicorn shop.wsgi\n", True),
        ("environment='x'", "CMD gunicorn shop.wsgi\n", True),
        ("release=os.environ.get('GIT_SHA')", "CMD gunicorn shop.wsgi\n", "GIT_SHA"),
        ("release='v1'", "CMD gunicorn shop.wsgi\n", False),
        ("release=os.environ.get('SENTRY_RELEASE')", "ARG C\nENV SENTRY_RELEASE=$C\nCMD gunicorn shop.wsgi\n", "C="),
        (
            "release=os.environ.get('SENTRY_RELEASE')",
            "ARG C\nENV SENTRY_RELEASE=shop@$C\nCMD gunicorn shop.wsgi\n",
            False,
        ),
        ("release=os.environ.get('SENTRY_RELEASE')", "ENV SENTRY_RELEASE=1.2\nCMD gunicorn shop.wsgi\n", False),
    ],
)
def test_the_image_of_a_backend_carries_the_release_where_its_code_reads_it(tmp_path, settings, image, edited):
    text = (
        READY["shop/settings.py"].partition("sentry_sdk.init(")[0]
        + f"sentry_sdk.init(dsn=os.environ['SENTRY_DSN'], {settings})\n"
    )
    image = f"FROM python:3.13-slim\nCOPY shop shop\n{image}"
    flow = BUILD + ACTION + ROLL
    files = READY | {
        "Dockerfile": image,
        "k8s/web.yaml": K8S,
        "shop/settings.py": text,
        ".github/workflows/d.yml": flow,
    }
    done = after(tmp_path, files, "release-tracking")
    handed = done.text(".github/workflows/d.yml")
    if edited is False:
        assert done.text("Dockerfile") == image and "build-args" not in handed
    elif edited is True or edited == "GIT_SHA":
        name = "SENTRY_RELEASE" if edited is True else edited
        assert (
            f"ARG {name}\nENV {name}=${name}\nCMD" in done.text("Dockerfile")
            and f"{name}=${{{{ github.sha }}}}" in handed
        )
        assert outcomes(done)["release-consistent"] == "pass"
    else:
        assert done.text("Dockerfile") == image and "            C=${{ github.sha }}\n" in handed
        assert outcomes(done)["release-consistent"] == "pass"


def test_an_image_that_only_a_developer_builds_is_left_with_who_hands_the_release_in(tmp_path):
    compose = "services:\n  web:\n    build: .\n    command: python manage.py runserver\n    volumes: [.:/app]\n"
    flow = BUILD + "      - run: ssh deploy@shop ./deploy.sh\n"
    image = "FROM python:3.13-slim\nCOPY shop shop\nCMD gunicorn shop.wsgi\n"
    files = READY | {"Dockerfile": image, "docker-compose.yml": compose, ".github/workflows/d.yml": flow}
    done = after(tmp_path, files, "release-tracking")
    assert (
        "ENV SENTRY_RELEASE=$SENTRY_RELEASE" in done.text("Dockerfile") and done.text("docker-compose.yml") == compose
    )
    assert "no file that builds it for production was found" in done.left
    assert 'docker compose build --build-arg SENTRY_RELEASE="$SENTRY_RELEASE"' in done.left


@pytest.mark.parametrize(
    ("ref", "edited"),
    [("${{ inputs.commit }}", False), ("v1.2", False), ("${{ github.sha }}", True), ("${{github.ref}}", True)],
)
def test_an_image_of_another_commit_than_the_workflow_s_is_not_named_by_it(tmp_path, ref, edited):
    flow = BUILD + f"        with:\n          ref: {ref}\n" + ACTION + ROLL
    image = "FROM python:3.13-slim\nCOPY shop shop\nCMD gunicorn shop.wsgi\n"
    files = READY | {"Dockerfile": image, "k8s/web.yaml": K8S, ".github/workflows/d.yml": flow}
    done = after(tmp_path, files, "release-tracking")
    assert ("SENTRY_RELEASE=${{ github.sha }}" in done.text(".github/workflows/d.yml")) is edited
    assert (f"checks out `{ref}`, whose commit" in done.left) is not edited
    assert ("SENTRY_RELEASE=${{ steps.commit.outputs.sha }}" in done.left) is not edited


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("docker build -t deploy .", 'docker build --build-arg A="$A" -t deploy .'),
        (
            "docker compose -f deploy/compose.yml build web",
            'docker compose -f deploy/compose.yml build --build-arg A="$A" web',
        ),
        ("docker -c build-host buildx build .", 'docker -c build-host buildx build --build-arg A="$A" .'),
        ("buildah bud -t shop .", 'buildah bud --build-arg A="$A" -t shop .'),
        ("fly deploy --remote-only", 'fly deploy --build-arg A="$A" --remote-only'),
    ],
)
def test_flags_stand_behind_the_word_that_builds(command, line):
    assert flagged(command, Wanted(arguments={"A": ""}), "token") == line


TRIED = "on: {}\njobs:\n  try:\n    runs-on: x\n    steps:\n      - run: docker build -t shop .\n      - run: docker run shop\n"
PUSHED = "on: {}\njobs:\n  image:\n    runs-on: x\n    steps:\n      - run: docker build -t shop .\n      - run: docker push shop\n"


@pytest.mark.parametrize(
    ("flows", "places"),
    [
        ([TRIED.format("{pull_request: , push: {branches: [main]}}")], ["Dockerfile"]),
        ([TRIED.format("[pull_request_target, push]")], ["Dockerfile"]),
        ([PUSHED.format("[pull_request, workflow_dispatch]")], ["Dockerfile"]),
        ([TRIED.format("push"), PUSHED.format("{push: {tags: ['v*']}}")], [".github/workflows/1.yml:6"]),
        ([PUSHED.format("[push, pull_request]")], [".github/workflows/0.yml:6"]),
        ([TRIED.format("push")], [".github/workflows/0.yml:6"]),
    ],
)
def test_an_image_that_is_only_tried_is_given_no_token(tmp_path, flows, places):
    files = FILES | {f".github/workflows/{n}.yml": text for n, text in enumerate(flows)}
    done = after(tmp_path, files, "source-maps")
    tasks = [t for t in done.steps["source-maps"].manual if "--secret" in t.snippet]
    assert [t.place or t.path for t in tasks] == places
    if flows[0] == PUSHED.format("[push, pull_request]"):
        assert "github.event_name != 'pull_request' && secrets.SENTRY_AUTH_TOKEN || ''" in tasks[0].snippet
