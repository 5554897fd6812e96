"""What a shell script sets while it runs: variables, arrays, the arguments of functions, and what a subshell takes with it when it ends."""

from __future__ import annotations

from itertools import count, takewhile

from msgspec import Struct
from tree_sitter import Node

from checks.parsers.shell_words import Words

_POSITIONS = 9
"""Arguments that are read as `$1` to `$9`; those that are not given are empty."""
_LOCAL = frozenset({"local", "declare", "typeset"})


class State(Struct, frozen=True):
    """What a subshell has as a copy of its own."""

    known: dict[str, str]
    made: dict[str, str]
    arrays: dict[str, tuple[str, ...]]
    functions: dict[str, Node]
    given: list[str] | None
    exits: bool
    pipefail: bool
    folder: str
    before: str


class Variables(Words):
    """Keep what a script sets. `made` is what it sets itself, `given` what it or its function is called with."""

    def __init__(self, holes: list[str], known: dict[str, str]) -> None:
        super().__init__(holes, known)
        self.made: dict[str, str] = {}
        self.exported: set[str] = set()
        self.arrays: dict[str, tuple[str, ...]] = {}
        self.functions: dict[str, Node] = {}
        self.folder, self.before = ".", "."
        self.exits = self.pipefail = False
        handed = [known[n] for n in takewhile(known.__contains__, map(str, count(1)))]
        self.given: list[str] | None = handed or None
        if handed:
            self.known["@"] = " ".join(handed)
        self.local: list[dict[str, tuple[str | None, str | None]]] = []

    def state(self) -> State:
        """Return a copy of what is set, for `restore`."""
        copies = (dict(self.known), dict(self.made), dict(self.arrays), dict(self.functions))
        return State(*copies, self.given, self.exits, self.pipefail, self.folder, self.before)

    def restore(self, state: State) -> None:
        """Forget what was set since: what a subshell sets ends with it."""
        self.known, self.made, self.arrays = dict(state.known), dict(state.made), dict(state.arrays)
        self.functions, self.given, self.exits = dict(state.functions), state.given, state.exits
        self.pipefail, self.folder, self.before = state.pipefail, state.folder, state.before

    def values(self, node: Node) -> list[str] | None:
        """Return the words that `"$@"`, `"${array[@]}"` or a variable without quotes stands for; None for any other word."""
        text = self.text(node).strip('"')
        if self.given is not None and text in ("$@", "${@}", "$*", "${*}"):
            return list(self.given)
        if text.startswith("${") and text[-4:] in ("[@]}", "[*]}"):
            found = self.arrays.get(text[2:-4])
            return None if found is None else list(found)
        value = self.unquoted(node)
        return None if value is None else value.split()

    def set_to(self, node: Node, certain: bool | None) -> None:
        """Note one assignment: what is set perhaps, or added to what is not known, is known no longer."""
        name_node, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name_node is None or certain is False:
            return
        name, added = self.text(name_node), any(c.type == "+=" for c in node.children)
        if value is not None and value.type == "array":
            words = [w for c in value.named_children for w in (self.values(c) or [self.word(c)])]
            before = self.arrays.get(name) if added else ()
            self.arrays.pop(name, None)
            if certain and before is not None:
                self.arrays[name] = (*before, *words)
        if certain and not (added and name not in self.known):
            self.known[name] = self.made[name] = (self.known[name] if added else "") + self.word(value)
        else:
            self.known[name] = self.made[name] = "$" + name

    def declared(self, node: Node) -> None:
        """Note what `export` exports; keep what `local` hides, for the end of the function."""
        if node.children[0].type == "export":
            self.exported |= {self.text(c.child_by_field_name("name") or c) for c in node.named_children}
        if not self.local or self.text(node.children[0]) not in _LOCAL:
            return
        for child in node.named_children:
            name_node = child.child_by_field_name("name") if child.type == "variable_assignment" else child
            name = self.text(name_node) if name_node is not None else ""
            if name.isidentifier():
                self.local[-1].setdefault(name, (self.known.get(name), self.made.get(name)))
                if child.type == "variable_name":
                    self.known[name] = ""

    def leave(self) -> None:
        """Put back what the function that ends has hidden."""
        for name, values in self.local.pop().items():
            for kept, value in zip((self.known, self.made), values, strict=True):
                kept.pop(name, None)
                if value is not None:
                    kept[name] = value

    def hand(self, given: list[str] | None) -> None:
        """Set what a function is called with: `$1`, `$2`, … and `$@`; None where it is not known."""
        for position in range(1, max(len(self.given or ()), _POSITIONS) + 1):
            self.known.pop(str(position), None)
        if given is not None:
            positions = [*given, *[""] * (_POSITIONS - len(given))]
            self.known |= {str(n): w for n, w in enumerate(positions, start=1)}
        self.given = given
        if given is None:
            self.known.pop("@", None)
        else:
            self.known["@"] = " ".join(given)

    def shift(self, words: list[str], *, certain: bool) -> None:
        """Drop the first arguments, as `shift` does; what is dropped perhaps is known no longer."""
        by = words[0] if words else "1"
        self.hand(self.given[int(by) :] if self.given is not None and certain and by.isdecimal() else None)
