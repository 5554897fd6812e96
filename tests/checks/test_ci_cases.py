"""Whether CI makes a release, and whether a host declares the DSN: one small repository a case, in three files of cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.repo import backend, check_one

READS = {
    "shop/settings.py": 'import os\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
    "shop/wsgi.py": "",
    "requirements.txt": "django\nsentry-sdk==2.75.0\ngunicorn\n",
}


def cases(file: str) -> Iterator[object]:
    """Yield `(files, outcomes)`: a line `# name: outcome outcome`, then files under `-- path --`."""
    name, outcomes, files, path = "", "", {}, ""
    for line in [*Path(__file__).with_name(file).read_text("utf-8").splitlines(), "# end: "]:
        if line.startswith("# ") and ": " in line and not line.startswith("# -"):
            if name:
                yield pytest.param(files, outcomes.split(), id=name)
            name, _, outcomes = line[2:].partition(": ")
            files = {}
        elif line.startswith("-- ") and line.endswith(" --"):
            path = line[3:-3]
            files[path] = ""
        else:
            files[path] += line + "\n"


@pytest.mark.parametrize(("files", "outcomes"), list(cases("ci_cases.txt")))
def test_ci_makes_a_release(files, outcomes):
    found = check_one("release-tracking", backend() | files)
    assert str(found.outcome) in outcomes, found.verdicts


@pytest.mark.parametrize(("files", "outcomes"), list(cases("provider_cases.txt")))
def test_a_pipeline_runs_its_release_when_code_is_deployed(files, outcomes):
    test_ci_makes_a_release(files, outcomes)


@pytest.mark.parametrize(("files", "outcomes"), list(cases("host_cases.txt")))
def test_a_host_declares_the_dsn(files, outcomes):
    found = check_one("dsn-configured", backend() | READS | files)
    assert str(found.outcome) in outcomes, found.verdicts
