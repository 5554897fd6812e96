"""The manner of a repository that its formatters fix: how long its lines may be, and how its tables are written."""

from __future__ import annotations

import configparser
import itertools
import tomllib
from collections.abc import Sequence
from typing import Any

from yaml import Node

from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import purposes
from setup_wizard.editors.settings import majority_quote

_DEFAULT = 88
"""Black's and Ruff's own (https://docs.astral.sh/ruff/settings/#line-length)."""
_QUOTES = {"single": "'", "'": "'", "double": '"', '"': '"'}
_READ = 12
"""How many modules are read for the quotes of a project that no formatter is configured for."""
_GENERATED = ("manage.py", "asgi.py", "wsgi.py")
"""What `startproject` writes, in Django's manner."""
_PRETTIER = 80
"""Prettier's and Biome's own (https://prettier.io/docs/options#print-width)."""

_RC = (".prettierrc", ".prettierrc.json", ".prettierrc.yaml", ".prettierrc.yml")
_WIDTHS = (
    ("package.json", ("prettier", "printWidth")),
    *((n, ("printWidth",)) for n in _RC),
    ("biome.json", ("formatter", "lineWidth")),
    (".oxfmtrc.json", ("printWidth",)),
)
_COMMAS = (
    ("package.json", ("prettier", "trailingComma")),
    *((n, ("trailingComma",)) for n in _RC),
    ("biome.json", ("javascript", "formatter", "trailingCommas")),
    (".oxfmtrc.json", ("trailingComma",)),
)


def line_width(facts: Facts, root: str) -> int:
    """Return the longest line (characters) of the Python code below a folder: ruff's or black's setting, else flake8's, else 88."""
    for folder in dict.fromkeys((root, ".")):
        for name in ("ruff.toml", ".ruff.toml", "pyproject.toml"):
            found = _toml(facts, join(folder, name), name)
            if found is not None:
                return found
    for folder in dict.fromkeys((root, ".")):
        for name in (".flake8", "setup.cfg", "tox.ini"):
            found = _ini(facts.text(join(folder, name)))
            if found is not None:
                return found
    return _DEFAULT


def python_quote(facts: Facts, root: str) -> str:
    """Return the quotes of the Python code below a folder: what a formatter or linter asks for, else those of most strings there.

    Sources: https://docs.astral.sh/ruff/settings/#format_quote-style, https://docs.astral.sh/ruff/settings/#lintflake8-quotes,
    https://pypi.org/project/flake8-quotes/#configuration; Black knows double ones alone.
    """
    for folder in dict.fromkeys((root, ".")):
        for name in ("ruff.toml", ".ruff.toml", "pyproject.toml"):
            read = _read_toml(facts.text(join(folder, name)))
            tool = _table(read, "tool")
            ruff = _table(tool, "ruff") if name == "pyproject.toml" else read
            asked = (
                _table(ruff, "format").get("quote-style"),
                *(_table(t, "flake8-quotes").get("inline-quotes") for t in (_table(ruff, "lint"), ruff)),
            )
            found = next((_QUOTES[a] for a in asked if a in _QUOTES), None)
            if found is not None:
                return found
            if name == "pyproject.toml" and isinstance(tool.get("black"), dict):
                return (
                    "'"
                    if tool["black"].get("skip-string-normalization") is True and _mostly_single(facts, root)
                    else '"'
                )
        for name in (".flake8", "setup.cfg", "tox.ini"):
            asked_by = _flake8(facts.text(join(folder, name)), "inline-quotes")
            if asked_by in _QUOTES:
                return _QUOTES[asked_by]
    return "'" if _mostly_single(facts, root) else '"'


def _mostly_single(facts: Facts, root: str) -> bool:
    """Return whether most modules near the top of a folder have more single quotes than double ones; a dozen is read."""
    modules = [p for p in facts.with_suffix("py") if inside(p, root) and not purposes(p) and not p.endswith(_GENERATED)]
    found = [
        majority_quote(text, "")
        for p in sorted(modules, key=lambda p: (p.count("/"), p))[:_READ]
        if (text := facts.text(p))
    ]
    return found.count("'") > found.count('"')


def javascript_width(facts: Facts, root: str) -> int:
    """Return the longest line of the JavaScript below a folder: what Prettier or Biome is configured with nearest to it, else 80."""
    folder = root
    while True:
        found = _width_of(facts, folder)
        if found is not None or folder == ".":
            return found or _PRETTIER
        folder = parent(folder)


def javascript_comma(facts: Facts, root: str) -> str | None:
    """Return what Prettier or Biome writes behind the last of several lines, as configured nearest to a folder; None where neither says.

    https://prettier.io/docs/options#trailing-commas, https://biomejs.dev/reference/configuration/#javascriptformattertrailingcommas
    """
    folder = root
    while True:
        written = _asked(facts, folder, _COMMAS)
        if written or folder == ".":
            return None if not written else "" if written == "none" else ","
        folder = parent(folder)


def pyproject_tables(facts: Facts) -> bool:
    """Return whether pyproject-fmt writes tools' options as tables of their own, not as dotted keys as it does by itself.

    https://pyproject-fmt.readthedocs.io/en/latest/#configuration-file (`table_format`)
    """
    shared = _read_toml(facts.text("pyproject-fmt.toml"))
    own = _table(_table(_read_toml(facts.text("pyproject.toml")), "tool"), "pyproject-fmt")
    hook = hook_of(facts, "pyproject-fmt")
    arguments = " ".join(hook or ()).replace("=", " ").split()
    given = dict(itertools.pairwise(arguments)).get("--table-format")
    return (given or own.get("table_format") or shared.get("table_format")) == "long"


def hook_of(facts: Facts, name: str) -> tuple[str, ...] | None:
    """Return the arguments of a pre-commit hook, None where the repository runs none of that id.

    https://pre-commit.com/#pre-commit-configyaml---hooks; prek reads the same file.
    """
    for path in (".pre-commit-config.yaml", ".pre-commit-config.yml"):
        document = facts.yaml(path) if path in facts.paths else None
        for repository in y.sequence(y.get(document, "repos")) if isinstance(document, Node) else ():
            for hook in y.sequence(y.get(repository, "hooks")):
                if y.scalar(y.get(hook, "id")) == name:
                    return tuple(a for n in y.sequence(y.get(hook, "args")) if (a := y.scalar(n)) is not None)
    return None


def _width_of(facts: Facts, folder: str) -> int | None:
    written = _asked(facts, folder, _WIDTHS)
    return int(written) if written.isdecimal() else None


def _asked(facts: Facts, folder: str, places: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """Return what the first of some files of a folder has at a path of keys; nothing where none has."""
    for name, keys in places:
        text = facts.text(join(folder, name))
        try:
            node = y.get(y.parse_yaml(text), *keys) if text else None  # JSON is YAML too
        except ParseError:
            continue
        written = y.scalar(node)
        if written:
            return written
    return ""


def _toml(facts: Facts, path: str, name: str) -> int | None:
    read = _read_toml(facts.text(path))
    tables = [read] if name != "pyproject.toml" else [_table(_table(read, "tool"), t) for t in ("ruff", "black")]
    return next((v for t in tables if isinstance(v := t.get("line-length", t.get("line_length")), int)), None)


def _read_toml(text: str | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text or "")
    except ValueError:
        return {}


def _table(read: dict[str, Any], key: str) -> dict[str, Any]:
    found = read.get(key)
    return found if isinstance(found, dict) else {}


def _ini(text: str | None) -> int | None:
    found = _flake8(text, "max-line-length")
    return int(found) if found.isdecimal() else None


def _flake8(text: str | None, key: str) -> str:
    """Return an option of flake8 in an INI file, which it takes with dashes and with underscores; empty where it is not set."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text or "")
        return parser.get("flake8", key, fallback=parser.get("flake8", key.replace("-", "_"), fallback=""))
    except configparser.Error:
        return ""
