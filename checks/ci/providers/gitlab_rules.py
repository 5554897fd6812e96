"""When a job of GitLab runs: `rules`, `only`, `except`, `when` and the rules of the whole pipeline; three-valued."""

from __future__ import annotations

import re
from collections.abc import Collection

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.ci.model import YES, Answer
from checks.ci.providers.reading import PULLS, first_false
from checks.ci.ref_filters import default_branches, is_documentation
from checks.parsers import yaml as y
from checks.parsers.globs import glob_matches
from checks.patterns import lazy_pattern

_MOST_REFS = 6
"""Branches besides the default ones that are tried."""
_TOKEN = lazy_pattern(r"\s*(\$\w+|\"[^\"]*\"|'[^']*'|/(?:[^/\\]|\\.)*/i?|==|!=|=~|!~|&&|\|\||[()]|null\b)")


def job_runs(node: Node, root: Node, paths: Collection[str]) -> Answer:
    """https://docs.gitlab.com/ci/yaml/: the first rule that matches decides; without a match the job is not added."""
    whole = _present(y.get(root, "workflow", "rules"), paths)
    rules = y.get(node, "rules")
    if rules is not None:
        return _both(whole, _present(rules, paths), "rules")
    best = _rules(whole, "workflow")
    if best[0] is False:
        return best
    if y.scalar(y.get(node, "when")) in ("never", "on_failure"):
        return False, f"`when: {y.scalar(y.get(node, 'when'))}`"
    only = y.get(node, "only")
    names = y.strings(only) if not isinstance(only, MappingNode) else y.strings(y.get(only, "refs"))
    if names and set(names) <= {*PULLS, "schedules", "external"} and not set(names) <= PULLS:
        return None, f"`only: {', '.join(names)}`, which no deployment starts"
    if names and set(names) <= PULLS:
        return False, f"`only: {', '.join(names)}`"
    left = y.get(node, "except")
    left_out = y.strings(y.get(left, "refs") if isinstance(left, MappingNode) else left)
    default = "branches" in left_out or all(b in left_out for b in default_branches(left_out))
    if default and "tags" in left_out:
        return False, "`except` leaves out branches and tags"
    if default:
        return None, f"a tag, or a push to another branch: `except: {', '.join(left_out)[:60]}`"
    asked = [y.strings(y.get(node, key, "variables")) for key in ("only", "except")]
    told = next((v for group in asked for v in group), None)
    if told is not None:
        return first_false(best, (None, f"`{told[:80]}`"))
    return best


def named_refs(root: Node) -> list[str]:
    """Return the texts that rules, `only` and `except` of a pipeline name."""
    found: list[str] = []
    for keys, node in y.walk(root):
        text = y.scalar(node)
        if text and keys[-1:] == ("if",):
            found += _texts(text)
        elif text and {"only", "except"} & {*keys[-2:]} and not text.startswith("/"):
            found.append(text)
    return list(dict.fromkeys(found))


def job_refs(node: Node, named: list[str], paths: Collection[str]) -> frozenset[str] | None:
    """Return the branches and tags, of those that a pipeline names, for which a job may run; None where that is not read."""
    plain = [n for n in named if n not in _KEYWORDS]
    if len(plain) > _MOST_REFS:
        return None
    events = _events(plain)
    rules = _present(y.get(node, "rules"), paths)
    if isinstance(rules, SequenceNode):
        return frozenset(_ref(e) for e in events if _first(rules, e) is not False)
    only, left_out = (y.get(node, k) for k in ("only", "except"))
    if any(isinstance(n, MappingNode) for n in (only, left_out)):
        return None
    wanted, unwanted = y.strings(only), y.strings(left_out)
    if any(n.startswith("/") or (n in _KEYWORDS - {"branches", "tags"}) for n in (*wanted, *unwanted)):
        return None
    refs = {_ref(e) for e in events if e["CI_PIPELINE_SOURCE"] == "push"}
    return frozenset(r for r in refs if (not wanted or _matched(r, wanted)) and not _matched(r, unwanted))


_KEYWORDS = frozenset(
    {"api", "branches", "chat", "external", "external_pull_requests", "merge_requests", "pipelines", "pushes"}
    | {"schedules", "tags", "triggers", "web"}
)
"""What `only` and `except` name besides branches and tags (https://docs.gitlab.com/ci/yaml/deprecated_keywords/#onlyrefs--exceptrefs)."""


def _ref(event: dict[str, str | None]) -> str:
    name = event["CI_COMMIT_BRANCH"] or f"the tag {event['CI_COMMIT_TAG']}"
    return name if event["CI_PIPELINE_SOURCE"] == "push" else f"{name} by hand"


def _matched(ref: str, names: list[str]) -> bool:
    tag = ref.startswith("the tag ")
    return ("tags" if tag else "branches") in names or ref.removeprefix("the tag ") in names


def _present(node: Node | None, paths: Collection[str]) -> Node | None:
    """Return rules without those that ask for a file which is not there."""
    if not isinstance(node, SequenceNode):
        return node
    kept: list[Node] = []
    for rule in node.value:
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
    return SequenceNode(node.tag, kept, node.start_mark, node.end_mark)


def include_runs(entry: Node, paths: Collection[str]) -> Answer:
    """Return whether a file is included when code is deployed (https://docs.gitlab.com/ci/yaml/#includerules)."""
    return _rules(_present(y.get(entry, "rules"), paths), "include's rules")


def _rules(node: Node | None, name: str) -> Answer:
    return _both(None, node, name)


def _both(whole: Node | None, own: Node | None, name: str) -> Answer:
    """Try each event that deploys with the rules of the pipeline and those of a job: one has to be let in by both."""
    sets = [n for n in (whole, own) if isinstance(n, SequenceNode)]
    if not sets:
        return YES
    conditions = [y.scalar(y.get(r, "if")) or "" for n in sets for r in y.sequence(n)]
    answers = []
    for event in _events([t for c in conditions for t in _texts(c)]):
        found = [_first(n, event) for n in sets]
        answers.append(False if False in found else None if None in found else True)
    if True in answers:
        return YES
    return (None, f"its `{name}`") if None in answers else (False, f"its `{name}` are never true when code is deployed")


def _texts(condition: str) -> list[str]:
    """Return the texts that a condition names, and the plain beginnings of its patterns."""
    tokens = [m.group(1) for m in _TOKEN.finditer(condition)]
    texts = [t[1:-1] for t in tokens if t[:1] in "\"'"]
    patterns = [
        "".join(c for c in t.removesuffix("i")[1:-1] if c.isalnum() or c in "-_.") for t in tokens if t[:1] == "/"
    ]
    return [t for t in (*texts, *patterns) if t and len(t) < 60]


def _events(named: list[str]) -> list[dict[str, str | None]]:
    """Return the variables of a push to the default branch and to each branch that is named, of tags, and of a start by hand."""
    usual = default_branches(named)
    base: dict[str, str | None] = {
        **dict.fromkeys(("CI_MERGE_REQUEST_IID", "CI_MERGE_REQUEST_ID", "CI_OPEN_MERGE_REQUESTS")),
        **dict.fromkeys(("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")),
    }
    found: list[dict[str, str | None]] = []
    others = [n for n in dict.fromkeys(named) if n not in usual][:_MOST_REFS]
    for ref in (*usual, *others):
        base |= {
            "CI_DEFAULT_BRANCH": ref if ref in usual else usual[0],
            "CI_COMMIT_REF_NAME": ref,
            "CI_COMMIT_REF_SLUG": ref,
        }
        for source in ("push", "web"):
            found.append({**base, "CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": ref, "CI_COMMIT_TAG": None})
    for tag in ("v1.0.0", *others):
        base |= {"CI_DEFAULT_BRANCH": usual[0], "CI_COMMIT_REF_NAME": tag, "CI_COMMIT_REF_SLUG": tag}
        found.append({**base, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": None, "CI_COMMIT_TAG": tag})
    return found


def _first(rules: SequenceNode, variables: dict[str, str | None]) -> bool | None:
    open_ = False
    for rule in rules.value:
        condition = y.scalar(y.get(rule, "if"))
        holds: bool | None = True if condition is None else gitlab_condition(condition, variables)
        paths = y.strings(y.get(rule, "changes", "paths")) or y.strings(y.get(rule, "changes"))
        if holds and paths and all(is_documentation(p) for p in paths):
            holds = None
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
