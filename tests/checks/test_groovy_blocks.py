"""Braces of a Jenkinsfile on a line of their own, as Groovy reads them."""

from __future__ import annotations

import pytest

from checks.parsers.groovy_blocks import Block, parse_blocks
from checks.parsers.text import ParseError
from tests.support.repo import backend, check_one


def _tree(blocks: list[Block]) -> list[object]:
    return [b.name if b.body is None else (b.name, _tree(b.body)) for b in blocks]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("def a(x)\n{\n  one 'b'\n}\ntwo 'c'\n", [("def", ["one"]), "two"]),
        ("stage('a')\n\n// why\n{\n  if (x){ throw f('(') }\n}", [("stage", [("if", ["throw"])])]),
        ("if (a)\n{\n  b()\n}\nelse\n{\n  c()\n}\n", [("if", ["b"]), ("else", ["c"])]),
        ("a();\n{ b() }", ["a", ("", ["b"])]),
        ("a { b() }\n{ c() }", [("a", ["b"]), ("", ["c"])]),
        ("{ a() }", [("", ["a"])]),
    ],
)
def test_braces_on_the_next_line_are_the_statements(text, tree):
    assert _tree(parse_blocks(text)) == tree


@pytest.mark.parametrize("text", ["def a()\n{\n  b()\n", "a()\n}\n"])
def test_braces_that_do_not_match_are_refused(text):
    with pytest.raises(ParseError):
        parse_blocks(text)


JENKINS = """def start(branch)
{
    def answer = httpRequest (
        url: "https://ci.example.com/api/v2/pipeline")
    if (answer.status >= 300){
        throw new Exception("ERROR: start() failed")
    }
}

pipeline
{
    stages {
        stage('deploy') {
            steps {
                sh "curl -H 'Authorization: ${SENTRY_AUTH_TOKEN}' https://sentry.io"
            }
        }
    }
}
"""


def test_a_jenkinsfile_with_such_braces_is_read():
    verdict = check_one("ci-token-safe", backend() | {"Jenkinsfile": JENKINS})
    assert not any("cannot be read" in f.message for f in verdict.findings)
    broken = check_one("ci-token-safe", backend() | {"Jenkinsfile": JENKINS + "}\n"})
    (found, *_) = broken.findings
    assert (found.message, found.path, found.line, found.hint) == (
        "Jenkinsfile cannot be read: a brace is closed that was not opened", "Jenkinsfile", 20, "fix the file",
    )  # fmt: skip
