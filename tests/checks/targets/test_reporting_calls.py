"""What a middleware does with an exception that it catches: whether a call in it reports it."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.targets.test_serving_items import HEAD, INIT, MIDDLEWARE, served
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
LOG = "import logging\n\nlog = logging.getLogger(__name__)\n"
CASES = [
    ("the SDK", "", "sentry_sdk.capture_exception(error)", {}, P),
    ("another function of the SDK", "", "sentry_sdk.set_tag('a', 1)", {}, F),
    ("an error of a logger", LOG, "log.error('failed')", {}, P),
    ("less than an error", LOG, "log.warning('failed')", {}, F),
    ("a level", LOG, "log.log(logging.ERROR, 'failed')", {}, P),
    ("a lower level", LOG, "log.log(logging.DEBUG, 'failed')", {}, F),
    ("a level that is not known", LOG, "log.log(LEVEL, 'failed')", {}, U),
    ("the module's own functions", LOG, "logging.exception('failed')", {}, P),
    ("loguru", "from loguru import logger\n", "logger.exception('failed')", {}, P),
    ("structlog", "import structlog\nlog = structlog.get_logger()\n", "log.error('failed')", {}, U),
    (
        "a logger of another module",
        "from watch import log\n",
        "log.exception('failed')",
        {"watch": LOG},
        P,
    ),
    (
        "an object whose name only looks like a logger",
        "from goods import catalog\n",
        "catalog.mark_failed(error)",
        {
            "goods": "class Catalog:\n    def mark_failed(self, error):\n        self.failed = True\n\n\ncatalog = Catalog()\n"
        },
        F,
    ),
    (
        "a method that is called as a logger's",
        "class Board:\n    def error(self, text):\n        self.last = text\n\n\nboard = Board()\n",
        "board.error('failed')",
        {},
        F,
    ),
    (
        "a function that reports",
        "from tell import tell\n",
        "tell(error)",
        {"tell": "import sentry_sdk\n\n\ndef tell(error):\n    sentry_sdk.capture_exception(error)\n"},
        P,
    ),
    ("a function that does not", "from tell import login\n", "login()", {"tell": "def login():\n    pass\n"}, F),
    ("a package that is handed the exception", "import reporter\n", "reporter.note(error)", {}, U),
    ("a package that is not", "import reporter\n", "reporter.note('failed')", {}, F),
    ("Python's own library", "import traceback\n", "traceback.print_exception(error)", {}, F),
    ("a report under a condition", LOG, "if request.url:\n            log.error('failed')", {}, U),
    (
        "a report under an unknown condition",
        LOG + "from flags import LOUD\n",
        "if LOUD:\n            log.error('failed')",
        {},
        U,
    ),
    (
        "a report in both branches",
        LOG,
        "if request.url:\n            log.error('a')\n        else:\n            log.critical('b')",
        {},
        P,
    ),
    ("an error of some classes that is raised again", "", "if isinstance(error, OSError):\n            raise", {}, F),
    ("an object that is not seen", "", "request.app.state.log.error('failed')", {}, U),
]


@pytest.mark.parametrize(("name", "before", "call", "files", "outcome"), CASES, ids=[c[0] for c in CASES])
def test_what_a_call_in_a_middleware_reports(name, before, call, files, outcome):
    code = before + HEAD + INIT + "app = FastAPI()\n" + MIDDLEWARE.format(call + "\n        ")
    result = check_one("exceptions-not-swallowed", served(code, **files))
    line = code[: code.index("async def guard")].count("\n") + 1
    assert result.outcome is outcome, result
    if outcome is U:
        message = "whether the middleware guard reports the exceptions that it catches cannot be determined"
        found = [(f.message, f.path, f.line, f.hint) for f in result.findings]
        assert found == [(message, "main.py", line, "call sentry_sdk.capture_exception() there")]
