"""What ends a shell script or a function: `exit`, `return`, a failing command under `set -e`."""

from __future__ import annotations

from collections.abc import Iterable

from tree_sitter import Node

ASKING = frozenset(
    {"[", "[[", "test", "grep", "egrep", "command", "which", "type", "hash", "diff", "cmp", "read", "pgrep"}
)
"""Commands that ask something: their answer is not foreseen. All others are expected to succeed."""
FAILING = frozenset({"command", "test_command", "redirected_statement", "pipeline", "subshell"})
"""Statements whose failure ends a script under `set -e`; of `a && b` not every one does."""


def left_after(alive: bool | None, ended: str, runs: bool | None, why: str) -> tuple[bool | None, str]:
    """Return what is left of a script after a command that ends it runs, or may run."""
    if alive is True or runs is True:
        return (False if runs is True else None), why
    return alive, ended


def exits_after(words: list[str], before: bool) -> bool:
    """Return whether a failing command ends the script after `set` (https://www.gnu.org/software/bash/manual/bash.html#The-Set-Builtin)."""
    return _after(words, "e", "errexit", before)


def continues(node: Node, behind: Iterable[str]) -> bool:
    """Return whether a script without `set -e` surely continues where a statement fails: no `||`, and none `behind` asks how it ended."""
    part = node
    while part.type == "list":
        if part.children[1].type == "||":
            return False
        part = part.children[0]
    plain = node.type in ("command", "redirected_statement", "pipeline", "list")
    return plain and not any("$?" in text for text in behind)


def pipefail_after(words: list[str], before: bool) -> bool:
    """Return whether a pipeline ends as one of its failing commands does after `set`, and not only as its last one."""
    return _after(words, "", "pipefail", before)


def _after(words: list[str], letter: str, option: str, before: bool) -> bool:
    for at, word in enumerate(words):
        short = bool(letter) and word[1:2] != "-" and letter in word[1:]
        if word[:1] in ("-", "+") and (short or (word[1:].endswith("o") and words[at + 1 : at + 2] == [option])):
            before = word[0] == "-"
    return before


def status_of(words: list[str]) -> bool | None:
    """Return the status that `return` gives; None without a word, for it is then the last command's, or for one that is not known."""
    return words[0] == "0" if words and words[0].isdecimal() else None


def is_plain(node: Node) -> bool:
    """Return whether a statement is one of the script's own, under no condition and in no function."""
    return node.parent is not None and node.parent.type == "program"


def last_of(program: Node) -> Node | None:
    """Return the last statement of a script, None without one."""
    return next((n for n in reversed(program.named_children) if n.type != "comment"), None)
