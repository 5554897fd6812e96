"""Nuxt: the module loads `sentry.client.config` in the browser and hooks into Vue by itself.

https://docs.sentry.io/platforms/javascript/guides/nuxt/manual-setup/
https://nuxt.com/docs/4.x/guide/directory-structure/app
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output

FRAMEWORK = Framework(
    name="Nuxt",
    packages=("nuxt", "nuxt3"),
    sdk="@sentry/nuxt",
    guide="nuxt",
    bundler="vite",
    client_files=(
        "sentry.client.config",
        "plugins/sentry",
        "plugins/sentry.client",
        "app/plugins/sentry",
        "app/plugins/sentry.client",
        "src/plugins/sentry",
        "src/plugins/sentry.client",
    ),
    aliases={"~~/": ("",), "@@/": ("",), "~/": ("app/", "src/", ""), "@/": ("app/", "src/", "")},
    traces=True,
    plugin=("@sentry/nuxt/module", "@sentry/nuxt/module"),
    public=("NUXT_PUBLIC_", "VITE_"),
    output=Output(folder=".output/public/_nuxt"),
)
