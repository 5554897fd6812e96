"""Where a repository comes from: its name on a forge, and links to its lines there. A local path never becomes a name."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

from msgspec import Struct

from checks.repository.git import run_git

_LINES = {
    "github": "{page}/blob/{revision}/{path}#L{line}",
    "gitlab": "{page}/-/blob/{revision}/{path}#L{line}",
    "bitbucket": "{page}/src/{revision}/{path}#lines-{line}",
    "codeberg": "{page}/src/commit/{revision}/{path}#L{line}",
}
"""How each forge links to a line of a file at a commit, by the first label of its host that names it.

Sources: https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/creating-a-permanent-link-to-a-code-snippet,
https://docs.gitlab.com/user/project/repository/files/, https://forgejo.org/docs/latest/user/linked-references/.
"""


class Origin(Struct, frozen=True, kw_only=True):
    """The remote `origin` of a repository: `owner/name`, and its page and forge where both are known."""

    name: str
    page: str | None = None
    forge: str | None = None

    def link(self, path: str, line: int | None, revision: str | None) -> str | None:
        """Return the URL of a line at a commit, or None where the forge or the commit is not known."""
        if self.page is None or self.forge is None or not revision:
            return None
        named = quote(path.encode("utf-8", "surrogateescape"))
        url = _LINES[self.forge].format(page=self.page, revision=quote(revision), path=named, line=line or 1)
        return url if line else url.partition("#")[0]


def parse_origin(url: str) -> Origin | None:
    """Return what a remote's URL says, or None for one without a host (a path names this machine, not the project).

    Credentials and ports are left out. Forms: `git@host:owner/name.git`, `ssh://`, `https://` and `git://` URLs
    (https://git-scm.com/docs/git-clone#_git_urls).
    """
    scheme = re.match(r"(https?|ssh|git)://", url)
    if scheme:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return None
    else:
        short = re.fullmatch(r"(?:[\w.-]+@)?([\w.-]{2,}):(?!//)(?!\\)(.+)", url)
        if not short:
            return None
        host, path = short.groups()
    name = path.strip("/").removesuffix(".git")
    if not re.fullmatch(r"[\w.-]+(\.[\w-]+)*", host) or not re.fullmatch(r"[\w.~-]+(/[\w.~-]+)+", name):
        return None
    forge = next((label for label in host.split(".") if label in _LINES), None)
    return Origin(name=name, page=f"https://{host}/{name}" if forge else None, forge=forge)


def read_origin(directory: Path) -> Origin | None:
    """Return the remote `origin` of a repository, or None where it has none that names a host."""
    found = run_git(directory, "config", "--get", "remote.origin.url")
    return parse_origin(found.decode(errors="replace").strip()) if found else None
