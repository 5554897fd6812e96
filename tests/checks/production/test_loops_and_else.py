"""`else` of a loop: production comes to it where no turn breaks; where that cannot be told, neither side hides what follows."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
HEAD = "import os\nimport sentry_sdk\nDEBUG = False\n"
INIT = 'sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'

CASES = {
    "a raise behind an unknown break": (
        "for name in ('a', 'b'):\n    if os.path.exists(name):\n        break\nelse:\n    raise RuntimeError(name)\n"
        + INIT,
        P,
    ),
    "a raise behind no break": ("for name in ('a', 'b'):\n    pass\nelse:\n    raise RuntimeError(name)\n" + INIT, F),
    "a break that surely happens": ("for name in ('a', 'b'):\n    break\nelse:\n    " + INIT, F),
    "a break of an inner loop": (
        "for name in ('a', 'b'):\n    for other in ('c',):\n        break\nelse:\n    " + INIT,
        P,
    ),
    "init behind an unknown break": (
        "for name in ('a', 'b'):\n    if os.path.exists(name):\n        break\nelse:\n    " + INIT,
        U,
    ),
    "init behind unknown turns without a break": (
        "for name in os.listdir('.'):\n    print(name)\nelse:\n    " + INIT,
        P,
    ),
    "init behind unknown turns with a break": (
        "for name in os.listdir('.'):\n    if name:\n        break\nelse:\n    " + INIT,
        U,
    ),
    "a raise behind unknown turns with a break": (
        "for name in os.listdir('.'):\n    if name == 'x':\n        break\nelse:\n    raise RuntimeError\n" + INIT,
        P,
    ),
    "the else of a while that never turns": ("while False:\n    break\nelse:\n    " + INIT, P),
    "a break in the else of an inner loop": (
        "for name in ('a',):\n    for other in ('b',):\n        pass\n    else:\n        break\nelse:\n    " + INIT,
        F,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_else_of_a_loop(name):
    code, outcome = CASES[name]
    assert check_one("sdk-initialized", backend() | {"shop/settings.py": HEAD + code}).outcome is outcome
