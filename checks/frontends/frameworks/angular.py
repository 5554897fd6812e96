"""Angular: `src/main` bootstraps the application; `ErrorHandler` gets the errors that Angular catches.

https://docs.sentry.io/platforms/javascript/guides/angular/
https://angular.dev/reference/configs/file-structure
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Setup

_SETUP = Setup(
    variable="environment.sentryDsn",
    sdk="  dsn: environment.sentryDsn,\n",
    maps="sourceMap",
    boundary="createErrorHandler",
)
"""Its texts depend on the environment files and the providers that are there: the wizard writes them."""

FRAMEWORK = Framework(
    name="Angular",
    packages=("@angular/core",),
    sdk="@sentry/angular",
    guide="angular",
    bundler="angular",
    entries=("src/main",),
    versions=("^11.0.0", "^10.75.0"),
    floors=("@angular/core", {11: "14"}),
    setup=_SETUP,
    env_file=None,
)
