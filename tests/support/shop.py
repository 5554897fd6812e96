"""A shop on Render in memory, whose settings, server and variables a case changes; and what an item says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.model import Outcome, Result
from tests.support.repo import backend, check_one

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
REQUIREMENTS = "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\n"
_WORKER = (
    "  - type: worker\n    name: shop-worker\n    runtime: python\n    startCommand: celery -A shop worker\n"
    "    envVars:\n      - key: SENTRY_DSN\n        sync: false\n"
)


def blueprint(variables: Sequence[str] = (), command: str = "gunicorn shop.wsgi", *, worker: bool = False) -> str:
    """A service of Render with variables, each `NAME=value`, or `NAME` for a secret; and a worker of Celery."""
    pairs = (line.partition("=") for line in ("SENTRY_DSN", *variables))
    given = "".join(
        f"      - key: {name}\n        {'value: ' + repr(value) if sign else 'sync: false'}\n"
        for name, sign, value in pairs
    )
    head = f"services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: {command}\n    envVars:\n"
    return head + given + (_WORKER if worker else "")


def deployed(files: Mapping[str, str], given: Mapping[str, object]) -> dict[str, str]:
    """Return a Django project with some files, on Render unless `deployed` is False."""
    base = backend() | {"requirements.txt": REQUIREMENTS}
    arguments = dict(given)
    if arguments.pop("deployed", True):
        base["render.yaml"] = blueprint(**arguments)  # type: ignore[arg-type]
    return base | dict(files)


def first_place(result: Result) -> tuple[str, int | None]:
    """Return what a result's first finding says, else its first evidence, with the line that it names."""
    places = [(f.message, f.line) for f in result.findings] + [(e.fact, e.line) for e in result.evidence]
    return (*places, ("", None))[0]


def assert_case(
    item: str, files: Mapping[str, str], given: Mapping[str, object], outcome: Outcome, message: str, line: int | None
) -> None:
    """Assert an item's outcome, what its first finding (or evidence) says, and the line that it names."""
    result = check_one(item, deployed(files, given))
    said, at = first_place(result)
    assert (result.outcome, message in said, at) == (outcome, True, line), said
