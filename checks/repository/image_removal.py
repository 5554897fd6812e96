"""Images that remove maps: a `RUN` behind the build, or a server's configuration that is written there."""

from __future__ import annotations

from checks.parsers.dockerfile import parse_dockerfile
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
        for instruction in parse_dockerfile(text).instructions:
            if instruction.word != "RUN":
                built = built or (
                    instruction.word == "COPY" and any(f.startswith("--from=") for f in instruction.flags)
                )
                continue
            for folder in dict.fromkeys((frontend.root, parent(path))):
                for ran in follow(facts, instruction.script, folder, path):
                    built = built or makes_bundle(ran)
                    if built and ran.runs is not False and _removes_any(ran.words):
                        return Kept(fact="the image deletes the maps", path=path, line=instruction.line, deletes=True)
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
