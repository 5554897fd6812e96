"""A program that compose starts beside an application that nothing names: the application answers requests, so it is the backend."""

from __future__ import annotations

from tests.support.repo import facts_of

FILES = {
    "requirements.txt": "fastapi\nuvicorn\nsentry-sdk\n",
    "app/__init__.py": "",
    "app/__main__.py": "def main():\n    pass\n\n\nif __name__ == '__main__':\n    main()\n",
    "app/api.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
}
PROGRAM = "services:\n  updater:\n    build: .\n    command: [python3, -m, app, run]\n"


def entries(files: dict[str, str]) -> list[tuple[str, str]]:
    """Return the path and the kind of each backend's entry."""
    return [(b.entry.path, b.entry.kind) for b in facts_of(files).backends if b.entry is not None]


def test_a_program_that_is_started_does_not_hide_the_application():
    assert entries(FILES | {"compose.yml": PROGRAM}) == [("app/api.py", "web")]


def test_a_program_alone_is_what_is_deployed():
    alone = {path: text for path, text in FILES.items() if path != "app/api.py"}
    found = entries(alone | {"compose.yml": PROGRAM, "requirements.txt": "sentry-sdk\n"})
    assert found == [("app/__main__.py", "script")]
