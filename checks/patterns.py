"""Regular expressions that are compiled when they are first asked something.

An audit imports the checks of everything and needs those of one repository; compiling all their expressions takes as long as
reading all its files (https://docs.python.org/3/library/re.html#re.compile, in pure Python).
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Lazy:
    """Stands for a compiled expression, and takes over its methods as they are asked for."""

    def __init__(self, expression: Any, flags: int) -> None:
        self._given = (expression, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._given), name)  # `re` keeps what it has compiled
        setattr(self, name, found)
        return found


def lazy_pattern(expression: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a regular expression as `re.compile` does; one that is wrong is noticed at its first use (a test tries them all)."""
    return cast("re.Pattern[AnyStr]", _Lazy(expression, flags))
