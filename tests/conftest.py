"""Takes the developer's machine out of every test: no network, no real HOME, no SENTRY_* or CI variables."""

from __future__ import annotations

import itertools
import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# how long an example takes says nothing of the code on a machine that does other work as well
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
pytest_plugins = ["pytester"]

if find_spec("sniffio") is None:
    # httpx's ASGI transport tries this import at each request; a failing one takes the module's lock each time, and CPython can
    # lose that lock to a garbage collection in between (https://github.com/python/cpython/issues/106176).
    sys.modules["sniffio"] = None  # type: ignore[assignment]

_SCRUBBED = (
    "SENTRY_", "GITHUB_", "GIT_", "CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TEXTUAL", "PYTHONDONTWRITEBYTECODE",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write the golden outcomes anew")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers a core: half of the time, these tests wait for a screen, a server, a process or git."""
    return 2 * (os.cpu_count() or 1)


_homes = itertools.count()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each test's home: beside the tests' own folders, `mktemp` would look through thousands for each new one."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def lonely_machine(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = homes / f"{os.getpid()}-{next(_homes)}"
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(_SCRUBBED) and not name.startswith("TEXTUAL_SNAPSHOT"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("SENTRY_SETUP_NO_CACHE", "1")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The demo's sample repository, git initialized."""
    from setup_wizard.demo import make_sample

    return make_sample(tmp_path)
