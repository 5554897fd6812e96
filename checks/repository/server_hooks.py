"""What the servers of production run besides the application: gunicorn's configuration with its hooks.

Source: https://docs.gunicorn.org/en/stable/settings.html#server-hooks, https://docs.gunicorn.org/en/stable/settings.html#config
(`gunicorn.conf.py` of the working folder is read where no other file is named).
"""

from __future__ import annotations

import re
import shlex

from msgspec import Struct

from checks.hosts.commands import commands_in
from checks.hosts.images import image_that_serves
from checks.hosts.serving import server_words
from checks.repository.backends import module_path
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts, join

HOOKS = ("on_starting", "when_ready", "pre_fork", "post_fork", "post_worker_init")
"""Functions that gunicorn calls while it starts, in their order; workers inherit what the master has done."""
_DEFAULT = "gunicorn.conf.py"


class Started(Struct, frozen=True, kw_only=True):
    """A command of production that starts a server: the server's name, its words, and the folder it starts in."""

    server: str
    words: tuple[str, ...]
    folder: str


def servers(facts: Facts, root: str) -> list[Started]:
    """Return the servers that production starts for the backend at a root: by the commands of hosts, images and their scripts."""
    return facts.memoize(servers, root, lambda: _servers(facts, root))


def _servers(facts: Facts, root: str) -> list[Started]:
    texts: list[tuple[str, str, tuple[str, ...]]] = []
    given: tuple[str, ...] = ()
    for deployment in deployments_of_backend(facts, root):
        if deployment.environment == "production":
            declared = deployment.variables.get("GUNICORN_CMD_ARGS")
            given = _split(declared.value) if declared is not None and declared.value else given
            texts.append((deployment.commands, deployment.root or root, given))
    image = image_that_serves(facts, root)
    if image is not None:
        texts.append((image.command, root, given))
    found: list[Started] = []
    for text, folder, more in texts:
        for command in commands_in(facts, text, folder):
            words = server_words(command.words)
            if words:
                # What the command itself says comes first, and counts.
                own = (*words[1:], *more) if words[0] == "gunicorn" else words[1:]
                found.append(Started(server=words[0], words=own, folder=folder))
    return found


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()


def gunicorn_configurations(facts: Facts, root: str) -> list[str]:
    """Return the configuration files that gunicorn reads in production, those in the repository."""
    found: list[str] = []
    for started in servers(facts, root):
        if started.server != "gunicorn":
            continue
        named = _named(started.words)
        if named is None:
            candidates = [join(started.folder, _DEFAULT), join(root, _DEFAULT), _DEFAULT]
        elif named.startswith("python:"):
            path = module_path(facts, root, named.removeprefix("python:"))
            candidates = [path] if path else []
        else:
            plain = named.removeprefix("file:").removeprefix("./")
            parts = plain.lstrip("/").split("/")
            # `/app/deploy/gunicorn.py` in an image is `deploy/gunicorn.py` here.
            tails = ["/".join(parts[n:]) for n in range(len(parts))]
            candidates = [c for t in tails for c in (join(started.folder, t), join(root, t), t)]
        path = next((c for c in candidates if c in facts.paths), None)
        if path is not None and path not in found:
            found.append(path)
    return found


def _named(words: tuple[str, ...]) -> str | None:
    for at, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in ("-c", "--config"):
            return value if equals else words[at + 1] if at + 1 < len(words) else None
        if word.startswith("-c") and len(word) > 2 and not word.startswith("--"):
            return word[2:]
    return None


def served_modules(facts: Facts, root: str) -> dict[str, str]:
    """Return the files of the modules that servers of production are given (`gunicorn shop.wsgi`), with the server's name."""
    found: dict[str, str] = {}
    for started in servers(facts, root):
        for word in started.words:
            value = word.partition("=")[2] if word.startswith("-") else word
            dotted = value.partition(":")[0]
            if dotted.endswith(".py"):
                dotted = dotted.removesuffix(".py").replace("/", ".")
            if re.fullmatch(r"\w+(\.\w+)+", dotted) or (":" in value and dotted.isidentifier()):
                path = module_path(facts, root, dotted)
                if path is not None:
                    found.setdefault(path, started.server)
    return found
