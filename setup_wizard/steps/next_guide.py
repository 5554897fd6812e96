"""What a person writes for Next.js: for its router, its version, its modules' language and the configuration that is there.

https://docs.sentry.io/platforms/javascript/guides/nextjs/manual-setup/
https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation-client
"""

from __future__ import annotations

from checks.frontends.configs import exports_of, tree_of
from checks.frontends.framework import Setup
from checks.frontends.uploaders import find_uploader
from checks.parsers import javascript as js
from checks.repository.facts import Facts, inside, join
from checks.repository.frontends import Frontend
from checks.repository.node import installed
from setup_wizard.steps.build_release import DEFAULT, build_release
from setup_wizard.steps.sdk_choice import Sdk, is_below

_VARIABLE = "NEXT_PUBLIC_SENTRY_DSN"
_LONGEST = 60


def next_texts(facts: Facts, frontend: Frontend, sdk: Sdk) -> Setup:
    """Return the three texts for a Next.js application."""
    typed = join(frontend.root, "tsconfig.json") in facts.paths
    routers = [r for r in ("src/app", "app", "src/pages", "pages") if _has(facts, join(frontend.root, r))]
    router = next(iter(routers), "app")
    return Setup(
        variable=_VARIABLE,
        sdk=_sdk(facts, frontend, sdk, router, typed),
        maps=_maps(facts, frontend, sdk),
        boundary=_boundary(router, typed),
    )


def _has(facts: Facts, folder: str) -> bool:
    return any(inside(p, folder) for p in facts.paths)


def _sdk(facts: Facts, frontend: Frontend, sdk: Sdk, router: str, typed: bool) -> str:
    name = "sentry.client.config" if sdk.major < 9 else "instrumentation-client"
    folder = "src/" if router.startswith("src/") and sdk.major >= 9 else ""
    ends = (
        ["", "export const onRouterTransitionStart = Sentry.captureRouterTransitionStart;"]
        if router.endswith("app") and sdk.major >= 9
        else []
    )
    rows = [
        "npm install {package}",
        "",
        f"// {{root}}{folder}{name}.{'ts' if typed else 'js'}",
        'import * as Sentry from "@sentry/nextjs";',
        "",
        "Sentry.init({",
        f"  dsn: process.env.{_VARIABLE},",
        "  environment: process.env.NEXT_PUBLIC_SENTRY_ENVIRONMENT || process.env.NODE_ENV,",
        "  tracesSampleRate: 0.1,",
        "  {privacy}",
        "});",
        *ends,
        "",
        *(_LOADED if _needs_wrapping(facts, frontend, sdk) else []),
        "# where it is built",
        f"{_VARIABLE}={{dsn}}",
        "NEXT_PUBLIC_SENTRY_ENVIRONMENT=production",
    ]
    return "\n".join(rows) + "\n"


_LOADED = [
    "// only withSentryConfig() makes this version of Next.js load that file: the step `source-maps` shows where it goes",
    "",
]


def _needs_wrapping(facts: Facts, frontend: Frontend, sdk: Sdk) -> bool:
    """Return whether nothing loads the module before the configuration is wrapped, which it is not yet."""
    return (_loads_it_only_wrapped(facts, frontend) or sdk.major < 9) and find_uploader(facts, frontend) is None


def _loads_it_only_wrapped(facts: Facts, frontend: Frontend) -> bool:
    """Return whether Next.js is older than 15.3, which loads `instrumentation-client` itself."""
    return is_below(installed(facts, frontend.root, "next"), "15.3")


_UPLOAD = {
    "org": '"{org}"',
    "project": '"{project}"',
    "authToken": "process.env.SENTRY_AUTH_TOKEN",
    "sourcemaps": "{ deleteSourcemapsAfterUpload: true }",
}


def _module(sdk: Sdk) -> str:
    """Return the module that has `withSentryConfig`: since version 11 one of its own (https://github.com/getsentry/sentry-javascript/releases/tag/10.73.0)."""
    return '"@sentry/nextjs/config"' if sdk.major >= 11 else '"@sentry/nextjs"'


def _maps(facts: Facts, frontend: Frontend, sdk: Sdk) -> str:
    """Return the lines that wrap what the configuration exports."""
    given, last = dict(_UPLOAD), ""
    release = build_release(facts, frontend)
    if release != DEFAULT:
        given["release"] = f"{{ name: {release} }}" if sdk.major >= 8 else release
    imported = f"import {{ withSentryConfig }} from {_module(sdk)};"
    if sdk.major < 8:  # https://docs.sentry.io/platforms/javascript/migration/v7-to-v8/
        del given["sourcemaps"]
        last = ", { hideSourceMaps: true }"
    options = ["{", *(f"  {key}: {value}," for key, value in given.items()), f"}}{last});"]
    names = [join(frontend.root, f"next.config.{s}") for s in ("ts", "mjs", "js", "mts")]
    path = next((p for p in names if p in facts.paths), None)
    if path is None:
        rows = [
            "// {root}next.config.mjs, a new file",
            imported,
            "",
            "export default withSentryConfig({}, " + options[0],
        ]
        return "\n".join([*rows, *options[1:]]) + "\n"
    tree = tree_of(facts, path)
    modules = tree is None or any(n.type in ("import_statement", "export_statement") for n in tree.named_children)
    start = "export default" if modules else "module.exports ="
    ends = exports_of(facts, path)
    text = js.text_of(ends[0].node) if len(ends) == 1 else ""
    place = f"{path}:{js.line_of(ends[0].node)}" if text else path
    if text and "\n" not in text and len(text) <= _LONGEST:
        where, inner = f"// {place}, instead of `{start} {text}`", text
    else:
        where, inner = f"// {place}: `exported` is what `{start}` is given there today", "exported"
    head = imported if modules else f"const {{ withSentryConfig }} = require({_module(sdk)});"
    package = [] if "@sentry/nextjs" in frontend.dependencies else [f"npm install {sdk.named}", ""]
    return (
        "\n".join([*package, where, head, "", f"{start} withSentryConfig({inner}, {options[0]}", *options[1:]]) + "\n"
    )


def _boundary(router: str, typed: bool) -> str:
    end = "tsx" if typed else "jsx"
    if router.endswith("pages"):
        props, context = (": { statusCode: number }", ": NextPageContext") if typed else ("", "")
        rows = [
            f"// {{root}}{router}/_error.{end}",
            'import * as Sentry from "@sentry/nextjs";',
            *(['import type { NextPageContext } from "next";'] if typed else []),
            'import NextError from "next/error";',
            "",
            f"export default function ErrorPage(props{props}) {{",
            "  return <NextError statusCode={props.statusCode} />;",
            "}",
            "",
            f"ErrorPage.getInitialProps = async (context{context}) => {{",
            "  await Sentry.captureUnderscoreErrorException(context);",
            "  return NextError.getInitialProps(context);",
            "};",
        ]
        return "\n".join(rows) + "\n"
    given = ": { error: Error & { digest?: string } }" if typed else ""
    rows = [
        f"// {{root}}{router}/global-error.{end}",
        '"use client";',
        "",
        'import * as Sentry from "@sentry/nextjs";',
        'import NextError from "next/error";',
        'import { useEffect } from "react";',
        "",
        f"export default function GlobalError({{ error }}{given}) {{",
        "  useEffect(() => {",
        "    Sentry.captureException(error);",
        "  }, [error]);",
        "",
        "  return (",
        '    <html lang="en">',
        "      <body>",
        "        <NextError statusCode={0} />",
        "      </body>",
        "    </html>",
        "  );",
        "}",
    ]
    return "\n".join(rows) + "\n"
