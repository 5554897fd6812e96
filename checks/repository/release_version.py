"""The name that a release step gives its release: the word of its command, with the variables behind it."""

from __future__ import annotations

from checks.ci.commands import step_commands
from checks.parsers.command_words import arguments
from checks.repository.commands import Ran
from checks.repository.facts import Facts
from checks.repository.release_steps import ReleaseStep, release_flags, sentry_words

_FILES = ("GITHUB_ENV", "GITHUB_OUTPUT", "BASH_ENV", "build.env", "deploy.env")
"""Files by which a step hands variables on (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands)."""


def release_version(facts: Facts, found: ReleaseStep) -> str:
    """Return the expression that names the release of a step, variables resolved within the job; `?` where none is seen."""
    step = found.step
    if found.kind == "action":
        prefix = step.inputs.get("release_prefix") or step.inputs.get("version_prefix") or ""
        word = prefix + (step.inputs.get("release") or step.inputs.get("version") or "github.sha")
        return _resolved(facts, found, word, {})
    for ran in found.made:
        named = version_named(facts, found, ran)
        if named:
            return named
    given = step.env.get("SENTRY_RELEASE") or ""
    if not given and any("propose-version" in sentry_words(r.words) for r in step_commands(facts, step)):
        given = "propose-version"
    return _resolved(facts, found, given, step.env) if given else "?"


def version_named(facts: Facts, found: ReleaseStep, ran: Ran) -> str | None:
    """Return the expression of the release that a command of a release's job names; None where it names none."""
    word = _version_word(ran)
    return _resolved(facts, found, word, found.step.env | ran.env) if word else None


def _version_word(ran: Ran) -> str:
    """Return the word of `releases new 1.0` or of its flags."""
    plain = sentry_words(ran.words)
    _, flags = arguments(ran.words, release_flags())
    named = flags.get("-r", []) + flags.get("--release", [])
    return plain[2] if len(plain) > 2 else named[0] if named and named[0] else ""


def _resolved(facts: Facts, found: ReleaseStep, word: str, values: dict[str, str]) -> str:
    for _ in range(4):
        name, start, end = _variable(word)
        if not name:
            break
        value = values.get(name)
        if not value or value.strip("${}") == name:
            value = _from_earlier_step(facts, found, name)
        if not value or value == word:
            break
        word = word[:start] + value + word[end:]
    output = _step_output(word)
    if output is not None:
        value = _from_earlier_step(facts, found, output[1], step_id=output[0])
        word = value or word
    return word


def _variable(word: str) -> tuple[str, int, int]:
    """Return the first plain `$NAME` or `${NAME}` of a word with its place; no name where there is none."""
    at = 0
    while (start := word.find("$", at)) >= 0:
        rest = word[start + 1 :]
        braces = rest.startswith("{") and not rest.startswith("{{")
        name = ""
        for letter in rest[braces:]:
            if not (letter.isalnum() or letter == "_"):
                break
            name += letter
        end = start + 1 + len(name) + 2 * braces
        if name.isidentifier() and (not braces or word[end - 1 : end] == "}"):
            return name, start, end
        at = start + 1
    return "", 0, 0


def _step_output(word: str) -> tuple[str, str] | None:
    """Return `(step, name)` of a word that is one `${{ steps.ID.outputs.NAME }}`."""
    inner = word.strip()
    if not (inner.startswith("${{") and inner.endswith("}}") and inner.count("${{") == 1):
        return None
    parts = inner[3:-2].strip().split(".")
    return (parts[1], parts[3]) if len(parts) == 4 and (parts[0], parts[2]) == ("steps", "outputs") else None


def _from_earlier_step(facts: Facts, found: ReleaseStep, name: str, step_id: str | None = None) -> str | None:
    """Return what `echo NAME=… >> $GITHUB_ENV` of a step hands on; of a step by its id, what it puts into its outputs."""
    for step in found.job.steps:
        if step_id is not None and step.id != step_id:
            continue
        for ran in step_commands(facts, step):
            if ran.words[0] not in ("echo", "printf") or ran.runs is False or not any(f in ran.output for f in _FILES):
                continue
            key, equals, value = " ".join(w for w in ran.words[1:] if not w.startswith("-")).partition("=")
            if equals and key == name:
                own = _variable(value)[0]
                return ran.env.get(own) or step.env.get(own) or value if own and value.strip("${}") == own else value
    return None
