"""What coding agents get: a page about the repository, and an MCP server that reads, and writes only what a person approved."""

from __future__ import annotations

import json
import sys

import pytest

from setup_wizard.cli import main


def test_the_page_names_targets_commands_and_what_not_to_touch(sample, capsys):
    assert main(["agents", str(sample)]) == 0
    page = capsys.readouterr().out
    assert page.startswith("## Sentry in this repository\n") and "the backend `backend` in" in page
    for part in ("audit --format json", "plan --offline --format json", "undo", "Do not read, print or store tokens"):
        assert part in page
    assert "5    applied, but a check that should pass now does not" in page and "{targets}" not in page


async def session(sample, answer=None):
    mcp = pytest.importorskip("mcp")
    from mcp.client.stdio import StdioServerParameters, stdio_client

    async def approve(context, params):
        assert "Apply this plan to" in params.message and "requirements" in params.message
        return mcp.types.ElicitResult(action="accept", content={"approve": answer})

    server = StdioServerParameters(
        command=sys.executable, args=["-I", "-m", "setup_wizard.cli", "mcp"], cwd=str(sample)
    )
    callback = approve if answer is not None else None
    async with (
        stdio_client(server) as (read, write),
        mcp.ClientSession(read, write, elicitation_callback=callback) as client,
    ):
        await client.initialize()
        yield client


def text(result) -> str:
    return "\n".join(c.text for c in result.content)


@pytest.mark.thorough
async def test_a_real_client_reads_and_applies_only_what_was_approved(sample):
    before = (sample / "requirements.txt").read_bytes() if (sample / "requirements.txt").exists() else None
    async for client in session(sample, answer=False):
        tools = {t.name: t for t in (await client.list_tools()).tools}
        assert set(tools) == {"audit", "explain", "plan", "verify_build", "apply"}
        assert all(t.annotations.read_only_hint for n, t in tools.items() if n != "apply")
        report = json.loads(text(await client.call_tool("audit", {"path": str(sample), "select": ["sdk-installed"]})))
        assert report["items"][0]["outcome"] == "fail"
        assert json.loads(text(await client.call_tool("explain", {"item": "source-maps"})))["id"] == "source-maps"
        assert all(t.input_schema["additionalProperties"] is False for t in tools.values())
        misspelled = await client.call_tool("audit", {"path": str(sample), "selects": ["sdk-installed"]})
        assert misspelled.is_error and "`audit` has no argument `selects`; it takes `path`, `select`" in text(
            misspelled
        )
        bad = await client.call_tool("explain", {"item": "--help"})
        assert bad.is_error and "is not an item" in text(bad)
        planned = text(await client.call_tool("plan", {"path": str(sample), "steps": ["sdk"]}))
        digest = planned.splitlines()[0].removeprefix("digest: ")
        wrong = await client.call_tool("apply", {"plan_digest": "0" * 64, "path": str(sample), "steps": ["sdk"]})
        assert wrong.is_error and "call `plan` again" in text(wrong)
        asked = {"plan_digest": digest, "path": str(sample), "steps": ["sdk"]}
        refused = await client.call_tool("apply", asked)
        assert refused.is_error and "did not approve" in text(refused)
    assert before is None or (sample / "requirements.txt").read_bytes() == before


@pytest.mark.thorough
@pytest.mark.parametrize("answer", [None, True])
async def test_apply_needs_a_client_that_can_ask(sample, answer):
    async for client in session(sample, answer=answer):
        planned = text(await client.call_tool("plan", {"path": str(sample), "steps": ["sdk"]}))
        asked = {"plan_digest": planned.splitlines()[0].removeprefix("digest: "), "path": str(sample), "steps": ["sdk"]}
        done = await client.call_tool("apply", asked)
        if answer is None:
            assert done.is_error and "cannot ask a person" in text(done)
        else:
            assert not done.is_error, text(done)
            assert json.loads(text(done))["steps"][0]["outcome"] == "applied"
