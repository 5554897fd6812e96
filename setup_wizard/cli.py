"""The `sentry-setup` command: dispatches lazily (each command imports only what it needs), maps errors to codes."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import sys

from checks.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # spelled out here: importing `typing` for it costs as much as the rest of `--version`
    import argparse

    from checks.errors import ExitCode


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; never shows a traceback for what the user can act on."""
    if argv is None:
        return _main_of_process()
    if argv in (["--version"], ["-V"]):
        sys.stdout.write(f"sentry-setup {__version__}\n")
        return 0
    from checks.errors import ExitCode, SentrySetupError, UsageError, nearest

    as_json = "--format=json" in argv or any(a == "--format" and b == "json" for a, b in itertools.pairwise(argv))
    try:
        from setup_wizard.arguments import COMMANDS, build_parser

        first = next((a for a in argv if not a.startswith("-")), None)
        if argv and first == argv[0] and first not in COMMANDS and not os.path.exists(first):  # noqa: PTH110 (pathlib costs 4 ms of `--help`)
            hint = nearest(first, tuple(COMMANDS)) or "see `sentry-setup --help`"
            raise UsageError(f"`{first}` is neither a command nor a directory", hint=hint)
        if first not in COMMANDS and not {"-h", "--help", "-V", "--version"} & set(argv):
            argv = ["wizard", *argv]
        code = int(_dispatch(build_parser(argv[0] if argv and argv[0] in COMMANDS else None).parse_args(argv)))
        sys.stdout.flush()
        return code
    except SentrySetupError as error:
        from checks.cli import report_error

        return int(report_error(error, as_json=as_json))
    except KeyboardInterrupt:
        sys.stderr.write("sentry-setup: interrupted; `sentry-setup status` shows what was done\n")
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _let_go_of_output()
        return int(ExitCode.OK)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM and argv and argv[0] in _PRINTING:
            _let_go_of_output()
            sys.stderr.write(
                f"sentry-setup: cannot write the output: {error.strerror}\n  → free some disk space, or choose another file\n"
            )
            return int(ExitCode.COULD_NOT_RUN)
        from checks.cli import report_error
        from checks.errors import FaultError
        from checks.report.safe import safe_traceback

        sys.stderr.write(safe_traceback(error))
        return int(report_error(FaultError(error), as_json=as_json))


_NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_PRINTING = ("audit", "plan", "status", "list", "merge", "verify-build", "explain", "schema", "completion", "help")
"""Commands that write to their output alone; what `audit` writes to files has a message of its own."""


def _let_go_of_output() -> None:
    """Let Python close an output that takes nothing more (https://docs.python.org/3/library/signal.html#note-on-sigpipe)."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())


_PLAIN = {
    "→": "->",
    "✓": "+",
    "✗": "x",
    "◐": "o",
    "–": "-",
    "…": "...",
    "│": "|",
    "“": '"',
    "”": '"',
    "·": "-",
    "−": "-",
}
"""What is written for a character that an output's encoding (cp1252, ASCII) does not have; others become `?`."""


def _take_any_output() -> None:
    """Let every output take our text, whatever its encoding, and let a closed one discard it."""
    import codecs

    def plain(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        return "".join(_PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end

    codecs.register_error("sentry-setup", plain)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 (closed with the process)
        elif (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="sentry-setup")


def _main_of_process() -> int:
    """Run the command that the process was started for.

    A short command makes many values and hardly a cycle: looking for cycles while it imports takes a tenth of its time
    (https://docs.python.org/3/library/gc.html), and so does taking everything apart at its end, where nothing is left to be
    closed (mypy leaves likewise).
    """
    argv = sys.argv[1:]
    _take_any_output()
    if argv in (["--version"], ["-V"]):
        return main(argv)
    import gc

    gc.disable()
    code = main(argv)
    if argv[:1] == ["audit"]:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)
    gc.freeze()
    return code


def _mcp() -> ExitCode:
    """Serve coding agents. Raises `UsageError` where the optional SDK is not installed."""
    from importlib.util import find_spec

    from checks.errors import UsageError

    if find_spec("mcp") is None:
        raise UsageError(
            "the MCP SDK is not installed", hint="install it beside sentry-setup: `pip install 'mcp>=2,<3'`"
        )
    from setup_wizard.mcp_server import run_mcp

    return run_mcp()


def _dispatch(arguments: argparse.Namespace) -> ExitCode:
    from checks import cli as auditor

    if arguments.command in ("sandbox", "demo", "launch", "mcp"):  # these stay; so does the wizard, once it is drawn
        import gc

        gc.enable()
    match arguments.command:
        case "audit":
            return auditor.audit(arguments)
        case "launch":
            from setup_wizard.launch import run_launch

            return run_launch(arguments)
        case "verify-runtime":
            from setup_wizard.runtime.command import run_verify_runtime

            return run_verify_runtime(arguments)
        case "merge":
            return auditor.merge(arguments)
        case "verify-build":
            return auditor.verify_build(arguments)
        case "list" | "explain" | "schema":
            from checks import catalog_cli

            shown = {"list": catalog_cli.list_items, "explain": catalog_cli.explain, "schema": catalog_cli.schema}
            return shown[arguments.command](arguments)
        case "sign-off" | "waive":
            from setup_wizard import exceptions_cli

            return (
                exceptions_cli.run_sign_off(arguments)
                if arguments.command == "sign-off"
                else exceptions_cli.run_waive(arguments)
            )
        case "sandbox":
            from setup_wizard.sandbox.cli import run_sandbox

            return run_sandbox(arguments.port)
        case "completion":
            from setup_wizard.completion import run_completion

            return run_completion(arguments.shell)
        case "agents":
            from setup_wizard.agents import run_agents

            return run_agents(auditor.repository_root(arguments.path))
        case "mcp":
            return _mcp()
        case "help":
            from setup_wizard.topics import run_help

            return run_help(arguments.topic)
        case "demo":
            from setup_wizard.demo import run_demo

            return run_demo(arguments.sample)
        case "plan" | "apply" | "undo" | "status":
            from setup_wizard import headless

            return getattr(headless, f"run_{arguments.command}")(arguments)  # type: ignore[no-any-return]
        case _:
            from setup_wizard.wizard_cli import run_wizard

            return run_wizard(arguments)


if __name__ == "__main__":
    sys.exit(main())
