"""What a person adds to `@nuxtjs/sentry`, the module of Nuxt 2, where it is set up and uploads no maps.

https://sentry.nuxtjs.org/configuration/options/#publishrelease
"""

from __future__ import annotations

from checks.frontends.nuxt_module import PACKAGE, nuxt_module
from checks.frontends.uploaders import Uploader
from checks.parsers import javascript as js
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.node import installed

_CLIENT = ".nuxt/dist/client"


def upload_text(facts: Facts, frontend: Frontend, uploader: Uploader) -> str:
    """Return what makes the module upload maps, nothing where another plugin uploads, or it is asked to already."""
    module = nuxt_module(facts, frontend)
    if module is None or uploader.name != PACKAGE or module.option(facts, "publishRelease") is not None:
        return ""
    found = installed(facts, frontend.root, PACKAGE)
    deletes = found is None or found.version.major >= 8
    rows = [
        "publishRelease: {",
        "  authToken: process.env.SENTRY_AUTH_TOKEN,",
        '  org: "{org}",',
        '  project: "{project}",',
        *([f'  sourcemaps: {{ filesToDeleteAfterUpload: ["{_CLIENT}/**/*.map"] }},'] if deletes else []),
        "},",
        'sourceMapStyle: "hidden-source-map",',
    ]
    given = next((o for o in module.options if o.node.type == "object"), None)
    if given is not None:
        place = [f"// {given.path}:{js.line_of(given.node)}, in the options of {PACKAGE}", *(f"    {r}" for r in rows)]
    else:
        place = [f"// {module.path}, a key of the configuration", "  sentry: {", *(f"    {r}" for r in rows), "  },"]
    plugin = f"npm install --save-dev @sentry/webpack-plugin@{2 if deletes else 1}"
    after = [] if deletes else ["", "# after the build", f"find {_CLIENT} -name '*.map' -delete"]
    return "\n".join([plugin, "", *place, *after]) + "\n"
