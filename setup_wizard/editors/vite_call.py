"""The call of the Sentry plugin in a Vite config, with its options."""

from __future__ import annotations

from msgspec import Struct

NAME = "sentryVitePlugin"


class PluginOptions(Struct, frozen=True, kw_only=True):
    """What the plugin is told; `url` only for a Sentry that is not sentry.io.

    `kept` are maps that git tracks, from where the build is started: no pattern may name one of them. `output` is the folder
    that a plugin of the config writes to (None: the plugin's usual one, empty: not known). `telemetry` lets the plugin report
    its own use; `guard` stops a release's build whose maps are not uploaded, and keeps the maps of a build without a token.
    `width` is the longest line (characters) of the project's formatter, 0 where nothing asks for one, `comma` what it writes
    behind the last of several lines (None: the config tells). `outdated` says that the plugin which is there already may not
    know `filesToDeleteAfterUpload`, `exposed` that the maps which the build writes already are published. `flags` are the
    folders of `--outDir` of the builds with this config, None for one without the flag; empty where none has it. `release` is
    the expression of the release that the code names.
    """

    org: str
    project: str
    url: str | None = None
    kept: tuple[str, ...] = ()
    output: str | None = None
    telemetry: bool = True
    guard: bool = False
    width: int = 0
    comma: str | None = None
    outdated: bool = False
    exposed: bool = False
    flags: tuple[str | None, ...] = ()
    release: str = "process.env.SENTRY_RELEASE"


def plugin_call(
    options: PluginOptions, quote: str, unit: str, delete: list[str], indent: str = "", *, comma: str = ","
) -> str:
    """Return the call in a file's style; `delete` are the patterns as source code."""
    pairs = [("org", f"{quote}{options.org}{quote}"), ("project", f"{quote}{options.project}{quote}")]
    if options.url:
        pairs.append(("url", f"{quote}{options.url}{quote}"))
    pairs += [
        ("authToken", "process.env.SENTRY_AUTH_TOKEN"),
        ("release", f"{{ name: {quoted(options.release, quote)} }}"),
    ]
    if not options.telemetry:
        pairs.append(("telemetry", "false"))
    deleted = _deleted(delete, options)
    if options.guard:
        pairs.append(("errorHandler", "(error) => { throw error }"))
    pairs.append(("sourcemaps", _sourcemaps(deleted, delete, options, indent + unit, unit, comma)))
    inner = ",".join(f"\n{indent}{unit}{key}: {value}" for key, value in pairs)
    call = f"{NAME}({{{inner}{comma}\n{indent}}})"
    return f"{_guard(quote, unit, indent, comma)},\n{indent}{call}" if options.guard else call


def quoted(expression: str, quote: str) -> str:
    """Return an expression whose text, where it is one, has a file's quotes."""
    plain = expression[:1] == '"' and not set(expression[1:-1]) & {"'", '"', "\\"}
    return f"{quote}{expression[1:-1]}{quote}" if plain else expression


def _deleted(delete: list[str], options: PluginOptions) -> str:
    deleted = f"[{', '.join(delete)}]"
    # Without a token nothing is uploaded, and the plugin would delete the maps all the same.
    return f"process.env.SENTRY_AUTH_TOKEN ? {deleted} : []" if options.guard else deleted


def deletion_property(delete: list[str], options: PluginOptions) -> str:
    """Return the property of the plugin's `sourcemaps` by which it deletes maps."""
    return f"filesToDeleteAfterUpload: {_deleted(delete, options)}"


def _sourcemaps(deleted: str, delete: list[str], options: PluginOptions, indent: str, unit: str, comma: str) -> str:
    """Return the option that names the maps to delete, over as many lines as Prettier would take for the width."""
    line = f"{{ filesToDeleteAfterUpload: {deleted} }}"
    width = options.width or len(indent) + 200
    if len(f"{indent}sourcemaps: {line},") <= width:
        return line
    inner = indent + unit
    if len(f"{inner}filesToDeleteAfterUpload: {deleted}{comma}") > width and not options.guard:
        deleted = "[" + ",".join(f"\n{inner}{unit}{d}" for d in delete) + f"{comma}\n{inner}]"
    elif len(f"{inner}filesToDeleteAfterUpload: {deleted}{comma}") > width:
        condition, _, rest = deleted.partition(" ? ")
        maps, _, none = rest.rpartition(" : ")
        deleted = f"{condition}\n{inner}{unit}? {maps}\n{inner}{unit}: {none}"
    return f"{{\n{inner}filesToDeleteAfterUpload: {deleted}{comma}\n{indent}}}"


def _guard(quote: str, unit: str, indent: str, comma: str) -> str:
    """Return a plugin that stops the build of a release without a token: the Sentry plugin only warns then.

    `generateBundle` runs in builds only, before anything is written (https://rollupjs.org/plugin-development/#generatebundle).
    """
    message = f"{quote}SENTRY_AUTH_TOKEN is not set: no source maps would be uploaded{quote}"
    rows = [
        "{",
        f"{unit}name: {quote}sentry-token{quote},",
        f"{unit}generateBundle() {{",
        f"{unit * 2}if (process.env.SENTRY_RELEASE && !process.env.SENTRY_AUTH_TOKEN) {{",
        f"{unit * 3}throw new Error({message})",
        f"{unit * 2}}}",
        f"{unit}}}{comma}",
        "}",
    ]
    return f"\n{indent}".join(rows)
