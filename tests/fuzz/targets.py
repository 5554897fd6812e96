"""What is fuzzed: every parser, every editor, every model of an API answer, the configuration, and reports that are read back.

A target takes bytes and raises only what its callers catch; an editor must come to rest, and leave what it refuses alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from checks.config import load_config
from checks.errors import SentrySetupError
from checks.parsers import javascript, yaml
from checks.parsers.text import ParseError, decode
from checks.report.safe import printable, redact
from checks.repository.tree import MemoryTree
from checks.sentry_api import dsn, models, rules
from setup_wizard.editors.base import Edited, Refused, Unchanged
from tests.checks.test_golden import unpack
from tests.checks.test_properties import PARSERS
from tests.support.editors import EDITORS
from tests.support.records import load, recorded
from tests.support.vite_configs import vite_configs

Target = Callable[[bytes], None]
_TESTS = Path(__file__).parents[1]


def parser(parse: Callable[[str], object]) -> Target:
    def target(data: bytes) -> None:
        with contextlib.suppress(ParseError):
            parse(decode(data))

    return target


def editor(edit: Callable[[bytes], object]) -> Target:
    def target(data: bytes) -> None:
        result = edit(data)
        assert isinstance(result, Edited | Refused | Unchanged), result
        if isinstance(result, Edited):
            again = edit(result.data)
            settled = isinstance(again, Unchanged) or (isinstance(again, Edited) and again.data == result.data)
            assert settled or isinstance(again, Refused), "an edit does not come to rest"
        if isinstance(result, Refused):
            assert result.reason

    return target


def model(read: Callable[[object], object]) -> Target:
    def target(data: bytes) -> None:
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            return
        with contextlib.suppress(SentrySetupError):
            read(answer)

    return target


def config(name: str) -> Target:
    def target(data: bytes) -> None:
        with contextlib.suppress(SentrySetupError):
            load_config(MemoryTree({name: data}))

    return target


def text(data: bytes) -> None:
    shown = printable(redact(data.decode("utf-8", errors="replace")))
    assert "\x1b" not in shown and "\n" not in shown
    with contextlib.suppress(ValueError):
        parsed = dsn.parse_dsn(data.decode("utf-8", errors="replace"))
        assert parsed.project_id.isdigit() and "\n" not in parsed.host


def nodes(data: bytes) -> None:
    with contextlib.suppress(ParseError):
        root = yaml.parse_yaml(decode(data))
        for _ in zip(yaml.pairs(root), range(1000), strict=False):
            pass


MODELS = {
    "token": models.token_info,
    "organization": models.organization,
    "team": models.team,
    "project": models.project,
    "key": models.client_key,
    "tags": models.tags,
    "event": models.stored_event,
    "alert": models.alert,
    "release": models.release,
    "rule": rules.read_rule,
    "moment": models.moment,
}
TARGETS: dict[str, Target] = {
    **{f"parser {n}": parser(p) for n, p in PARSERS.items()},
    "parser exact yaml": parser(lambda t: yaml.parse_yaml(t, exact=True)),
    "parser tsx": parser(lambda t: javascript.parse_javascript(t.encode(), "x.tsx")),
    "parser nodes": nodes,
    **{f"editor {n}": editor(e) for n, (_, e) in EDITORS.items()},
    **{f"model {n}": model(m) for n, m in MODELS.items()},
    "config toml": config("sentry-setup.toml"),
    "config pyproject": config("pyproject.toml"),
    "text": text,
}

DSN = "https://k@o1.ingest.sentry.io/1"
ANSWER = {
    "id": "1", "slug": "a", "name": "A", "auth": {"scopes": ["org:read"]}, "user": {"email": "a@b.c"}, "platform": "python",
    "links": {"regionUrl": "https://us.sentry.io"}, "isMember": True, "public": "k", "dsn": {"public": DSN}, "isActive": True,
    "eventID": "0" * 32, "projectID": "1", "type": "error", "title": "t", "groupID": "1", "enabled": True, "version": "v",
    "tags": [{"key": "environment", "value": "p"}], "release": {"version": "r"}, "dateReleased": "2026-01-01T00:00:00Z",
    "triggers": {"conditions": [{"type": "first_seen_event"}]}, "dateCreated": "2026-01-01T00:00:00Z", "commitCount": 1,
    "actionFilters": [{"conditions": [{"type": "level", "comparison": {"match": "gte", "level": 40}}],
                       "actions": [{"type": "email", "config": {"targetType": "issue_owners"}, "data": {}}]}],
    "conditions": [{"id": "x.FirstSeenEventCondition"}], "filters": [{"id": "x.LevelFilter", "match": "gte", "level": "40"}],
    "actions": [{"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "IssueOwners"}], "lastDeploy": {"environment": "p"},
}  # fmt: skip


def seeds() -> dict[str, list[bytes]]:
    """Return what each target begins with: real files of its kind."""
    files = [f for p in (_TESTS / "checks/repos").glob("*.txtar") for f in unpack(p.read_text("utf-8")).items()]

    def ending(*ends: str) -> list[bytes]:
        return [data for name, data in sorted(files) if name.endswith(ends)] or [b"\n"]

    yamls, pythons, scripts = ending(".yml", ".yaml"), ending(".py"), ending(".ts", ".tsx", ".js", ".mjs")
    by_word = {
        "yaml": yamls, "nodes": yamls, "python": pythons, "setup.py": pythons, "javascript": scripts, "tsx": scripts,
        "json": ending(".json"), "vite": [t.encode() for _, _, t in vite_configs()], "requirements": ending(".txt"),
        "dotenv": ending(".env", ".example"), "toml": ending(".toml"), "pyproject": ending(".toml"), "lock": ending(".lock"),
        "text": [DSN.encode(), b"sntryu_" + b"a" * 64, "é\u202e\x1b[31m".encode()],
    }  # fmt: skip
    for reader in recorded():
        by_word.setdefault(reader, [data for record in load(reader) for data in record.files.values()])
    answers = [json.dumps(ANSWER).encode()]
    for path in (_TESTS / "data").glob("answers-*.json"):
        answers += [json.dumps(entry["body"]).encode() for entry in json.loads(path.read_text("utf-8"))]
    found = {}
    for name in TARGETS:
        kind, _, rest = name.partition(" ")
        own = [EDITORS[rest][0].encode()] * 3 if kind == "editor" else []
        if rest == "vite":
            own += by_word["vite"]
        elif kind == "editor" and b"jobs:" in own[0]:
            own += yamls
        elif kind == "editor" and rest == "settings":
            own += pythons
        elif kind == "model":
            own = answers
        elif kind != "editor":
            own = by_word.get(rest.split()[-1] if rest else name, [b"a = 1\n"])
        found[name] = own
    return found
