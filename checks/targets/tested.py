"""Whether the tests that CI runs report to Sentry: a job that gives them the DSN, and settings that start the SDK with it."""

from __future__ import annotations

import ast
import re

from checks.ci.commands import step_commands
from checks.ci.model import Step
from checks.ci.testing import is_test
from checks.model import Finding
from checks.parsers.python import settings_defaults
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts
from checks.repository.running_settings import VARIABLE
from checks.repository.text_index import files_calling_sentry_init
from checks.targets.applicability import InitializedBackend

_CONFIGURED = lazy_pattern(r"(?m)^\s*DJANGO_SETTINGS_MODULE\s*=\s*[\"']?([\w.]+)")
_READERS = frozenset({"os", "environ", "get", "getenv", "bool", "env", "str", "config", "settings", "strip"})
"""Words of a condition that read what it asks for."""
_CONFIGURATIONS = ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


def reporting_tests(facts: Facts, found: InitializedBackend, name: str) -> Finding | None:
    """Return the step of CI whose tests surely report: they get the DSN, and init has no other condition than that there is one.

    None where the tests run other settings, or something beside the settings calls the SDK and may switch it off.
    """
    backend = found.backend
    conditions = [g.test for g in found.last.initialization.guards if g.test]
    elsewhere = any(path not in found.chain.files for path in files_calling_sentry_init(facts, backend))
    if not backend.is_django or backend.settings is None or elsewhere or not all(map(_asks_dsn_alone, conditions)):
        return None
    for workflow in facts.workflows:
        for step in (s for j in workflow.jobs for s in j.steps):
            given = step.env.get(name, "")
            if not (given.startswith("https://") or re.search(r"\$\{\{\s*(secrets|vars)\.", given)):
                continue
            for ran in step_commands(facts, step):
                if is_test(ran.words) and _settings(facts, found, step, ran.words) == backend.settings.name:
                    message = f"the tests of CI get `{name}` and start the SDK with it: their errors are reported"
                    hint = "leave the DSN out of that job, or start the SDK outside of tests only"
                    return Finding(message=message, path=step.path, line=step.line, hint=hint)
    return None


def _asks_dsn_alone(condition: str) -> bool:
    """Return whether a condition is about nothing but whether there is a DSN."""
    try:
        nodes = list(ast.walk(ast.parse(condition, mode="eval")))
    except SyntaxError:
        return False
    named = [n.id for n in nodes if isinstance(n, ast.Name)] + [n.attr for n in nodes if isinstance(n, ast.Attribute)]
    texts = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value]
    return all("DSN" in word.upper() for word in (*(n for n in named if n not in _READERS), *texts))


def _settings(facts: Facts, found: InitializedBackend, step: Step, words: tuple[str, ...]) -> str | None:
    """Return the settings module that a test command runs; None where that is not known."""
    for at, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in ("--settings", "--ds"):
            return value if equals else words[at + 1] if at + 1 < len(words) else None
    if VARIABLE in step.env:
        return step.env[VARIABLE]
    for path in facts.named(*_CONFIGURATIONS) if not any(w.endswith("manage.py") for w in words) else ():
        match = _CONFIGURED.search(facts.text(path) or "")
        if match:
            return match[1]
    manage = found.backend.manage
    return next((module for module, _ in settings_defaults(facts.text(manage) or "")), None) if manage else None
