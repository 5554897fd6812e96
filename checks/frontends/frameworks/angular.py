"""Angular: `src/main` bootstraps the application; `ErrorHandler` gets the errors that Angular catches.

https://docs.sentry.io/platforms/javascript/guides/angular/
https://angular.dev/reference/configs/file-structure
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Angular",
    packages=("@angular/core",),
    sdk="@sentry/angular",
    guide="angular",
    bundler="angular",
    entries=("src/main",),
)
