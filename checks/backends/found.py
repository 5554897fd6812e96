"""The backends that are no Django projects, as items and steps see them."""

from __future__ import annotations

from itertools import chain, count

from msgspec.structs import replace

from checks.backends.discovery import find_others, found_at
from checks.backends.entry import Found
from checks.config import Part
from checks.repository.backends import Backend, SettingsModule, module_path
from checks.repository.facts import Facts, inside, parent


def other_backends(facts: Facts, django: list[str], taken: set[str]) -> list[Backend]:
    """Return the backends besides the Django projects at some roots; none has a name that is taken."""
    found = find_others(facts, django)
    if len(found) == 1 and not django:
        return [_backend(found[0], "backend")]
    names = set(taken)
    backends = []
    for one in found:
        name = _free_name(one, names)
        names.add(name)
        backends.append(_backend(one, name))
    return backends


def _free_name(found: Found, taken: set[str]) -> str:
    last = found.root.rpartition("/")[2] if found.root != "." else found.entry.framework
    package = parent(found.entry.path).rpartition("/")[2].lstrip(".")
    stem = found.entry.path.rpartition("/")[2].removesuffix(".py")
    wanted = (last, package, f"{last}-{found.entry.framework}", f"{last}-{stem}", f"{last}-{package}-{stem}")
    numbered = (f"{last}-{n}" for n in count(2))
    return next(w for w in chain(wanted, numbered) if w and w not in taken)


def _backend(found: Found, name: str) -> Backend:
    entry = found.entry
    module = SettingsModule(
        name=entry.module,
        path=entry.path,
        found_in=entry.found_in,
        found_line=entry.found_line,
        named_by_host=entry.rank < 2,
    )
    return Backend(
        name=name,
        root=found.root,
        manage=None,
        settings=module,
        entry_points=tuple(dict.fromkeys(e.path for e in found.others)),
        framework=entry.framework,
        entry=entry,
        others=found.others,
    )


def configured_other(facts: Facts, name: str, part: Part, django: list[str]) -> Backend | None:
    """Return the backend that a configuration names, where it is no Django project; None where it may be one."""
    if part.root is not None and part.root in django and part.settings is None:
        return None
    if part.settings is not None:
        root = part.root or "."
        module, _, attribute = part.settings.partition(":")
        path = module_path(facts, root, module)
        found = found_at(facts, path, module, attribute, root) if path is not None else None
        return _backend(found, name or "backend") if found is not None else None
    if part.root is not None and any(inside(r, part.root) for r in django):
        return None
    candidates = [f for f in find_others(facts, django) if part.root is None or inside(f.root, part.root)]
    own = [f for f in candidates if f.root == part.root] or candidates
    if not own:
        return None
    taken: set[str] = set()
    for one in own:
        taken.add(_free_name(one, taken))
    named = [f for f, n in zip(own, sorted(taken), strict=False) if n == name]
    return replace(_backend((named or own)[0], name or "backend"), root=part.root or own[0].root)
