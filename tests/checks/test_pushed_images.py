"""An image that CI pushes and nothing here deploys: where it is deployed, and whether a release is made there, is not known."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one, workflow

F, U = Outcome.FAIL, Outcome.UNKNOWN


def action(inputs: str, *, on: str = "push", condition: str = "") -> str:
    return (
        f"on: {on}\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/build-push-action@v6\n"
        f"{condition}        with:\n          context: .\n{inputs}"
    )


def built(inputs: str) -> str:
    return action(inputs).replace("docker/build-push-action@v6", "whoan/docker-build-with-cache-action@v8")


ENVIRONMENT = (
    "on: push\njobs:\n  image:\n    runs-on: x\n    steps:\n      - run: {}\n"
    "      - if: env.TARGET != ''\n        run: docker push a/b\n"
)
CASES = {
    "a variable that a step before sets": (ENVIRONMENT.format('echo "TARGET=a" >> "$GITHUB_ENV"'), U),
    "a variable that nothing sets": (ENVIRONMENT.format("echo TARGET"), F),
    "an action that pushes by itself": (built("          image_name: a/b\n"), U),
    "an action that is told not to push by itself": (built("          push_image_and_stages: false\n"), F),
    "an action that pushes": (action("          push: true\n"), U),
    "an action that pushes no pull request": (
        action("          push: ${{ github.event_name != 'pull_request' }}\n"),
        U,
    ),
    "an action that pushes by its outputs": (
        action("          outputs: type=image,push-by-digest=true,push=true\n"),
        U,
    ),
    "an action that only builds": (action("          load: true\n"), F),
    "an action that is told not to push": (action("          push: false\n"), F),
    "an action in pull requests": (action("          push: true\n", on="pull_request"), F),
    "an action that never runs": (action("          push: true\n", condition="        if: false\n"), F),
    "docker push": (workflow("docker build -t a/b .\ndocker push a/b", job="image"), U),
    "docker buildx": (workflow("docker buildx build --push -t a/b .", job="image"), U),
    "docker build": (workflow("docker build -t a/b .", job="image"), F),
    "docker push behind false": (workflow("false && docker push a/b", job="image"), F),
    "a deployment beside it": (workflow("docker push a/b\nkubectl set image deployment/shop shop=a/b", job="image"), F),
}


@pytest.mark.parametrize("name", CASES)
def test_a_release_of_what_is_only_pushed(name):
    text, outcome = CASES[name]
    found = check_one("release-tracking", backend() | {".github/workflows/ci.yml": text})
    assert found.outcome is outcome, found.verdicts
    if outcome is U:
        assert "job image pushes an image, and nothing here deploys it" in found.verdicts[0].findings[0].message
