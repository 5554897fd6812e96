"""How the project speaks: no calque in what a person reads. The rules are in CONTRIBUTING, under "How we write"."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.checklist import CHECKLIST
from checks.guide import why_and_fix

ROOT = Path(__file__).parent.parent
CALQUES: dict[str, str] = {
    r"\bmend(s|ed)?\b": "fix",
    r"\b(look|looks|see) whether\b": "check whether",
    r"\b(is|are) no (folder|date|revision|address|number|file|json|report|list|mapping|table|object|text|item|literal|rate|module)\b": "is not a …",
    r"\bcannot be told\b": "cannot be determined",
    r"\b(lives?|stands?) in (sentry|a file|the bundle|another)\b": "is in",
    r"\bstands? (there|already|twice|beside|after|under)\b": "is, occurs, follows",
    r"\ba human('s word)?\b": "a person, a manual sign-off",
    r"\bbrings? back\b": "restore, undo",
    r"\bhands? (round|out)\b": "share, expose",
    r"\bput where it looks\b": "say where",
    r"\bgoes? on\b": "continue",
    r"\b(whereabouts|doubtful|anew|whoever|afterwards|nowhere)\b": "say it plainly",
    r"\b(colour|behaviour|organis\w+|initialis\w+|recognis\w+|finalis\w+)\b": "American spelling",
    r"\bday to come\b": "future date",
    r"\bcounts? for nothing\b": "is ignored",
    r"\b(says|say) so already\b": "already has this",
    r"\bnot told\b": "not reported",
    r"\bin time\b": "within the limit",
}
"""Words that translate another language word for word, each with what we write."""

PATTERN = re.compile("|".join(CALQUES), re.IGNORECASE)

IN_MESSAGES: dict[str, str] = {
    r"\b(is|are) (not )?seen to\b": "appears to",
    r"\bhands? (?!it\b)(\S+ ){1,4}(on|in)\b": "passes",
    r"\b(of yours|of theirs)\b": "your, their",
    r"\btaken for\b": "treated as",
    r"\bgive \S+ its value\b": "set",
    r"\bby the clock\b": "on a schedule",
    r"\bdoubled\b": "duplicated",
    r"\bbehind the (step|job|other|imports?)\b": "after",
    r"\bleads? out of\b": "points outside",
    r"\bin no file\b": "no file says",
    r"\bthat is read here\b": "no file here",
    r"\bmeanwhile\b": "in the meantime",
    r"\bleave \S+ away\b": "omit",
    r"\bfor ever\b": "forever",
}
"""Kinds that comments still use, and nothing that a person of another project reads may."""

MESSAGES = re.compile("|".join([*CALQUES, *IN_MESSAGES]), re.IGNORECASE)
PAGES = [
    "README.md",
    "checks/README.md",
    "checks/items/README.md",
    "setup_wizard/README.md",
    ".github/CONTRIBUTING.md",
    ".github/CHANGELOG.md",
]
MODULES = sorted(
    p for package in ("checks", "setup_wizard") for p in (ROOT / package).rglob("*.py") if "samples" not in p.parts
)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Each string with a space, docstrings included, and each comment, with its line."""
    source = path.read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_messages_docstrings_and_comments_have_no_calques():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {match.group(0)!r} in {text[:80]!r}"
        for path in MODULES
        for line, text in texts(path)
        if (match := PATTERN.search(text))
    ]
    assert not found, "\n".join(found)


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """Each string with a space that is not a docstring: what is printed, the fixed parts of formatted ones too."""
    tree = ast.parse(path.read_text("utf-8"))
    bodies = [n.body for n in ast.walk(tree) if isinstance(getattr(n, "body", None), list)]  # type: ignore[attr-defined]
    alone = {id(s.value) for body in bodies for s in body if isinstance(s, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and id(node) not in alone
        ):
            yield node.lineno, node.value


def test_messages_have_none_of_the_other_kinds():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {match.group(0)!r} in {text[:80]!r}"
        for path in MODULES
        for line, text in messages(path)
        if (match := MESSAGES.search(text))
    ]
    assert not found, "\n".join(found)


def test_names_are_spelled_as_sentry_spells_them():
    spelled = re.compile(r"initialis|organis|colour|finalis|behaviour|recognis", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{token.start[0]}: {token.string}"
        for path in MODULES
        for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline)
        if token.type == tokenize.NAME and spelled.search(token.string)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", PAGES)
def test_pages_have_no_calques(page):
    text = (ROOT / page).read_text("utf-8").partition("## How we write")[0]
    found = [f"{n}: {m.group(0)!r}" for n, line in enumerate(text.splitlines(), 1) if (m := MESSAGES.search(line))]
    assert not found, "\n".join(found)


def test_titles_and_explanations_have_no_calques():
    for item in CHECKLIST:
        for text in (item.title, item.failing, item.proven_by, item.looks_at, *why_and_fix(item)):
            assert not MESSAGES.search(text), (item.id, text)


def test_the_rules_name_every_word():
    rules = (ROOT / ".github/CONTRIBUTING.md").read_text("utf-8").partition("## How we write")[2]
    rules = " ".join(rules.lower().split())
    assert rules and all(
        word.split(",")[0].rstrip(" …").lower() in rules for word in (*CALQUES.values(), *IN_MESSAGES.values())
    )
