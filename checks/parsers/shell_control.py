"""The parts of a shell script that decide what runs: `if`, `case`, loops."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator

from tree_sitter import Node

from checks.parsers.bash import REDIRECTS, SHELLS, and_, not_, or_
from checks.parsers.shell_variables import Variables

_ENDING = frozenset({"exit", "return", "false", "kill", "die", "abort", "fail", "error"})
"""Commands that a script ends with after a failure."""


class Control(Variables):
    """Follow what is under a condition; how a single node is run is the reader's."""

    last: tuple[bool | None, str] = (True, "")
    """How the last condition ended, and its text."""
    asking = 0
    """The conditions around a command whose failure the script answers itself: it ends, or tries again."""

    @abstractmethod
    def run(self, node: Node, runs: bool | None, why: str, depth: int, tolerated: bool | None = False) -> bool | None:
        """Follow one node and return how it ends."""

    @abstractmethod
    def end(self, runs: bool | None, why: str, ok: bool | None = None) -> None:
        """Note that the script ends here, or may."""

    @abstractmethod
    def each(
        self, nodes: list[Node], runs: bool | None, why: str, depth: int, tolerated: bool | None = False
    ) -> bool | None:
        """Follow statements one after the other."""

    @abstractmethod
    def inner(self, script: str, line: int, runs: bool | None, why: str, depth: int) -> None:
        """Follow a script that a shell is given as text or on its input."""

    def branches(self, node: Node, runs: bool | None, why: str, depth: int) -> bool | None:
        """Follow `if`, `elif` and `else`."""
        open_: bool | None = runs
        self.clause(
            node, open_, why, depth, [c for c in node.named_children if c.type not in ("elif_clause", "else_clause")]
        )
        status, text = self.last
        open_ = and_(open_, not_(status))
        for child in node.named_children:
            if child.type == "elif_clause":
                self.clause(child, open_, why or text, depth, list(child.named_children))
                open_, text = and_(open_, not_(self.last[0])), text or self.last[1]
            elif child.type == "else_clause":
                self.run(child, open_, why or (text if open_ is not True else ""), depth + 1)
        return None if status is None else True

    def clause(self, node: Node, runs: bool | None, why: str, depth: int, inner: list[Node]) -> None:
        """Follow a condition and what is under it."""
        then = next((c.start_byte for c in node.children if c.type == "then"), node.end_byte)
        answered = self.may_end(node)
        self.asking += answered
        status = self.each([c for c in inner if c.start_byte < then], runs, why, depth, True)
        self.asking -= answered
        asked = next((c for c in inner if c.start_byte < then), node)
        text = self.text(asked)[:80]
        self.each(
            [c for c in inner if c.start_byte > then], and_(runs, status), why or (text if not status else ""), depth
        )
        self.last = (status, text)

    def may_end(self, clause: Node) -> bool:
        """Return whether any branch of an `if` may end the script, itself or by a function."""
        whole = clause
        while whole.type != "if_statement" and whole.parent is not None:
            whole = whole.parent
        names = (self.text(c).split()[:1] for c in _commands(whole))
        return any(n in _ENDING or n in self.functions for name in names for n in name)

    def case(self, node: Node, runs: bool | None, why: str, depth: int) -> bool | None:
        """Follow the branches of `case`: which one is taken is known for a literal and literal patterns."""
        value = self.word(node.child_by_field_name("value"))
        reason = f"case {value}"
        done: bool | None = False
        through: bool | None = False
        for item in (c for c in node.named_children if c.type == "case_item"):
            values = item.children_by_field_name("value")
            patterns = [self.word(v) for v in values]
            if "$" in value or "_hole" in value or "`" in value:
                taken: bool | None = None
            elif "*" in patterns or value in patterns:
                taken = True
            else:
                taken = None if any(re.search(r"[*?\[$]", p) for p in patterns) else False
            last = max((v.end_byte for v in values), default=item.start_byte)
            ends = next((c.type for c in reversed(item.children) if c.type in (";&", ";;&")), ";;")
            taken = or_(and_(taken, not_(done)), through)
            through = taken if ends == ";&" else False
            inner = [c for c in item.named_children if c.start_byte > last]
            self.each(inner, and_(runs, taken), why or (reason if taken is not True else ""), depth)
            if ends != ";;&":
                done = or_(done, taken)
        return True

    def loop(self, node: Node, runs: bool | None, why: str, depth: int) -> bool | None:
        """Follow a loop: over written words it runs, under a question perhaps."""
        body = node.child_by_field_name("body")
        status: bool | None = True
        name = node.child_by_field_name("variable")
        forever = False
        if node.type == "while_statement":
            asked = node.child_by_field_name("condition")
            self.asking += 1
            answer = self.run(asked, runs, why, depth + 1, True) if asked is not None else None
            self.asking -= 1
            status = None if answer is not False else False
            forever = asked is not None and self.text(asked) in ("true", ":") and node.children[0].type == "while"
            if forever:
                status = True
            if node.children[0].type == "until":
                status = not_(answer)
        elif node.type == "for_statement":
            words = [self.word(v) for v in node.children_by_field_name("value")]
            status = True if any("$" not in w or '"' in w for w in words) else None
            if name is not None:
                self.known[self.text(name)] = words[0] if len(words) == 1 else "$" + self.text(name)
        if body is not None:
            reason = why or (self.text(node).splitlines()[0][:80] if status is not True else "")
            self.run(body, and_(runs, status), reason, depth + 1)
            if forever and not self.leaves(body):
                self.end(runs, "a loop that does not end")
        return True

    def written(self, node: Node, runs: bool | None, why: str, depth: int) -> None:
        """Follow what `echo` or `printf` writes into a shell."""
        words = (
            [self.word(c) for c in node.named_children if c.type != "variable_assignment"]
            if node.type == "command"
            else []
        )
        if words[:1] in (["echo"], ["printf"]):
            self.inner(" ".join(w for w in words[1:] if not w.startswith("-")), node.start_point[0], runs, why, depth)

    def reads(self, node: Node | None) -> bool:
        """Return whether a command is a shell that reads its script from its input."""
        if node is None or node.type != "command":
            return False
        words = [self.word(c) for c in node.named_children if c.type not in ("variable_assignment", *REDIRECTS)]
        while words and words[0] in ("sudo", "exec"):
            words = words[1:]
        return bool(words) and words[0].rpartition("/")[2] in SHELLS and all(w[:1] in "-+" for w in words[1:])

    def leaves(self, body: Node) -> bool:
        """Return whether a loop's body may leave the loop."""
        return any(self.text(c).split()[:1] in (["break"], ["return"], ["exit"]) for c in _commands(body))


def _commands(node: Node) -> Iterator[Node]:
    """Yield the commands below a node."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.type == "command":
            yield node
        waiting += node.children
