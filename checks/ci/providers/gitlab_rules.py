"""When a job of GitLab runs: `rules`, `only`, `except`, `when` and the rules of the whole pipeline; three-valued."""

from __future__ import annotations

import re
from collections.abc import Collection

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.ci.model import YES, Answer
from checks.ci.providers.reading import PULLS
from checks.parsers import yaml as y
from checks.parsers.globs import glob_matches
from checks.patterns import lazy_pattern

_TOKEN = lazy_pattern(r"\s*(\$\w+|\"[^\"]*\"|'[^']*'|/(?:[^/\\]|\\.)*/i?|==|!=|=~|!~|&&|\|\||[()]|null\b)")


def job_runs(node: Node, root: Node) -> Answer:
    """https://docs.gitlab.com/ci/yaml/: the first rule that matches decides; without a match the job is not added."""
    best = _rules(y.get(root, "workflow", "rules"), "workflow")
    if best[0] is False:
        return best
    rules = y.get(node, "rules")
    if rules is not None:
        own = _rules(rules, "rules")
        return own if own[0] is not True else best
    if y.scalar(y.get(node, "when")) in ("never", "on_failure"):
        return False, f"`when: {y.scalar(y.get(node, 'when'))}`"
    only = y.get(node, "only")
    names = y.strings(only) if not isinstance(only, MappingNode) else y.strings(y.get(only, "refs"))
    if names and set(names) <= {*PULLS, "schedules", "external"} and not set(names) <= PULLS:
        return None, f"`only: {', '.join(names)}`, which no deployment starts"
    if names and set(names) <= PULLS:
        return False, f"`only: {', '.join(names)}`"
    left_out = set(y.strings(y.get(node, "except")))
    if {"branches", "tags"} <= left_out or ("main" in left_out and "master" in left_out and "tags" in left_out):
        return False, "`except` leaves out branches and tags"
    return best


def include_runs(entry: Node, paths: Collection[str]) -> Answer:
    """Return whether a file is included when code is deployed (https://docs.gitlab.com/ci/yaml/#includerules)."""
    rules = y.get(entry, "rules")
    if not isinstance(rules, SequenceNode):
        return YES
    kept: list[Node] = []
    for rule in rules.value:
        wanted = y.strings(y.get(rule, "exists"))
        if wanted and not any("$" in w for w in wanted):
            if not any(
                w.lstrip("/") in paths or ("*" in w and any(glob_matches(w.lstrip("/"), p) for p in paths))
                for w in wanted
            ):
                continue
            pairs = [(k, v) for k, v in rule.value if not (isinstance(k, ScalarNode) and k.value == "exists")]
            rule = MappingNode(rule.tag, pairs, rule.start_mark, rule.end_mark)
        kept.append(rule)
    return _rules(SequenceNode(rules.tag, kept, rules.start_mark, rules.end_mark), "include's rules")


def _rules(node: Node | None, name: str) -> Answer:
    """Try each event that deploys: a push to the default branch, a push to a branch named in the rules, a tag, a manual start."""
    if not isinstance(node, SequenceNode):
        return YES
    literals = [
        m for r in y.sequence(node) for m in re.findall(r"[\"']([\w./-]+)[\"']", y.scalar(y.get(r, "if")) or "")
    ]
    answers = []
    for branch in dict.fromkeys(["main", "master", *literals[:6]]):
        base = {
            "CI_DEFAULT_BRANCH": branch,
            "CI_COMMIT_REF_NAME": branch,
            "CI_MERGE_REQUEST_IID": None,
            "CI_MERGE_REQUEST_ID": None,
        }
        base |= {
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": None,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": None,
            "CI_OPEN_MERGE_REQUESTS": None,
        }
        for source in ("push", "web"):
            answers.append(
                _first(node, {**base, "CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": branch, "CI_COMMIT_TAG": None})
            )
        answers.append(
            _first(node, {**base, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": None, "CI_COMMIT_TAG": branch})
        )
    answers.append(
        _first(node, {**base, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": None, "CI_COMMIT_TAG": "v1.0.0"})
    )
    if True in answers:
        return YES
    return (None, f"its `{name}`") if None in answers else (False, f"its `{name}` are never true when code is deployed")


def _first(rules: SequenceNode, variables: dict[str, str | None]) -> bool | None:
    open_ = False
    for rule in rules.value:
        condition = y.scalar(y.get(rule, "if"))
        holds: bool | None = True if condition is None else gitlab_condition(condition, variables)
        if y.get(rule, "changes") is not None or y.get(rule, "exists") is not None:
            # What changed is not known; without a change there is no deployment either.
            holds = holds if y.scalar(y.get(rule, "when")) != "never" else (False if holds is False else None)
        if holds is False:
            continue
        added = y.scalar(y.get(rule, "when")) not in ("never", "on_failure")
        if holds is None:
            open_ = open_ or added
            continue
        return added if not open_ or added else None
    return None if open_ else False


def gitlab_condition(text: str, variables: dict[str, str | None]) -> bool | None:
    """Evaluate a condition of GitLab (https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions)."""
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        tokens.append(match.group(1))
        at = match.end()
    tokens.append("")
    place = 0

    def take(*wanted: str) -> str:
        nonlocal place
        if tokens[place] in wanted:
            place += 1
            return tokens[place - 1]
        return ""

    def either(depth: int) -> bool | None:
        found = both(depth)
        while take("||"):
            right = both(depth)
            found = True if found is True or right is True else (None if found is None or right is None else False)
        return found

    def both(depth: int) -> bool | None:
        found = compare(depth)
        while take("&&"):
            right = compare(depth)
            found = False if found is False or right is False else (None if found is None or right is None else True)
        return found

    def value() -> tuple[bool, str | None]:
        nonlocal place
        token = tokens[place]
        place += bool(token)
        if token.startswith("$"):
            return token[1:] in variables, variables.get(token[1:])
        return bool(token), None if token == "null" else token[1:-1] if token[:1] in "\"'" else token

    def compare(depth: int) -> bool | None:
        if depth > 20:
            return None
        if take("("):
            inner = either(depth + 1)
            return inner if take(")") else None
        known, left = value()
        operator = take("==", "!=", "=~", "!~")
        if not operator:
            return bool(left) if known else None
        also, right = value()
        if not known or not also:
            return None
        if operator in ("==", "!="):
            return (left == right) == (operator == "==")
        return _matches(left, right, operator == "=~")

    found = either(0)
    return found if tokens[place] == "" else None


def _matches(left: str | None, pattern: str | None, wanted: bool) -> bool | None:
    """Compare with a pattern only where it is plain: another's pattern may run for ever."""
    plain = re.fullmatch(r"/(\^?)([\w./\- ]|\\[./-])*(\$?)/i?", pattern or "")
    if left is None:
        return not wanted
    if plain is None or pattern is None:
        return None
    text = pattern[1 : pattern.rindex("/")]
    return bool(re.search(text, left)) == wanted
