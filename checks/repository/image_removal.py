"""Images without maps: a `RUN` behind the build removes them, or `.dockerignore` keeps them out of what is copied."""

from __future__ import annotations

from checks.hosts.dockerignore import kept_out_of
from checks.hosts.image_builds import all_builds
from checks.parsers.dockerfile import parse_dockerfile
from checks.repository.builds import Build, makes_bundle
from checks.repository.commands import follow
from checks.repository.facts import Facts, parent
from checks.repository.frontends import Frontend
from checks.repository.map_removal import Kept
from checks.repository.map_shipping import ships

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


def image_leaves_out(facts: Facts, build: Build | None, samples: list[str] | None) -> Kept | None:
    """Return the line of `.dockerignore` that keeps the maps of a CI build out of every image that the workflow builds after it.

    An image that builds the frontend itself makes maps of its own, and a command that ships the output takes them along.
    """
    if build is None or build.kind != "ci" or not samples or ships(build.after, samples):
        return None
    found: Kept | None = None
    for image in all_builds(facts):
        if image.path != build.path or image.line <= build.line or image.context is None:
            continue
        places = [kept_out_of(facts, image.dockerfile, image.context, s) for s in samples]
        if None in places or _builds_itself(facts, image.dockerfile):
            return None
        path, line = places[0] or ("", None)
        found = Kept(fact="the maps are kept out of the image", path=path, line=line, deletes=True)
    return found


def _builds_itself(facts: Facts, dockerfile: str) -> bool:
    instructions = parse_dockerfile(facts.text(dockerfile) or "").instructions if dockerfile in facts.paths else ()
    folder = parent(dockerfile)
    return any(
        makes_bundle(r) for i in instructions if i.word == "RUN" for r in follow(facts, i.script, folder, dockerfile)
    )


def _removes_any(words: tuple[str, ...]) -> bool:
    """Return whether a command removes files named `*.map`; an image has other folders than the repository."""
    head = words[0].rpartition("/")[2] if words else ""
    if head in ("rm", "rimraf", "del-cli"):
        return any(w.endswith((_ANY, "*.js.map")) for w in words[1:])
    if head == "find":
        named = any(w in (_ANY, "*.js.map") for w in words)
        return named and "-not" not in words and "!" not in words and ("-delete" in words or "rm" in words)
    return False
