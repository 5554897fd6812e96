"""Clusters and clouds that a job starts on its own machine: what is deployed to them is a test, and reaches no user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.ci.commands import step_commands
from checks.parsers import yaml as y

if TYPE_CHECKING:
    from checks.ci.model import Job, Step
    from checks.repository.facts import Facts

_CLUSTERS = frozenset({"minikube", "kind", "k3d", "k3s", "k0s", "microk8s", "ctlptl"})
_STARTS = {
    "minikube": ("start",),
    "kind": ("create",),
    "k3d": ("create",),
    "k3s": ("server",),
    "microk8s": ("start", "install"),
    "ctlptl": ("create", "apply"),
}
_OTHERS = frozenset({"eks", "aks", "gke", "credentials", "kubeconfig", "context"})
"""Words of the actions that turn `kubectl` to a cluster elsewhere."""
_FETCHES = frozenset({"update-kubeconfig", "get-credentials", "kubeconfig", "use-context", "set-context"})
"""Words of the commands that do so."""
_OF_CLUSTERS = frozenset({"kubectl", "k", "helm", "helmfile", "skaffold", "oc", "kustomize", "werf"})
_CHOOSES = ("--context", "--kube-context", "--kubeconfig")
_HERE = ("localhost", "127.0.0.1", "localstack", "0.0.0.0")


class OwnMachine:
    """What runs on a job's machine so far: `saw` each step in its order, then ask what the next one deploys to."""

    def __init__(self, job: Job) -> None:
        images = [y.scalar(y.get(s, "image")) or y.scalar(s) or "" for _, _, s in y.pairs(y.get(job.node, "services"))]
        self.cluster = any(_named(i) & _CLUSTERS for i in images)
        self.cloud = any("localstack" in i for i in images)

    def saw(self, facts: Facts, step: Step) -> None:
        """Note what a step starts here, and whether it turns to another cluster; what may be left out starts nothing."""
        sure = step.condition is None and step.runs is True
        if step.uses:
            words = _named(step.uses.partition("@")[0].rpartition("/")[2])
            self.cluster = (self.cluster and not words & _OTHERS) or (sure and _starts(words))
            self.cloud = self.cloud or (sure and "localstack" in words)
            return
        for ran in step_commands(facts, step):
            program, rest = ran.words[0].rpartition("/")[2], ran.words[1:]
            if program not in _CLUSTERS and _FETCHES & set(rest) and not _own_context(rest[-1:]):
                self.cluster = False
            if sure and ran.runs is True:
                self.cluster = self.cluster or any(w in rest for w in _STARTS.get(program, ()))
                self.cloud = self.cloud or (program == "localstack" and "start" in rest)

    def keeps(self, words: tuple[str, ...], env: dict[str, str]) -> bool:
        """Return whether what a command deploys stays on this machine."""
        program = words[0].rpartition("/")[2]
        address = _value(words, ("--endpoint-url",)) or env.get("AWS_ENDPOINT_URL", "")
        if program == "aws" and any(h in address for h in _HERE):
            return True
        if program not in _OF_CLUSTERS or not self.cluster or env.get("KUBECONFIG"):
            return False
        chosen = _value(words, _CHOOSES)
        return not chosen or _own_context((chosen,))

    def keeps_action(self, uses: str) -> bool:
        """Return whether an action starts a cluster on this machine, or deploys to it."""
        words = _named(uses.partition("@")[0])
        reaches = words & {"helm", "kubectl", "k8s", "kubernetes", "helmfile", "kustomize"}
        return _starts(_named(uses.partition("@")[0].rpartition("/")[2])) or (self.cluster and bool(reaches))

    @property
    def holds_anything(self) -> bool:
        """Whether a script whose text is not known may deploy to what runs here."""
        return self.cluster or self.cloud


def _starts(words: set[str]) -> bool:
    """Return whether the words of an action's name say that it starts a cluster."""
    return bool(words & _CLUSTERS) and not words & {"deploy", "deployment"}


def _named(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _own_context(words: tuple[str, ...]) -> bool:
    return any(w == "minikube" or w.startswith(("kind-", "k3d-", "microk8s")) for w in words)


def _value(words: tuple[str, ...], flags: tuple[str, ...]) -> str:
    """Return the value of a flag, written as `--flag=value` or as two words."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in flags:
            return value if equals else next(iter(words[at + 1 : at + 2]), "")
    return ""
