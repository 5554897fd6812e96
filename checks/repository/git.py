"""Git as a reader: plain commands that change nothing and run nothing that a repository's configuration names."""

from __future__ import annotations

import functools
import os
import stat
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

_SECONDS = 60
_PATIENCE = 3.0
"""Seconds after which it is looked for what git may be waiting for."""
_RULES = (".gitignore", ".gitattributes")


class GitJob:
    """A git command that runs while something else is done."""

    def __init__(self, directory: Path, *arguments: str, config: Sequence[tuple[str, str]] = ()) -> None:
        self.arguments = arguments
        self.directory = directory
        self.waits_for: str | None = None
        self._process: subprocess.Popen[bytes] | None
        if _waits(directory):
            self._process = None
            return
        try:
            self._process = subprocess.Popen(
                git_command(*arguments),
                cwd=directory,
                env=git_environment(directory, config),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError:
            self._process = None

    def result(self, timeout: float = _SECONDS) -> tuple[int, bytes, bytes] | None:
        """Wait for the command: exit code, output, messages; None when it could not be run, or took too long (seconds).

        A command that takes longer than a moment may wait for ever: it is ended as soon as a file of rules is found to be a named
        pipe, and `waits_for` names that.
        """
        if self._process is None:
            return None
        for seconds in (min(_PATIENCE, timeout), timeout - _PATIENCE):
            try:
                output, messages = self._process.communicate(timeout=seconds)
                return self._process.returncode, output, messages
            except subprocess.TimeoutExpired:
                self.waits_for = rules_pipe(self.directory)
            if self.waits_for is not None or timeout <= _PATIENCE:
                break
        self.stop()
        return None

    @property
    def stopped(self) -> bool:
        """Whether the command runs no more."""
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """End the command; nothing happens when it was waited for."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None:
                    pipe.close()  # not read to its end: a child of the command may still hold it


def _waits(directory: Path) -> bool:
    """Whether git would wait for ever here: it opens the files of its rules without a look at what they are."""
    return any(_is_pipe(os.path.join(directory, name)) for name in _RULES)  # noqa: PTH118 - in each audit's start


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)  # noqa: PTH116 - in each audit's start
    except OSError:
        return False


def rules_pipe(directory: Path) -> str | None:
    """Return the first file of git's rules that is a named pipe, relative to a directory; None where there is none."""
    for folder, folders, files in os.walk(directory, followlinks=False):
        folders[:] = sorted(f for f in folders if f != ".git")
        for name in _RULES:
            if name in files and _is_pipe(os.path.join(folder, name)):  # noqa: PTH118 - many folders
                return (Path(folder) / name).relative_to(directory).as_posix()
    return None


_THREADS = (os.cpu_count() or 1) + 1
"""Threads of `git grep` beside the one that distributes files: one for each core, as git has it, leaves cores idle while they read."""


def grep_arguments(needles: Sequence[str], *, binary: bool = False) -> tuple[str, ...]:
    """Return the words of a `git grep` that lists files holding any fixed word (https://git-scm.com/docs/git-grep)."""
    wanted = (w for n in needles for w in ("-e", n))
    return ("--literal-pathspecs", "grep", f"--threads={_THREADS}", "-a" if binary else "-I", "-l", "-z", "-F", *wanted)


def parse_grep_output(result: tuple[int, bytes, bytes] | None) -> frozenset[str] | None:
    """Return the paths in the output of `git grep -z -l`, or None when git failed."""
    if result is None or result[0] not in (0, 1):
        return None
    return frozenset(os.fsdecode(p) for p in result[1].split(b"\0") if p)


def git_grep(directory: Path, needles: Sequence[str], *where: str) -> frozenset[str] | None:
    """Return the text files that hold any fixed word, or None when git does not tell."""
    return parse_grep_output(GitJob(directory, *grep_arguments(needles), *where).result())


def git_command(*arguments: str) -> list[str]:
    """Return a git command line with file system monitor, hooks and pagers off."""
    return ["git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "--no-pager", *arguments]


NO_REMOTE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}
"""Variables with which git contacts no remote, whatever a repository's configuration says."""


def git_environment(directory: Path, config: Sequence[tuple[str, str]] = ()) -> dict[str, str]:
    """Return the environment git runs in: none of the caller's `GIT_` variables, no prompts, no optional locks, no remote.

    A partial clone fetches a missing object by itself, with a program that `.git/config` may name
    (https://git-scm.com/docs/git#Documentation/git.txt-codeGITALLOWPROTOCOLcode); a missing object is said to be missing instead.
    `config` is set for this command alone, and `safe.directory` with it where `trusted_top` says so.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    top = trusted_top(str(directory))
    pairs = [*config, *([("safe.directory", top)] if top else [])]
    given = {"GIT_CONFIG_COUNT": str(len(pairs))} if pairs else {}
    for number, (key, value) in enumerate(pairs):
        given |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return kept | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **NO_REMOTE, **given}


@functools.cache
def trusted_top(directory: str) -> str | None:
    """Return the top of the repository around a folder that was named to us, where it may be read although another user owns it.

    A job in a container runs as root over a checkout of somebody else, and git refuses it
    (https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory). The folder was named, so it is read; what
    runs programs is off in all our commands. A repository further up that belongs to a third user was not named: git decides.
    """
    here = os.path.realpath(directory)
    folder = here
    while not os.path.lexists(os.path.join(folder, ".git")):  # noqa: PTH118 - in each audit's start
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            return None
        folder = above
    try:
        owners = {os.stat(folder).st_uid, os.lstat(os.path.join(folder, ".git")).st_uid}  # noqa: PTH116, PTH118
        known = {os.stat(here).st_uid, getattr(os, "geteuid", lambda: 0)()}  # noqa: PTH116
    except OSError:
        return None
    return folder.replace(os.sep, "/") if owners <= known else None


def refusal(directory: Path) -> str | None:
    """Return why git does not read the repository that is here, in its own words; None where it does, or where there is none."""
    done = GitJob(directory, "rev-parse", "--git-dir").result()
    if done is None or done[0] == 0:
        pipe = rules_pipe(directory)
        return None if pipe is None else f"{pipe} is a named pipe, and git would wait for it forever"
    said = [line for line in done[2].decode(errors="replace").splitlines() if line.strip()]
    first = said[0].removeprefix("fatal: ") if said else f"git ended with {done[0]}"
    return None if first.startswith("not a git repository") else first


def trust_hint(directory: Path) -> str:
    """Return what makes git read a repository of another user, or one whose rules it would wait for."""
    pipe = rules_pipe(directory)
    if pipe is not None:
        return f"replace {pipe} with a regular file"
    return f"if you trust it: `git config --global --add safe.directory {directory}`"


def changed_files(directory: Path, *arguments: str) -> tuple[str, ...] | None:
    """Return the files that `git status` lists, None without git. No filter that the repository itself configures is run.

    `git status` passes a changed file through the `clean` or `process` program of its filter
    (https://git-scm.com/docs/gitattributes#_filter); those of the person's own configuration (Git LFS) stay.
    """
    named = ("config", "--local", "--includes", "--null", "--name-only", "--get-regexp", _PROGRAMS)
    keys = [k.decode(errors="surrogateescape") for k in (run_git(directory, *named) or b"").split(b"\0") if k]
    off = [(k, "false" if k.endswith(".required") else "") for k in keys]
    done = GitJob(directory, "status", "--porcelain", "-z", *arguments, config=off).result()
    if done is None or done[0] != 0:
        return None
    return tuple(_status_paths(os.fsdecode(done[1]).split("\0")))


def is_clean(directory: Path) -> bool | None:
    """Return whether what runs and is read here is what the last commit holds; None without git.

    A file that git does not track counts where it can change what runs; reports and other products of a run do not, and neither
    does a virtual environment.
    """
    changed = changed_files(directory, "--untracked-files=no")
    every = changed_files(directory, "--untracked-files=all")
    if changed is None or every is None:
        return None
    added = [Path(p) for p in set(every) - set(changed) if p.endswith(_RUNS)]
    return not changed and all(any((directory / f / "pyvenv.cfg").is_file() for f in p.parents) for p in added)


_RUNS = (".py", ".toml", ".cfg", ".ini", ".yml", ".yaml", ".env", ".pth")
"""Ends of names of files that change what runs, or what an audit reads."""

_PROGRAMS = r"^filter\..*\.(clean|smudge|process|required)$"


def _status_paths(entries: Sequence[str]) -> Iterator[str]:
    """Yield the paths of `--porcelain -z`: a renamed file's old name is an entry of its own (https://git-scm.com/docs/git-status)."""
    rest = iter(entries)
    for entry in rest:
        if len(entry) > 3:
            yield entry[3:]
            if entry[0] in "RC":
                next(rest, None)


def run_git(directory: Path, *arguments: str, timeout: float = _SECONDS) -> bytes | None:
    """Run a plain, read-only git command and return its output, or None when git is missing or says no.

    Nothing that a hostile `.git/config` names is run: file system monitor, hooks, pagers and prompts are off.
    """
    return output_of(GitJob(directory, *arguments), timeout)


def output_of(job: GitJob, timeout: float = _SECONDS) -> bytes | None:
    """Return the output of a command that succeeds, else None."""
    done = job.result(timeout)
    return done[1] if done is not None and done[0] == 0 else None
