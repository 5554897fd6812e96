"""One typed error per situation that Sentry can answer with, each with what the user can do."""

from __future__ import annotations

from checks.errors import ExitCode, SentrySetupError


class SentryApiError(SentrySetupError):
    """Sentry refused or could not be asked. `call` is the method and path, `status` the HTTP status (None: no answer)."""

    code = "sentry"
    exit_code = ExitCode.COULD_NOT_RUN

    def __init__(self, message: str, *, hint: str | None = None, call: str = "", status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.call = call
        self.status = status


class UnreachableError(SentryApiError):
    """No connection, a TLS fault, or no answer within the limit. A create may or may not have happened."""

    code = "sentry-unreachable"


class UnauthorizedError(SentryApiError):
    """The token is wrong or expired (401)."""

    code = "sentry-unauthorized"


class ForbiddenError(SentryApiError):
    """The token may not do this (403)."""

    code = "sentry-forbidden"


class NotFoundError(SentryApiError):
    """There is no such thing, or the token cannot see it (404)."""

    code = "sentry-not-found"


class MovedError(SentryApiError):
    """The project was renamed (302); `slug` is its new name where Sentry tells it."""

    code = "sentry-moved"
    slug: str | None = None


class ConflictError(SentryApiError):
    """Something with that name exists (409)."""

    code = "sentry-conflict"


class GoneError(SentryApiError):
    """This Sentry no longer has that call (410)."""

    code = "sentry-gone"


class InvalidError(SentryApiError):
    """Sentry found a value wrong (400)."""

    code = "sentry-invalid"


class RateLimitedError(SentryApiError):
    """Too many requests, also after waiting (429)."""

    code = "sentry-rate-limited"


class ServerFaultError(SentryApiError):
    """Sentry itself failed (5xx)."""

    code = "sentry-fault"


class NotSentryError(SentryApiError):
    """The answer is not JSON of the expected shape: a proxy, a sign-in page, or another server."""

    code = "sentry-answer"


UNCERTAIN = (UnreachableError, ServerFaultError, NotSentryError)
"""After these a create may have happened all the same: look for the thing before anything is repeated or given up."""
