"""What nginx and Caddy really serve for a source map, against what is said of their configurations (`server_rules.txt`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from checks.hosts import caddy, nginx
from checks.parsers.server_blocks import parse_caddy, parse_nginx
from checks.parsers.text import ParseError

pytestmark = pytest.mark.real
MAP = "/assets/index-D4x9.js.map"
RULES = [
    part.split("\n", 1)
    for part in (Path(__file__).parent / "server_rules.txt").read_text("utf-8").split("=== ")
    if not part.startswith("#")
]
SECRET = "the source"


def rules(of: str, www: Path) -> list[str]:
    """Return the rules for a server, with the folder that is served."""
    return [text.replace("/www", str(www)) for server, text in RULES if server == of]


@pytest.fixture
def www(tmp_path: Path) -> Path:
    """A build with its maps, in a folder with a short path: that of a socket has at most 107 characters."""
    folder = tmp_path / "www"
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "index-D4x9.js").write_text("run()")
    (folder / "assets" / "index-D4x9.js.map").write_text(SECRET)
    (folder / "index.html").write_text("home")
    (folder / "404.html").write_text("nothing here")
    return folder


@contextmanager
def running(command: list[str], socket: Path) -> Iterator[httpx.Client]:
    """Run a server that listens on a socket, until the block ends."""
    environment = os.environ | {name: str(socket.parent) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while not socket.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), timeout=10) as client:
            yield client
    finally:
        process.terminate()
        process.wait(10)


def serves(client: httpx.Client, host: str) -> bool:
    """Return whether the map is served; a closed connection serves nothing."""
    try:
        return SECRET in client.get(f"http://{host}{MAP}").text
    except httpx.HTTPError:
        return False


def compare(said: list[bool | None], served: list[bool], texts: list[str]) -> None:
    """Assert that nothing which is called refused is served, and that something is said of most."""
    wrong = [text for refused, given, text in zip(said, served, texts, strict=True) if refused is True and given]
    assert not wrong
    cautious = [
        text for refused, given, text in zip(said, served, texts, strict=True) if refused is False and not given
    ]
    assert len(cautious) <= len(texts) // 5, cautious
    assert sum(s is None for s in said) <= len(texts) // 4


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_serves_no_map_that_is_called_refused(www: Path, tmp_path: Path):
    texts = rules("nginx", www)
    socket, places = tmp_path / "s", ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    servers = "\n".join(f"server {{ listen unix:{socket}; server_name c{n}; {t} }}" for n, t in enumerate(texts))
    temporary = " ".join(f"{p}_temp_path {tmp_path}/{p};" for p in places)
    head = f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}}"
    user = "user root; " if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(f"{user}{head} http {{ access_log off; {temporary} {servers} }}")
    with running(["nginx", "-e", f"{tmp_path}/log", "-c", f"{tmp_path}/nginx.conf"], socket) as client:
        served = [serves(client, f"c{n}") for n in range(len(texts))]
    said = [nginx.answer(nginx.servers(parse_nginx(f"server {{ {t} }}"))[0], MAP).refused for t in texts]
    assert len(texts) > 60
    compare(said, served, texts)


def of_caddy(text: str) -> bool | None:
    """Return what we say of a site."""
    try:
        found = caddy.answers(parse_caddy(f":80 {{\n{text}\n}}\n"), MAP)
    except ParseError:
        return None
    return found[0].refused if found else None


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_serves_no_map_that_is_called_refused(www: Path, tmp_path: Path):
    loaded: list[str] = []
    for text in rules("caddy", www):
        (tmp_path / "one").write_text(f"http://c.test {{\n root * {www}\n{text}\n}}\n")
        tried = subprocess.run(
            ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(tmp_path / "one")], capture_output=True
        )
        if tried.returncode:
            assert of_caddy(text) is not True, f"Caddy does not load `{text}`"
        else:
            loaded.append(text)
    socket = tmp_path / "s"
    sites = "".join(f"http://c{n}.test {{\n bind unix/{socket}\n root * {www}\n{t}\n}}\n" for n, t in enumerate(loaded))
    (tmp_path / "Caddyfile").write_text("{\n admin off\n auto_https off\n}\n" + sites)
    with running(["caddy", "run", "--config", str(tmp_path / "Caddyfile")], socket) as client:
        served = [serves(client, f"c{n}.test") for n in range(len(loaded))]
    assert len(loaded) > 40
    compare([of_caddy(t) for t in loaded], served, loaded)
