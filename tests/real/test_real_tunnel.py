"""The tunnel's view in a Django that pip installs: it forwards its own project's envelopes and refuses all others."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import venv
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from setup_wizard.editors import tunnel
from setup_wizard.editors.base import Edited

pytestmark = pytest.mark.real


class _Sentry(BaseHTTPRequestHandler):
    taken: list[tuple[str, bytes]] = []

    def do_POST(self):
        self.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


ASK = """
import django, json, sys
from django.conf import settings
settings.configure(ROOT_URLCONF="urls", ALLOWED_HOSTS=["testserver"], SECRET_KEY="x")
django.setup()
from django.test import Client
answers = []
for body in json.loads(sys.stdin.read()):
    answers.append(Client(enforce_csrf_checks=True).post("/sentry-tunnel/", body, content_type="text/plain;charset=UTF-8").status_code)
answers.append(Client().get("/sentry-tunnel/").status_code)
print(json.dumps(answers))
"""


def test_the_view_forwards_its_own_envelopes_and_refuses_all_others(tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [str(python), "-m", "pip", "install", "-q", "django"]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    server = HTTPServer(("127.0.0.1", 0), _Sentry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        _Sentry.taken.clear()
        dsn = f"http://abc@127.0.0.1:{server.server_port}/7"
        (tmp_path / "sentry_tunnel.py").write_text(tunnel.view_text(dsn), encoding="utf-8")
        added = tunnel.add_route(
            b"from django.urls import path\nurlpatterns = []\n", "sentry_tunnel", "sentry-tunnel/", "urls.py"
        )
        assert isinstance(added, Edited)
        (tmp_path / "urls.py").write_bytes(added.data)
        own = json.dumps({"dsn": dsn}) + "\n{}\n"
        bodies = [own, json.dumps({"dsn": dsn.replace("127.0.0.1", "localhost")}) + "\n", "{}\n", "[]\n", "not JSON"]
        command = [str(python), "-c", ASK]
        ran = subprocess.run(
            command, input=json.dumps(bodies), cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
        )
    finally:
        server.shutdown()
    assert json.loads(ran.stdout) == [200, 400, 400, 400, 400, 405]
    assert _Sentry.taken == [("/api/7/envelope/", own.encode())]
