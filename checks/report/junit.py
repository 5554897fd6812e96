"""JUnit XML for CI servers: a suite a section, a case an item; only what decides the exit code is a failure."""

from __future__ import annotations

from xml.etree import ElementTree

from checks.model import Outcome, Proof, Report, Result
from checks.report.safe import printable, redact
from checks.report.signs import place


def render_junit(report: Report) -> str:
    """Return the report as XML (schema: the JUnit format of Jenkins' xUnit plugin)."""
    root = ElementTree.Element("testsuites", {"name": "sentry-setup"})
    for section in dict.fromkeys(r.item.section for r in report.results):
        results = [r for r in report.results if r.item.section == section]
        cases = [_case(r) for r in results]
        counts = {
            "tests": len(cases),
            "failures": sum(c.find("failure") is not None for c in cases),
            "errors": sum(c.find("error") is not None for c in cases),
            "skipped": sum(c.find("skipped") is not None for c in cases),
        }
        suite = ElementTree.SubElement(root, "testsuite", {"name": f"sentry-setup: {section}", "time": "0.0"})
        suite.attrib.update({k: str(v) for k, v in counts.items()})
        suite.extend(cases)
    ElementTree.indent(root)
    return redact('<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode")) + "\n"


def _case(result: Result) -> ElementTree.Element:
    item = result.item
    case = ElementTree.Element(
        "testcase", {"classname": f"sentry-setup.{item.section}", "name": item.id, "time": "0.0"}
    )
    text = "\n".join(_facts(result))
    first = printable(result.findings[0].message) if result.findings else ""
    if result.outcome is Outcome.ERROR:
        _child(case, "error", first, "crashed", text)
    elif result.newly_unchecked:
        _child(case, "failure", first, item.severity.value, text)
    elif result.waiver:
        _child(case, "skipped", f"waived: {printable(result.waiver.reason)}", None, text)
    elif result.outcome is not Outcome.PASS:
        why = "in the baseline" if result.known else result.outcome.value
        _child(case, "skipped", f"{why}: {first}", None, text)
    else:
        ElementTree.SubElement(case, "system-out").text = text
    return case


def _child(case: ElementTree.Element, name: str, message: str, kind: str | None, text: str) -> None:
    attributes = {"message": message} | ({"type": kind} if kind else {})
    child = ElementTree.SubElement(case, name, attributes)
    if kind:
        child.text = text


def _facts(result: Result) -> list[str]:
    lines = [result.title]
    for finding in result.findings:
        lines.append("  ".join(p for p in (place(finding), printable(finding.message)) if p))
        if finding.hint:
            lines.append(f"  -> {printable(finding.hint)}")
    lines += ["  ".join(p for p in (place(e), printable(e.fact)) if p) for e in result.evidence]
    if result.proof is Proof.PROVEN:
        lines.append("proven")
    elif result.proof is Proof.WIRED:
        lines.append(f"wired; proven by {result.item.proven_by}" if result.item.proven_by else "wired")
    lines.append(result.item.docs_url)
    return lines
