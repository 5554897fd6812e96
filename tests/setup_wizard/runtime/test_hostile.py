"""A child that means harm in C and in programs that it starts: nothing of the caller is seen or changed, and nothing of it stays."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from setup_wizard.runtime import process
from setup_wizard.runtime.process import Ended, Isolation, run_child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux")
CANARY = "canary-of-the-caller-0123456789"
BEGIN = "import ctypes, json, os, signal, subprocess, sys\nasked = json.loads(sys.argv[1])\nc = ctypes.CDLL(None)\n"
REPORT = "open(asked['report'], 'w').write(json.dumps({'seen': seen}))\n"
DAEMON = (
    "if c.fork() == 0:\n    c.setsid()\n    if c.fork() == 0:\n        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "        os.closerange(0, 256)\n        os.execve('/bin/sleep', ['sleep', asked['mark']], {})\n    os._exit(0)\n"
    "os.wait()\n"
    "from pathlib import Path\n"
    "while not any(b'sleep\\0' + asked['mark'].encode() in p.read_bytes() for p in Path('/proc').glob('[0-9]*/cmdline')): pass\n"
)


def run(script: str, root: Path, *, isolated: bool, timeout: float = 60.0, **asked: object) -> Ended:
    isolation = Isolation(root=root, port=18, serve=lambda _: nullcontext()) if isolated else None
    environ = {"PATH": os.environ["PATH"]}
    ended = run_child(sys.executable, BEGIN + script, asked, root, environ, timeout, isolation=isolation)
    if isolated and ended.not_isolated is not None:
        pytest.skip(f"the system does not isolate: {ended.not_isolated}")
    return ended


def running(mark: str) -> list[bytes]:
    """Return the command lines of this machine's processes that have a mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes())
    return [text for text in found if mark.encode() in text]


def test_a_connection_in_c_reaches_nobody(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        address = f"(2).to_bytes(2, sys.byteorder) + ({port}).to_bytes(2, 'big') + bytes([127, 0, 0, 1]) + bytes(8)"
        script = f"fd = c.socket(2, 1, 0)\nseen = c.connect(fd, {address}, 16)\n"
        assert run(script + REPORT, tmp_path, isolated=True).seen == {"seen": -1}
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_program_reads_no_variables_of_the_caller(tmp_path, monkeypatch):
    (tmp_path / "home/.ssh").mkdir(parents=True)
    (tmp_path / "home/.ssh/id_ed25519").write_text(CANARY)
    (tmp_path / "home/.netrc").write_text(CANARY)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    reading = f"cat /proc/*/environ {tmp_path}/home/.netrc {tmp_path}/home/.ssh/id_ed25519; ls /proc"
    script = f"seen = subprocess.run(['sh', '-c', {reading!r}], stdout=-1, stderr=-1).stdout.decode(errors='replace')\n"
    secret = os.fork()  # another process of this user, which has the secret
    if secret == 0:
        os.execve("/bin/sleep", ["sleep", "600"], {"TOKEN": CANARY})
    try:
        ended = run(script + REPORT, tmp_path, isolated=True)
    finally:
        os.kill(secret, 9)
        os.waitpid(secret, 0)
    assert ended.seen is not None and "cpuinfo" in ended.seen["seen"] and "PATH=" in ended.seen["seen"]
    assert CANARY not in json.dumps(ended.seen) and f"\n{os.getpid()}\n" not in ended.seen["seen"]


def test_a_program_cannot_write_into_the_repository(tmp_path):
    (tmp_path / "kept").write_text("kept")
    script = (
        "run = lambda text: subprocess.run(['sh', '-c', text], stderr=-1).returncode != 0\n"
        "seen = [run('echo x > made'), run('echo x > kept'), run('rm kept'), run('mount -o remount,rw .'), run('umount .'),"
        " c.creat(b'by-c', 0o600) < 0, c.unlink(b'kept') < 0, c.mount(b'none', b'.', b'tmpfs', 0, None) < 0]\n"
    )
    assert run(script + REPORT, tmp_path, isolated=True).seen == {"seen": [True] * 8}
    assert [p.name for p in tmp_path.iterdir()] == ["kept"] and (tmp_path / "kept").read_text() == "kept"


@pytest.mark.parametrize("isolated", [True, False])
def test_a_daemon_that_left_its_group_and_its_environment_is_ended_and_named(tmp_path, isolated):
    mark = f"6{os.getpid()}{int(isolated)}"
    ended = run(DAEMON + "seen = 1\n" + REPORT, tmp_path, isolated=isolated, mark=mark)
    assert ended.seen == {"seen": 1} and ended.left == ("sleep",) and ended.stopped is None
    assert not running(mark)


@pytest.mark.parametrize("isolated", [True, False])
def test_a_daemon_is_ended_when_the_time_is_over(tmp_path, isolated):
    mark = f"7{os.getpid()}{int(isolated)}"
    ended = run(DAEMON + "while True: signal.pause()\n", tmp_path, isolated=isolated, timeout=1.0, mark=mark)
    assert ended.stopped == "it did not end within 1 seconds" and not running(mark)


@pytest.mark.parametrize("isolated", [True, False])
def test_more_processes_than_the_bound_end_it(tmp_path, isolated, monkeypatch):
    monkeypatch.setattr(process, "MAX_PROCESSES", 24)
    ended = run(f"{str(tmp_path)!r}\nfor _ in range(5): c.fork()\nsignal.pause()\n", tmp_path, isolated=isolated)
    assert ended.stopped == "it started more than 24 processes" and not running(str(tmp_path))


@pytest.mark.thorough
@pytest.mark.parametrize("isolated", [True, False])
def test_forks_without_an_end_are_ended(tmp_path, isolated):
    """The forks end by themselves after half a minute, should nothing else end them; on a loaded machine counting takes seconds."""
    bomb = f"{str(tmp_path)!r}\nimport time\nend = time.monotonic() + 30\nwhile time.monotonic() < end: c.fork()\n"
    ended = run(bomb, tmp_path, isolated=isolated)
    assert ended.stopped == "it started more than 256 processes" and not running(str(tmp_path))


def test_processes_of_somebody_else_do_not_end_it(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "MAX_PROCESSES", 24)
    begun, go, over = tmp_path / "begun", tmp_path / "go", threading.Event()
    others: list[subprocess.Popen[bytes]] = []

    def start_others() -> None:
        """Start more than the bound once the child is watched, and let it go on then."""
        while not begun.exists() and not over.wait(0.01):
            pass
        others.extend(subprocess.Popen(["sleep", "600"]) for _ in range(40))
        go.touch()

    starter = threading.Thread(target=start_others)
    starter.start()
    script = (
        f"import time\nopen({str(begun)!r}, 'w').close()\nend = time.monotonic() + 40\n"
        f"while not os.path.exists({str(go)!r}) and time.monotonic() < end: time.sleep(0.02)\n"
        "time.sleep(0.5)\nseen = 1\n"
    )
    try:
        ended = run(script + REPORT, tmp_path, isolated=False)
    finally:
        over.set()
        starter.join()
        for other in others:
            other.kill()
            other.wait()
    assert len(others) == 40 and ended.stopped is None and ended.seen == {"seen": 1}
