"""Dockerfiles by their grammar: directives, instructions with flags, continuation lines, comments and here-documents.

Sources: https://docs.docker.com/reference/dockerfile/ (`#parser-directives`, `#escape`, `#here-documents`),
https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/parser.go
"""

from __future__ import annotations

import json
import re
import shlex
from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct

from checks.parsers.position import Line
from checks.patterns import lazy_pattern

_DIRECTIVE = lazy_pattern(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.*?)\s*$")
_WORD = lazy_pattern(r"\s*([A-Za-z]+)(?:\s+|$)")
_FLAG = lazy_pattern(r"--[A-Za-z][\w-]*(?:=\S*)?(?=\s|$)")
_HEREDOC = lazy_pattern(r"\d*<<(-?)([^<\s]+)")
_KNOWN_DIRECTIVES = ("syntax", "escape", "check")
_WITH_HEREDOCS = ("RUN", "COPY", "ADD")


class Heredoc(Struct, frozen=True):
    """A here-document: its name, its text, and the lines (1-based) of its first line and of its end mark."""

    name: str
    text: str
    first: int
    last: int


class Instruction(Struct, frozen=True, kw_only=True):
    """An instruction: its word in capitals, its arguments with continuation lines joined, its first and last line (1-based).

    `text` has the flags and the here-documents' lines in it. `at` is the offset in the file of the first argument, or where it
    would be, `ending` the offset behind the last character of its last line. `origins` are the `(index in the joined text, offset in
    the file)` at which the pieces of its arguments begin.
    """

    word: str
    text: str
    line: int
    last: int = 0
    at: int = 0
    ending: int = 0
    flags: tuple[str, ...] = ()
    arguments: str = ""
    heredocs: tuple[Heredoc, ...] = ()
    origins: tuple[tuple[int, int], ...] = ()

    @property
    def words(self) -> tuple[str, ...] | None:
        """The words of a list (`["npm", "ci"]`), None for a command as a shell reads it."""
        if not self.arguments.startswith("["):
            return None
        try:
            words = json.loads(self.arguments)
        except (ValueError, RecursionError):
            return None
        return tuple(words) if isinstance(words, list) and all(isinstance(w, str) for w in words) else None

    @property
    def script(self) -> str:
        """The shell text of a RUN, CMD or ENTRYPOINT: a list and a here-document are opened, flags left out."""
        words = self.words
        if words is not None:
            return words[2] if len(words) == 3 and words[1] in ("-c", "-lc") else shlex.join(words)
        if not self.heredocs:
            return self.arguments
        first = self.heredocs[0]
        if _HEREDOC.fullmatch(self.arguments):
            # The text is the script, of the program that its first line names (https://docs.docker.com/reference/dockerfile/#here-documents).
            start = first.text.partition("\n")[0]
            return first.text if not start.startswith("#!") or start.rstrip().endswith("sh") else ""
        return "\n".join([self.arguments, *(f"{h.text}\n{h.name}" if h.text else h.name for h in self.heredocs)])

    def offset(self, index: int) -> int:
        """Return the offset in the file of a character of `arguments`."""
        index += len(self.text.partition("\n")[0]) - len(self.arguments)
        start, origin = self.origins[max(bisect_right(self.origins, (index, 1 << 60)) - 1, 0)]
        return origin + index - start


class Dockerfile(Struct, frozen=True, kw_only=True):
    """A Dockerfile: the image that reads it (`# syntax=`) where one is named, the character that joins lines, its instructions."""

    syntax: str | None
    escape: str
    instructions: tuple[Instruction, ...]


def parse_dockerfile(text: str) -> Dockerfile:
    """Return the instructions of a Dockerfile; lines that are none are left out."""
    lines, offsets, at = text.split("\n"), [], 0
    for line in lines:
        offsets.append(at)
        at += len(line) + 1
    directives = _directives(lines)
    escape = directives.get("escape", "\\")
    escape = escape if escape in ("\\", "`") else "\\"
    found = tuple(_instructions(lines, offsets, escape))
    return Dockerfile(syntax=directives.get("syntax"), escape=escape, instructions=found)


def _directives(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.match(line.lstrip("\ufeff"))
        name = match.group(1).lower() if match else ""
        if match is None or name not in _KNOWN_DIRECTIVES or name in found:
            break
        found[name] = match.group(2)
    return found


def _instructions(lines: list[str], offsets: list[int], escape: str) -> Iterator[Instruction]:
    number = 0
    while number < len(lines):
        start, pieces, number = _joined(lines, number, escape)
        if start is None:
            break
        joined = "".join(p for _, p in pieces)
        match = _WORD.match(joined)
        if match is None:
            continue
        word, head = match.group(1).upper(), match.end()
        text = joined[head:].rstrip()
        heredocs: list[Heredoc] = []
        for dash, name in _heredocs(text) if word in _WITH_HEREDOCS else ():
            first, body = number, []
            while number < len(lines) and _end_mark(lines[number], dash) != name:
                body.append(lines[number].rstrip("\r"))
                number += 1
            number = min(number + 1, len(lines))
            heredocs.append(Heredoc(name, "\n".join(body), first + 1, number))
        flags, rest = _flags(text) if word not in ("CMD", "ENTRYPOINT", "ENV", "ARG", "LABEL") else ((), text)
        origins, index = [], -head
        for row, piece in pieces:
            origins.append((index, offsets[row]))
            index += len(piece)
        last = number - 1
        while last > start and (not lines[last].strip() or lines[last].lstrip().startswith("#")) and not heredocs:
            last -= 1
        yield Instruction(
            word=word,
            text="\n".join([text, *(h.text for h in heredocs if h.text)]),
            line=Line(start + 1, text=lines[start].strip()),
            last=last + 1,
            at=_place(origins, 0),
            ending=offsets[last] + len(lines[last].rstrip("\r")),
            flags=flags,
            arguments=rest,
            heredocs=tuple(heredocs),
            origins=tuple(origins),
        )


def _place(origins: list[tuple[int, int]], index: int) -> int:
    start, origin = max((o for o in origins if o[0] <= index), default=origins[0])
    return origin + index - start


def _joined(lines: list[str], number: int, escape: str) -> tuple[int | None, list[tuple[int, str]], int]:
    """Return the first line of an instruction, its pieces with their lines, and the line behind it (all 0-based)."""
    start: int | None = None
    pieces: list[tuple[int, str]] = []
    while number < len(lines):
        line = lines[number]
        number += 1
        plain = line.rstrip()
        if not plain or line.lstrip().startswith("#"):
            continue  # a comment or an empty line does not end what is continued
        start = number - 1 if start is None else start
        piece = plain.removesuffix(escape)
        pieces.append((number - 1, piece.lstrip("\ufeff") if number == 1 else piece))
        if piece == plain:
            break
    return start, pieces, number


def _heredocs(text: str) -> list[tuple[str, str]]:
    """Return the here-documents that an instruction's line opens: whether tabs are taken off, and the name of its end."""
    found: list[tuple[str, str]] = []
    quote, fresh, at = "", True, 0
    while at < len(text):
        char = text[at]
        if quote:
            quote = "" if char == quote and text[at - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif fresh and (match := _HEREDOC.match(text, at)):
            name = re.sub(r"[\"'\\;)]", "", match.group(2))
            if name:
                found.append((match.group(1), name))
            at = match.end()
            continue
        fresh = char.isspace() or (fresh and char.isdigit())
        at += 1
    return found


def _end_mark(line: str, dash: str) -> str:
    line = line.rstrip("\r")
    return line.lstrip("\t") if dash else line


def _flags(text: str) -> tuple[tuple[str, ...], str]:
    """Split arguments into flags (`--mount=…`) and the rest."""
    flags: list[str] = []
    while match := _FLAG.match(text):
        flags.append(match.group())
        text = text[match.end() :].lstrip()
    return tuple(flags), text


class SecretMount(Struct, frozen=True, kw_only=True):
    """A secret that a RUN mounts: its id, the variable that holds it, and the file, None where there is none."""

    id: str
    env: str | None
    file: str | None


def secret_mounts(instruction: Instruction) -> tuple[SecretMount, ...]:
    """Return the secrets that a RUN mounts (https://docs.docker.com/reference/dockerfile/#run---mounttypesecret)."""
    found = []
    for flag in instruction.flags:
        name, _, value = flag.partition("=")
        options = {k.lower(): v for k, _, v in (p.partition("=") for p in value.strip("\"'").split(","))}
        if name != "--mount" or options.get("type") != "secret":
            continue
        target = next((v for k in ("target", "dst", "destination") if (v := options.get(k))), None)
        # `source` goes before `id`: https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert_secrets.go
        given = next((v for k in ("source", "src", "id") if (v := options.get(k))), None)
        known = given or (target or "").rpartition("/")[2]
        file = target or (None if options.get("env") else f"/run/secrets/{known.rpartition('/')[2]}")
        found.append(SecretMount(id=known, env=options.get("env") or None, file=file))
    return tuple(found)


def lines_of_runs(text: str) -> frozenset[int]:
    """Return the lines of a Dockerfile's `RUN`s: what they set ends with them (https://docs.docker.com/reference/dockerfile/#run)."""
    runs = (i for i in parse_dockerfile(text).instructions if i.word == "RUN")
    return frozenset(n for run in runs for n in range(run.line, run.last + 1))
