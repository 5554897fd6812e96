"""The variables that a build of a frontend has: from its step, from the env files that its mode loads, from what runs before it."""

from __future__ import annotations

from msgspec.structs import replace
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.dotenv import Variable, parse_dotenv
from checks.parsers.javascript_values import UNKNOWN
from checks.parsers.text import ParseError
from checks.parsers.vite import written_path
from checks.parsers.vite_objects import Reader, UnresolvedSource, assume_may_define
from checks.repository.browser import script
from checks.repository.builds import Build, find_builds
from checks.repository.commands import Ran
from checks.repository.facts import Facts, join, parent
from checks.repository.frontends import Frontend

_COPIES = frozenset({"cp", "mv", "tee", "envsubst", "gcloud", "aws", "doppler", "op", "vault"})
_TOKEN_FILE = ".env.sentry-build-plugin"


def env_folder(facts: Facts, frontend: Frontend) -> str | None:
    """Return the folder of a frontend's env files; None where the config computes it (https://vite.dev/config/shared-options.html#envdir)."""
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    if config is None or isinstance(config, ParseError) or config.chosen is None:
        return frontend.root
    base = frontend.root
    if isinstance(config.chosen.vite_root, UnresolvedSource):
        known = config.chosen.vite_root.known
        if not isinstance(known, str) or known.startswith("/"):
            return None
        base = join(base, known)
    if config.elsewhere is not None and config.shared is not None and config.export is not None:
        layers = config.shared.find_made(config.export, "envDir")
        named = config.shared.production(layers) if layers is not None else UNKNOWN
        text = named if isinstance(named, str) and not named.startswith("/") else None
        return base if named is None else join(base, text) if text is not None else None
    if isinstance(config.chosen.vite_root, Node):
        written = written_path(config.chosen.vite_root)
        base = join(parent(frontend.vite_config or ""), written) if written is not None else base
    given = Reader(config.root, assume_may_define, shared=config.shared).lookup(config.chosen.node, "envDir")
    if given is None:
        return base
    folder = written_path(given) if isinstance(given, Node) else None
    return join(base, folder) if folder is not None and not folder.startswith("/") else None


def env_files(folder: str, mode: str) -> tuple[str, ...]:
    """Return the env files that a mode loads, the one that counts most first (https://vite.dev/guide/env-and-mode#env-files)."""
    names = (f".env.{mode}.local", f".env.{mode}", ".env.local", ".env")
    return tuple(join(folder, n) for n in names)


def in_env_files(facts: Facts, frontend: Frontend, name: str, mode: str) -> tuple[str, Variable] | None:
    """Return the tracked env file and the binding that give a variable to a build in a mode, or None."""
    folder = env_folder(facts, frontend)
    for path in env_files(folder, mode) if folder is not None else ():
        found = [v for v in parse_dotenv(facts.text(path) or "") if v.name == name] if path in facts.paths else []
        if found:
            return path, found[-1]
    return None


def _loads_env_files(facts: Facts, frontend: Frontend) -> bool:
    """Return whether a build's config reads env files itself, so that it may take the token from them, too.

    https://vite.dev/config/#using-environment-variables-in-config
    """
    tree = script(facts, frontend.vite_config) if frontend.vite_config else None
    imports = js.imports(tree) if isinstance(tree, Node) else ()
    return any(module.startswith("dotenv") or "loadEnv" in given.values() for module, given, _ in imports)


def written_before(facts: Facts, frontend: Frontend, before: tuple[Ran, ...], name: str, mode: str) -> bool | None:
    """Return whether the commands before a build write a variable where the build reads it; None where what they write is not seen.

    Read are `$GITHUB_ENV` and the mode's env files, for a token only the plugin's own one.
    """
    folder = env_folder(facts, frontend) or frontend.root
    own = {join(folder, _TOKEN_FILE)} if name.endswith("TOKEN") else set(env_files(folder, mode))
    files = own | set(env_files(folder, mode) if _loads_env_files(facts, frontend) else ())
    unseen = False
    for ran in before:
        into_job = "GITHUB_ENV" in ran.output
        target = join(ran.folder, ran.output) if ran.output and "$" not in ran.output else ""
        copies = ran.words and ran.program in _COPIES and any(join(ran.folder, w) in files for w in ran.words[1:])
        if not (into_job or target in files or copies) or ran.runs is False:
            continue
        text = "\n".join((ran.source, *ran.words))
        if any(_assigns(line, name) for line in text.replace("\\n", "\n").splitlines()):
            return True if ran.runs is True and (into_job or target in own or copies) else None
        if "=" not in text or copies:
            unseen = unseen or not into_job
    return None if unseen else False


def _assigns(line: str, name: str) -> bool:
    """Return whether a line of what a command writes, a word or a line of its document, gives a variable its value."""
    return line.strip().strip("\"'").removeprefix("export ").startswith(f"{name}=")


def builds_given(facts: Facts, frontend: Frontend, name: str) -> list[Build]:
    """Return the builds of a frontend as `find_builds` does, where what runs before a build may give it the variable too."""
    found = []
    for build in find_builds(facts, frontend, name):
        handed = None if build.token else written_before(facts, frontend, build.before, name, mode_of(build))
        if build.token or handed is False:
            found.append(build)
        elif handed:
            found.append(replace(build, token=f"`{name}` by a command before it in {build.path}"))
        else:
            found.append(replace(build, closed=False, unseen=True))
    return found


def by_project(build: Build, name: str) -> str:
    """Say that a variable may be one that a CI project keeps for all its jobs."""
    return f"the CI project's variables reach `{build.command}`, and whether `{name}` is one of them cannot be seen"


def mode_of(build: Build | None) -> str:
    """Return the mode of a build as its command line says."""
    words = build.made.words if build is not None and build.made is not None else ()
    for at, word in enumerate(words):
        if word in ("--mode", "-m") and at + 1 < len(words):
            return words[at + 1]
        if word.startswith("--mode="):
            return word.partition("=")[2]
    return "production"
