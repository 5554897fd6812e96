"""The library: the audit as one function, and the values it returns and takes. What `__all__` names keeps its shape.

The rest of the package may change from one version to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

from checks.audit import require_target, run_audit
from checks.checklist import select
from checks.config import load_config
from checks.errors import UsageError
from checks.model import (
    Evidence,
    EvidenceKind,
    Finding,
    Item,
    LazyCheck,
    Outcome,
    Proof,
    Report,
    Result,
    Severity,
    Target,
    Verdict,
    failed,
    not_applicable,
    passed,
    unknown,
)
from checks.repository.facts import Facts
from checks.repository.tree import DirectoryTree

__all__ = [
    "Evidence",
    "EvidenceKind",
    "Facts",
    "Finding",
    "Item",
    "LazyCheck",
    "Outcome",
    "Proof",
    "Report",
    "Result",
    "Severity",
    "Target",
    "Verdict",
    "audit",
    "failed",
    "not_applicable",
    "passed",
    "unknown",
]


def audit(
    path: str | Path,
    *,
    select_items: Collection[str] = (),
    ignore_items: Collection[str] = (),
    answers: Mapping[str, str] | None = None,
) -> Report:
    """Audit the files of a repository, offline: nothing is written, run or sent.

    `select_items` and `ignore_items` are ids (default: all items), `answers` what `--set` gives. Raises `UsageError` for a path,
    id, key or configuration that is wrong, and `NothingToAuditError` where there is neither a backend nor a frontend.
    """
    root = Path(path)
    if not root.is_dir():
        raise UsageError(f"{path} is not a directory", hint="name the repository's directory")
    tree = DirectoryTree(root)
    with closing(tree):
        facts = Facts(tree, load_config(tree).with_answers(dict(answers or {})))
        report = run_audit(facts, select(tuple(select_items), tuple(ignore_items)))
        require_target(facts)
        return report
