"""One HTML file to hand round: no scripts, nothing loaded from elsewhere, light and dark, fit for print."""

from __future__ import annotations

from html import escape

from checks.model import Evidence, Finding, Outcome, Report, Result
from checks.report.safe import printable, redact
from checks.report.text import GLYPHS, place, summing_line, word
from checks.version import __version__

_STYLE = """
:root { color-scheme: light dark; --text: #1b1b1f; --back: #ffffff; --quiet: #57575f; --line: #d9d9e0;
  --pass: #17663a; --fail: #a1161e; --unknown: #7a5200; }
@media (prefers-color-scheme: dark) { :root { --text: #ececf1; --back: #17171c; --quiet: #a9a9b4; --line: #3a3a44;
  --pass: #7ddba3; --fail: #ff9d9d; --unknown: #f3c969; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); margin: 0 auto;
  max-width: 62rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .quiet { color: var(--quiet); } code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
ul { padding-left: 1.2rem; margin: .25rem 0; } details { border-top: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; } summary b { font-weight: 600; } .pass { color: var(--pass); } .fail, .error { color: var(--fail); }
.unknown { color: var(--unknown); } .not-applicable { color: var(--quiet); } a { color: inherit; }
@media print { body { max-width: none; padding: 0; } details:not([open]) > *:not(summary) { display: block; } }
"""


def render_html(report: Report, *, title: str = "Sentry checklist", lead: str = "") -> str:
    """Return the whole report; `lead` is shown first (a GO or NO-GO)."""
    revision = f" at <code>{escape(report.revision[:10])}</code>" if report.revision else ""
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="quiet"><code>{_text(report.root)}</code>{revision}</p>',
        lead,
        f"<p><strong>{_text(summing_line(report))}</strong></p>",
    ]
    for heading, results in (
        ("Unchecked", [r for r in report.unchecked if not r.known]),
        ("Undecided", list(report.undecided)),
        ("Waived", [r for r in report.results if r.waiver]),
    ):
        if results:
            body += [f"<h2>{heading}</h2>", *(_item(r, opened=True) for r in results)]
    for section in dict.fromkeys(r.item.section for r in report.results):
        body.append(f"<h2>{escape(section)}</h2>")
        body += [_item(r, opened=False) for r in report.results if r.item.section == section]
    if report.notes:
        body += ["<h2>Notes</h2>", "<ul>", *(f"<li>{_text(n)}</li>" for n in report.notes), "</ul>"]
    body.append(f'<p class="quiet">sentry-setup {escape(__version__)}</p>')
    head = f'<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>'
    policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        head,
        policy,
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
    ]
    return redact("\n".join([*lines, "<main>", *(b for b in body if b), "</main>", "</body>", "</html>"])) + "\n"


def _text(text: str) -> str:
    return escape(printable(text))


def _item(result: Result, *, opened: bool) -> str:
    item = result.item
    state = f'<span class="{result.outcome.value}">{GLYPHS[result.outcome]} {word(result)}</span>'
    lines = [
        f"<details{' open' if opened else ''}>",
        f'<summary>{state} <b>{escape(item.title)}</b> <span class="quiet"><code>{item.id}</code>, {item.severity.value}</span></summary>',
        "<ul>",
    ]
    if result.waiver:
        until = f" until {result.waiver.until}" if result.waiver.until else ""
        lines.append(f"<li>waived{until}: {_text(result.waiver.reason)}</li>")
    for verdict in result.verdicts:
        name = f"{_text(verdict.target.name)}: " if verdict.target and len(result.verdicts) > 1 else ""
        lines += [_fact(name, e.fact, e, Outcome.PASS, None) for e in verdict.evidence]
        lines += [_fact(name, f.message, f, verdict.outcome, f.hint) for f in verdict.findings]
    lines += ["</ul>", f'<p><a href="{escape(item.docs_url)}">Documentation of {item.id}</a></p>', "</details>"]
    return "\n".join(lines)


def _fact(name: str, text: str, fact: Evidence | Finding, outcome: Outcome, hint: str | None) -> str:
    where = f"<code>{escape(place(fact))}</code> " if fact.path else ""
    advice = f'<br><span class="quiet">→ {_text(hint)}</span>' if hint else ""
    return f'<li><span class="{outcome.value}">{GLYPHS[outcome]}</span> {name}{where}{_text(text)}{advice}</li>'
