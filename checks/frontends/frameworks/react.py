"""React: version 19 has handlers at the root; older ones need an error boundary.

https://docs.sentry.io/platforms/javascript/guides/react/features/error-boundary/
https://react.dev/reference/react-dom/client/createRoot
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="React",
    packages=("react", "react-dom"),
    sdk="@sentry/react",
    guide="react",
    react=True,
    versions=("^11.12.0", "^10.78.0"),
    floors=("react", {11: "17", 10: "16.14"}),
)
