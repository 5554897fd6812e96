"""Keeps the service worker of vite-plugin-pwa from writing maps that nothing deletes: `sourcemap: false` in its own options."""

from __future__ import annotations

from tree_sitter import Node

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
        elif made.switch is not None:
            found.append((script.at(made.switch.start_byte), script.at(made.switch.end_byte), "false"))
        else:
            found += script.insert_properties(made.part, ["sourcemap: false"])
    return found


def hint_of_workers(root: Node) -> str:
    """Return the lines of a snippet that keep the service workers of a config from having maps; empty where none has."""
    keys = dict.fromkeys(made.key for made in worker_maps(root))
    return "".join(f"\n// and, in the options of VitePWA: {key}: {{ sourcemap: false }}" for key in keys)
