"""The addresses at which a backend answers, as the repository writes them down: what the browser's traces may be sent to."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from checks.parsers.dotenv import parse_dotenv
from checks.production.heap import texts
from checks.repository.builds import find_builds
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend
from checks.repository.settings import settings_chain

_OF_BACKEND = frozenset({"API", "BACKEND", "SERVER"})
_OF_ITSELF = frozenset({"SITE", "APP", "BASE", "PUBLIC", "EXTERNAL", "ROOT", "WEB"})
_ADDRESS = frozenset({"URL", "URI", "ORIGIN", "HOST", "ENDPOINT", "BASE", "DOMAIN"})
_MOST = 5


def backend_origins(facts: Facts, frontend: Frontend) -> tuple[str, ...]:
    """Return the origins (`https://api.example.com`) of the backends, each once, at most five.

    They come from variables that the deploying files and the frontend's production env files give, from `ALLOWED_HOSTS` of the
    production settings, and from the domains of hosts. Local ones, wildcards and values that are not written down are left out.
    """
    found = (o for text in _addresses(facts, frontend) if (o := origin_of(text)) is not None)
    return tuple(dict.fromkeys(found))[:_MOST]


def origin_of(text: str) -> str | None:
    """Return the origin of an address or host name, None for one that is local, a pattern or a blank.

    Examples:
        >>> origin_of("https://api.example.com/v1"), origin_of("shop.example.com"), origin_of("localhost"), origin_of("*")
        ('https://api.example.com', 'https://shop.example.com', None, None)
    """
    try:
        parts = urlsplit(text.strip() if "://" in text else f"https://{text.strip()}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    labels = host.split(".")
    plain = all(label and label.replace("-", "").isalnum() and label.isascii() for label in labels)
    if parts.scheme not in ("http", "https") or len(labels) < 2 or not plain or parts.username:
        return None
    local = labels[-1] in ("local", "localhost", "internal", "test", "invalid", "example") or labels[-1].isdigit()
    return None if local else f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _addresses(facts: Facts, frontend: Frontend) -> Iterator[str]:
    for build in find_builds(facts, frontend):
        for name, value in (build.step.env if build.step is not None else {}).items():
            if _names_address(name, _OF_BACKEND):
                yield value
    for file in (".env.production", ".env"):
        for variable in parse_dotenv(facts.text(join(frontend.root, file)) or ""):
            if variable.value is not None and _names_address(variable.name, _OF_BACKEND):
                yield variable.value
    for backend in facts.backends:
        for deployment in deployments_of_backend(facts, backend.root):
            if deployment.environment != "production":
                continue
            for name, declared in deployment.variables.items():
                if declared.value is not None and _names_address(name, _OF_BACKEND | _OF_ITSELF):
                    yield declared.value
            yield from deployment.domains
        hosts = settings_chain(facts, backend).bindings.get("ALLOWED_HOSTS") if backend.is_django else None
        machine = settings_chain(facts, backend).machine if hosts is not None else None
        if hosts is not None and machine is not None:
            plain = machine.plain(hosts.value)
            known = plain.value if plain is not None and isinstance(plain.value, tuple) else ()
            yield from [h for h in known if isinstance(h, str)] or texts(machine.heap, hosts.value)


def _names_address(name: str, whose: frozenset[str]) -> bool:
    words = name.upper().split("_")
    return bool(whose & set(words)) and words[-1] in _ADDRESS
