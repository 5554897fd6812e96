"""Tables of cron: which command starts when. Source: https://man7.org/linux/man-pages/man5/crontab.5.html."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.hosts.started import unwrapped
from checks.parsers.commands import read_commands
from checks.repository.facts import Facts, parent
from checks.repository.path_words import NOT_DEPLOYED, folder_purposes

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FIELDS = 5


class Clocked(Struct, frozen=True, kw_only=True):
    """A command that cron starts: its words, its crontab, the time zone that the table names, its place."""

    words: tuple[str, ...]
    schedule: str
    zone: str
    path: str
    line: int


def crontabs(facts: Facts) -> Iterator[Clocked]:
    """Yield the commands of the repository's crontabs, those behind `cd … &&` too."""
    for path in facts.configuration:
        name, folder = path.rpartition("/")[2], parent(path).rpartition("/")[2]
        system = folder in ("cron.d", "crontabs")
        if (system or name == "crontab" or name.endswith((".crontab", ".cron"))) and not folder_purposes(
            path
        ) & NOT_DEPLOYED:
            yield from _lines(facts.text(path) or "", path, user=folder == "cron.d")


def _lines(text: str, path: str, *, user: bool) -> Iterator[Clocked]:
    zone = ""
    for number, line in enumerate(text.splitlines(), start=1):
        row = line.strip()
        name, equals, value = row.partition("=")
        if equals and name.strip().isidentifier():
            zone = value.strip().strip("'\"") if name.strip() in ("CRON_TZ", "TZ") else zone
            continue
        named = row.startswith("@")
        parts = row.split(None, (1 if named else _FIELDS) + user)
        if row.startswith("#") or len(parts) != (1 if named else _FIELDS) + user + 1:
            continue
        schedule = _NAMED.get(parts[0], "") if named else " ".join(parts[:_FIELDS])
        if schedule:
            for command in read_commands(parts[-1]):
                if command.words and command.runs is not False:
                    yield Clocked(words=unwrapped(command.words), schedule=schedule, zone=zone, path=path, line=number)
