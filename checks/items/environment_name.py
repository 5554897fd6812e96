"""Whether each deployment sets its environment explicitly, and by the same name everywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from checks.model import Evidence, Finding, Outcome, Verdict, failed, in_repository, passed, unknown
from checks.patterns import lazy_pattern
from checks.production.origins import EnvRead, Literal
from checks.production.values import FromEnvironment, Known, members
from checks.production.values import Value as Produced
from checks.repository.deployment import Deployment
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.path_words import Purpose, names_development, purposes
from checks.targets.applicability import InitializedBackend, Option, each_initialized, each_wherever_it_runs, place_of
from checks.targets.counted import counted, not_declared
from checks.targets.declared import declared_in_ci
from checks.targets.production_environment import PRODUCTION_WORD, production_names
from checks.targets.sign_off import sign_off_verdict

_PRODUCTION_FILE = lazy_pattern(r"(^|[/._])(prod|production|live|deploy|heroku)([/._]|$)")


def environment_set(facts: Facts) -> Sequence[Verdict]:
    """Without an environment the SDK uses "production" everywhere, so staging errors page people for production.

    To fix: set `environment=os.environ.get("SENTRY_ENVIRONMENT")` in init, or declare SENTRY_ENVIRONMENT where it deploys.
    """
    return each_wherever_it_runs(facts, _environment_set)


def _environment_set(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    option = found.option("environment")
    if option is not None and not (isinstance(option.value, Literal) and option.value.value is None):
        if isinstance(option.value, Literal) and option.value.value == "":
            return failed(
                Finding(
                    message="the environment is empty",
                    **place_of(facts, option),
                    hint="read it from SENTRY_ENVIRONMENT",
                ),
                target=target,
            )
        wrong = _said_in_production(facts, found, option)
        if wrong:
            return failed(*wrong, target=target)
        return passed(in_repository(f"environment is {_named(option)}", option.path, option.line), target=target)
    if found.opaque_last is not None:
        return found.unfollowed(found.opaque_last, "write `environment` in the call")
    return _declared(facts, found)


def _said_in_production(facts: Facts, found: InitializedBackend, option: Option) -> list[Finding]:
    """Return what is wrong with the name that deployed services report: one of development, or none at all."""
    if isinstance(option.value, Literal):
        if not names_development(option.value.value):
            return []
        message = f"production reports the environment {option.value.value!r}"
        hint = "read it from SENTRY_ENVIRONMENT, and declare that where it deploys"
        return [Finding(message=message, **place_of(facts, option), hint=hint)]
    if not isinstance(option.produced, FromEnvironment):
        return []
    name, default = option.produced.name, option.produced.default
    if default is not None and default.value and not names_development(default.value):
        return []
    if default is None:
        said = "the settings raise KeyError without it"
    elif default.value:
        said = f"its events say {default.value!r}"
    else:
        said = "its events have none" if default.value == "" else "the SDK says production wherever it runs"
    deployments = deployments_of_backend(facts, found.backend.root)
    # For None, the SDK itself reads SENTRY_ENVIRONMENT; an empty text it takes as it is.
    names = (name, *(("SENTRY_ENVIRONMENT",) if default is not None and default.value is None else ()))
    lacking = [d for d in deployments if d.closed and not any(n in d.variables for n in names)]
    if not lacking or any(declared_in_ci(facts, n) for n in names):
        return []
    return not_declared(name, lacking, deployments, hint=f"declare `{name}` there", because=f"; {said}")


def _named(option: Option) -> str:
    if isinstance(option.value, Literal):
        return repr(option.value.value)
    return f"`{option.value.name}`" if isinstance(option.value, EnvRead) else f"`{option.value.source}`"


def _declared(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    evidence: list[Evidence] = []
    missing: list[Deployment] = []
    elsewhere = None
    deployments = deployments_of_backend(facts, found.backend.root)
    for deployment in deployments:
        declared = deployment.variables.get("SENTRY_ENVIRONMENT")
        if declared is not None:
            fact = f"SENTRY_ENVIRONMENT is declared for {deployment.name}"
            evidence.append(in_repository(fact, declared.path, declared.line))
        elif deployment.closed:
            missing.append(deployment)
        else:
            elsewhere = elsewhere or deployment
    if missing:
        if len(missing) == 1:
            said = f"no environment name for {counted(missing, deployments)}: events are labeled “production”"
        else:
            said = f"no environment name, so events are labeled “production”, for {counted(missing, deployments)}"
        hint = "set `environment=` in init, or declare SENTRY_ENVIRONMENT there"
        finding = Finding(message=f"the SDK gets {said}", path=missing[0].path, line=missing[0].line, hint=hint)
        return failed(finding, evidence=evidence, target=target)
    if deployments and elsewhere is None:
        return passed(*evidence, target=target)
    signed = sign_off_verdict(facts, "environment-set", dt.date.today())
    if signed.outcome is Outcome.PASS:
        return passed(*evidence, *signed.evidence, target=target)
    if elsewhere is not None:
        return unknown(
            f"init sets no environment, and {elsewhere.gets_variables}",
            path=elsewhere.path,
            line=elsewhere.line,
            hint="set `environment=` in init",
            target=target,
        )
    return unknown(
        "init sets no environment, and no file in this repository deploys the backend",
        path=found.last.path,
        line=found.last.call.line,
        hint="set `environment=` in init",
        target=target,
    )


def environment_explicit(facts: Facts) -> Sequence[Verdict]:
    """A silent default of "production" labels staging and development errors as production.

    Names match only if they are spelled alike.

    To fix: give the environment's variable no default (or "development"), and use one spelling in backend, frontend and CI.
    """
    return each_initialized(facts, _environment_explicit)


def _environment_explicit(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    for option in found.options("environment"):
        problem = _problem(found, option)
        if problem:
            hint = "remove the default, or use `development`"
            findings.append(Finding(message=problem, **place_of(facts, option), hint=hint))
        else:
            evidence.append(in_repository(f"environment is {_named(option)}", option.path, option.line))
    names = production_names(facts, found)
    if len(names) > 1:
        (one, first), (other, second) = list(names.items())[:2]
        findings.append(
            Finding(
                message=f"production is called `{one}` ({first.path}:{first.line}) and `{other}`",
                path=second.path,
                line=second.line,
                hint="use one name everywhere",
            )
        )
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    if evidence:
        return passed(*evidence, target=target)
    declared = _environment_set(facts, found)
    if declared.outcome is Outcome.PASS:
        return declared
    if declared.outcome is Outcome.UNKNOWN:
        finding = declared.findings[0]
        return unknown(finding.message, path=finding.path, line=finding.line, hint=finding.hint, target=target)
    return failed(
        Finding(
            message='nothing sets the environment: the SDK uses "production" everywhere',
            path=found.last.path,
            line=found.last.call.line,
            hint="set `environment=` in init",
        ),
        target=target,
    )


def _problem(found: InitializedBackend, option: Option) -> str | None:
    value = option.value
    if isinstance(value, Literal):
        if not PRODUCTION_WORD.match(str(value.value)):
            return None
        shared = not _PRODUCTION_FILE.search(option.path) and _PRODUCTION_FILE.search(_settings_path(found))
        others = [
            p for p in found.chain.files if purposes(p.rpartition("/")[2]) & {Purpose.STAGING, Purpose.DEVELOPMENT}
        ]
        if _PRODUCTION_FILE.search(option.path) and not others:
            return None
        why = "shared settings" if shared else option.path.rpartition("/")[2]
        return f"the environment is {value.value!r} in {why}, wherever it is deployed"
    default = _fallback(option.produced)
    if default is not None and PRODUCTION_WORD.match(default):
        return f"if the variable is missing, the environment falls back to {default!r}"
    return None


def _settings_path(found: InitializedBackend) -> str:
    settings = found.backend.settings
    return settings.path or "" if settings is not None else ""


def _fallback(produced: Produced) -> str | None:
    """Return the text that a value has where no variable is set, or None."""
    for member in members(produced):
        known = member.default if isinstance(member, FromEnvironment) else member
        if isinstance(known, Known) and isinstance(known.value, str):
            return known.value
    return None
