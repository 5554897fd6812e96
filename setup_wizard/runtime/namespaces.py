"""Puts the child into namespaces of its own (Linux): no network but a loopback, no other processes, the repository read-only.

Where the kernel refuses a part, none of it is used, and the report says so. Imports only the standard library.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
_NO_NEW_PRIVILEGES, _DROP_CAPABILITY = 38, 24  # prctl(2)
_NAMESPACES = (
    0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000
)  # unshare(2): user, mount, pid, network, ipc
_BIND, _REC, _PRIVATE, _REMOUNT, _READ_ONLY, _RELATIVE = 4096, 16384, 1 << 18, 32, 1, 1 << 21  # mount(2)
_KEPT_FLAGS = 2 | 4 | 8 | 1024 | 2048
"""nosuid, nodev, noexec, noatime, nodiratime: what a mount has of these, it keeps when it is made read-only."""
_KEPT_CAPABILITIES = frozenset(range(8))
"""What files' owners and modes ask of a superuser; none that reaches out of a namespace (capabilities(7))."""
_PRIVATE_PLACES = (
    *(".aws", ".azure", ".config/gcloud", ".config/gh", ".docker", ".git-credentials", ".gnupg", ".kube"),
    *(".local/share/keyrings", ".netrc", ".npmrc", ".pypirc", ".sentryclirc", ".ssh"),
)
_SOCKETS = ("/run/user", "/run/dbus", "/run/docker.sock", "/run/containerd", "/run/podman")


class NotIsolatedError(Exception):
    """The kernel does not allow a namespace; the text says which call."""


def unshare() -> None:
    """Leave the caller's namespaces. Raises `NotIsolatedError`."""
    _call("unshare", _NAMESPACES)


def map_users(pid: int) -> None:
    """Map the user to itself, and all users where a superuser may."""
    uid, gid = os.geteuid(), os.getegid()
    place = Path("/proc", str(pid))
    if uid == 0:
        for name in ("uid_map", "gid_map"):
            # What this process has mapped itself, as in a container.
            ranges = [row.split() for row in Path("/proc/self", name).read_text().splitlines()]
            Path(place, name).write_text("".join(f"{first} {first} {count}\n" for first, _, count in ranges))
        return
    (place / "setgroups").write_text("deny")
    (place / "uid_map").write_text(f"{uid} {uid} 1\n")
    (place / "gid_map").write_text(f"{gid} {gid} 1\n")


def prepare(asked: dict[str, Any]) -> socket.socket:
    """Set up the new namespaces; returns a socket that listens on their loopback, on the port of the sandbox."""
    root, scratch, port = os.path.realpath(asked["root"]), asked["scratch"], asked["port"]
    if root == "/":
        raise NotIsolatedError("the repository is the root folder")
    _mount("none", "/", _REC | _PRIVATE)
    if scratch.startswith(root + os.sep):
        _mount(scratch, scratch, _BIND)
    _read_only(root)
    _mount("proc", "/proc", 2 | 4 | 8, kind="proc")
    if tuple(map(int, os.uname().release.split("-")[0].split(".")[:2])) >= (6, 14):
        with contextlib.suppress(OSError):  # each namespace has a limit of its own since 6.14
            Path("/proc/sys/kernel/pid_max").write_text(str(max(4 * asked["limit"], 400)))
    with contextlib.suppress(NotIsolatedError):
        _read_only("/proc/sys")
    for place in (*(Path(home, p) for home in asked["homes"] for p in _PRIVATE_PLACES), *map(Path, _SOCKETS)):
        _hide(place, Path(root))
    with socket.socket() as control:  # netdevice(7): IFF_UP | IFF_RUNNING
        fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", b"lo", 1 | 64))
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener


def _hide(place: Path, root: Path) -> None:
    """Cover a folder with an empty one, and a file with an empty file, unless the repository is in it."""
    if place.is_dir():
        if not root.is_relative_to(place.resolve()):
            _mount("none", str(place), 2 | 4, kind="tmpfs")
    elif place.exists():
        _mount("/dev/null", str(place), _BIND)


def _read_only(folder: str) -> None:
    _mount(folder, folder, _BIND | _REC)
    flags = os.statvfs(folder).f_flag
    kept = flags & _KEPT_FLAGS | (_RELATIVE if flags & 4096 else 0)
    _mount("none", folder, _BIND | _REMOUNT | _READ_ONLY | kept)


def _mount(source: str, target: str, flags: int, kind: str = "none") -> None:
    _call("mount", os.fsencode(source), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), None, about=target)


def _call(name: str, *arguments: Any, about: str = "") -> None:
    """Call a function of the C library. Raises `NotIsolatedError`."""
    if getattr(LIBC, name)(*arguments) != 0:
        raise NotIsolatedError(f"{name} {about}".strip() + f": {os.strerror(ctypes.get_errno())}")


def drop_capabilities() -> None:
    """Keep what the child may do as a superuser within the namespaces."""
    for number in range(64):
        if number not in _KEPT_CAPABILITIES:
            LIBC.prctl(_DROP_CAPABILITY, number, 0, 0, 0)
    LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
