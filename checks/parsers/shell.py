"""Shell through the grammar of bash: which simple commands a script runs, as far as its text decides that."""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct
from tree_sitter import Node

from checks.parsers.bash import MAX_SCRIPT_BYTES, REDIRECTS, and_, inner_script, not_, or_, parse_bash
from checks.parsers.position import Line
from checks.parsers.shell_background import in_background, is_lost
from checks.parsers.shell_control import Control
from checks.parsers.shell_ends import (
    ASKING,
    FAILING,
    continues,
    exits_after,
    is_plain,
    last_of,
    left_after,
    pipefail_after,
    status_of,
)
from checks.parsers.shell_folders import moved
from checks.parsers.text import ParseError

_DEEPEST, _MAX_COMMANDS = 12, 4000


class Command(Struct, frozen=True, kw_only=True):
    """A simple command: its words without quotes (variables as written), where it stands, whether it runs.

    `runs` is None where that depends on what is not written here; `why` then is the text it depends on. `tolerated` says
    that its failure is passed over (`|| true`; None: not known), `text` is the source, `assigned` the values that the script sets before or
    with it, `given` the names of those that it gets itself: they stand before it, or are exported. `folder` is where it runs,
    from the script's own folder, or with a leading `/` from the root of the checkout; `output` is the file that it writes to,
    `piped` says that it reads what another one writes, `own` that it is a function of the script, whose commands come behind it.
    """

    words: tuple[str, ...]
    line: int
    runs: bool | None
    text: str
    why: str = ""
    tolerated: bool | None = False
    assigned: dict[str, str]
    folder: str = "."
    output: str = ""
    piped: bool = False
    own: bool = False
    given: frozenset[str] = frozenset()


def parse_shell(text: str, known: dict[str, str] | None = None, options: str = "") -> tuple[Command, ...]:
    """Return the commands of a script in order, those that never run too. Raises `ParseError`.

    `known` are variables whose value is given from outside, `options` those that its shell is started with (`-eo pipefail`).
    Expressions of a CI (`${{ … }}`) count as words.
    """
    reader = _read(text, known, options)
    reader.trapped()
    return tuple(reader.found)


def surely_fails(text: str, options: str = "") -> bool:
    """Return whether a script always ends with a failure: its last command's, or one that ends it. Raises `ParseError`."""
    reader = _read(text, None, options)
    return (reader.status if reader.alive is True else reader.code) is False


def surely_ends(text: str, options: str = "") -> bool:
    """Return whether a script always ends before another command behind it would run. Raises `ParseError`."""
    return _read(text, None, options).alive is False


def _read(text: str, known: dict[str, str] | None, options: str) -> _Reader:
    """Walk a script until its end."""
    if len(text) > MAX_SCRIPT_BYTES:
        raise ParseError(f"larger than {MAX_SCRIPT_BYTES // 1024} KiB")
    holes: list[str] = []

    def hole(match: re.Match[str]) -> str:
        holes.append(match.group())
        return f"_hole{len(holes) - 1}_" + "\\\n" * match.group().count("\n")

    data = re.sub(r"\$\{\{.*?\}\}", hole, text, flags=re.DOTALL).encode()
    reader = _Reader(holes, dict(known or {}))
    if text.startswith("#!"):
        options = f"{options} {text.partition(chr(10))[0]}"
    reader.exits = exits_after(options.split(), before=False)
    reader.pipefail = pipefail_after(options.split(), before=False)
    reader.asks_parts = "PIPESTATUS" in text
    tree = parse_bash(data)
    status, last = reader.run(tree, True, "", 0), last_of(tree)
    # Of other statements too much is only expected: `! ask` fails where `ask` does not.
    reader.status = status if last is not None and last.type == "command" else None
    return reader


class _Reader(Control):
    """Walk a script in the order of execution. `alive` turns False where the script has ended, None where it may have.

    `code` is the status of the `exit` or failing command that ends it, None where no single one surely does.
    `status` is that of its last command, where that is a plain one.
    `around` has that of the callers of the function that is walked, `returned` the status that its `return` gives.
    """

    def __init__(self, holes: list[str], known: dict[str, str]) -> None:
        super().__init__(holes, known)
        self.found: list[Command] = []
        self.output, self.piped, self.asks_parts = "", False, False
        self.files: dict[str, str] = {}
        self.called: set[str] = set()
        self.traps: dict[str, tuple[str, int, bool | None]] = {}
        self.alive: bool | None = True
        self.ended = ""
        self.code: bool | None = None
        self.status: bool | None = None
        self.around: list[tuple[bool | None, str]] = []
        self.returned: list[bool | None] = []
        self.offset = 0

    # Each method returns the status as foreseen: True, False, or None.

    def run(self, node: Node, runs: bool | None, why: str, depth: int, tolerated: bool | None = False) -> bool | None:
        """Follow one node and return how it ends."""
        if depth > _DEEPEST * 4 or len(self.found) > _MAX_COMMANDS:
            raise ParseError("nested too deeply, or too long")
        kind = node.type
        if kind == "command":
            return self.command(node, runs, why, depth, tolerated)
        if kind in ("variable_assignment", "variable_assignments", "declaration_command", "unset_command"):
            self.assign(node, runs, why, depth)
            return True
        if kind == "list":
            return self.both(node.children[0], node.children[1].type, node.children[2], runs, why, depth, tolerated)
        if kind == "negated_command":
            alone = node.parent is None or node.parent.type != "list"
            return not_(self.run(node.children[-1], runs, why, depth + 1, or_(tolerated, alone)))
        if kind == "test_command":
            self.substitutions(node, runs, why, depth)
            return self.test(node)
        if kind == "redirected_statement":
            return self.redirected(node, runs, why, depth, tolerated)
        if kind == "if_statement":
            return self.branches(node, runs, why, depth)
        if kind == "case_statement":
            return self.case(node, runs, why, depth)
        if kind in ("while_statement", "for_statement", "c_style_for_statement"):
            return self.loop(node, runs, why, depth)
        if kind == "function_definition":
            name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
            if name is not None and body is not None:
                self.functions[self.text(name)] = body
            return True
        if kind == "pipeline":
            return self.pipeline(node.named_children, runs, why, depth, tolerated)
        if kind == "subshell":
            return self.apart(node.named_children, runs, why, depth, tolerated)
        if kind == "compound_statement" and node.children[0].type == "((":
            self.substitutions(node, runs, why, depth)
            return None  # arithmetic, which is not worked out here
        if kind in ("program", "compound_statement", "do_group", "else_clause"):
            return self.each(node.named_children, runs, why, depth, tolerated)
        return True

    def each(
        self, nodes: list[Node], runs: bool | None, why: str, depth: int, tolerated: bool | None = False
    ) -> bool | None:
        """Follow statements one after the other."""
        status: bool | None = True
        nodes = [n for n in nodes if n.type != "comment"]
        for at, node in enumerate(nodes, start=1):
            if in_background(node):  # a subshell of its own, whose status only a `wait` has
                lost = or_(tolerated, is_lost(node, nodes[at:], self.text, self.may_end, exits=self.exits))
                kept = self.alive, self.ended, self.state()
                self.run(node, runs, why, depth + 1, lost)
                self.alive, self.ended, status = kept[0], kept[1], True
                self.restore(kept[2])
                continue
            ignored = not self.exits and at < len(nodes) and continues(node, map(self.text, nodes[at:]))
            status = self.run(node, runs, why, depth + 1, or_(tolerated, ignored))
            if self.exits and status is False and not tolerated and node.type in FAILING:
                self.end(runs, f"{self.text(node)[:60]} fails under set -e", ok=False if is_plain(node) else None)
        return status

    def apart(
        self, nodes: list[Node], runs: bool | None, why: str, depth: int, tolerated: bool | None = False
    ) -> bool | None:
        """Follow what runs in a subshell: what it sets, and its end, are its own."""
        alive, ended, state = self.alive, self.ended, self.state()
        status = self.each(nodes, runs, why, depth, tolerated)
        self.alive, self.ended = alive, ended
        self.restore(state)
        return status

    def pipeline(
        self, nodes: list[Node], runs: bool | None, why: str, depth: int, tolerated: bool | None
    ) -> bool | None:
        """Follow `a | b`, each part in a subshell; it ends as the last one does, or with `pipefail` as one that fails."""
        whole: bool | None = True
        status: bool | None = True
        for number, child in enumerate(nodes):
            self.piped = number > 0
            if number and self.reads(child):
                self.written(nodes[number - 1], runs, why, depth)
            passed_over = or_(tolerated, child is not nodes[-1] and not self.pipefail and not self.asks_parts)
            status = self.apart([child], runs, why, depth + 1, passed_over)
            whole = and_(whole, status)
        self.piped = False
        return whole if self.pipefail else status

    def both(
        self, left: Node, operator: str, right: Node, runs: bool | None, why: str, depth: int, tolerated: bool | None
    ) -> bool | None:
        """Follow `a && b` and `a || b`."""
        forgiving = operator == "||" and self.text(right).split()[:1] in (["true"], [":"], ["echo"])
        status = self.run(left, runs, why, depth + 1, or_(tolerated, forgiving))
        wanted = status if operator == "&&" else not_(status)
        reason = why or (self.text(left)[:80] if wanted is not True else "")
        second = self.run(right, and_(runs, wanted), reason, depth + 1, tolerated)
        if operator == "&&":
            return and_(status, second)
        return or_(status, second)

    def command(self, node: Node, runs: bool | None, why: str, depth: int, tolerated: bool | None) -> bool | None:
        """Note one command; follow a function, an inner script, an end."""
        self.substitutions(node, runs, why, depth)
        words, own, exported = [], dict(self.made), set(self.exported)
        for child in node.named_children:
            if child.type == "variable_assignment":
                variable = child.child_by_field_name("name")
                exported.add(self.text(variable) if variable else "")
                own[self.text(variable) if variable else ""] = self.word(child.child_by_field_name("value"))
            elif child.type in REDIRECTS:
                continue
            elif (several := self.values(child)) is not None:
                words += several
            else:
                words.append(self.word(child))
        if not words or not words[0]:
            return True
        asked, runs, why = runs, and_(runs, self.alive), why or (self.ended if self.alive is not True else "")
        self.found.append(
            Command(
                words=tuple(words),
                line=Line(self.offset + node.start_point[0] + 1, text=self.text(node).partition("\n")[0]),
                runs=runs,
                text=self.text(node),
                why="" if runs is True else why,
                tolerated=and_(tolerated, not self.asking),
                assigned=own,
                folder=self.folder,
                output=self.output,
                piped=self.piped,
                own=words[0] in self.functions and words[0] not in self.called,
                given=frozenset(own if "" in self.exported else exported),
            )
        )
        name = words[0]
        if name == "set" and runs is not False and "-n" in words[1:]:
            self.end(asked, "set -n")
        if name == "set" and any("a" in w for w in words[1:] if w.startswith("-") and not w.startswith("--")):
            self.exported.add("")  # whatever is set from here on
        if name == "set" and runs is True:
            self.exits = exits_after(words[1:], self.exits)
            self.pipefail = pipefail_after(words[1:], self.pipefail)
        if name == "exec" and any(not w.startswith("-") for w in words[1:]) and runs is not False:
            self.end(asked, f"exec in line {node.start_point[0] + 1}")
        if name == "trap" and len(words) > 2 and runs is not False:
            self.traps |= dict.fromkeys(words[2:], (words[1], node.start_point[0], runs))
        if name in ("cd", "pushd", "popd") and runs is not False:
            target = next((w for w in words[1:] if w == "-" or not w.startswith("-")), "")
            back = name == "popd" or target == "-"
            self.before, self.folder = self.folder, self.before if back else moved(self.folder, target)
        if name == "shift" and runs is not False:
            self.shift(words[1:], certain=runs is True)
        if name in self.functions and name not in self.called:
            return self.function(name, words[1:], runs, why, depth, tolerated)
        if name == "return" and self.around and runs is not False:
            self.returned.append(status_of(words[1:]))
            self.alive, self.ended = left_after(self.alive, self.ended, asked, self.text(node))
        if name == "exit" and runs is not False:
            ok = status_of(words[1:]) if is_plain(node) else None
            self.end(asked, f"exit in line {node.start_point[0] + 1}" if asked else why, ok=ok)
        script = inner_script(words)
        if script is not None:
            self.inner(script, node.start_point[0], runs, why, depth)
        for child in node.named_children:
            if child.type == "herestring_redirect" and self.reads(node):
                self.inner(self.word(child.named_children[-1]), child.start_point[0], runs, why, depth)
        written = self.files.get(self.run_file(words))
        if written is not None:
            self.inner(written, node.start_point[0], runs, why, depth)
        if name == "false":
            return False
        if name in ASKING:
            return None
        return True

    def function(
        self, name: str, given: list[str], runs: bool | None, why: str, depth: int, tolerated: bool | None
    ) -> bool | None:
        """Follow a function of the script with its arguments; `return` ends it alone."""
        outer, returned = self.given, self.returned
        self.called.add(name)
        self.around.append((self.alive, self.ended))
        self.local.append({})
        self.hand(given)
        self.returned = []
        status = self.run(self.functions[name], runs, why, depth + 1, tolerated)
        ends = {*self.returned, *(() if self.alive is False else (status,))}
        status = ends.pop() if len(ends) == 1 else None
        self.returned = returned
        self.leave()
        self.hand(outer)
        self.alive, self.ended = self.around.pop()
        self.called.discard(name)
        return status

    def end(self, runs: bool | None, why: str, ok: bool | None = None) -> None:
        """Note that the script ends here, or may."""
        self.code = ok if self.alive is True else self.code
        self.alive, self.ended = left_after(self.alive, self.ended, runs, why)
        self.around = [left_after(*frame, runs, why) for frame in self.around]

    def inner(self, script: str, line: int, runs: bool | None, why: str, depth: int) -> None:
        """Follow a script that a shell is given as text or on its input."""
        if depth > _DEEPEST:
            return
        try:
            node = parse_bash(script.encode())
        except ParseError:
            return
        kept = self.offset, self.alive, self.ended, self.code
        self.offset += line
        self.run(node, runs, why, depth + 4)
        self.offset, self.alive, self.ended, self.code = kept

    def substitutions(self, node: Node, runs: bool | None, why: str, depth: int) -> None:
        """Follow the commands of `$(…)` within a node."""
        stack = list(reversed(node.children))
        while stack:
            child = stack.pop()
            if child.type in ("command_substitution", "process_substitution"):
                self.apart(child.named_children, runs, why, depth + 1)
            elif child.type not in ("heredoc_body", "heredoc_redirect"):
                stack.extend(reversed(child.children))

    def assign(self, node: Node, runs: bool | None, why: str, depth: int) -> None:
        """Note what variables are set to."""
        self.substitutions(node, runs, why, depth)
        if node.type == "declaration_command":
            self.declared(node)
        for child in [node] if node.type == "variable_assignment" else node.named_children:
            if child.type == "variable_assignment":
                self.set_to(child, and_(runs, self.alive))

    def trapped(self) -> None:
        """Follow what traps run: that of the end surely, those of a signal or an error perhaps."""
        for signal, (script, line, runs) in self.traps.items():
            if script not in ("-", ""):
                self.alive, self.ended = True, ""
                ends = signal in ("EXIT", "0")
                self.inner(script, line, runs if ends else None, "" if ends else f"trap … {signal}", 0)

    def redirected(self, node: Node, runs: bool | None, why: str, depth: int, tolerated: bool | None) -> bool | None:
        """Follow a statement with redirections; a heredoc is a script only where a shell reads it."""
        body, outer = node.child_by_field_name("body"), self.output
        redirects = node.children_by_field_name("redirect")
        for redirect in (*redirects, *(c for r in redirects if r.type == "heredoc_redirect" for c in r.children)):
            target = redirect.child_by_field_name("destination")
            if redirect.type == "file_redirect" and target is not None and self.text(redirect).lstrip("1&")[:1] == ">":
                self.output = self.word(target)
        status = self.run(body, runs, why, depth + 1, tolerated) if body is not None else True
        self.output = outer
        for redirect in node.children_by_field_name("redirect"):
            if redirect.type != "heredoc_redirect":
                continue
            text = next((c for c in redirect.children if c.type == "heredoc_body"), None)
            pipe = next((c for c in redirect.children if c.type == "pipeline"), None)
            readers = [body, *(pipe.named_children if pipe is not None else ())]
            if text is not None and body is not None and self.text(body).split()[:1] in (["cat"], ["tee"]):
                into = next((c for r in redirects for c in (r, *r.children) if c.type == "file_redirect"), None)
                target = into.child_by_field_name("destination") if into is not None else None
                name = self.word(target) if target is not None else self.text(body).split()[-1]
                self.files[posixpath.normpath(name)] = self.text(text)
            if text is not None and any(self.reads(r) for r in readers):
                self.inner(self.text(text), text.start_point[0], runs, why, depth)
            if pipe is not None:
                status = self.run(pipe, runs, why, depth + 1, tolerated)
            operator, right = redirect.child_by_field_name("operator"), redirect.child_by_field_name("right")
            if operator is not None and right is not None:
                wanted = status if operator.type == "&&" else not_(status)
                status = self.run(right, and_(runs, wanted), why, depth + 1, tolerated)
        return status
