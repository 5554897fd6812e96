"""The integrations of sentry-sdk and the distributions that each needs, read from the modules of 2.75.0.

Naming an integration whose package is missing raises `DidNotEnable` at start
(https://docs.sentry.io/platforms/python/integrations/); one that is only found installed is skipped silently.
"""

from __future__ import annotations

ALWAYS_THERE = frozenset(
    {
        "argv",
        "asgi",
        "asyncio",
        "atexit",
        "aws_lambda",
        "cloud_resource_context",
        "dedupe",
        "excepthook",
        "gcp",
        "gnu_backtrace",
        "logging",
        "modules",
        "otlp",
        "serverless",
        "socket",
        "stdlib",
        "sys_exit",
        "threading",
        "unraisablehook",
        "wsgi",
        "executing",
        "rust_tracing",
    }
)

NEEDS: dict[str, tuple[str, ...]] = {
    "aiohttp": ("aiohttp",),
    "aiomysql": ("aiomysql",),
    "anthropic": ("anthropic",),
    "ariadne": ("ariadne",),
    "arq": ("arq",),
    "asyncpg": ("asyncpg",),
    "beam": ("apache-beam",),
    "boto3": ("boto3", "django-ses", "django-storages", "aioboto3"),
    "bottle": ("bottle",),
    "celery": ("celery", "django-celery-beat", "django-celery-results", "flower"),
    "chalice": ("chalice",),
    "clickhouse_driver": ("clickhouse-driver",),
    "cohere": ("cohere",),
    "django": ("django", "djangorestframework", "wagtail", "django-cms"),
    "dramatiq": ("dramatiq", "django-dramatiq"),
    "falcon": ("falcon",),
    "fastapi": ("fastapi",),
    "flask": ("flask",),
    "google_genai": ("google-genai",),
    "gql": ("gql",),
    "graphene": ("graphene", "graphene-django"),
    "grpc": ("grpcio",),
    "httpx": ("httpx", "openai", "anthropic"),
    "huey": ("huey",),
    "huggingface_hub": ("huggingface-hub", "transformers"),
    "langchain": ("langchain", "langchain-core"),
    "langgraph": ("langgraph",),
    "launchdarkly": ("launchdarkly-server-sdk",),
    "litellm": ("litellm",),
    "litestar": ("litestar",),
    "loguru": ("loguru",),
    "mcp": ("mcp",),
    "mistral": ("mistralai",),
    "openai": ("openai",),
    "openai_agents": ("openai-agents",),
    "openfeature": ("openfeature-sdk",),
    "opentelemetry": ("opentelemetry-sdk", "opentelemetry-distro"),
    "pure_eval": ("pure-eval",),
    "pydantic_ai": ("pydantic-ai", "pydantic-ai-slim"),
    "pymongo": ("pymongo", "mongoengine", "djongo"),
    "pyramid": ("pyramid",),
    "quart": ("quart",),
    "ray": ("ray",),
    "redis": (
        "redis",
        "django-redis",
        "channels-redis",
        "rq",
        "django-rq",
        "django-redis-cache",
        "redis-py-cluster",
    ),
    "rq": ("rq", "django-rq"),
    "sanic": ("sanic",),
    "spark": ("pyspark",),
    "sqlalchemy": ("sqlalchemy", "alembic", "flask-sqlalchemy"),
    "starlette": ("starlette", "fastapi"),
    "starlite": ("starlite",),
    "statsig": ("statsig",),
    "strawberry": ("strawberry-graphql", "strawberry-graphql-django"),
    "tornado": ("tornado",),
    "trytond": ("trytond",),
    "typer": ("typer",),
    "unleash": ("unleashclient",),
}
"""Integration module → distributions of which one has to be there; some bring the package along."""


def module_of(class_name: str) -> str | None:
    """Return the module of an integration class (`RedisIntegration` → `redis`), or None for a class of another origin."""
    key = class_name.removesuffix("Integration").lower()
    if class_name == key or not class_name.endswith("Integration"):
        return None
    for module in (*NEEDS, *ALWAYS_THERE):
        if module.replace("_", "") == key:
            return module
    return None
