"""Whether the DSN reaches the browser bundle that is deployed."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from checks.frontends.configs import configured
from checks.frontends.defines import env_prefix
from checks.frontends.inits import BrowserInit
from checks.frontends.nuxt_module import NuxtModule, nuxt_module
from checks.frontends.places import Place
from checks.frontends.production import env_name
from checks.frontends.setup import dsn_expression
from checks.hosts.dockerignore import kept_out
from checks.hosts.images import read_image
from checks.model import Evidence, Finding, Outcome, Verdict, failed, in_repository, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.repository.build_env import builds_given, by_project, in_env_files
from checks.repository.builds import deployed, find_builds, no_deployed_build
from checks.repository.cdn_loader import loader, only_loaded, template_loader
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend
from checks.repository.vite_builds import vite_builds
from checks.sentry_api.dsn import is_placeholder
from checks.targets.browser_dsns import followed_dsn
from checks.targets.browsers import each_frontend, require_browser_init
from checks.targets.defined_dsn import decide_define, hands_out, is_dsn
from checks.targets.dsn_variables import WHERE_IT_RUNS, handed_over, variable_of

_UNTOLD = "the options are not a literal in the call"


def frontend_dsn_configured(facts: Facts) -> Sequence[Verdict]:
    """A bundle built without the variable has no DSN and reports nothing, and the build does not warn you.

    Vite exposes only variables that begin with `VITE_` and are set where the build runs.

    To fix: read `import.meta.env.VITE_SENTRY_DSN` (or your bundler's variable), and set it where the deployed build runs.
    """
    return each_frontend(facts, _dsn_configured)


def _dsn_configured(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    by_page = loader(facts, frontend) or template_loader(facts)
    found = require_browser_init(facts, frontend)
    module = nuxt_module(facts, frontend) if isinstance(found, Verdict) else None
    if module is not None and isinstance(found, Verdict) and found.outcome is not Outcome.NOT_APPLICABLE:
        return _of_nuxt_module(facts, frontend, module)
    if isinstance(found, Verdict):
        bundle = only_loaded(facts, by_page) if by_page is not None else None
        if by_page is not None and bundle is not None:
            hint = "check that Sentry.init() in the page has the DSN of production, then sign the item off"
            return unknown(bundle, path=by_page[0], line=by_page[1], hint=hint, target=target)
        if by_page is not None:
            return passed(in_repository("Sentry's loader carries the project's key", *by_page), target=target)
        return found
    node = found.option("dsn")
    if node is None:
        if not found.is_open("dsn"):
            given_none = Finding(
                message="Sentry.init() is given no dsn", path=found.path, line=found.line, hint="give it `dsn`"
            )
            return failed(given_none, target=target)
        why = _UNTOLD if found.unread else "it may come from options that are not followed"
        message, hint = f"the DSN cannot be determined: {why}", "write the options in the call"
        return unknown(message, path=found.path, line=found.line, hint=hint, target=target)
    return _dsn_value(facts, frontend, found, node)


def _of_nuxt_module(facts: Facts, frontend: Frontend, module: NuxtModule) -> Verdict:
    """Decide for the module of Nuxt 2, which reads SENTRY_DSN where its options give no `dsn`."""
    given, target = module.option(facts, "dsn"), frontend.target
    place, node = (
        followed_dsn(Place(facts, frontend, given.path), given.node)
        if given is not None
        else (Place(facts, frontend, module.path), module.node)
    )
    line, text = js.line_of(node), js.string_of(node) if given is not None else None
    if text is not None and is_dsn(text):
        return passed(in_repository("the DSN is in Nuxt's configuration", place.path, line), target=target)
    read = env_name(place, node) if given is not None else ("process.env", "SENTRY_DSN")
    at_run_time = module.is_open or (given is None and _has_runtime_config(facts, module.path))
    if (read is None or at_run_time) and not text:
        return unknown(
            "which DSN @nuxtjs/sentry is given cannot be determined",
            path=place.path,
            line=line,
            hint="check in the deployed page that it is the project's DSN",
            target=target,
        )
    if read is None:
        finding = Finding(message="the DSN is a placeholder", path=place.path, line=line, hint="read SENTRY_DSN")
        return failed(finding, target=target)
    evidence = in_repository(f"`{read[1]}` is read", place.path, line)
    reached, kept = _reaches(facts, frontend, read[1], evidence), join(frontend.root, ".env")
    if reached.outcome is not Outcome.FAIL or _kept_out(facts, frontend, kept):
        return reached
    # Nuxt 2 reads `.env` by itself (https://v2.nuxt.com/docs/configuration-glossary/configuration-env).
    return unknown(
        f"{kept} may set `{read[1]}` where the site is built",
        path=place.path,
        line=line,
        evidence=[evidence],
        hint=f"check that it does, or set `{read[1]}` in the step that builds",
        target=target,
    )


def _has_runtime_config(facts: Facts, path: str) -> bool:
    return any(configured(facts, path, key, "sentry") for key in ("publicRuntimeConfig", "privateRuntimeConfig"))


def _dsn_value(facts: Facts, frontend: Frontend, found: BrowserInit, node: Node) -> Verdict:
    target = frontend.target
    place, node = followed_dsn(Place(facts, frontend, found.path_of("dsn")), node)
    text, line = js.text_of(node), js.line_of(node)
    literal = js.string_of(node)
    if literal is not None:
        if is_dsn(literal):
            return passed(in_repository("the DSN is in the bundle's code", place.path, line), target=target)
        what = "empty" if not literal else "a placeholder"
        return failed(
            Finding(message=f"the DSN is {what}", path=place.path, line=line, hint=f"read {dsn_expression(frontend)}"),
            target=target,
        )
    by_define = decide_define(facts, frontend, place, node)
    if by_define is not None:
        return by_define
    read = variable_of(facts, place, node)
    if isinstance(read, Verdict):
        return read
    if read is None:
        if handed_over(place, node):
            message = f"the DSN is `{text[:60]}`, which cannot be determined here: the page is given it when it runs"
            hint = "check in the deployed page that it is the project's DSN"
            return unknown(message, path=place.path, line=line, hint=hint, target=target)
        none = node.type in ("undefined", "null")
        why = "by the values that the build gets here" if none else "which cannot be determined here"
        return unknown(
            f"the DSN is `{text[:60]}`{'' if none else ','} {why}",
            path=place.path,
            line=line,
            hint=f"check the build that is deployed, or read {dsn_expression(frontend)}"
            if none
            else f"read {dsn_expression(frontend)}",
            target=target,
        )
    origin, name = read
    problem = _not_handed_out(facts, frontend, origin, name)
    if isinstance(problem, Finding):
        return unknown(problem.message, path=place.path, line=line, hint=problem.hint, target=target)
    if problem:
        return failed(
            Finding(message=problem, path=place.path, line=line, hint=f"read {dsn_expression(frontend)}"),
            target=target,
        )
    evidence = in_repository(f"`{name}` is read", place.path, line)
    at_run_time = origin in WHERE_IT_RUNS
    declared = [d.variables[name] for d in facts.deployments if name in d.variables] if at_run_time else []
    if declared:
        where = [in_repository(f"`{name}` is declared", v.path, v.line) for v in declared[:3]]
        return passed(evidence, *where, target=target)
    if origin != "$started":
        reached = _reaches(facts, frontend, name, evidence)
        if origin != "$dynamic" or reached.outcome is Outcome.PASS:
            return reached
    # A build that prerenders reads it as well; without one that is given it, where the site runs decides.
    return unknown(
        f"`{name}` is read where the site runs, and no file here sets it there",
        path=place.path,
        line=line,
        evidence=[evidence],
        hint=f"set `{name}` there",
        target=target,
    )


def _not_handed_out(facts: Facts, frontend: Frontend, origin: str, name: str) -> str | Finding | None:
    """Return why a variable is undefined in the bundle, as a finding where that cannot be determined.

    https://vite.dev/guide/env-and-mode
    """
    if origin in ("$runtime", "$started"):
        return None
    if origin in ("$env", "$dynamic"):
        return (
            None
            if name.startswith("PUBLIC_")
            else f"`{name}` is undefined in the bundle: SvelteKit exposes only PUBLIC_…"
        )
    if frontend.bundler != "vite":
        public = frontend.framework.public if frontend.framework is not None else ()
        if (
            public
            and origin == "process.env"
            and not name.startswith(public)
            and not (frontend.bundler == "next" and _next_env(facts, frontend, name))
        ):
            return (
                f"`{name}` is undefined in the browser: the {frontend.build_name} exposes only {' and '.join(public)}…"
            )
        return None
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    handed = hands_out(facts, frontend, origin, name)
    if handed:
        return None
    if origin == "process.env" and handed is False and not _environment_plugin(config):
        return f"`process.env.{name}` is undefined in a Vite bundle"
    if origin == "process.env":
        message = f"whether the Vite config gives the bundle `process.env.{name}` cannot be determined"
        return Finding(message=message, hint="read `import.meta.env.VITE_SENTRY_DSN`")
    readable = config is not None and not isinstance(config, ParseError)
    prefix = env_prefix(config) if readable else None  # type: ignore[arg-type]
    prefixes = ("VITE_",) if prefix is None else prefix.prefixes or ()
    if name in ("MODE", "PROD", "DEV", "BASE_URL") or any(name.startswith(p) for p in prefixes) or not prefixes:
        return None
    if handed is None:
        message = f"whether `define` gives the bundle `{name}` cannot be determined"
        return Finding(message=message, hint=f"begin its name with {prefixes[0]}")
    return f"`{name}` is undefined in the bundle: Vite exposes only {' and '.join(prefixes)}…"


def _environment_plugin(config: object) -> bool:
    """Return whether a plugin of the config may define `process.env`: vite-plugin-environment and its kind."""
    root = getattr(config, "root", None)
    return root is not None and any("env" in module for module, _, _ in js.imports(root))


def _next_env(facts: Facts, frontend: Frontend, name: str) -> bool:
    """Return whether `env` of Next's config names a variable (https://nextjs.org/docs/app/api-reference/config/next-config-js/env)."""
    paths = [p for s in ("js", "mjs", "ts") if (p := join(frontend.root, f"next.config.{s}")) in facts.paths]
    return any(configured(facts, path, "env", name) for path in paths)


def _kept_out(facts: Facts, frontend: Frontend, path: str) -> bool:
    """Return whether `.dockerignore` keeps an env file out of the images that are the only builds of a frontend."""
    if not facts.named(".dockerignore"):
        return False
    builds = find_builds(facts, frontend)
    found = {b.path: facts.text(b.path) or "" for b in builds if b.kind == "docker"}
    if not found or any(b.kind == "host" or b.deploys for b in builds):
        return False
    return all(kept_out(facts, read_image(image, text), path) for image, text in found.items())


def _reaches(facts: Facts, frontend: Frontend, name: str, evidence: Evidence) -> Verdict:
    target = frontend.target
    modes = {made.mode for made in vite_builds(facts, frontend)}
    found = [in_env_files(facts, frontend, name, mode) for mode in modes]
    written = [f for f in found if f is not None and f[1].value and not _kept_out(facts, frontend, f[0])]
    if written and len(written) == len(found):
        placeholder = next((f for f in written if is_placeholder(f[1].value or "")), None)
        if placeholder is not None:
            path, variable = placeholder
            finding = Finding(
                message=f"`{name}` is a placeholder", path=path, line=variable.line, hint="set it to the project's DSN"
            )
            return failed(finding, target=target)
        reads = [in_repository(f"the build reads `{name}` here", path, v.line) for path, v in written]
        return passed(evidence, *reads, target=target)
    builds = builds_given(facts, frontend, name)
    deploying = deployed(builds)
    given = [b for b in deploying if b.token]
    without = [b for b in deploying if not b.token]
    closed = [b for b in without if b.closed]
    if not deploying:
        message, tried, at = no_deployed_build(frontend, builds)
        return unknown(
            message,
            path=tried,
            line=at,
            evidence=[evidence],
            hint=f"set `{name}` where the deployed build runs",
            target=target,
        )
    assumed = next((b for b in given if b.assumed), None)
    if assumed is not None and not closed:
        return unknown(
            f"whether the image of {assumed.path} is given `{name}` is not known: {assumed.assumed}",
            path=assumed.path,
            line=assumed.line,
            evidence=[evidence],
            hint="pass it where the image is built, then sign the item off",
            target=target,
        )
    if given and not closed:
        return passed(
            evidence, *(in_repository(f"the build is given {b.token}", b.path, b.line) for b in given), target=target
        )
    if closed:
        return failed(
            *(
                Finding(
                    message=f"the build `{b.command}` is given no `{name}`",
                    path=b.path,
                    line=b.line,
                    hint="set it there",
                )
                for b in closed[:3]
            ),
            evidence=[evidence],
            target=target,
        )
    first = without[0]
    if first.unseen:
        message = f"a command before `{first.command}` writes variables that are not written here; `{name}` may be one"
        hint = f"set `{name}` in the step that builds"
        return unknown(message, path=first.path, line=first.line, evidence=[evidence], hint=hint, target=target)
    message, hint = (
        f"{first.job} keeps variables in its dashboard, where `{name}` cannot be seen",
        "check the dashboard",
    )
    if first.kind == "ci":
        message, hint = by_project(first, name), f"check that `{name}` is stored there"
    return unknown(message, path=first.path, line=first.line, evidence=[evidence], hint=hint, target=target)
