"""The signals that Celery sends in a process before it works: a worker's, its scheduler's, and none in what only imports the code.

https://docs.celeryq.dev/en/stable/userguide/signals.html
"""

from __future__ import annotations

from checks.backends.entry import Entry

_BEAT = frozenset({"beat_init", "import_modules", "setup_logging", "after_setup_logger", "user_preload_options"})
_ONLY_BEAT = frozenset({"beat_init", "beat_embedded_init"})


def sends_signal(entry: Entry, signal: str) -> bool | None:
    """Return whether a process gets a signal of those that Celery sends at a start; None for a program that may start a worker."""
    started = entry.started
    if started is not None and started.scheduler:
        return signal in _BEAT
    if entry.framework == "celery":
        return signal not in _ONLY_BEAT
    return None if entry.script or entry.kind == "script" else False
