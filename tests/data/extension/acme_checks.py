"""An organization's own item, as a package of its own has it."""

from checks.library import Evidence, EvidenceKind, Finding, Item, LazyCheck, Severity, failed, not_applicable, passed


def no_print(facts):
    """Output belongs in a log, which Sentry sees.

    To fix: use a logger.
    """
    paths = sorted(p for p in facts.paths if p.endswith(".py"))
    if not paths:
        return [not_applicable("there is no Python")]
    findings = [Finding(message="it prints", path=p, line=1) for p in paths if "print(" in (facts.text(p) or "")]
    if findings:
        return [failed(*findings)]
    return [passed(Evidence(kind=EvidenceKind.REPOSITORY, fact="no module prints", path=paths[0]))]


ITEMS: tuple[Item, ...] = (
    Item(
        id="acme-no-print",
        title="No module prints",
        failing="A module prints",
        section="Acme",
        severity=Severity.REQUIRED,
        check=LazyCheck(module="acme_checks", name="no_print"),
        step=None,
        docs_url="https://example.com/no-print",
        looks_at="Python modules",
    ),
)
