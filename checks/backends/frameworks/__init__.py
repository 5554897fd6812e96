"""The frameworks that are known, those built upon others first."""

from __future__ import annotations

from checks.backends.framework import Framework
from checks.backends.frameworks import (
    aiohttp,
    arq,
    aws_lambda,
    celery,
    django,
    dramatiq,
    falcon,
    fastapi,
    flask,
    huey,
    litestar,
    pyramid,
    quart,
    rq,
    sanic,
    script,
    starlette,
    tornado,
)

FRAMEWORKS: tuple[Framework, ...] = tuple(
    module.FRAMEWORK
    for module in (
        django,
        fastapi,
        litestar,
        quart,
        flask,
        starlette,
        aiohttp,
        pyramid,
        sanic,
        tornado,
        falcon,
        celery,
        dramatiq,
        rq,
        arq,
        huey,
        aws_lambda,
        script,
    )
)
"""Every framework; the first that runs a backend is its framework."""

_BY_NAME = {f.name: f for f in FRAMEWORKS}
APPLICATIONS: dict[str, Framework] = {name: f for f in FRAMEWORKS for name in f.applications}
"""The framework by the dotted name of a class whose call makes an application object."""

STARTUP: frozenset[str] = frozenset(n for f in FRAMEWORKS for n in f.startup)
"""Decorators and methods whose functions run at the startup of some framework's application."""


def framework_named(name: str) -> Framework:
    """Return a framework by its name. Raises `KeyError`."""
    return _BY_NAME[name]
