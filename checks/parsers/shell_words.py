"""The words of a script as its shell reads them: quotes taken off, known variables put in, simple tests answered."""

from __future__ import annotations

import posixpath
import re

from tree_sitter import Node

from checks.parsers.bash import SHELLS


class Words:
    """Read words; `holes` are the CI's expressions that were taken out, `known` the variables with a value that is seen."""

    def __init__(self, holes: list[str], known: dict[str, str]) -> None:
        self.holes, self.known = holes, known

    def test(self, node: Node) -> bool | None:
        """Answer `[ a = b ]`, `[ -n a ]`, `[ -z a ]` where every word is known."""
        inner = node.named_children[0] if len(node.named_children) == 1 else None
        if inner is None:
            return None
        if inner.type == "binary_expression":
            left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
            operator = inner.child_by_field_name("operator")
            words = [self.word(left), self.word(right)]
            if operator is None or any("$" in w or "`" in w or "_hole" in w for w in words):
                return None
            if operator.type in ("=", "==") and not re.search(r"[*?\[]", words[1]):
                return words[0] == words[1]
            if operator.type == "!=" and not re.search(r"[*?\[]", words[1]):
                return words[0] != words[1]
            return None
        if inner.type == "unary_expression" and len(inner.children) == 2:
            asked, word = self.text(inner.children[0]), self.word(inner.children[1])
            if "$" in word or "`" in word or asked not in ("-n", "-z"):
                return None
            return bool(word) == (asked == "-n")
        return None

    def text(self, node: Node) -> str:
        """Return a node's source with the CI's expressions in their place."""
        found = (node.text or b"").decode("utf-8", errors="replace")
        return re.sub(r"_hole(\d+)_(?:\\\n)*", lambda m: self.hole(int(m.group(1)), m.group()), found)

    def hole(self, index: int, written: str) -> str:
        """Return the CI's expression of a number."""
        return self.holes[index] if index < len(self.holes) else written

    def word(self, node: Node | None) -> str:
        """Return a word without quotes, known variables replaced."""
        if node is None:
            return ""
        kind = node.type
        if kind in ("string", "concatenation", "command_name", "array"):
            start, parts = node.start_byte + (kind == "string"), []
            data, origin = node.text or b"", node.start_byte
            for child in node.named_children:
                parts.append(data[start - origin : child.start_byte - origin].decode("utf-8", "replace"))
                parts.append(self.word(child))
                start = child.end_byte
            end = node.end_byte - (kind == "string")
            parts.append(data[start - origin : end - origin].decode("utf-8", "replace"))
            text = "".join(parts)
            return re.sub(r"_hole(\d+)_(?:\\\n)*", lambda m: self.hole(int(m.group(1)), m.group()), text)
        if kind == "raw_string":
            return self.text(node)[1:-1]
        if kind == "simple_expansion":
            name = self.text(node)[1:]
            return self.known.get(name, self.text(node))
        if kind == "expansion":
            plain = re.fullmatch(r"\$\{(\w+)(:?[-?][^}]*)?\}", self.text(node))
            value = self.known.get(plain.group(1)) if plain else None
            # `${1:-x}` and `${1:?why}` are worth what the variable holds, where that is something.
            return self.text(node) if plain is None or value is None or (plain.group(2) and not value) else value
        text = self.text(node)
        return re.sub(r"\\\n", "", text) if kind == "string_content" else re.sub(r"\\(.)", r"\1", text)

    def unquoted(self, node: Node) -> str | None:
        """Return the value of a variable that is used without quotes and whose value is seen, None for any other word."""
        inner = node.named_children[0] if node.type == "command_name" and len(node.named_children) == 1 else node
        if inner.type not in ("simple_expansion", "expansion") or self.text(inner) != self.text(node):
            return None
        value = self.word(inner)
        return None if "$" in value or "`" in value else value

    def run_file(self, words: list[str]) -> str:
        """Return the file that `bash FILE`, `. FILE` or `./FILE` runs, "" for another command."""
        head, rest = words[0], [w for w in words[1:] if not w.startswith("-")]
        if head.rpartition("/")[2] in SHELLS or head in (".", "source"):
            return posixpath.normpath(rest[0]) if rest else ""
        return posixpath.normpath(head) if "/" in head else ""
