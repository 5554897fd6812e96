"""What the SDK sends about people by default, and the context that the application adds."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from packaging.version import Version

from checks.model import Evidence, Finding, Verdict, failed, failed_or_unknown, in_repository, passed
from checks.parsers.flow import call_name
from checks.parsers.position import line_of
from checks.patterns import lazy_pattern
from checks.production.origins import EnvRead, Literal, Unresolved
from checks.production.steps import CannotTell, apply_steps
from checks.production.values import FromEnvironment, members, text_as_truth
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.path_words import NOT_PRODUCTION, folder_purposes, purposes
from checks.repository.sdk_options import DATA_COLLECTION_CATEGORIES, LATEST
from checks.repository.sdk_version import version_label
from checks.targets.applicability import (
    InitializedBackend,
    Option,
    application_modules,
    contains_any,
    each_initialized,
    each_wherever_it_runs,
    place_of,
    unparsed_module_verdict,
)
from checks.targets.personal import PERSONAL

_CONTEXT_CALLS = ("set_context", "set_tag", "set_tags", "set_attribute", "add_breadcrumb", "new_scope", "set_extra")


def pii_off(facts: Facts) -> Sequence[Verdict]:
    """`send_default_pii=True` sends users' email, IP address, cookies and request data; that needs a decision, not a default.

    A `data_collection` that leaves out a category turns that category on, and the event scrubber off.

    To fix: leave `send_default_pii` out (or False), or set every category of `data_collection`.
    """
    return each_wherever_it_runs(facts, _pii_off)


def _pii_off(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    version = found.version.assumed if found.version else LATEST
    findings: list[Finding] = []
    uncertainties: list[Finding] = []
    evidence: list[Evidence] = []
    for call in found.calls:
        pii, collection = found.option("send_default_pii", call), found.option("data_collection", call)
        if collection is not None and version >= Version("2.70"):
            # Once it is given, send_default_pii has no effect.
            _judge_collection(facts, found, collection, findings, uncertainties, evidence)
        elif pii is not None:
            _judge_pii(facts, found, pii, findings, uncertainties, evidence)
        elif version >= Version("3.0.0a1"):
            findings.append(
                Finding(
                    message=f"sentry-sdk {version_label(found.version)} collects user data unless data_collection is given",
                    path=call.path,
                    line=call.call.line,
                    hint="give every category of `data_collection`",
                )
            )
        elif call.call.star and not call.call.star_known:
            uncertainties += found.unfollowed(call).findings
        else:
            fact = "send_default_pii is not set: the SDK's default is off"
            evidence.append(in_repository(fact, call.path, call.call.line))
    if not findings:
        uncertainties += _other_calls(facts, found)
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence, target=target)
    return passed(*evidence, target=target) if decided is None else decided


def _other_calls(facts: Facts, found: InitializedBackend) -> list[Finding]:
    """Return the calls in the application's other modules that turn it on: the last call of a process replaces the first.

    Whether a worker's method or a signal's receiver makes such a call is not followed, so nothing fails by it, and nothing passes.
    """
    followed = {(i.path, i.call.line) for i in found.chain.inits}
    modules = application_modules(facts, found.backend, "sentry", where=contains_any("send_default_pii"))
    calls = [
        (path, call) for path, module in modules for call in module.init_calls if (path, call.line) not in followed
    ]
    message, hint = (
        "another sentry_sdk.init() sets send_default_pii; whether a process calls it is not known",
        "set it to False",
    )
    return [
        Finding(message=message, path=path, line=call.line, hint=hint)
        for path, call in calls
        if isinstance(node := call.keywords.get("send_default_pii"), ast.Constant) and node.value
        if not (purposes(path) | folder_purposes(path)) & NOT_PRODUCTION
    ]


def _judge_pii(
    facts: Facts,
    found: InitializedBackend,
    option: Option,
    findings: list[Finding],
    uncertainties: list[Finding],
    evidence: list[Evidence],
) -> None:
    def finding(message: str, hint: str = "set it to False") -> Finding:
        return Finding(message=message, **place_of(facts, option), hint=hint)

    value = option.value
    if isinstance(value, Literal):
        if value.value:
            findings.append(finding("send_default_pii is on: users' data is sent"))
        else:
            evidence.append(in_repository(f"send_default_pii is {value.value}", option.path, option.line))
        return
    read = next((v for v in members(option.produced) if isinstance(v, FromEnvironment)), None)
    if not isinstance(value, EnvRead) or read is None:
        decided = found.chain.truth(option.produced)
        if decided is None:
            uncertainties.append(
                finding(
                    f"send_default_pii is `{value.source if isinstance(value, Unresolved) else value.name}`, "
                    "which cannot be determined here"
                )
            )
        elif decided:
            findings.append(finding("send_default_pii is on: users' data is sent"))
        else:
            evidence.append(in_repository("send_default_pii is off", option.path, option.line))
        return
    empty = found.chain.environment.declared.get(read.name) == ""
    if text_as_truth(read) and ("bool", ()) in read.cast and not empty:
        findings.append(finding(f"any value of `{value.name}` turns it on, even `False`", "compare it: `== 'true'`"))
        return
    declared = [
        d.variables[value.name]
        for d in deployments_of_backend(facts, found.backend.root)
        if value.name in d.variables and d.variables[value.name].value is not None
    ]
    texts = [(d.value or "", d.path, d.line) for d in declared]
    made = [_made(read, t) for t, _, _ in texts]
    if True in made:
        text, path, line = texts[made.index(True)]
        message = f"`{value.name}` is {text}: users' data is sent"
        findings.append(Finding(message=message, path=path, line=line, hint="set it to False"))
    elif None in made:
        uncertainties.append(
            finding(f"what `{texts[made.index(None)][0]}` in `{value.name}` means cannot be determined")
        )
    elif texts:
        evidence.append(in_repository(f"`{value.name}` is {texts[0][0]}", texts[0][1], texts[0][2]))
    elif read.default is not None and read.default.value:
        findings.append(finding(f"without `{value.name}` send_default_pii is on", "make its default False"))
    else:
        deployments = deployments_of_backend(facts, found.backend.root)
        if (
            read.default is not None
            and deployments
            and all(d.closed for d in deployments)
            and not any(value.name in d.variables for d in deployments)
        ):
            evidence.append(
                in_repository(f"`{value.name}` switches it on, and nothing sets it", option.path, option.line)
            )
        else:
            uncertainties.append(
                finding(f"`{value.name}` decides, and its value where it deploys is not in the repository")
            )


def _made(read: FromEnvironment, text: str) -> bool | None:
    """Return what the code makes of a variable's text, None when that cannot be determined."""
    try:
        return bool(apply_steps(text, read.cast))
    except (CannotTell, ValueError, TypeError, AttributeError, LookupError):
        return None


def _judge_collection(
    facts: Facts,
    found: InitializedBackend,
    option: Option,
    findings: list[Finding],
    uncertainties: list[Finding],
    evidence: list[Evidence],
) -> None:
    node: ast.expr = option.node
    if isinstance(node, ast.Name):
        node = (found.chain.names | found.last.bound).get(node.id, node)
    place = place_of(facts, option)
    if isinstance(node, ast.Constant) and node.value is None:
        evidence.append(in_repository("data_collection is not set", option.path, option.line))
        return
    if not isinstance(node, ast.Dict) or not all(isinstance(k, ast.Constant) for k in node.keys):
        message = "data_collection cannot be followed"
        uncertainties.append(Finding(message=message, **place, hint="write the dictionary in the call itself"))
        return
    given = {str(k.value): v for k, v in zip(node.keys, node.values, strict=True) if isinstance(k, ast.Constant)}
    missing = [c for c in DATA_COLLECTION_CATEGORIES if c not in given]
    on = [k for k, v in given.items() if isinstance(v, ast.Constant) and v.value is True]
    if missing:
        message = f"data_collection leaves out {', '.join(missing)}: what is left out is collected"
        findings.append(Finding(message=message, **place, hint="give every category"))
    if on:
        message = f"data_collection collects {', '.join(on)}"
        findings.append(Finding(message=message, **place, hint="set it to False"))
    if not missing and not on:
        evidence.append(in_repository("data_collection gives every category", option.path, option.line))


_SHOWN = 5
_REPEATED = ("environment", "release")


_PLAIN_TAG = lazy_pattern(r"set_tag\(\s*['\"]([\w .:-]*)['\"]\s*,")


def _may_tell(text: str) -> bool:
    """Return whether a module may set a tag that is personal, or repeats what the SDK sends: by a key that is, or is not plain."""
    plain = _PLAIN_TAG.findall(text)
    return len(plain) < text.count("set_tag") or any(k.lower() in PERSONAL or k in _REPEATED for k in plain)


def context_used(facts: Facts) -> Sequence[Verdict]:
    """Tags, context and breadcrumbs show what the user was doing, which makes an issue much easier to solve.

    To fix: call `sentry_sdk.set_context()`, `set_tag()` and `add_breadcrumb()` in the business logic.
    """
    return each_initialized(facts, _context_used)


def _context_used(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    evidence: list[Evidence] = []
    findings: list[Finding] = []

    def wanted(text: str) -> bool:
        # So many are shown; after them, only what may be wrong is parsed.
        return "sentry_sdk" in text and (len(evidence) < _SHOWN or _may_tell(text))

    for path, module in application_modules(facts, found.backend, *_CONTEXT_CALLS, where=wanted):
        if "sentry_sdk" not in (facts.text(path) or ""):
            continue
        for node in module.nodes:
            if not isinstance(node, ast.Call) or call_name(node) not in _CONTEXT_CALLS:
                continue
            name = call_name(node)
            first = node.args[0] if node.args else None
            key = str(first.value) if isinstance(first, ast.Constant) else ""
            if name == "set_tag" and key.lower() in PERSONAL:
                message = f"the tag `{key}` sends personal data, and has a value for each user"
                findings.append(
                    Finding(message=message, path=path, line=line_of(node), hint="use set_user with the id")
                )
            elif name == "set_tag" and key in _REPEATED:
                message = f"the tag `{key}` repeats what the SDK sends"
                findings.append(Finding(message=message, path=path, line=line_of(node), hint="remove it"))
            else:
                evidence.append(in_repository(f"{name}({key!r})" if key else f"{name}()", path, line_of(node)))
    if findings:
        return failed(*findings, evidence=evidence[:_SHOWN], target=target)
    open_one = unparsed_module_verdict(facts, found.backend, *_CONTEXT_CALLS, where=_may_tell if evidence else None)
    if open_one is not None:
        return open_one
    if evidence:
        return passed(*evidence[:_SHOWN], target=target)
    return failed(
        Finding(
            message="the application sets no context, tags or breadcrumbs",
            path=found.last.path,
            line=found.last.call.line,
            hint="call sentry_sdk.set_context() in the business logic",
        ),
        target=target,
    )
