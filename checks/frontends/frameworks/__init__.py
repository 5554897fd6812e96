"""The frameworks that are known, those built upon others first."""

from __future__ import annotations

from collections.abc import Collection

from checks.frontends.framework import Framework
from checks.frontends.frameworks import (
    angular,
    astro,
    create_react_app,
    ember,
    gatsby,
    lit,
    nextjs,
    nuxt,
    preact,
    react,
    react_router,
    remix,
    solid,
    solidstart,
    svelte,
    sveltekit,
    tanstack_start,
    vue,
    vue_cli,
)

FRAMEWORKS: tuple[Framework, ...] = tuple(
    module.FRAMEWORK
    for module in (
        nextjs,
        nuxt,
        sveltekit,
        react_router,
        remix,
        tanstack_start,
        solidstart,
        astro,
        gatsby,
        angular,
        ember,
        create_react_app,
        vue_cli,
        vue,
        svelte,
        solid,
        preact,
        react,
        lit,
    )
)
"""Every framework; the first whose package a frontend depends on is its framework."""


def framework_of(dependencies: Collection[str]) -> Framework | None:
    """Return the framework that some dependencies show, or None."""
    return next((f for f in FRAMEWORKS if any(p in dependencies for p in f.packages)), None)
