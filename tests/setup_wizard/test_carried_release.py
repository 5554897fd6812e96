"""A commit that the image or the host carries already is read by its own name: no second argument beside it."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, INIT, READY, VITE, after

SERVE = 'FROM python:3.13\nCOPY . .\nRUN pip install -r requirements.txt\n{}CMD ["gunicorn", "shop.wsgi"]\n'
FLOW = """on: {push: {branches: [main]}}
jobs:
  build:
    runs-on: x
    steps:
      - uses: actions/checkout@v5
      - uses: docker/build-push-action@v6
        with:
          push: true
          build-args: |
            ARGUMENT
  deploy:
    needs: build
    runs-on: x
    environment: production
    steps:
      - run: kubectl set image deployment/shop shop=shop
"""
PATH = ".github/workflows/d.yml"
CARRIED = "ARG GIT_REV\nENV GIT_REV=$GIT_REV\n"


@pytest.mark.parametrize(
    ("lines", "argument", "read"),
    [
        (CARRIED, "GIT_REV=${{ github.sha }}", "GIT_REV"),
        ("ARG REF\nENV BUILD_COMMIT=${REF}\n", "REF=${{ github.sha }}", "BUILD_COMMIT"),
        ("ARG REF\nENV A_COMMIT=$REF SENTRY_RELEASE=$REF\n", "REF=${{ github.sha }}", "SENTRY_RELEASE"),
        (CARRIED, "GIT_REV=${{ github.ref_name }}", "SENTRY_RELEASE"),
        (CARRIED, "OTHER=${{ github.sha }}", "SENTRY_RELEASE"),
        ("ARG GIT_REV\n", "GIT_REV=${{ github.sha }}", "SENTRY_RELEASE"),
    ],
)
def test_the_code_reads_the_commit_that_its_image_carries(tmp_path, lines, argument, read):
    files = BARE | {"Dockerfile": SERVE.format(lines), PATH: FLOW.replace("ARGUMENT", argument)}
    done = after(tmp_path, files, "sdk")
    assert f'release=os.environ.get("{read}") or None,' in done.text("shop/settings.py")


def test_nothing_is_added_to_an_image_whose_code_reads_what_it_carries(tmp_path):
    files = BARE | {"Dockerfile": SERVE.format(CARRIED), PATH: FLOW.replace("ARGUMENT", "GIT_REV=${{ github.sha }}")}
    done = after(tmp_path, files, "sdk", "release-tracking")
    assert done.text("Dockerfile") == files["Dockerfile"]
    assert "SENTRY_RELEASE=" not in done.text(PATH), done.text(PATH)
    assert "          SENTRY_RELEASE: ${{ github.sha }}\n" in done.text(PATH), "CI registers the same commit"


def test_a_code_that_reads_another_name_gets_it_from_the_argument_that_is_there(tmp_path):
    files = READY | {"Dockerfile": SERVE.format(CARRIED), PATH: FLOW.replace("ARGUMENT", "GIT_REV=${{ github.sha }}")}
    done = after(tmp_path, files, "release-tracking")
    assert done.text("Dockerfile") == SERVE.format(CARRIED + "ENV SENTRY_RELEASE=$GIT_REV\n")
    assert done.text(PATH).startswith(files[PATH]), "what builds the image hands nothing new in"


def test_the_build_of_a_frontend_copies_the_argument_that_is_there(tmp_path):
    build = "FROM node:22 AS web\nCOPY web .\nRUN npm ci\nRUN npm run build\n\n"
    files = (
        BARE
        | VITE
        | {"Dockerfile": build + SERVE.format(CARRIED), PATH: FLOW.replace("ARGUMENT", "GIT_REV=${{ github.sha }}")}
    )
    done = after(tmp_path, files, "source-maps")
    added = "ARG GIT_REV\nENV SENTRY_RELEASE=$GIT_REV\nRUN --mount=type=secret,id=sentry_auth_token,env=SENTRY_AUTH_TOKEN npm run build\n"
    assert done.text("Dockerfile") == files["Dockerfile"].replace("RUN npm run build\n", added)
    assert "SENTRY_RELEASE" not in done.text(PATH) and "sentry_auth_token=" in done.text(PATH)


def test_a_guarded_build_keeps_a_release_of_its_own(tmp_path):
    build = "FROM node:22 AS web\nCOPY web .\nRUN npm ci\nRUN npm run build\n\n"
    files = (
        BARE
        | VITE
        | {"Dockerfile": build + SERVE.format(CARRIED), PATH: FLOW.replace("ARGUMENT", "GIT_REV=${{ github.sha }}")}
    )
    done = after(tmp_path, files, "source-maps", frontend__guard="yes")
    assert "ARG SENTRY_RELEASE\nRUN --mount" in done.text("Dockerfile")
    assert "SENTRY_RELEASE=${{ github.sha }}" in done.text(PATH)


def test_a_name_alone_says_not_what_a_service_is_handed(tmp_path):
    text = "services:\n  web:\n    image: acme/shop\n    command: gunicorn shop.wsgi\n    environment:\n      GIT_SHA: ${GIT_SHA}\n"
    done = after(tmp_path, BARE | {"compose.yml": text}, "sdk")
    assert 'release=os.environ.get("SENTRY_RELEASE")' in done.text("shop/settings.py")


def test_what_the_settings_say_stays(tmp_path):
    own = {"shop/settings.py": "import os\nimport sentry_sdk\n" + BARE["shop/settings.py"] + INIT}
    files = (
        READY | own | {"Dockerfile": SERVE.format(CARRIED), PATH: FLOW.replace("ARGUMENT", "GIT_REV=${{ github.sha }}")}
    )
    assert after(tmp_path, files, "sdk").text("shop/settings.py") == own["shop/settings.py"]
