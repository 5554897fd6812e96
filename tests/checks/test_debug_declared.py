"""Where a deploying file turns DEBUG on, the finding names that file."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

READ = "import os\nDEBUG = os.environ.get('DEBUG', 'false') == 'true'\n"


def rendered(*variables: tuple[str, str]) -> dict[str, str]:
    rows = "".join(f"      - key: {k}\n        value: '{v}'\n" for k, v in variables)
    head = "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n"
    return backend() | {"shop/settings.py": READ, "render.yaml": f"{head}    envVars:\n{rows}"}


@pytest.mark.parametrize(
    ("variables", "outcome", "said", "place"),
    [
        (
            (("PORT", "1"), ("DEBUG", "true")),
            Outcome.FAIL,
            "DEBUG is on: `DEBUG` is 'true' for shop (Render, production) (`os.environ.get('DEBUG', 'false') == 'true'`)",
            ("render.yaml", 9, "change `DEBUG` there"),
        ),
        (
            (("DEBUG", "false"),),
            Outcome.PASS,
            "DEBUG is off by default (`os.environ.get('DEBUG', 'false') == 'true'`)",
            ("shop/settings.py", 2, None),
        ),
    ],
)
def test_the_file_that_turns_debug_on_is_named(variables, outcome, said, place):
    result = check_one("debug-off", rendered(*variables))
    assert result.outcome is outcome
    if outcome is Outcome.FAIL:
        [finding] = result.findings
        assert (finding.message, (finding.path, finding.line, finding.hint)) == (said, place)
    else:
        [evidence] = result.evidence
        assert (evidence.fact, evidence.path, evidence.line) == (said, *place[:2])
