"""The command in a compiled list's header, as one that may be run: only what compiles that list from files of the repository.

The header is text of the repository, so nothing of it is run that is not known: programs, options, files, each by its form.
Sources: https://docs.astral.sh/uv/reference/cli/#uv-pip-compile, https://pip-tools.readthedocs.io/en/stable/cli/pip-compile/
"""

from __future__ import annotations

import shlex
import shutil

from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, join, parent
from setup_wizard.plan.model import Command

_PROGRAMS = (("uv", "pip", "compile"), ("pip-compile",), ("uv", "export"), ("poetry", "export"), ("pdm", "export"))
_FLAGS = frozenset(
    {
        *("--generate-hashes", "--no-generate-hashes", "--strip-extras", "--no-strip-extras", "--allow-unsafe"),
        *(
            "--no-allow-unsafe",
            "--quiet",
            "-q",
            "--no-annotate",
            "--no-header",
            "--annotate",
            "--header",
            "--universal",
        ),
        *(
            "--all-extras",
            "--all-groups",
            "--no-dev",
            "--no-default-groups",
            "--no-emit-project",
            "--no-emit-index-url",
        ),
        *("--no-emit-options", "--no-emit-find-links", "--emit-index-url", "--emit-options", "--no-hashes", "--frozen"),
        *("--without-hashes", "--no-editable", "--without-urls", "--production", "--prod", "--all-build-deps"),
    }
)
"""Options without a value that change nothing but the list itself."""
_NAMED = frozenset(
    {
        *("--extra", "--extras", "-E", "--group", "--only-group", "--no-group", "--only", "--with", "--without", "-G"),
        *("--python-version", "-p", "--python-platform", "--resolver", "--annotation-style", "--unsafe-package"),
        *("--upgrade-package", "-P", "--format", "-f", "--pip-version"),
    }
)
"""Options whose value is a name, a list of names or a version."""
_FILES = frozenset({"-c", "--constraint", "--constraints", "--override", "--overrides"})
_OUTPUTS = frozenset({"-o", "--output-file", "--output"})
_LOCAL = ("-e", "--editable", ".", "/", "-r", "--requirement")
"""Beginnings of a line that may name a project of the repository, or a file that does."""
_NAME = lazy_pattern(r"[\w.,=<>~! -]+")


def compile_again(facts: Facts, command: str, compiled: str) -> Command | None:
    """Return the command as an argument list that may be run here; None where its tool is missing or it is not understood."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if words[:2] == ["python", "-m"]:
        return None
    program = next((p for p in _PROGRAMS if tuple(words[: len(p)]) == p), None)
    if program is None or shutil.which(program[0]) is None:
        return None
    for folder in dict.fromkeys((".", parent(compiled))):
        if _compiles(facts, words[len(program) :], folder, compiled, pip_tools=program[0] == "pip-compile"):
            return Command(argv=tuple(words), folder=folder, touches=(compiled,))
    return None


def _compiles(facts: Facts, words: list[str], folder: str, compiled: str, *, pip_tools: bool) -> bool:
    output, rest = "", iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            name, value = "", word
        elif word in _FLAGS:
            continue
        elif not equals:
            value = next(rest, "")
        if name in _OUTPUTS:
            output = join(folder, value)
        elif name in _NAMED and not (pip_tools and name in ("-f", "-p")):
            if not _NAME.fullmatch(value) or value.startswith("-"):
                return False
        else:
            known = (not name or name in _FILES) and _readable(facts, folder, value)
            if not known or (not name and not _only_names(facts, join(folder, value), pip_tools=pip_tools)):
                return False
    return output == compiled


def _readable(facts: Facts, folder: str, value: str) -> bool:
    return not value.startswith(("/", "~")) and join(folder, value) in facts.paths


def _only_names(facts: Facts, path: str, *, pip_tools: bool) -> bool:
    """Return whether compiling a file builds nothing of the repository, whose code would run then.

    pip-tools asks a project's own build for its dependencies, where uv reads a pyproject.toml that lists them.
    """
    if path.endswith("pyproject.toml"):
        return not pip_tools
    if not path.endswith((".in", ".txt")):
        return False
    lines = [line.strip() for line in (facts.text(path) or "").split("\n")]
    return not any(line.startswith(_LOCAL) or "file:" in line for line in lines)
