"""What several services lack is one finding with their number and places, not one finding a service."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import INIT, backend, check_one

SERVICE = "  - type: {kind}\n    name: {name}\n    env: python\n    startCommand: gunicorn shop.wsgi\n"
DSN = "    envVars:\n      - key: SENTRY_DSN\n        sync: false\n"
PLACEHOLDER = "    envVars:\n      - key: SENTRY_DSN\n        value: your-dsn-here\n"


def rendered(*services: tuple[str, str]) -> dict[str, str]:
    """A backend that Render deploys as some services, each with its variables."""
    text = "".join(SERVICE.format(kind="web", name=name) + variables for name, variables in services)
    return {
        **backend(),
        "shop/settings.py": INIT,
        "requirements.txt": "django\nsentry-sdk\n",
        "render.yaml": f"services:\n{text}",
    }


@pytest.mark.parametrize(
    ("services", "messages"),
    [
        (
            (("web", ""), ("jobs", ""), ("admin", "")),
            [
                "`SENTRY_DSN` is not declared for any of the 3 Render services: web (production, render.yaml:2),"
                " jobs (production, render.yaml:6), admin (production, render.yaml:10)"
            ],
        ),
        (
            (("web", DSN), ("jobs", ""), ("admin", "")),
            [
                "`SENTRY_DSN` is not declared for 2 of the 3 Render services: jobs (production, render.yaml:9),"
                " admin (production, render.yaml:13)"
            ],
        ),
        ((("web", DSN), ("jobs", "")), ["`SENTRY_DSN` is not declared for jobs (Render, production)"]),
        (
            (("web", PLACEHOLDER), ("jobs", ""), ("admin", "")),
            [
                "`SENTRY_DSN` for web (Render, production) is a placeholder",
                "`SENTRY_DSN` is not declared for 2 of the 3 Render services: jobs (production, render.yaml:9),"
                " admin (production, render.yaml:13)",
            ],
        ),
    ],
)
def test_a_variable_that_services_lack(services, messages):
    result = check_one("dsn-configured", rendered(*services))
    assert result.outcome is Outcome.FAIL
    assert [f.message for f in result.findings] == messages
    assert result.findings[-1].path == "render.yaml"


def test_many_services_are_named_as_far_as_a_sentence_goes():
    result = check_one("dsn-configured", rendered(*((f"s{n}", "") for n in range(11))))
    [finding] = result.findings
    assert finding.message.startswith("`SENTRY_DSN` is not declared for any of the 11 Render services")
    assert "s7 (production" in finding.message and finding.message.endswith(" and 3 more")


def test_an_environment_that_services_lack():
    result = check_one("environment-set", rendered(("web", ""), ("jobs", "")))
    [finding] = result.findings
    assert "no environment name, so events are labeled “production”, for 2 of 2 Render services: web" in finding.message
