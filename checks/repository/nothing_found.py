"""Says what was looked for where a repository has neither a backend nor a frontend, and what was seen instead."""

from __future__ import annotations

from collections.abc import Iterator

from checks.backends.frameworks import FRAMEWORKS
from checks.frontends.candidates import manifest_of, strings
from checks.repository.facts import Facts
from checks.repository.frontends import left_out

_NODE_SERVERS = ("express", "fastify", "koa", "@nestjs/core", "@hapi/hapi", "hono")
"""Packages of Node that answer requests; the first is named."""
_PYTHON_MANIFESTS = ("pyproject.toml", "requirements.txt", "Pipfile", "setup.py", "setup.cfg")
_OTHER_LANGUAGES = {
    "go.mod": "Go",
    "Gemfile": "Ruby",
    "pom.xml": "Java",
    "build.gradle": "Java",
    "composer.json": "PHP",
    "Cargo.toml": "Rust",
    "mix.exs": "Elixir",
}
_SHOWN = 5


def what_was_sought(facts: Facts) -> tuple[str, ...]:
    """Return sentences: what counts as a backend and as a frontend, how much was searched, what was seen instead."""
    titles = [f.title for f in FRAMEWORKS if f.kind in ("web", "worker")]
    seen = list(_seen(facts))
    more = [f"{len(seen) - _SHOWN} more packages are not listed."] if len(seen) > _SHOWN else []
    return (
        f"Looked for a backend: an application of {', '.join(titles)} that something starts, or a Python script that a host runs.",
        "Looked for a frontend: a package.json or a Vite config that is built for browsers.",
        _searched(len(facts.paths)),
        *seen[:_SHOWN],
        *more,
    )


def _searched(files: int) -> str:
    if not files:
        return "The directory has no files."
    return f"{files:,} {'file was' if files == 1 else 'files were'} searched."


def _seen(facts: Facts) -> Iterator[str]:
    """Yield what a reader may take for a backend or a frontend, each with why it is not."""
    for other in left_out(facts):
        yield f"{other.root} builds for browsers, but is left out: {other.why}."
    for path in facts.named("package.json"):
        data = manifest_of(facts, path)
        if data is None or "node_modules/" in path:
            continue
        uses = strings(data.get("dependencies"))
        server = next((p for p in _NODE_SERVERS if p in uses), None)
        if server is not None:
            yield f"{path} depends on {server}: Node services are not supported (see https://docs.sentry.io/platforms/javascript/guides/node/)."
        else:
            yield f"{path} builds nothing for browsers."
    for path in facts.named(*_PYTHON_MANIFESTS):
        yield f"{path} names Python packages, but nothing here starts an application."
    for path in facts.named(*_OTHER_LANGUAGES):
        yield f"{path} is of {_OTHER_LANGUAGES[path.rpartition('/')[2]]}, which is not supported."
