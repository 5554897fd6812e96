"""The reports that are passed on: name and revision, anchors, links to lines, the fix beside each failure, GO or NO-GO."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from msgspec.structs import replace

from checks.model import Finding, Target, failed, in_repository, in_sentry, passed, unknown
from checks.report.github import render_github
from checks.report.html import render_html
from checks.report.markdown import render_markdown
from checks.report.sarif import render_sarif, sentence
from checks.report.view import Decision, view
from checks.repository.origin import parse_origin
from tests.checks.test_report_text import filled, result

ORIGIN = parse_origin("git@github.com:acme/shop.git")
FAILURE = Finding(message="`SENTRY_DSN` is not declared", path="render.yaml", line=3, hint="store it as a secret")


def report(*results, **changed):
    given = results or (
        result("dsn-configured", failed(FAILURE)),
        result("test-event", passed(in_sentry("event 1"))),
        result("source-maps", passed(in_repository("the plugin uploads", "vite.config.ts", 8))),
        result("team-access", unknown("members are in Sentry", hint="run with `--online`")),
    )
    made = replace(filled(*given), root="/home/ada/secret/shop", date="2026-11-29", origin=ORIGIN)
    return replace(made, **changed)


def test_the_page_names_the_project_the_day_the_revision_and_the_counts():
    page = render_html(report())
    assert "<title>Failing: Sentry checklist of acme/shop</title>" in page and "/home/ada" not in page
    assert "<strong>Failing</strong> <span>1 required item fails. 1 required item is unknown." in page
    assert "1 failing, 1 unknown, 2 passing (1 proven, 1 wired)" in page
    assert '<time datetime="2026-11-29">2026-11-29</time> · revision <code>0123456789</code>' in page
    assert '<h1><a href="https://github.com/acme/shop">acme/shop</a></h1>' in page


def test_a_failing_item_is_open_with_its_line_on_the_forge_why_and_the_command():
    page = render_html(report())
    item = page.partition('<details id="dsn-configured"')[2].partition("</details>")[0]
    assert item.startswith(' class="item fail" open>') and "The deployed application has no DSN" in item
    assert 'href="https://github.com/acme/shop/blob/0123456789abcdef/render.yaml#L3">render.yaml:3</a>' in item
    assert "<code>SENTRY_DSN</code> is not declared" in item and "→ store it as a secret" in item
    assert "Without a DSN the SDK is silently off" in item and "<b>To fix:</b>" in item
    assert '<pre class="command"><code>sentry-setup apply dsn --yes</code></pre>' in item
    assert '<details id="source-maps" class="item wired">' in page and '<li><a href="#dsn-configured">' in page


@pytest.mark.parametrize(
    ("unknowns", "expected"),
    [
        (["test-event"], "### Unknown\n\n**1 needs Sentry** (run with `--online`): [`test-event`]"),
        (["test-event", "email-alerts"], "### Unknown\n\n**2 need Sentry** (run with `--online`): [`test-event`]"),
        (["source-maps", "test-event", "email-alerts"], "\n\n**2 more need Sentry** (run with `--online`): [`test"),
    ],
)
def test_what_needs_sentry_is_under_the_heading_of_the_unknown(unknowns, expected):
    """It says "more" only below a table of others."""
    given = [result(i, unknown("x", path="vite.config.ts" if i == "source-maps" else None)) for i in unknowns]
    text = render_markdown(report(*given))
    assert expected in text and text.count("### Unknown") == 1


def test_what_is_unknown_within_a_failing_item_is_not_marked_as_failing():
    """Of two frontends one fails and the other depends on a dashboard: only the first is wrong."""
    depends = unknown(
        "the dashboard decides",
        path="vercel.json",
        line=2,
        hint="check it there",
        target=Target(name="admin", root="admin"),
    )
    fails = failed(Finding(message="no plugin", path="vite.config.ts", line=7), target=Target(name="web", root="web"))
    given = filled(result("source-maps", depends, fails))
    item = render_html(given).partition('<details id="source-maps"')[2].partition("</details>")[0]
    assert re.findall(r'<li class="(\w+)">\s*<span class="target">(\w+)', item) == [("wrong", "web"), ("open", "admin")]
    markdown = render_markdown(given)
    assert (
        "- web: <code>vite.config.ts:7</code>" in markdown
        and "- unknown: admin: <code>vercel.json:2</code>" in markdown
    )


def test_every_anchor_exists_once_and_every_filter_has_its_rule():
    page = render_html(report())
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    for name in re.findall(r'id="(show-[a-z-]+)"', page):
        assert name == "show-all" or f"body:has(#{name}:checked) .item:not(.{name[5:]})" in page


def test_without_origin_the_folder_is_the_name_and_nothing_links_to_a_forge():
    page = render_html(report(origin=None))
    assert "<h1>shop</h1>" in page and "/home/ada" not in page and '<code class="place">render.yaml:3</code>' in page
    assert "github.com/acme" not in page


@pytest.mark.parametrize(("go", "word"), [(True, "GO"), (False, "NO-GO")])
def test_a_launch_says_go_or_no_go_first(go, word):
    blocking = () if go else (("dsn-configured", FAILURE),)
    decision = Decision(go=go, blocking=blocking, changes=("dsn-configured: pass → fail",))
    page, markdown = render_html(report(), decision), render_markdown(report(), decision)
    assert f"<strong>{word}</strong>" in page and f'<header class="{"good" if go else "bad"}">' in page
    assert markdown.startswith(f"## {'✓' if go else '✗'} {word}: Sentry launch check of acme/shop\n")
    assert ("What blocks the launch" in page) == ("What blocks the launch" in markdown) == (not go)
    assert "pass → fail" in page and "Changed since" in markdown
    first = page.partition('id="blocking"')[2].partition("</section>")[0]
    assert ('/blob/0123456789abcdef/render.yaml#L3">render.yaml:3</a>' in first) == (not go)


def test_markdown_has_the_same_facts():
    shown = view(report())
    markdown = render_markdown(report())
    assert shown.sentence in markdown and shown.tally in markdown and "0123456789" in markdown
    assert "```bash\nsentry-setup apply dsn --yes\n```" in markdown and "/home/ada" not in markdown
    assert 'href="https://github.com/acme/shop/blob/0123456789abcdef/render.yaml&#35;L3"' in markdown
    for entry in shown.entries:
        assert f"[`{entry.id}`]({entry.docs_url})" in markdown
        assert f"{entry.state.sign} {entry.state.word}" in markdown


def test_sarif_speaks_in_sentences_and_puts_what_has_no_place_at_the_file_to_change():
    here = Target(name="web", root="web")
    given = [
        result("sdk-installed", failed(Finding(message="no manifest names sentry-sdk"), target=here)),
        result("sdk-initialized", passed(in_repository("settings", "web/settings.py", 1), target=here)),
        result("dsn-configured", failed(FAILURE)),
    ]
    run = json.loads(render_sarif(report(*given)))["runs"][0]
    texts = [r["message"]["text"] for r in run["results"]]
    assert texts[0] == "sentry-sdk is not a runtime dependency. No manifest names sentry-sdk."
    assert texts[1].endswith("`SENTRY_DSN` is not declared. Store it as a secret.")
    places = [r["locations"][0]["physicalLocation"] for r in run["results"]]
    assert places[0]["artifactLocation"]["uri"] == "web/settings.py" and places[1]["region"]["startLine"] == 3
    assert run["versionControlProvenance"][0]["repositoryUri"] == "https://github.com/acme/shop"
    base = places[0]["artifactLocation"]["uriBaseId"]
    assert run["versionControlProvenance"][0]["mappedTo"] == {"uriBaseId": base}
    first, second = render_github(report(*given)).splitlines()[:2]
    assert first.startswith("::error file=web/settings.py,title=sentry-sdk is not a runtime dependency::No manifest")
    assert second.startswith("::error file=render.yaml,line=3,title=The deployed application has no DSN::`SENTRY_DSN`")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no release", "No release."),
        ("errorHandler: x", "errorHandler: x."),
        ("git does not ignore it.", "git does not ignore it."),
        ("before_send loses it", "before_send loses it."),
        ("", ""),
    ],
)
def test_a_message_becomes_a_sentence(text, expected):
    assert sentence(text) == expected


@pytest.mark.parametrize(
    ("url", "name", "line"),
    [
        ("git@github.com:acme/shop.git", "acme/shop", "https://github.com/acme/shop/blob/abc/a%20b.py#L3"),
        (
            "https://ada:token@github.example.com/acme/shop",
            "acme/shop",
            "https://github.example.com/acme/shop/blob/abc/a%20b.py#L3",
        ),
        (
            "ssh://git@gitlab.com:2222/acme/team/shop.git/",
            "acme/team/shop",
            "https://gitlab.com/acme/team/shop/-/blob/abc/a%20b.py#L3",
        ),
        (
            "https://bitbucket.org/acme/shop.git",
            "acme/shop",
            "https://bitbucket.org/acme/shop/src/abc/a%20b.py#lines-3",
        ),
        ("https://git.example.com/acme/shop", "acme/shop", None),
    ],
)
def test_an_origin_names_the_project_and_links_to_its_lines(url, name, line):
    origin = parse_origin(url)
    assert origin is not None and origin.name == name and origin.link("a b.py", 3, "abc") == line
    assert "token" not in str(origin) and origin.link("a.py", 3, None) is None


@pytest.mark.parametrize(
    "url",
    [
        "/srv/git/shop.git",
        "../shop",
        "C:\\code\\shop",
        "file:///srv/shop",
        "",
        "https://[x/y/z",
        "javascript://github.com/a/b",
        "git@github.com:<script>/x",
    ],
)
def test_a_path_or_nonsense_is_no_origin(url):
    assert parse_origin(url) is None


def test_the_template_engine_is_imported_for_html_only():
    code = "import sys, checks.report.markdown, checks.report.sarif, checks.report.text; print('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
