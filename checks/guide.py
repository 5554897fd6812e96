"""What `list` and `explain` print: every item with why it matters, the evidence sought, how to fix it, where to read on."""

from __future__ import annotations

import inspect
import json

from checks.checklist import CHECKLIST, SUPPORT, every_item
from checks.model import Item


def why_and_fix(item: Item) -> tuple[str, str]:
    """Return why an item matters and how to fix it, from its check's docstring."""
    text = inspect.getdoc(item.check.function) or ""
    why, _, fix = text.partition("To fix: ")
    return " ".join(why.split()), " ".join(fix.split())


def _asked(item: Item) -> str:
    where = [item.looks_at] if item.looks_at else []
    if item.online:
        where.append("Sentry, with `--online`")
    if item.signable:
        where.append("a sign-off, where neither files nor Sentry can show it")
    return "; ".join(where)


def list_text() -> str:
    """Return one line for each item."""
    lines: list[str] = []
    section = ""
    for item in every_item():
        if item.section != section:
            section = item.section
            lines += ["", section] if lines else [section]
        lines.append(f"  {item.id:25} {item.severity.value:12} {item.step or '-':17} {item.title}")
    return "\n".join(lines) + "\n"


def item_data(item: Item) -> dict[str, object]:
    """Return an item as plain data."""
    why, fix = why_and_fix(item)
    return {
        "id": item.id,
        "title": item.title,
        "section": item.section,
        "severity": item.severity.value,
        "step": item.step,
        "online": item.online,
        "sign_off": item.signable,
        "why": why,
        "evidence": item.looks_at,
        "proven_by": item.proven_by or None,
        "fix": fix,
        "docs_url": item.docs_url,
    }


def list_json() -> str:
    """Return all items as JSON."""
    return json.dumps({"schema_version": 1, "items": [item_data(i) for i in every_item()]}, indent=2) + "\n"


def list_markdown() -> str:
    """Return the table of `checks/items/README.md`."""
    lines = []
    for section in dict.fromkeys(i.section for i in CHECKLIST):
        lines += [f"### {section}", "", "| item | severity | what it means | step |", "|---|---|---|---|"]
        for item in CHECKLIST:
            if item.section == section:
                step = f"`{item.step}`" if item.step else ""
                lines.append(f"| `{item.id}` | {item.severity.value} | {item.title} | {step} |")
        lines.append("")
    return "\n".join(lines)


def items_page() -> str:
    """Return `checks/items/README.md`: the table, then why each item matters, its evidence, what proves it, and how to fix it."""
    lines = [
        "# The checklist",
        "",
        "Written by `python -m checks.guide > checks/items/README.md`; a test compares them.",
        "",
        "Each outcome is `pass`, `fail`, `unknown`, `not-applicable` or `error`. A pass has evidence, a fail has a place, and an",
        "unknown names what would decide it. Only required items change the exit code.",
        "",
        list_markdown(),
    ]
    for item in CHECKLIST:
        why, fix = why_and_fix(item)
        lines += [f"## {item.id}", "", why, "", f"- **Evidence:** {_asked(item)}"]
        lines += [f"- **Proven by:** {item.proven_by}"] if item.proven_by else []
        lines += [f"- **To fix:** {fix}"] if fix else []
        lines += [f"- **Set up by:** `sentry-setup apply {item.step} --yes`"] if item.step else []
        lines += [f"- [Read more]({item.docs_url})", ""]
    return "\n".join(lines)


def explain_text(item: Item) -> str:
    """Return an item's explanation for the terminal."""
    why, fix = why_and_fix(item)
    lines = [
        f"{item.id} ({item.severity.value}): {item.title}",
        "",
        why,
        "",
        f"Evidence: {_asked(item)}",
        f"Proven by: {item.proven_by or 'nothing that can be observed; a pass rests on the evidence'}",
        "",
        f"To fix: {fix}",
        "",
    ]
    if item.step:
        lines.append(f"Set up by: sentry-setup apply {item.step} --yes")
    lines += [f"Read more: {item.docs_url}", "", *SUPPORT]
    return "\n".join(lines) + "\n"


def explain_json(item: Item) -> str:
    """Return an item's explanation as JSON."""
    return json.dumps(item_data(item), indent=2) + "\n"


def explain_markdown(item: Item) -> str:
    """Return an item's explanation as Markdown."""
    why, fix = why_and_fix(item)
    lines = [f"## {item.title}", "", f"`{item.id}`, {item.severity.value}, {item.section}", "", why, ""]
    lines += [
        f"**Evidence:** {_asked(item)}",
        "",
        f"**Proven by:** {item.proven_by or 'nothing that can be observed'}",
        "",
        f"**To fix:** {fix}",
        "",
    ]
    if item.step:
        lines += [f"**Set up by:** `sentry-setup apply {item.step} --yes`", ""]
    lines += [f"[Read more]({item.docs_url})", ""]
    lines += [f"- [{title}]({url})" for title, _, url in (s.partition(": ") for s in SUPPORT)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(items_page())
