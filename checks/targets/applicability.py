"""What a check is decided on: each backend, each backend whose SDK is initialized, the application's own code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from checks.model import Outcome, Place, Verdict, not_applicable, unknown
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.parsers.text import ParseError
from checks.production.origins import Origin, origin
from checks.production.values import Value as Produced
from checks.repository.agreed_settings import candidate_backends
from checks.repository.backends import Backend
from checks.repository.facts import Facts, inside
from checks.repository.path_words import has_part
from checks.repository.sdk_version import SdkVersion, sdk_version
from checks.repository.settings import LocatedInit, SettingsChain, settings_chain
from checks.repository.text_index import files_calling_sentry_init, python_files_containing, word_index
from checks.targets.initialized import decide_initialized, no_backend, unfollowed_init

_NOT_APPLICATION = frozenset(
    {
        *("test", "tests", "testing", "test_utils", "e2e", "doc", "docs", "example", "examples", "fixture"),
        *("fixtures", "sample", "samples", "migrations", "node_modules", "locustfile", "locustfiles"),
        *("benchmark", "benchmarks", "site-packages", "conftest.py", "tests.py", "setup.py"),
    }
)


def not_application(path: str) -> bool:
    """Return whether a path's names say that the application does not run what is there: tests, examples, blanks of a template."""
    if has_part(path, _NOT_APPLICATION, ("{{",)):
        return True
    name = path.rpartition("/")[2]
    return name.endswith(("_test.py", "_tests.py")) or (name.startswith("test_") and name.endswith(".py"))


class Option(Struct, frozen=True, kw_only=True):
    """An option of an init call: its value's expression, where it comes from, and its call.

    `produced` is the value that production gives it at the call.
    """

    node: ast.expr
    value: Origin
    produced: Produced
    path: str
    line: int


class InitializedBackend(Struct, frozen=True, kw_only=True):
    """A backend whose production settings initialize the SDK: its chain and the calls that production runs."""

    backend: Backend
    chain: SettingsChain
    calls: tuple[LocatedInit, ...]
    version: SdkVersion | None

    @property
    def last(self) -> LocatedInit:
        """The call in effect: each call replaces the client of the one before."""
        return self.calls[-1]

    def options(self, name: str) -> list[Option]:
        """Return an option's values in all calls, in order."""
        return [o for call in self.calls if (o := self.option(name, call)) is not None]

    def option(self, name: str, call: LocatedInit | None = None) -> Option | None:
        """Return an option's value in one call (default: the one in effect)."""
        call = call or self.last
        node = call.call.keywords.get(name)
        if node is None:
            return None
        produced = call.initialization.options[name].value
        value = origin(produced, node)
        line = line_of(node) if _own(call, node) else call.call.line
        return Option(node=node, value=value, produced=produced, path=call.path, line=line)

    def unfollowed(self, call: LocatedInit, hint: str = "write the options in the call") -> Verdict:
        """Return the verdict of an item that a call's `**options` may decide, which cannot be read."""
        return unknown(
            "the options come from a dictionary that cannot be followed",
            path=call.path,
            line=call.call.line,
            hint=hint,
            target=self.backend.target,
        )

    @property
    def opaque_last(self) -> LocatedInit | None:
        """The call in effect, if its `**options` could not be followed."""
        return self.last if self.last.call.star and not self.last.call.star_known else None

    @property
    def opaque(self) -> LocatedInit | None:
        """The first call whose `**options` could not be followed, if any."""
        return next((c for c in self.calls if c.call.star and not c.call.star_known), None)


_LONGEST = 200
"""Characters of an expression that is compared with its line: more would nest too deep."""


def place_of(facts: Facts, option: Option) -> Place:
    """Return where an option's value is written; its column only where the line holds that very expression."""
    node, column = option.node, None
    text = facts.line(option.path, option.line) if node.lineno == node.end_lineno == option.line else None
    if text is not None:
        written = text.encode("utf-8", "surrogatepass")[node.col_offset : node.end_col_offset].decode("utf-8", "ignore")
        try:
            same = len(written) <= _LONGEST and ast.dump(ast.parse(written, mode="eval").body) == ast.dump(node)
        except (SyntaxError, ValueError):
            same = False
        column = facts.column(option.path, option.line, node.col_offset) if same else None
    return {"path": option.path, "line": option.line, "column": column}


def _own(call: LocatedInit, node: ast.expr) -> bool:
    return node.lineno >= call.call.line


def each_backend(facts: Facts, decide: Callable[[Facts, Backend], Verdict]) -> Sequence[Verdict]:
    """Decide for each backend."""
    return [decide(facts, b) for b in facts.backends] or no_backend()


def each_initialized(facts: Facts, decide: Callable[[Facts, InitializedBackend], Verdict]) -> Sequence[Verdict]:
    """Decide for each backend with an init call; without one the item does not apply, or cannot be determined."""

    def one(facts: Facts, backend: Backend) -> Verdict:
        found = require_initialized(facts, backend)
        return found if isinstance(found, Verdict) else _whichever_runs(facts, found, decide)

    return each_backend(facts, one)


def _whichever_runs(
    facts: Facts, found: InitializedBackend, decide: Callable[[Facts, InitializedBackend], Verdict]
) -> Verdict:
    """Decide by what all settings modules that production may run agree on; one that is judged otherwise leaves it undecided."""
    verdict = decide(facts, found)
    candidates = candidate_backends(facts, found.backend) if verdict.outcome is not Outcome.UNKNOWN else []
    for candidate in candidates if len(candidates) > 1 else ():
        own = require_initialized(facts, candidate)
        judged = own if isinstance(own, Verdict) else decide(facts, own)
        if judged.outcome is verdict.outcome or candidate.settings is None:
            continue
        seen = judged.findings[0] if judged.findings else None
        return unknown(
            f"{candidate.settings.name} decides otherwise than other settings that production may run"
            + (f": {seen.message}" if seen else ""),
            path=seen.path if seen else candidate.settings.path,
            line=seen.line if seen else None,
            hint="set `backend.settings` in the configuration, as in DJANGO_SETTINGS_MODULE",
            target=found.backend.target,
        )
    return verdict


def each_wherever_it_runs(facts: Facts, decide: Callable[[Facts, InitializedBackend], Verdict]) -> Sequence[Verdict]:
    """Decide as `each_initialized` does; a call that may run is judged as well, where nothing else may initialize the SDK.

    What such a call surely does not do wrong is right whether it runs or not; what it does wrong is left undecided with its run.
    """

    def one(facts: Facts, backend: Backend) -> Verdict:
        found = require_initialized(facts, backend)
        if not isinstance(found, Verdict):
            return _whichever_runs(facts, found, decide)
        possible = possibly_initialized(facts, backend) if found.outcome is Outcome.UNKNOWN else None
        judged = decide(facts, possible) if possible is not None else None
        return judged if judged is not None and judged.outcome is Outcome.PASS else found

    return each_backend(facts, one)


def require_initialized(facts: Facts, backend: Backend) -> InitializedBackend | Verdict:
    """Return a backend's initialization, or the verdict that an item which needs one gets without it."""
    verdict = decide_initialized(facts, backend)
    if verdict.outcome is Outcome.FAIL:
        return not_applicable("the SDK is not initialized (see sdk-initialized)", target=backend.target)
    chain = settings_chain(facts, backend)
    if not chain.inits or verdict.outcome is not Outcome.PASS:
        finding = unfollowed_init(facts, backend)
        begin = "" if verdict.outcome is Outcome.PASS else "whether the SDK is initialized cannot be determined: "
        return unknown(
            f"{begin}{finding.message}",
            path=finding.path,
            line=finding.line,
            hint=finding.hint or "see sdk-initialized",
            target=backend.target,
        )
    in_settings = [i for i in chain.inits if i.reached_by == "settings" and i.runs]
    possible = [i for i in chain.inits if i.runs is not False]
    calls = tuple(i for i in possible if i.reached_by == "settings" or not in_settings)
    return InitializedBackend(
        backend=backend, chain=chain, calls=calls or tuple(chain.inits), version=sdk_version(facts, backend.root)
    )


def possibly_initialized(facts: Facts, backend: Backend) -> InitializedBackend | None:
    """Return the calls of init that production may make, where whether it makes them is all that is not known.

    For an item that holds of a call whether or not it runs. None where a file of the application, or a function of a package,
    may call init and was not followed.
    """
    chain = settings_chain(facts, backend) if backend.settings is not None else None
    if chain is None or chain.problems or decide_initialized(facts, backend).outcome is not Outcome.UNKNOWN:
        return None
    calls = tuple(i for i in chain.inits if i.runs is not False)
    followed = {(i.path, i.call.line) for i in chain.inits}
    for path in files_calling_sentry_init(facts, backend) if calls else ():
        module = facts.python(path) if _of_application(path, backend) else None
        if module is not None and not isinstance(module, Module):
            return None
        if module is not None and any((path, call.line) not in followed for call in module.init_calls):
            return None
    if not calls or (chain.machine is not None and chain.machine.suspects):
        return None
    return InitializedBackend(backend=backend, chain=chain, calls=calls, version=sdk_version(facts, backend.root))


SourceFilter = Callable[[str], object]
"""Cheap filter on a module's text that avoids parsing it, which takes a hundred times as long."""


def contains_any(*words: str) -> SourceFilter:
    """Return a filter for texts with any of some words."""
    return lambda text: any(w in text for w in words)


def application_modules(
    facts: Facts, backend: Backend, *words: str, where: SourceFilter | None = None
) -> Iterator[tuple[str, Module]]:
    """Yield the backend's own modules (no tests, migrations or docs) that contain one of some words of the index.

    With `where`, only those whose text it accepts, and templates.
    Modules that do not parse are left out: what is concluded from finding nothing needs `unread` as well.
    """
    for path in _application_files(facts, backend, words, where):
        module = facts.python(path)
        if isinstance(module, Module):
            yield path, module


def _application_files(
    facts: Facts, backend: Backend, words: Sequence[str], where: SourceFilter | None
) -> Iterator[str]:
    for path in python_files_containing(facts, backend, *words):
        if not _of_application(path, backend):
            continue
        text = "" if where is None else facts.text(path) or ""
        # A blank of a template may be filled with anything (https://cookiecutter.readthedocs.io).
        if where is None or where(text) or "{{" in text or "{%" in text:
            yield path


def unparsed_module_verdict(
    facts: Facts, backend: Backend, *words: str, files: Sequence[str] = (), where: SourceFilter | None = None
) -> Verdict | None:
    """Return `unknown` for the first module of the application that was not read, None when all were.

    Covers those that contain one of the words (and `where`, as above), and `files`, whatever they contain.
    An item calls this before it passes, or does not apply, because nothing was found.
    """
    named = (f for f in files if inside(f, backend.root) and _of_application(f, backend))
    for path in (*_application_files(facts, backend, words, where), *named):
        module = facts.python(path)
        if isinstance(module, ParseError):
            return unknown(
                f"{path} cannot be read: {module.message}",
                path=path,
                line=module.line,
                hint="fix the syntax error",
                target=backend.target,
            )
    for path in word_index(facts).skipped:
        if not (path.endswith(".py") and inside(path, backend.root) and _of_application(path, backend)):
            continue
        data = facts.read(path)
        if data is None or any(w.encode() in data for w in words):
            message = f"{path} is too large to search, or is not readable"
            return unknown(message, path=path, hint="split it, or make it readable", target=backend.target)
    return None


def _of_application(path: str, backend: Backend) -> bool:
    return not not_application(path if backend.root == "." else path.removeprefix(backend.root + "/"))


def find_function(
    facts: Facts, path: str, name: str, chain: SettingsChain
) -> tuple[str, ast.FunctionDef | ast.Lambda] | None:
    """Return the function that a name refers to, in the module that uses it or in one it imports from.

    None when it is not in the repository.
    """
    for candidate in (path, *chain.files, *_imported(facts, path, name, chain)):
        module = facts.python(candidate)
        if not isinstance(module, Module):
            continue
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return candidate, node
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Lambda)
                and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
            ):
                return candidate, node.value
    return None


def _imported(facts: Facts, path: str, name: str, chain: SettingsChain) -> Iterator[str]:
    from checks.repository.settings import resolve_import

    backend = next((b for b in facts.backends if inside(path, b.root)), None)
    for user in (path, *chain.files):
        module = facts.python(user)
        if backend is None or not isinstance(module, Module):
            continue
        for imported in module.imports:
            if name in imported.names or "*" in imported.names:
                target = resolve_import(facts, backend, user, imported.module, imported.level)
                if target is not None:
                    yield target


def unparsed_workflow_verdict(facts: Facts) -> Verdict | None:
    """Return the verdict of a CI item where a CI file cannot be read, or None."""
    for workflow in facts.workflows:
        if workflow.problem is not None:
            return unknown(
                f"{workflow.path} cannot be read: {workflow.problem.message}",
                path=workflow.path,
                line=workflow.problem.line,
                hint="fix the file",
            )
    return None


def no_release_steps(facts: Facts) -> Verdict:
    """Return what holds for the items about release steps where CI has none."""
    return unparsed_workflow_verdict(facts) or not_applicable("CI has no Sentry release step (see release-tracking)")
