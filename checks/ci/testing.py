"""How the job that tests a backend installs its dependencies, so that another job can do the same; GitHub's workflows only.

Everything that is taken over is known to install and nothing else; a job with anything that may install in another way is left.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from msgspec import Struct

from checks.ci.commands import step_commands
from checks.ci.model import Job, Step, Workflow
from checks.parsers import yaml as y
from checks.repository.backends import Backend
from checks.repository.commands import Ran
from checks.repository.facts import Facts, inside

_TESTS = frozenset({"pytest", "py.test", "unittest", "nose2"})
_WHOLE = frozenset({"tox", "nox", "hatch"})
"""Runners that install by themselves, into an environment of their own."""
_INSTALLS: dict[str, frozenset[str]] = {
    "pip": frozenset({"install"}),
    "pip3": frozenset({"install"}),
    "uv": frozenset({"sync", "venv", "python"}),
    "poetry": frozenset({"install", "sync", "config"}),
    "pipenv": frozenset({"install", "sync"}),
    "pdm": frozenset({"install", "sync"}),
    "pipx": frozenset({"install"}),
    "apt-get": frozenset({"update", "install"}),
    "apt": frozenset({"update", "install"}),
}
_TOOLS = ("uv", "poetry", "pipenv", "pdm")
_SETUP = (
    "actions/setup-python@",
    "astral-sh/setup-uv@",
    "snok/install-poetry@",
    "abatilo/actions-poetry@",
    "pdm-project/setup-pdm@",
)
"""Actions that bring Python or a package manager, and take no secret."""
_BESIDE = (
    "actions/checkout@",
    "actions/cache@",
    "actions/setup-node@",
    "codecov/",
    "docker/",
    "actions/upload-artifact@",
)
"""Actions that install nothing for Python."""
_VARIABLES = ("PIP_", "UV_", "POETRY_", "PIPENV_", "PDM_")
_MATRIX = r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}"

PYTHONS = {
    "poetry": "$(poetry env info --executable)",
    "pipenv": "$(pipenv --py)",
    "pdm": "$(pdm info --python)",
    "pip": "$(command -v python)",
}
"""How a shell names the interpreter that a package manager installed for; `uv sync` makes the `.venv` that is found by itself."""


class Installing(Struct, frozen=True, kw_only=True):
    """A step to repeat: an action with its inputs, or commands with their folder and variables."""

    uses: str | None = None
    inputs: dict[str, str] = {}
    commands: tuple[str, ...] = ()
    folder: str = "."
    env: dict[str, str] = {}
    managers: tuple[str, ...] = ()


class TestSetup(Struct, frozen=True, kw_only=True):
    """What a test job does before its tests: the steps, the package manager, the folder it is asked in, and the job's place."""

    __test__ = False  # its name is no test's

    path: str
    job: str
    line: int
    steps: tuple[Installing, ...]
    manager: str
    folder: str


class NotRepeatableError(Exception):
    """Why a job's installation cannot be repeated."""


def find_test_setup(facts: Facts, backend: Backend) -> TestSetup:
    """Return how the backend's own test job installs. Raises `NotRepeatableError`, with the reason as a sentence's end."""
    reasons: list[str] = []
    for flow in facts.workflows:
        for job in flow.jobs if flow.ci.repeats_installation and flow.problem is None else ():
            at = _first_test(facts, job, backend)
            if at is None:
                continue
            try:
                return _setup(facts, flow, job, at)
            except NotRepeatableError as reason:
                reasons.append(f"job {job.id} of {flow.path}:{job.line} {reason}")
    raise NotRepeatableError(reasons[0] if reasons else "no GitHub job here runs the backend's tests")


def _first_test(facts: Facts, job: Job, backend: Backend) -> tuple[int, int] | None:
    """Return the first command that tests the backend: the index of its step, and of the command in the step."""
    for number, step in enumerate(job.steps):
        for place, ran in enumerate(step_commands(facts, step)):
            here = ran.folder == "." or inside(ran.folder, backend.root) or inside(backend.root, ran.folder)
            if ran.words and here and is_test(ran.words):
                return number, place
    return None


def is_test(words: tuple[str, ...]) -> bool:
    """Return whether a command runs tests."""
    program = words[0].rpartition("/")[2]
    if program == "coverage" and words[1:2] == ("run",):
        return any(w in _TESTS for w in words[2:]) or _manages(words)
    return program in _TESTS | _WHOLE or _manages(words)


def _manages(words: tuple[str, ...]) -> bool:
    at = next((i for i, w in enumerate(words) if w.rpartition("/")[2] == "manage.py"), None)
    return at is not None and words[at + 1 : at + 2] == ("test",)


def _setup(facts: Facts, flow: Workflow, job: Job, at: tuple[int, int]) -> TestSetup:
    if y.get(job.node, "container") is not None:
        raise NotRepeatableError("runs in a container")
    first = step_commands(facts, job.steps[at[0]])[at[1]].words[0]
    if first in _WHOLE:
        raise NotRepeatableError(f"tests with {first}, which installs by itself")
    found: list[Installing] = []
    for number, step in enumerate(job.steps[: at[0] + 1]):
        rows = step_commands(facts, step)
        found += _of_step(job, step, rows[: at[1]] if number == at[0] else rows)
    managers = [(name, s.folder) for s in found for name in s.managers]
    if not managers:
        raise NotRepeatableError("installs nothing that is recognized")
    own = [m for m in managers if m[0] in _TOOLS] or managers
    return TestSetup(
        path=flow.path, job=job.id, line=job.line, steps=tuple(found), manager=own[-1][0], folder=own[-1][1]
    )


def _manager(words: tuple[str, ...]) -> str | None:
    """Return the package manager whose environment a command fills; `pip` for the interpreter's own."""
    if words[:3] == ("uv", "pip", "install"):
        return "pip" if "--system" in words else "uv"
    if words[:2] in (("pip", "install"), ("pip3", "install")):
        tools = {w.partition("==")[0] for w in words[2:] if not w.startswith("-")}
        return None if tools and tools <= {"pip", "setuptools", "wheel", *_TOOLS} else "pip"
    return words[0] if words and words[0] in _TOOLS and words[1:2] in (("install",), ("sync",)) else None


def _of_step(job: Job, step: Step, rows: tuple[Ran, ...]) -> Iterator[Installing]:
    if step.uses is not None:
        yield from _of_action(job, step)
        return
    taken = list(_taken(rows))
    if not taken:
        return
    _unconditional(step, f"`{taken[0][0].source.strip()}`")
    env = {k: v for k, v in step.env.items() if k.startswith(_VARIABLES) and k.isidentifier()}
    commands = tuple(
        " ".join([*(f"{k}={shlex.quote(v)}" for k, v in r.env.items()), shlex.join(r.written)]) for r, _ in taken
    )
    _plain(*commands, *env.values())
    open_words = [w for r, _ in taken for w in (*r.written, *r.env.values()) if re.search(r"[$*?`~]", w)]
    if open_words:
        raise NotRepeatableError(f"installs `{open_words[0]}`, which its own shell fills in")
    folders = {r.folder for r, _ in taken}
    if len(folders) > 1:
        raise NotRepeatableError("installs in several folders in one step")
    managers = tuple(m for _, words in taken for w in words if (m := _manager(w)))
    yield Installing(commands=commands, folder=folders.pop(), env=env, managers=managers)


def _taken(rows: tuple[Ran, ...]) -> Iterator[tuple[Ran, tuple[tuple[str, ...], ...]]]:
    """Yield the commands that install, each with the words of what it runs in the end.

    One that calls a script of mixed commands is not repeated.
    """
    for place, ran in enumerate(rows):
        if ran.depth:
            continue
        inner = []
        for other in rows[place + 1 :]:
            if not other.depth:
                break
            inner.append(other)
        if any(_installs(r) for r in inner):
            if not all(_installs(r) for r in inner):
                raise NotRepeatableError(f"installs in `{ran.source.strip()}` together with other things")
            yield ran, tuple(r.words for r in inner)
        elif _installs(ran):
            if ran.runs is not True:
                raise NotRepeatableError(f"runs `{ran.source.strip()}` on a condition")
            yield ran, (ran.words,)


def _installs(ran: Ran) -> bool:
    words = ran.words
    if words[:3] == ("uv", "pip", "install"):
        return True
    return bool(words) and words[1:2] != () and words[1] in _INSTALLS.get(words[0].rpartition("/")[2], ())


def _of_action(job: Job, step: Step) -> Iterator[Installing]:
    uses = step.uses or ""
    if uses.startswith(_BESIDE) or uses.startswith("./"):
        return  # the steps of an action of the repository itself are listed beside it
    if not uses.startswith(_SETUP) or not re.fullmatch(r"[\w.-]+/[\w./-]+@[\w./-]+", uses, re.ASCII):
        raise NotRepeatableError(f"uses {uses.partition('@')[0]}, which may install too")
    _unconditional(step, uses.partition("@")[0])
    odd = next((k for k in step.inputs if not re.fullmatch(r"[\w-]+", k, re.ASCII)), None)
    if odd is not None:
        raise NotRepeatableError(f"gives {uses.partition('@')[0]} an input whose name is not followed")
    inputs = {
        k: _resolved(job, v) for k, v in step.inputs.items() if k not in ("cache", "cache-dependency-path", "token")
    }
    yield Installing(uses=uses, inputs=inputs)


def _resolved(job: Job, text: str) -> str:
    """Return an input's text; of a matrix the last value, which by custom is the newest."""
    matrix = re.fullmatch(_MATRIX, text.strip())
    if matrix:
        values = y.strings(y.get(job.node, "strategy", "matrix", matrix[1]))
        if not values:
            raise NotRepeatableError(f"takes `{text.strip()}`, whose values are not written there")
        text = values[-1]
    _plain(text)
    return text


def _unconditional(step: Step, what: str) -> None:
    if step.condition is not None or step.conditions or step.runs is not True:
        raise NotRepeatableError(f"runs {what} on a condition")


def _plain(*texts: str) -> None:
    """Refuse what depends on the run, and secrets above all."""
    for text in texts:
        if "secrets." in text:
            raise NotRepeatableError("installs with a secret")
        if "${{" in text or "\n" in text.strip() or "$(" in text:
            raise NotRepeatableError(f"installs with `{text.strip()[:60]}`, which only its own run knows")
