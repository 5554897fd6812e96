"""A package that a frontend is to have: in its manifest, and in the catalog of the workspace where its others are."""

from __future__ import annotations

from checks.repository.catalogs import WORKSPACE, workspace_of
from checks.repository.frontends import Frontend
from setup_wizard.editors import package_json
from setup_wizard.editors.base import Refused
from setup_wizard.editors.catalog import add_to_catalog
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context


def depend(
    context: Context,
    frontend: Frontend,
    name: str,
    version: str,
    *,
    group: str = "devDependencies",
    beside: str = "",
) -> bool:
    """Add a package to a frontend's manifest as its others are named there; returns whether that changed. Raises `StepRefused`."""
    manifest = frontend.manifest
    asked = package_json.catalog_of(context.read(manifest) or b"", beside)
    written = asked or version
    if asked is not None and not _in_catalog(context, frontend, name, version, asked, group):
        return False
    return context.edit(
        manifest,
        lambda data: package_json.add_dependency(data or b"", name, written, manifest, group=group, beside=beside),
    )


def _in_catalog(context: Context, frontend: Frontend, name: str, version: str, asked: str, group: str) -> bool:
    """Add a package to the catalog that a manifest asks for; leave both entries to the person where it cannot be edited."""
    path = workspace_of(context.facts, frontend.root)
    refusal: Refused | None = None
    if path is None:
        # Bun and Yarn have catalogs in other files (https://bun.com/docs/pm/catalogs, https://yarnpkg.com/features/catalogs).
        place = f"the file of the workspace that has the catalog ({WORKSPACE} of pnpm)"
        refusal = Refused(f"{frontend.manifest} takes its versions from a catalog", f'"{name}": "{version}"', place)
    else:
        edit = add_to_catalog(context.read(path) or b"", asked, name, version, path)
        if isinstance(edit, Refused):
            refusal = edit
        else:
            context.edit(path, lambda data: add_to_catalog(data or b"", asked, name, version, path))
    if refusal is None:
        return True
    if f'"{name}"'.encode() not in (context.read(frontend.manifest) or b""):
        snippet = f'{refusal.snippet}\n# {frontend.manifest}, in "{group}"\n"{name}": "{asked}"'
        title = f"add {name} to the catalog in {refusal.place}"
        context.actions.append(
            ManualTask(title=title, reason=refusal.reason, place=refusal.place, path=path or "", snippet=snippet)
        )
    return False
