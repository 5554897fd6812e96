"""An extra of sentry-sdk in a requirement that was just added: `sentry-sdk[fastapi]>=2.75,<3`."""

from __future__ import annotations

import re

from setup_wizard.editors.base import Edit, Edited


def with_extra(edit: Edit, before: bytes | None, extra: str) -> Edit:
    """Return an edit with the extra in the one requirement of sentry-sdk that it adds; a table of Poetry or Pipenv stays as it is.

    https://docs.sentry.io/platforms/python/#install: the extra asks for the lowest version of the framework that the SDK knows.
    """
    if not extra or not isinstance(edit, Edited) or b"sentry-sdk" in (before or b""):
        return edit
    added = re.sub(rb"sentry-sdk(?=[=<>~])", b"sentry-sdk[" + extra.encode() + b"]", edit.data)
    return Edited(added)
