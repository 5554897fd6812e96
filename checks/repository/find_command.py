"""What `find` removes: its expression evaluated for one file, as GNU's find does (https://man7.org/linux/man-pages/man1/find.1.html)."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from fnmatch import fnmatchcase

from checks.repository.facts import inside, join

_SHOWS = frozenset({"-print", "-print0"})
_ALWAYS = frozenset({"-depth", "-d", "-xdev", "-mount", "-daystart", "-noleaf", "-true"})


class _NotFollowedError(Exception):
    """A test or an action that is not evaluated."""


def finds(words: Sequence[str], folder: str, path: str, piped: Sequence[str] = ()) -> bool:
    """Return whether `find` surely removes a file: with `-delete`, with `-exec rm`, or by handing its name to the `rm` behind it."""
    first = next((n for n, w in enumerate(words) if w.startswith("-") or w in ("!", "(")), len(words))
    starts = list(words[:first]) or ["."]
    for start in starts:
        root = join(folder, start)
        if not inside(path, root):
            continue
        relative = posixpath.relpath(path, root)
        try:
            expression = _Expression(words[first:], start, relative, hands_on=piped[:1] == ("rm",))
            if expression.removes():
                return True
        except (_NotFollowedError, IndexError, ValueError):
            return False
    return False


class _Expression:
    """One expression, evaluated for one file."""

    def __init__(self, words: Sequence[str], start: str, relative: str, *, hands_on: bool) -> None:
        self.words, self.hands_on = list(words), hands_on
        self.path = f"{start.rstrip('/')}/{relative}"
        self.depth = relative.count("/") + 1
        self.at, self.removed, self.acts = 0, False, False

    def removes(self) -> bool:
        """Return whether the file is removed. Raises `_NotFollowedError`."""
        value = self.either(live=True) if self.words else True
        if self.at < len(self.words):
            raise _NotFollowedError
        return self.removed or (value and self.hands_on and not self.acts)

    def either(self, *, live: bool) -> bool:
        value = self.every(live=live)
        while self.word() in ("-o", "-or"):
            self.at += 1
            other = self.every(live=live and not value)
            value = value or other
        return value

    def every(self, *, live: bool) -> bool:
        value = self.one(live=live)
        while self.word() not in ("", ")", "-o", "-or"):
            self.at += self.word() in ("-a", "-and")
            other = self.one(live=live and value)
            value = value and other
        return value

    def one(self, *, live: bool) -> bool:
        word = self.take()
        if word in ("!", "-not"):
            return not self.one(live=live)
        if word == "(":
            value = self.either(live=live)
            if self.take() != ")":
                raise _NotFollowedError
            return value
        if word in ("-maxdepth", "-mindepth"):
            limit = int(self.take())
            if (self.depth > limit) if word == "-maxdepth" else (self.depth < limit):
                raise _NotFollowedError  # the file is not looked at
            return True
        if word in ("-delete", "-exec", "-execdir", *_SHOWS):
            return self.action(word, live=live)
        return self.test(word)

    def test(self, word: str) -> bool:
        if word in _ALWAYS:
            return True
        if word in ("-name", "-iname", "-path", "-wholename", "-ipath"):
            pattern, text = (
                self.take(),
                self.path if "path" in word or word == "-wholename" else self.path.rpartition("/")[2],
            )
            return fnmatchcase(text.lower(), pattern.lower()) if word.startswith("-i") else fnmatchcase(text, pattern)
        if word == "-type":
            return "f" in self.take().split(",")
        raise _NotFollowedError

    def action(self, word: str, *, live: bool) -> bool:
        self.acts = True
        if word in _SHOWS:
            self.removed |= live and self.hands_on
            return True
        if word != "-delete":
            command = []
            while (part := self.take()) not in (";", "+"):
                command.append(part)
            if command[0].rpartition("/")[2] != "rm" or "{}" not in command:
                raise _NotFollowedError
        self.removed |= live
        return True

    def word(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self) -> str:
        self.at += 1
        return self.words[self.at - 1]
