"""Which variable a frontend's DSN comes from: of the build, or of a framework's configuration for the time when it runs."""

from __future__ import annotations

import re

from tree_sitter import Node

from checks.frontends.arguments import name_of
from checks.frontends.configs import configured
from checks.frontends.inits import browser_inits
from checks.frontends.places import Place
from checks.frontends.production import env_name, env_read, followed
from checks.model import Finding, Verdict, failed, in_repository, passed
from checks.parsers import javascript as js
from checks.parsers.imported_names import origin_of, origins
from checks.parsers.javascript_scopes import FUNCTIONS, binding_of, parameter_of
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend
from checks.repository.vite_builds import vite_builds
from checks.targets.browser_dsns import followed_dsn
from checks.targets.defined_dsn import defined_as, is_dsn

WHERE_IT_RUNS = ("$runtime", "$dynamic", "$started")
"""Origins whose variables count where the site runs: Nuxt's and SvelteKit's take those of the build too, Next's do not."""


def dsn_variable(facts: Facts, frontend: Frontend) -> tuple[str, str] | None:
    """Return `(origin, variable)` that the first init call of a frontend takes its DSN from; None where it takes it from elsewhere."""
    for init in browser_inits(facts, frontend):
        option = init.option("dsn")
        if option is None:
            continue
        place, node = followed_dsn(Place(facts, frontend, init.path_of("dsn")), option)
        read = variable_of(facts, place, node)
        if isinstance(read, tuple):
            return read
        name = _of_define(facts, frontend, node)
        if name is not None:
            return "define", name
    return None


def _of_define(facts: Facts, frontend: Frontend, node: Node) -> str | None:
    """Return the one variable that the bundler's `define` replaces an expression by."""
    found = (defined_as(facts, frontend, made, js.text_of(node)) for made in vite_builds(facts, frontend))
    read = {r[1] for given in found if given for n in js.descend(given[1]) if (r := env_read(n)) is not None}
    return read.pop() if len(read) == 1 else None


def variable_of(facts: Facts, place: Place, node: Node) -> tuple[str, str] | Verdict | None:
    """Return `(origin, variable)` that a followed expression reads; a verdict where its value is decided already; else None.

    The origin is one of `WHERE_IT_RUNS`, or what the code reads it from.
    """
    runtime = _of_nuxt(facts, place, node)
    if runtime is not None:
        return runtime
    return _of_next(facts, place, node) or env_name(place, node) or _of_sveltekit(node)


def handed_over(place: Place, node: Node) -> bool:
    """Return whether an expression is a parameter of a function around it, or of what a call returns or a page declares."""
    member = node.type == "member_expression"
    while node.type == "member_expression" and env_read(node) is None:
        of = node.child_by_field_name("object")
        if of is None:
            return False
        if js.text_of(of) in ("window", "globalThis"):
            return True
        node = followed(place, of)[1]
    if node.type in ("call_expression", "await_expression"):
        return True
    named = node.type in ("identifier", "shorthand_property_identifier")
    if named and member and binding_of(node, js.text_of(node)) is None:
        return True  # the page declares it
    current = node.parent if named else None
    while current is not None:
        if current.type in FUNCTIONS and parameter_of(current, js.text_of(node)) is not None:
            return not name_of(current)  # the calls of one that has a name are in the code
        current = current.parent
    return False


def _of_sveltekit(node: Node) -> tuple[str, str] | None:
    """Return a variable that comes from `$env/static/public` or `$env/dynamic/public` (https://svelte.dev/docs/kit/$env-static-public)."""
    root = node
    while root.parent is not None:
        root = root.parent
    owner, _, name = js.text_of(node).partition(".")
    for module, names, _ in js.imports(root):
        if module == "$env/static/public" and not name and owner in names:
            return "$env", names[owner]
        if module == "$env/dynamic/public" and names.get(owner) == "env" and name:
            return "$dynamic", name
    return None


def _keys(place: Place, node: Node) -> tuple[list[str], Node]:
    """Return the keys by which an expression asks a value for a part of it, outermost first, and what that value is made by."""
    keys: list[str] = []
    while node.type == "member_expression":
        of, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if of is None or name is None:
            break
        keys.insert(0, js.text_of(name))
        node = followed(place, js.unwrap(of))[1]
    return keys, node


def _of_next(facts: Facts, place: Place, node: Node) -> tuple[str, str] | None:
    """Return the variable that Next's `publicRuntimeConfig` has under what `getConfig()` of `next/config` is asked for.

    https://nextjs.org/docs/14/pages/api-reference/next-config-js/runtime-configuration
    """
    keys, node = _keys(place, node)
    if node.type == "shorthand_property_identifier_pattern":
        keys.insert(0, js.text_of(node))
        declarator = node.parent.parent if node.parent is not None else None
        value = declarator.child_by_field_name("value") if declarator is not None else None
        if value is None:
            return None
        node = js.unwrap(value)
    root = node
    while root.parent is not None:
        root = root.parent
    called = node.child_by_field_name("function") if node.type == "call_expression" else None
    origin = origin_of(called, origins(root)) if called is not None else None
    if origin is None or origin.module != "next/config" or keys[:1] != ["publicRuntimeConfig"]:
        return None
    for suffix in ("js", "mjs", "ts", "mts"):
        for given in configured(facts, join(place.frontend.root, f"next.config.{suffix}"), *keys):
            read = env_read(given.node)
            if read is not None:
                return "$started", read[1]
    return None


def _of_nuxt(facts: Facts, place: Place, node: Node) -> tuple[str, str] | Verdict | None:
    """Return `("$runtime", variable)` that Nuxt's public runtime config takes its value from; a verdict for a literal; else None.

    https://nuxt.com/docs/4.x/guide/going-further/runtime-config#environment-variables
    """
    keys, node = _keys(place, node)
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    if function is None or js.text_of(function) != "useRuntimeConfig" or len(keys) < 2:
        return None
    root, target = place.frontend.root, place.frontend.target
    for suffix in ("ts", "js", "mjs", "mts"):
        path = join(root, f"nuxt.config.{suffix}")
        if path not in facts.paths:
            continue
        given = configured(facts, path, "runtimeConfig", *keys)
        whole = [v.node for v in configured(facts, path, "runtimeConfig")]
        if not given and whole and not any(n.type != "object" or js.has_spread(n) for n in whole):
            finding = Finding(
                message=f"`{'.'.join(keys)}` is not declared in runtimeConfig: no variable sets it",
                path=path,
                line=js.line_of(whole[0]),
                hint="declare it there, as an empty string",
            )
            return failed(finding, target=target)
        for value in given:
            read = env_read(value.node)
            text = js.string_of(js.unwrap(value.node))
            if read is not None:
                return "$runtime", read[1]
            if text and is_dsn(text):
                evidence = in_repository("the DSN is in Nuxt's runtime config", path, js.line_of(value.node))
                return passed(evidence, target=target)
    if keys[0] != "public":
        message = f"`{'.'.join(keys)}` is empty in the browser: Nuxt exposes only `public`"
        hint = "move it to runtimeConfig.public"
        return failed(Finding(message=message, path=place.path, hint=hint), target=target)
    words = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", k).upper() for k in keys]
    return "$runtime", "NUXT_" + "_".join(words)
