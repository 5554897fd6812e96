"""Whether a program that a file starts stands in an image that starts it otherwise."""

from __future__ import annotations

from checks.backends.entry import Entry
from checks.hosts.image_files import sources
from checks.hosts.images import Image, read_image
from checks.repository.facts import Facts, inside, join
from checks.repository.path_words import NOT_PRODUCTION, purposes


def is_in_another_image(facts: Facts, entry: Entry) -> bool:
    """Return whether an image takes in a program's folder by its name, and what starts the program is another file.

    Where one image holds the code and another one starts it from a mounted folder, the second is for development.
    """
    names = {p.rpartition("/")[2] for p in (entry.found_in, entry.path)}
    others = (p for p in facts.dockerfiles if p != entry.found_in and not purposes(p) & NOT_PRODUCTION)
    images = (read_image(p, facts.text(p) or "") for p in others)
    return any(
        _takes(i, entry.path) and not names & {*(w.rpartition("/")[2] for w in i.command.split())} for i in images
    )


def _takes(image: Image, program: str) -> bool:
    copies = [i for s in image.stages for i in s.instructions if i.word in ("COPY", "ADD")]
    own = [i for i in copies if not any(f.startswith("--from") for f in i.flags)]
    folders = {join("", source.lstrip("/")) for i in own for source in sources(i.arguments)}
    return any(folder not in ("", ".") and inside(program, folder) for folder in folders)
