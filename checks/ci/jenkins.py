"""The shell of a Jenkinsfile: located, not judged, for the file is a program in Groovy."""

from __future__ import annotations

import re

from checks.patterns import lazy_pattern

WHY = "the Jenkinsfile, which is a program of its own"
"""What it depends on whether a command of a Jenkinsfile runs."""

_SHELL = lazy_pattern(
    r"""\bsh\s*\(?\s*(?:script\s*:\s*)?(?:\'\'\'(.*?)\'\'\'|\"\"\"(.*?)\"\"\"|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")""",
    re.DOTALL,
)
_COMMENT = lazy_pattern(r"(?m)(?:^|(?<=[\s{;]))//.*$|/\*(?:[^*]|\*(?!/))*\*/")


def shell_of(text: str) -> list[tuple[int, str]]:
    """Return `(line, commands)` of each `sh` of a Jenkinsfile; comments hold none."""
    blank = _COMMENT.sub(lambda m: "\n" * m.group().count("\n"), text)
    return [
        (blank.count("\n", 0, m.start()) + 1, next(g for g in m.groups() if g is not None))
        for m in _SHELL.finditer(blank)
    ]
