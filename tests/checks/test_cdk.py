"""Variables that a stack of the AWS CDK gives containers: read as far as they are written down, undecided beyond that."""

from __future__ import annotations

import pytest

from tests.setup_wizard.test_examples import APART
from tests.support.edits import READY, after
from tests.support.repo import backend, check_one

SETTINGS = """import os
import sentry_sdk
INSTALLED_APPS = []
ROOT_URLCONF = "shop.urls"
sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))
"""
STACK = """from aws_cdk import Stack, aws_ecs as ecs


class Shop(Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        self.secrets = {
            "KEY": ecs.Secret.from_ssm_parameter(one),
            "SENTRY_DSN": ecs.Secret.from_ssm_parameter(two),
        }
        task.add_container("web", image=image, secrets=self.secrets)
"""
FOUND = (
    "`SENTRY_DSN` is given to containers of a CDK stack, and whether these run the backend is not followed",
    "cdk/stack.py", 9, "check it there, then run `sentry-setup sign-off dsn-configured --by NAME --note TEXT`",
)  # fmt: skip
NONE = (
    "no file in this repository deploys the backend, so where `SENTRY_DSN` is set is unknown",
    None, None, "check the dashboard, then record a sign-off",
)  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"cdk.json": "{}", "cdk/stack.py": STACK}, FOUND),
        ({"cdk.json": "{}", "cdk/stack.py": STACK.replace("secrets=self.secrets", "secrets=others")}, NONE),
        ({"cdk.json": "{}", "cdk/stack.py": STACK.replace('"SENTRY_DSN"', '"OTHER_DSN"')}, NONE),
        ({"cdk/stack.py": STACK}, NONE),
        ({"cdk.json": "{}", "tests/stack.py": STACK}, NONE),
    ],
)
def test_a_stack_that_hands_the_dsn_over_is_named(more, said):
    verdict = check_one("dsn-configured", backend() | {"shop/settings.py": SETTINGS} | more)
    (found,) = verdict.findings
    assert verdict.outcome.value == "unknown"
    assert (found.message, found.path, found.line, found.hint) == said


def test_the_step_names_the_place_of_the_value(tmp_path):
    files = {k: v for k, v in (READY | APART).items() if v is not None}
    left = after(tmp_path, files | {"cdk.json": "{}", "cdk/stack.py": STACK}, "dsn").left
    assert "give SENTRY_DSN its value where cdk/stack.py:9 takes it from\nthe stack gives it to containers" in left
    assert "set SENTRY_DSN where production runs" not in left
