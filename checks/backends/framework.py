"""What a check and a step have to know of a Python framework; each framework says it in a file of its own."""

from __future__ import annotations

from msgspec import Struct


class Framework(Struct, frozen=True, kw_only=True):
    """A Python framework, as checks and steps need to know it.

    `kind` is `web` (answers requests), `worker` (works tasks off), `function` (is called by a host) or `script`. `distributions`
    are the packages that bring it. `applications` are the dotted names of the classes whose call makes the application object,
    `variables` and `factories` the names under which a server looks for it by itself. `integration` is the SDK's class, `extra`
    the extra of `sentry-sdk` (https://pypi.org/project/sentry-sdk/), `platform` the project's platform as Sentry names it,
    `guide` the page of its documentation. `startup` are decorators and `startup_keywords` keywords of the application's class
    whose functions run after the application was made and before the first request. `hiding_handlers` are methods and decorators
    whose handler of `Exception` comes before the SDK (tried with sentry-sdk 2.75.0). `debug_keyword` is the keyword of the class
    that switches debugging on, `debug_attribute` the attribute of the object. `noise` is an exception that nobody will fix.
    `mounted` says that the startup of an application which is mounted in another one never runs
    (https://www.starlette.io/lifespan/). `early` says that an application object made before init reports nothing (tried with
    sentry-sdk 2.75.0: Litestar's is the only one; those of the others report from the first request after init on). `makes` are
    methods of the object which give what a server runs, `includes` the function of a module that the object's `include` calls.
    `oldest` is the first version of the framework with which the integration works (sentry-sdk 2.75.0, `_MIN_VERSIONS`).
    `listed` is how the integration has to stand in the list of integrations, "" where the SDK enables it by itself.
    """

    name: str
    title: str
    kind: str
    distributions: tuple[str, ...]
    platform: str
    guide: str
    makes: tuple[str, ...] = ()
    includes: str = ""
    integration: str = ""
    listed: str = ""
    oldest: str = ""
    extra: str = ""
    applications: tuple[str, ...] = ()
    variables: tuple[str, ...] = ("app", "application")
    factories: tuple[str, ...] = ("create_app", "make_app")
    startup: tuple[str, ...] = ()
    startup_keywords: tuple[str, ...] = ()
    hiding_handlers: tuple[str, ...] = ()
    debug_keyword: str = ""
    debug_attribute: str = ""
    noise: str = ""
    mounted: bool = False
    early: bool = False

    @property
    def guide_url(self) -> str:
        """The page of Sentry's documentation about it."""
        return f"https://docs.sentry.io/platforms/python/integrations/{self.guide}/"
