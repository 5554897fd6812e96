"""TOML through tomlkit: a dependency in pyproject.toml, and what the wizard remembers in `[tool.sentry-setup]`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from checks.config import flatten
from checks.parsers.requirements import parse_pyproject
from checks.parsers.text import ParseError
from setup_wizard.editors.base import Edit, Edited, Refused, Text, Unchanged, not_utf8, read_text


def _load(data: bytes | None, path: str) -> tuple[Text, tomlkit.TOMLDocument] | Refused:
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    if text.mixed:
        return Refused(f"{path} mixes line ends", "", path)
    try:
        return text, tomlkit.parse(text.body.replace("\r\n", "\n"))
    except (TOMLKitError, ValueError, RecursionError) as error:
        return Refused(f"{path} is not TOML: {error}", "", path)


def _dump(text: Text, document: tomlkit.TOMLDocument, path: str) -> Edited | Refused:
    body = tomlkit.dumps(document)
    try:
        tomllib.loads(body)
    except tomllib.TOMLDecodeError as error:
        return Refused(f"{path} would not be TOML any more: {error}", "", path)
    return Edited(text.encode(body.replace("\n", text.newline)))


def add_dependency(data: bytes, name: str, specifier: str, path: str = "pyproject.toml") -> Edit:
    """Add a runtime dependency to `[project]`, or to poetry's table where that is the project's way."""
    snippet = f"{name}{specifier}"
    loaded = _load(data, path)
    if isinstance(loaded, Refused):
        return Refused(loaded.reason, snippet, path)
    text, document = loaded
    try:
        present = [d for d in parse_pyproject(text.body) if d.name == name and not d.group]
    except ParseError as error:
        return Refused(f"{path}: {error.message}", snippet, path)
    if present:
        return Unchanged(f"{name} stands in {path} already")
    project: Any = document.get("project")
    poetry: Any = (document.get("tool") or {}).get("poetry")
    dependencies = project.get("dependencies") if project is not None else None
    if isinstance(dependencies, list):
        _append(dependencies, snippet)
    elif poetry is not None and isinstance(poetry.get("dependencies"), dict):
        poetry["dependencies"][name] = specifier
    else:
        return Refused(f"{path} declares no dependencies", f'dependencies = ["{snippet}"]', f"[project] in {path}")
    return _dump(text, document, path)


def _append(array: Any, value: str) -> None:
    """Append to an array in its own layout; where its lines are sorted, in order."""
    plain = [str(v).lower() for v in array]
    if len(plain) > 2 and plain == sorted(plain):
        for index, other in enumerate(plain):
            if other > value.lower():
                array.insert(index, value)
                return
    array.append(value)


def remember(data: bytes | None, answers: Mapping[str, str], path: str) -> Edit:
    """Write answers as dotted keys into `[tool.sentry-setup]` of a pyproject.toml, or into a sentry-setup.toml.

    A key that stands there keeps its place; its value is replaced only by a different one.
    """
    own = path.rpartition("/")[2] != "pyproject.toml"
    snippet = "\n".join(f'{k} = "{v}"' for k, v in answers.items())
    loaded = _load(data, path)
    if isinstance(loaded, Refused):
        return Refused(loaded.reason, snippet, path)
    text, document = loaded
    section: Any = document
    if not own:
        tool = document.setdefault("tool", tomlkit.table(is_super_table=True))
        if "sentry-setup" not in tool:
            if not answers:
                return Unchanged("nothing to remember")
            tool["sentry-setup"] = tomlkit.table()
        section = tool["sentry-setup"]
    plain = {k: v for k, v in section.unwrap().items() if k not in ("waivers", "sign-offs")}
    present = flatten(plain, path)
    changed = {k: v for k, v in answers.items() if present.get(k) != v}
    if not changed:
        return Unchanged(f"{path} remembers them already")
    for key, value in changed.items():
        _set(section, key.split("."), value)
    return _dump(text, document, path)


def _set(section: Any, words: list[str], value: str) -> None:
    table = section
    for depth, word in enumerate(words[:-1]):
        if word not in table:
            table.append(tomlkit.key(words[depth:]), value)
            return
        table = table[word]
    table[words[-1]] = value
