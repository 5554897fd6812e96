"""Create React App, also through CRACO and react-app-rewired: `src/index` runs first; variables have to begin with `REACT_APP_`.

https://create-react-app.dev/docs/folder-structure/
https://create-react-app.dev/docs/adding-custom-environment-variables/
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output

FRAMEWORK = Framework(
    name="Create React App",
    packages=("react-scripts", "@craco/craco", "react-app-rewired"),
    sdk="@sentry/react",
    guide="react",
    bundler="webpack",
    entries=("src/index",),
    public=("REACT_APP_",),
    react=True,
    output=Output(folder="build"),
    versions=("^11.12.0", "^10.78.0"),
    floors=("react", {11: "17", 10: "16.14"}),
)
