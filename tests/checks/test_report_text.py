"""The text report: what is shown first, how a place is quoted, how far a pass was seen."""

from __future__ import annotations

import pytest

from checks.checklist import CHECKLIST, find_item
from checks.model import (
    Evidence,
    EvidenceKind,
    Finding,
    Proof,
    Report,
    Result,
    Target,
    Verdict,
    failed,
    in_repository,
    in_sentry,
    not_applicable,
    passed,
    unknown,
)
from checks.report.json_v1 import report_v1
from checks.report.text import render_text
from checks.titles import FAILING, PROVEN_BY

ONE, TWO = Target(name="web", root="web"), Target(name="admin", root="admin")


def result(item_id: str, *verdicts: Verdict) -> Result:
    from checks.model import worst

    return Result(item=find_item(item_id), outcome=worst(v.outcome for v in verdicts), verdicts=verdicts)


def filled(*results: Result) -> Report:
    """A report with the given results, and every other item as not applicable."""
    given = {r.item.id: r for r in results}
    rest = [given.get(i.id) or result(i.id, not_applicable("nothing")) for i in CHECKLIST]
    return Report(root="/shop", revision="0123456789abcdef", results=tuple(rest))


def test_a_failing_item_is_a_sentence_with_its_line_and_what_to_do():
    finding = Finding(message="`SENTRY_DSN` is not declared", path="render.yaml", line=3, hint="run `apply dsn`")
    text = render_text(
        filled(result("dsn-configured", failed(finding))), source=lambda path, line: f"  - {path}@{line}"
    )
    assert text.splitlines()[:6] == [
        "Sentry checklist of /shop at 0123456789",
        "",
        "✗ The deployed application has no DSN [dsn-configured]",
        "    render.yaml:3  `SENTRY_DSN` is not declared",
        "       3 │ - render.yaml@3",
        "    → run `apply dsn`",
    ]
    assert text.splitlines()[-1] == "1 unchecked, 0 undecided"


LONG = ", ".join(f"service-{n} (production, deploy/render.yaml:{n})" for n in range(1, 40))
MANY = tuple(
    Finding(message=f"`SENTRY_DSN` is missing for {LONG}", path="deploy/render.yaml", line=n, hint=HINT)
    for n, HINT in enumerate(
        ["run `git rm --cached server/.env.testing`, and add `server/.env.testing` to .gitignore"] * 6, 1
    )
)


@pytest.mark.parametrize("width", [40, 80, 110, 200])
def test_a_long_finding_takes_two_lines_and_what_to_do_is_never_cut(width: int):
    required = [result(i, failed(*MANY)) for i in ("dsn-configured", "source-maps", "sdk-installed")]
    lines = render_text(filled(*required, result("sdk-current", failed(*MANY))), width=width).splitlines()
    blocks = lines[2 : lines.index("")] if "" in lines[2:] else lines[2:]
    assert all(len(line) <= width for line in blocks if line.startswith(("    ", "✗ sdk-current")))
    said = " ".join(line.strip() for line in lines)
    assert said.count("and add `server/.env.testing` to .gitignore") == 3
    assert said.count("and 4 more") == 3
    first = lines[3 : next(n for n, line in enumerate(lines) if "→" in line)]
    assert len(first) == 4 and first[0].startswith("    deploy/render.yaml:1 ") and first[1].endswith("…")


def test_what_is_hidden_is_counted_on_the_line_of_the_hint_as_far_as_it_fits():
    found = [Finding(message="no plugin", path="vite.config.ts", line=n, hint="add it") for n in (1, 2, 3)]
    report = filled(result("source-maps", failed(*found)))
    assert "    → add it · and 1 more (`audit --select source-maps`)" in render_text(report, width=80).splitlines()
    assert "    → add it · and 1 more" in render_text(report, width=40).splitlines()
    assert "    -> add it; and 1 more" in render_text(report, width=40, ascii_only=True).splitlines()
    assert "    and 1 more (`audit --select source-maps`)" in render_text(
        filled(result("source-maps", failed(*(Finding(message=f.message, path=f.path, line=f.line) for f in found)))),
        width=80,
    )


def test_how_many_failures_apply_can_fix_is_said_in_words():
    hint = Finding(message="no DSN", hint="`sentry-setup apply dsn --yes` declares it")
    one = filled(result("dsn-configured", failed(hint)))
    two = filled(result("dsn-configured", failed(hint)), result("debug-off", failed(Finding(message="DEBUG is on"))))
    assert "`apply` can fix it: run `sentry-setup plan`" in render_text(one)
    assert "`apply` can fix 1 of them: run `sentry-setup plan`" in render_text(two)


def test_what_waits_for_sentry_is_one_line_and_other_unknowns_stand_for_themselves():
    text = render_text(
        filled(
            result("test-event", unknown("ask Sentry")),
            result("email-alerts", unknown("ask Sentry")),
            result("source-maps", unknown("the build is computed", path="vite.config.ts", line=7)),
        )
    )
    assert "? 2 need Sentry (run with `--online`): test-event, email-alerts" in text
    assert "? source-maps  vite.config.ts:7  the build is computed" in text


@pytest.mark.parametrize("width", [60, 80, 110, 200])
def test_the_lines_that_name_many_items_fit_the_width(width):
    names = [i.id for i in CHECKLIST]
    waiting = [result(n, unknown("ask Sentry")) for n in names if find_item(n).online][:12]
    passing = [result(n, passed(in_repository("x", "a.py", 1))) for n in names if not find_item(n).online][:20]
    lines = render_text(filled(*waiting, *passing), width=width).splitlines()
    folded = [line for line in lines if line.startswith(("? 12 need Sentry", "✓ 20 pass"))]
    assert len(folded) == 2 and all(len(line) <= width for line in folded)
    assert all(line.endswith(", … (--verbose)") or line.endswith(": … (--verbose)") for line in folded if width < 200)


def test_many_places_are_counted_and_the_source_is_not_asked_for_what_is_hidden():
    findings = [Finding(message=f"place {n}", path="a.py", line=n, hint="fix it") for n in range(1, 9)]
    asked: list[int] = []

    def source(path: str, line: int) -> str | None:
        asked.append(line)
        return "x = 1"

    text = render_text(filled(result("pii-off", failed(*findings))), source=source)
    assert asked == [1, 2] and "and 6 more (`audit --select pii-off`)" in text and "place 3" not in text


def test_excerpts_carry_no_escapes_and_no_tokens():
    finding = Finding(message="bad", path="a.py", line=1)
    text = render_text(filled(result("pii-off", failed(finding))), source=lambda *_: "\x1b[31m sntrys_abcdefgh12345678")
    assert "\x1b" not in text and "sntrys_abc" not in text and "[token]" in text


@pytest.mark.parametrize(
    ("item_id", "verdicts", "proof"),
    [
        ("source-maps", [passed(in_repository("plugin", "vite.config.ts", 3))], Proof.WIRED),
        ("source-maps", [passed(in_sentry("artifact bundle of 1.0"))], Proof.PROVEN),
        (
            "source-maps",
            [passed(in_sentry("bundle"), target=ONE), passed(in_repository("p", "a"), target=TWO)],
            Proof.WIRED,
        ),
        ("source-maps", [failed(Finding(message="no"), evidence=[in_sentry("bundle")])], None),
        ("env-ignored", [passed(in_repository("off", "settings.py", 1))], None),
        ("performance-reviewed", [passed(Evidence(kind=EvidenceKind.SIGN_OFF, fact="Ada"))], None),
    ],
)
def test_a_pass_is_proven_only_by_what_was_observed(item_id, verdicts, proof):
    seen = result(item_id, *verdicts)
    assert seen.proof is proof
    item = next(i for i in report_v1(filled(seen))["items"] if i["id"] == item_id)
    assert item["proof"] == (proof.value if proof else None)
    if proof:
        assert f"1 {proof.value}" in render_text(filled(seen))


def test_every_item_has_its_failing_title_and_proofs_name_items_that_exist():
    ids = {i.id for i in CHECKLIST}
    assert set(FAILING) == ids and set(PROVEN_BY) <= ids
    assert all(i.failing != i.title for i in CHECKLIST)


def test_ascii_only_has_no_other_character():
    finding = Finding(message="bad", path="a.py", line=1, hint="fix it")
    report = filled(result("pii-off", failed(finding)), result("source-maps", passed(in_repository("p", "a"))))
    assert render_text(report, ascii_only=True, source=lambda *_: "x = 1").isascii()
    assert render_text(report, ascii_only=True, verbose=True).isascii()
