"""A part of the step `ci-audit`: deployed builds verify their source maps right after they are made."""

from __future__ import annotations

from checks.items.frontend import source_maps
from checks.items.maps_private import source_maps_private
from checks.model import Outcome
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.vite_builds import ViteBuild, output_folder, vite_builds
from setup_wizard.editors import ci_package, workflow_verify
from setup_wizard.steps.context import Context


def verify_builds(context: Context, package: str) -> None:
    """Add `verify-build` behind each build of a deploying GitHub job whose maps Sentry's plugin uploads and deletes.

    Where the maps are not proven to go, a verification would only stop the deploy. A lock of requirements is installed in another
    job, so nothing is added with one.
    """
    if ci_package.is_lock(package):
        return
    for frontend in context.facts.frontends:
        for made in vite_builds(context.facts, frontend):
            build, folder = made.build, output_folder(context.facts, made)
            if build is None or folder is None or not _is_proven(context.facts, frontend, made):
                continue
            if build.kind == "ci" and build.path == build.workflow and build.path.startswith(".github/"):
                run = ci_package.run_command(package).removesuffix(" audit")
                command = f"{run} verify-build {folder} --format github"
                context.edit(
                    build.path,
                    lambda data, b=build, c=command: workflow_verify.add_verification(data or b"", b.line, c, b.path),  # type: ignore[misc]
                )


def _is_proven(facts: Facts, frontend: Frontend, made: ViteBuild) -> bool:
    """Return whether the maps of a frontend's builds are uploaded, and deleted by the plugin of this one."""
    given = [
        next((v for v in item(facts) if v.target == frontend.target), None)
        for item in (source_maps, source_maps_private)
    ]
    if any(v is None or v.outcome is not Outcome.PASS for v in given):
        return False
    private = given[1]
    return private is not None and any(e.path == made.config for e in private.evidence)
