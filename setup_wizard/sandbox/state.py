"""What the sandbox holds: one organization with its team, tokens, projects, events, alerts, releases; in memory only."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import time
from collections.abc import Callable

from msgspec import Struct, field

from setup_wizard.sandbox.records import (
    ADA,
    DEFAULT_RULE,
    GRACE,
    READ_SCOPES,
    WIZARD_SCOPES,
    Fault,
    Json,
    Project,
    StoredEvent,
    now,
)
from setup_wizard.sandbox.spans import sample_week


class SandboxState(Struct):
    """The whole state. `public_url` is how clients reach it, `region_url` the region of its organization ("": the same).

    `delay` are the seconds until an event can be seen, `latency` the seconds that each answer takes; `generation` is
    `workflows`, `rules` for an older server's alerts, or `upgraded` for a server that has monitors and only rules from
    before; `datasets` are the tables of events it has;
    `lists_teams` says whether the organization's own answer holds its teams, as Sentry's does, `lists_mutes` whether the
    list of an older server's alerts tells who muted them;
    `transactions` are the latest as they arrived, each with its project's id.
    `device_codes` are sign-ins by their answer, `user_codes` those by what a person reads, `signed_in` the tokens they gave;
    `traffic` gives each new Python project a week of sample transactions. `teams` maps each team to its members' addresses.
    """

    public_url: str = "http://sandbox.invalid"
    region_url: str = ""
    delay: float = 0.0
    latency: float = 0.0
    generation: str = "workflows"
    traffic: bool = False
    organization: str = "acme"
    team: str = "acme"
    token: str = field(default_factory=lambda: "sntryu_" + secrets.token_hex(32))
    readonly_token: str = field(default_factory=lambda: "sntryu_" + secrets.token_hex(32))
    projects: dict[str, Project] = field(default_factory=dict)
    events: list[StoredEvent] = field(default_factory=list)
    check_ins: list[Json] = field(default_factory=list)
    transactions: list[tuple[str, Json]] = field(default_factory=list)
    issues: dict[str, Json] = field(default_factory=dict)
    detectors: list[Json] = field(default_factory=list)
    workflows: list[Json] = field(default_factory=list)
    releases: list[Json] = field(default_factory=list)
    bundles: list[Json] = field(default_factory=list)
    chunks: dict[str, bytes] = field(default_factory=dict)
    datasets: tuple[str, ...] = ("errors", "spans", "discover")
    more_scopes: tuple[str, ...] = ()
    open_membership: bool = True
    seats: int | None = None
    lists_teams: bool = True
    lists_mutes: bool = False
    members: list[Json] = field(default_factory=lambda: [dict(ADA), dict(GRACE)])
    teams: dict[str, list[str]] = field(default_factory=dict)
    integrations: list[Json] = field(default_factory=list)
    ci_tokens: list[Json] = field(default_factory=list)
    repositories: list[Json] = field(default_factory=list)
    fired: list[Json] = field(default_factory=list)
    code_mappings: list[Json] = field(default_factory=list)
    require_two_factor: bool = False
    client_id: str = "sandbox-client"
    device_codes: dict[str, str] = field(default_factory=dict)
    device_scopes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    user_codes: dict[str, str] = field(default_factory=dict)
    signed_in: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic
    busy: int = 0
    most_at_once: int = 0
    _next: int = 1000

    def __post_init__(self) -> None:
        self.teams.setdefault(self.team, [str(m["email"]) for m in self.members])

    @property
    def is_oldest(self) -> bool:
        """Whether it answers as a 23.7 does: later versions with rules tell in their list who muted them."""
        return self.generation == "rules" and not self.lists_mutes

    def team_ids(self) -> dict[str, str]:
        """Return the teams' ids by slug."""
        return {slug: str(n) for n, slug in enumerate(self.teams, 1)}

    def user_ids(self) -> dict[str, str]:
        """Return the ids of the members' accounts by address."""
        return {str(m["email"]): str(n) for n, m in enumerate(self.members, 1)}

    def new_id(self) -> str:
        """Return a number not used yet."""
        self._next += 1
        return str(self._next)

    def scopes(self, token: str) -> tuple[str, ...] | None:
        """Return what a token may do; None for an unknown one."""
        tokens = {self.token: (*WIZARD_SCOPES, *self.more_scopes), self.readonly_token: READ_SCOPES}
        tokens |= self.signed_in
        return {**tokens, **dict.fromkeys((str(t["token"]) for t in self.ci_tokens), ("org:ci",))}.get(token)

    def add_integration(self, provider: str, name: str, repository: str | None = None) -> Json:
        """Install an integration; PagerDuty gets one service, and what holds code brings a `repository` in (`owner/name`)."""
        services = [{"service": "on-call", "integration_key": "0" * 32, "id": 7}]
        made: Json = {
            "id": self.new_id(),
            "name": name,
            "icon": None,
            "domainName": f"{name}.example.com",
            "accountType": None,
            "scopes": [],
            "outOfDate": False,
            "status": "active",
            "provider": {
                "key": provider,
                "slug": provider,
                "name": provider.capitalize(),
                "canAdd": True,
                "canDisable": False,
                "features": ["alert-rule", "chat-unfurl"],
                "aspects": {},
            },
            "configOrganization": [],
            "configData": {"service_table": services} if provider == "pagerduty" else {},
            "externalId": name,
            "organizationId": 1,
            "organizationIntegrationStatus": "active",
            "gracePeriodEnd": None,
        }
        self.integrations.append(made)
        if repository is not None:
            linked = {
                "id": self.new_id(),
                "name": repository,
                "url": f"https://{provider}.com/{repository}",
                "provider": {"id": f"integrations:{provider}", "name": provider.capitalize()},
                "status": "active",
                "dateCreated": now(),
                "integrationId": made["id"],
                "externalSlug": repository,
                "externalId": "1",
            }
            self.repositories.append(linked)
        return made

    def project(self, name: str) -> Project | None:
        """Return a project by slug or id."""
        return self.projects.get(name) or next((p for p in self.projects.values() if p.id == name), None)

    def rename_project(self, old: str, new: str) -> Project:
        """Rename a project; its former slug is remembered, as Sentry does."""
        project = self.projects.pop(old)
        project.former.append(old)
        project.slug = new
        self.projects[new] = project
        return project

    def dsn(self, project: Project) -> str:
        """Return a project's public DSN."""
        scheme, _, host = self.public_url.partition("://")
        return f"{scheme}://{project.key}@{host}/{project.id}"

    def add_project(self, slug: str, name: str, platform: str | None, team: str, *, default_alert: bool) -> Project:
        """Create a project with its key, its two monitors, and the default alert for high-priority issues."""
        project = Project(
            id=self.new_id(),
            slug=slug,
            name=name,
            platform=platform,
            team=team,
            key=secrets.token_hex(16),
            created=now(),
        )
        self.projects[slug] = project
        if self.traffic and (platform or "").startswith("python"):
            project.spans = sample_week(dt.datetime.now(dt.UTC))
        if self.generation != "workflows":
            if default_alert:
                self.add_rule(project, dict(DEFAULT_RULE))
            return project
        stream = ""
        for kind, title in (("error", "Error Monitor"), ("issue_stream", "Issue Stream")):
            detector = self._detector(project, kind, title)
            self.detectors.append(detector)
            stream = detector["id"]
        if default_alert:
            self._attach_default(stream)
        return project

    def add_rule(self, project: Project, body: Json) -> Json:
        """Store an older server's alert as its API answers it; an identical one is stored again."""
        rule = {**body, "id": self.new_id(), "dateCreated": now(), "owner": None, "projects": [project.slug]}
        project.rules.append(rule)
        return rule

    def _detector(self, project: Project, kind: str, title: str) -> Json:
        stamp = now()
        return {
            "id": self.new_id(),
            "projectId": project.id,
            "name": title,
            "description": None,
            "type": kind,
            "workflowIds": [],
            "owner": None,
            "createdBy": None,
            "dateCreated": stamp,
            "dateUpdated": stamp,
            "dataSources": None,
            "conditionGroup": None,
            "config": {},
            "enabled": True,
            "latestGroup": None,
        }

    def _attach_default(self, detector: str) -> None:
        name = "Send a notification for high priority issues"
        existing = next((w for w in self.workflows if w["name"] == name), None)
        if existing is None:
            existing = self.add_workflow(
                {
                    "name": name,
                    "enabled": True,
                    "detectorIds": [],
                    "config": {"frequency": 0},
                    "environment": None,
                    "triggers": {
                        "logicType": "any-short",
                        "actions": [],
                        "conditions": [
                            {"type": t, "comparison": True, "conditionResult": True}
                            for t in ("new_high_priority_issue", "existing_high_priority_issue")
                        ],
                    },
                    "actionFilters": [
                        {
                            "logicType": "any-short",
                            "conditions": [],
                            "actions": [
                                {
                                    "type": "email",
                                    "integrationId": None,
                                    "data": {"fallthroughType": "ActiveMembers"},
                                    "status": "active",
                                    "config": {
                                        "targetType": "issue_owners",
                                        "targetDisplay": None,
                                        "targetIdentifier": "",
                                    },
                                }
                            ],
                        }
                    ],
                }
            )
        existing["detectorIds"].append(detector)
        next(d for d in self.detectors if d["id"] == detector)["workflowIds"].append(existing["id"])

    def add_workflow(self, body: Json) -> Json:
        """Store an alert as the API answers it: ids added, detector ids as text."""
        stamp = now()

        def numbered(parts: list[Json]) -> list[Json]:
            return [{"id": self.new_id(), **p} for p in parts]

        triggers = body["triggers"]
        workflow = {
            "id": self.new_id(),
            "name": body["name"],
            "organizationId": "1",
            "createdBy": "1",
            "dateCreated": stamp,
            "dateUpdated": stamp,
            "enabled": body.get("enabled", True),
            "environment": body.get("environment"),
            "config": body["config"],
            "detectorIds": [str(d) for d in body.get("detectorIds", [])],
            "lastTriggered": None,
            "owner": None,
            "triggers": {
                "id": self.new_id(),
                "organizationId": "1",
                "logicType": triggers.get("logicType", "any-short"),
                "conditions": numbered(triggers.get("conditions", [])),
                "actions": [],
            },
            "actionFilters": [
                {
                    "id": self.new_id(),
                    "organizationId": "1",
                    "logicType": f.get("logicType", "all"),
                    "conditions": numbered(f.get("conditions", [])),
                    "actions": numbered(f.get("actions", [])),
                }
                for f in body["actionFilters"]
            ],
        }
        self.workflows.append(workflow)
        for detector in self.detectors:
            if detector["id"] in workflow["detectorIds"]:
                detector["workflowIds"].append(workflow["id"])
        return workflow

    def add_event(self, project: Project, payload: Json) -> str:
        """Store an event; events with the same fingerprint, or without one the same title, share an issue in a project."""
        event_id = str(payload.get("event_id") or secrets.token_hex(16)).replace("-", "").lower()
        stamp = now()
        event = StoredEvent(
            id=event_id,
            project_id=project.id,
            group_id="",
            payload=payload,
            received=stamp,
            visible_at=self.clock() + self.delay,
        )
        same = next((e for e in self.events if e.project_id == project.id and e.grouped_by == event.grouped_by), None)
        event.group_id = same.group_id if same else self.new_id()
        self.events.append(event)
        project.first_event = project.first_event or stamp
        return event_id

    def seen_events(self, project: Project) -> list[StoredEvent]:
        """Return the events of a project that the API shows by now, newest first."""
        return [e for e in reversed(self.events) if e.project_id == project.id and e.visible_at <= self.clock()]

    def release(self, version: str) -> Json | None:
        """Return a release by version."""
        return next((r for r in self.releases if r["version"] == version), None)

    def add_release(self, version: str, projects: list[Project], user_agent: str) -> tuple[Json, bool]:
        """Create a release, or attach projects to an existing one; tells whether it is new."""
        release = self.release(version)
        made = release is None
        if release is None:
            release = {
                "id": int(self.new_id()),
                "version": version,
                "status": "open",
                "shortVersion": version[:12],
                "ref": None,
                "versionInfo": {
                    "description": version[:12],
                    "package": None,
                    "version": {"raw": version},
                    "buildHash": hashlib.sha1(version.encode()).hexdigest(),
                },
                "url": None,
                "dateReleased": None,
                "dateCreated": now(),
                "data": {},
                "newGroups": 0,
                "owner": None,
                "commitCount": 0,
                "lastCommit": None,
                "deployCount": 0,
                "lastDeploy": None,
                "authors": [],
                "projects": [],
                "firstEvent": None,
                "lastEvent": None,
                "currentProjectMeta": {},
                "userAgent": user_agent,
                "deploys": [],
                "commits": [],
            }
            self.releases.insert(0, release)
        known = {p["slug"] for p in release["projects"]}
        release["projects"] += [
            {
                "id": int(p.id),
                "slug": p.slug,
                "name": p.name,
                "newGroups": 0,
                "platform": p.platform,
                "platforms": [],
                "hasHealthData": False,
            }
            for p in projects
            if p.slug not in known
        ]
        return release, made
