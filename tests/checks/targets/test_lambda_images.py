"""Functions of AWS Lambda that are deployed as an image: the CMD of an image for Lambda names the handler."""

from __future__ import annotations

import pytest

from tests.support.edits import after
from tests.support.repo import facts_of

CODE = "from fastapi import FastAPI\nfrom mangum import Mangum\n\napp = FastAPI()\nhandler = Mangum(app)"
FILES = {"api/main.py": CODE, "api/requirements.txt": "fastapi\nmangum\n"}
OWN = 'FROM python:3.13\nCOPY . .\nENTRYPOINT ["/entry.sh"]\nCMD ["main.handler"]\n'
ENTRY = '#!/bin/sh\nexec /usr/local/bin/python -m awslambdaric "$1"\n'
AWS = 'FROM public.ecr.aws/lambda/python:3.13\nCOPY . ${LAMBDA_TASK_ROOT}\nCMD ["main.handler"]\n'

CASES: dict[str, tuple[dict[str, str], tuple[str, str, str, str | None]]] = {
    "an image of AWS": ({"api/Dockerfile": AWS}, ("aws-lambda", "api/main.py", "handler", "api/Dockerfile")),
    "an image of AWS in stages": (
        {"api/Dockerfile": AWS.replace("COPY", "FROM base\nCOPY").replace("python:3.13\n", "python:3.13 AS base\n", 1)},
        ("aws-lambda", "api/main.py", "handler", "api/Dockerfile"),
    ),
    "the client of Lambda in a script": (
        {"api/Dockerfile": OWN, "api/bin/entry.sh": ENTRY},
        ("aws-lambda", "api/main.py", "handler", "api/Dockerfile"),
    ),
    "the client of Lambda in the entry point": (
        {"api/Dockerfile": OWN.replace('"/entry.sh"', '"python", "-m", "awslambdaric"')},
        ("aws-lambda", "api/main.py", "handler", "api/Dockerfile"),
    ),
    "another image": ({"api/Dockerfile": OWN}, ("fastapi", "api/main.py", "app", "api/main.py")),
    "a handler that is not here": (
        {"api/Dockerfile": AWS.replace("main.handler", "other.handler")},
        ("fastapi", "api/main.py", "app", "api/main.py"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_handler_of_an_image(name):
    files, expected = CASES[name]
    (backend,) = facts_of(FILES | files).backends
    assert backend.entry is not None
    found = (backend.framework, backend.entry.path, backend.entry.attribute, backend.entry.found_in)
    assert found == expected


def test_the_step_initializes_above_the_application_that_the_handler_serves(tmp_path):
    done = after(tmp_path, FILES | {"api/Dockerfile": AWS}, "sdk")
    text = done.text("api/main.py")
    assert "integrations=[AwsLambdaIntegration(timeout_warning=True)]," in text
    assert text.index("sentry_sdk.init(") < text.index("app = FastAPI()") < text.index("handler = ")
    assert text.endswith("handler = Mangum(app)")  # no line break where there was none
