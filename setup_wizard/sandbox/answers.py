"""The bodies that the sandbox answers with, in the shapes of Sentry's OpenAPI description."""

from __future__ import annotations

from setup_wizard.sandbox.records import Json, Project, StoredEvent
from setup_wizard.sandbox.state import SandboxState

_AVATAR = {"avatarType": "letter_avatar", "avatarUuid": None}
USER: Json = {
    "id": "1",
    "name": "Ada Example",
    "username": "ada@example.com",
    "email": "ada@example.com",
    "isActive": True,
    "avatarUrl": "",
    "hasPasswordAuth": True,
    "isManaged": False,
    "dateJoined": "2026-01-01T00:00:00Z",
    "lastLogin": None,
    "has2fa": True,
    "lastActive": None,
    "isSuperuser": False,
    "isStaff": False,
    "experiments": {},
    "emails": [{"id": "1", "email": "ada@example.com", "is_verified": True}],
    "avatar": _AVATAR,
}


def organization(state: SandboxState) -> Json:
    """Return the organization as the list and the detail call show it."""
    return {
        "id": "1",
        "slug": state.organization,
        "status": {"id": "active", "name": "active"},
        "name": "Acme",
        "dateCreated": "2026-01-01T00:00:00Z",
        "isEarlyAdopter": False,
        "require2FA": state.require_two_factor,
        "avatar": _AVATAR,
        "requireEmailVerification": False,
        "features": [],
        "hasAuthProvider": False,
        "allowMemberInvite": True,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
        "links": {"organizationUrl": state.public_url, "regionUrl": state.region_url or state.public_url},
    }


def organization_detail(state: SandboxState) -> Json:
    """Return the organization with the settings that only its own answer has."""
    quota = {"maxRate": None, "maxRateInterval": 60, "accountLimit": 0, "projectLimit": 100}
    limit = {} if state.seats is None else {"maxMembers": state.seats}
    more = {"openMembership": state.open_membership, "quota": quota | limit, "access": ["org:read"]}
    teams = {"teams": [team(state, slug) for slug in state.teams]} if state.lists_teams else {}
    return organization(state) | more | teams


def team(state: SandboxState, slug: str) -> Json:
    """Return a team."""
    return {
        "id": state.team_ids()[slug],
        "slug": slug,
        "name": slug.capitalize(),
        "dateCreated": "2026-01-01T00:00:00Z",
        "isMember": USER["email"] in state.teams[slug],
        "teamRole": "admin",
        "flags": {"idp:provisioned": False},
        "access": ["team:read", "project:read"],
        "hasAccess": True,
        "isPending": False,
        "memberCount": len(state.teams[slug]),
        "avatar": _AVATAR,
    }


def project(state: SandboxState, item: Project) -> Json:
    """Return a project, with what its version tells of."""
    whole = _project(state, item)
    later = ("hasInsights", "hasFlags", "hasLogs", "hasTraceMetrics")
    return {k: v for k, v in whole.items() if not k.startswith(later)} if state.is_oldest else whole


def _project(state: SandboxState, item: Project) -> Json:
    ids = state.team_ids()
    members = {"id": ids[item.team], "slug": item.team, "name": item.team.capitalize()} if item.team in ids else None
    return {
        "id": item.id,
        "slug": item.slug,
        "name": item.name,
        "platform": item.platform,
        "dateCreated": item.created,
        "isBookmarked": False,
        "isMember": True,
        "features": [],
        "firstEvent": item.first_event,
        "firstTransactionEvent": item.transactions > 0,
        "access": ["project:read", "project:write"],
        "hasAccess": True,
        "hasCustomMetrics": False,
        "hasFeedbacks": False,
        "hasFlags": False,
        "hasInsightsAgentMonitoring": False,
        "hasInsightsAppStart": False,
        "hasInsightsAssets": False,
        "hasInsightsCaches": False,
        "hasInsightsDb": False,
        "hasInsightsHttp": False,
        "hasInsightsLlmMonitoring": False,
        "hasInsightsMCP": False,
        "hasInsightsQueues": False,
        "hasInsightsScreenLoad": False,
        "hasInsightsVitals": False,
        "hasLogs": False,
        "hasMinifiedStackTrace": False,
        "hasMonitors": False,
        "hasNewFeedbacks": False,
        "hasProfiles": False,
        "hasReplays": False,
        "hasSessions": False,
        "hasTraceMetrics": False,
        "isInternal": False,
        "isPublic": False,
        "avatar": _AVATAR,
        "color": "#3f70bf",
        "status": "active",
        "team": members,
        "teams": [members] if members else [],
        "organization": organization(state),
        "environments": [],
        "eventProcessing": {"symbolicationDegraded": False},
        "hasUserReports": False,
        "latestDeploys": None,
        "latestRelease": None,
        "platforms": [],
        "options": {},
    }


def client_keys(state: SandboxState, item: Project) -> list[Json]:
    """Return a project's client keys."""
    return [_client_key(state, item, k, k != item.key or item.key_active) for k in (item.key, *item.more_keys)]


def _client_key(state: SandboxState, item: Project, key: str, active: bool) -> Json:
    dsn = state.dsn(item).replace(item.key, key, 1)
    base = f"{state.public_url}/api/{item.id}"
    return {
        "id": key,
        "name": "Default",
        "label": "Default",
        "public": key,
        "secret": "0" * 32,
        "projectId": int(item.id),
        "isActive": active,
        "rateLimit": None,
        "dateCreated": item.created,
        "useCase": "user",
        "dsn": {
            "secret": dsn.replace("@", ":" + "0" * 32 + "@", 1),
            "public": dsn,
            "csp": f"{base}/csp-report/",
            "security": f"{base}/security/",
            "minidump": f"{base}/minidump/",
            "unreal": f"{base}/unreal/",
            "nel": f"{base}/nel/",
            "cdn": f"{state.public_url}/js-sdk-loader/{key}.min.js",
            "crons": f"{base}/crons/",
            "playstation": f"{base}/playstation/",
            "integration": f"{base}/integration/",
            "otlp_traces": f"{base}/otlp/",
            "otlp_logs": f"{base}/otlp/",
        },
        "browserSdkVersion": "latest",
        "browserSdk": {"choices": [["latest", "latest"]]},
        "dynamicSdkLoaderOptions": {
            "hasReplay": True,
            "hasPerformance": True,
            "hasDebug": False,
            "hasFeedback": False,
            "hasLogsAndMetrics": False,
        },
    }


def event(item: StoredEvent) -> Json:
    """Return a stored event."""
    payload = item.payload
    kind = "error" if item.is_error else "default"
    entries = (
        [{"type": "exception", "data": payload["exception"]}]
        if item.is_error
        else [{"type": "message", "data": {"formatted": item.title}}]
    )
    release = payload.get("release")
    return {
        "id": item.id,
        "eventID": item.id,
        "groupID": item.group_id,
        "projectID": item.project_id,
        "size": 1000,
        "entries": entries,
        "dist": payload.get("dist"),
        "message": "" if item.is_error else item.title,
        "title": item.title,
        "location": None,
        "culprit": payload.get("transaction") or "",
        "user": None,
        "contexts": payload.get("contexts") or {},
        "sdk": payload.get("sdk"),
        "context": payload.get("extra") or {},
        "packages": {},
        "type": kind,
        "metadata": {"title": item.title},
        "tags": [{"key": k, "value": v} for k, v in sorted(item.tags.items())],
        "platform": payload.get("platform") or "other",
        "dateReceived": item.received,
        "dateCreated": item.received,
        "errors": [],
        "crashFile": None,
        "occurrence": None,
        "_meta": {},
        "fingerprints": [item.group_id],
        "groupingConfig": {"id": "newstyle:2023-01-11", "enhancements": ""},
        "resolvedWith": [],
        "release": {"version": release, "shortVersion": str(release)[:12]} if release else None,
        "userReport": None,
        "sdkUpdates": [],
        "nextEventID": None,
        "previousEventID": None,
    }


def project_detail(state: SandboxState, item: Project) -> Json:
    """Return a project with its settings, as the detail call shows it."""
    return {
        **project(state, item),
        "allowedDomains": ["*"],
        "autofixAutomationTuning": "off",
        "builtinSymbolSources": [],
        "dataScrubber": True,
        "dataScrubberDefaults": True,
        "debugFilesRole": None,
        "defaultEnvironment": None,
        "derivedGroupingEnhancements": "",
        "digestsMaxDelay": 1800,
        "digestsMinDelay": 300,
        "dynamicSamplingBiases": None,
        "enableAutoReleaseCreation": True,
        "fingerprintingRules": "",
        "groupingConfig": "newstyle:2023-01-11",
        "groupingEnhancements": "",
        "highlightContext": {},
        "highlightPreset": {"context": {}, "tags": []},
        "highlightTags": [],
        "isDynamicallySampled": False,
        "processingIssues": 0,
        "relayPiiConfig": None,
        "resolveAge": 0,
        "safeFields": [],
        "scmSourceContextEnabled": False,
        "scrapeJavaScript": True,
        "scrubIPAddresses": False,
        "secondaryGroupingConfig": None,
        "secondaryGroupingExpiry": 0,
        "securityToken": "0" * 32,
        "securityTokenHeader": None,
        "seerNightshiftTweaks": {},
        "seerScannerAutomation": False,
        "sensitiveFields": [],
        "storeCrashReports": None,
        "subjectPrefix": "",
        "subjectTemplate": "$shortID - $title",
        "symbolSources": "[]",
        "tempestFetchScreenshots": False,
        "verifySSL": True,
        "options": {"quotas:spike-protection-disabled": False},
        **item.settings,
    }


def short_event(item: StoredEvent) -> Json:
    """Return an event as a list shows it."""
    whole = event(item)
    kept = ("id", "groupID", "eventID", "projectID", "message", "title", "location", "culprit", "tags", "platform")
    tags = [{"query": f'{t["key"]}:"{t["value"]}"', **t} for t in whole["tags"]]
    rest = {"event.type": whole["type"], "user": None, "dateCreated": item.received, "crashFile": None}
    return {k: whole[k] for k in kept} | rest | {"tags": tags, "metadata": whole["metadata"]}


_FLAGS = (
    "idp:provisioned",
    "idp:role-restricted",
    "sso:linked",
    "sso:invalid",
    "member-limit:restricted",
    "partnership:restricted",
)


def member(item: Json, identity: str) -> Json:
    """Return a member or an open invitation."""
    user = {
        **USER,
        "id": identity,
        "email": item["email"],
        "username": item["email"],
        "name": item["email"],
        "isSuspended": False,
    }
    return {
        "id": identity,
        "email": item["email"],
        "name": item["email"],
        "orgRole": item["role"],
        "pending": item["pending"],
        "expired": item["expired"],
        "flags": dict.fromkeys(_FLAGS, False),
        "dateCreated": USER["dateJoined"],
        "inviteStatus": "approved",
        "inviterName": None,
        "user": None if item["pending"] else user,
    }
