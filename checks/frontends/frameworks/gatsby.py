"""Gatsby: the plugin loads `sentry.config` in the browser; `gatsby-browser` runs there as well.

https://docs.sentry.io/platforms/javascript/guides/gatsby/
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output

FRAMEWORK = Framework(
    name="Gatsby",
    packages=("gatsby",),
    sdk="@sentry/gatsby",
    guide="gatsby",
    bundler="webpack",
    client_files=("sentry.config", "gatsby-browser", "src/gatsby-browser"),
    plugin=("@sentry/gatsby", "@sentry/gatsby"),
    public=("GATSBY_",),
    react=True,
    output=Output(folder="public"),
)
