"""A host's own variable of the commit names the release: in a new call, and in one that is there."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.edits import BARE, READY, after
from tests.support.repo import check_one

CALL = (
    "import os\n\nimport sentry_sdk\n\n"
    + BARE["shop/settings.py"]
    + 'sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))\n'
)
PUSHES = (
    "on: {push: {branches: [main]}}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n"
    "      - uses: dokku/github-action@v1\n        with:\n          git_remote_url: ssh://dokku@shop.example/shop\n"
)
HOSTS = {
    "dokku": ({"Procfile": "web: gunicorn shop.wsgi\n", ".github/workflows/d.yml": PUSHES}, "GIT_REV"),
    "dokku by its manifest": (
        {"Procfile": "web: gunicorn shop.wsgi\n", "app.json": '{"scripts": {"dokku": {"predeploy": "./manage.py migrate"}}}\n'},
        "GIT_REV",
    ),
    "dokku beside review apps": (
        {
            "Procfile": "web: bin/web.sh\n",
            "bin/web.sh": "#!/bin/sh\nexec gunicorn shop.wsgi\n",
            "app.json": '{"scripts": {"dokku": {}}, "environments": {"review": {"env": {"A": "b"}}}}\n',
        },
        "GIT_REV",
    ),
    "render": (
        {"render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n    envVars: []\n"},
        "RENDER_GIT_COMMIT",
    ),
}  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_a_new_call_reads_the_commit_of_its_host(tmp_path, host):
    files, variable = HOSTS[host]
    done = after(tmp_path, BARE | files, "sdk", "release-tracking")
    assert f'os.environ.get("{variable}")' in done.text("shop/settings.py")
    if ".github/workflows/d.yml" not in files:
        assert f"# backend reads it from {variable}, which its host sets" in done.left


@pytest.mark.parametrize("host", HOSTS)
def test_a_call_that_is_there_reads_it_too(tmp_path, host):
    files, variable = HOSTS[host]
    own = READY | {"shop/settings.py": CALL}
    done = after(tmp_path, own | files, "release-tracking")
    line = f'release=os.environ.get("SENTRY_RELEASE") or os.environ.get("{variable}")'
    assert line in done.text("shop/settings.py") and "sentry_sdk.init(dsn=" in done.text("shop/settings.py")


IMAGE = 'FROM python:3.13\nCOPY . .\nCMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]\n'


def test_an_image_that_dokku_may_not_run_is_left(tmp_path):
    """Dokku builds by a Dockerfile or by buildpacks, and sets its variable either way."""
    files = READY | {"shop/settings.py": CALL, "Dockerfile": IMAGE} | HOSTS["dokku"][0]
    done = after(tmp_path, files, "release-tracking")
    assert done.text("Dockerfile") == IMAGE and "build-arg" not in done.left and "or None" not in done.left
    made = {name: done.text(name) for name in files}
    verdict = check_one("release-consistent", made).verdicts[0]
    assert verdict.outcome is not Outcome.FAIL


@pytest.mark.parametrize(
    "image",
    [
        PUSHES.replace("git_remote_url", "deploy_docker_image: acme/shop:1\n          git_remote_url"),
        PUSHES.partition("      - uses: dokku")[0]
        + "      - run: ssh dokku@shop.example git:from-image shop acme/shop:1\n",
    ],
)
def test_an_image_that_dokku_is_handed_has_no_commit(tmp_path, image):
    files = READY | {
        "shop/settings.py": CALL,
        "Procfile": "web: gunicorn shop.wsgi\n",
        ".github/workflows/d.yml": image,
    }
    assert "GIT_REV" not in after(tmp_path, files, "release-tracking").text("shop/settings.py")
    own = files | {"shop/settings.py": CALL.replace('"))\n', '"), release=os.environ["GIT_REV"])\n')}
    [verdict] = [
        v for v in check_one("release-consistent", own | release(image)).verdicts if v.target.name == "backend"
    ]
    assert verdict.outcome is not Outcome.PASS


def release(flow: str) -> dict[str, str]:
    """Return the workflow with a step that creates a release."""
    step = "      - run: sentry-cli releases new $GITHUB_SHA\n        env: {SENTRY_AUTH_TOKEN: x, SENTRY_ORG: a, SENTRY_PROJECT: b}\n"
    return {".github/workflows/d.yml": flow + step}


def test_a_name_that_dokku_sets_says_nothing_without_dokku():
    files = READY | {"shop/settings.py": CALL.replace('"))\n', '"), release=os.environ.get("GIT_REV"))\n')}
    flow = PUSHES.partition("      - uses: dokku")[0] + "      - run: ssh shop ./deploy\n"
    verdict = check_one("release-consistent", files | release(flow)).verdicts[0]
    assert verdict.outcome is not Outcome.PASS
    dokku = files | release(PUSHES) | {"Procfile": "web: gunicorn shop.wsgi\n"}
    assert check_one("release-consistent", dokku).verdicts[0].outcome is Outcome.PASS
