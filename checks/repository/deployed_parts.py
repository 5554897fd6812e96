"""Which backends and frontends a job deploys, where a repository has several: told by what starts it, where its steps work, and names.

A job deploys every part that nothing says it leaves out. Path filters:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onpushpull_requestpull_request_targetpathspaths-ignore
"""

from __future__ import annotations

from checks.ci.actions import puts_up_pages
from checks.ci.commands import step_commands
from checks.ci.deploying import Deploying, deploying_jobs, step_deploys
from checks.ci.model import Job, Step, Workflow
from checks.ci.programs import State, command_state, is_weak, puts_up_files, words_of
from checks.hosts.images import images_that_run
from checks.parsers import yaml as y
from checks.repository.backends import Backend
from checks.repository.builds import find_builds
from checks.repository.facts import Facts, inside, join, upwards
from checks.repository.frontends import Frontend

Part = Backend | Frontend


_WORDS = {
    "backend": frozenset({"backend", "api", "django"}),
    "frontend": frozenset({"frontend", "front", "ui", "client", "spa"}),
}
_FOLDERS = ("working-directory", "working_directory", "workingdirectory", "app_location", "context", "source_dir")
_MANIFESTS = ("package.json", "pyproject.toml", "requirements.txt", "go.mod", "Cargo.toml", "Gemfile", "pom.xml")
_PAGE_HOSTS = ("netlify.toml", "vercel.json")


def parts_of(facts: Facts) -> list[Part]:
    """Return every backend and frontend."""
    return [*facts.backends, *facts.frontends]


def deploys_part(facts: Facts, flow: Workflow, job: Job, part: Part) -> bool:
    """Return whether a job that deploys also deploys a part: False only where something says that it leaves it out."""
    key = f"{flow.path}#{job.id}#{job.line}"
    return part.target in facts.memoize(deploys_part, key, lambda: _deployed(facts, flow, job))


def deploys_of(facts: Facts, part: Part | None) -> list[tuple[Workflow, Job, Deploying]]:
    """Return the jobs that deploy, hand over or may deploy, without those that leave a part out."""
    return [j for j in deploying_jobs(facts) if part is None or deploys_part(facts, j[0], j[1], part)]


def _deployed(facts: Facts, flow: Workflow, job: Job) -> frozenset[object]:
    parts = parts_of(facts)
    if _is_of_another(facts, flow, parts):
        return frozenset()
    kept = [p for p in parts if len(parts) == 1 or not _leaves_out(facts, flow, job, p, parts)]
    # What leaves all of them out contradicts itself, and says nothing.
    return frozenset(p.target for p in kept or parts)


def _leaves_out(facts: Facts, flow: Workflow, job: Job, part: Part, parts: list[Part]) -> bool:
    others = [p for p in parts if p is not part]
    if _started_without(flow, part, others) or _works_in_others(facts, job, part, others):
        return True
    if isinstance(part, Backend):
        if facts.frontends and _puts_up_pages(facts, job):
            return True
    elif _is_built(facts, flow, job, part):
        return False
    elif _has_own_host(facts, part) and not _puts_up_pages(facts, job):
        return True
    named = _named(flow, job, parts)
    return bool(named) and part not in named and not _is_in_image(facts, part)


def _is_of_another(facts: Facts, flow: Workflow, parts: list[Part]) -> bool:
    """Return whether only pushes of another program start a workflow: of folders with an image and a manifest of their own."""
    folders = [_literal(p) for p in _asked(flow)]
    roots = [p.root for p in parts if p.root != "."]
    return bool(folders) and all(
        f and not any(inside(f, r) or inside(r, f) for r in roots) and _is_program(facts, f) for f in folders
    )


def _is_program(facts: Facts, folder: str) -> bool:
    return any(
        f"{at}/Dockerfile" in facts.paths and any(f"{at}/{name}" in facts.paths for name in _MANIFESTS)
        for at in upwards(folder)
        if at != "."
    )


def _asked(flow: Workflow) -> list[str]:
    """Return the paths that a push has to touch to start a workflow, but for the definitions of CI."""
    push = y.get(flow.node, "on", "push")
    return [p for p in y.strings(y.get(push, "paths")) if not p.startswith((".github/", "!"))]


def _started_without(flow: Workflow, part: Part, others: list[Part]) -> bool:
    """Return whether no push of a part starts a workflow: its filters of paths let others in only."""
    push = y.get(flow.node, "on", "push")
    ignored = [_literal(p) for p in y.strings(y.get(push, "paths-ignore")) if p.endswith(("/**", "/*", "/"))]
    if part.root != "." and any(p and inside(part.root, p) for p in ignored):
        return True
    folders = [_literal(p) for p in _asked(flow)]
    if not folders:
        return False
    if part.root != ".":
        return not any(not f or inside(f, part.root) or inside(part.root, f) for f in folders)
    own = [o.root for o in others if o.root != "."]
    return all(f and any(inside(f, r) for r in own) for f in folders)


def _literal(pattern: str) -> str:
    """Return the folders that a pattern starts with, "" where a wildcard is in its first one."""
    found: list[str] = []
    for name in pattern.removeprefix("./").split("/"):
        if set("*?[+") & set(name):
            break
        found.append(name)
    return "/".join(n for n in found if n)


def _works_in_others(facts: Facts, job: Job, part: Part, others: list[Part]) -> bool:
    """Return whether all that a job runs, or gives its actions as a folder, is in the folders of other parts."""
    own = [o.root for o in others if o.root != "." and not inside(part.root, o.root)]
    folders = [join(".", s.working_directory or ".") for s in job.steps if s.run]
    given = [v for s in job.steps if not s.run for k, v in s.inputs.items() if k.lower() in _FOLDERS and "$" not in v]
    if not folders and not any(step_deploys(facts, job, s) for s in job.steps):
        return False
    folders += [join(".", v) for v in given]
    return bool(folders) and all(any(inside(f, r) for r in own) for f in folders)


def _puts_up_pages(facts: Facts, job: Job) -> bool:
    """Return whether all that a job deploys is put on a host of pages."""
    acts = [a for s in job.steps if (a := _on_pages(facts, job, s)) is not None]
    return bool(acts) and all(acts)


def _on_pages(facts: Facts, job: Job, step: Step) -> bool | None:
    """Return whether a step that deploys puts files on a host of pages, None for one that deploys nothing."""
    if not step_deploys(facts, job, step):
        return None
    if step.uses:
        return puts_up_pages(step.uses)
    deploys = [r.words for r in step_commands(facts, step) if r.runs is not False and not r.followed]
    deploys = [w for w in deploys if command_state(w) in (State.DEPLOYS, State.HANDS_OVER)]
    copies = {"rsync", "scp", "sftp", "lftp"}
    return bool(deploys) and all(
        puts_up_files(w) and not (is_weak(w) and w[0].rpartition("/")[2] in copies) for w in deploys
    )


def _is_built(facts: Facts, flow: Workflow, job: Job, part: Frontend) -> bool:
    """Return whether a job, or one that it waits for, builds a frontend."""
    jobs, above = {j.id: j for j in flow.jobs}, [job.id]
    for name in above:
        above += [n for n in (jobs[name].needs if name in jobs else ()) if n not in above]
    return any(b.workflow == flow.path and b.job in above for b in find_builds(facts, part))


def _has_own_host(facts: Facts, part: Frontend) -> bool:
    """Return whether a file in a frontend's own folder says that a host of pages deploys it by itself."""
    return part.root != "." and any(f"{part.root}/{n}" in facts.paths for n in _PAGE_HOSTS)


def _is_in_image(facts: Facts, part: Part) -> bool:
    """Return whether an image that runs a backend builds a frontend too: who deploys one deploys the other."""
    if isinstance(part, Backend):
        return False
    images = {i.path for b in facts.backends for i in images_that_run(facts, b)}
    return any(b.path in images for b in find_builds(facts, part))


def _named(flow: Workflow, job: Job, parts: list[Part]) -> list[Part]:
    """Return the parts that the names of a job say, else those of its workflow; none where they say all or nothing."""
    stem = flow.path.rpartition("/")[2].rpartition(".")[0]
    for names in ((job.id, job.name or ""), (stem, y.scalar(y.get(flow.node, "name")) or "")):
        words = {w for n in names for w in words_of(n)}
        found = [p for p in parts if _WORDS["backend" if isinstance(p, Backend) else "frontend"] & words]
        if found:
            return found if len(found) < len(parts) else []
    return []
