"""What a check has to know of a framework; each framework says it in a file of its own."""

from __future__ import annotations

from msgspec import Struct


class Framework(Struct, frozen=True, kw_only=True):
    """A framework for browsers, as the checks need to know it.

    `packages` are the dependencies that show it (any of them), `sdk` the SDK made for it, `guide` the path of its guide below
    https://docs.sentry.io/platforms/javascript/guides/. `bundler` is what it builds with. `client_files` are modules that it
    loads in the browser by itself, as paths without a suffix; `entries` the usual entries, likewise; `root_files` are modules
    whose exports it uses, such as a root route. `aliases` are import prefixes that it knows without any configuration.
    `traces` says that its SDK records traces without an integration. `plugin` is the bundler plugin that its SDK brings:
    `(module, function)`. `public` are the prefixes of variables that it hands to the browser (empty: its bundler's).
    """

    name: str
    packages: tuple[str, ...]
    sdk: str
    guide: str
    bundler: str | None = None
    client_files: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    root_files: tuple[str, ...] = ()
    aliases: dict[str, tuple[str, ...]] = {}
    traces: bool = False
    plugin: tuple[str, str] | None = None
    public: tuple[str, ...] = ()
    react: bool = False
    renders: bool = True
