"""What each kind of file gives a variable, and what only looks like it."""

from __future__ import annotations

import pytest

from checks.repository.assigned_variables import assigned_in
from tests.support.repo import facts_of

CASES = [
    ("Dockerfile", "FROM python:3.13\nENV A=1 \\\n    MODE=live\n", [("live", 3)]),
    ("Dockerfile", "FROM python:3.13\nENV MODE live\n# ENV MODE=other\n", [("live", 2)]),
    ("Dockerfile", "FROM python:3.13\nRUN MODE=build python x.py\nCMD MODE=live gunicorn x\n", [("live", 3)]),
    ("Dockerfile", "FROM python:3.13\nENV OTHER_MODE=live\n", []),
    ("compose.yml", "services:\n  web:\n    environment:\n      MODE: live\n", [("live", 4)]),
    ("compose.yml", "services:\n  web:\n    environment:\n      - MODE=live\n", [("live", 4)]),
    ("compose.yml", "services:\n  web:\n    environment:\n      - MODE=${MODE}\n", []),
    ("render.yaml", "services:\n  - envVars:\n      - key: MODE\n        value: live\n", [("live", 3)]),
    (
        "render.yaml",
        "services:\n  - envVars:\n      - key: MODE\n        sync: false\n      - key: B\n        value: x\n",
        [],
    ),
    ("app.json", '{"env": {"MODE": {"value": "live"}}}', [("live", 1)]),
    ("fly.toml", '[env]\n# MODE = "other"\nMODE = "live"\n', [("live", 3)]),
    (".env.production", "# MODE=other\nMODE=live\n", [("live", 2)]),
    ("Procfile", "web: MODE=live gunicorn x\n", [("live", 1)]),
    ("start.sh", "export MODE=live\necho 'MODE=other'\ngunicorn x\n", [("live", 1)]),
    ("start.sh", "docker run -e MODE=live image\n", [("live", 1)]),
    ("start.sh", "cat <<END > .env\nMODE=live\nEND\n", []),
    ("uwsgi.ini", "[uwsgi]\nenv = A=1\nenv = MODE=live\n", [("live", 3)]),
    ("supervisord.conf", '[program:web]\nenvironment=A="1",MODE="live"\n', [("live", 2)]),
    ("shop.service", "[Service]\nEnvironment=A=1 MODE=live\nExecStart=/bin/x\n", [("live", 2)]),
    (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    steps:\n      - run: |\n          true\n          MODE=live ./x\n",
        [("live", 6)],
    ),
]


@pytest.mark.parametrize(("path", "text", "found"), CASES, ids=range(len(CASES)))
def test_a_file_gives_a_variable_a_value(path, text, found):
    assert assigned_in(facts_of({path: text}), path, "MODE") == found
