"""`--policy REV`: configuration, waivers and sign-offs as they are in a revision that the audited change could not touch.

A pull request's own tree would otherwise judge itself: one commit waives everything, or points `backend.root` at a clean copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from checks.config import OWN_FILE, Config, load_config
from checks.errors import UsageError
from checks.model import Finding, Item, LazyCheck, Severity, Verdict, failed, in_repository, not_applicable, passed
from checks.parsers.text import decode
from checks.repository.facts import Facts
from checks.repository.revision import RevisionTree
from checks.repository.scan import InlineIgnore, inline_ignores, scan
from checks.repository.tree import Tree, UnreadableFileError


class Policy(Struct, frozen=True, kw_only=True):
    """The revision that rules, as the command named it, its files, and what the audited tree would change in its configuration."""

    name: str
    tree: Tree
    changes: tuple[Finding, ...]

    def text(self, path: str) -> str:
        """Return a file's text in that revision; "" where it cannot be read."""
        try:
            return decode(self.tree.read(path) or b"")
        except UnreadableFileError:
            return ""

    def waives(self, ignore: InlineIgnore) -> bool:
        """Return whether the same comment stands in the same file of that revision."""
        known = inline_ignores(ignore.path, self.text(ignore.path))
        return any(k.reason == ignore.reason and set(ignore.ids) <= set(k.ids) for k in known)


def policy_unchanged(facts: Facts) -> list[Verdict]:
    """A change must not loosen its own audit.

    With `--policy`, the configuration, waivers and sign-offs that count are those of the revision it names. What the change alters
    in them has no effect before it is merged; a reviewer sees it here.

    To fix: let a reviewer agree to these changes, or propose them apart from the code that they excuse.
    """
    policy = facts.policy
    if policy is None:
        return [not_applicable("`--policy` was not given")]
    comments = [
        Finding(
            message=f"the change adds a comment that waives {', '.join(i.ids)}: {i.reason or 'no reason'}",
            path=i.path,
            line=i.line,
            hint=_LATER,
        )
        for i in scan(facts).ignores
        if not policy.waives(i)
    ]
    findings = (*policy.changes, *comments)
    if findings:
        return [failed(*findings)]
    fact = f"configuration, waivers and sign-offs come from {policy.name}"
    return [passed(in_repository(fact, facts.config.path or OWN_FILE))]


POLICY_ITEM = Item(
    id="policy-unchanged",
    title="The change does not alter the audit's own configuration",
    failing="The change alters the audit's own configuration",
    section="Repository",
    severity=Severity.RECOMMENDED,
    check=LazyCheck(module="checks.policy", name="policy_unchanged"),
    step=None,
    docs_url="https://docs.github.com/en/actions/reference/security/secure-use",
    looks_at="the configuration in both revisions, and comments that waive",
)
"""An item that only an audit with `--policy` has, so that every format shows what a change would alter."""

_LATER = "it takes effect once it is merged"


def read_policy(head: Config, root: Path, name: str) -> tuple[Config, Policy]:
    """Return what `ruled` does, for the revision `name` of the repository at `root`. Raises `UsageError`."""
    tree = RevisionTree(root, name)
    try:
        base = load_config(tree)
    except UsageError as error:
        raise UsageError(f"{error.message} (in {name}, which --policy names)", hint=error.hint) from error
    return ruled(head, base, tree, name)


def ruled(head: Config, base: Config, tree: Tree, name: str) -> tuple[Config, Policy]:
    """Return the configuration that counts, and the policy with what `head` would change in `base`.

    Answers are those of the base; a waiver or sign-off counts only where it stands, equal, in both.
    """
    config = replace(
        base,
        waivers=tuple(w for w in base.waivers if w in head.waivers),
        sign_offs=tuple(s for s in base.sign_offs if s in head.sign_offs),
    )
    return config, Policy(name=name, tree=tree, changes=tuple(_changes(head, base)))


def _changes(head: Config, base: Config) -> Iterator[Finding]:
    path = head.path or base.path or OWN_FILE
    for waiver in head.waivers:
        if waiver not in base.waivers:
            yield _finding(path, f"the change waives {waiver.id} until {waiver.until}: {waiver.reason}")
    for sign_off in head.sign_offs:
        if sign_off not in base.sign_offs:
            yield _finding(path, f"the change signs {sign_off.id} off as {sign_off.by}")
    gone = [w.id for w in base.waivers if w not in head.waivers]
    gone += [s.id for s in base.sign_offs if s not in head.sign_offs]
    yield from (_finding(path, f"the change removes a waiver or sign-off of {item_id}") for item_id in gone)
    for key in sorted({*head.answers, *base.answers}):
        before, after = base.answers.get(key), head.answers.get(key)
        if before != after:
            told = f"from `{before}`" if before is not None else "for the first time"
            yield _finding(
                path, f"the change sets `{key}` {told} to `{after}`" if after else f"the change unsets `{key}`"
            )


def _finding(path: str, message: str) -> Finding:
    return Finding(message=message, path=path, hint=_LATER)
