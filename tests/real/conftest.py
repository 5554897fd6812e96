"""What all tests with real parts share: one cache for what npm and pip download, since each test has a HOME of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.real.test_real_parts import MACHINE


@pytest.fixture(scope="session", autouse=True)
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder of this run, which its workers share: both tools keep what they download by its digest."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "downloads"
    named = {"npm_config_cache": shared / "npm", "npm_config_prefer_offline": "true", "PIP_CACHE_DIR": shared / "pip"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in named.items():
            patch.setenv(name, str(value))
            patch.setitem(MACHINE, name, str(value))
        yield
