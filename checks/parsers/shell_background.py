"""Statements of a shell script that run in the background (`build &`): whether anything asks how they ended.

`wait` without a process returns 0, with several the status of the last one
(https://www.gnu.org/software/bash/manual/bash.html#index-wait).
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

Text = Callable[[Node], str]


def in_background(node: Node) -> bool:
    """Return whether the script does not wait for the end of a statement."""
    return node.next_sibling is not None and node.next_sibling.type == "&"


def is_lost(node: Node, behind: list[Node], text: Text, answers: Callable[[Node], bool], *, exits: bool) -> bool | None:
    """Return whether the failure of a statement in the background is lost: None where something waits for what is not followed.

    `behind` are the statements that follow it, `exits` says that a failing one ends the script, `answers` tells of an `if` whether
    a branch of it may end the script.
    """
    own, others, last = {"$!"}, set[str](), True
    for at, statement in enumerate(behind):
        asked = _waited(statement, text)
        if in_background(statement):
            own, others, last = own - {"$!"}, others | {"$!"}, False
        elif statement.type == "variable_assignment":
            name, value = statement.child_by_field_name("name"), statement.child_by_field_name("value")
            if name is not None and value is not None and _plain(text(value)) == "$!":
                (own if last else others).add(f"${text(name)}")
        elif asked is not None and _plain(asked) in own:
            return _passed_over(statement, behind[at + 1 :], text, exits=exits)
        elif statement.type == "if_statement" and _plain(_asked(statement, text)) in own:
            return not answers(statement)
        elif _waits(statement, text) and (asked is None or _plain(asked) not in others):
            return None
    around = node.parent
    while around is not None and around.type != "program":
        if around.next_sibling is not None and _waits_behind(around, text):
            return None
        around = around.parent
    return True


def _plain(word: str) -> str:
    """Return a variable as `$NAME`, whichever way it is written; other words as they are."""
    word = word.strip('"')
    return f"${word[2:-1]}" if word.startswith("${") and word.endswith("}") else word


def _waited(statement: Node, text: Text) -> str | None:
    """Return the last process that a `wait` waits for, whose status it has; None for any other statement, and where it names none."""
    if statement.type == "list" and statement.children[1].type == "||":
        statement = statement.children[0]
    words = [text(c) for c in statement.named_children] if statement.type == "command" else []
    return words[-1] if words[:1] == ["wait"] and len(words) > 1 else None


def _asked(statement: Node, text: Text) -> str:
    """Return the process that the condition of an `if` waits for; empty where it is another condition."""
    asked = next((c for c in statement.named_children if c.type != "comment"), None)
    if asked is not None and asked.type == "negated_command":
        asked = asked.named_children[-1]
    return (_waited(asked, text) if asked is not None and asked.type == "command" else None) or ""


def _passed_over(statement: Node, behind: list[Node], text: Text, *, exits: bool) -> bool:
    """Return whether a script continues as if nothing were where a `wait` fails."""
    if statement.type == "list":
        return text(statement.children[2]).split()[:1] in (["true"], [":"], ["echo"])
    return not exits and bool(behind) and not any("$?" in text(b) for b in behind)


def _waits(node: Node, text: Text) -> bool:
    """Return whether a statement has a `wait` for a process somewhere inside."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.type == "command":
            words = text(current).split()
            if words[:1] == ["wait"] and len(words) > 1:
                return True
        waiting += current.children
    return False


def _waits_behind(node: Node, text: Text) -> bool:
    following = node.next_sibling
    while following is not None:
        if _waits(following, text):
            return True
        following = following.next_sibling
    return False
