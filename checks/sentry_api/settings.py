"""Answers that only an audit reads, as typed values: members, teams, integrations, a project's settings, bundles, mapped frames."""

from __future__ import annotations

from checks.sentry_api import models as m
from checks.sentry_api.errors import NotSentryError
from checks.sentry_api.snapshot import (
    Bundle,
    Integration,
    MapProof,
    Member,
    ProjectSettings,
    Release,
    Repository,
    TeamSize,
)

HOLD_CODE = frozenset({"github", "github_enterprise", "gitlab", "bitbucket", "bitbucket_server", "vsts", "perforce"})
"""Integrations that bring repositories in (https://docs.sentry.io/organization/integrations/source-code-mgmt/)."""

_LATER = ("hasFlags", "hasLogs", "hasTraceMetrics")
"""What a project's answer tells of, beside `hasInsights…`, since versions after 23.7."""

_FRAMES = 20
"""Frames of an event that are read."""


def member(data: m.Json) -> Member:
    """Read a member or an open invitation."""
    answer = m.mapping(data, "a member")
    accepted = answer.get("pending") is False and isinstance(answer.get("user"), dict)
    return Member(
        role=m.maybe_text(answer, "orgRole") or m.maybe_text(answer, "role") or "",
        accepted=accepted,
        expired=answer.get("expired") is True,
        email=m.maybe_text(answer, "email") or "",
        id=m.reference(answer, "id"),
        user=m.reference(answer, "user", "id"),
    )


def team_size(data: m.Json) -> TeamSize:
    """Read a team with the number of its members."""
    answer = m.mapping(data, "a team")
    count = answer.get("memberCount")
    return TeamSize(
        id=m.text(answer, "id", "a team"),
        slug=m.text(answer, "slug", "a team"),
        members=count if isinstance(count, int) and not isinstance(count, bool) else None,
    )


def integration(data: m.Json) -> Integration:
    """Read an integration."""
    answer = m.mapping(data, "an integration")
    states = (answer.get("status", "active"), answer.get("organizationIntegrationStatus", "active"))
    return Integration(
        id=m.text(answer, "id", "an integration"),
        provider=m.maybe_text(answer, "provider", "key") or "",
        name=m.maybe_text(answer, "name") or "",
        active=all(s == "active" for s in states) and answer.get("outOfDate") is not True,
    )


def repository(data: m.Json) -> Repository:
    """Read a repository that an integration brought in."""
    answer = m.mapping(data, "a repository")
    return Repository(
        name=m.text(answer, "name", "a repository"),
        integration=str(answer["integrationId"]) if answer.get("integrationId") is not None else None,
        active=answer.get("status", "active") == "active",
    )


def project_settings(data: m.Json) -> ProjectSettings:
    """Read a project's settings, those that this answer has."""
    answer = m.mapping(data, "a project")

    def truth(key: str) -> bool | None:
        value = answer.get(key)
        return value if isinstance(value, bool) else None

    options = answer.get("options")
    disabled = options.get("quotas:spike-protection-disabled") if isinstance(options, dict) else None
    domains, teams = answer.get("allowedDomains"), answer.get("teams")
    return ProjectSettings(
        teams=len(teams) if isinstance(teams, list) else None,
        data_scrubber=truth("dataScrubber"),
        scrub_defaults=truth("dataScrubberDefaults"),
        allowed_domains=tuple(str(d) for d in domains) if isinstance(domains, list) else None,
        spike_protection=not disabled if isinstance(disabled, bool) else None,
        transactions_seen=answer.get("firstTransactionEvent") is True,
        minified=answer.get("hasMinifiedStackTrace") is True,
        status=m.maybe_text(answer, "status") or "active",
    )


def is_older(data: m.Json) -> bool:
    """Return whether a project's answer, or its entry of a list, is of a version from before monitors, as 23.7 is.

    Such a version tells of replays and of none of the parts that came after them, all of which a version with monitors
    tells of (https://docs.sentry.io/api/projects/retrieve-a-project/). Anything else does not decide it.
    """
    answer = data if isinstance(data, dict) else {}
    return "hasReplays" in answer and not any(k.startswith("hasInsights") or k in _LATER for k in answer)


def releases(data: m.Json) -> list[tuple[frozenset[str], Release]]:
    """Read a list of releases, each with the ids of its projects (none where the answer does not tell them)."""
    if not isinstance(data, list):
        raise NotSentryError("Sentry did not return a list of releases", hint="is this the address of a Sentry?")
    return [(frozenset(m.reference(p, "id") for p in m.objects(d, "projects")), m.release(d)) for d in data]


def filters(rows: list[m.Json]) -> tuple[str, ...]:
    """Return the inbound filters that are on; a server lists those that are off, too. Raises `NotSentryError`."""
    answers = [m.mapping(d, "a filter") for d in rows]
    if not answers or not all("active" in a for a in answers):
        raise NotSentryError("Sentry did not return its inbound filters", hint="check them in its web interface")
    return tuple([m.text(a, "id", "a filter") for a in answers if a["active"]])


def has_ownership(data: m.Json) -> bool:
    """Return whether ownership rules are written; a comment is none. Raises `NotSentryError`."""
    raw = m.mapping(data, "ownership rules").get("raw", False)
    if raw is not None and not isinstance(raw, str):
        raise NotSentryError("Sentry did not return ownership rules", hint="check them in its web interface")
    lines = [line.strip() for line in (raw or "").splitlines()]
    return any(line and not line.startswith("#") for line in lines)


def bundles(data: m.Json) -> tuple[Bundle, ...]:
    """Read a list of artifact bundles. Raises `NotSentryError`."""
    if not isinstance(data, list):
        raise NotSentryError("Sentry did not return a list of artifact bundles", hint="is this a Sentry?")
    return tuple([bundle(d) for d in data])


def bundle(data: m.Json) -> Bundle:
    """Read an artifact bundle."""
    answer = m.mapping(data, "an artifact bundle")
    named = [m.maybe_text(a, "release") for a in m.objects(answer, "associations")]
    return Bundle(
        id=m.text(answer, "bundleId", "an artifact bundle"),
        releases=tuple(r for r in named if r),
        files=max(m.number(answer, "fileCount"), 0),
        date=m.moment(answer.get("date")) or m.moment(answer.get("dateModified")),
    )


def browser_event(data: m.Json) -> str | None:
    """Return the id of the first browser error in a list of events, or None. Raises `NotSentryError`."""
    if not isinstance(data, list):
        raise NotSentryError("Sentry did not return a list of events", hint="is this the address of a Sentry?")
    for entry in data:
        answer = m.mapping(entry, "an event")
        if answer.get("event.type") == "error" and m.maybe_text(answer, "platform") == "javascript":
            return m.text(answer, "eventID", "an event")
    return None


def map_proof(event: str, data: m.Json) -> MapProof:
    """Read how the frames of an event were mapped (https://docs.sentry.io/platforms/javascript/sourcemaps/troubleshooting_js/)."""
    answer = m.mapping(data, "a source map look-up")
    if not isinstance(answer.get("exceptions"), list):
        raise NotSentryError("Sentry did not say how an event was mapped", hint="open the event in its web interface")
    frames = mapped = 0
    for exception in m.objects(answer, "exceptions"):
        for frame in m.objects(exception, "frames")[:_FRAMES]:
            frames += 1
            mapped += _mapped(frame)
    return MapProof(event=event, release=m.maybe_text(answer, "release"), mapped=mapped, frames=frames)


def _mapped(frame: m.Json) -> bool:
    by_id = frame.get("debug_id_process") if isinstance(frame, dict) else None
    by_release = frame.get("release_process") if isinstance(frame, dict) else None
    if isinstance(by_id, dict) and by_id.get("uploaded_source_map_with_correct_debug_id") is True:
        return True
    return isinstance(by_release, dict) and by_release.get("source_map_lookup_result") == "found"
