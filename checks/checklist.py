"""The checklist itself: every item, in order, in one readable place."""

from __future__ import annotations

from checks.errors import UsageError, nearest
from checks.model import Item, LazyCheck, Severity
from checks.titles import FAILING, PROVEN_BY


class _Family:
    """A module of `checks.items` by name: its checks are imported when the first one is decided, not when one is listed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, check: str) -> LazyCheck:
        return LazyCheck(module=f"checks.items.{self._name}", name=check)


alerts = _Family("alerts")
backend = _Family("backend")
beyond_browser = _Family("beyond_browser")
beyond_errors = _Family("beyond_errors")
browser = _Family("browser")
browser_data = _Family("browser_data")
browser_dsn = _Family("browser_dsn")
bundle = _Family("bundle")
ci_records = _Family("ci_records")
ci_release = _Family("ci_release")
ci_token = _Family("ci_token")
ci_tools = _Family("ci_tools")
debug_route = _Family("debug_route")
dsn = _Family("dsn")
env_files = _Family("env_files")
environment = _Family("environment")
environment_name = _Family("environment_name")
events = _Family("events")
filters = _Family("filters")
frontend = _Family("frontend")
handlers = _Family("handlers")
installed = _Family("installed")
maps_private = _Family("maps_private")
performance = _Family("performance")
privacy = _Family("privacy")
project = _Family("project")
release_name = _Family("release_name")
releases = _Family("releases")
runtime = _Family("runtime")
sdk = _Family("sdk")
secrets = _Family("secrets")
sentry_project = _Family("sentry_project")
team = _Family("team")
tracing = _Family("tracing")
uptime = _Family("uptime")
user_context = _Family("user_context")
tunnel = _Family("tunnel")
web_security = _Family("web_security")

_DOCS = "https://docs.sentry.io/"
_R, _REC, _O = Severity.REQUIRED, Severity.RECOMMENDED, Severity.OPTIONAL
PRODUCTION = "Production checklist"
BACKEND, SECRETS, FRONTEND, CI = "Backend", "Secrets", "Frontend", "CI and releases"
PROJECT, BEYOND = "Sentry project", "Beyond errors"

_MANIFESTS = "pyproject.toml, requirements files, Pipfile, setup.cfg, setup.py, conda files and their locks"
_SETTINGS = "the production settings and what they import, the init call in them"
_DEPLOYING = "render.yaml, compose, fly.toml, app.json, Kubernetes, CI jobs that deploy"
_CODE = "the application's own Python code"
_WORKFLOWS = "GitHub workflows with their scripts and actions, GitLab, CircleCI, Bitbucket, Azure"
_BUNDLE = "the frontend's own code, from the entry in index.html"
_PYTHON = "platforms/python/"
_DJANGO = _PYTHON + "integrations/django/"
_OPTIONS = _PYTHON + "configuration/options/"
_REACT = "platforms/javascript/guides/react/"


_Row = tuple[str, Severity, LazyCheck, str | None, str, str, str, str]


def _section(section: str, *rows: _Row) -> tuple[Item, ...]:
    """Make items of rows: id, severity, check, step, flags (`L` asks Sentry, `S` signable), title, docs, where evidence is sought."""
    return tuple(
        Item(
            id=id_,
            title=title,
            section=section,
            severity=severity,
            check=check,
            step=step,
            docs_url=docs if docs.startswith("https://") else _DOCS + docs,
            looks_at=looks_at,
            online="L" in flags,
            signable="S" in flags,
            failing=FAILING.get(id_, ""),
            proven_by=PROVEN_BY.get(id_, ""),
        )
        for id_, severity, check, step, flags, title, docs, looks_at in rows
    )


# fmt: off
CHECKLIST: tuple[Item, ...] = (
    *_section(
        PRODUCTION,
        ("project-created", _R, project.project_created, "project", "L",
         "A Sentry project exists for each backend and frontend",
         "product/sentry-basics/integrate-frontend/create-new-project/", "the projects of the organization"),
        ("sdk-installed", _R, installed.sdk_installed, "sdk", "",
         "sentry-sdk is a runtime dependency", _DJANGO + "#install", _MANIFESTS),
        ("sdk-initialized", _R, backend.sdk_initialized, "sdk", "",
         "Production initializes the SDK", _DJANGO + "#configure", _SETTINGS),
        ("dsn-configured", _R, environment.dsn_configured, "dsn", "LS",
         "SENTRY_DSN is read, and declared for each deployed environment",
         "concepts/key-terms/dsn-explainer/", _SETTINGS + "; " + _DEPLOYING),
        ("test-event", _R, project.test_event, "test-event", "L",
         "A test message and a test error were seen in Sentry", _DJANGO + "#verify", "events of the last 30 days"),
        ("email-alerts", _R, alerts.email_alerts, "alerts", "L",
         "Every new issue in production emails someone", "product/monitors-and-alerts/alerts/", "the project's alerts"),
        ("slack-alerts", _O, alerts.slack_alerts, "alerts", "L",
         "Alerts reach Slack", "organization/integrations/notification-incidents/slack/", "alerts and integrations"),
        ("pagerduty-alerts", _O, alerts.pagerduty_alerts, "alerts", "L",
         "Critical issues page someone",
         "organization/integrations/notification-incidents/pagerduty/", "alerts and integrations"),
        ("performance-reviewed", _REC, performance.performance_reviewed, "performance", "S",
         "Performance data was reviewed", "product/insights/backend/", "sign-offs of the configuration"),
        ("release-tracking", _R, releases.release_tracking, "release-tracking", "L",
         "CI creates a release for each deploy", "product/releases/setup/release-automation/", _WORKFLOWS),
        ("source-maps", _R, frontend.source_maps, "source-maps", "L",
         "The frontend build uploads source maps",
         _REACT + "sourcemaps/", "the bundler's configuration, builds in CI, on hosts and in images"),
        ("team-access", _R, team.team_access, "team", "L",
         "The team can reach the project", "organization/membership/", "members and teams"),
    ),
    *_section(
        BACKEND,
        ("sdk-current", _REC, sdk.sdk_current, "sdk", "",
         "The SDK is a recent release, and its next major version is not installed by accident", _PYTHON + "migration/", _MANIFESTS),
        ("sdk-options-valid", _R, sdk.sdk_options_valid, None, "",
         "The installed SDK knows every option it is given", _OPTIONS, _SETTINGS),
        ("sdk-options-current", _REC, sdk.sdk_options_current, None, "",
         "No deprecated option or call is used", _PYTHON + "migration/1.x-to-2.x/", _SETTINGS + "; " + _CODE),
        ("init-covers-workers", _REC, sdk.init_covers_workers, None, "",
         "Workers and commands initialize the SDK too",
         _PYTHON + "integrations/celery/", _SETTINGS + "; wsgi, asgi and Celery entry points"),
        ("dsn-not-hardcoded", _REC, dsn.dsn_not_hardcoded, "dsn", "",
         "No DSN is hard-coded", "concepts/key-terms/dsn-explainer/", "every text file that git tracks"),
        ("dsn-target", _R, dsn.dsn_target, "dsn", "L",
         "The DSN points to the right project and region",
         "concepts/key-terms/dsn-explainer/", "DSNs in files, the project's client keys"),
        ("environment-set", _R, environment_name.environment_set, "sdk", "SL",
         "An environment name reaches the SDK", _PYTHON + "configuration/environments/", _SETTINGS + "; " + _DEPLOYING),
        ("environment-explicit", _REC, environment_name.environment_explicit, None, "",
         "No environment is silently production, and names agree",
         _PYTHON + "configuration/environments/", _SETTINGS + "; " + _DEPLOYING),
        ("release-consistent", _R, release_name.release_consistent, "release-tracking", "L",
         "Backend, frontend and CI name the same release",
         _PYTHON + "configuration/releases/", _SETTINGS + "; the vite plugin; " + _WORKFLOWS),
        ("pii-off", _R, privacy.pii_off, "sdk", "",
         "Personal data is not sent by default", _PYTHON + "data-management/data-collected/", _SETTINGS),
        ("user-context-minimal", _REC, user_context.user_context_minimal, None, "",
         "Only the user's id is sent", _PYTHON + "enriching-events/identify-user/", _CODE),
        ("context-used", _O, privacy.context_used, None, "",
         "Tags, context or breadcrumbs are added", _PYTHON + "enriching-events/context/", _CODE),
        ("tracing-enabled", _REC, tracing.tracing_enabled, "sdk", "L",
         "Traces are sampled at a valid rate", _PYTHON + "tracing/configure-sampling/", _SETTINGS + "; " + _DEPLOYING),
        ("sampling-sensible", _REC, tracing.sampling_sensible, "performance", "",
         "The sample rate fits production", _PYTHON + "tracing/configure-sampling/", _SETTINGS + "; " + _DEPLOYING),
        ("traces-sampler-safe", _R, tracing.traces_sampler_safe, None, "",
         "traces_sampler returns a rate in every process", _PYTHON + "tracing/configure-sampling/", _SETTINGS + "; the sampler"),
        ("before-send-safe", _R, filters.before_send_safe, None, "",
         "before_send returns the event on every path", _PYTHON + "configuration/filtering/", _SETTINGS + "; the filters"),
        ("noise-filtered", _O, filters.noise_filtered, None, "",
         "Noise that no one will fix is filtered", _PYTHON + "configuration/filtering/", _SETTINGS + "; " + _CODE),
        ("integrations-installed", _R, events.integrations_installed, None, "",
         "Every listed integration has its package", _PYTHON + "integrations/", _SETTINGS + "; " + _MANIFESTS),
        ("logging-captured", _REC, events.logging_captured, None, "",
         "Logged errors become issues", _PYTHON + "integrations/logging/", _SETTINGS + "; LOGGING"),
        ("debug-off", _R, runtime.debug_off, None, "",
         "DEBUG is off in production",
         "https://docs.djangoproject.com/en/stable/ref/settings/#debug", _SETTINGS + "; " + _DEPLOYING),
        ("development-quiet", _REC, runtime.development_quiet, None, "",
         "Laptops and test runs do not report", _OPTIONS + "#dsn", _SETTINGS + "; test settings; env files"),
        ("celery-monitored", _O, runtime.celery_monitored, None, "",
         "Scheduled Celery tasks are monitored", _PYTHON + "integrations/celery/crons/", _SETTINGS + "; " + _CODE),
        ("exceptions-not-swallowed", _O, handlers.exceptions_not_swallowed, None, "",
         "No middleware or handler hides exceptions",
         _PYTHON + "usage/", "the middleware and exception handlers that the settings name"),
        ("debug-route-guarded", _REC, debug_route.debug_route_guarded, None, "",
         "No public route raises errors on purpose", _DJANGO + "#verify", _CODE),
    ),
    *_section(
        SECRETS,
        ("token-not-committed", _R, secrets.token_not_committed, None, "",
         "No Sentry token is in git", "account/auth-tokens/", "every text file that git tracks"),
        ("token-not-in-bundle", _R, secrets.token_not_in_bundle, None, "",
         "No Sentry token can reach the browser",
         "https://vite.dev/guide/env-and-mode", "the frontend's code and env files, the vite config, builds"),
        ("token-not-in-image", _REC, secrets.token_not_in_image, None, "",
         "No Sentry token stays in an image", "https://docs.docker.com/build/building/secrets/", "Dockerfiles"),
        ("token-scope", _REC, secrets.token_scope, None, "",
         "CI uses an organization token", "account/auth-tokens/", "tokens that are written down"),
        ("env-ignored", _R, env_files.env_ignored, "dsn", "",
         "git ignores env files", "https://git-scm.com/docs/gitignore", "env files and .gitignore"),
        ("env-example-complete", _REC, env_files.env_example_complete, "dsn", "",
         "The example env file names every Sentry variable",
         "concepts/key-terms/dsn-explainer/", _CODE + "; the bundle; .env.example"),
        ("ci-token-safe", _R, ci_token.ci_token_safe, None, "",
         "No pull request code runs with access to the token",
         "https://docs.github.com/en/actions/reference/security/secure-use", _WORKFLOWS),
        ("ci-token-step-scoped", _REC, ci_token.ci_token_step_scoped, None, "",
         "Only one step gets the token",
         "https://docs.github.com/en/actions/reference/security/secure-use", "GitHub workflows"),
    ),
    *_section(
        FRONTEND,
        ("frontend-sdk-installed", _R, browser.frontend_sdk_installed, "frontend-sdk", "",
         "A Sentry SDK is in the frontend", _REACT + "#install", "package.json, pages that load Sentry's script"),
        ("frontend-initialized", _R, browser.frontend_initialized, "frontend-sdk", "",
         "The SDK starts before the application renders", _REACT + "#configure", _BUNDLE),
        ("frontend-dsn-configured", _R, browser_dsn.frontend_dsn_configured, "frontend-sdk", "L",
         "The deployed build gets a DSN",
         _REACT + "configuration/options/#dsn", _BUNDLE + "; env files; builds in CI, on hosts and in images"),
        ("frontend-pii-off", _R, browser_data.frontend_pii_off, "frontend-sdk", "",
         "The browser sends no personal data by default",
         _REACT + "data-management/data-collected/", _BUNDLE + "; package.json and its lock"),
        ("error-boundary", _REC, browser_data.error_boundary, None, "",
         "Errors inside React components are reported", _REACT + "features/error-boundary/", _BUNDLE),
        ("source-maps-private", _R, maps_private.source_maps_private, "source-maps", "",
         "Source maps are not published",
         _REACT + "sourcemaps/uploading/vite/", "the vite config, scripts, CI, images, server configuration"),
        ("upload-failure-visible", _REC, bundle.upload_failure_visible, None, "",
         "A failed upload fails the build", _REACT + "sourcemaps/troubleshooting_js/", "the plugin's options, CI steps"),
        ("node-supports-plugin", _REC, bundle.node_supports_plugin, "source-maps", "",
         "Node is new enough for the plugin",
         "https://www.npmjs.com/package/@sentry/vite-plugin", "package.json and locks, .nvmrc, engines, setup-node, images"),
        ("trace-propagation", _O, browser_data.trace_propagation, None, "",
         "Traces continue from browser to backend", _REACT + "tracing/distributed-tracing/", _BUNDLE + "; CORS settings"),
        ("csp-allows-sentry", _R, web_security.csp_allows_sentry, None, "",
         "The content security policy lets events through",
         "security-legal-pii/security/security-policy-reporting/", "settings, pages, server configuration"),
        ("tunnel-safe", _REC, tunnel.tunnel_safe, None, "",
         "The tunnel forwards only to your own project",
         "platforms/javascript/troubleshooting/#using-the-tunnel-option", _BUNDLE + "; views that forward envelopes"),
    ),
    *_section(
        CI,
        ("ci-history-complete", _R, ci_release.ci_history_complete, "release-tracking", "",
         "The release job has the history it reads", "https://github.com/getsentry/action-release#usage", _WORKFLOWS),
        ("ci-cli-syntax", _R, ci_tools.ci_cli_syntax, None, "",
         "CI runs only commands that sentry-cli has", "cli/releases/", _WORKFLOWS),
        ("ci-cli-pinned", _REC, ci_tools.ci_cli_pinned, None, "",
         "sentry-cli is pinned", "cli/installation/", _WORKFLOWS + "; package.json"),
        ("ci-action-pinned", _REC, ci_tools.ci_action_pinned, None, "",
         "The release action is current and pinned", "https://github.com/getsentry/action-release", _WORKFLOWS),
        ("deploy-recorded", _REC, ci_records.deploy_recorded, "release-tracking", "L",
         "Each deploy is recorded with its environment", "product/releases/setup/release-automation/", _WORKFLOWS),
        ("commits-associated", _REC, ci_records.commits_associated, "release-tracking", "L",
         "Releases carry their commits", "product/releases/associate-commits/", _WORKFLOWS),
        ("release-order", _REC, ci_release.release_order, "release-tracking", "",
         "Releases are created after deploys, and not for pull requests", "product/releases/setup/release-automation/", _WORKFLOWS),
    ),
    *_section(
        PROJECT,
        ("performance-data", _REC, sentry_project.performance_data, "performance", "L",
         "Performance data arrives", _PYTHON + "tracing/", "spans of the last 14 days"),
        ("environments-seen", _REC, sentry_project.environments_seen, None, "L",
         "Each deployed environment reports", _PYTHON + "configuration/environments/", "errors of the last 30 days"),
        ("data-scrubbing", _R, sentry_project.data_scrubbing, None, "L",
         "Sentry scrubs sensitive data", "security-legal-pii/scrubbing/server-side-scrubbing/", "the project's settings"),
        ("inbound-filters", _REC, sentry_project.inbound_filters, None, "L",
         "Noise is filtered before it counts", "concepts/data-management/filtering/", "the project's filters"),
        ("spike-protection", _REC, sentry_project.spike_protection, None, "L",
         "Spike protection is on", "pricing/quotas/spike-protection/", "the project's settings"),
        ("allowed-domains", _REC, sentry_project.allowed_domains, None, "L",
         "Only your own pages can report", "product/sentry-basics/integrate-frontend/", "the project's settings"),
        ("quota-headroom", _REC, sentry_project.quota_headroom, "performance", "L",
         "The quota is not used up", "pricing/quotas/manage-event-stream-guide/", "what arrived in the last 14 days"),
        ("key-rate-limit", _O, sentry_project.key_rate_limit, None, "L",
         "The client key has a rate limit", "pricing/quotas/manage-event-stream-guide/", "the project's client keys"),
        ("ownership-rules", _O, sentry_project.ownership_rules, None, "L",
         "Issues are assigned to their owners", "product/issues/ownership-rules/", "the project's ownership rules"),
        ("code-mappings", _O, sentry_project.code_mappings, None, "L",
         "Stack traces link to the source", "organization/integrations/source-code-mgmt/github/", "code mappings"),
        ("two-factor-required", _REC, sentry_project.two_factor_required, None, "L",
         "The organization requires two-factor authentication", "organization/authentication/two-factor-authentication/",
         "the organization's settings"),
    ),
    *_section(
        BEYOND,
        ("logs-enabled", _O, beyond_errors.logs_enabled, "beyond-errors", "",
         "Logs are sent to Sentry", _PYTHON + "logs/", _SETTINGS + "; " + _BUNDLE),
        ("profiling-enabled", _O, beyond_errors.profiling_enabled, "beyond-errors", "",
         "Profiles are recorded", _PYTHON + "profiling/", _SETTINGS + "; " + _CODE),
        ("crons-monitored", _O, beyond_errors.crons_monitored, "beyond-errors", "",
         "Scheduled jobs are monitored", _PYTHON + "crons/", _CODE + "; render.yaml, Kubernetes' CronJobs"),
        ("ai-monitored", _O, beyond_errors.ai_monitored, "beyond-errors", "",
         "Language model calls are traced",
         _PYTHON + "tracing/instrumentation/ai-agents-module/", _MANIFESTS + "; " + _SETTINGS),
        ("replay-enabled", _O, beyond_browser.replay_enabled, "beyond-errors", "",
         "Session Replay records sampled sessions", _REACT + "session-replay/", _BUNDLE),
        ("feedback-enabled", _O, beyond_browser.feedback_enabled, "beyond-errors", "",
         "Users can report what went wrong", _REACT + "user-feedback/", _BUNDLE),
        ("uptime-monitored", _O, uptime.uptime_monitored, "beyond-errors", "S",
         "An uptime monitor requests the application", "product/monitors-and-alerts/monitors/uptime-monitoring/",
         "sign-offs of the configuration"),
    ),
)
# fmt: on

SUPPORT = (
    "Documentation: https://docs.sentry.io/platforms/python/guides/django/",
    "Status page: https://status.sentry.io/",
    "Community: https://discord.gg/sentry",
)


def every_item() -> tuple[Item, ...]:
    """Return the checklist, and the items that installed distributions add after it. Raises `UsageError` for a faulty one."""
    from checks.extensions import extra_items

    return (*CHECKLIST, *extra_items())


def item_ids() -> tuple[str, ...]:
    """Return every id, in order."""
    return tuple(item.id for item in every_item())


def find_item(item_id: str) -> Item:
    """Return an item by id. Raises `UsageError` naming the nearest id."""
    for item in CHECKLIST:
        if item.id == item_id:
            return item
    for item in every_item():
        if item.id == item_id:
            return item
    if item_id == "policy-unchanged":
        from checks.policy import POLICY_ITEM

        return POLICY_ITEM
    raise UsageError(
        f"unknown item `{item_id}`", hint=nearest(item_id, item_ids()) or "`sentry-setup list` shows all ids"
    )


def select(selected: tuple[str, ...], ignored: tuple[str, ...]) -> tuple[Item, ...]:
    """Return the items of the checklist that are selected (all when none is named) and not ignored. Raises `UsageError`."""
    for item_id in (*selected, *ignored):
        find_item(item_id)
    return tuple(i for i in every_item() if (not selected or i.id in selected) and i.id not in ignored)
