"""Which maps the plugin deletes after the upload: globs of the folders that the build writes to, from where it is started."""

from __future__ import annotations

import posixpath

from msgspec.structs import replace
from tree_sitter import Node

from checks.frontends.outputs import folder_left_open, output_of_plugins
from checks.parsers import javascript as js
from checks.parsers.vite import ViteConfig, output_dirs, written_path
from checks.parsers.vite_objects import ConfigObject, UnresolvedSource, resolve
from setup_wizard.editors.javascript_splices import Script
from setup_wizard.editors.vite_call import PluginOptions
from setup_wizard.editors.vite_maps import defined_folder, is_absolute, is_emptied, is_shared, matching, written_names

_FOLDER = "FOLDER_OF_THE_BUILD"


class NotFollowedError(Exception):
    """A shape that the editor does not follow."""


class Deletion:
    """The globs of one config's maps."""

    def __init__(
        self, script: Script, config: ViteConfig, options: PluginOptions, path: str, *, whole: bool = False
    ) -> None:
        """Take a config; `whole` names every map of the folders, also of those that others write to: for a text only."""
        self.script, self.config, self.options, self.path, self.whole = script, config, options, path, whole

    def patterns(self, target: ConfigObject) -> list[str]:
        """Return the globs, as JavaScript, of the maps in the real output folders, from where the build is started."""
        each = [
            self._of_config(target) if flag is None else self._of_flag(target, flag)
            for flag in self.options.flags or (None,)
        ]
        return list(dict.fromkeys(glob for globs in each for glob in globs))

    def _of_flag(self, target: ConfigObject, flag: str) -> list[str]:
        """Return the globs of a build whose command names its folder, which wins over the config."""
        root = target.vite_root
        base = js.string_of(js.unwrap(root)) if isinstance(root, Node) else "."
        if "$" in flag or base is None or isinstance(root, UnresolvedSource):
            raise NotFollowedError(f"{self.path}: a script builds to `{flag}`, and which folder that is is not known")
        return self._in_folder(target, base, flag)

    def _in_folder(self, target: ConfigObject, base: str, folder: str) -> list[str]:
        joined = posixpath.normpath(posixpath.join(base, folder))
        glob = joined if joined.startswith((".", "/")) else f"./{joined}"
        patterns = [f"{glob}/{name}" for name in self._names(target, folder)]
        self._refuse_lost(target, folder, patterns)
        return [f"{self.script.quote}{p}{self.script.quote}" for p in patterns]

    def _of_config(self, target: ConfigObject) -> list[str]:
        plugin = output_of_plugins(self.config.root)
        usual = (
            (plugin.folder if plugin is not None else "dist") if self.options.output is None else self.options.output
        )
        out, root = None if plugin is not None and plugin.fixed else target.out_dir, target.vite_root
        if isinstance(out, Node) and is_absolute(resolve(out, self.config.root)):
            root = None  # an absolute folder is below no root
        out, root = self._plain(out, "build.outDir"), self._plain(root, "root")
        own = output_dirs(target, self.config.root)
        if own:
            return self._below(target, own)
        if out is None and not usual:
            open_folder = folder_left_open(self.config.root)
            raise NotFollowedError(
                f"{self.path}: {open_folder[0]}, so which maps to delete is not known"
                if open_folder is not None
                else f"{self.path}: a plugin's output path cannot be followed"
            )
        folder = js.string_of(js.unwrap(out)) if isinstance(out, Node) else usual
        base = js.string_of(js.unwrap(root)) if isinstance(root, Node) else "."
        if isinstance(root, Node) and js.text_of(root) in ("process.cwd()", "__dirname", "import.meta.dirname"):
            base = "."
        if folder is not None and folder.startswith("/"):
            base = "."  # an absolute folder is below no root
        if folder is not None and base is not None:
            return self._in_folder(target, base, folder)
        if isinstance(out, Node) and folder is None:
            if not is_absolute(resolve(out, self.config.root)) and base not in (".", "./"):
                raise NotFollowedError(
                    f"{self.path}: `root` and `build.outDir` are computed, so the folder is not known"
                )
            return self._below_computed(target, out)
        assert isinstance(root, Node)
        start = defined_folder(root, self.script.quote)
        folder = posixpath.normpath(folder or usual)
        return ["`${" + start + f"}}/{folder}/{name}`" for name in self._names(target, folder)]

    def _plain(self, value: Node | UnresolvedSource | None, key: str) -> Node | None:
        """Return a value of this file, or a text of another."""
        if not isinstance(value, UnresolvedSource):
            return value
        if value.value is None or js.string_of(js.unwrap(value.value)) is None:
            raise NotFollowedError(f"{self.path}: `{key}` may come from `{js.text_of(value.node)[:40]}`")
        return value.value

    def _below_computed(self, target: ConfigObject, out: Node) -> list[str]:
        """Return the globs below a folder that the config computes, as templates of its expression."""
        spelled = written_path(resolve(out, self.config.root))
        folder = posixpath.normpath(spelled) if spelled is not None else None
        names = self._names(target, folder)
        if folder is not None:
            self._refuse_lost(target, folder, [f"{folder}/{name}" for name in names])
        elif self.options.kept and not is_emptied(target, self.config.root):
            raise NotFollowedError(
                f"{self.path}: `build.outDir` is computed, and git tracks {self.options.kept[0]}, which may be in it"
            )
        return ["`${" + defined_folder(out, self.script.quote) + "}/" + f"{name}`" for name in names]

    def _refuse_lost(self, target: ConfigObject, folder: str, patterns: list[str]) -> None:
        """Refuse globs that name a map of somebody else's in a folder which the build does not empty."""
        lost = [m for p in patterns if (m := matching(p, self.options.kept)) is not None]
        if lost and is_shared(target, self.config.root, folder):
            raise NotFollowedError(
                f"{self.path}: git tracks {lost[0]}, which would be deleted with the maps of this build"
            )

    def _below(self, target: ConfigObject, own: list[Node]) -> list[str]:
        """Return the globs where the bundler's own output options name the folders, as texts, from where it is started."""
        folders = [js.string_of(n) for n in own]
        if None in folders:
            raise NotFollowedError(
                f"{self.path}: the bundler's own `output.dir` is computed, so the folder is not known"
            )
        paths = [posixpath.normpath(f"{f}/{name}") for f in folders if f for name in self._names(target, f)]
        globs = [p if p.startswith((".", "/")) else f"./{p}" for p in paths]
        return [f"{self.script.quote}{g}{self.script.quote}" for g in dict.fromkeys(globs)]

    def _names(self, target: ConfigObject, folder: str | None) -> list[str]:
        """Return the globs below the output folder: every map of a folder that is the build's own, else those that it names."""
        if self.whole or not is_shared(target, self.config.root, folder):
            return ["**/*.map"]
        found = written_names(target, self.config.root)
        if found is None:
            raise NotFollowedError(
                f"{self.path}: the output folder is not emptied, and which of its maps this build writes is not known"
            )
        return found

    def told(self) -> list[str]:
        """Return the globs for the text that a person writes: where they cannot be determined, what has to be there."""
        found: list[str] = []
        for target in self.config.objects:
            try:
                found += self.patterns(target)
            except NotFollowedError:
                found += self._told(target)
        return list(dict.fromkeys(found)) or ["'./dist/**/*.map'"]

    def _told(self, target: ConfigObject) -> list[str]:
        """Return the globs that a person completes: of the folder where it is known, with what has to be made sure before."""
        placeholder = f"'./{_FOLDER}/**/*.map'"
        if self._is_open(target):
            return [placeholder]
        try:
            globs = Deletion(self.script, self.config, replace(self.options, kept=()), self.path, whole=True).patterns(
                target
            )
        except NotFollowedError:
            return [f"{placeholder} /* {_FOLDER}: what {self._deciding(target)} says */"]
        lost = next((m for g in globs if (m := matching(g[1:-1], self.options.kept)) is not None), None)
        if lost is not None:
            return [f"/* the maps that this build writes, by name: {lost} stays */"]
        return [
            f"{glob} /* only where nothing else keeps maps there */"
            if glob[1:3] == "./"
            # A folder outside the package is a server's, with files of others.
            else f"/* the maps that this build writes to {glob[1:-1].removesuffix('/**/*.map')}, by name */"
            for glob in globs
        ]

    def _deciding(self, target: ConfigObject) -> str:
        """Return what names the folder of a build that is not known here."""
        flag = next((f for f in self.options.flags if f is not None), None)
        if flag is not None:
            return f"`--outDir {flag}` of the script"
        if output_dirs(target, self.config.root):
            return "the bundler's `output.dir`"
        return "`build.outDir`" if target.out_dir is not None else "`root`"

    def told_build(self) -> str:
        """Return what a person writes into `build`: hidden maps, and the folder where only a plugin knows it."""
        if any(self._is_open(t) for t in self.config.objects):
            return f"build: {{ outDir: '{_FOLDER}', sourcemap: 'hidden' }}, where {_FOLDER} is what the build writes to now"
        return "build: { sourcemap: 'hidden' }"

    def _is_open(self, target: ConfigObject) -> bool:
        named = target.out_dir is not None or bool(output_dirs(target, self.config.root))
        return not named and folder_left_open(self.config.root) is not None
