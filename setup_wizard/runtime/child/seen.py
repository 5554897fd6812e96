"""What the child saw, as plain data, and how it is written down."""
# ruff: noqa

import contextlib
import json
import os
import sys

from .settings_errors import asked_for

SEEN = {
    "started": False,
    "problem": None,
    "read": [],
    "refused": [],
    "redirected": [],
    "listened": [],
    "programs": [],
    "options": None,
    "inits": [],
    "dsn_replaced": None,
    "answers": {},
    "observations": {},
    "versions": {},
}
ASKED = {}
CURRENT = ["start"]
"""What is tried at the moment; callbacks of the application are noted under it."""
_MOST = 50


class Probe(Exception):
    """What a probe raises; its name and its text are looked for in the events."""


class NotPossible(Exception):
    """A process that cannot be run here: `what` to do about it is told with it."""

    def __init__(self, message, what=""):
        super().__init__(message)
        self.what = what


def note(kind, text):
    """Keep a text under a kind, once, and no more than fifty of a kind."""
    if len(SEEN[kind]) < _MOST and text not in SEEN[kind]:
        SEEN[kind].append(text)


@contextlib.contextmanager
def trying(name):
    """Say what is tried while the context lasts."""
    CURRENT.append(name)
    try:
        yield
    finally:
        CURRENT.pop()


def write():
    """Write what was seen to the report; a reader never finds half of it."""
    text = json.dumps(SEEN, default=str)
    with open(ASKED["report"] + ".part", "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(ASKED["report"] + ".part", ASKED["report"])


def problem_of(error):
    """Return an exception as plain data, with the repository's own line that raised it."""
    trace, places = error.__traceback__, []
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    root = ASKED["root"] + os.sep
    own = [p for p in places if p[0].startswith(root) and "site-packages" not in p[0]]
    place = own[-1] if own else None
    missing = error.args[0] if isinstance(error, KeyError) and error.args else getattr(error, "name", None)
    return {
        "type": type(error).__name__,
        "message": str(error)[:500],
        "path": place[0][len(root) :].replace(os.sep, "/") if place else None,
        "line": place[1] if place else None,
        "missing": missing if isinstance(missing, str) else None,
        "what": getattr(error, "what", "") if isinstance(error, NotPossible) else "",
        "variables": asked_for(error),
    }


def own_place(code, line=None):
    """Return where code of the repository is, as `path:line`; None for other code."""
    root, name = ASKED["root"] + os.sep, code.co_filename
    if not name.startswith(root) or "site-packages" in name:
        return None
    return "%s:%d" % (name[len(root) :].replace(os.sep, "/"), line or code.co_firstlineno)


def shown_place(frame):
    """Return the innermost place of the repository that a frame was called from, as `path:line`."""
    while frame is not None:
        place = own_place(frame.f_code, frame.f_lineno)
        if place is not None:
            return place
        frame = frame.f_back
    return None
