"""Kubernetes manifests, Knative services (Cloud Run), kustomizations: every document of every file.

Sources: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/,
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/kustomization/,
https://external-secrets.io/latest/api/externalsecret/, https://cloud.google.com/run/docs/reference/yaml/v1
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace
from yaml import Node

from checks.hosts.containers import Container, containers_of
from checks.hosts.kustomize_patches import KUSTOMIZATIONS, patches_of
from checks.hosts.shapes import secrets_of, variables_of
from checks.parsers import yaml as y
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.text import ParseError
from checks.repository.deployment import Declared, Deployment, unreadable
from checks.repository.facts import Facts, join, parent

WORKLOADS = (
    "Deployment",
    "DeploymentConfig",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    "Job",
    "Pod",
    "Rollout",
    "Service",
)
"""Kinds with containers; a DeploymentConfig is OpenShift's (https://docs.okd.io/latest/applications/deployments/what-deployments-are.html)."""


LISTS = {"List": "items", "Template": "objects"}
"""Kinds that hold other documents, each with its key (https://docs.okd.io/latest/openshift_images/using-templates.html)."""


class _Workload(Struct, frozen=True, kw_only=True):
    """A workload's container in its file; without an image it only adds to another's (a kustomization's patch)."""

    kind: str
    name: str
    container: Container
    schedule: str = ""
    zone: str = ""


class _Source(Struct, frozen=True, kw_only=True):
    """The variables of a ConfigMap or Secret, and whether they are all (an ExternalSecret's `dataFrom` is not)."""

    variables: dict[str, Declared]
    whole: bool
    path: str


def read_kubernetes(facts: Facts, paths: Sequence[str]) -> Iterator[Deployment]:
    """Read the manifests of a repository together: a container may take its variables from a ConfigMap of another file."""
    workloads: list[_Workload] = []
    patched, written = _patches(facts, paths), patches_of(facts, paths)
    sources: dict[tuple[str, str], list[_Source]] = {}
    for path in paths:
        text = facts.text(path) or ""
        kustomization = path.rpartition("/")[2] in KUSTOMIZATIONS
        if "{{" in text or not (kustomization or "kind:" in text):
            continue
        documents = facts.documents(path)
        if isinstance(documents, ParseError):
            if "containers:" in text:
                yield unreadable(path, "kubernetes", "backend", documents)
            continue
        before = len(workloads)
        for document in documents:
            _collect(facts, path, document, workloads, sources)
        if path in patched:
            # A patch may set the image too; it still only adds to what it patches.
            own = [replace(w, container=replace(w.container, image=None)) for w in workloads[before:]]
            workloads[before:] = own
    for base in workloads:
        if base.container.image is None:
            continue
        patches: list[_Workload | None] = [
            w
            for w in workloads
            if w.container.image is None
            and (w.kind, w.name, w.container.name) == (base.kind, base.name, base.container.name)
        ]
        for patch in patches or [None]:
            found = _deployment(base, patch, sources)
            for one in written:
                found = one.on(base.kind, base.name, found)
            yield found


def _patches(facts: Facts, paths: Sequence[str]) -> set[str]:
    """Return the files that kustomizations name as patches (https://kubectl.docs.kubernetes.io/references/kustomize/)."""
    found: set[str] = set()
    for path in (p for p in paths if p.rpartition("/")[2] in KUSTOMIZATIONS):
        document = facts.yaml(path)
        if isinstance(document, Node):
            named = [y.scalar(y.get(p, "path")) for p in y.sequence(y.get(document, "patches"))]
            named += y.strings(y.get(document, "patchesStrategicMerge"))
            found |= {join(parent(path), name) for name in named if name}
    return found


def _deployment(base: _Workload, patch: _Workload | None, sources: dict[tuple[str, str], list[_Source]]) -> Deployment:
    container = base.container
    place = patch.container.path if patch else container.path
    references = (*container.references, *(patch.container.references if patch else ()))
    variables: dict[str, Declared] = {}
    unseen: str | None = None
    for kind, name, prefix in references:
        known = _nearest(sources.get((kind, name), []), place)
        if known is None or not known.whole:
            unseen = unseen or f"the {kind} `{name}`" + ("" if known else ", which is not in this repository")
        variables |= {prefix + k: v for k, v in (known.variables if known else {}).items()}
    variables |= container.variables | (patch.container.variables if patch else {})
    for variable, kind, name, key in (*container.keys, *(patch.container.keys if patch else ())):
        known = _nearest(sources.get((kind, name), []), place)
        filled = known.variables.get(key) if known is not None else None
        if filled is not None and variable in variables:
            variables[variable] = filled
        elif known is not None and known.whole and variable in variables:
            del variables[variable]  # the key is not there, and the container does not start
    whole = replace(
        container,
        name=base.name,
        variables=variables,
        commands=(patch.container.commands if patch else "") or container.commands,
        path=place,
        line=patch.container.line if patch else container.line,
    )
    host = "cloud run" if base.kind == "Service" else "kubernetes"
    found = whole.deployment(host, container.path if not patch else place, closed=unseen is None, elsewhere=unseen)
    found = replace(found, schedule=base.schedule, zone=base.zone)
    if found.serves == "unknown" and references and not found.closed:
        return replace(found, serves="backend")
    return found


def _nearest(found: list[_Source], place: str) -> _Source | None:
    """Of several of one name (an overlay each), the one in the folder of what uses it, else the first."""
    return next((s for s in found if parent(s.path) == parent(place)), found[0] if found else None)


def _collect(
    facts: Facts,
    path: str,
    document: Node,
    workloads: list[_Workload],
    sources: dict[tuple[str, str], list[_Source]],
) -> None:
    kind = y.scalar(y.get(document, "kind")) or ""
    name = y.scalar(y.get(document, "metadata", "name")) or path
    if kind in LISTS:
        for item in y.sequence(y.get(document, LISTS[kind])):
            _collect(facts, path, item, workloads, sources)
    elif kind in WORKLOADS:
        clock, zone = (y.scalar(y.get(document, "spec", k)) or "" for k in ("schedule", "timeZone"))
        workloads += [
            _Workload(kind=kind, name=name, container=c, schedule=clock, zone=zone)
            for c in containers_of(document, path)
        ]
    elif kind in ("ConfigMap", "Secret", "SealedSecret", "ExternalSecret"):
        made, source = _source(kind, name, document, path)
        sources.setdefault(made, []).append(source)
    elif kind == "Kustomization" or path.rpartition("/")[2] in KUSTOMIZATIONS:
        for made, source in _generated(facts, document, path):
            sources.setdefault(made, []).append(source)


def _source(kind: str, name: str, document: Node, path: str) -> tuple[tuple[str, str], _Source]:
    whole = True
    if kind == "ConfigMap":
        variables = variables_of(y.get(document, "data"), path)
    elif kind == "Secret":
        variables = secrets_of(y.get(document, "data"), path)
        variables |= variables_of(y.get(document, "stringData"), path)
    elif kind == "SealedSecret":
        variables = secrets_of(y.get(document, "spec", "encryptedData"), path)
    else:
        name = y.scalar(y.get(document, "spec", "target", "name")) or name
        variables = {}
        for entry in y.sequence(y.get(document, "spec", "data")):
            key = y.get(entry, "secretKey")
            if key is not None and (text := y.scalar(key)):
                variables[text] = Declared(value=None, path=path, line=y.line_of(key))
        template = variables_of(y.get(document, "spec", "target", "template", "data"), path)
        variables = template or variables
        whole = y.get(document, "spec", "dataFrom") is None
    return ("ConfigMap" if kind == "ConfigMap" else "Secret", name), _Source(
        variables=variables, whole=whole, path=path
    )


def _generated(facts: Facts, document: Node, path: str) -> Iterator[tuple[tuple[str, str], _Source]]:
    for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for entry in y.sequence(y.get(document, key)):
            name = y.scalar(y.get(entry, "name"))
            if not name:
                continue
            variables = variables_of(y.get(entry, "literals"), path)
            whole = True
            for file in (*y.strings(y.get(entry, "envs")), *y.strings(y.get(entry, "env"))):
                located = join(parent(path), file)
                text = facts.text(located) if located in facts.paths else None
                whole = whole and text is not None
                for bound in parse_dotenv(text or ""):
                    variables.setdefault(bound.name, Declared(value=bound.value, path=located, line=bound.line))
            yield (kind, name), _Source(variables=variables, whole=whole, path=path)
