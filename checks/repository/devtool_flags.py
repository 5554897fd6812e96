"""`--devtool` and `--no-devtool` of the commands that build with webpack or Rspack: they overrule the configuration.

https://webpack.js.org/api/cli/#flags, https://rspack.rs/api/cli
"""

from __future__ import annotations

from msgspec import Struct

from checks.frontends.commands import build_scripts, builder, commands, program
from checks.repository.builds import Build, deployed, find_builds
from checks.repository.commands import package_script
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend

_OFF = ("false", "none")


class Devtool(Struct, frozen=True, kw_only=True):
    """What the commands of the deployed builds say: `value` is a kind of source map, `false`, or None where it is not known here."""

    value: str | None
    command: str
    path: str
    line: int

    @property
    def written(self) -> str:
        """How the command writes it."""
        return "--no-devtool" if self.value == "false" else f"--devtool {self.value or '…'}"

    @property
    def writes_files(self) -> bool | None:
        """Whether the build writes map files; None where it is not known here."""
        if self.value is None:
            return None
        return "source-map" in self.value and not self.value.startswith(("eval", "inline"))


def devtool_of_builds(facts: Facts, frontend: Frontend) -> Devtool | None:
    """Return the flag of the deployed builds, else of the package's scripts; None where the configuration decides."""
    if frontend.bundler not in ("webpack", "rspack"):
        return None
    return facts.memoize(devtool_of_builds, frontend.root, lambda: _of_builds(facts, frontend))


def _of_builds(facts: Facts, frontend: Frontend) -> Devtool | None:
    found = [
        (words, b.command, b.path, b.line)
        for b in deployed(find_builds(facts, frontend))
        for words in _made(frontend, b)
    ]
    if not found:
        scripts = build_scripts(frontend.scripts)
        found = [(w, s, frontend.manifest, 1) for s in scripts for w in commands(s) if builder(w) is not None]
    given = [(_flag(words), command, path, line) for words, command, path, line in found]
    told = [g for g in given if g[0] != ""]
    if not told:
        return None
    values = {value for value, _, _, _ in given}
    value, command, path, line = told[0]
    return Devtool(value=value if len(values) == 1 else None, command=command, path=path, line=line)


def _made(frontend: Frontend, build: Build) -> list[list[str]]:
    """Return the words of the bundler's commands that a build runs, those of the package's scripts among them."""
    words = list(build.made.words if build.made is not None else build.words)
    if builder(words) is not None:
        return [words]
    called = package_script(tuple(words))
    if called is None or called[0] not in frontend.scripts:
        return []
    passed = words[words.index("--") + 1 :] if "--" in words else []
    return [[*w, *passed] for w in commands(frontend.scripts[called[0]]) if builder(w) is not None]


def _flag(words: list[str]) -> str | None:
    """Return the last value that a command gives, `false` for none, empty where it says nothing, None for a variable's."""
    words, found = program(words), ""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word == "--no-devtool":
            found = "false"
        elif name in ("--devtool", "-d"):
            following = words[at + 1] if at + 1 < len(words) and not words[at + 1].startswith("-") else ""
            found = value if equals else following
            if name == "-d" and not found:
                found = ""  # webpack 4's short form for a developer's build
    if "$" in found:
        return None
    return "false" if found in _OFF else found
