"""The wizard's rows: from the start of the process to the first paint, in a terminal, and what its event loop is held up by."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from setup_wizard.demo import make_sample
from tests.benchmarks.measure import Row

_EMPTY = [sys.executable, "-c", "from textual.app import App\nApp().run()"]


def terminal_row(scratch: Path, times: int) -> Row | None:
    """Measure the whole processes, in a terminal, up to the first paint; None where Python has no such terminals (Windows)."""
    if os.name == "nt":
        return None
    root = make_sample(scratch / "terminal")
    state = {"XDG_STATE_HOME": str(scratch / "state"), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    hidden = ("NO_COLOR", "PYTHONDONTWRITEBYTECODE")
    environment = {k: v for k, v in os.environ.items() if k not in hidden} | state
    ours = [sys.executable, "-m", "setup_wizard.cli", str(root)]
    # An empty application paints its background, ours the checklist.
    found = [
        (_first_paint(_EMPTY, b"48;2;", environment), _first_paint(ours, b"A Sentry project", environment))
        for _ in range(times)
    ]
    return Row(
        what="wizard, from the start of the process to the first paint",
        against="an empty Textual application",
        value=min(o for _, o in found) / min(e for e, _ in found),
        unit="×",
        reach=1.3,
    )


def _first_paint(command: Sequence[str], sign: bytes, environment: dict[str, str]) -> float:
    """Return the seconds until a process in a terminal of 120 × 40 has written a sign."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    written = b""
    try:
        while sign not in written:
            if not select.select([ours], [], [], 30)[0]:
                raise TimeoutError(f"nothing was painted: {written[-500:]!r}")
            written += os.read(ours, 65536)
        return time.perf_counter() - start
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def paint_rows(scratch: Path) -> list[Row]:
    """Measure the wizard's first paint against an empty application, and the longest block of its event loop."""
    from textual.app import App

    from checks.checklist import CHECKLIST
    from setup_wizard.session import Session
    from setup_wizard.steps import find_steps
    from setup_wizard.ui.app import collect_seldom, make_app

    root = make_sample(scratch / "wizard")

    async def paint(make: Callable[[], App[object]]) -> tuple[float, float]:
        # As `run_app` does, after what an earlier application left behind.
        gc.collect()
        collect_seldom()
        start = time.perf_counter()
        app = make()
        async with app.run_test(size=(120, 40)) as pilot:
            # Not pilot.pause(): that waits until nothing runs, which is when the audit has ended.
            drawn = asyncio.Event()
            pilot.app.call_after_refresh(drawn.set)
            await drawn.wait()
            first = time.perf_counter() - start
            longest, last = 0.0, time.perf_counter()
            for _ in range(200):
                await asyncio.sleep(0.005)
                now = time.perf_counter()
                longest, last = max(longest, now - last - 0.005), now
        return first, longest

    async def applying() -> float:
        app = make_app(Session(root, {"sentry.org": "acme"}, environ={}, install=False))
        async with app.run_test(size=(120, 40)):
            while len(app.wizard.results) < len(CHECKLIST) or app.wizard.busy or not app.wizard.previews:
                await asyncio.sleep(0.01)
            step = find_steps(["source-maps"])[0]
            plan = await app.session.plan(step)
            work = asyncio.ensure_future(app.session.apply(step, plan, lambda _: None))
            longest, last = 0.0, time.perf_counter()
            while not work.done():
                await asyncio.sleep(0.005)
                now = time.perf_counter()
                longest, last = max(longest, now - last - 0.005), now
            assert (await work).steps[0].outcome == "applied"
            await asyncio.to_thread(app.session.undo)
        return longest

    empty = min(asyncio.run(paint(lambda: App()))[0] for _ in range(5))
    ours = [asyncio.run(paint(lambda: make_app(Session(root, {}, environ={})))) for _ in range(5)]
    return [
        Row(
            what="wizard, first paint without the imports, until nothing waits to be drawn",
            against="an empty Textual application",
            value=min(o[0] for o in ours) / empty,
            unit="×",
            reach=None,
        ),
        Row(
            what="longest block of the event loop while auditing",
            against="",
            value=statistics.median(o[1] for o in ours) * 1000,
            unit="ms",
            reach=30,
        ),
        Row(
            what="longest block of the event loop while applying",
            against="",
            value=statistics.median(asyncio.run(applying()) for _ in range(3)) * 1000,
            unit="ms",
            reach=30,
        ),
    ]
