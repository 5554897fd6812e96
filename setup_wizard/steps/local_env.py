"""How a project takes its variables on a developer's machine where nothing loads a `.env`: the file or the shell that does."""

from __future__ import annotations

from msgspec.structs import replace
from yaml import Node, SequenceNode

from checks.hosts.compose import why_development
from checks.hosts.shapes import variables_of
from checks.parsers import yaml as y
from checks.parsers.python import settings_defaults
from checks.repository.backends import Backend, module_path
from checks.repository.env_loading import compose_env_files, is_env_example
from checks.repository.facts import join
from checks.repository.path_words import PRODUCTION, WORDS, Purpose, words_of
from checks.repository.running_settings import VARIABLE
from checks.repository.settings import settings_chain
from checks.targets.env_ways import Copies, way_of
from setup_wizard.steps.context import Context

_DEPLOYED = PRODUCTION | WORDS[Purpose.STAGING]


def how_to_set(context: Context, backend: Backend, name: str, dsn: str) -> tuple[str, str, str] | None:
    """Return where this project takes its variables where nothing loads a `.env`, the line to write there, and why.

    None where that is not known, or where no DSN could have an effect: the settings that run there initialize nothing.
    """
    if _silent(context, backend):
        return None
    known = [
        (path, file)
        for path, files in compose_env_files(context.facts)
        for file in files
        if not is_env_example(file.rpartition("/")[2])
    ]
    for path, file in known:
        # What git tracks takes no DSN, and what a variable names or production reads is not this machine's.
        if "$" not in file and not context.tracked(file) and not (words_of(path) | words_of(file)) & _DEPLOYED:
            return f"put it into {file}, which {path} reads", f"{name}={dsn}", _NONE
    way = way_of(context.facts, backend.root, Copies(files=frozenset({join(backend.root, ".env")})), name)
    if way is not None and way.path.endswith((".yml", ".yaml")) and not known:
        document = context.facts.yaml(way.path)
        listed = isinstance(document, Node) and _lists(document, way.line)
        line = f"- {name}" if listed else f"{name}: ${{{name}:-}}"
        where = f"declare {name} in {way.path}:{way.line}, and set it where Compose is started"
        return where, line, f"Compose {way.what}"
    return None if known else ("set it in the shell that starts the backend", f"export {name}={dsn}", _NONE)


_NONE = "nothing here loads a .env"


def _lists(document: Node, line: int) -> bool:
    """Return whether the service on a line writes its variables as a list."""
    services = y.pairs(y.get(document, "services"))
    block = next((y.get(s, "environment") for _, key, s in services if y.line_of(key) == line), None)
    return isinstance(block, SequenceNode)


def _silent(context: Context, backend: Backend) -> bool:
    """Return whether the settings that run on a developer's machine are others than production's, and call no init."""
    module = _local_settings(context, backend) if backend.is_django else None
    path = module_path(context.facts, backend.root, module) if module is not None else None
    if module is None or path is None or backend.settings is None or path == backend.settings.path:
        return False
    other = replace(backend.settings, name=module, path=path)
    chain = settings_chain(context.facts, replace(backend, name=f"{backend.name} {module}", settings=other))
    return not (chain.inits or chain.problems or chain.opaque_imports)


def _local_settings(context: Context, backend: Backend) -> str | None:
    """Return the settings module of a developer's machine: what compose files for development say, else manage.py's default."""
    facts = context.facts
    for path in (p for p in facts.with_suffix("yml", "yaml") if "compose" in p.rpartition("/")[2]):
        document = facts.yaml(path)
        if isinstance(document, Node) and why_development(facts, path, document) is not None:
            for _, _, service in y.pairs(y.get(document, "services")):
                declared = variables_of(y.get(service, "environment"), path).get(VARIABLE)
                if declared is not None and declared.value:
                    return declared.value
    text = facts.text(backend.manage) if backend.manage is not None else None
    return next((name for name, _ in settings_defaults(text or "")), None)
