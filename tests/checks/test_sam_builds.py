"""A function that AWS SAM builds by a Makefile is given what its own target installs, and nothing of other targets."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, U = Outcome.PASS, Outcome.UNKNOWN
TEMPLATE = """Resources:
  Shop:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: %s
    Properties:
      CodeUri: .
      Handler: shop.main.handler
      Runtime: python3.13
"""
MAKEFILE = """.PHONY: test
test:
\tuv sync --group test

build-Shop:
\tuv export --no-dev %s> "$(ARTIFACTS_DIR)/requirements.txt"
\tuv pip install -r "$(ARTIFACTS_DIR)/requirements.txt" --target "$(ARTIFACTS_DIR)"
"""
FILES = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["mangum"]\n\n[dependency-groups]\ndeploy = ["sentry-sdk==2.75.0"]\n',
    "shop/__init__.py": "",
    "shop/main.py": "import sentry_sdk\n\nsentry_sdk.init()\n\n\ndef handler(event, context):\n    return {}\n",
}


@pytest.mark.parametrize(
    ("method", "group", "outcome", "said", "at"),
    [
        ("makefile", "--group deploy ", P, "sentry-sdk==2.75.0 is declared", ("pyproject.toml", 7)),
        # What the made file holds is not followed, so nothing more is said than that.
        ("makefile", "", U, "and what `uv pip install -r $(ARTIFACTS_DIR)/requirements.txt", ("Makefile", 7)),
        (
            "python3.13",
            "--group deploy ",
            U,
            "installs it, and whether production runs that is not known",
            ("Makefile", 6),
        ),
    ],
)
def test_the_target_of_a_function_installs_what_runs(method, group, outcome, said, at):
    files = FILES | {"template.yaml": TEMPLATE % method, "Makefile": MAKEFILE % group}
    result = check_one("sdk-installed", files)
    assert result.outcome is outcome, (result.findings, result.evidence)
    texts = [f.message for f in result.findings] + [e.fact for e in result.evidence]
    assert any(said in t for t in texts), texts
    place = (result.findings or result.evidence)[0]
    assert (place.path, place.line) == at
