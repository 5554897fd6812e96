"""Whether production installs the SDK."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from checks.model import Finding, Outcome, Verdict, failed, in_repository, passed, unknown
from checks.repository.backends import Backend
from checks.repository.dependencies import Declaration, Manifests, compiled_without, python_manifests
from checks.repository.facts import Facts, join, parent
from checks.repository.installed_lists import made_elsewhere, replaced_by
from checks.repository.installs import Install, installed_by_image, production_installs
from checks.repository.locks import GRAPHS, brought_by
from checks.repository.other_installs import other_installs
from checks.targets.initialized import no_backend


def sdk_installed(facts: Facts) -> Sequence[Verdict]:
    """Without `sentry-sdk` in the runtime dependencies, the application cannot report anything.

    A declaration in a development group only does not count, and an optional extra counts where something that deploys
    installs it (`pip install .[sentry]`, `uv sync --extra sentry`, `poetry install --with sentry`).

    To fix: add `sentry-sdk` to the file that lists your framework, in that file's style.
    """
    return [_of_functions(facts, b, _sdk_installed(facts, b)) for b in facts.backends] or no_backend()


def _locked_to_another(manifests: Manifests, declared: Declaration) -> Finding | None:
    """Return the finding for a lock file beside a declaration that has a version which the declaration does not allow."""
    locked, path, line = manifests.locked.get("sentry-sdk", ("", "", 0))
    wanted = declared.dependency.specifier
    if not locked or parent(path) != parent(declared.path) or not declared.path.endswith("pyproject.toml"):
        return None
    try:
        fits = SpecifierSet(wanted).contains(locked, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None  # Poetry's own signs
    if fits:
        return None
    message = f"sentry-sdk{wanted} is in {declared.path}, but {path} locks {locked}"
    return Finding(message=message, path=path, line=line, hint=f"lock {path} again")


def _of_functions(facts: Facts, backend: Backend, verdict: Verdict) -> Verdict:
    """Leave open what a function installs whose own requirements file lacks the SDK: a layer may have it."""
    entries = (backend.entry, *backend.others) if backend.entry and backend.framework == "aws-lambda" else ()
    own = sorted({join(e.source, "requirements.txt") for e in entries if e and e.source != backend.root} & facts.paths)
    lacking = [p for p in own if not any(d.path == p for d in python_manifests(facts, backend.root).of("sentry-sdk"))]
    if verdict.outcome is not Outcome.PASS or not lacking:
        return verdict
    return unknown(
        f"{lacking[0]} is what a function installs, and does not declare sentry-sdk",
        path=lacking[0],
        evidence=verdict.evidence,
        target=backend.target,
        hint="declare it there, or check that the function's layer has it",
    )


def _sdk_installed(facts: Facts, backend: Backend) -> Verdict:
    manifests = python_manifests(facts, backend.root)
    declared = manifests.of("sentry-sdk")
    optional = [d for d in declared if d.dependency.optional]
    installs = production_installs(facts, backend.root) if optional else ()
    asked = [(d, i) for d in optional for i in installs if i.gives(d.dependency.optional)]
    runtime: list[tuple[Declaration, Install | None]] = [
        (d, None) for d in declared if not d.development and not d.dependency.optional
    ]
    of_runtime = [d for d, _ in runtime]
    left = (
        _left_out(facts, backend, of_runtime)
        or _in_no_list(facts, backend, of_runtime)
        or _in_the_base(facts, backend, of_runtime)
    )
    if left is not None:
        return left
    stale = [(d, c) for d, _ in runtime if (c := compiled_without(facts, manifests, d))]
    runtime = [(d, i) for d, i in runtime if not any(d is s for s, _ in stale)]
    for first, install in [*runtime, *asked][:1]:
        other = _locked_to_another(manifests, first)
        if other is not None:
            return failed(other, target=backend.target)
        version = first.dependency.specifier
        evidence = [in_repository(f"sentry-sdk{version} is declared", first.path, first.dependency.line)]
        if install is not None:
            fact = f"`{install.text}` installs the {first.dependency.optional}"
            evidence.append(in_repository(fact, install.path, install.line))
        if "sentry-sdk" in manifests.locked:
            locked, path, line = manifests.locked["sentry-sdk"]
            evidence.append(in_repository(f"locked to {locked}", path, line))
        return passed(*evidence, target=backend.target)
    if stale:
        first, compiled = stale[0]
        return failed(
            Finding(
                message=f"sentry-sdk is in {first.path}, but not in {compiled}, which is compiled from it and gets installed",
                path=compiled,
                hint=f"compile {compiled} again",
            ),
            target=backend.target,
        )
    optional = [d for d in optional if not d.development]
    image = installed_by_image(facts, backend.root, "sentry-sdk")
    if optional and image is None:
        return _not_asked_for(facts, optional[0], installs, backend)
    if declared and not optional:
        first = declared[0]
        return failed(
            Finding(
                message=f"sentry-sdk is only a development dependency ({first.dependency.group or first.path})",
                path=first.path,
                line=first.dependency.line,
                hint="move it to the runtime dependencies",
            ),
            target=backend.target,
        )
    if image is not None and image.sure:
        return passed(in_repository("the image installs sentry-sdk", image.path, image.line), target=backend.target)
    if image is not None:
        return unknown(
            "the image installs sentry-sdk under a condition that cannot be determined here",
            path=image.path,
            line=image.line,
            target=backend.target,
            hint="install it in every build, or declare it in a manifest",
        )
    if not declared and "sentry-sdk" in manifests.locked:
        brought = _brought(facts, manifests, backend)
        if brought is not None:
            return brought
    if manifests.problems:
        path, problem = manifests.problems[0]
        return unknown(
            f"{path} cannot be read: {problem.message}",
            path=path,
            line=problem.line,
            target=backend.target,
            hint="fix the file",
        )
    if not manifests.files:
        return unknown(
            f"no dependency file found for `{backend.root}`",
            target=backend.target,
            hint="declare the dependencies in pyproject.toml or requirements.txt, or set `backend.root`",
        )
    *others, last = manifests.files[:4]
    files = f"{', '.join(others)} or {last}" if others else last
    if all(d.development or d.dependency.optional for d in manifests.declarations):
        return unknown(
            f"{files} declares no runtime dependency, and no file here says what production installs",
            path=manifests.files[0],
            target=backend.target,
            hint="check whether it installs sentry-sdk, or declare the dependencies",
        )
    return failed(
        Finding(
            message=f"sentry-sdk is not declared in {files}",
            path=_framework_file(facts, backend) or manifests.files[0],
            hint="`sentry-setup apply sdk --yes` adds it",
        ),
        target=backend.target,
    )


def _brought(facts: Facts, manifests: Manifests, backend: Backend) -> Verdict | None:
    """Return the verdict where only a lock file names the SDK, None where no package that production installs needs it."""
    version, path, line = manifests.locked["sentry-sdk"]
    if not path.endswith(GRAPHS):
        message = f"only {path} names sentry-sdk, and which package needs it is not written there"
        return unknown(message, path=path, line=line, target=backend.target, hint="declare sentry-sdk yourself")
    declared = {d.dependency.name for d in manifests.declarations if not d.development and not d.dependency.optional}
    package = brought_by(facts, path, "sentry-sdk", declared)
    if package is None:
        return None
    return passed(in_repository(f"{package} needs sentry-sdk, locked to {version}", path, line), target=backend.target)


def _left_out(facts: Facts, backend: Backend, runtime: Sequence[Declaration]) -> Verdict | None:
    """Fail where the SDK is only in groups that production's install leaves out (`poetry install --only main`); None otherwise."""
    if not runtime or any(not d.dependency.group.startswith("group ") for d in runtime):
        return None
    tools = ("poetry", "uv")  # `pip install poetry` installs the tool alone
    deciding = [i for i in production_installs(facts, backend.root) if i.decides and i.text.partition(" ")[0] in tools]
    groups = {f"group {canonicalize_name(d.dependency.group.removeprefix('group '))}" for d in runtime}
    if not deciding or any(i.unclear or not all(i.leaves(g) for g in groups) for i in deciding):
        return None
    first, install = runtime[0], deciding[0]
    name = first.dependency.group.removeprefix("group ")
    message = (
        f"sentry-sdk is only in the group `{name}`, which `{install.text}` ({install.path}:{install.line}) leaves out"
    )
    hint = f"move it to the runtime dependencies, or install the group `{name}` there"
    finding = Finding(message=message, path=first.path, line=first.dependency.line, hint=hint)
    return failed(finding, target=backend.target)


def _in_no_list(facts: Facts, backend: Backend, runtime: Sequence[Declaration]) -> Verdict | None:
    """Fail where the SDK is only in requirements files that production's image does not install; None otherwise.

    A list that is compiled from one of these files does not lack it on purpose: it has to be compiled again.
    """
    found = [replaced_by(facts, backend, d.path) for d in runtime]
    if not runtime or (install := found[0]) is None or None in found:
        return None
    manifests = python_manifests(facts, backend.root)
    compiled = {c for d in runtime if (c := compiled_without(facts, manifests, d)) is not None}
    if {c.rpartition("/")[2] for c in compiled} & {name.rpartition("/")[2] for name in install.lists}:
        return None
    first, lists = runtime[0], " and ".join(sorted(install.lists))
    message = f"sentry-sdk is in {first.path}, and {install.path}:{install.line} installs {lists}, which lacks it"
    finding = Finding(message=message, path=first.path, line=first.dependency.line, hint=f"add it to {lists} as well")
    return failed(finding, target=backend.target)


def _in_the_base(facts: Facts, backend: Backend, runtime: Sequence[Declaration]) -> Verdict | None:
    """Leave open what an image of elsewhere holds, where production's own image installs nothing; None otherwise."""
    found = made_elsewhere(facts, backend) if runtime else None
    if found is None:
        return None
    base, path, line = found
    return unknown(
        f"{path} begins with {base}, which no file here builds, and no command of it is known to install sentry-sdk",
        path=path,
        line=line,
        hint=f"check that {base} has sentry-sdk, or install {runtime[0].path} in {path}",
        evidence=[in_repository("sentry-sdk is declared", runtime[0].path, runtime[0].dependency.line)],
        target=backend.target,
    )


def _not_asked_for(facts: Facts, declared: Declaration, installs: Sequence[Install], backend: Backend) -> Verdict:
    """Return the verdict where the SDK is only in an extra or group that nothing is seen to install."""
    kind, _, name = declared.dependency.optional.partition(" ")
    only = f"sentry-sdk is only in the {kind} `{name}`"
    place = {"path": declared.path, "line": declared.dependency.line}
    hint = "move it to the runtime dependencies, or install it: " + (
        f"`pip install .[{name}]`" if kind == "extra" else f"`uv sync --group {name}`"
    )
    decisive = [i for i in installs if i.decides]
    others = () if decisive else other_installs(facts, backend.root)
    given = next((i for i in others if i.gives(declared.dependency.optional)), None)
    if given is not None:
        message = f"{only}: `{given.text}` installs it, and whether production runs that is not known"
        return unknown(message, path=given.path, line=given.line, hint=hint, target=backend.target)
    template = next((i for i in others if i.unclear), None)
    if template is not None:
        message = f"{only}, and what `{template.text}` installs is not known: its blanks are filled in elsewhere"
        return unknown(message, path=template.path, line=template.line, hint=hint, target=backend.target)
    unclear = next((i for i in installs if i.unclear), None)
    if unclear is not None:
        message = f"{only}, and what `{unclear.text}` installs cannot be determined"
        return unknown(message, path=unclear.path, line=unclear.line, hint=hint, target=backend.target)
    installs = decisive
    if not installs:
        message = f"{only}, and no file in this repository says what production installs"
        return unknown(message, **place, hint=hint, target=backend.target)  # type: ignore[arg-type]
    first = installs[0]
    message = f"{only}, which `{first.text}` ({first.path}:{first.line}) does not install"
    return failed(Finding(message=message, **place, hint=hint), target=backend.target)  # type: ignore[arg-type]


def _framework_file(facts: Facts, backend: Backend) -> str | None:
    manifests = python_manifests(facts, backend.root)
    return next((d.path for name in backend.facts.distributions for d in manifests.of(name)), None)
