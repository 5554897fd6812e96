"""Putting a file in another's place so that a save of somebody else in the same instant is noticed, not overwritten.

A rename cannot say "only if it still holds these bytes". Exchanging two names can: what was there comes out, and goes back in
when it is not what it should be. Linux: https://man7.org/linux/man-pages/man2/rename.2.html (`RENAME_EXCHANGE`); macOS:
`renamex_np` with `RENAME_SWAP`. Elsewhere a second link to the old file is looked at after the rename.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE, _RENAME_SWAP = -100, 2, 2
_NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)

Exchange = Callable[[bytes, bytes], int]


class ChangedError(Exception):
    """The file does not hold what it should; it is left as it is."""


def replace(temporary: Path, full: Path, before: bytes) -> None:
    """Put `temporary` in the place of `full`, which holds `before`. Raises `ChangedError`, `FileNotFoundError`, `OSError`."""
    ours = temporary.read_bytes()
    if full.read_bytes() != before:
        raise ChangedError
    if not _exchanged(temporary, full):
        _replace_watching(temporary, full, before)
    elif temporary.read_bytes() != before:
        _exchanged(temporary, full)
        if temporary.read_bytes() != ours:  # saved once more in between: the newest stays
            _exchanged(temporary, full)
        raise ChangedError


def take_away(temporary: Path, full: Path, before: bytes) -> None:
    """Remove `full`, which holds `before`, by moving it over `temporary`. Raises as `replace` does."""
    if full.read_bytes() != before:
        raise ChangedError
    full.replace(temporary)
    if temporary.read_bytes() != before:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, full)
        raise ChangedError


def put_new(temporary: Path, full: Path) -> None:
    """Put `temporary` where nothing is. Raises `ChangedError` when somebody made that file meanwhile, and `OSError`."""
    try:
        os.link(temporary, full)  # unlike a rename, this never replaces anything
    except FileExistsError:
        raise ChangedError from None
    except OSError:
        if full.exists():
            raise ChangedError from None
        temporary.replace(full)


def _exchanged(first: Path, second: Path) -> bool:
    """Exchange two files in one step; False where the system or the file system cannot. Raises `OSError`."""
    function = _exchange()
    if function is None:
        return False
    sys.audit("os.rename", str(first), str(second), -1, -1)
    if function(os.fsencode(first), os.fsencode(second)) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_HERE:
        return False
    raise OSError(number, os.strerror(number), str(second))


@functools.cache
def _exchange() -> Exchange | None:
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            swap = library.renamex_np
            return lambda a, b: int(swap(a, b, ctypes.c_uint(_RENAME_SWAP)))
        rename = library.renameat2
    except (OSError, AttributeError, TypeError):
        return None
    return lambda a, b: int(rename(_AT_FDCWD, a, _AT_FDCWD, b, ctypes.c_uint(_RENAME_EXCHANGE)))


def _replace_watching(temporary: Path, full: Path, before: bytes) -> None:
    kept = temporary.with_name(temporary.name + "-kept")
    try:
        with contextlib.suppress(OSError):
            os.link(full, kept)
        temporary.replace(full)
        if kept.exists() and kept.read_bytes() != before:  # saved in place between the look and the rename
            kept.replace(full)
            raise ChangedError
    finally:
        with contextlib.suppress(OSError):
            kept.unlink(missing_ok=True)
