"""Workloads without a command, of images that CI builds from a Dockerfile of the repository."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from checks.repository.names import repository_name
from tests.support.repo import check_one

F, U = Outcome.FAIL, Outcome.UNKNOWN
NO_FILE = "no file in this repository deploys the backend"
LACKS = "`SENTRY_DSN` is not declared for shop (Kubernetes, production)"
SERVED = {
    "main.py": 'import os\nimport sentry_sdk\nfrom fastapi import FastAPI\nsentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))\napp = FastAPI()\n',
    "requirements.txt": "fastapi\nsentry-sdk\n",
    "Dockerfile": 'FROM python:3.13\nCOPY . .\nCMD ["uvicorn", "main:app"]\n',
}


def manifest(image: str, more: str = "") -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  template:\n    spec:\n"
        f"      containers:\n        - {{name: shop, image: '{image}'{more}}}\n"
    )


def pushed(*builds: tuple[str, str], arguments: str = "") -> str:
    """A workflow with a step of `docker/build-push-action` for each `(Dockerfile, tags)`."""
    steps = "".join(
        "      - uses: docker/build-push-action@v6\n        with:\n"
        f"          file: {file}\n          push: true\n          build-args: '{arguments}'\n          tags: |\n"
        + "".join(f"            {tag}\n" for tag in tags.split(";"))
        for file, tags in builds
    )
    return f"on: {{push: {{branches: [main]}}}}\njobs:\n  image:\n    runs-on: x\n    steps:\n{steps}"


OTHER = {"Dockerfile.web": "FROM ${BASE}\nRUN true\n".replace("FROM", "ARG BASE=ghcr.io/a/shop:latest\nFROM")}
CASES: dict[str, tuple[dict[str, str], Outcome, str]] = {
    "the very name": (
        {"k8s.yaml": manifest("ghcr.io/a/shop:latest"), "ci": pushed(("./Dockerfile", "ghcr.io/a/shop:latest"))},
        F,
        LACKS,
    ),
    "a tag that only CI knows": (
        {"k8s.yaml": manifest("ghcr.io/a/shop:v1"), "ci": pushed(("Dockerfile", "ghcr.io/a/shop:${{ github.sha }}"))},
        F,
        LACKS,
    ),
    "a registry with a port": (
        {"k8s.yaml": manifest("local:5000/shop"), "ci": pushed(("Dockerfile", "local:5000/shop"))},
        F,
        LACKS,
    ),
    "another tag": (
        {"k8s.yaml": manifest("ghcr.io/a/shop:web"), "ci": pushed(("Dockerfile", "ghcr.io/a/shop:api"))},
        U,
        NO_FILE,
    ),
    "another image": (
        {"k8s.yaml": manifest("ghcr.io/a/tools:1"), "ci": pushed(("Dockerfile", "ghcr.io/a/shop:1"))},
        U,
        NO_FILE,
    ),
    "a name that is not known": (
        {"k8s.yaml": manifest("ghcr.io/a/shop:1"), "ci": pushed(("Dockerfile", "ghcr.io/${{ github.repository }}:1"))},
        U,
        NO_FILE,
    ),
    "an image that begins with it": (
        OTHER
        | {
            "k8s.yaml": manifest("ghcr.io/a/shop:web"),
            "ci": pushed(("Dockerfile", "ghcr.io/a/shop:latest"), ("Dockerfile.web", "ghcr.io/a/shop:web")),
        },
        F,
        LACKS,
    ),
    "an image that begins with what the build hands in": (
        OTHER
        | {
            "k8s.yaml": manifest("ghcr.io/a/shop:web"),
            "ci": pushed(
                ("Dockerfile", "local/shop:${{ github.sha }}"),
                ("Dockerfile.web", "ghcr.io/a/shop:web"),
                arguments="BASE=local/shop:${{ github.sha }}",
            ),
        },
        F,
        LACKS,
    ),
    "an image that begins with itself": (
        {
            "Dockerfile.web": "FROM ghcr.io/a/shop:web\n",
            "k8s.yaml": manifest("ghcr.io/a/shop:web"),
            "ci": pushed(("Dockerfile.web", "ghcr.io/a/shop:web")),
        },
        U,
        NO_FILE,
    ),
    "an image that serves files": (
        {
            "web/Dockerfile": 'FROM nginx\nCMD ["nginx"]\n',
            "k8s.yaml": manifest("ghcr.io/a/web:1"),
            "ci": pushed(("web/Dockerfile", "ghcr.io/a/web:1")),
        },
        U,
        NO_FILE,
    ),
    "a command of the container": (
        {
            "k8s.yaml": manifest("ghcr.io/a/shop:1", ", args: [sleep, infinity]"),
            "ci": pushed(("Dockerfile", "ghcr.io/a/shop:1")),
        },
        U,
        NO_FILE,
    ),
    "a program of the container": (
        {
            "k8s.yaml": manifest("ghcr.io/a/shop:1", ", args: [python, main.py]"),
            "ci": pushed(("Dockerfile", "ghcr.io/a/shop:1")),
        },
        F,
        LACKS,
    ),
    "a program of the image": (
        {
            "Dockerfile": 'FROM python:3.13\nCOPY . .\nCMD ["python", "-m", "main"]\n',
            "k8s.yaml": manifest("ghcr.io/a/shop:1"),
            "ci": pushed(("Dockerfile", "ghcr.io/a/shop:1")),
        },
        F,
        LACKS,
    ),
    "docker build": (
        {
            "k8s.yaml": manifest("ghcr.io/a/shop:1"),
            "ci": "on: push\njobs:\n  image:\n    runs-on: x\n    steps:\n      - run: docker build -t ghcr.io/a/shop:$TAG .\n",
        },
        F,
        LACKS,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_workload_of_an_own_image(name):
    files, outcome, said = CASES[name]
    given = {".github/workflows/ci.yml" if n == "ci" else n: t for n, t in files.items()}
    found = check_one("dsn-configured", SERVED | given)
    assert found.outcome is outcome, found.verdicts
    assert said in found.verdicts[0].findings[0].message
    assert found.verdicts[0].findings[0].path == ("k8s.yaml" if outcome is F else None)


COMPOSE = "services:\n  db: {{image: 'postgres:17'}}\n  shop:\n    image: {}\n    environment: {{DEBUG_LEVEL: '1'}}\n{}"
IN_COMPOSE = "`SENTRY_DSN` is not declared for shop (Docker Compose, production)"
META = (
    "      - id: meta\n        uses: docker/metadata-action@v5\n        with:\n          images: {}\n"
    "      - uses: docker/build-push-action@v6\n"
    "        with: {{push: true, file: '{}', tags: '${{{{ steps.meta.outputs.tags }}}}'}}\n"
)
HEAD = "on: {push: {branches: [main]}}\njobs:\n  image:\n    runs-on: x\n"
MATRIX = "    strategy: {matrix: {part: [web, api]}}\n"
EXPORTS = (
    "      - {{if: matrix.part == 'web', run: 'echo \"file={}\" >> $GITHUB_ENV'}}\n"
    "      - {{if: matrix.part == 'api', run: 'echo \"file={}\" >> $GITHUB_ENV'}}\n"
)
NAME = repository_name(".")
WEB = {"web/Dockerfile": "FROM nginx\nCOPY . /srv\n"}
IMAGE = "ghcr.io/${{ github.repository }}"
BY_PART = IMAGE + "/${{ matrix.part }}"
COMPOSED: dict[str, tuple[str, str, dict[str, str], str]] = {
    "the name of the build": ("ghcr.io/a/b:1", "", {"ci": pushed(("Dockerfile", "ghcr.io/a/b:1"))}, IN_COMPOSE),
    "a tag with a default": ("ghcr.io/a/b:${TAG:-1}", "", {"ci": pushed(("Dockerfile", "ghcr.io/a/b:1"))}, IN_COMPOSE),
    "an image of others": ("ghcr.io/x/y:1", "", {"ci": pushed(("Dockerfile", "ghcr.io/a/b:1"))}, NO_FILE),
    "a command that starts no Python": (
        "ghcr.io/a/b:1",
        "    command: nginx -g 'daemon off;'\n",
        {"ci": pushed(("Dockerfile", "ghcr.io/a/b:1"))},
        NO_FILE,
    ),
    "the repository's own name": (f"acme/{NAME}:latest", "", {}, IN_COMPOSE),
    "another name": ("acme/other:latest", "", {}, NO_FILE),
    "its name, and two Dockerfiles": (f"acme/{NAME}:latest", "", WEB, NO_FILE),
    "the images of a step that makes tags": (
        f"ghcr.io/acme/{NAME}:1",
        "",
        WEB | {"ci": f"{HEAD}    steps:\n{META.format(IMAGE, 'Dockerfile')}"},
        IN_COMPOSE,
    ),
    "the images of another repository": (
        "ghcr.io/acme/tools:1",
        "",
        WEB | {"ci": f"{HEAD}    steps:\n{META.format(IMAGE, 'Dockerfile')}"},
        NO_FILE,
    ),
    "the row of the matrix that builds it": (
        f"ghcr.io/acme/{NAME}/api:${{TAG}}",
        "",
        WEB
        | {
            "ci": HEAD
            + MATRIX
            + "    steps:\n"
            + EXPORTS.format("web/Dockerfile", "Dockerfile")
            + META.format(BY_PART, "${{ env.file }}")
        },
        IN_COMPOSE,
    ),
    "the row of the matrix that builds another": (
        f"ghcr.io/acme/{NAME}/web:${{TAG}}",
        "",
        WEB
        | {
            "ci": HEAD
            + MATRIX
            + "    steps:\n"
            + EXPORTS.format("web/Dockerfile", "Dockerfile")
            + META.format(BY_PART, "${{ env.file }}")
        },
        NO_FILE,
    ),
}


@pytest.mark.parametrize("case", COMPOSED)
def test_a_service_of_compose_runs_the_image_that_is_built_here(case):
    image, more, files, message = COMPOSED[case]
    files = {**SERVED, **files, "docker-compose.yml": COMPOSE.format(image, more)}
    flow = files.pop("ci", None)
    if flow is not None:
        files[".github/workflows/ci.yml"] = flow
    found = check_one("dsn-configured", files)
    place = ("docker-compose.yml", 3) if message == IN_COMPOSE else (None, None)
    assert found.outcome is (F if message == IN_COMPOSE else U), found
    assert found.findings[0].message.startswith(message), found.findings
    assert message != IN_COMPOSE or (found.findings[0].path, found.findings[0].line) == place, found.findings


def test_what_only_develops_and_what_is_deployed_are_decided_without_each_other():
    """An image that only develops is told by the deployments, and one of these may have an image called as the repository."""
    develops = 'FROM python:3.13\nCOPY . .\nCMD ["uvicorn", "main:app", "--reload"]\n'
    files = SERVED | {
        "Dockerfile": develops,
        "compose.yaml": "services:\n  api: {build: ., command: uvicorn main:app --reload}\n",
        "compose.prod.yaml": "services:\n  shop: {image: 'acme/other:1'}\n",
    }
    found = check_one("dsn-configured", files)
    assert found.outcome is U and NO_FILE in found.verdicts[0].findings[0].message
