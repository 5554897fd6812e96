"""What CI installs the audit from: one exact version of an index, a git commit, a wheel, or a requirements file with hashes."""

from __future__ import annotations

import re

from checks.version import __version__

PACKAGE = f"sentry-setup=={__version__}"
"""What CI installs unless `ci.package` names it: this exact version of the package index."""


def read_package(text: str) -> str | None:
    """Return what `ci.package` names as pip takes it, or None where it does not name one exact version.

    Forms: `index` and `sentry-setup==1.2.3`, `git+https://HOST/PATH@COMMIT` with the whole commit, and the https URL or path of
    a wheel, best with `#sha256=…`, which pip then compares (https://pip.pypa.io/en/stable/topics/secure-installs/).
    """
    if text in ("index", PACKAGE):
        return PACKAGE
    exact = (
        r"sentry-setup==\d+(\.\d+)*([abc.]|rc|dev|post)*\d*",
        r"git\+(https|ssh)://[\w.@~/:-]+@[0-9a-f]{40}",
        r"(https://[\w.~:-]+/)?[\w./~%+-]*sentry_setup-[\w.+]+-py3-none-any\.whl(#sha256=[0-9a-f]{64})?",
    )
    return text if any(re.fullmatch(form, text, re.ASCII) for form in exact) else None


def is_lock(text: str) -> bool:
    """Return whether `ci.package` names a requirements file of the repository, by its shape."""
    return re.fullmatch(r"(?!/)(?!(.*/)?\.\.?/)[\w./~-]+\.txt", text, re.ASCII) is not None


def lock_problem(text: str) -> str | None:
    """Return why a requirements file does not name exactly what CI installs, or None where it does.

    Every requirement needs one version and the SHA-256 of its files, those that `sentry-setup` depends on too: pip's
    `--require-hashes` refuses the rest (https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode).
    """
    joined = re.sub(r"\\\r?\n", " ", text)
    lines = [c for row in joined.splitlines() if (c := re.sub(r"(^|\s)#.*", "", row).strip())]
    for row in lines:
        if re.match(r"[A-Za-z0-9][\w.-]*(\[[\w,. -]*\])?\s*==\s*[\w.!+]+(\s|;|$)", row, re.ASCII) is None:
            return f"`{row.split(' --hash')[0][:60]}` is not `NAME==VERSION`"
        if re.search(r"--hash[= ]sha256:[0-9a-f]{64}(\s|$)", row) is None:
            return f"`{row[:60]}` has no `--hash=sha256:…`"
    names = {re.split(r"[\[=\s]", row)[0].lower().replace("_", "-") for row in lines}
    return None if "sentry-setup" in names else "it does not name sentry-setup"


def run_command(package: str) -> str:
    """Return the command that CI runs; with a requirements file, what `install_step` put on the path."""
    return "sentry-setup audit" if is_lock(package) else f"pipx run --spec {package} sentry-setup audit"


def install_step(package: str) -> str:
    """Return the step of a GitHub job that installs from a requirements file, "" where no such step is needed."""
    if not is_lock(package):
        return ""
    return f"""\
      - name: Install the audit, each file of it by its hash
        run: |
          python3 -m venv "$RUNNER_TEMP"/sentry-setup
          "$RUNNER_TEMP"/sentry-setup/bin/pip install --quiet --require-hashes --requirement {package}
          echo "$RUNNER_TEMP/sentry-setup/bin" >> "$GITHUB_PATH"
"""


def pip_arguments(package: str) -> str:
    """Return what follows `pip install` for a package, or for a requirements file with hashes."""
    return f"--require-hashes --requirement {package}" if is_lock(package) else package
