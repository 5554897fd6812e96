"""pnpm-workspace.yaml: one package added to a catalog, in order where its packages are in order.

Source: https://pnpm.io/catalogs
"""

from __future__ import annotations

from yaml import MappingNode, Node, ScalarNode

from checks.parsers import yaml as y
from checks.patterns import lazy_pattern
from checks.repository.catalogs import catalog_keys
from setup_wizard.editors.base import Edit, Unchanged, not_utf8, read_text
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, line
from setup_wizard.editors.yaml_values import Below, Splice, splice_yaml

_EXACT = lazy_pattern(r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")


def add_to_catalog(data: bytes, asked: str, package: str, version: str, path: str) -> Edit:
    """Add a package to the catalog that `catalog:` or `catalog:NAME` means; the version is exact where all others are."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    first, *named = next(iter(catalog_keys(asked)))
    rows = [f"{first}:", *(f"  {n}:" for n in named), f"{'  ' * (len(named) + 1)}'{package}': {version}"]

    def find(lines: Lines) -> list[Splice]:
        found = [n for keys in catalog_keys(asked) if (n := y.get(lines.document, *keys)) is not None]
        if not found:
            raise NotFollowedError(f"{path} does not have the catalog that the other packages are in")
        packages = _packages(lines, found[0])
        if package in packages:
            return []
        below = Below(lines, found[0], "the catalog", text.newline)
        row = " " * below.column + _entry(lines, packages, package, version)
        following = next((n for n in packages if n > package), None) if list(packages) == sorted(packages) else None
        at = below.end() if following is None else line(packages[following][0])
        while following is not None and lines.comment(at - 1):
            at -= 1
        return [below.at_line(at, [row])]

    edit = splice_yaml(
        text, path, find, snippet="\n".join(rows), place=path, up_to_date_reason=f"already has {package} in its catalog"
    )
    return edit if not isinstance(edit, Unchanged) else Unchanged(f"{package} is already in the catalog of {path}")


def _packages(lines: Lines, catalog: Node) -> dict[str, tuple[ScalarNode, ScalarNode]]:
    """Return the entries of a catalog that is a plain list of versions. Raises `NotFollowedError` for any other."""
    entries = catalog.value if isinstance(catalog, MappingNode) else []
    # An alias has the place of its anchor: another line than its key.
    found = {
        k.value: (k, v)
        for k, v in entries
        if isinstance(k, ScalarNode) and isinstance(v, ScalarNode) and line(k) == line(v) and k.value != "<<"
    }
    if not found or len(found) != len(entries):
        raise NotFollowedError(f"{lines.path}: the catalog is not a plain list of packages and versions")
    return found


def _entry(lines: Lines, packages: dict[str, tuple[ScalarNode, ScalarNode]], package: str, version: str) -> str:
    """Return the line of a package in the manner of the others: quotes of names and of versions, exact versions."""
    names = [k.style for k, _ in packages.values() if k.style in ("'", '"')]
    quote = max("'\"", key=names.count)
    quoted = [v.style for _, v in packages.values() if v.style in ("'", '"')]
    if all(_EXACT.fullmatch(v.value) for _, v in packages.values()):
        version = version.removeprefix("^")
    mark = max("'\"", key=quoted.count) if len(quoted) * 2 > len(packages) else ""
    name = f"{quote}{package}{quote}" if package.startswith("@") or len(names) == len(packages) else package
    return f"{name}: {mark}{version}{mark}"
