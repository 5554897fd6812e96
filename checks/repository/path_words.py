"""What the words of a path say about what is there: one table for every place that leaves out what production does not run.

A word counts as a whole: `latest` is not `test`, and `devops` is not `dev`.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache


class Purpose(Enum):
    """What a file or folder is for, if not for production."""

    DEVELOPMENT = "development"
    TEST = "tests"
    DOCUMENTATION = "documentation"
    EXAMPLE = "examples"
    STAGING = "staging"
    FOREIGN = "code of others"
    CI = "continuous integration"
    TEMPLATE = "templates"
    BLANK = "a blank of a template"
    EDITOR = "the container of an editor"


WORDS: dict[Purpose, frozenset[str]] = {
    Purpose.DEVELOPMENT: frozenset(
        {"local", "dev", "develop", "development", "debug", "override", "devproject", "devserver"}
    ),
    Purpose.TEST: frozenset({"test", "tests", "testing", "e2e", "fixture", "fixtures", "conftest", "testproject"}),
    Purpose.DOCUMENTATION: frozenset({"doc", "docs"}),
    Purpose.EXAMPLE: frozenset({"example", "examples", "sample", "samples", "sandbox"}),
    Purpose.STAGING: frozenset({"staging", "stage", "stg", "qa", "preview", "uat", "demo"}),
    Purpose.FOREIGN: frozenset(
        {"node_modules", "vendor", "vendored", "_vendor", "_vendored", "third_party", "site-packages"}
    ),
    Purpose.CI: frozenset({"ci"}),
    Purpose.TEMPLATE: frozenset({"template", "templates"}),
    # https://containers.dev/implementors/spec/#devcontainerjson
    Purpose.EDITOR: frozenset({"devcontainer"}),
}
"""The words, by what they say."""

_OF = {word: purpose for purpose, words in WORDS.items() for word in words}
_BETWEEN = str.maketrans("._-", "   ")
NOT_DEPLOYED = frozenset(
    {Purpose.TEST, Purpose.DOCUMENTATION, Purpose.EXAMPLE, Purpose.FOREIGN, Purpose.BLANK, Purpose.EDITOR},
)
"""What a folder's name says where nothing below it is deployed."""
NOT_PRODUCTION = frozenset({Purpose.DEVELOPMENT, Purpose.TEST, Purpose.CI, Purpose.DOCUMENTATION, Purpose.EDITOR})
"""What a file's name says where production does not use it."""


PRODUCTION = frozenset({"prod", "production"})
"""What a file is called that production uses."""


def has_part(path: str, names: frozenset[str], starts: tuple[str, ...] = ()) -> bool:
    """Return whether a folder, or the file, of a path has one of some names, or one that starts so."""
    return any(part in names or part.startswith(starts) for part in path.split("/"))


def words_of(path: str) -> frozenset[str]:
    """Return the words of a path or dotted name, in lower case: `deploy/compose.prod.yml` has `deploy`, `compose`, `prod`, `yml`."""
    return frozenset(word for part in path.lower().split("/") for word in part.translate(_BETWEEN).split())


def names_development(name: object) -> bool:
    """Return whether the name of an environment is one of development or of tests."""
    return isinstance(name, str) and bool(purposes(name) & {Purpose.DEVELOPMENT, Purpose.TEST})


@lru_cache(maxsize=8192)
def folder_purposes(path: str) -> frozenset[Purpose]:
    """Return what the folders of a path are for, by their whole names (`tests`, not `load-tests`); a blank is a template."""
    found = set()
    for part in path.lower().split("/"):
        if part.startswith("{{"):
            found.add(Purpose.BLANK)
        purpose = _OF.get(part) or _OF.get(part.removeprefix("."))
        if purpose is not None:
            found.add(purpose)
    return frozenset(found)


@lru_cache(maxsize=8192)
def purposes(path: str) -> frozenset[Purpose]:
    """Return what any word of a path or dotted name says (`Dockerfile.dev`, `settings.local`, `compose-test.yml`)."""
    return folder_purposes(path) | {_OF[w] for w in words_of(path) if w in _OF}
