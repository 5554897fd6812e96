"""Imports added to a Python module where isort would have them: their own group, plain imports first, in order of names."""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Sequence
from pathlib import PurePosixPath

from setup_wizard.editors.base import line_starts

Splice = tuple[int, int, str]
Import = ast.Import | ast.ImportFrom
_STANDARD, _THIRD, _OWN = range(3)


def add_imports(body: str, tree: ast.Module, path: str, names: Sequence[str]) -> list[Splice]:
    """Return the splices that import the named modules which the body (line ends as `\\n`) does not import yet.

    The groups are isort's (https://pycqa.github.io/isort/): standard library, other packages, the project's own. A module is the
    project's own when its package stands in `path`.
    """
    statements = tree.body
    known = {a.name for s in statements if isinstance(s, ast.Import) for a in s.names if a.asname in (None, a.name)}
    # `import os.path` binds `os` as well (https://docs.python.org/3/reference/simple_stmts.html#the-import-statement).
    known |= {
        a.name.partition(".")[0] for s in statements if isinstance(s, ast.Import) for a in s.names if a.asname is None
    }
    missing = [n for n in names if n not in known]
    if not missing:
        return []
    starts = line_starts(body)
    first = 1 if statements and _is_docstring(statements[0]) else 0
    while first < len(statements) and _is_dunder(statements[first]):
        first += 1
    head: list[Import] = []
    for statement in statements[first:]:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            break
        head.append(statement)
    usable = [s for s in head if not (isinstance(s, ast.ImportFrom) and s.module == "__future__")]
    if usable:
        rows = body.split("\n")
        return [_place(rows, starts, usable, name, PurePosixPath(path).parts) for name in missing]
    after = (head or statements[:first])[-1].end_lineno or 0 if (head or first) else 0
    place = starts[after] if after else starts[_header(body.split("\n"))]
    gap = "\n" if statements[first + len(head) :] and not body[place:].startswith("\n") else ""
    lead = "\n" if after or (place and not body[:place].endswith("\n\n")) else ""
    return [(place, place, lead + "\n\n".join(f"import {n}" for n in missing) + "\n" + gap)]


def add_name(body: str, tree: ast.Module, path: str, module: str, name: str) -> list[Splice] | None:
    """Return the splices that import a name from a module of another package; None where the name stands for something else.

    The line comes where isort has it: in the package's group, behind its plain imports, in order of modules.
    """
    statements = tree.body
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names):
            return [] if node.module == module and node in statements else None
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name:
            return None
    line = f"from {module} import {name}\n"
    starts, own = line_starts(body), PurePosixPath(path).parts
    imports = [s for s in statements if isinstance(s, (ast.Import, ast.ImportFrom))]
    mine: list[Import] = [s for s in imports if _group(s, own) == _THIRD and isinstance(s, ast.Import)]
    mine += [s for s in imports if _group(s, own) == _THIRD and isinstance(s, ast.ImportFrom) and _name(s) < module]
    if mine:
        return [_after(starts, max(mine, key=lambda s: s.lineno), line)]
    above = [s for s in imports if _group(s, own) == _STANDARD]
    if not above:
        return None
    end = max(s.end_lineno or s.lineno for s in above)
    rows = body.split("\n")
    return [(starts[end], starts[end], f"\n{line}" + ("\n" if end < len(rows) and rows[end].strip() else ""))]


def _header(rows: list[str]) -> int:
    """Return how many lines at the beginning speak of the file as a whole: comments that end with an empty line, and a shebang."""
    end = 1 if rows[0].startswith("#!") else 0
    for number, row in enumerate(rows):
        if row.strip() and not row.startswith("#"):
            break
        if not row.strip() and any(r.startswith("#") for r in rows[:number]):
            end = number + 1
    return end


def _place(rows: list[str], starts: list[int], usable: list[Import], name: str, own: tuple[str, ...]) -> Splice:
    """Return the splice for one module, given the lines, their offsets, and the imports at the module's beginning."""
    group = _STANDARD if name in sys.stdlib_module_names else _THIRD
    mine = [s for s in usable if _group(s, own) == group]
    text = f"import {name}\n"
    if mine:
        plain = [s for s in mine if isinstance(s, ast.Import)]
        mixed = any(isinstance(b, ast.Import) and isinstance(a, ast.ImportFrom) for a, b in itertools.pairwise(mine))
        earlier = [s for s in (mine if mixed else plain) if _name(s).lower() < name]
        if earlier:
            return _after(starts, earlier[-1], text)
        at = mine[0].lineno - 1
        while at and rows[at - 1].startswith("#"):
            at -= 1  # a comment above an import belongs to it
        if at == 0 and rows[0].startswith("#"):
            return _after(starts, mine[-1], text)  # to the module, at its beginning
        return starts[at], starts[at], text + ("\n" if at < mine[0].lineno - 1 else "")
    above = [s for s in usable if _group(s, own) < group]
    if above:
        end = above[-1].end_lineno or above[-1].lineno
        following = end < len(rows) and rows[end].strip()
        return _after(starts, above[-1], f"\n{text}" + ("\n" if following else ""))
    before = starts[usable[0].lineno - 1]
    return before, before, f"{text}\n"


def _after(starts: list[int], statement: Import, text: str) -> Splice:
    at = starts[statement.end_lineno or statement.lineno]
    return at, at, text


def _group(statement: Import, own: tuple[str, ...]) -> int:
    top = _name(statement).split(".")[0]
    if not top or top in own or (isinstance(statement, ast.ImportFrom) and statement.level):
        return _OWN
    return _STANDARD if top in sys.stdlib_module_names else _THIRD


def _name(statement: Import) -> str:
    return statement.names[0].name if isinstance(statement, ast.Import) else statement.module or ""


def _is_dunder(statement: ast.stmt) -> bool:
    """Return whether a statement sets `__package__`, `__version__` or the like, which stand above the imports."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return bool(targets) and all(isinstance(t, ast.Name) and t.id.startswith("__") for t in targets)


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
