"""What a check has to know of a framework; each framework says it in a file of its own."""

from __future__ import annotations

from msgspec import Struct


class Output(Struct, frozen=True, kw_only=True):
    """The folder, below the project, that a build writes to by itself.

    `plugins` are the modules whose Vite plugin sets it; `fixed` says that `build.outDir` does not change it. `options` are the
    keys, of the plugin's call or of the file `config`, that name another folder. An empty `folder` is one that no file of the
    build tells; `decided` says in words what does, where that is certain. `maps` says that the plugin writes maps where
    `build.sourcemap` does not say otherwise.
    """

    folder: str
    decided: str = ""
    plugins: tuple[str, ...] = ()
    fixed: bool = False
    options: tuple[str, ...] = ()
    config: str | None = None
    maps: bool = False


class Setup(Struct, frozen=True, kw_only=True):
    """A framework's own way to set up Sentry: the `variable` of the DSN (empty: it is in the code), and three exact texts.

    `sdk` initializes the SDK, `maps` uploads source maps, `boundary` reports the errors that the framework catches (empty: `sdk`
    has it). They may hold `{org}`, `{project}`, `{dsn}` and, on a line of its own, `{privacy}`: the options that keep personal
    data out. `{package}` is the SDK as a command installs it, `{root}` the frontend's folder, `{file:src/hooks}` the module of that
    name, with the suffix that it has or would have. `package` and `page` are the SDK and its guide where they are not the framework's
    own.
    """

    variable: str
    sdk: str
    maps: str
    boundary: str = ""
    package: str = ""
    page: str = ""


class Framework(Struct, frozen=True, kw_only=True):
    """A framework for browsers, as the checks need to know it.

    `packages` are the dependencies that show it (any of them), `sdk` the SDK made for it, `guide` the path of its guide below
    https://docs.sentry.io/platforms/javascript/guides/. `bundler` is what it builds with. `client_files` are modules that it
    loads in the browser by itself, as paths without a suffix, `calls` the functions of them that it calls; `entries` the usual
    entries, likewise; `root_files` are modules whose exports it uses, such as a root route. `aliases` are import prefixes that it
    knows without any configuration. `routes` are folders of whose modules each is a page of its own, loaded beside the entries.
    `traces` says that its SDK records traces without an integration. `plugin` is the bundler plugin that its SDK brings:
    `(module, function)`. `public` are the prefixes of variables that it hands to the browser (empty: its bundler's).
    `output` says where its build writes what browsers load. `versions` are the npm ranges of `sdk`, of the newest major first.
    `tracing` is the integration that traces pages, where it is not the browser's. `hidden_entry` is the entry that the framework
    brings where the repository has none: its name beside the root file, and its text. `server` is what a person writes where the
    framework renders on a server as well. `setup` is what a person writes where the framework's files are not edited (None: those of
    a Vite application are). `env_file` is the file that its build reads on a developer's machine for that person's own values (None:
    it reads none). `earlier` has the setup of older majors of the first of `packages`, by their numbers. `floors` is a package with
    the oldest version of it that the SDK takes, by the newest major of the SDK that takes it (its peer dependency).
    `builds_as` is what messages call its build where the bundler's name says less (empty: the bundler's).
    """

    name: str
    packages: tuple[str, ...]
    sdk: str
    guide: str
    bundler: str | None = None
    client_files: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    root_files: tuple[str, ...] = ()
    aliases: dict[str, tuple[str, ...]] = {}
    routes: tuple[str, ...] = ()
    traces: bool = False
    plugin: tuple[str, str] | None = None
    public: tuple[str, ...] = ()
    react: bool = False
    renders: bool = True
    output: Output | None = None
    versions: tuple[str, ...] = ()
    setup: Setup | None = None
    tracing: str = "browserTracingIntegration"
    hidden_entry: tuple[str, str] | None = None
    server: str = ""
    env_file: str | None = ".env.local"
    earlier: dict[int, Setup] = {}
    floors: tuple[str, dict[int, str]] | None = None
    builds_as: str = ""
