"""Rules of hosts of static sites (Netlify, Vercel, Firebase) by which maps are not served."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from checks.hosts.nginx import pattern_matches
from checks.parsers.globs import glob_matches

_REFUSING = (403, 404, 410)


def host_rule(name: str, text: str, uris: Sequence[str]) -> int | None:
    """Return the line of a rule that refuses every one of some paths (0: no line), None without one."""
    try:
        if name == "_redirects":
            return _redirects(text, uris)
        if name == "netlify.toml":
            return 0 if all(_netlify(tomllib.loads(text).get("redirects", []), u) for u in uris) else None
        data = json.loads(text) if name in ("vercel.json", "firebase.json") else None
    except (ValueError, RecursionError, AttributeError):
        return None
    if not isinstance(data, dict):
        return None
    if name == "vercel.json":
        return 0 if all(_vercel(data, u) for u in uris) else None
    hosting = data.get("hosting")
    sites = hosting if isinstance(hosting, list) else [hosting]
    ignored = [p for s in sites if isinstance(s, dict) for p in (s.get("ignore") or []) if isinstance(p, str)]
    kept = [u for u in uris if not any(glob_matches(p, u.lstrip("/")) for p in ignored if "*" in p)]
    return 0 if uris and not kept else None


def _redirects(text: str, uris: Sequence[str]) -> int | None:
    """Judge a `_redirects` file: the first rule that matches counts, and only a forced one (`404!`) wins over a file.

    https://docs.netlify.com/routing/redirects/
    """
    lines: set[int] = set()
    for uri in uris:
        for number, line in enumerate(text.splitlines(), start=1):
            parts = line.partition("#")[0].split()
            if len(parts) < 2 or not _is_from(parts[0], uri):
                continue
            if parts[-1] not in tuple(f"{s}!" for s in _REFUSING):
                return None
            lines.add(number)
            break
        else:
            return None
    return min(lines) if lines else None


def _is_from(pattern: str, uri: str) -> bool:
    """Return whether Netlify's rule for a path is one for a request: `*` counts at its end only, so that `/*.map` is none for maps.

    https://answers.netlify.com/t/support-guide-making-redirects-work-for-you-troubleshooting-and-debugging/13433
    """
    return "*" not in pattern[:-1] and fnmatchcase(uri, pattern)


def _netlify(rules: object, uri: str) -> bool:
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict) and _is_from(str(rule.get("from", "")), uri) and not rule.get("conditions"):
            return rule.get("status") in _REFUSING and rule.get("force") is True
    return False


def _vercel(data: dict[str, object], uri: str) -> bool:
    """Judge `routes` in their order up to the file system, and `redirects`, which come before it.

    https://vercel.com/docs/project-configuration#routes
    """
    routes = data.get("routes")
    for route in routes if isinstance(routes, list) else []:
        if not isinstance(route, dict) or route.get("handle"):
            break
        found = pattern_matches(f"^{str(route.get('src', '')).removeprefix('^').removesuffix('$')}$", uri)
        if found is None:
            return False
        if found and not route.get("continue"):
            return route.get("status") in _REFUSING
    redirects = data.get("redirects")
    for rule in redirects if isinstance(redirects, list) else []:
        if isinstance(rule, dict) and not rule.get("has") and not rule.get("missing"):
            source = re.sub(r":\w+\*", "(.*)", str(rule.get("source", "")))
            if ":" not in source and pattern_matches(f"^{source}$", uri):
                return not str(rule.get("destination", "")).endswith(".map")
    return False
