"""What keeps maps from being served: removal after the build, a server that refuses them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.hosts import caddy, nginx
from checks.hosts.nginx import Answer
from checks.hosts.static_hosts import host_rule
from checks.parsers.globs import glob_matches
from checks.parsers.server_blocks import Directive, parse_caddy, parse_nginx
from checks.parsers.text import ParseError
from checks.repository.commands import Ran
from checks.repository.facts import DOCKERFILE, Facts, join
from checks.repository.find_command import finds
from checks.repository.map_shipping import SHIPPERS, leaves_out
from checks.repository.uploads import is_upload

USUAL = ("/assets/index-D4x9.js.map",)
"""Where a map is requested, when nothing says otherwise."""


class Kept(Struct, frozen=True, kw_only=True):
    """What keeps maps private: what it is and its place; `deletes` says that the files are gone, not only refused,
    `by_plugin` that Sentry's plugin deletes them when the bundles are written.
    """

    fact: str
    path: str
    line: int | None
    deletes: bool
    by_plugin: bool = False


def removal(after: tuple[Ran, ...], samples: list[str]) -> Ran | None:
    """Return the command behind a build that removes its maps before they are shipped, and after an upload of the job."""
    uploads = [n for n, r in enumerate(after) if is_upload(r)]
    start = uploads[-1] + 1 if uploads else 0
    for at, ran in enumerate(after[start:], start=start):
        if not ran.words:
            continue
        piped = after[at + 1].words if at + 1 < len(after) and after[at + 1].piped else ()
        if removes(ran, samples, piped) and ran.runs is True:
            return ran
        if ran.words[0] in SHIPPERS and not leaves_out(ran, samples):
            return None
    return None


def perhaps_removes(after: tuple[Ran, ...], samples: list[str]) -> Ran | None:
    """Return a command that removes maps only if a condition says so, or that takes their names from a variable."""
    for ran in after:
        head = ran.words[0].rpartition("/")[2] if ran.words else ""
        if head not in ("rm", "find", "rimraf", "del-cli", "shx") or ran.runs is False:
            continue
        if ran.runs is None and removes(ran, samples):
            return ran
        if any("$" in w for w in ran.words) and any(w.endswith(".map") for w in ran.words):
            return ran
    return None


def removes(ran: Ran, samples: list[str], piped: tuple[str, ...] = ()) -> bool:
    """Return whether a command removes every one of some files."""
    words = list(ran.words)
    head = words[0].rpartition("/")[2]
    if head == "shx":
        words = words[1:]
        head = words[0] if words else ""
    if head == "find":
        return bool(samples) and all(finds(words[1:], ran.folder, s, piped) for s in samples)
    if head not in ("rm", "rimraf", "del", "del-cli", "trash"):
        return False
    targets = [w for w in words[1:] if not w.startswith("-") and "map" in w]
    if head == "rm":
        targets = [t.replace("**", "*") for t in targets]
    patterns = [join_plain(ran.folder, t) for t in targets]
    return bool(patterns) and all(any(glob_matches(p, s) for p in patterns) for s in samples)


def join_plain(folder: str, path: str) -> str:
    """Join a pattern to a folder."""
    return join(folder, path) if folder != "." else path.removeprefix("./")


def refused(facts: Facts, frontend_root: str, uris: Sequence[str] = USUAL) -> Kept | None:
    """Return the server or host that does not serve maps: nginx, Caddy, Netlify, Vercel, Firebase.

    `uris` are the paths below which the maps of a build are requested.
    """
    found = _by_servers(facts, uris)
    if found is not None:
        return found
    names = ("_redirects", "netlify.toml", "vercel.json", "firebase.json")
    near = [join(f, n) for n in (*names, "public/_redirects") for f in dict.fromkeys((frontend_root, "."))]
    for path in dict.fromkeys((*near, *(p for n in names for p in facts.named(n)))):
        text = (facts.text(path) or "") if path in facts.paths and "node_modules/" not in path else ""
        line = host_rule(path.rpartition("/")[2], text, uris) if ".map" in text else None
        if line is not None:
            return Kept(fact="the host does not serve maps", path=path, line=line or None, deletes=False)
    return None


def _by_servers(facts: Facts, uris: Sequence[str]) -> Kept | None:
    """Return the rule by which every web server of the repository refuses maps."""
    rules: list[tuple[str, Answer]] = []
    for path in facts.configuration:
        name = path.rpartition("/")[2]
        is_caddy = name.endswith(("Caddyfile", ".caddy"))
        is_nginx = name.endswith((".conf", ".conf.template", ".conf.j2")) or "nginx" in name
        if not (is_caddy or is_nginx) or "node_modules/" in path or DOCKERFILE.search(path):
            continue
        try:
            given = [a for uri in uris for a in _answers(facts, path, uri, is_caddy=is_caddy)]
        except ParseError:
            continue
        rules += [(path, a) for a in given]
    if not rules or any(a.refused is not True for _, a in rules):
        return None
    path, first = rules[0]
    return Kept(fact="the server does not serve maps", path=path, line=first.line, deletes=False)


def _answers(facts: Facts, path: str, uri: str, *, is_caddy: bool) -> list[Answer]:
    text = facts.text(path) or ""
    if is_caddy:
        return caddy.answers(parse_caddy(text), uri)
    return [nginx.answer(s, uri) for s in nginx.servers(included(facts, parse_nginx(text)))]


def included(facts: Facts, directives: Sequence[Directive], depth: int = 4) -> tuple[Directive, ...]:
    """Return directives with those of the files that they include, where these are in the repository."""
    found: list[Directive] = []
    for directive in directives:
        name = directive.words[1].rpartition("/")[2] if directive.name == "include" and len(directive.words) > 1 else ""
        files = [p for p in facts.named(name) if "*" not in name] if name else []
        if files and depth:
            try:
                found += included(facts, parse_nginx(facts.text(files[0]) or ""), depth - 1)
            except ParseError:
                continue
        elif directive.block is not None:
            block = included(facts, directive.block, depth - 1) if depth else directive.block
            found.append(replace(directive, block=block))
        else:
            found.append(directive)
    return tuple(found)
