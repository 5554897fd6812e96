"""`verify-build`: synthetic builds of several bundlers, each fault named with its file."""

from __future__ import annotations

import json

import pytest

from checks.builds.reading import read_build
from setup_wizard.cli import main

ID, OTHER = "0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002"
DSN = "https://" + "0123456789abcdef" * 2 + "@o1.ingest.sentry.io/7"
SNIPPET = f'!function(){{try{{e._sentryDebugIdIdentifier="sentry-dbid-{ID}"}}catch(e){{}}}}();'
TOKEN = "sntrys_" + "A1b2" * 12
GOOD = {
    "index.html": "<script src=/assets/index.js></script>",
    "assets/index.js": f'{SNIPPET}init({{dsn:"{DSN}"}})\n',
    "assets/vendor.js": f"run();\n//# debugId={OTHER}\n",
    "assets/index.css": "a{}",
}


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder)


def verify(folder, capsys, name="json"):
    code = main(["verify-build", folder, "--format", name])
    return code, capsys.readouterr()


def failing(out):
    return {
        c["id"]: [(f["path"], f["message"]) for f in c["findings"]] for c in json.loads(out)["checks"] if c["findings"]
    }


def test_a_good_build_passes_and_says_what_was_seen(tmp_path, capsys):
    code, said = verify(write(tmp_path, GOOD), capsys)
    data = json.loads(said.out)
    assert code == 0 and failing(said.out) == {} and data["summary"]["bundles"] == 2
    assert {c["id"]: c["fact"] for c in data["checks"]}["dsn"] == "a DSN in assets/index.js"
    assert "the maps of 2 bundles are not here" in data["notes"][0]


@pytest.mark.parametrize(
    ("name", "text", "fine"),
    [
        ("assets/polyfills-legacy-x.js", '!function(){e["__core-js_shared__"]={}}();', True),
        ("assets/polyfills-legacy-x.js", "!function(){start()}();", False),
        ("assets/index-legacy-x.js", '!function(){e["__core-js_shared__"]={}}();', False),
    ],
)
def test_the_polyfills_of_a_legacy_build_have_no_map(tmp_path, capsys, name, text, fine):
    code, said = verify(write(tmp_path, GOOD | {name: text}), capsys)
    assert (code == 0) is fine
    if fine:
        assert f"{name} is built without a map: it has polyfills or a list of pages" in json.loads(said.out)["notes"]
    else:
        assert failing(said.out) == {"debug-ids": [(name, "it has no debug id: its stack frames cannot be mapped")]}


LISTS = {"polyfillFiles": ["static/chunks/poly.js"], "lowPriorityFiles": ["static/x/_ssgManifest.js"], "devFiles": None}
NEXT = {f"static/{name}": text for name, text in GOOD.items()} | {
    "static/chunks/poly.js": "!function(){start()}();",
    "static/x/_ssgManifest.js": "self.__SSG_MANIFEST=new Set([]);self.__SSG_MANIFEST_CB&&self.__SSG_MANIFEST_CB()",
}


@pytest.mark.parametrize("part", ["", "static"])
@pytest.mark.parametrize("manifest", [json.dumps(LISTS), "[]", "{", "[" * 100_000, '{"polyfillFiles": {"a": 1}}'])
def test_next_lists_what_it_builds_without_a_map(tmp_path, capsys, part, manifest):
    write(tmp_path / ".next", NEXT | {"build-manifest.json": manifest})
    code, said = verify(str(tmp_path / ".next" / part), capsys)
    prefix = "" if part else "static/"
    names = [f"{prefix}chunks/poly.js", f"{prefix}x/_ssgManifest.js"]
    if manifest == json.dumps(LISTS):
        assert code == 0
        notes = json.loads(said.out)["notes"]
        assert [f"{n} is built without a map: it has polyfills or a list of pages" for n in names] == notes[:2]
    else:
        assert failing(said.out) == {
            "debug-ids": [(n, "it has no debug id: its stack frames cannot be mapped") for n in names]
        }


NUXT = {
    "nitro.json": "{}",
    "server/index.mjs": f"{SNIPPET}\nrun();\n//# sourceMappingURL=index.mjs.map\n",
    "server/kept.mjs.map": '{"version":3}',
    "server/nitro.mjs": "run()",
    "public/_nuxt/a.js": f"{SNIPPET}init()\n",
}


@pytest.mark.parametrize("part", [".", "public", "public/_nuxt"])
def test_nuxts_server_may_hand_over_the_dsn_and_its_own_files_are_not_served(tmp_path, capsys, part):
    write(tmp_path / ".output", NUXT)
    code, said = verify(str(tmp_path / ".output" / part), capsys)
    data = json.loads(said.out)
    assert code == 0 and "dsn" not in {c["id"] for c in data["checks"]}
    assert any(n.startswith("no DSN is in the build: Nuxt's server may pass it") for n in data["notes"])
    own = "1 script of the server without a debug id, such as server/nitro.mjs: only browsers' are judged"
    assert (own in data["notes"]) is (part == ".")


@pytest.mark.parametrize(
    ("folder", "server", "part", "found"),
    [
        ("build", "handler.js", "client", True),
        ("build", "handler.js", "client/_app", True),
        (".svelte-kit/output", "server/index.js", "client", True),
        ("build", "index.html", "client", False),
    ],
)
def test_sveltekits_server_may_hand_over_the_dsn(tmp_path, capsys, folder, server, part, found):
    files = {server: "run()\n", "client/_app/immutable/a.js": SNIPPET}
    write(tmp_path / folder, files)
    code, said = verify(str(tmp_path / folder / part), capsys)
    data = json.loads(said.out)
    if found:
        assert code == 0 and "dsn" not in {c["id"] for c in data["checks"]}
        note = (
            "no DSN is in the build: SvelteKit's server may pass it to the browser at run time, with PUBLIC_SENTRY_DSN"
        )
        assert note in data["notes"]
    else:
        assert code == 1 and set(failing(said.out)) == {"dsn"}


@pytest.mark.parametrize(
    ("left_out", "more", "failing_checks"),
    [
        ("nitro.json", {}, {"dsn", "links", "maps-private", "debug-ids"}),
        ("server/index.mjs", {}, {"dsn"}),
        ("public/_nuxt/a.js", {"public/a.js": SNIPPET}, {"dsn"}),
        ("", {"public/_nuxt/a.js.map": "{}"}, {"maps-private"}),
        ("", {"public/b.js": f"{SNIPPET}\n//# sourceMappingURL=b.js.map\n"}, {"links"}),
    ],
)
def test_without_nuxts_server_everything_is_for_the_browser(tmp_path, capsys, left_out, more, failing_checks):
    write(tmp_path / ".output", {n: t for n, t in (NUXT | more).items() if n != left_out})
    code, said = verify(str(tmp_path / ".output"), capsys)
    assert code == 1 and set(failing(said.out)) == failing_checks


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ('window.__manifest={"routes":{"root":{"id":"root"}}};', True),
        ('window.__manifest={"a":"b"};\nwindow.__more=["c"];\n', True),
        ('window.__manifest={"a":load()};', False),
        ("window.start=()=>{throw 1};", False),
    ],
)
def test_plain_data_needs_no_debug_id(tmp_path, capsys, text, fine):
    code, said = verify(write(tmp_path, GOOD | {"assets/manifest.js": text}), capsys)
    assert (code == 0) is fine and ("debug-ids" in failing(said.out)) is not fine


MAP = json.dumps({"version": 3, "debug_id": ID, "mappings": ""})
FAULTS = [
    ({"assets/lazy.js": "run()\n"}, "debug-ids", "assets/lazy.js", "no debug id"),
    ({"_next/static/chunks/a.js": "x()\n"}, "debug-ids", "_next/static/chunks/a.js", "no debug id"),
    ({"assets/index.js.map": MAP}, "maps-private", "assets/index.js.map", "would be published"),
    ({"assets/index.css.map": "{}"}, "maps-private", "assets/index.css.map", "would be published"),
    ({"assets/vendor.js.map": MAP}, "debug-ids", "assets/vendor.js", "differs from its map's"),
    (
        {"assets/b.js": f"{SNIPPET}\n//# sourceMappingURL=b.js.map\n"},
        "links",
        "assets/b.js",
        "names b.js.map, which does not exist",
    ),
    ({"assets/b.css": "a{}\n/*# sourceMappingURL=b.css.map */\n"}, "links", "assets/b.css", "b.css.map"),
    ({"assets/b.mjs": f"{SNIPPET}\n//# sourceMappingURL=data:application/json;base64,e30=\n"}, "links", "assets/b.mjs", "contains its map"),
    ({"config.json": f'{{"t": "{TOKEN}"}}'}, "no-token", "config.json", "a Sentry token is in it"),
    ({"assets/index.js": f"{SNIPPET}init()"}, "dsn", None, "no file contains a DSN"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "check", "path", "words"), FAULTS)
def test_each_fault_is_named_with_its_file(tmp_path, capsys, more, check, path, words):
    code, said = verify(write(tmp_path, GOOD | more), capsys)
    found = failing(said.out)
    assert code == 1 and check in found, found
    assert any(p == path and words in message for p, message in found[check]), found
    assert TOKEN not in said.out


HARMLESS = [
    {"sw.js": "self.skipWaiting()"},
    {"workbox-1a2b.js": "define()"},
    {"assets/facade.js": 'import"./index.js";import{a}from"./vendor.js";export{a};\n'},
    {"assets/empty.js": ""},
    {"assets/word.js": f'{SNIPPET}var a="//# sourceMappingURL=x.map";\n'},
    {"assets/far.js": f"{SNIPPET}\n//# sourceMappingURL=https://maps.example/far.js.map\n"},
]


@pytest.mark.parametrize("more", HARMLESS)
def test_what_is_no_fault_is_none(tmp_path, capsys, more):
    code, said = verify(write(tmp_path, GOOD | more), capsys)
    assert code == 0, failing(said.out)


@pytest.mark.parametrize(
    "more", [{"assets/code.js": "import './index.js';run()\n"}, {"assets/e.js": "export const a = f()\n"}]
)
def test_a_small_script_with_code_of_its_own_needs_an_id(tmp_path, capsys, more):
    code, said = verify(write(tmp_path, GOOD | more), capsys)
    assert code == 1 and list(failing(said.out)) == ["debug-ids"]


def test_what_lies_across_two_pieces_of_a_large_file_is_found(tmp_path):
    filler = b"a" * (512 * 1024 - 20)
    write(tmp_path, {"big.js": filler + TOKEN.encode() + filler + f"\n//# debugId={ID}\n".encode()})
    (found,) = read_build(tmp_path)
    assert found.tokens and found.debug_ids == {ID} and found.size > 1_000_000 and found.head == b""


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    outside = write(tmp_path / "outside", {"secret.js": TOKEN})
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "more").symlink_to(outside)
    (folder / "one.js").symlink_to(f"{outside}/secret.js")
    assert list(read_build(folder)) == []


def test_a_folder_without_bundles_is_no_success(tmp_path, capsys):
    code, said = verify(write(tmp_path, {"index.html": "hello"}), capsys)
    assert code == 3 and said.out == "" and "no bundle" in json.loads(said.err)["error"]["message"]
    code, said = verify(str(tmp_path / "nowhere"), capsys)
    assert code == 2 and "is not a directory" in said.err
    code, said = verify(str(tmp_path), capsys, "html")
    assert code == 2 and "unknown format `html`" in said.err


def test_text_and_annotations_name_the_files(tmp_path, capsys):
    folder = write(tmp_path, GOOD | {"assets/lazy.js": "run()\n", "a.txt": TOKEN})
    code, said = verify(folder, capsys, "text")
    assert code == 1 and "assets/lazy.js: it has no debug id" in said.out and "2 of 6 fail" in said.out
    assert said.out.index("FAIL") < said.out.index("ok  ") and TOKEN not in said.out
    code, said = verify(folder, capsys, "github")
    assert code == 1 and "::error title=Every bundle carries a debug id::assets/lazy.js" in said.out
