"""Vue CLI: `src/main` runs first; variables have to begin with `VUE_APP_`.

https://cli.vuejs.org/config/
https://cli.vuejs.org/guide/mode-and-env.html
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Vue CLI",
    packages=("@vue/cli-service",),
    sdk="@sentry/vue",
    guide="vue",
    bundler="webpack",
    entries=("src/main",),
    aliases={"@/": ("src/",)},
    public=("VUE_APP_",),
    versions=("^11.11.0", "^10.75.0"),
)
