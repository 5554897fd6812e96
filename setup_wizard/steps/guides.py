"""What a person makes by hand for a framework or bundler whose files are not edited: its own commands, files and variables."""

from __future__ import annotations

import re

from msgspec import Struct

from checks.frontends.framework import Setup
from checks.frontends.setup import is_edited
from checks.repository.facts import Facts, join, parent
from checks.repository.frontends import Frontend
from setup_wizard.editors.entry import InstrumentOptions, privacy_rows
from setup_wizard.steps.already_there import without_present
from setup_wizard.steps.angular_guide import angular_texts
from setup_wizard.steps.bundler_guide import bundler_name, maps_text, prefix_of, sdk_text
from setup_wizard.steps.next_guide import next_texts
from setup_wizard.steps.sdk_choice import Sdk

DOCS = "https://docs.sentry.io/platforms/javascript/guides/"


class Guide(Struct, frozen=True, kw_only=True):
    """A framework's or bundler's way for one frontend: its `name`, the `variable` of the DSN (empty: in the code) and the exact texts.

    `sdk` initializes the SDK, `maps` uploads source maps, `boundary` reports the errors that the framework catches (empty: there
    is nothing more to write); they may hold `{org}`, `{project}` and `{dsn}`. `page` is the guide.
    """

    name: str
    variable: str
    sdk: str
    maps: str
    page: str
    boundary: str = ""


def guide_of(facts: Facts, frontend: Frontend, sdk: Sdk, options: InstrumentOptions | None = None) -> Guide | None:
    """Return the way of a frontend's framework or bundler; None for plain Vite, whose files are edited."""
    framework = frontend.framework
    if framework is None or framework.setup is None:
        if is_edited(frontend):
            return None
        chosen = options or InstrumentOptions(package=sdk.package, sample_rate=0.1, data_collection=sdk.major >= 11)
        page = DOCS + (sdk.package.removeprefix("@sentry/").replace("browser", "") + "/").lstrip("/")
        return Guide(
            name=bundler_name(frontend),
            variable=f"{prefix_of(frontend)}SENTRY_DSN",
            sdk=in_folder(without_present(facts, frontend, sdk_text(facts, frontend, sdk, chosen)), frontend),
            maps=in_folder(without_present(facts, frontend, maps_text(facts, frontend)), frontend),
            page=page,
        )
    asked = re.search(r"\d+", frontend.dependencies.get(framework.packages[0], ""))
    setup = framework.earlier.get(int(asked[0]), framework.setup) if asked else framework.setup
    if framework.name == "Next.js":
        setup = next_texts(facts, frontend, sdk)
    elif framework.name == "Angular":
        setup = angular_texts(facts, frontend)
    return Guide(
        name=framework.name,
        variable=setup.variable if setup.variable.isidentifier() else "",
        sdk=_located(facts, frontend, sdk, setup, setup.sdk),
        maps=_located(facts, frontend, sdk, setup, setup.maps),
        boundary=_located(facts, frontend, sdk, setup, setup.boundary),
        page=setup.page or f"{DOCS}{framework.guide}/",
    )


def _located(facts: Facts, frontend: Frontend, sdk: Sdk, setup: Setup, text: str) -> str:
    """Return a framework's text for a frontend: its folder and suffixes, the SDK's version, the options for privacy."""
    package = setup.package or sdk.named
    rows = privacy_rows("  ") if sdk.major >= 11 and not setup.package else []
    text = text.replace("  {privacy}\n", "".join(f"{row}\n" for row in rows))
    text = re.sub(r"\{file:([^}]+)\}", lambda m: file_of(facts, frontend, m[1]), text)
    text = text.replace("{root}", "" if frontend.root == "." else f"{frontend.root}/").replace("{package}", package)
    return in_folder(without_present(facts, frontend, text), frontend)


def named_root(frontend: Frontend) -> str:
    """Return a frontend's folder as a sentence names it."""
    return "the frontend" if frontend.root == "." else frontend.root


def file_of(facts: Facts, frontend: Frontend, stem: str) -> str:
    """Return the module of a path without a suffix: the one that is there, else as the project writes its modules."""
    base = join(frontend.root, stem)
    there = next((f"{base}.{s}" for s in ("ts", "js", "mts", "mjs", "cjs") if f"{base}.{s}" in facts.paths), None)
    return there or f"{base}.{'ts' if is_typed(facts, frontend) else 'js'}"


def is_typed(facts: Facts, frontend: Frontend) -> bool:
    """Return whether a frontend is written in TypeScript."""
    if join(frontend.root, "tsconfig.json") in facts.paths:
        return True
    return any(re.search(r"\.config\.m?ts$", p) and parent(p) == frontend.root for p in facts.paths)


def place_of(facts: Facts, text: str, otherwise: str) -> str:
    """Return the first file of the repository, with its line, that the comments of a text name; the other place where none does."""
    named = (re.match(r"// ([^\s,]+?)[,:]?(?:\s|$)", row) for row in text.splitlines())
    return next((m[1] for m in named if m and re.sub(r":\d+$", "", m[1]) in facts.paths), otherwise)


def in_folder(text: str, frontend: Frontend) -> str:
    """Return a text whose commands are run in the folder of the frontend's package."""
    folder = parent(frontend.manifest)
    rows = text.split("\n")
    first = next((n for n, row in enumerate(rows) if row.startswith(_NPM)), None)
    if folder != "." and first is not None:
        rows.insert(first, f"cd {folder}")
    return "\n".join(rows)


_COMMANDS = {
    "pnpm": ("pnpm add --save-dev ", "pnpm add ", "pnpm dlx "),
    "yarn": ("yarn add --dev ", "yarn add ", "npx "),
    "bun": ("bun add --dev ", "bun add ", "bunx "),
}
_NPM = ("npm install --save-dev ", "npm install ", "npx ")
"""How packages are added and run
(https://pnpm.io/cli/add, https://yarnpkg.com/cli/add, https://bun.com/docs/pm/cli/add).
"""


def by_manager(text: str, manager: str) -> str:
    """Return a text whose commands are those of a project's package manager."""
    for npm, own in zip(_NPM, _COMMANDS.get(manager, _NPM), strict=True):
        text = "\n".join(own + row.removeprefix(npm) if row.startswith(npm) else row for row in text.split("\n"))
    return text


def filled(text: str, *, org: str, project: str, dsn: str = "…", manager: str = "npm") -> str:
    """Return a guide's text with the organization, the project, the DSN and the manager's commands."""
    return by_manager(text, manager).replace("{org}", org).replace("{project}", project).replace("{dsn}", dsn)
