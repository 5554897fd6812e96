"""Where a person was: the answers given so far and the step that was under way, kept with the journal until the next start.

Not kept: consents, which hold for one sitting; DSNs; and the Sentry to talk to, because a folder that somebody handed over
could bring its own file and send the token elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from msgspec import Struct, field

from checks.config import CONSENTS, check_key
from checks.errors import UsageError

_MAX_BYTES = 64 * 1024


class Place(Struct, frozen=True, kw_only=True):
    """The answers, and the id of the step that was under way (None: none)."""

    answers: dict[str, str] = field(default_factory=dict)
    step: str | None = None


def _kept(key: str) -> bool:
    if key in CONSENTS or key == "sentry.url" or key.endswith(".dsn"):
        return False
    try:
        check_key(key)
    except UsageError:
        return False
    return True


def recall(folder: Path) -> Place:
    """Return where the last sitting was left; nothing for a file that is not there or not ours."""
    path = folder / "place.json"
    try:
        if path.stat().st_size > _MAX_BYTES:
            return Place()
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Place()
    answers = data.get("answers") if isinstance(data, dict) else None
    step = data.get("step") if isinstance(data, dict) else None
    kept = {
        str(k): v
        for k, v in (answers if isinstance(answers, dict) else {}).items()
        if isinstance(v, str) and _kept(str(k))
    }
    return Place(answers=kept, step=step if isinstance(step, str) else None)


def remember(folder: Path, place: Place) -> None:
    """Keep where a person is, for nobody else to read; a disk that refuses is no reason to stop."""
    data = {"answers": {k: v for k, v in place.answers.items() if _kept(k)}, "step": place.step}
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / "place.json.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file)
        temporary.replace(folder / "place.json")
