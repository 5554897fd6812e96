"""An extra of sentry-sdk in a requirement that was just added: `sentry-sdk[fastapi]>=2.75,<3`."""

from __future__ import annotations

import re

from setup_wizard.editors.base import Edit, Edited


def with_extra(edit: Edit, before: bytes | None, extra: str) -> Edit:
    """Return an edit with the extra in the one requirement of sentry-sdk that it adds.

    Tables of Poetry and Pipenv have a table for it: `sentry-sdk = {version = ">=2.75,<3", extras = ["fastapi"]}`
    (https://python-poetry.org/docs/dependency-specification/, https://pipenv.pypa.io/en/latest/pipfile.html).

    https://docs.sentry.io/platforms/python/#install: the extra asks for the lowest version of the framework that the SDK knows.
    """
    if not extra or not isinstance(edit, Edited) or b"sentry-sdk" in (before or b""):
        return edit
    name = extra.encode()
    added = re.sub(rb"sentry-sdk(?=[=<>~])", b"sentry-sdk[" + name + b"]", edit.data)
    added = re.sub(
        rb"(?m)^(sentry-sdk[ \t]*=[ \t]*)((?P<quote>[\"'])[^\"'\r\n]*(?P=quote))",
        lambda m: m[1] + b"{version = " + m[2] + b", extras = [" + m["quote"] + name + m["quote"] + b"]}",
        added,
    )
    return Edited(added)
