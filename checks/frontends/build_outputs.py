"""The folder, or the one file, that a build writes to, as a person names it in a command run in the frontend's folder."""

from __future__ import annotations

import posixpath

from msgspec import Struct

from checks.frontends.candidates import manifest_of
from checks.frontends.commands import build_scripts, builder, flag, node_scripts, program
from checks.frontends.configs import Value, below_root, configured, path_text, tree_of, values
from checks.parsers import javascript as js
from checks.parsers.command_words import unwrapped
from checks.parsers.commands import read_commands
from checks.parsers.dotenv import parse_dotenv
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend

UNKNOWN = "FOLDER_OF_THE_BUILD"
_USUAL = {"parcel": "dist", "rspack": "dist"}


class Output(Struct, frozen=True, kw_only=True):
    """The `folder` of a build, relative to the frontend's own; `file` where the build writes one file, whose folder may be shared."""

    folder: str
    file: str = ""


def output_of(facts: Facts, frontend: Frontend) -> Output:
    """Return where a build writes to; the folder `UNKNOWN` where the repository does not say it."""
    for command in (c for s in build_scripts(frontend.scripts) for c in read_commands(s)):
        words = list(command.words)
        if command.runs is False or builder(words) is None:
            continue
        own = program(words)
        file = flag(own, "--outfile", "--file", "-o")
        folder = flag(own, "--outdir", "--dist-dir", "--dir", "--output-path", "--dest", "-d")
        if file is not None and frontend.bundler in ("esbuild", "rollup"):
            return Output(folder=posixpath.dirname(file) or ".", file=file)
        given = folder or {**command.assigned, **unwrapped(tuple(words))[1]}.get("BUILD_PATH")
        if given is not None:
            return Output(folder=given.rstrip("/"))
    if frontend.framework is not None and frontend.framework.name == "Create React App":
        return Output(folder=_of_env_file(facts, frontend) or "build")
    found = _of_script(facts, frontend) or _of_config(facts, frontend)
    if found is not None:
        return found
    return Output(folder=_USUAL.get(frontend.bundler, UNKNOWN))


def _of_env_file(facts: Facts, frontend: Frontend) -> str | None:
    """Return `BUILD_PATH` of the env files (https://create-react-app.dev/docs/advanced-configuration/)."""
    for name in (".env.production", ".env"):
        text = facts.text(path) if (path := join(frontend.root, name)) in facts.paths else None
        found = next((v.value for v in parse_dotenv(text or "") if v.name == "BUILD_PATH"), None)
        if found:
            return str(found)
    return None


def _of_script(facts: Facts, frontend: Frontend) -> Output | None:
    """Return what a Node script gives esbuild as `outdir` or `outfile`."""
    if frontend.bundler != "esbuild":
        return None
    for path in (join(frontend.root, f) for s in frontend.scripts.values() for f in node_scripts(s)):
        tree = tree_of(facts, path)
        calls = (
            (n.child_by_field_name("arguments") for n in js.descend(tree) if n.type == "call_expression")
            if tree
            else ()
        )
        for arguments in calls:
            first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
            if first is None:
                continue
            for key in ("outdir", "outfile"):
                given = list(values(facts, Value(path, first), key))
                if len(given) == 1:
                    return _spelled(facts, frontend, given[0], is_file=key == "outfile")
    return None


def _of_config(facts: Facts, frontend: Frontend) -> Output | None:
    """Return `output.dir` or `output.file` of Rollup's configuration."""
    if frontend.bundler != "rollup":
        return None
    for ending in ("js", "mjs", "cjs", "ts"):
        path = join(frontend.root, f"rollup.config.{ending}")
        for key in ("dir", "file"):
            given = configured(facts, path, "output", key) if path in facts.paths else []
            if len(given) == 1:
                return _spelled(facts, frontend, given[0], is_file=key == "file")
    return None


def _spelled(facts: Facts, frontend: Frontend, value: Value, *, is_file: bool) -> Output | None:
    text = path_text(facts, value, frontend.root)
    found = below_root(text, frontend.root) if text else None
    if found is None:
        return None
    path = posixpath.relpath(found, frontend.root)
    return Output(folder=posixpath.dirname(path) or ".", file=path) if is_file else Output(folder=path)


def angular_output(facts: Facts, frontend: Frontend) -> str:
    """Return `outputPath` of angular.json; Angular's usual `dist` where it says none (https://angular.dev/reference/configs/workspace-config)."""
    stack: list[object] = [manifest_of(facts, join(frontend.root, "angular.json")) or {}]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            given = current.get("outputPath")
            given = given.get("base") if isinstance(given, dict) else given
            if isinstance(given, str):
                return given.rstrip("/")
            stack += current.values()
    return "dist"
