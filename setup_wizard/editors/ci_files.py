"""The CI files that are edited, by provider: which function adds release jobs. A provider that is not here gets its snippet."""

from __future__ import annotations

from collections.abc import Callable

from checks.ci.model import Workflow
from setup_wizard.editors import gitlab, workflow
from setup_wizard.editors.base import Edit

AddJobs = Callable[[bytes, workflow.ReleaseOptions, str], Edit]

RELEASE_EDITORS: dict[str, AddJobs] = {"github": workflow.add_release_jobs, "gitlab": gitlab.add_release_jobs}
"""Who adds release jobs to the files of a provider."""


def release_editor(flow: Workflow) -> AddJobs | None:
    """Return the editor of a CI file, None where files of its provider are not edited."""
    return RELEASE_EDITORS.get(flow.provider)
