"""The shapes in which hosts write variables and commands: mappings, `NAME=value` lists, lists of `{name, value}`."""

from __future__ import annotations

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.hosts.serving import runs_python
from checks.parsers import yaml as y
from checks.patterns import lazy_pattern
from checks.repository.deployment import Declared

_IMAGE_OF_OTHERS = lazy_pattern(
    r"(^|/)([\w.-]+[-_]nginx|postgres(ql)?|pgbouncer|postgis|redis|valkey|nginx|rabbitmq|memcached|mysql|mariadb|mongo(db)?|elasticsearch|opensearch"
    r"|minio|traefik|caddy|envoy|busybox|alpine|curl|flower|prometheus|grafana|datadog-agent|cloudsql-proxy|cloud-sql-proxy"
    r"|aws-otel-collector|fluent-?bit|oauth2-proxy|mailpit|mailhog|pgadmin4|adminer|phpmyadmin|mongo-express|keycloak|metabase"
    r"|haproxy|httpd|certbot|zookeeper|(cp-)?kafka|clickhouse(-server)?|meilisearch|typesense|qdrant|influxdb|kibana|logstash"
    r"|opentelemetry-collector(-contrib)?|localstack|imgproxy|gotenberg|watchtower|portainer(-ce)?)([:@]|$)"
)
"""Images of databases, proxies and tools, by the last part of their names: whatever they run, it is not this repository's code."""

_DJANGO_VARIABLE = lazy_pattern(r"DJANGO|^(SECRET_KEY|DATABASE_URL|ALLOWED_HOSTS|SENTRY_DSN|CELERY_BROKER_URL)$")
_NAMES = ("name", "Name", "key", "Key", "variable")
_VALUES = ("value", "Value", "default")


def variables_of(node: Node | None, path: str) -> dict[str, Declared]:
    """Return the variables of a block in any of the usual shapes; a value that is not a literal is None.

    In a `NAME=value` list nothing is unquoted: the quotes are part of the value
    (https://docs.docker.com/reference/compose-file/services/#environment).
    """
    found: dict[str, Declared] = {}
    if isinstance(node, MappingNode):
        for name, key, value in y.pairs(node):
            if name not in found or key in (k for k, _ in node.value):
                found[name] = Declared(value=_literal(_inner(value)), path=path, line=y.line_of(key))
    elif isinstance(node, SequenceNode):
        for entry in node.value:
            name_node = _first(entry, _NAMES)
            if isinstance(entry, ScalarNode):
                name, equals, text = entry.value.partition("=")
                literal = text if equals and "$" not in text else None
                found[name.strip()] = Declared(value=literal, path=path, line=y.line_of(entry))
            elif name_node is not None and (written := y.scalar(name_node)):
                found[written] = Declared(value=_literal(_first(entry, _VALUES)), path=path, line=y.line_of(name_node))
            elif isinstance(entry, MappingNode):
                found |= variables_of(entry, path)
    found.pop("", None)
    return found


def secrets_of(node: Node | None, path: str) -> dict[str, Declared]:
    """Return the variables of a block whose values are references to a store of secrets."""
    return {n: Declared(value=None, path=path, line=d.line) for n, d in variables_of(node, path).items()}


def _first(node: Node, keys: tuple[str, ...]) -> Node | None:
    return next((v for k in keys if (v := y.get(node, k)) is not None), None)


def _inner(value: Node) -> Node | None:
    """A variable may be a mapping that holds its value (`{value: x}`, `{valueFrom: …}`, `{from_secret: x}`)."""
    return _first(value, _VALUES) if isinstance(value, MappingNode) else value


def _literal(node: Node | None) -> str | None:
    text = y.scalar(node)
    return None if text is None or "$" in text or "{{" in text else text


def is_image_of_others(image: str | None) -> bool:
    """Return whether an image is known to hold the program of others."""
    return bool(image and _IMAGE_OF_OTHERS.search(image))


def command_of(node: Node | None, *keys: str) -> str:
    """Return the commands under some keys as one text, lists joined with blanks."""
    return " ".join(" ".join(y.strings(y.get(node, key))) for key in keys).strip()


def served_by(commands: str, variables: dict[str, Declared], *, otherwise: str = "unknown") -> str:
    """Tell whom a service serves: `backend` where its commands run Python, or its variables are a Django project's."""
    if runs_python(commands) or any(_DJANGO_VARIABLE.search(v) for v in variables):
        return "backend"
    return otherwise
