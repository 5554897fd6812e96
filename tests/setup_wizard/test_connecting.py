"""Sentry as it is installed: plain http where a person says so, private certificates, proxies, and why there is no connection."""

from __future__ import annotations

import time

import httpx
import pytest

from checks.config import Config, parse_set
from checks.errors import UsageError
from checks.sentry_api import errors as e
from checks.sentry_api.client import SentryClient
from checks.sentry_api.connecting import unreachable
from checks.sentry_api.hosts import choose_url, normalise_url
from setup_wizard.cli import main
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import sentry_url
from tests.support.sentry import no_sleep

PRIVATE = "http://sentry.internal:9000"


def test_plain_http_needs_a_person_s_word_and_its_risk_is_told():
    with pytest.raises(UsageError, match="anyone on the network path can read the token") as raised:
        choose_url(PRIVATE, {}, None)
    assert raised.value.hint is not None and "--set sentry.allow_http=true" in raised.value.hint
    assert choose_url(PRIVATE + "/", {}, None, allow_http=True) == PRIVATE
    assert choose_url(None, {"SENTRY_URL": PRIVATE}, None, allow_http=True) == PRIVATE
    with pytest.raises(UsageError, match="is not https"):
        normalise_url("http://us.sentry.io", allow_http=True)


@pytest.mark.parametrize("host", ["8.8.8.8", "8.8.8.8:9000", "[2001:4860:4860::8888]:9000"])
@pytest.mark.parametrize("allowed", [True, False])
def test_no_token_travels_readable_over_the_internet(host, allowed):
    with pytest.raises(UsageError) as raised:
        normalise_url(f"http://{host}", allow_http=allowed)
    assert "is an address of the internet: anyone on the way can read the token" in raised.value.message
    assert raised.value.hint is not None and "by its private address" in raised.value.hint


@pytest.mark.parametrize("host", ["10.1.2.3:9000", "192.168.0.7", "172.16.0.1", "[fd00::1]:9000", "sentry.corp:9000"])
def test_a_private_host_is_taken_where_a_person_allows_it(host):
    assert normalise_url(f"http://{host}/", allow_http=True) == f"http://{host}"
    with pytest.raises(UsageError, match="not https"):
        normalise_url(f"http://{host}")


def test_a_repository_cannot_allow_http():
    config = Config(answers={"sentry.url": PRIVATE, "sentry.allow_http": "true"})
    with pytest.raises(UsageError, match="is not https"):
        sentry_url(config, {"sentry.url": PRIVATE}, {})
    answers = parse_set([f"sentry.url={PRIVATE}", "sentry.allow_http=true"])
    assert sentry_url(config, answers, {}) == PRIVATE
    with pytest.raises(UsageError, match=r"sentry\.allow_http=perhaps"):
        sentry_url(config, answers | {"sentry.allow_http": "perhaps"}, {})


@pytest.mark.parametrize(
    ("environ", "ca_file", "message", "hint"),
    [
        ({"SSL_CERT_FILE": "/nowhere.pem"}, None, "SSL_CERT_FILE=/nowhere.pem", "PEM file"),
        ({"REQUESTS_CA_BUNDLE": "/nowhere.pem"}, None, "REQUESTS_CA_BUNDLE=/nowhere.pem", "PEM file"),
        ({}, "/nowhere.pem", r"sentry.ca_file=/nowhere.pem\): No such file", "sentry.ca_file"),
        ({"REQUESTS_CA_BUNDLE": "/x"}, __file__, rf"sentry.ca_file={__file__}\)", "PEM file"),
        ({"REQUESTS_CA_BUNDLE": __file__}, None, rf"REQUESTS_CA_BUNDLE={__file__}\)", "PEM file"),
        ({"HTTPS_PROXY": "ftp://proxy"}, None, "proxy cannot be used", "HTTPS_PROXY"),
    ],
)
def test_a_client_that_cannot_be_built_is_an_error_with_its_hint(monkeypatch, environ, ca_file, message, hint):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(e.UnreachableError, match=message) as raised:
        SentryClient("https://sentry.example.com", "t" * 64, ca_file=ca_file)
    assert raised.value.hint is not None and hint in raised.value.hint


def test_a_wrong_certificate_path_is_no_traceback(sample, monkeypatch, capsys):
    monkeypatch.setenv("SENTRY_READ_TOKEN", "t" * 64)
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    assert main(["audit", str(sample), "--online", "--set", "sentry.url=https://sentry.example.com"]) == 3
    told = capsys.readouterr().err
    assert "SSL_CERT_FILE=/nowhere.pem" in told and "→" in told and "Traceback" not in told


async def test_https_to_a_port_that_speaks_http_is_told_soon_and_once():
    with running_sandbox(SandboxState()) as state:
        url = state.public_url.replace("http://", "https://")
        began = time.monotonic()
        async with SentryClient(url, state.token, sleep=no_sleep) as client:
            with pytest.raises(e.UnreachableError) as raised:
                await client.get("/")
    assert time.monotonic() - began < 12 and "plain http" in str(raised.value.hint)


async def test_a_redirect_names_where_it_leads():
    answer = httpx.Response(301, headers={"location": "https://sentry.example.com/api/0/"})
    transport = httpx.MockTransport(lambda request: answer)
    async with SentryClient("https://old.example.com", "t" * 64, transport=transport, sleep=no_sleep) as client:
        with pytest.raises(e.MovedError, match=r"redirected to https://sentry\.example\.com/api/0/"):
            await client.get("/")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "HTTPS_PROXY"),
        ({"http_proxy": "http://127.0.0.1:1"}, "HTTP_PROXY"),
        ({"ALL_PROXY": "http://a:1"}, "ALL_PROXY"),
    ],
)
def test_a_server_out_of_reach_names_the_proxy_that_is_set(monkeypatch, environ, named):
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    told = unreachable(httpx.ConnectError("refused"), "http://127.0.0.1:9000", "GET /")
    assert told.hint == f"check the address, the connection and {named}"
