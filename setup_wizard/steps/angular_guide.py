"""What a person writes for Angular: into the entry, the environment files and the providers that are there.

https://docs.sentry.io/platforms/javascript/guides/angular/
https://angular.dev/tools/cli/environments
https://angular.dev/api/core/isDevMode
"""

from __future__ import annotations

import posixpath

from checks.frontends.build_outputs import angular_output
from checks.frontends.framework import Setup
from checks.patterns import lazy_pattern
from checks.repository.browser import entries
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.frontends import Frontend
from setup_wizard.steps.sdk_choice import cli

_ENVIRONMENT = lazy_pattern(r"(?:^|/)environments/environment(?:\.([\w-]+))?\.ts$")
_NAMES = {"prod": "production", "production": "production", "dev": "development", "development": "development"}


def angular_texts(facts: Facts, frontend: Frontend) -> Setup:
    """Return the three texts for an Angular application."""
    main = next(iter(entries(facts, frontend)), join(frontend.root, "src/main.ts"))
    found = [p for p in sorted(facts.paths) if inside(p, frontend.root) and _ENVIRONMENT.search(p)]
    folder = parent(found[0]) if found else ""
    files = [p for p in found if parent(p) == folder]
    named = {m[1]: p for p in files if (m := _ENVIRONMENT.search(p))}
    output, program = angular_output(facts, frontend), cli(facts, frontend)
    return Setup(
        variable="environment.sentryDsn" if files else "",
        sdk=_sdk(main, named),
        maps="\n".join(
            [
                "// {root}angular.json, in `configurations.production` of the build",
                '"sourceMap": { "scripts": true, "styles": false, "hidden": true }',
                "",
                "# after `ng build`, where production is built (SENTRY_AUTH_TOKEN is set there)",
                f"npx {program} sourcemaps inject {output}",
                f"npx {program} sourcemaps upload --org {{org}} --project {{project}} {output}",
                f"find {output} -name '*.map' -delete",
                "",
            ]
        ),
        boundary=_boundary(facts, frontend),
    )


def _sdk(main: str, named: dict[str | None, str]) -> str:
    rows = ["npm install {package}", ""]
    options = [
        '  dsn: "{dsn}", // a browser\'s DSN is public',
        '  environment: isDevMode() ? "development" : "production",',
    ]
    taken = 'import { isDevMode } from "@angular/core";'
    if named:
        # A build of a configuration replaces the plain file by its own: every one of them needs the keys.
        replaced = any(n in named for n in ("dev", "development"))
        for name, path in named.items():
            given = _NAMES.get(name, name) if name else ("production" if replaced else "development")
            dsn = '"{dsn}"' if given != "development" else '""'
            row = f'  sentryDsn: {dsn}, sentryEnvironment: "{given}",'
            rows += [f"// {path}, in the object (a browser's DSN is public)", row, ""]
        module = posixpath.relpath(parent(next(iter(named.values()))), parent(main))
        module = module if module.startswith("../") else f"./{module}"
        taken = f'import {{ environment }} from "{module}/environment"; // where it is not imported yet'
        options = ["  dsn: environment.sentryDsn,", "  environment: environment.sentryEnvironment,"]
    rows += [
        f"// {main}, above the call that bootstraps the application",
        taken,
        'import * as Sentry from "@sentry/angular";',
        "",
        "Sentry.init({",
        *options,
        "  integrations: [Sentry.browserTracingIntegration()],",
        "  tracesSampleRate: 0.1,",
        "  {privacy}",
        "});",
    ]
    return "\n".join(rows) + "\n"


def _boundary(facts: Facts, frontend: Frontend) -> str:
    names = ("src/app/app.config.ts", "src/app/app.module.ts")
    place = next(
        (p for n in names if (p := join(frontend.root, n)) in facts.paths),
        "the module or configuration of the application",
    )
    rows = [
        f"// {place}, in `providers`",
        'import { ErrorHandler } from "@angular/core";',
        'import * as Sentry from "@sentry/angular";',
        "",
        "    { provide: ErrorHandler, useValue: Sentry.createErrorHandler() },",
    ]
    return "\n".join(rows) + "\n"
