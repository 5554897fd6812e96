"""Python dependency declarations: requirement lines, pyproject tables, Pipfile, setup.cfg, setup.py and locks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from checks.parsers.flow import walk
from checks.parsers.position import Line
from checks.parsers.python import parse_python
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern


class Dependency(Struct, frozen=True, kw_only=True):
    """A declared distribution: canonical name, version specifier as written, 1-based line, and its group.

    `group` is empty for runtime dependencies, else the name of the extra or development group. `optional` is what has to be
    asked for when it is installed: `extra NAME` or `group NAME`, empty where it is installed without.
    """

    name: str
    specifier: str
    line: int
    group: str = ""
    optional: str = ""


class Include(Struct, frozen=True, kw_only=True):
    """A `-r` or `-c` line: the file it names, relative to the file it stands in."""

    target: str
    constraint: bool
    line: int


_MAX_REQUIREMENTS, _MAX_PARTS = 20_000, 100
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*"""
_DOTTED = lazy_pattern(rf"(?<![A-Za-z0-9_.-])(?:{_PART}){{{_MAX_PARTS}}}")

_URL_EGG = lazy_pattern(r"#[^#]*?\begg=([A-Za-z0-9._-]+)")
_NAME = lazy_pattern(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*(.*)$")


def parse_requirement(line: str) -> tuple[str, str] | None:
    """Return `(canonical name, specifier)` of one requirement, or None when the line names no distribution."""
    text = (
        re.split(r"(?<!\s)\s+--(?:hash|config-settings|global-option)", line.split(" #")[0].strip())[0]
        .rstrip("\\ ")
        .strip()
    )
    egg = _URL_EGG.search(line)
    if egg:
        return canonicalize_name(egg.group(1)), "@ " + line.split("#")[0].strip()
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        match = _NAME.match(text.split(";")[0])
        if not match or "/" in text or "{" in text or text.startswith("-"):
            return None
        return canonicalize_name(match.group(1)), match.group(3).strip()
    if requirement.marker is not None and not _may_apply(requirement.marker):
        return None
    specifier = f" @ {requirement.url}" if requirement.url else str(requirement.specifier)
    return canonicalize_name(requirement.name), specifier


_PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


def _may_apply(marker: Marker) -> bool:
    """Return whether a marker may hold on a Linux server with any Python 3 (https://peps.python.org/pep-0508/#environment-markers)."""
    server = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
    machines = ("x86_64", "aarch64")
    return any(
        marker.evaluate({**server, "platform_machine": m, "python_version": v, "python_full_version": f"{v}.9"})
        for v in _PYTHONS
        for m in machines
    )


def parse_requirements(text: str) -> tuple[list[Dependency], list[Include]]:
    """Parse a pip requirements file; continuation lines, hashes, markers, options and includes as pip reads them.

    Raises `ParseError` for one of more than 20,000 requirements.
    """
    found: list[Dependency] = []
    includes: list[Include] = []
    pending, start = "", 0
    rows = text.splitlines()
    if rows and rows[-1].endswith("\\"):
        rows.append("")  # the end of the file ends a continued line, too
    for number, raw in enumerate(rows, start=1):
        line = pending + raw
        start = start or number
        if raw.endswith("\\"):
            pending = line[:-1]
            continue
        pending, first, start = "", start, 0
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        option = re.match(r"^(?:-r|--requirement|-c|--constraint)[ =]?\s*(\S+)", stripped)
        if option:
            includes.append(
                Include(
                    target=option.group(1),
                    constraint=stripped.startswith(("-c", "--c")),
                    line=Line(first, text=stripped),
                )
            )
            continue
        if stripped.startswith(("-e ", "--editable")):
            stripped = stripped.split(None, 1)[-1]
        parsed = parse_requirement(stripped)
        if parsed:
            found.append(Dependency(name=parsed[0], specifier=parsed[1], line=Line(first, text=stripped)))
        if len(found) > _MAX_REQUIREMENTS:
            raise ParseError(f"more than {_MAX_REQUIREMENTS} requirements", first)
    return found, includes


def _line_with(text: str, needle: str) -> int:
    folded = needle.lower().replace("-", "[-_.]+")
    pattern = re.compile(rf"(?<![\w.-]){folded}(?![\w-])", re.IGNORECASE)
    for number, line in enumerate(text.splitlines(), start=1):
        match = pattern.search(line.split("#")[0])
        if match:
            return Line(number, column=match.start() + 1)
    return 1


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _listed(value: object, text: str, group: str, optional: str = "") -> Iterator[Dependency]:
    for entry in value if isinstance(value, list) else []:
        parsed = parse_requirement(entry) if isinstance(entry, str) else None
        if parsed:
            line = _line_with(text, parsed[0])
            yield Dependency(name=parsed[0], specifier=parsed[1], line=line, group=group, optional=optional)


def _keyed(
    value: object, text: str, group: str, optional: str = "", extras: dict[str, object] | None = None
) -> Iterator[Dependency]:
    for name, spec in _table(value).items():
        version = spec if isinstance(spec, str) else str(_table(spec).get("version", ""))
        canonical = canonicalize_name(name)
        asked = [optional]
        if _table(spec).get("optional") is True:
            # Installed only with an extra that names it (https://python-poetry.org/docs/pyproject/#extras).
            listing = [e for e, names in (extras or {}).items() if isinstance(names, list) and _names(names, canonical)]
            asked = [_extra(e) for e in listing] or ["extra of no name"]
        for each in asked:
            line = _line_with(text, canonical)
            yield Dependency(name=canonical, specifier=version, line=line, group=group or each, optional=each)


def _names(entries: list[object], name: str) -> bool:
    return any(canonicalize_name(e) == name for e in entries if isinstance(e, str))


def _extra(name: str) -> str:
    return f"extra {canonicalize_name(name)}"


_DEVELOPMENT = frozenset(
    {"dev", "develop", "development", "test", "tests", "testing", "lint", "docs", "doc", "local", "ci", "typing"}
)


def is_development(group: str) -> bool:
    """Return whether a group's name says that it is not installed in production."""
    return bool(_DEVELOPMENT & set(re.split(r"[^a-z]+", group.lower())))


def parse_pyproject(text: str) -> list[Dependency]:
    """Parse the dependency tables of a pyproject.toml (PEP 621, PEP 735, poetry, uv, pdm). Raises `ParseError`."""
    data = load_toml(text)
    project, tool = _table(data.get("project")), _table(data.get("tool"))
    found = [*_listed(project.get("dependencies"), text, "")]
    extras = _table(project.get("optional-dependencies"))
    for extra in extras:
        for name in _included_extras(extras, extra, str(project.get("name", ""))):
            found += _listed(extras[name], text, f"extra {extra}", _extra(extra))
    groups = _table(data.get("dependency-groups"))
    usual = _table(tool.get("uv")).get("default-groups")
    for group in groups:
        # uv installs the groups of `default-groups` without being asked (https://docs.astral.sh/uv/concepts/projects/dependencies/).
        default = usual == "all" or (isinstance(usual, list) and group in usual)
        for name in _included_groups(groups, group):
            optional = "" if default else f"group {canonicalize_name(group)}"
            found += _listed(groups[name], text, f"group {group}", optional)
    poetry = _table(tool.get("poetry"))
    found += _keyed(poetry.get("dependencies"), text, "", extras=_table(poetry.get("extras")))
    found += _keyed(poetry.get("dev-dependencies"), text, "dev")
    for group, table in _table(poetry.get("group")).items():
        optional = f"group {canonicalize_name(group)}" if _table(table).get("optional") is True else ""
        found += _keyed(_table(table).get("dependencies"), text, f"group {group}", optional)
    found += _listed(_table(tool.get("uv")).get("dev-dependencies"), text, "dev")
    for group, entries in _table(_table(tool.get("pdm")).get("dev-dependencies")).items():
        found += _listed(entries, text, f"dev {group}")
    for name, environment in _table(_table(tool.get("hatch")).get("envs")).items():
        for key in ("dependencies", "extra-dependencies"):
            group = f"hatch environment {name}" if is_development(name) else f"hatch environment {name} (dev)"
            found += _listed(_table(environment).get(key), text, group)
    return found


def dependency_sources(text: str) -> dict[str, str]:
    """Return the runtime dependencies that uv takes from the repository itself: `{name: folder}`, "" for a workspace's member."""
    try:
        data = load_toml(text)
    except ParseError:
        return {}
    declared = {d.name for d in _listed(_table(data.get("project")).get("dependencies"), text, "")}
    found: dict[str, str] = {}
    for name, source in _table(_table(_table(data.get("tool")).get("uv")).get("sources")).items():
        given, folder = canonicalize_name(name), _table(source).get("path")
        if given in declared and (isinstance(folder, str) or _table(source).get("workspace") is True):
            found[given] = folder if isinstance(folder, str) else ""
    return found


def project_name(text: str) -> str:
    """Return the canonical name of a pyproject.toml's project, "" where it has none."""
    try:
        name = _table(load_toml(text).get("project")).get("name")
    except ParseError:
        return ""
    return canonicalize_name(name) if isinstance(name, str) else ""


def _included_extras(extras: dict[str, object], extra: str, project: str) -> list[str]:
    """Return an extra with those that it takes of its own project: `all = ["shop[sentry,redis]"]`."""
    names = {canonicalize_name(e): e for e in extras}
    seen: list[str] = []
    waiting = [extra]
    while waiting:
        current = names.get(canonicalize_name(waiting.pop()))
        if current is None or current in seen:
            continue
        seen.append(current)
        entries = extras[current]
        for entry in entries if isinstance(entries, list) else []:
            name, bracket, rest = str(entry).partition("[")
            if bracket and canonicalize_name(name.strip()) == canonicalize_name(project):
                waiting += rest.partition("]")[0].split(",")
    return seen


def _included_groups(groups: dict[str, object], group: str) -> list[str]:
    """Return a dependency group with those it includes (https://peps.python.org/pep-0735/#dependency-group-include)."""
    names = {canonicalize_name(g): g for g in groups}
    seen: list[str] = []
    waiting = [group]
    while waiting:
        current = names.get(canonicalize_name(waiting.pop()))
        if current is None or current in seen:
            continue
        seen.append(current)
        entries = groups[current]
        for entry in entries if isinstance(entries, list) else []:
            included = _table(entry).get("include-group")
            if isinstance(included, str):
                waiting.append(included)
    return seen


def load_toml(text: str) -> dict[str, object]:
    """Parse TOML. Raises `ParseError` with the line where the parser tells one."""
    import tomllib  # like the parsers of other files that a repository may lack

    # The time for a dotted key grows with the square of its parts: one of a megabyte takes minutes.
    dotted = _DOTTED.search(text)
    if dotted is not None:
        raise ParseError(f"a key of more than {_MAX_PARTS} parts", text.count("\n", 0, dotted.start()) + 1)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"line (\d+)", str(error))
        raise ParseError(f"not TOML: {error}", int(match.group(1)) if match else None) from error
    except RecursionError as error:
        raise ParseError("not TOML: nested too deeply") from error


def parse_pipfile(text: str) -> list[Dependency]:
    """Parse a Pipfile. Raises `ParseError`."""
    data = load_toml(text)
    return [*_keyed(data.get("packages"), text, ""), *_keyed(data.get("dev-packages"), text, "dev")]


def parse_setup_cfg(text: str) -> list[Dependency]:
    """Parse `install_requires` and `extras_require` of a setup.cfg. Raises `ParseError`."""
    import configparser  # few repositories have one

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ParseError(f"not a configuration file: {error.__class__.__name__}") from error
    found = [*_listed(parser.get("options", "install_requires", fallback="").splitlines(), text, "")]
    if parser.has_section("options.extras_require"):
        for extra, lines in parser.items("options.extras_require"):
            found += _listed(lines.splitlines(), text, f"extra {extra}", _extra(extra))
    return found


def parse_setup_py(text: str) -> list[Dependency]:
    """Parse literal `install_requires` and `extras_require` of a setup.py without running it. Raises `ParseError`."""
    tree = parse_python(text)
    found: list[Dependency] = []
    names = {
        t.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for t in node.targets
        if isinstance(t, ast.Name)
    }
    for call in (n for n in walk(tree) if isinstance(n, ast.Call)):
        for keyword in call.keywords:
            value = names.get(keyword.value.id, keyword.value) if isinstance(keyword.value, ast.Name) else keyword.value
            if keyword.arg == "install_requires":
                found += _listed(_strings(value, names), text, "")
            elif keyword.arg == "extras_require" and isinstance(value, ast.Dict):
                for key, entries in zip(value.keys, value.values, strict=True):
                    if isinstance(key, ast.Constant):
                        found += _listed(_strings(entries, names), text, f"extra {key.value!s}", _extra(str(key.value)))
    return found


def _strings(node: ast.expr, names: dict[str, ast.expr], depth: int = 4) -> list[object]:
    """Return the texts of a list that may be a name, a sum of lists or a literal; other shapes give none."""
    if depth == 0:
        return []
    if isinstance(node, ast.Name) and node.id in names:
        return _strings(names[node.id], names, depth - 1)
    if isinstance(node, ast.BinOp):
        return [*_strings(node.left, names, depth - 1), *_strings(node.right, names, depth - 1)]
    if isinstance(node, (ast.List, ast.Tuple)):
        return [e.value for e in node.elts if isinstance(e, ast.Constant)]
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="split" | "splitlines")):
            return list(text.split())
    return []


def requirements_read_by(text: str) -> list[str]:
    """Return the requirements files that a setup.py opens, relative to it."""
    return re.findall(r"[\"']([\w./-]*requirements[\w./-]*\.(?:txt|in))[\"']", text)


_TOML_LOCK = lazy_pattern(r'^name = "([^"]+)"[ \t]*\nversion = "([^"]+)"', re.MULTILINE)
_PIPFILE_LOCK = lazy_pattern(r'"([A-Za-z0-9][\w.-]*)":\s*\{[^{}]*?"version":\s*"==([^"]+)"')


def locked_versions(text: str, *, pipfile: bool = False) -> dict[str, tuple[str, int]]:
    """Return `{canonical name: (version, line)}` of a lock (uv, poetry, pdm, pylock; `pipfile` for Pipfile.lock)."""
    text = text.replace("\r\n", "\n")
    found: dict[str, tuple[str, int]] = {}
    place, line = 0, 1
    for match in (_PIPFILE_LOCK if pipfile else _TOML_LOCK).finditer(text):
        line += text.count("\n", place, match.start(2))
        place = match.start(2)
        column = place - text.rfind("\n", 0, place)
        found.setdefault(canonicalize_name(match.group(1)), (match.group(2), Line(line, column=column)))
    return found
