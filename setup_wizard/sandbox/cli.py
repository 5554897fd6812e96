"""The `sandbox` command."""

from __future__ import annotations

import json
import sys

from checks.errors import ExitCode
from setup_wizard.sandbox.server import HOST, bind, make_server
from setup_wizard.sandbox.state import SandboxState


def run_sandbox(port: int) -> ExitCode:
    """Serve until interrupted; the first line on stdout tells how to reach it."""
    listener = bind(port)
    state = SandboxState(public_url=f"http://{HOST}:{listener.getsockname()[1]}", delay=0.3)
    facts = {
        "url": state.public_url,
        "org": state.organization,
        "team": state.team,
        "token": state.token,
        "readonly_token": state.readonly_token,
    }
    print(json.dumps(facts), flush=True)
    sys.stderr.write("A local Sentry, in memory. Press Ctrl+C to stop it; nothing is kept.\n")
    make_server(state).run(sockets=[listener])
    return ExitCode.OK
