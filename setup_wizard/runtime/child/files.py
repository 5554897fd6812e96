"""What the application writes below the repository goes to a folder of the child's own; what cannot be sent there is refused."""
# ruff: noqa

import builtins
import io
import os
import shutil

from .seen import note

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = {
    "os.mkdir": (0,),
    "os.rmdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
}
_SUPPORTED = (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids)
_LARGEST = 64 * 1024 * 1024


class Builtin:
    """A function that is no descriptor, as those of C: `pathlib` of Python 3.8 to 3.10 keeps `os.stat` and its like in a class,
    where a function of Python would become a method and get the instance first."""

    def __init__(self, call):
        self.call = call
        self.__name__ = call.__name__

    def __call__(self, *args, **named):
        return self.call(*args, **named)


class Overlay:
    """Sends writes below `root` to the same path below `place`; a file that is there is read from there."""

    def __init__(self, root, place):
        self.root = os.path.realpath(root)
        self.place = place
        self.stat = os.stat

    def inside(self, path):
        """Return the path below the root, or None for a path elsewhere."""
        try:
            full = os.path.abspath(os.fsdecode(path))
        except (TypeError, ValueError):
            return None
        if full.startswith(self.root + os.sep):
            return os.path.relpath(full, self.root)
        folder = os.path.realpath(os.path.dirname(full))
        if folder == self.root or folder.startswith(self.root + os.sep):
            return os.path.relpath(os.path.join(folder, os.path.basename(full)), self.root)
        return None

    def target(self, path, *, keep, need=True):
        """Return where a path is written instead, or None where it may stay; `keep` brings the present content along."""
        below = self.inside(path) if isinstance(path, (str, bytes, os.PathLike)) else None
        if below is None:
            return None
        instead = os.path.join(self.place, below)
        if need:
            note("redirected", below.replace(os.sep, "/"))
            self.make(os.path.dirname(instead), exist_ok=True)
            real = os.path.join(self.root, below)
            if keep and not self.has(instead) and os.path.isfile(real) and self.stat(real).st_size <= _LARGEST:
                shutil.copyfile(real, instead)
        return instead

    def has(self, path):
        """Return whether a path of the overlay is there."""
        try:
            self.stat(path)
            return True
        except OSError:
            return False

    def held(self, path):
        """Return where a path was written, or None."""
        instead = self.target(path, keep=False, need=False)
        if instead is None or not self.has(instead):
            return None
        # A folder is there because something was written below it: what the repository has of it is still seen.
        return None if os.path.isdir(instead) and self.has(os.path.join(self.root, self.inside(path))) else instead

    def check_open(self, path, flags):
        """Refuse a write that was not redirected, and a look at the variables of another process."""
        if not isinstance(path, (str, bytes)):
            return
        parts = os.fsdecode(path).split("/")
        foreign = (
            len(parts) > 3 and parts[:2] == ["", "proc"] and parts[2] not in ("self", "thread-self", str(os.getpid()))
        )
        if foreign and parts[-1] in ("environ", "mem"):
            note("refused", "/".join(parts))
            raise PermissionError("sentry-setup keeps processes from reading each other's variables while it verifies")
        if isinstance(flags, int) and flags & _WRITING:
            self.refuse(path)

    def check_change(self, event, args):
        """Refuse a change of the repository's folders and names that was not redirected."""
        for at in _CHANGING.get(event, ()):
            if at < len(args) and isinstance(args[at], (str, bytes, os.PathLike)):
                self.refuse(args[at])

    def refuse(self, path):
        """Refuse a change below the root."""
        below = self.inside(path)
        if below is not None:
            note("redirected", below.replace(os.sep, "/"))
            raise PermissionError("sentry-setup writes nothing into the repository while it verifies: %s" % below)

    def install(self):
        """Replace the functions that write."""
        real_open, real_os_open, real_mkdir = builtins.open, os.open, os.mkdir
        real_stat, real_remove, real_rename, real_replace = os.stat, os.remove, os.rename, os.replace
        overlay = self

        def make(folder, exist_ok=True):
            if not overlay.has(folder):
                make(os.path.dirname(folder))
                real_mkdir(folder)

        self.make = make

        def open_(file, mode="r", *rest, **named):
            if isinstance(file, (str, bytes, os.PathLike)):
                if any(c in mode for c in "wax+"):
                    instead = overlay.target(file, keep="w" not in mode and "x" not in mode)
                    named = {k: v for k, v in named.items() if k != "opener"} if instead else named
                else:
                    instead = overlay.held(file)
                file = instead or file
            return real_open(file, mode, *rest, **named)

        def os_open(path, flags, *rest, **named):
            if named.get("dir_fd") is None and isinstance(path, (str, bytes, os.PathLike)):
                writing = flags & _WRITING
                path = (overlay.target(path, keep=not flags & os.O_TRUNC) if writing else overlay.held(path)) or path
            return real_os_open(path, flags, *rest, **named)

        def mkdir(path, *rest, **named):
            instead = overlay.target(path, keep=False) if named.get("dir_fd") is None else None
            if instead is not None and overlay.has(os.path.join(overlay.root, overlay.inside(path))):
                raise FileExistsError(17, "File exists", os.fsdecode(path))
            return real_mkdir(instead or path, *rest, **named)

        def stat(path, *rest, **named):
            try:
                return real_stat(path, *rest, **named)
            except FileNotFoundError:
                instead = overlay.held(path) if isinstance(path, (str, bytes, os.PathLike)) else None
                if instead is None:
                    raise
                return real_stat(instead, *rest, **named)

        def remove(path, *rest, **named):
            return real_remove(overlay.held(path) or path, *rest, **named)

        def renaming(real):
            def rename(source, target, *rest, **named):
                moved = overlay.held(source)
                return real(
                    moved or source, (overlay.target(target, keep=False) if moved else None) or target, *rest, **named
                )

            return rename

        open_, os_open, mkdir, stat, remove = (Builtin(f) for f in (open_, os_open, mkdir, stat, remove))
        for real, patched in ((real_os_open, os_open), (real_mkdir, mkdir), (real_stat, stat), (real_remove, remove)):
            for supported in (
                os.supports_dir_fd,
                os.supports_fd,
                os.supports_follow_symlinks,
                os.supports_effective_ids,
            ):
                if real in supported:
                    supported.add(patched)

        def moved(real):
            def call(path, *rest, **named):
                instead = overlay.held(path) if isinstance(path, (str, bytes, os.PathLike)) else None
                return real(instead or path, *rest, **named)

            return call

        for name in ("chmod", "chown", "utime", "truncate", "rmdir", "access", "listdir", "scandir"):
            real = getattr(os, name, None)
            if real is not None:
                patched = Builtin(moved(real))
                setattr(os, name, patched)
                for supported in _SUPPORTED:
                    if real in supported:
                        supported.add(patched)
        builtins.open = io.open = open_
        os.open, os.mkdir, os.stat, os.remove, os.unlink = os_open, mkdir, stat, remove, remove
        os.rename, os.replace = Builtin(renaming(real_rename)), Builtin(renaming(real_replace))
        self._sqlite()

    def _sqlite(self):
        try:
            import sqlite3
        except ImportError:
            return
        real = sqlite3.connect

        def connect(database, *rest, **named):
            path, options = database, ""
            if isinstance(path, (bytes, os.PathLike)):
                path = os.fsdecode(path)
            if isinstance(path, str) and path.startswith("file:"):
                path, _, options = path[5:].partition("?")
            if isinstance(path, str) and path and ":memory:" not in path and "mode=memory" not in options:
                instead = self.target(path, keep=True)
                if instead is not None:
                    database = "file:%s?%s" % (instead, options) if options else instead
            return real(database, *rest, **named)

        sqlite3.connect = sqlite3.dbapi2.connect = connect
