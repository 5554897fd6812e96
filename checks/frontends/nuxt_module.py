"""`@nuxtjs/sentry`, the module of Nuxt 2 that initializes the SDK itself and uploads maps where `publishRelease` is set.

https://sentry.nuxtjs.org/configuration/options/
"""

from __future__ import annotations

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.configs import Value, configured, follow, values
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend

PACKAGE = "@nuxtjs/sentry"
_LISTS = ("modules", "buildModules")
_PRODUCTION = BuildValues("production", lambda name, _: "production" if name == "NODE_ENV" else UNKNOWN)


class NuxtModule(Struct, frozen=True, kw_only=True):
    """The module in the configuration: its `path`, the `node` that names it, and `options`, those that come first count."""

    path: str
    node: Node
    options: tuple[Value, ...]

    @property
    def line(self) -> int:
        """The 1-based line that names the module."""
        return js.line_of(self.node)

    def option(self, facts: Facts, name: str) -> Value | None:
        """Return the value of an option, or None where no options give it."""
        return next((v for o in self.options for v in values(facts, o, name)), None)

    @property
    def is_open(self) -> bool:
        """Whether some of the options are not written out."""
        return any(o.node.type != "object" or js.has_spread(o.node) for o in self.options)


def nuxt_module(facts: Facts, frontend: Frontend) -> NuxtModule | None:
    """Return the module of a frontend's Nuxt configuration, or None."""
    return facts.memoize(nuxt_module, frontend.root, lambda: _found(facts, frontend))


def _found(facts: Facts, frontend: Frontend) -> NuxtModule | None:
    for suffix in ("js", "ts", "mjs"):
        path = join(frontend.root, f"nuxt.config.{suffix}")
        lists = (v for key in _LISTS for v in configured(facts, path, key)) if path in facts.paths else ()
        for listed in lists:
            for entry in listed.node.named_children if listed.node.type == "array" else ():
                given = [c for c in entry.named_children if c.type != "comment"] if entry.type == "array" else [entry]
                if not given or js.string_of(given[0]) != PACKAGE:
                    continue
                own = [follow(facts, Value(listed.path, given[1]))] if len(given) > 1 else []
                shared = [follow(facts, v) for v in configured(facts, path, "sentry")]
                return NuxtModule(path=listed.path, node=given[0], options=(*own, *shared))
    return None


def starts(facts: Facts, module: NuxtModule) -> tuple[bool | None, str, int]:
    """Return whether the module initializes the SDK in the browser, why not, and the line that decides; None is not known here."""
    for name, off in (("disabled", True), ("disableClientSide", True), ("initialize", False), ("lazy", True)):
        value = module.option(facts, name)
        if value is None:
            continue
        known, line = production_value(value.node, build=_PRODUCTION), js.line_of(value.node)
        written = f"`{name}` is `{' '.join(js.text_of(value.node).split())[:40]}`"
        if known is UNKNOWN or name == "lazy":
            later = known is UNKNOWN or known or js.unwrap(value.node).type == "object"
            if later:
                return None, written, line
        elif bool(known) is off:
            return False, written, line
    return (None, "its options are not followed", module.line) if module.is_open else (True, "", module.line)


def publishes(facts: Facts, module: NuxtModule) -> tuple[bool | None, str, int]:
    """Return whether the module uploads maps in the build for production, why not, and the line that decides."""
    value = module.option(facts, "publishRelease")
    if value is None:
        if module.is_open:
            return None, "its options are not followed", module.line
        variable = "SENTRY_PUBLISH_RELEASE"
        places = [w.path for w in facts.workflows] + [p for p in facts.paths if "Dockerfile" in p]
        if any(variable in d.variables for d in facts.deployments) or any(
            variable in (facts.text(p) or "") for p in places
        ):
            return None, f"`{variable}` may switch it on", module.line
        return False, "`publishRelease` is not set", module.line
    line, written = js.line_of(value.node), " ".join(js.text_of(value.node).split())[:40]
    if js.unwrap(value.node).type == "object":
        return True, "", line
    known = production_value(value.node, build=_PRODUCTION)
    if known is UNKNOWN:
        return None, f"`publishRelease` is `{written}`", line
    return bool(known), "" if known else f"`publishRelease` is `{written}`", line
