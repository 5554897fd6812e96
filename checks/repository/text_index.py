"""Which text files hold which of the words that checks look for: each file is read once, and most are never parsed.

Where there are many files, `git grep` finds the few that hold any word, on all cores.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checks.patterns import lazy_pattern
from checks.repository.facts import NOT_TEXT, Facts, inside
from checks.repository.index_terms import WORDS
from checks.repository.tree import OutsideError, TooLargeError, UnreadableFileError

if TYPE_CHECKING:
    from checks.repository.backends import Backend

_LOCK_NAMES = frozenset({"package-lock.json", "pnpm-lock.yaml", "yarn.lock", "Pipfile.lock", "composer.lock"})
_NOT_SEARCHED = lazy_pattern(r"(^|/)(node_modules|\.git|vendor|site-packages)/|\.min\.(js|css)$")
MAX_BYTES = 1024 * 1024
"""Larger files are generated or data: their words are looked for, but nobody reads one that holds any."""


def _is_searched(path: str) -> bool:
    """Return whether a file's text is looked through: no lock, nothing minified, nobody else's code."""
    # The pattern is asked only where a plain look finds any of its words: there may be a million paths.
    maybe = (
        "node_modules/" in path or ".git/" in path or "vendor/" in path or "site-packages/" in path or ".min." in path
    )
    if maybe and _NOT_SEARCHED.search(path):
        return False
    return path[path.rfind("/") + 1 :] not in _LOCK_NAMES


class WordIndex:
    """The words of each text file that holds any; `searched` files were looked through.

    `skipped` are the unreadable ones, and those that hold a word and are too large to be read.
    """

    def __init__(self, facts: Facts) -> None:
        self.words: dict[str, frozenset[str]] = {}
        self.skipped: list[str] = []
        self.searched = 0
        large: list[str] = []
        encoded = [(w, w.encode()) for w in WORDS]
        # Git looks for the words meanwhile.
        texts = [
            p for s, paths in facts.by_suffix.items() if s.lower() not in NOT_TEXT for p in paths if _is_searched(p)
        ]
        candidates = facts.tree.files_containing(WORDS)
        if candidates is not None:
            self.searched = len(texts)
            texts = [p for p in texts if p in candidates]
            self.searched -= len(texts)
        for path in texts:
            try:
                data = facts.tree.read(path)
            except TooLargeError:
                large.append(path)
                continue
            except OutsideError:
                continue
            except UnreadableFileError:
                self.skipped.append(path)
                continue
            if data is None:
                continue  # listed by git, but not there: deleted, or the folder of a submodule
            raw = data
            if data.startswith((b"\xff\xfe", b"\xfe\xff")):
                data = data.decode("utf-16", errors="replace").encode()
            found = frozenset(w for w, b in encoded if b in data)
            if found and len(data) > MAX_BYTES:
                self.skipped.append(path)
                continue
            self.searched += 1
            if found:
                self.words[path] = found
                facts.cache_file(path, raw)

        named = facts.tree.files_containing(WORDS, large) if large else frozenset()
        self.skipped += [p for p in large if named is None or p in named]
        self.searched += len(large) - sum(p in self.skipped for p in large)

    def files_containing(self, *words: str) -> list[str]:
        """Return the files that hold any of some words, sorted."""
        unknown = set(words) - set(WORDS)
        assert not unknown, f"add {unknown} to the vocabulary"
        wanted = frozenset(words)
        return sorted(p for p, found in self.words.items() if found & wanted)


def word_index(facts: Facts) -> WordIndex:
    """Return the index of a repository, made once."""
    return facts.memoize(word_index, "", lambda: WordIndex(facts))


def python_files_containing(facts: Facts, backend: Backend, *words: str) -> list[str]:
    """Return a backend's Python files that contain any of the words."""
    return [p for p in word_index(facts).files_containing(*words) if p.endswith(".py") and inside(p, backend.root)]


def files_calling_sentry_init(facts: Facts, backend: Backend) -> list[str]:
    """Return a backend's Python files that may call `sentry_sdk.init`: the others need no parsing."""
    texts = ((p, facts.read(p) or b"") for p in python_files_containing(facts, backend, "sentry"))
    return [p for p, data in texts if b"sentry_sdk" in data and re.search(rb"\binit\b", data)]
