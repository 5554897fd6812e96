"""A pytest plugin: short names for cases, and what each test saw checks say compared with the record (`tests.support.verdicts`)."""

from __future__ import annotations

import difflib
import functools
import hashlib
from collections.abc import Generator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from tests.support import verdicts

_HEARD = pytest.StashKey[dict[str, str]]()
_LONG = 80
read = functools.cache(verdicts.read)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-verdicts", action="store_true", help="write anew what the tests saw checks say")


def _plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(_plain(k) and _plain(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_plain, value))
    return value is None or isinstance(value, (str, bytes, int, float, Enum))


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name a case by a digest of its content where that is long, so that one more case renames no other."""
    if isinstance(val, (str, bytes)) and len(val) > _LONG:
        head = val[:40] if isinstance(val, str) else val[:40].decode("ascii", "replace")
        return f"{head.encode('unicode_escape').decode('ascii')}~{_digest(val)}"
    return f"{argname}~{_digest(val)}" if isinstance(val, (dict, list, tuple)) and _plain(val) else None


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()[:8]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    with verdicts.listening() as heard:
        yield
    said = "\n".join(heard)
    if item.config.getoption("--update-verdicts"):
        item.config.stash.setdefault(_HEARD, {})[item.nodeid] = said
        return
    known = read(verdicts.file_of(item.nodeid)).get(verdicts.name_of(item.nodeid), "")
    if said != known:
        lines = difflib.unified_diff(known.splitlines(), said.splitlines(), "recorded", "said now", n=1, lineterm="")
        pytest.fail(
            "a check says something else than was recorded; where that is meant, run `python -m tests.verdicts --update`"
            " and read the difference:\n" + "\n".join(lines),
            pytrace=False,
        )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take what a worker heard."""
    node.config.stash.setdefault(_HEARD, {}).update(getattr(node, "workeroutput", {}).get("verdicts", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass what was heard on to the process that started the workers; that one writes it."""
    if not session.config.getoption("--update-verdicts"):
        return
    worker = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker["verdicts"] = session.config.stash.get(_HEARD, {})
        return
    by_file: dict[Path, dict[str, str]] = {}
    for nodeid, said in session.config.stash.get(_HEARD, {}).items():
        by_file.setdefault(verdicts.file_of(nodeid), {})[verdicts.name_of(nodeid)] = said
    for path, seen in by_file.items():
        verdicts.write(path, {name: said for name, said in (verdicts.read(path) | seen).items() if said})
