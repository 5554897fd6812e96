"""What a person does to set up Sentry in a frontend: a command where its files are edited, else what to write."""

from __future__ import annotations

from checks.repository.frontends import Frontend


def is_edited(frontend: Frontend) -> bool:
    """Return whether steps edit the frontend's files: plain Vite's, not those of a framework or bundler with its own way."""
    framework = frontend.framework
    return frontend.bundler == "vite" and (framework is None or framework.setup is None)


def step_hint(frontend: Frontend, step: str, does: str = "adds it") -> str:
    """Return the hint of a step: the command that makes the edit, or the one that shows what to write."""
    if is_edited(frontend):
        return f"`sentry-setup apply {step} --yes` {does}"
    return f"`sentry-setup plan {step}` shows what to write"


def dsn_expression(frontend: Frontend) -> str:
    """Return how the frontend's code reads the DSN, e.g. `import.meta.env.VITE_SENTRY_DSN`."""
    framework = frontend.framework
    if framework is not None and framework.setup is not None:
        rows = (row.strip().removesuffix(",") for row in framework.setup.sdk.splitlines())
        found = next((row.removeprefix("dsn: ") for row in rows if row.startswith("dsn: ")), "")
        if found and "{" not in found:
            return found
    if frontend.bundler == "vite":
        return "import.meta.env.VITE_SENTRY_DSN"
    public = framework.public if framework is not None else ()
    return f"process.env.{public[0] if public else ''}SENTRY_DSN"
