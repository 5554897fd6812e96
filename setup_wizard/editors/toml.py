"""TOML through tomlkit: a dependency in pyproject.toml, and what the wizard remembers in `[tool.sentry-setup]`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from checks.config import flatten
from checks.parsers.requirements import is_development, parse_pyproject, parse_requirement
from checks.parsers.text import ParseError
from setup_wizard.editors.base import Edit, Edited, Refused, Text, Unchanged, not_utf8, read_text
from setup_wizard.editors.placing import sorted_place, version_like


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
        return Refused(f"{path} would no longer be valid TOML: {error}", "", path)
    return Edited(text.encode(body.replace("\n", text.newline)))


def add_dependency(
    data: bytes,
    name: str,
    specifier: str,
    path: str = "pyproject.toml",
    pinned: str = "",
    beside: tuple[str, ...] = (),
) -> Edit:
    """Add a runtime dependency to `[project]`, to poetry's table, or to `[packages]` of a Pipfile: the project's own way.

    Where a group or an extra for production holds a distribution of `beside` and `[project]` does not, it goes there.

    The version is written as the others are: `specifier`, or after `pinned` (`==2.75.0`) where it is given (`version_like`).
    """
    snippet = f"{name}{specifier}"
    loaded = _load(data, path)
    if isinstance(loaded, Refused):
        return Refused(loaded.reason, snippet, path)
    text, document = loaded
    if path.rpartition("/")[2] == "Pipfile":
        packages: Any = document.get("packages")
        if not isinstance(packages, dict):
            return Refused(f"{path} has no [packages]", f'[packages]\n{name} = "{specifier}"', path)
        if any(str(k).lower().replace("_", "-") == name for k in packages):
            return Unchanged(f"{name} is already in {path}")
        version = version_like([_version(v) for v in packages.values()], specifier, pinned)
        packages[name] = _quoted(version, list(packages.values()))
        return _dump(text, document, path)
    try:
        present = [d for d in parse_pyproject(text.body) if d.name == name and not d.group]
    except ParseError as error:
        return Refused(f"{path}: {error.message}", snippet, path)
    if present:
        return Unchanged(f"{name} is already in {path}")
    project: Any = document.get("project")
    poetry: Any = (document.get("tool") or {}).get("poetry")
    dependencies = project.get("dependencies") if project is not None else None
    group = _group_with(document, beside)
    if group is not None and not _holds(dependencies, beside):
        if _holds(group, (name,)):
            return Unchanged(f"{name} is already in {path}")
        dependencies = group
    if isinstance(dependencies, list):
        others = [r[1] for d in dependencies if (r := parse_requirement(str(d))) is not None]
        version = version_like(others, specifier, pinned)
        _append(dependencies, f"{name} ({version})" if _in_parentheses(dependencies) else name + version)
    elif poetry is not None and isinstance(poetry.get("dependencies"), dict):
        others = [_version(v) for k, v in poetry["dependencies"].items() if k != "python"]
        version = version_like(others, specifier, pinned)
        poetry["dependencies"][name] = _quoted(version, list(poetry["dependencies"].values()))
    else:
        return Refused(f"{path} declares no dependencies", f'dependencies = ["{snippet}"]', f"[project] in {path}")
    edited = _dump(text, document, path)
    if isinstance(edited, Edited) and not any(d.name == name for d in parse_pyproject(edited.data.decode("utf-8-sig"))):
        return Refused(f"{path} is laid out in an unsupported way", snippet, f"the dependencies in {path}")
    return edited


def declare_variables(data: bytes, variables: Mapping[str, str], path: str = "fly.toml") -> Edit:
    """Declare variables in `[env]` of a fly.toml, made where it is missing; an existing one keeps its value.

    https://fly.io/docs/reference/configuration/#the-env-variables-section
    """
    snippet = "[env]\n" + "\n".join(f'  {k} = "{v}"' for k, v in variables.items())
    loaded = _load(data, path)
    if isinstance(loaded, Refused):
        return Refused(loaded.reason, snippet, path)
    text, document = loaded
    env: Any = document.get("env")
    if env is None:
        env = tomlkit.table()
        document["env"] = env
    if not isinstance(env, dict):
        return Refused(f"`env` in {path} is not a table", snippet, path)
    missing = {k: v for k, v in variables.items() if k not in env}
    if not missing:
        return Unchanged(f"{path} already declares them")
    indent = next((env.item(k).trivia.indent for k in env), "  ") if hasattr(env, "item") else ""
    for key, value in missing.items():
        item = tomlkit.item(value)
        item.trivia.indent = indent
        env[key] = item
    return _dump(text, document, path)


def _group_with(document: tomlkit.TOMLDocument, names: tuple[str, ...]) -> Any:
    """Return the list of a group or an extra, none of development, that holds one of some distributions; None without one."""
    project: Any = document.get("project") or {}
    for table in (document.get("dependency-groups"), project.get("optional-dependencies")):
        for group, listed in (table or {}).items():
            if isinstance(listed, list) and not is_development(str(group)) and _holds(listed, names):
                return listed
    return None


def _holds(listed: Any, names: tuple[str, ...]) -> bool:
    found = (parse_requirement(str(v)) for v in (listed if isinstance(listed, list) else ()) if isinstance(v, str))
    return any(r is not None and r[0] in names for r in found)


def _quoted(value: str, others: list[Any]) -> Any:
    """Return a string in the quotes that most of its neighbours have."""
    raw = [
        i.as_string()[:1]
        for v in others
        if (i := tomlkit.item(v) if isinstance(v, str) else v) is not None and hasattr(i, "as_string")
    ]
    return tomlkit.string(value, literal=raw.count("'") > raw.count('"'))


def _in_parentheses(array: Any) -> bool:
    """Return whether most entries that ask for a version have it in parentheses: `django (>=5.2,<6)`, as poetry 2 writes."""
    asked = [str(v) for v in array if isinstance(v, str) and re.search(r"[<>=~!]", str(v).partition(";")[0])]
    return sum(re.match(r"[\w.-]+(\[[^]]*\])? *\(", v) is not None for v in asked) * 2 > len(asked)


def _append(array: Any, value: str) -> None:
    """Append to an array in its own layout: in order where its lines are sorted, or those below its last comment are."""
    names = [r[0] if (r := parse_requirement(str(v))) is not None else str(v) for v in array]
    own = parse_requirement(value)
    name = own[0] if own is not None else value
    index = sorted_place(names, name)
    if index is None:
        start = _last_group(array, len(names))
        group = names[start:]
        in_order = start > 0 and len(group) > 1 and group == sorted(group)
        index = start + sum(n < name for n in group) if in_order else None
    value = _quoted(value, list(array))
    if index is None or index == len(names):
        array.append(value)
    else:
        array.insert(index, value)


def _last_group(array: Any, count: int) -> int:
    """Return the index of the first entry below the last comment that has a line of its own; 0 where lines hold several entries."""
    rows = [row.strip() for row in array.as_string().strip()[1:-1].split("\n")]
    entries = [row for row in rows if row and not row.startswith("#")]
    comments = [n for n, row in enumerate(rows) if row.startswith("#")]
    if len(entries) != count or not comments:
        return 0
    return sum(1 for row in rows[: comments[-1]] if row and not row.startswith("#"))


def _version(value: Any) -> str:
    """Return the version that poetry's or pipenv's entry asks for: the text, or `version` of a table."""
    found = value.get("version") if isinstance(value, dict) else value
    return found if isinstance(found, str) and found != "*" else ""


def remember(data: bytes | None, answers: Mapping[str, str], path: str, *, tables: bool = False) -> Edit:
    """Write answers as dotted keys into `[tool.sentry-setup]` of a pyproject.toml, or into a sentry-setup.toml.

    With `tables` a pyproject.toml gets tables of their own (`[tool.sentry-setup.backend]`), as its formatter writes them.
    An existing key keeps its place; its value is replaced only by a different one.
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
            if tables:
                tool["sentry-setup"] = _tables(answers)
                made = _dump(text, document, path)
                return made if isinstance(made, Refused) else Edited(_set_apart(made.data, text.newline))
            tool["sentry-setup"] = tomlkit.table()
        section = tool["sentry-setup"]
    plain = {k: v for k, v in section.unwrap().items() if k not in ("waivers", "sign-offs")}
    present = flatten(plain, path)
    changed = {k: v for k, v in answers.items() if present.get(k) != v}
    if not changed:
        return Unchanged(f"{path} already remembers them")
    for key, value in changed.items():
        _set(section, key.split("."), value)
    edited = _dump(text, document, path)
    return edited if own or isinstance(edited, Refused) else Edited(_set_apart(edited.data, text.newline))


def _tables(answers: Mapping[str, str]) -> Any:
    """Return answers as a table of tables, sorted, as pyproject-fmt sorts them."""
    made = tomlkit.table(is_super_table=True)
    for key, value in sorted(answers.items()):
        *words, last = key.split(".")
        table: Any = made
        for depth, word in enumerate(words, start=1):
            if word not in table:
                table[word] = tomlkit.table(is_super_table=depth < len(words))
            table = table[word]
        table[last] = value
    return made


def _set_apart(data: bytes, newline: str) -> bytes:
    """Keep an empty line before and after the table that was made: tomlkit puts it right between its neighbours."""
    end = newline.encode()
    data = re.sub(rb"(?<![\r\n])(\r?\n)(\[tool\.sentry-setup[\w.-]*\]\r?\n)", lambda m: m[1] + end + m[2], data)
    table = rb"(\[tool\.sentry-setup[\w.-]*\]\r?\n(?:[\w.-]+ = \"[^\"\r\n]*\"\r?\n)+)(?=\[)"
    return re.sub(table, lambda m: m[1] + end, data)


def record(data: bytes | None, table: str, entry: Mapping[str, object], path: str) -> Edit:
    """Write an entry of `waivers` or `sign-offs`; one of the same id takes the new values in its place."""
    own = path.rpartition("/")[2] != "pyproject.toml"
    header = f"[[{table}]]" if own else f"[[tool.sentry-setup.{table}]]"
    snippet = "\n".join([header, *(f"{k} = {tomlkit.item(v).as_string()}" for k, v in entry.items())])
    loaded = _load(data, path)
    if isinstance(loaded, Refused):
        return Refused(loaded.reason, snippet, path)
    text, document = loaded
    section: Any = document
    if not own:
        tool: Any = document.get("tool") or {}
        section = tool.get("sentry-setup") or {}
    entries = section.get(table)
    present: Any = next((e for e in entries or () if isinstance(e, dict) and e.get("id") == entry["id"]), None)
    if present is not None:
        if {k: v for k, v in present.unwrap().items() if k in entry} == dict(entry) and set(present) <= set(entry):
            return Unchanged(f"{path} already has this")
        for key in [k for k in present if k not in entry]:
            del present[key]
        for key, value in entry.items():
            present[key] = value
        return _dump(text, document, path)
    if entries is not None and not isinstance(entries, tomlkit.items.AoT):
        return Refused(f"{path} writes `{table}` as an inline list, which is not edited", snippet, path)
    body = text.body.replace("\r\n", "\n")
    gap = "" if not body else "\n" if body.endswith("\n") else "\n\n"
    edited = f"{body}{gap}{snippet}\n"
    try:
        tomllib.loads(edited)
    except tomllib.TOMLDecodeError as error:
        return Refused(f"{path} would no longer be valid TOML: {error}", snippet, path)
    return Edited(text.encode(edited.replace("\n", text.newline)))


def _set(section: Any, words: list[str], value: str) -> None:
    table = section
    for depth, word in enumerate(words[:-1]):
        if word not in table:
            table.append(tomlkit.key(words[depth:]), value)
            return
        table = table[word]
    table[words[-1]] = value
