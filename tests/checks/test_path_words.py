"""What the words of a path say: whole words, folders, and names with dots."""

from __future__ import annotations

import pytest

from checks.repository.deploys import find_deployments
from checks.repository.path_words import (
    NOT_DEPLOYED,
    NOT_PRODUCTION,
    Purpose,
    folder_purposes,
    has_part,
    purposes,
    words_of,
)
from checks.targets.applicability import not_application
from tests.checks.test_backend_items import ENV, F, P, django
from tests.support.repo import check_one, facts_of

D, T, S = Purpose.DEVELOPMENT, Purpose.TEST, Purpose.STAGING


@pytest.mark.parametrize(("path", "expected"), [
    ("latest/Dockerfile", set()), ("deploy/devops/Dockerfile", set()), ("contest/localize.py", set()),
    ("Dockerfile.dev", {D}), ("compose-test.yml", {T}), ("docker/local/Dockerfile", {D}), ("shop.settings.local", {D}),
    ("settings/qa.py", {S}), ("DOCS/Dockerfile", {Purpose.DOCUMENTATION}), (".devcontainer/Dockerfile", {Purpose.EDITOR}),
    ("devproject.settings", {D}), ("testproject/settings.py", {T}), ("myproject/settings.py", set()),
    ("node_modules/a/Dockerfile", {Purpose.FOREIGN}), ("{{name}}/Dockerfile", {Purpose.BLANK}), ("ci/Dockerfile", {Purpose.CI}),
])  # fmt: skip
def test_words_count_as_a_whole(path, expected):
    assert purposes(path) == expected


def test_a_folder_counts_by_its_whole_name():
    assert folder_purposes("load-tests/Dockerfile") == frozenset()
    assert folder_purposes("tests/Dockerfile") & NOT_DEPLOYED and not folder_purposes("ci/compose.yml") & NOT_DEPLOYED
    assert purposes("ci/compose.yml") & NOT_PRODUCTION


@pytest.mark.parametrize(("path", "outcome"), [
    ("latest/Dockerfile", P), ("deploy/devops/Dockerfile", P), ("attestation/Dockerfile", P), ("Dockerfile", P),
    ("test/Dockerfile", F), ("Dockerfile.dev", F), ("local/Dockerfile", F), ("docs/Dockerfile", F),
])  # fmt: skip
def test_an_image_counts_unless_its_path_says_what_else_it_is_for(path, outcome):
    files = django(ENV) | {"requirements.txt": "django\n", path: "FROM python\nRUN pip install sentry-sdk==2.75.0\n"}
    (verdict,) = check_one("sdk-installed", files).verdicts
    assert verdict.outcome is outcome, verdict
    if outcome is P:
        assert (verdict.evidence[0].path, verdict.evidence[0].line) == (path, 2)
    else:
        assert "sentry-sdk" in verdict.findings[0].message


def test_words_are_told_apart_at_dots_dashes_and_underscores():
    assert words_of("deploy/compose.prod-eu_2.yml") == {"deploy", "compose", "prod", "eu", "2", "yml"}


@pytest.mark.parametrize(("path", "expected"), [
    ("product/docker-compose.yml", False), ("reproduction/docker-compose.yml", False),
    ("docker-compose.prod.yml", True), ("production/docker-compose.yml", True), ("docker-compose.staging.yml", True),
])  # fmt: skip
def test_a_compose_file_is_productions_by_a_whole_word_of_its_path(path, expected):
    services = "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n"
    files = {path: services, "Procfile": "web: gunicorn shop.wsgi\n", "manage.py": ""}
    assert ("compose" in {d.host for d in find_deployments(facts_of(files))}) is expected


@pytest.mark.parametrize(("path", "expected"), [
    ("tests/a.py", True), ("shop/test_a.py", True), ("shop/a_tests.py", True), ("{{project}}/a.py", True), ("shop/tests.py", True),
    ("shop/contest.py", False), ("latest/a.py", False), ("shop/test_a.txt", False), ("shop/setup/a.py", False), ("setup.py", True),
])  # fmt: skip
def test_tests_examples_and_templates_are_not_the_application(path, expected):
    assert not_application(path) is expected


def test_a_part_has_a_name_or_starts_as_told():
    assert has_part("a/.storybook/main.js", frozenset({".storybook"})) and has_part(
        "k8s-prod/web.yaml", frozenset(), ("k8s",)
    )
    assert not has_part("a/storybooks/main.js", frozenset({"storybook"}))
