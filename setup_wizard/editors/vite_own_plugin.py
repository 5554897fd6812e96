"""A Sentry plugin that a config has: it has to delete the maps that an edit switches on, or they would be published."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.vite import PluginCall
from checks.parsers.vite_objects import resolve
from setup_wizard.editors.javascript_splices import Script, Splice
from setup_wizard.editors.vite_call import PluginOptions, deletion_property

_DELETES = "filesToDeleteAfterUpload"


def deleting(
    script: Script, root: Node, calls: tuple[PluginCall, ...], patterns: list[str], options: PluginOptions
) -> list[Splice] | None:
    """Return the splices by which each call of the plugin deletes the maps; None where the options of one are not followed.

    What a call deletes already is its author's choice and stays.
    """
    found: list[Splice] = []
    for call in calls:
        given = call.options
        if given is None or js.has_spread(given):
            return None
        maps = next((resolve(v, root) for k, _, v in js.properties(given) if k == "sourcemaps"), None)
        made = deletion_property(patterns, options)
        if maps is None:
            found += script.insert_properties(given, [f"sourcemaps: {{ {made} }}"])
        elif maps.type != "object" or js.has_spread(maps):
            return None
        elif not any(k == _DELETES for k, _, _ in js.properties(maps)):
            found += script.insert_properties(maps, [made])
    return found
