"""The command `mcp`: a Model Context Protocol server on stdio for coding agents (`pip install sentry-setup[mcp]`).

`audit`, `explain`, `plan` and `verify_build` only read. `apply` asks the person at the client to approve the very plan whose
digest the agent names (elicitation, https://modelcontextprotocol.io/specification/2025-06-18/client/elicitation); a client that
cannot ask gets nothing applied. All of them stay offline: no tool can reach the person's Sentry account.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, InputRequiredResult, Tool, ToolAnnotations
from pydantic import BaseModel

from checks.errors import ExitCode

_SECONDS = 300
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)


class Approval(BaseModel):
    """The person's answer."""

    approve: bool


class StrictServer(MCPServer):
    """A server whose tools take the arguments that they list and no other: the SDK would drop a misspelled one without a word."""

    async def list_tools(self) -> list[Tool]:
        """Return the tools; their schemas say that they take no other arguments."""
        tools = await super().list_tools()
        return [t.model_copy(update={"input_schema": {**t.input_schema, "additionalProperties": False}}) for t in tools]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool. Raises `ToolError` for an argument that it does not have, with those that it has."""
        for tool in await super().list_tools():
            takes = list(tool.input_schema.get("properties", {}))
            if tool.name == name and (extra := [a for a in arguments if a not in takes]):
                raise ToolError(f"`{name}` has no argument `{extra[0]}`; it takes {', '.join(f'`{t}`' for t in takes)}")
        return await super().call_tool(name, arguments, context)


async def run_command(*argv: str, allowed: tuple[int, ...] = (0, 1, 4)) -> str:
    """Run one command of this product in a process of its own and return its output. Raises `ToolError`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "setup_wizard.cli",
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, messages = await asyncio.wait_for(process.communicate(), _SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ToolError(f"{argv[0]} took longer than {_SECONDS} seconds") from None
    if process.returncode not in allowed:
        raise ToolError(messages.decode("utf-8", "replace").strip() or f"{argv[0]} failed")
    return output.decode("utf-8", "replace")


def digest(plan: str) -> str:
    """Return the digest that names one exact plan."""
    return hashlib.sha256(plan.encode()).hexdigest()


def _words(values: list[str] | None, what: str) -> list[str]:
    """Return ids or steps; a flag cannot be passed as one. Raises `ToolError`."""
    for value in values or []:
        if value.startswith("-"):
            raise ToolError(f"`{value}` is not {what}")
    return list(values or [])


async def _plan(path: str, steps: list[str] | None) -> str:
    names = _words(steps, "a step")
    return await run_command("plan", *names, "--repo", str(Path(path).resolve()), "--offline", "--format", "json")


def build_server() -> StrictServer:
    """Return the server with its tools."""
    server = StrictServer("sentry-setup", instructions="Checks and sets up Sentry in a repository. Start with `audit`.")

    @server.tool(annotations=_READS)
    async def audit(path: str = ".", select: list[str] | None = None) -> str:
        """Check a repository against the Sentry checklist, offline. Returns the JSON report; `unknown` is not a pass."""
        chosen = ["--select", ",".join(_words(select, "an item"))] if select else []
        return await run_command("audit", str(Path(path).resolve()), *chosen, "--format", "json")

    @server.tool(annotations=_READS)
    async def explain(item: str) -> str:
        """Explain an item of the checklist: why it matters, the evidence, how to fix it."""
        return await run_command("explain", *_words([item], "an item"), "--format", "json")

    @server.tool(annotations=_READS)
    async def plan(path: str = ".", steps: list[str] | None = None) -> str:
        """Show what `apply` would change, offline, as JSON; the first line is the plan's digest. Changes nothing."""
        found = await _plan(path, steps)
        return f"digest: {digest(found)}\n{found}"

    @server.tool(annotations=_READS)
    async def verify_build(folder: str) -> str:
        """Verify a finished frontend build, offline: debug ids, maps, tokens, the DSN. Returns JSON."""
        return await run_command("verify-build", str(Path(folder).resolve()), "--format", "json")

    @server.tool(annotations=_WRITES)
    async def apply(
        plan_digest: str, context: Context[object, object], path: str = ".", steps: list[str] | None = None
    ) -> str:
        """Apply exactly the plan with this digest, after a person has approved it at the client. `undo` restores every byte."""
        found = await _plan(path, steps)
        if digest(found) != plan_digest:
            raise ToolError("the repository or the steps changed since that plan: call `plan` again")
        try:
            answer = await context.elicit(
                message=f"Apply this plan to {Path(path).resolve()}?\n\n{found[:20_000]}", schema=Approval
            )
        except Exception as error:
            raise ToolError(
                "this client cannot ask a person for approval; let the person run `sentry-setup apply --offline --yes`"
            ) from error
        if answer.action != "accept" or not answer.data.approve:
            raise ToolError("the person did not approve the plan; nothing was changed")
        if digest(await _plan(path, steps)) != plan_digest:
            raise ToolError("the repository changed while the plan was being approved: call `plan` again")
        names = _words(steps, "a step")
        where = ["--repo", str(Path(path).resolve())]
        return await run_command(
            "apply", *names, *where, "--offline", "--no-install", "--yes", "--format", "json", allowed=(0, 1, 4, 5)
        )

    return server


def run_mcp() -> ExitCode:
    """Serve on stdin and stdout until the client closes them."""
    build_server().run("stdio")
    return ExitCode.OK
