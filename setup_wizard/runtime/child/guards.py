"""Keeps the application to itself: no connection but to the sandbox, no file of the repository written, reads of variables noted.

Audit hooks refuse (https://docs.python.org/3/library/audit_events.html): code in Python cannot take them away. Libraries in C that
open sockets or files by themselves are not seen by them; those that databases are reached with are refused where they connect.
"""
# ruff: noqa

import os
import socket
import sys
from urllib.parse import urlsplit

from .files import Overlay
from .seen import ASKED, note

_LOCAL = ("", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::")
_OWN_PORTS = set()


def install():
    """Put every guard in place; nothing of the application may have been imported."""
    _bound_resources()
    _record_reads()
    overlay = Overlay(ASKED["root"], ASKED["overlay"])
    overlay.install()
    _keep_listeners_local()
    names = {socket.gethostname(), ""}
    dsn = urlsplit(ASKED["dsn"])
    allowed = (dsn.hostname, dsn.port)

    def hook(event, args):
        if event == "open":
            overlay.check_open(args[0], args[2])
        elif event.startswith("socket."):
            _check_socket(event, args, allowed, names)
        elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
            note("programs", os.path.basename(str(os.fsdecode(args[0]) if args[0] else "?").split(" ")[0])[:80])
        elif event.startswith("os.") or event.startswith("shutil."):
            overlay.check_change(event, args)

    sys.addaudithook(hook)


def _bound_resources():
    """A file that the application writes, our captured output among them, stays below 64 MiB (POSIX)."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024 * 1024,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass


def _named(address):
    if isinstance(address, tuple) and len(address) >= 2:
        return "%s:%s" % (address[0], address[1])
    return "a local socket"


def refuse(name):
    """Note a connection, and refuse it as a closed port would."""
    note("refused", name)
    raise ConnectionRefusedError("sentry-setup refuses connections while it verifies: %s" % name)


def _check_socket(event, args, allowed, names):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        if address is None:  # `sendmsg` on a connected socket
            return
        own = isinstance(address, tuple) and address[0] in _LOCAL and address[1] in _OWN_PORTS
        if not own and not (isinstance(address, tuple) and tuple(address[:2]) == allowed):
            refuse(_named(address))
    elif event == "socket.getaddrinfo":
        host = args[0].decode(errors="replace") if isinstance(args[0], bytes) else args[0]
        if host is not None and host not in _LOCAL and host not in names and host != allowed[0]:
            refuse(_named((host, args[1])))
    elif event in ("socket.gethostbyname", "socket.gethostbyaddr"):
        if args[0] not in _LOCAL and args[0] not in names:
            refuse(_named((args[0], "?")))


def _keep_listeners_local():
    """What listens does so on a free port of loopback, whatever address it asks for."""
    real = socket.socket.bind

    def bind(self, address):
        if self.family in (socket.AF_INET, getattr(socket, "AF_INET6", None)) and isinstance(address, tuple):
            if address[0] not in _LOCAL[1:4] or address[1]:
                note("listened", _named(address))
                address = ("::1" if self.family != socket.AF_INET else "127.0.0.1", 0)
            real(self, address)
            _OWN_PORTS.add(self.getsockname()[1])
        else:
            real(self, address)

    socket.socket.bind = bind


def _record_reads():
    kind = type(os.environ)
    original, contains = kind.__getitem__, kind.__contains__

    def record(key):
        from .seen import SEEN

        if isinstance(key, str) and len(SEEN["read"]) < 2000:
            if key in SEEN["read"]:
                SEEN["read"].remove(key)
            SEEN["read"].append(key)

    def get(self, key):
        record(key)
        return original(self, key)

    def has(self, key):
        record(key)
        return contains(self, key)

    kind.__getitem__, kind.__contains__ = get, has


def refuse_databases():
    """Refuse Django's connections to databases that are reached by a library in C."""
    try:
        from django.db.backends.base.base import BaseDatabaseWrapper
    except ImportError:
        return
    real = BaseDatabaseWrapper.connect

    def connect(self):
        if self.vendor == "sqlite":
            return real(self)
        name = "%s:%s" % (self.settings_dict.get("HOST") or "localhost", self.settings_dict.get("PORT") or self.vendor)
        note("refused", name)
        raise self.Database.OperationalError("sentry-setup refuses connections while it verifies: %s" % name)

    BaseDatabaseWrapper.connect = connect
