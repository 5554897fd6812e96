"""A server that answers what a real one was recorded to answer; everything else is not found, in that server's own way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

_DATA = Path(__file__).parents[1] / "data"


class Replay(httpx.AsyncBaseTransport):
    """Answers from `tests/data/answers-NAME.json`; `asked` lists the calls."""

    def __init__(self, name: str) -> None:
        entries: list[dict[str, Any]] = json.loads((_DATA / f"answers-{name}.json").read_text("utf-8"))
        self.table: dict[tuple[str, str], dict[str, Any]] = {}
        for entry in entries:
            if entry["name"] != "no such token":
                self.table.setdefault((entry["method"], entry["path"].partition("?")[0]), entry)
        self.html = name == "glitchtip"
        self.asked: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path))
        entry = self.table.get((request.method, request.url.path))
        if entry is None:
            page = "<!DOCTYPE html><title>GlitchTip</title>" if self.html else ""
            return httpx.Response(404, text=page, headers={"content-type": "text/html"})
        if isinstance(entry["body"], str):
            return httpx.Response(entry["status"], text=entry["body"])
        return httpx.Response(entry["status"], json=entry["body"])
