"""A program in a terminal of its own (POSIX): what it writes is read until something stands there."""

from __future__ import annotations

import os
import re
import select
import struct
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[PX^_].*?\x1b\\\\|[ -/]*[0-~])", re.DOTALL
)


class Terminal:
    """Runs a program on a pseudo-terminal of 100 columns and 30 lines. `seen` is all that it wrote."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        import fcntl
        import pty
        import termios

        self.own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            argv, env=dict(environ), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.seen = ""
        self._from = 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.own)

    def send(self, keys: str) -> None:
        self._from = len(self.seen)
        os.write(self.own, keys.encode())

    def _read(self) -> bool:
        if not select.select([self.own], [], [], 0.05)[0]:
            return True
        try:
            data = os.read(self.own, 65536)
        except OSError:  # the other end is closed
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)

    def until(self, words: str, seconds: float = 30) -> None:
        """Wait until words stand in what was written since the last keys."""
        end = time.monotonic() + seconds
        while words not in _ESCAPES.sub("", self.seen[self._from :]):
            if not self._read() or time.monotonic() > end:
                raise AssertionError(f"{words!r} was not seen: {_ESCAPES.sub('', self.seen)[-1500:]!r}")

    def wait(self, seconds: float = 30) -> int:
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self._read()
        return self.process.wait(timeout=1)
