"""Sends the test event with the real sentry-sdk, through a client of its own that leaves the process's SDK alone."""

from __future__ import annotations

import secrets

import sentry_sdk
from msgspec import Struct
from sentry_sdk.scope import use_isolation_scope, use_scope

from checks.errors import SentrySetupError
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG

__test__ = False  # pytest would take the module's name for a test's
FINGERPRINTS = {"message": ["sentry-setup", "test message"], "error": ["sentry-setup", "test error"]}
"""One issue for all test messages and one for all test errors: a launch sends no new alerts.

https://docs.sentry.io/platforms/python/usage/sdk-fingerprinting/
"""


class NotSentError(SentrySetupError):
    """The SDK dropped the event before sending it, or could not be made with this DSN."""

    code = "not-sent"


class SentEvents(Struct, frozen=True, kw_only=True):
    """The ids (32 hex digits) of the message and the exception, and the nonce both carry."""

    message: str
    error: str
    nonce: str


def send_test_events(dsn: str, *, environment: str, release: str | None, timeout: float = 10.0) -> SentEvents:
    """Send one `capture_message` and one real exception, and wait until the SDK has handed both over.

    Blocks for at most `timeout` seconds. Raises `NotSentError`. That Sentry stored them is not known yet:
    https://docs.sentry.io/platforms/python/configuration/draining/
    """
    nonce = secrets.token_hex(4)
    try:
        client = sentry_sdk.Client(
            dsn=dsn,
            environment=environment,
            release=release,
            default_integrations=False,
            auto_enabling_integrations=False,
            shutdown_timeout=timeout,
        )
    except Exception as error:
        raise NotSentError(
            f"the SDK does not accept the DSN: {error}", hint="copy it again from the project's client keys"
        ) from None
    try:
        # A scope of its own carries the client, so that an SDK that is set up in this process stays out of it.
        scope = sentry_sdk.Scope(client=client)
        scope.set_tag(NONCE_TAG, nonce)
        with use_isolation_scope(sentry_sdk.Scope()), use_scope(scope):
            scope.fingerprint = FINGERPRINTS["message"]
            scope.set_tag(KIND_TAG, "message")
            message = sentry_sdk.capture_message(f"Test message of sentry-setup ({nonce})", level="info")
            scope.fingerprint = FINGERPRINTS["error"]
            scope.set_tag(KIND_TAG, "error")
            error_id = _capture_exception()
        client.flush(timeout=timeout)
    finally:
        client.close(timeout=0)
    if message is None or error_id is None:
        raise NotSentError("the SDK dropped the test event", hint="is the DSN empty?")
    return SentEvents(message=message, error=error_id, nonce=nonce)


def _capture_exception() -> str | None:
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        return sentry_sdk.capture_exception(error)
    return None
