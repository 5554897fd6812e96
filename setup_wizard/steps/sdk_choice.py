"""Which browser SDK a frontend gets, and the newest major of it that its framework, bundler, Node and Sentry take."""

from __future__ import annotations

from msgspec import Struct
from packaging.version import Version

from checks.items.bundle import supports
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.node import Located, installed, node_versions
from checks.targets.browsers import sdk_package

BROWSER = "@sentry/browser"
"""The SDK for what no other one is made for (https://docs.sentry.io/platforms/javascript/)."""

CURRENT = 11
_BROWSER_VERSIONS = ("^11.12.0", "^10.78.0")
_EARLIER = {8: "^8.55.0", 7: "^7.120.0"}
"""Majors before the last two that are still offered, for what the newer ones do not support."""

_WEBPACK_4 = (("webpack", "5"), ("react-scripts", "5"), ("@vue/cli-service", "5"), ("laravel-mix", "6"))
"""Packages that are, or bring, webpack 4 below a version: it does not parse the ES2020 that the SDK is written in since version 9
(https://docs.sentry.io/platforms/javascript/migration/v8-to-v9/)."""


class Sdk(Struct, frozen=True, kw_only=True):
    """An SDK: its `package`, the npm range of its `version`, and whether that is an older major than the newest."""

    package: str
    version: str
    older: bool = False

    @property
    def major(self) -> int:
        """The major version."""
        return int(self.version.lstrip("^").partition(".")[0])

    @property
    def named(self) -> str:
        """The package as a command installs it; the major is named where the newest does not fit."""
        return f"{self.package}@{self.major}" if self.older else self.package


def sdk_of(frontend: Frontend) -> str:
    """Return the SDK made for what a frontend renders with."""
    return frontend.framework.sdk if frontend.framework is not None else BROWSER


def sdk_for(facts: Facts, frontend: Frontend, *, self_hosted: bool) -> Sdk:
    """Return the SDK of a frontend: an installed one's major decides, else the newest that everything there supports.

    Version 11 asks for Node 20.19 and a self-hosted Sentry of 26.4.2 or newer, which cannot be known before it is asked.
    """
    framework, package = frontend.framework, sdk_of(frontend)
    ranges = framework.versions if framework is not None and framework.versions else _BROWSER_VERSIONS
    offered = {int(r.lstrip("^").partition(".")[0]): r for r in ranges} | _EARLIER
    newest = max(offered)
    declared = sdk_package(facts, frontend)
    present = installed(facts, frontend.root, declared[0]) if declared else None
    if present is not None:
        fitting = [m for m in offered if m <= max(present.version.major, min(offered))]
    else:
        highest = _highest(facts, frontend, self_hosted=self_hosted)
        fitting = [m for m in offered if m <= highest and _takes(facts, frontend, m)] or [min(offered)]
    major = max(fitting)
    return Sdk(package=package, version=offered[major], older=major < newest)


def _highest(facts: Facts, frontend: Frontend, *, self_hosted: bool) -> int:
    """Return the newest major that the tools of a project and its Sentry support."""
    if _is_webpack_4(facts, frontend):
        return 8
    typescript = installed(facts, frontend.root, "typescript")
    old = any(not supports(n.version, Version("11")) for n in node_versions(facts, frontend))
    return 10 if old or self_hosted or is_below(typescript, "5.0.4") else CURRENT


def _takes(facts: Facts, frontend: Frontend, major: int) -> bool:
    """Return whether the framework that is installed is new enough for a major of its SDK."""
    framework = frontend.framework
    package, floors = framework.floors if framework is not None and framework.floors is not None else ("", {})
    asked = min((m for m in floors if m >= major), default=None)
    found = installed(facts, frontend.root, package) if asked is not None else None
    return asked is None or not is_below(found, floors[asked])


def _is_webpack_4(facts: Facts, frontend: Frontend) -> bool:
    return any(is_below(installed(facts, frontend.root, package), version) for package, version in _WEBPACK_4)


def is_below(found: Located | None, version: str) -> bool:
    """Return whether a package that is found is older than a version; what a caret lets in is as new as its major gets."""
    asked = Version(version)
    if found is None or found.version >= asked:
        return False
    return not (found.text.startswith("^") and found.version.major == asked.major)


def webpack_plugin(facts: Facts, frontend: Frontend) -> str:
    """Return @sentry/webpack-plugin as a command installs it, of the newest major that the project's webpack and Node take.

    Its peer dependencies and engines: https://www.npmjs.com/package/@sentry/webpack-plugin.
    """
    if _is_webpack_4(facts, frontend) or any(n.version < Version("18") for n in node_versions(facts, frontend)):
        return "@sentry/webpack-plugin@4"
    old = any(not supports(n.version, Version("11")) for n in node_versions(facts, frontend))
    return "@sentry/webpack-plugin@5" if old else "@sentry/webpack-plugin"


def cli(facts: Facts, frontend: Frontend) -> str:
    """Return sentry-cli's package with the major that the Node of the builds runs (its engines, https://www.npmjs.com/package/@sentry/cli)."""
    old = any(n.version < Version("18") for n in node_versions(facts, frontend))
    return "@sentry/cli@2" if old else "@sentry/cli@3"
