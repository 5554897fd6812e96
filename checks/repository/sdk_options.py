"""The options of `sentry_sdk.init` by SDK version, read from the released wheels (1.0.0 to 2.75.0, and 3.0.0b2).

Source: `sentry_sdk/consts.py`, class `ClientConstructor`, of each wheel on https://pypi.org/project/sentry-sdk/#history
(November 2026). An option that a version does not know raises `TypeError: Unknown option` when the settings are imported.
"""

from __future__ import annotations

from functools import lru_cache

from packaging.version import Version

LATEST = Version("2.75.0")
"""The newest stable release when the table was made (https://pypi.org/project/sentry-sdk/)."""

_ALWAYS = [
    "_experiments",
    "attach_stacktrace",
    "auto_enabling_integrations",
    "auto_session_tracking",
    "before_breadcrumb",
    "before_send",
    "ca_certs",
    "debug",
    "default_integrations",
    "dist",
    "dsn",
    "environment",
    "http_proxy",
    "https_proxy",
    "ignore_errors",
    "in_app_exclude",
    "in_app_include",
    "integrations",
    "max_breadcrumbs",
    "release",
    "sample_rate",
    "server_name",
    "shutdown_timeout",
    "traces_sample_rate",
    "traces_sampler",
    "transport",
    "transport_queue_size",
]

_SINCE_AND_REMOVED: dict[str, tuple[str, str]] = {
    "add_full_stack": ("2.19.1", ""),
    "before_send_log": ("2.35.0", ""),
    "before_send_metric": ("2.44.0", ""),
    "before_send_span": ("2.67.0", ""),
    "before_send_transaction": ("1.14.0", "3.0.0b1"),
    "cert_file": ("2.10.0", ""),
    "custom_repr": ("2.13.0", ""),
    "data_collection": ("2.70.0", ""),
    "db_query_source_threshold_ms": ("1.37.0", ""),
    "disabled_integrations": ("2.11.0", ""),
    "enable_backpressure_handling": ("1.30.0", ""),
    "enable_db_query_source": ("1.37.0", ""),
    "enable_http_request_source": ("2.42.0", ""),
    "enable_logs": ("2.35.0", "3.0.0b1"),
    "enable_metrics": ("2.44.0", "3.0.0a1"),
    "enable_tracing": ("1.16.0", "3.0.0a1"),
    "error_sampler": ("1.33.0", ""),
    "event_scrubber": ("1.18.0", "3.0.0b1"),
    "functions_to_trace": ("1.18.0", ""),
    "http_request_source_threshold_ms": ("2.42.0", ""),
    "ignore_spans": ("2.66.0", ""),
    "include_local_variables": ("1.17.0", "3.0.0b1"),
    "include_source_context": ("1.23.0", "3.0.0b1"),
    "instrumenter": ("1.12.0", "3.0.0a1"),
    "keep_alive": ("1.43.0", ""),
    "key_file": ("2.10.0", ""),
    "max_request_body_size": ("1.29.0", ""),
    "max_stack_frames": ("2.19.1", ""),
    "max_value_length": ("1.29.0", ""),
    "org_id": ("2.47.0", ""),
    "profile_lifecycle": ("2.22.0", ""),
    "profile_session_sample_rate": ("2.21.0", ""),
    "profiler_mode": ("1.17.0", ""),
    "profiles_sample_rate": ("1.17.0", "3.0.0b1"),
    "profiles_sampler": ("1.17.0", "3.0.0b1"),
    "project_root": ("1.16.0", ""),
    "propagate_traces": ("1.0.0", "3.0.0a1"),
    "proxy_headers": ("1.12.0", ""),
    "request_bodies": ("1.0.0", "2.0.0"),
    "send_client_reports": ("1.4.0", ""),
    "send_default_pii": ("1.0.0", "3.0.0b1"),
    "socket_options": ("1.41.0", ""),
    "spotlight": ("1.37.0", ""),
    "stream_gen_ai_spans": ("2.60.0", "3.0.0a1"),
    "strict_trace_continuation": ("2.47.0", ""),
    "trace_ignore_status_codes": ("2.40.0", "3.0.0a1"),
    "trace_lifecycle": ("2.66.0", ""),
    "trace_propagation_targets": ("1.16.0", ""),
    "with_locals": ("1.0.0", "2.0.0"),
}

DEPRECATED: dict[str, tuple[str, str]] = {
    "enable_tracing": ("2.0.0", "traces_sample_rate or traces_sampler"),
    "profiles_sample_rate": ("2.24.0", "profile_session_sample_rate"),
    "profiles_sampler": ("2.24.0", "profile_session_sample_rate"),
    "propagate_traces": ("2.0.0", "trace_propagation_targets=[]"),
    "enable_metrics": ("2.44.0", "nothing: it has no effect"),
    "send_default_pii": ("2.72.0", "data_collection with every category given"),
    "request_bodies": ("1.29.0", "max_request_body_size"),
    "with_locals": ("1.17.0", "include_local_variables"),
}
"""Options that still work but go: since which version, and what takes their place."""

DEPRECATED_CALLS: dict[str, str] = {
    "configure_scope": "sentry_sdk.get_isolation_scope()",
    "push_scope": "sentry_sdk.new_scope()",
    "set_measurement": "span.set_data()",
    "Hub": "the top-level functions of sentry_sdk",
}
"""Names of the 1.x scope API, deprecated in 2.x and gone in 3.0
(https://docs.sentry.io/platforms/python/migration/1.x-to-2.x/)."""

DATA_COLLECTION_CATEGORIES = (
    "user_info",
    "cookies",
    "http_headers",
    "url_query_params",
    "graphql",
    "gen_ai",
    "database_query_data",
    "queues",
)
"""Categories of `data_collection`; one that is left out is collected
(https://docs.sentry.io/platforms/python/data-management/data-collected/)."""


@lru_cache(maxsize=32)
def known_options(version: Version) -> frozenset[str]:
    """Return the option names that a version accepts; versions above the table are judged by its newest major."""
    found = set(_ALWAYS)
    for name, (since, removed) in _SINCE_AND_REMOVED.items():
        if version >= Version(since) and not (removed and version >= Version(removed)):
            found.add(name)
    return frozenset(found)


def ever_known() -> frozenset[str]:
    """Return every option that any version accepted."""
    return frozenset(_ALWAYS) | _SINCE_AND_REMOVED.keys()


def removed_in_3(names: set[str]) -> list[str]:
    """Return those names that 2.x accepts and 3.0 refuses, sorted."""
    return sorted(n for n in names if _SINCE_AND_REMOVED.get(n, ("", ""))[1].startswith("3."))
