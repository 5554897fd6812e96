"""The words of a command: what only starts another program is taken off, flags are split from plain words."""

from __future__ import annotations

_STARTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("sudo", "env", "time", "nohup", "nice", "exec", "command", "xargs", "setsid", "stdbuf"), ()),
    **dict.fromkeys(("npx", "bunx", "pnpx", "uvx", "corepack", "cross-env", "cross-env-shell", "env-cmd"), ()),
    **dict.fromkeys(("dotenv", "dotenvx", "doppler", "op", "infisical", "varlock"), ("run",)),
    **dict.fromkeys(("chamber", "aws-vault", "teller"), ("exec", "run")),
    "yarn": ("exec", "dlx"),
    "pnpm": ("exec", "dlx"),
    "npm": ("exec", "x"),
    "bun": ("x",),
    "uv": ("run",),
    "poetry": ("run",),
    "pipenv": ("run",),
    "pdm": ("run",),
    "hatch": ("run",),
    "rye": ("run",),
    "pipx": ("run",),
    "bundle": ("exec",),
    "mise": ("exec", "x"),
}
"""Programs that run the command behind them, with the word that says so where there is one."""

_NODE = frozenset({"npx", "bunx", "pnpx", "yarn", "pnpm", "npm", "bun", "uvx", "pipx"})
"""Of these the ones that name a package, perhaps with its version."""

_VALUED = frozenset(
    {"-p", "--package", "--from", "--with", "-u", "--user", "-n", "-I", "--prefix", "-C", "-e", "-f", "--file", "-c"}
    | {"--project", "--config", "--env", "--env-file", "-g", "--group", "--extra", "--python"}
)
_TIMED = frozenset({"-k", "--kill-after", "-s", "--signal", "-w", "--wait", "--timeout", "-E", "--conflict-exit-code"})
"""Flags with a value of `timeout` and `flock`."""
_OPTIONAL = frozenset({"dotenv"})
"""Programs that have the word in one of their kinds only: python-dotenv's `dotenv run`, dotenv-cli's `dotenv --`."""
_SERVICE = frozenset({"chamber", "aws-vault"})
_SENTRY = {"@sentry/cli": "sentry-cli", "getsentry/sentry-cli": "sentry-cli"}
_MAX_WRAPPERS = 8


def unwrapped(words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the command that is run in the end, and the variables that its starters set.

    `sudo env A=1 npx @sentry/cli@2 releases new` is `sentry-cli releases new` with `A`; `/usr/bin/x` keeps its place.
    """
    given: dict[str, str] = {}
    for _ in range(_MAX_WRAPPERS):
        if not words:
            break
        name, rest = words[0].rpartition("/")[2], words[1:]
        if name in ("timeout", "flock"):
            inner = _behind_flags(rest, {}, _TIMED)[1:]
            if inner[:1] == ("-c",):
                break  # a script, which the grammar of shell reads
            words = inner
        elif name in ("python", "python3") and rest[:1] == ("-m",):
            words = rest[1:]
        elif name in ("docker", "podman") and rest[:1] == ("run",):
            at = next((i for i, w in enumerate(rest) if "sentry-cli" in w and not w.startswith("-")), None)
            return (("sentry-cli", *rest[at + 1 :]) if at is not None else words), given
        elif name in _STARTS:
            inner = _behind_flags(rest, given)
            wanted = _STARTS[name]
            if wanted:
                if name in _OPTIONAL and inner[:1] and inner[0] not in wanted:
                    pass
                elif inner[:1] and inner[0] in wanted:
                    inner = _behind_flags(inner[1:], given)
                    inner = _behind_flags(inner[1:], given) if name in _SERVICE else inner
                else:
                    break
            if name in _NODE and inner:
                inner = (_unversioned(inner[0]), *inner[1:])
            words = inner
        else:
            break
    return ((program_name(words[0]), *words[1:]) if words else words), given


def _behind_flags(words: tuple[str, ...], given: dict[str, str], valued: frozenset[str] = _VALUED) -> tuple[str, ...]:
    at = 0
    while at < len(words):
        name, equals, value = words[at].partition("=")
        if equals and name.isidentifier():
            given[name] = value
            at += 1
        elif words[at].startswith("-"):
            at += 2 if words[at] in valued else 1
        else:
            break
    return words[at:]


def _unversioned(word: str) -> str:
    name, _, _ = word[1:].partition("@")
    return word[:1] + name


def program_name(word: str) -> str:
    """Return `sentry-cli` for each of its names and places, `sentry` for the newer tool; all others as written."""
    name = _unversioned(word).partition(":")[0].partition("==")[0]
    if name in _SENTRY:
        return _SENTRY[name]
    last = name.rpartition("/")[2]
    return last if last in ("sentry-cli", "sentry") and not word.startswith("@") else word


def arguments(words: tuple[str, ...], valued: frozenset[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Split a command's words into plain words and flags with their values; `valued` are the flags that take one."""
    plain: list[str] = []
    flags: dict[str, list[str]] = {}
    at = 1
    while at < len(words):
        word = words[at]
        if word.startswith("-") and len(word) > 1:
            name, equals, value = word.partition("=")
            if not equals and name in valued and at + 1 < len(words):
                at += 1
                value = words[at]
            flags.setdefault(name, []).append(value)
        else:
            plain.append(word)
        at += 1
    return plain, flags
