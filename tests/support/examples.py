"""How many examples a property test tries."""

from __future__ import annotations

import os


def examples(whole: int) -> int:
    """Return `whole` where `EXAMPLES=all` (as in one stage of `.ci/run`), else a tenth: each example of these tests is a whole audit."""
    return whole if os.environ.get("EXAMPLES") == "all" else max(5, whole // 10)
