"""Images that a host, bake, buildah or kaniko builds: the form of the mount, and what is left to the person in its language."""

from __future__ import annotations

import pytest

from checks.hosts.bake import baked_targets
from checks.hosts.image_builds import all_builds
from tests.setup_wizard.test_images_step import BUILD, FILES, outcomes
from tests.support.edits import after
from tests.support.repo import facts_of

AS_FILE = 'RUN --mount=type=secret,id=sentry_auth_token npm ci && SENTRY_AUTH_TOKEN="$(cat /run/secrets/sentry_auth_token)" npm run build'
AS_VARIABLE = "RUN --mount=type=secret,id=sentry_auth_token,env=SENTRY_AUTH_TOKEN npm ci && npm run build"
RENDER = "services:\n  - type: web\n    name: shop\n    runtime: docker\n    envVars: []\n"
HCL = (
    'group "default" { targets = ["web"] }\ntarget "base" { args = { NODE = "22", OLD = null } }\n'
    'target "web" {\n  inherits = ["base"]\n  tags = ["r.example/shop:${TAG}"]\n}\ntarget "test" { dockerfile = "Dockerfile.test" }\n'
)
BUILD_CONFIG = (
    "kind: BuildConfig\nmetadata: {name: shop}\nspec:\n  source: {type: Git, git: {uri: https://git.example/shop}}\n"
    "  strategy:\n    type: Docker\n    dockerStrategy:\n      dockerfilePath: Dockerfile\n"
)
TEMPLATE = "kind: Template\nobjects:\n  - " + BUILD_CONFIG.replace("\n", "\n    ").rstrip() + "\n"
OPENSHIFT = (
    "destinationPath: /var/run/sentry",
    'RUN SENTRY_AUTH_TOKEN="$(cat /var/run/sentry/auth-token)"',
    "OpenShift's BuildConfig shop",
    'oc start-build shop --build-arg=SENTRY_RELEASE="$(git rev-parse HEAD)"',
)
FLOW = ".github/workflows/d.yml"


def step(run: str) -> str:
    return f"{BUILD}      - run: {run}\n"


@pytest.mark.parametrize(
    ("files", "mount", "said"),
    [
        (
            {"render.yaml": RENDER},
            AS_FILE,
            (
                "Render's service shop",
                "secret files of the service: sentry_auth_token",
                "ARG SENTRY_RELEASE=$RENDER_GIT",
            ),
        ),
        (
            {"railway.json": '{"build": {"builder": "DOCKERFILE"}}'},
            "RUN npm ci && npm run build",
            ("SENTRY_RELEASE=${{RAILWAY_GIT_COMMIT_SHA}}", "Railway builds this image and mounts no secrets"),
        ),
        (
            {"railway.toml": "[build]\nbuilder = 'RAILPACK'\n"},
            AS_VARIABLE,
            ("docker build --build-arg SENTRY_RELEASE",),
        ),
        (
            {"captain-definition": '{"schemaVersion": 2, "dockerfilePath": "./Dockerfile"}'},
            "RUN npm ci && npm run build",
            ("CapRover builds this image and mounts no secrets", "ARG CAPROVER_GIT_COMMIT_SHA"),
        ),
        (
            {"heroku.yml": "build:\n  docker:\n    web: Dockerfile\n"},
            "RUN npm ci && npm run build",
            ("Heroku builds this image and mounts no secrets", "build:\n  config:\n    SENTRY_RELEASE"),
        ),
        ({"openshift/build.yml": BUILD_CONFIG}, "RUN npm ci && npm run build", OPENSHIFT),
        ({"openshift/all.yml": TEMPLATE}, "RUN npm ci && npm run build", OPENSHIFT),
        (
            {FLOW: step("podman build -t r.example/shop .")},
            AS_FILE,
            ("podman build --build-arg SENTRY_RELEASE", "--secret id=sentry_auth_token,env=SENTRY_AUTH_TOKEN -t"),
        ),
        ({FLOW: step("buildah bud -t r.example/shop .")}, AS_FILE, ("buildah bud --build-arg SENTRY_RELEASE",)),
        (
            {
                FLOW: BUILD
                + "      - uses: redhat-actions/buildah-build@v2\n        with: {image: shop, containerfiles: ./Dockerfile}\n"
            },
            AS_FILE,
            ("--secret=id=sentry_auth_token,env=SENTRY_AUTH_TOKEN", "SENTRY_RELEASE=${{ github.sha }}"),
        ),
        (
            {FLOW: step("/kaniko/executor --context . --dockerfile Dockerfile --destination r.example/shop")},
            "RUN npm ci && npm run build",
            ("kaniko builds this image and mounts no secrets",),
        ),
        (
            {FLOW: step("docker buildx bake --push"), "docker-bake.hcl": HCL},
            AS_VARIABLE,
            (
                'variable "SENTRY_RELEASE" { default = "" }',
                'secret = ["type=env,id=sentry_auth_token,env=SENTRY_AUTH_TOKEN"]',
            ),
        ),
        (
            {FLOW: step("docker buildx bake --push"), "docker-bake.json": '{"target": {"default": {"context": "."}}}'},
            AS_VARIABLE,
            ('"secret": [', '"SENTRY_RELEASE": "${SENTRY_RELEASE}"'),
        ),
    ],
)
def test_what_builds_the_image_decides_how_the_token_gets_there(tmp_path, files, mount, said):
    done = after(tmp_path, FILES | files, "source-maps")
    assert mount in done.text("Dockerfile").splitlines(), done.text("Dockerfile")
    assert "ARG SENTRY_RELEASE\n" in done.text("Dockerfile")
    assert [s for s in said if s not in done.left] == [], done.left
    assert ("docker build ." in done.left.replace("docker build --", "docker build .")) is (
        files.keys() == {"railway.toml"}
    )


GITLAB = """deploy:
  image: {name: gcr.io/kaniko-project/executor, entrypoint: [""]}
  script:
    - /kaniko/executor --context . --dockerfile Dockerfile --destination r.example/shop
  rules: [{if: $CI_COMMIT_BRANCH == "main"}]
"""


def test_kaniko_beside_another_builder_is_handed_no_secret(tmp_path):
    """Its `--secret` is no flag, and the variable of the commit is the one that its CI has (https://docs.gitlab.com/ci/variables/)."""
    files = {FLOW: step("docker build -t r.example/shop ."), ".gitlab-ci.yml": GITLAB}
    left = after(tmp_path, FILES | files, "source-maps").left
    line = next(row for row in left.splitlines() if row.strip().startswith("/kaniko/executor"))
    assert "--secret" not in line and '--build-arg SENTRY_RELEASE="$CI_COMMIT_SHA"' in line
    assert "Kaniko builds this image and mounts no secrets" in left


def test_the_dsn_is_left_with_its_value_for_a_host(tmp_path):
    done = after(tmp_path, FILES | {"render.yaml": RENDER}, "frontend-sdk")
    assert "# in the variables of the service, in the dashboard of Render\nVITE_SENTRY_DSN=https://bb@" in done.left


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [("", "unknown"), ("      buildArgs:\n        - {name: VITE_SENTRY_DSN, value: x}\n", "pass")],
)
def test_a_build_config_hands_in_only_what_it_names(tmp_path, arguments, outcome):
    done = after(tmp_path, FILES | {"openshift/build.yml": BUILD_CONFIG + arguments}, "source-maps", "frontend-sdk")
    found = outcomes(done)
    assert found["frontend-dsn-configured"] == outcome, found
    assert found["source-maps"] != "pass", found


def test_the_file_form_passes_the_audit(tmp_path):
    done = after(tmp_path, FILES | {"render.yaml": RENDER}, "source-maps")
    found = outcomes(done)
    assert (found["source-maps"], found["token-not-in-image"]) == ("pass", "pass")


@pytest.mark.parametrize(
    ("run", "files", "expected"),
    [
        ("docker buildx bake", {"docker-bake.hcl": HCL}, [("web", "Dockerfile", {"NODE": "22"}, [])]),
        ("docker buildx bake test", {"docker-bake.hcl": HCL}, [("test", "Dockerfile.test", {}, [])]),
        (
            'docker buildx bake web --set "*.args.A=1" --set web.secrets=id=t,env=T',
            {"docker-bake.hcl": HCL},
            [("web", "Dockerfile", {"NODE": "22", "A": "1"}, ["t"])],
        ),
        (
            "docker buildx bake -f ci/bake.hcl",
            {"ci/bake.hcl": 'target "default" {\n  context = "web"\n  secret = [{ type = "env", id = "k" }]\n}\n'},
            [("default", "web/Dockerfile", {}, ["k"])],
        ),
        (
            "docker buildx bake",
            {
                "docker-bake.json": '{"target": {"a": {"context": "web", "args": {"X": "1", "Y": null}, "secret": ["id=s,env=S"]}}}',
                "docker-bake.override.json": '{"target": {"a": {"args": {"Z": "2"}}}}',
            },
            [("a", "web/Dockerfile", {"X": "1", "Z": "2"}, ["s"])],
        ),
        ("docker buildx bake", {"docker-bake.hcl": 'target "a" {'}, []),
        (
            "docker buildx bake",
            {"docker-bake.hcl": 'target "a" { inherits = ["b"] }\ntarget "b" { inherits = ["a"] }\n'},
            [("a", "Dockerfile", {}, []), ("b", "Dockerfile", {}, [])],
        ),
    ],
)
def test_targets_of_bake(run, files, expected):
    facts = facts_of(files | {FLOW: step(run)})
    assert [(t.name, t.image, t.arguments, t.secrets) for t in baked_targets(facts)] == expected


def test_the_action_of_bake_names_files_targets_and_overrides():
    flow = BUILD + (
        "      - uses: docker/bake-action@v6\n        with:\n          files: ci/docker-bake.hcl\n          targets: web\n"
        "          set: |\n            web.args.SENTRY_RELEASE=${{ github.sha }}\n            *.secrets=id=sentry_auth_token,env=T\n"
    )
    (build,) = all_builds(facts_of({FLOW: flow, "ci/docker-bake.hcl": 'target "web" { context = "." }\n'}))
    assert (build.dockerfile, build.kind, build.name) == ("Dockerfile", "bake", "web")
    assert build.arguments == {"SENTRY_RELEASE": "${{ github.sha }}"} and build.secrets == {"sentry_auth_token"}
