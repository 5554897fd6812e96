"""Options in an ini file of uWSGI: added behind the last one of its section, in the file's own manner."""

from __future__ import annotations

import re
from collections.abc import Sequence

from checks.parsers.ini import read_ini
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, not_utf8, read_text

_OPTION = lazy_pattern(r"^([A-Za-z0-9_-]+)(\s*=\s*)(\S.*?)?\s*$")
_ON = ("true", "True", "1", "on", "yes")


def switch_on(data: bytes | None, names: Sequence[str], path: str = "uwsgi.ini") -> Edit:
    """Switch options on; one that the file sets to something else, and a section that is not followed, are refused."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    snippet = "\n".join(f"{n} = true" for n in names)
    try:
        read_ini(text.body)
    except ParseError as error:
        return Refused(f"{path} cannot be read: {error.message}", snippet, path)
    lines = text.body.splitlines(keepends=True)
    heads = [n for n, row in enumerate(lines) if row.strip() == "[uwsgi]"]
    if len(heads) != 1:
        return Refused(f"{path} has no section [uwsgi], or several", snippet, path)
    end = next((n for n in range(heads[0] + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    found = {n: m for n in range(heads[0] + 1, end) if (m := _OPTION.match(lines[n].rstrip("\r\n"))) is not None}
    if any(re.match(r"if-|for|ini$|include$|import$", m[1]) for m in found.values()):
        return Refused(f"{path} includes other files or has conditions", snippet, f"{path}:{heads[0] + 1}")
    given = {m[1].replace("_", "-"): n for n, m in found.items()}
    present = [n for n in names if n in given]
    off = next((n for n in present if (found[given[n]][3] or "true") not in _ON), None)
    if off is not None:
        return Refused(f"{path} switches {off} off", snippet, f"{path}:{given[off] + 1}")
    missing = [n for n in names if n not in given]
    if not missing:
        return Unchanged(f"{', '.join(names)} are already in {path}")
    at = max(found, default=heads[0])
    sign = found[at][2] if found else " = "
    value = next(
        (m[3] for m in found.values() if m[3] in _ON and m[1] not in ("processes", "workers", "threads")), "true"
    )
    if not lines[at].endswith(("\n", "\r")):
        lines[at] += text.newline
    lines[at + 1 : at + 1] = [f"{n}{sign}{value}{text.newline}" for n in missing]
    return Edited(text.encode("".join(lines)))
