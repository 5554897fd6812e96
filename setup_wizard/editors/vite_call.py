"""The call of the Sentry plugin in a Vite config, with its options."""

from __future__ import annotations

from msgspec import Struct

NAME = "sentryVitePlugin"


class PluginOptions(Struct, frozen=True, kw_only=True):
    """What the plugin is told; `url` only for a Sentry that is not sentry.io.

    `kept` are maps that git tracks, from where the build is started: no pattern may name one of them. `output` is the folder that
    a plugin of the config writes to (None: the plugin's usual one, empty: not known).
    """

    org: str
    project: str
    url: str | None = None
    kept: tuple[str, ...] = ()
    output: str | None = None


def plugin_call(
    options: PluginOptions, quote: str, unit: str, delete: list[str], indent: str = "", *, comma: str = ","
) -> str:
    """Return the call in a file's style; `delete` are the patterns as source code."""
    pairs = [("org", f"{quote}{options.org}{quote}"), ("project", f"{quote}{options.project}{quote}")]
    if options.url:
        pairs.append(("url", f"{quote}{options.url}{quote}"))
    pairs += [
        ("authToken", "process.env.SENTRY_AUTH_TOKEN"),
        ("release", "{ name: process.env.SENTRY_RELEASE }"),
        ("sourcemaps", "{ filesToDeleteAfterUpload: [" + ", ".join(delete) + "] }"),
    ]
    inner = ",".join(f"\n{indent}{unit}{key}: {value}" for key, value in pairs)
    return f"{NAME}({{{inner}{comma}\n{indent}}})"
