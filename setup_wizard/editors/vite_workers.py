"""Keeps the service worker of vite-plugin-pwa from writing maps that nothing deletes: `sourcemap: false` in its own options."""

from __future__ import annotations

from checks.frontends.service_workers import worker_maps
from setup_wizard.editors.javascript_splices import Script, Splice


def without_worker_maps(script: Script) -> list[Splice] | None:
    """Return the splices that switch the maps of service workers off; None where the options are not literals."""
    found: list[Splice] = []
    for made in worker_maps(script.root):
        if not made.readable:
            return None
        if made.options is None:
            arguments = made.call.child_by_field_name("arguments")
            assert arguments is not None
            place = script.at(arguments.start_byte) + 1
            found.append((place, place, f"{{ {made.key}: {{ sourcemap: false }} }}"))
        elif made.part is None:
            found += script.insert_properties(made.options, [f"{made.key}: {{ sourcemap: false }}"])
        else:
            found += script.insert_properties(made.part, ["sourcemap: false"])
    return found
