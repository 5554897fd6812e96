"""Which commands of a package's scripts build for browsers: the words of each command decide, not a text that looks like one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.parsers.command_words import unwrapped
from checks.parsers.commands import read_commands
from checks.repository.path_words import NOT_PRODUCTION, purposes

_RUNNERS = frozenset({"npx", "pnpx", "bunx", "yarn", "pnpm", "npm", "bun"})
_ALONE = {
    "webpack": "webpack",
    "webpack-cli": "webpack",
    "rspack": "rspack",
    "esbuild": "esbuild",
    "rollup": "rollup",
    "rolldown": "rollup",
    "parcel": "parcel",
    "mix": "webpack",
    "laravel-mix": "webpack",
    "encore": "webpack",
    "ember": "ember",
}
"""Programs that build whatever their first argument is, and the bundler that they are."""

_BUILDING = {
    "vite": "vite",
    "rsbuild": "rspack",
    "next": "next",
    "astro": "astro",
    "nuxt": "vite",
    "nuxi": "vite",
    "gatsby": "webpack",
    "ng": "angular",
    "react-scripts": "webpack",
    "craco": "webpack",
    "react-app-rewired": "webpack",
    "vue-cli-service": "webpack",
    "react-router": "vite",
    "remix": "remix",
    "solid-start": "vite",
    "vinxi": "vite",
    "vike": "vite",
    "quasar": "vite",
    "bun": "bun",
    "rspack": "rspack",
    "parcel": "parcel",
    "ember": "ember",
    "encore": "webpack",
}
"""Programs whose `build` command builds for browsers."""

_OTHER_WORK = frozenset(
    {"serve", "server", "dev", "dev-server", "watch", "start", "preview", "info", "help", "test", "s"}
)
_BUILD_WORDS = frozenset({"build", "generate", "vite:build", "production", "prod"})
DELEGATES = frozenset({"nx", "turbo", "lerna", "moon", "rush", "wireit"})
"""Programs that run the scripts or targets of other packages."""


def commands(script: str) -> Iterator[list[str]]:
    """Yield the words of each command of a script that runs or may run; line by line where it is no shell."""
    for command in read_commands(script):
        if command.runs is not False:
            yield list(command.words)


def build_scripts(scripts: Mapping[str, str]) -> list[str]:
    """Return the scripts that build, by their names: production's alone where one is, the one called `build` first."""
    named = [n for n in scripts if "build" in n]
    production = [n for n in named if not purposes(n.replace(":", "-")) & NOT_PRODUCTION]
    return [scripts[n] for n in sorted(production or named, key=lambda n: n != "build")]


def program(words: list[str]) -> list[str]:
    """Strip what stands before a command's program: variables, and runners such as `npx` or `cross-env`."""
    words = list(unwrapped(tuple(words))[0])
    while len(words) > 1 and (words[0] in _RUNNERS or words[0] == "run" or words[0].startswith("-")):
        if words[:2] == ["bun", "build"]:
            break
        words = words[1:]
    return words


def builder(words: list[str]) -> str | None:
    """Return the bundler that a command builds with for browsers, or None."""
    words = program(words)
    if not words:
        return None
    name = words[0].rpartition("/")[2]
    rest = [w for w in words[1:] if not w.startswith("-")]
    first = rest[0] if rest else ""
    flags = set(words[1:])
    if name in _BUILDING and first in _BUILD_WORDS:
        return _BUILDING[name]
    if name in _ALONE and first not in _OTHER_WORK and not flags & {"--watch", "-w", "--help", "--version", "-v"}:
        if name == "esbuild" and any(w in ("--platform=node", "--platform=neutral") for w in flags):
            return None
        return _ALONE[name]
    return None


def node_scripts(script: str) -> Iterator[str]:
    """Yield the files that a script runs with Node or the like, as it writes them."""
    for words in commands(script):
        words = program(words)
        if words and words[0].rpartition("/")[2] in (
            "node",
            "tsx",
            "ts-node",
            "bun",
            "deno",
            "vite-node",
            "zx",
            "jiti",
        ):
            given = next((w for w in words[1:] if not w.startswith("-") and w not in ("run",)), None)
            if given is not None and given.endswith((".js", ".cjs", ".mjs", ".ts", ".mts", ".cts")):
                yield given.removeprefix("./")


def flag(words: list[str], *names: str) -> str | None:
    """Return the value of a flag of a command, written `--flag value` or `--flag=value`, or None."""
    for at, word in enumerate(words):
        for name in names:
            if word == name and at + 1 < len(words):
                return words[at + 1]
            if word.startswith(name + "="):
                return word.partition("=")[2]
    return None


def delegates(script: str) -> bool:
    """Return whether a script builds other packages only, by a task runner or a flag such as `--workspaces`."""
    for words in commands(script):
        own = program(words)
        if own and own[0].rpartition("/")[2] in DELEGATES:
            return True
        if words[0] in _RUNNERS and any(
            w
            in (
                "--workspaces",
                "-ws",
                "-r",
                "--recursive",
                "-w",
                "--filter",
                "-F",
                "workspace",
                "workspaces",
                "--prefix",
            )
            or w.startswith(("--filter=", "--workspace=", "--prefix="))
            for w in words
        ):
            return True
    return False
