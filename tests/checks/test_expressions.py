"""GitHub's expressions with contexts: values, truth where only that is known, and what stays unknown."""

from __future__ import annotations

import time

import pytest

from checks.parsers.github_evaluation import OPEN, evaluate, truth, with_variables
from checks.parsers.github_expression import Unknown, dotted, in_text, names, parse_condition
from checks.parsers.text import ParseError

OPEN_EVENT = {OPEN: Unknown("github.event")}
CONTEXTS = {
    "github": {
        "ref": "refs/heads/main",
        "ref_name": "main",
        "event_name": "push",
        "actor": "Octocat",
        "event": {
            "list": [1.0, 2.0],
            "number": 7.0,
            "labels": [{"name": "Deploy"}, {"name": "bug"}],
            "commits": [{"author": {"name": "a"}, "files": ["x", "y"]}, {"author": {"name": "b"}, "files": ["z"]}],
            "head_commit": {"message": "Fix: it's [skip ci]"},
            "inputs": {"dry-run": "false", "Target Env": "prod"},
            "deleted": False,
            "release": None,
            "payload": OPEN_EVENT,
        },
    },
    "needs": {
        "build": {"result": "success", "outputs": {"ship": "true", "version": "1.2.3"}},
        "Test": {"result": "failure", "outputs": {}},
    },
    "matrix": {"env": "staging", "include": {"region": "eu"}, "shard": 2.0},
    "env": {"EMPTY": "", "ZERO": "0", "HEX": "0xff"},
    "inputs": {"deploy": True, "environment": "Production", "version": ""},
    "vars": Unknown("vars"),
}
STATUS = {"success": True, "failure": False, "cancelled": False}


def value(text: str):
    return evaluate(parse_condition(text), CONTEXTS, STATUS)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # What texts, numbers and nothing are worth.
        ("false && github.unknown", False),
        ("${{ github.event_name == 'PUSH' }}", True),
        ("'it''s' == 'IT''S'", True),
        ("1 == '1' && null == 0 && '' == false && true == 1", True),
        ("'abc' == 0", False),
        ("0x1F == 31 && -1.5e2 < 1 && 2 >= 2", True),
        ("(true || false) && false", False),
        ("true || false && false", True),
        ("env.EMPTY || env.ZERO || 'x'", "0"),
        ("env.HEX == 255", True),
        ("+1 == 1 && -Infinity < Infinity && !(NaN == NaN)", True),
        ("'  ' == 0 && '1e1' == 10 && '0o17' == 15", True),
        ("' Infinity ' == Infinity", True),
        ("'a' < 'B' && 'b' > 'A'", True),
        ("'a' < '['", True),
        ("'straße' == 'STRASSE'", True),
        ("github == github", True),
        ("github.event == 'Object'", False),
        ("!env.EMPTY", True),
        ("!!github.event.list", True),
        ("1 < 2 == true", True),
        ("1 == 1 == 1 == 0", False),
        ("github.event.number >= 7 && github.event.number != '8'", True),
        # What stands where.
        ("github['REF'] != 'refs/heads/main'", False),
        ("GITHUB.Ref_Name", "main"),
        ("github.event['head_commit'].message == 'fix: IT''S [skip ci]'", True),
        ("github.event.inputs['target env']", "prod"),
        ("github.event.inputs.dry-run == 'false'", True),
        ("github.event.list[1]", 2.0),
        ("github.event.list['1']", 2.0),
        ("github.event.list[5]", None),
        ("github.event.list[-1]", None),
        ("github.event.missing.deep == null", True),
        ("github.event.release.tag_name || 'none'", "none"),
        ("(github.event).number", 7.0),
        ("fromJSON('{\"A\": [1, {\"b\": true}]}').a[1].B", True),
        ("matrix.include.region == 'EU' && matrix.shard == 2", True),
        # Filters.
        ("github.event.list.*.x", []),
        ("github.event.labels.*.name", ["Deploy", "bug"]),
        ("contains(github.event.labels.*.name, 'deploy')", True),
        ("contains(github.event.labels.*.name, 'dep')", False),
        ("contains(needs.*.result, 'failure')", True),
        ("contains(needs.*.result, 'cancelled')", False),
        ("join(github.event.commits.*.author.name, ' & ')", "a & b"),
        ("github.event.commits.*.files", [["x", "y"], ["z"]]),
        ("github.event.commits.*.files[0]", ["x", "z"]),
        ("join(github.event.commits[*].files.*)", "x,y,z"),
        ("needs.*.outputs.version", ["1.2.3"]),
        ("contains(github.event.list, '2')", True),
        # Functions.
        ("startsWith(github.ref, 'REFS/heads/')", True),
        ("endsWith(github.ref, 'main') && !contains(github.ref, 'tags')", True),
        ("contains(fromJSON('[\"push\", \"schedule\"]'), github.event_name)", True),
        ("contains('[\"push\"]', 'push')", True),
        ("contains(github.event.head_commit.message, '[SKIP CI]')", True),
        ("contains(github.event.inputs, 'prod')", False),
        ("format('{0}-{{{1}}}', 'a', 1) == 'a-{1}'", True),
        ("format('refs/heads/{0}', inputs.environment)", "refs/heads/Production"),
        ("format('{0}{1}', null, true)", "true"),
        ("join(github.event.list, '+') == '1+2'", True),
        ("join('alone', '+')", "alone"),
        ("toJSON(github.event.list)", "[\n  1,\n  2\n]"),
        ("fromJSON(needs.build.outputs.ship) && 'yes' || 'no'", "yes"),
        ("fromJSON(toJSON(github.event.inputs)).dry-run", "false"),
        ("case(false, 1, true, 2, 3) == 2", True),
        ("case(inputs.deploy, inputs.environment, 'none')", "Production"),
        ("inputs.deploy && inputs.environment || 'staging'", "Production"),
        ("inputs.version || github.ref_name", "main"),
        ("needs.test.result == 'failure' && always()", True),
        ("!cancelled() && success()", True),
        ("failure() || cancelled()", False),
        ("Always() && true", True),
        # What stands around an expression is text.
        ("text ${{ false }}", "text ${{ false }}"),
        ("${{ github.event_name }} == 'schedule'", "${{ github.event_name }} == 'schedule'"),
        ("${{ format('}}{0}', 1) }}", "}1"),
        ("${{ env.EMPTY }}${{ env.EMPTY }}", ""),
    ],
)  # fmt: skip
def test_values(text, wanted):
    assert value(text) == wanted


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("unknown.x && false", False),
        ("unknown.x || true", True),
        ("vars.A == 'x' && github.event_name == 'schedule'", False),
        ("!(vars.A || true)", False),
        ("vars.A || vars.B || 'x'", True),
        ("vars.A && vars.B", None),
        ("(vars.A || true) == true", None),
        ("contains(github.event.payload.*.x, 'y')", None),
        ("contains(needs.*.result, vars.A)", None),
        ("github.event.payload.anything == null", None),
        ("case(vars.A == 'x', true, true)", None),
        ("case(1, true, false)", None),
        ("fromJSON('not json')", None),
        ("fromJSON('')", None),
        ("format('{1}', 'a')", None),
        ("format('{0', 'a')", None),
        ("format('{abc}', 'a')", None),
        ("toJSON(github.event) != ''", None),
        ("hashFiles('**/package-lock.json') != ''", None),
        ("join(github.event.payload.*.name)", None),
    ],
)
def test_truth_where_something_is_not_known(text, holds):
    found = value(text)
    assert truth(found) is holds
    assert holds is not None or isinstance(found, Unknown)


@pytest.mark.parametrize(
    "text",
    [
        "", "a b", "(a", "'open", "a &&", "nothing(1)", "a == = b", "(" * 80 + "1" + ")" * 80, '"x"', "1 &2 &3", "foo.1", "a @b",
        "-0xFF", "1.2.3", "contains('a')", "startsWith('a', 'b', 'c')", "case(true, 1)", "join()", "a.", "a[", "a..b", "${{ a", "${{ }}",
        "!" * 60 + "true", "a" + ".b" * 60, "x" * 21001, "${{ a }} ${{ b",
    ],
)  # fmt: skip
def test_what_is_no_expression(text):
    with pytest.raises(ParseError):
        parse_condition(text)


@pytest.mark.parametrize(
    "text",
    [
        " || ".join(["vars.A"] * 2000),
        " == ".join(["1"] * 4000),
        "format('{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}', " * 40 + "'abcdefghij'" + ")" * 40,
        "fromJSON(toJSON(" * 20 + "github.event.inputs" + "))" * 20,
    ],
)
def test_long_and_growing_expressions_end(text):
    began = time.monotonic()
    value(text)
    assert time.monotonic() - began < 5


def test_contexts_are_found_however_they_are_written():
    (parsed,) = in_text("a ${{ GitHub['Event'].Action }} b")
    assert (dotted(parsed), names(parsed)) == (("github", "event", "action"), frozenset({"github"}))
    assert [dotted(e) for e in in_text("${{ (needs).a.outputs.x }}${{ needs[0].b }}")] == [
        ("needs", "a", "outputs", "x"),
        (),
    ]
    assert names(parse_condition("contains(needs.*.result, vars.x) && 'env.y'")) == frozenset({"needs", "vars"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shop", "shop"),
        ("${{ env.P }} web", "shop web"),
        ("${{ env['p'] }}", "shop"),
        ("${{ env.P || 'other' }}", "shop"),
        ("${{ format('{0}-api', env.P) }}", "shop-api"),
        ("${{ env.Q }}", "${{ env.Q }}"),
        ("${{ env.S }}", "${{ env.S }}"),
        ("${{ secrets.P }}", "${{ secrets.P }}"),
        ("${{ env.P", "${{ env.P"),
    ],
)
def test_the_variables_of_a_step_are_put_into_its_texts(text, said):
    assert with_variables(text, {"P": "shop", "S": "${{ secrets.SLUG }}"}) == said
