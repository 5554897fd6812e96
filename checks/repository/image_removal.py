"""Images that remove maps: a `RUN` behind the build, or a server's configuration that is written there."""

from __future__ import annotations

from checks.repository.builds import makes_bundle
from checks.repository.commands import follow
from checks.repository.facts import Facts, parent
from checks.repository.frontends import Frontend
from checks.repository.map_removal import Kept

_ANY = "*.map"


def image_removes(facts: Facts, frontend: Frontend, samples: list[str] | None) -> Kept | None:
    """Return the instruction of a Dockerfile that removes maps after the build of its stage."""
    for path in facts.dockerfiles:
        text = facts.text(path) or ""
        if ".map" not in text:
            continue
        built = False
        for number, line in enumerate(text.splitlines(), start=1):
            word, _, rest = line.strip().partition(" ")
            if word.upper() != "RUN":
                built = built or (word.upper() == "COPY" and "--from=" in rest)
                continue
            plain = " ".join(w for w in rest.split() if not w.startswith("--mount"))
            for folder in dict.fromkeys((frontend.root, parent(path))):
                for ran in follow(facts, plain, folder, path):
                    built = built or makes_bundle(ran)
                    if built and _removes_any(ran.words):
                        return Kept(fact="the image deletes the maps", path=path, line=number, deletes=True)
    return None


def _removes_any(words: tuple[str, ...]) -> bool:
    """Return whether a command removes files named `*.map`; an image has other folders than the repository."""
    head = words[0].rpartition("/")[2] if words else ""
    if head in ("rm", "rimraf", "del-cli"):
        return any(w.endswith((_ANY, "*.js.map")) for w in words[1:])
    if head == "find":
        named = any(w in (_ANY, "*.js.map") for w in words)
        return named and "-not" not in words and "!" not in words and ("-delete" in words or "rm" in words)
    return False
