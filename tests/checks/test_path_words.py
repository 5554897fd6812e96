"""What the words of a path say: whole words, folders, and names with dots."""

from __future__ import annotations

import pytest

from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, Purpose, folder_purposes, purposes
from tests.checks.test_backend_items import ENV, F, P, django
from tests.support.repo import check_one

D, T, S = Purpose.DEVELOPMENT, Purpose.TEST, Purpose.STAGING


@pytest.mark.parametrize(("path", "expected"), [
    ("latest/Dockerfile", set()), ("deploy/devops/Dockerfile", set()), ("contest/localize.py", set()),
    ("Dockerfile.dev", {D}), ("compose-test.yml", {T}), ("docker/local/Dockerfile", {D}), ("shop.settings.local", {D}),
    ("settings/qa.py", {S}), ("DOCS/Dockerfile", {Purpose.DOCUMENTATION}), (".devcontainer/Dockerfile", {Purpose.EDITOR}),
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
