"""Records of what parsers and models read in small inputs: `tests/records/READER.txt`, compared whole in each run.

`=== NAME`, then each file below `--- PATH`, its lines behind `| ` (behind `! ` where a line has letters that an editor may change), then
what the reader says below `>>>`. `python -m tests.records --update [READER…]` writes what is said now; read the difference.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.support import readers

FOLDER = Path(__file__).parents[1] / "records"


class Record(NamedTuple):
    """An input with what is said of it."""

    files: dict[str, bytes]
    said: str

    @property
    def name(self) -> str:
        """A digest of the input: one more record renames no other."""
        return hashlib.sha256(repr(sorted(self.files.items())).encode()).hexdigest()[:8]


def path_of(reader: str) -> Path:
    """Return the file with the records of a reader."""
    return FOLDER / f"{reader}.txt"


def recorded() -> list[str]:
    """Return the readers that have records."""
    return sorted(p.stem for p in FOLDER.glob("*.txt"))


def load(reader: str) -> list[Record]:
    """Return the records of a reader, in the order of its file."""
    path = path_of(reader)
    return list(_parse(path.read_text("utf-8"))) if path.exists() else []


def _parse(text: str) -> Iterator[Record]:
    for part in re.split(r"(?m)^=== ", text)[1:]:
        head, _, said = part.partition("\n>>>\n")
        files: dict[str, list[bytes]] = {}
        for line in head.split("\n")[1:]:
            mark, _, rest = line.partition(" ")
            if mark == "---":
                files[rest] = []
            else:
                own = rest.encode() if mark == "|" else rest.encode().decode("unicode_escape").encode("latin-1")
                files[next(reversed(files))].append(own)
        yield Record({p: b"\n".join(lines) for p, lines in files.items()}, said.rstrip("\n"))


def _line(line: bytes) -> str:
    text = line.decode("utf-8", "surrogateescape")
    if text.isprintable() and text == text.rstrip():
        return f"| {text}".rstrip()
    return "! " + line.decode("latin-1").encode("unicode_escape").decode("ascii").replace(" ", "\\x20")


def _said(text: str) -> str:
    return "\n".join(line if line.isprintable() else ascii(line)[1:-1] for line in text.split("\n"))


def observe(reader: str, files: Mapping[str, bytes]) -> str:
    """Return what a reader says of files, as it is recorded."""
    return "\n".join(
        " " + line if line.startswith("=== ") else line for line in _said(readers.read(reader, files)).split("\n")
    ).rstrip("\n")


def write(reader: str, inputs: list[dict[str, bytes]]) -> None:
    """Write the records of a reader, small inputs first."""
    found = {(record := Record(files, observe(reader, files))).name: record for files in inputs}
    ordered = sorted(found.values(), key=lambda r: (sum(map(len, r.files.values())), r.name))
    text = ""
    for record in ordered:
        text += f"=== {record.name}\n"
        for path, data in record.files.items():
            text += "".join(f"{line}\n" for line in (f"--- {path}", *map(_line, data.split(b"\n"))))
        text += f">>>\n{record.said}\n"
    path_of(reader).write_text(text, "utf-8", newline="\n")
    assert [r.files for r in load(reader)] == [r.files for r in ordered], "what is written is read back"
