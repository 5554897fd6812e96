"""Finds the source line of an event's frame, through the maps that a build has uploaded to the sandbox."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile

from setup_wizard.sandbox.records import StoredEvent
from setup_wizard.sandbox.state import SandboxState

_FIND = """
const { SourceMap } = require('node:module')
const [payload, line, column] = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
const { originalSource, originalLine } = new SourceMap(payload).findEntry(line - 1, column - 1)
console.log(JSON.stringify([originalSource, originalLine + 1]))
"""


def uploaded_maps(state: SandboxState) -> dict[str, dict[str, object]]:
    """Return the source maps of all artifact bundles by debug id; a bundle is one chunk here."""
    found = {}
    for data in state.chunks.values():
        if not zipfile.is_zipfile(io.BytesIO(data)):
            continue
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for path, entry in json.loads(archive.read("manifest.json"))["files"].items():
                if entry["type"] == "source_map":
                    found[entry["headers"]["debug-id"].lower()] = json.loads(archive.read(path))
    return found


def places(event: StoredEvent, state: SandboxState) -> list[tuple[str, int]]:
    """Return the file and line in the source of each frame whose bundle has an uploaded map, the innermost first."""
    maps = uploaded_maps(state)
    images = (event.payload.get("debug_meta") or {}).get("images") or []
    ids = {image["code_file"]: image["debug_id"].lower() for image in images if image["type"] == "sourcemap"}
    (*_, thrown) = event.payload["exception"]["values"]
    node = shutil.which("node")
    assert node is not None
    found = []
    for frame in reversed(thrown["stacktrace"]["frames"]):
        payload = maps.get(ids.get(frame.get("filename"), ""))
        if payload is None:
            continue
        given = json.dumps([payload, frame["lineno"], frame["colno"]])
        done = subprocess.run([node, "-e", _FIND], input=given, capture_output=True, text=True, check=True, timeout=60)
        source, line = json.loads(done.stdout)
        found.append((source, line))
    return found
