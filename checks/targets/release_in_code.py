"""What a backend's code names its release by, wherever its init call stands."""

from __future__ import annotations

import ast

from msgspec import Struct

from checks.production.origins import Literal, environment_read
from checks.production.values import FromEnvironment, Known, members
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.release_kinds import FULL
from checks.repository.release_text import TEXT, Part, agree, python_parts
from checks.repository.settings import settings_chain
from checks.targets.applicability import InitializedBackend, Option
from checks.targets.release_runtime import Runtime, given_by_host


def written_release(runtime: Runtime, found: InitializedBackend, option: Option) -> tuple[ast.expr, tuple[Part, ...]]:
    """Return the expression that names the release in an init call, with the parts of its text."""
    names, machine = found.chain.names | found.last.bound, found.chain.machine

    def read(node: ast.expr) -> FromEnvironment | None:
        return environment_read(machine.value_in(option.path, node)) if machine is not None else None

    return _followed(option.node, names), python_parts(option.node, names, runtime.parts, read)


_OWN = "SENTRY_RELEASE"


class InCode(Struct, frozen=True, kw_only=True):
    """What a backend's init call names its release by: the `variable` that it reads, or what it writes down instead (`own`).

    `written` is the expression; `literal` its text where that is written out. `or_none`: without the variable it is None, and
    the SDK looks for a name itself.
    """

    path: str
    line: int
    variable: str = "SENTRY_RELEASE"
    own: bool = False
    written: ast.expr | None = None
    literal: str | None = None
    or_none: bool = False


def release_in_code(facts: Facts, backend: Backend) -> InCode | None:
    """Return how the init call that may run names the release; None where no call names any, and the SDK's default counts.

    `own` is what no variable changes, and is not the full commit, or not seen to be: a version, a text, a function's answer.
    """
    chain = settings_chain(facts, backend)
    calls = tuple(i for i in chain.inits if i.runs is not False)
    if not calls:
        return None
    found = InitializedBackend(backend=backend, chain=chain, calls=calls, version=None)
    option, machine = found.option("release"), chain.machine
    if option is None or (isinstance(option.value, Literal) and option.value.value is None):
        return None
    value = machine.value_in(option.path, option.node) if machine is not None else None
    found_values = list(members(value)) if value is not None else []
    reads = [m for m in found_values if isinstance(m, FromEnvironment)]
    plain = bool(reads) and not any(name.endswith("+") for r in reads for name, _ in r.cast)
    names = [r.name for r in reads] if plain else []
    of_host = given_by_host(facts, backend, names)
    if of_host is not None:
        return InCode(path=option.path, line=option.line, variable=of_host)
    others = [m for m in found_values if not isinstance(m, FromEnvironment)]
    if plain and all(isinstance(m, Known) and not m.value for m in others):
        # `… or None`: where the variable is missing, the SDK looks for a name itself; a blank text is a name.
        given = [m.value for m in others if isinstance(m, Known)]
        given += [r.default.value if r.default is not None else "" for r in reads[-1:]] if not others else []
        variable = _OWN if _OWN in names else names[0]
        return InCode(path=option.path, line=option.line, variable=variable, or_none=all(v is None for v in given))
    written, parts = written_release(Runtime(facts, backend), found, option)
    values = [machine.value_in(option.path, n) for n in ast.walk(written) if isinstance(n, ast.expr)] if machine else []
    if any(environment_read(v) is not None for v in values):
        own = (len(parts) > 1 and any(p.kind == TEXT for p in parts)) or _puts_together(written)
    else:
        own = bool(parts) and agree((Part(kind=FULL, text=""),), parts) is not True
    literal = parts[0].text if len(parts) == 1 and parts[0].kind == TEXT else None
    return InCode(path=option.path, line=option.line, own=own, written=written, literal=literal)


def _puts_together(written: ast.expr) -> bool:
    """Return whether an expression makes a text of its own around what it reads: `f"shop@{version}"`, `"shop@" + version`."""
    for node in ast.walk(written):
        pieces = [*node.values] if isinstance(node, ast.JoinedStr) else []
        pieces += [node.left, node.right] if isinstance(node, ast.BinOp) else []
        if any(isinstance(p, ast.Constant) and isinstance(p.value, str) and p.value for p in pieces):
            return True
    return False


def _followed(node: ast.expr, names: dict[str, ast.expr], depth: int = 6) -> ast.expr:
    while depth and isinstance(node, ast.Name) and node.id in names:
        node, depth = names[node.id], depth - 1
    return node
