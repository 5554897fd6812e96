"""Whether a web server or a host refuses maps: which of its rules answers the request, by the server's own precedence."""

from __future__ import annotations

import pytest

from checks.hosts import caddy, nginx
from checks.hosts.static_hosts import host_rule
from checks.parsers.server_blocks import parse_caddy, parse_nginx
from checks.parsers.text import ParseError

MAP = "/assets/index-D4x9.js.map"
FILES = "root /srv/www; location / { try_files $uri /index.html; }"
DENY = "location ~ \\.map$ { return 404; }"
NGINX = [
    ("pattern", f"server {{ {FILES} {DENY} }}", [True]),
    ("deny", f"server {{ {FILES} location ~* \\.(map|gz)$ {{ deny all; }} }}", [True]),
    ("internal", f"server {{ {FILES} location ~ \\.map$ {{ internal; }} }}", [True]),
    ("longest prefix that bars patterns", f"server {{ {FILES} location ^~ /assets/ {{ expires max; }} {DENY} }}", [False]),
    ("prefix below a pattern", f"server {{ {FILES} location /assets/ {{ expires max; }} {DENY} }}", [True]),
    ("first pattern counts", f"server {{ {FILES} location ~* \\.(js|css|map)$ {{ expires 1y; }} {DENY} }}", [False]),
    ("first pattern of scripts", f"server {{ {FILES} location ~* \\.(js|css)$ {{ expires 1y; }} {DENY} }}", [True]),
    ("denied prefix", "server { root /srv; location /assets/ { deny all; } }", [True]),
    ("exact of another", f"server {{ {FILES} location = /index.js.map {{ return 404; }} }}", [False]),
    ("exact", f"server {{ {FILES} location = {MAP} {{ return 404; }} }}", [True]),
    ("nested", "server { root /srv; location /assets/ { expires max; location ~ \\.map$ { return 404; } } }", [True]),
    ("nested elsewhere", "server { root /srv; location /static/ { location ~ \\.map$ { return 404; } } location / { } }", [False]),
    ("some may", f"server {{ {FILES} location ~ \\.map$ {{ allow 10.0.0.0/8; deny all; }} }}", [True]),
    ("all may", f"server {{ {FILES} location ~ \\.map$ {{ allow all; }} }}", [False]),
    ("all may before all are denied", "server { root /srv; location / { allow all; deny all; } }", [False]),
    ("break before return", f"server {{ {FILES} location ~ \\.map$ {{ break; return 404; }} }}", [False]),
    ("error answered elsewhere", f"server {{ {FILES} {DENY} error_page 404 = @app; location @app {{ }} }}", [None]),
    ("rewritten", f"server {{ {FILES} location ~ \\.map$ {{ rewrite ^ /index.html break; }} }}", [None]),
    ("in a comment", f"server {{ {FILES}\n # {DENY}\n }}", [False]),
    ("in a text", f"server {{ {FILES} add_header X '{DENY}'; }}", [False]),
    ("if", f"server {{ {FILES} if ($request_uri ~* \"\\.map$\") {{ return 404; }} }}", [True]),
    ("if of something else", f"server {{ {FILES} if ($http_x) {{ return 404; }} }}", [None]),
    ("other kind", f"server {{ {FILES} location ~ \\.php$ {{ deny all; }} }}", [False]),
    ("two servers", f"http {{ server {{ {FILES} {DENY} }} server {{ {FILES} }} }}", [True, False]),
    ("a server that redirects", f"server {{ return 301 https://$host$request_uri; }} server {{ {FILES} {DENY} }}", [True]),
    ("a server of the API", f"server {{ location / {{ proxy_pass http://api; }} }} server {{ {FILES} {DENY} }}", [True]),
    ("redirected", f"server {{ {FILES} location ~ \\.map$ {{ return 302 /; }} }}", [False]),
    ("locations to include", DENY, [True]),
    ("pattern that takes long", f"server {{ {FILES} location ~ (a+)+b$ {{ deny all; }} {DENY} }}", [None]),
    ("capital letters", f"server {{ {FILES} location ~ \\.MAP$ {{ return 404; }} }}", [False]),
    ("braces in a pattern", f"server {{ {FILES} location ~ \"^/a{{1,3}}/\" {{ }} {DENY} }}", [True]),
    ("variables", "server { root /srv/${NAME}; set $x \"{\"; location ~ \\.map$ { return 410; } }", [True]),
]  # fmt: skip
CADDY = [
    ("matcher", ":80 {\n  root * /srv\n  @maps path *.map\n  respond @maps 404\n  file_server\n}\n", [True]),
    ("file server first in the file", ":80 {\n  file_server\n  respond *.map 404\n}\n", [True]),
    ("handle comes before respond", ":80 {\n  respond *.map 404\n  handle {\n    file_server\n  }\n}\n", [False]),
    ("inside of handle", ":80 {\n  handle {\n    error *.map 404\n    file_server\n  }\n}\n", [True]),
    ("another handle", ":80 {\n  handle /api/* {\n    respond *.map 404\n  }\n  handle {\n    file_server\n  }\n}\n", [False]),
    ("handle of maps", ":80 {\n  @maps path *.map\n  handle @maps {\n    abort\n  }\n  handle {\n    file_server\n  }\n}\n", [True]),
    ("no matcher: Caddy does not load it", ":80 {\n  handle *.map {\n    abort\n  }\n  handle {\n    file_server\n  }\n}\n", [None]),
    ("hidden", ":80 {\n  file_server {\n    hide *.map\n  }\n}\n", [True]),
    ("errors serve the map", ":80 {\n  error *.map 404\n  handle_errors {\n    rewrite * {path}\n    file_server\n  }\n  file_server\n}\n", [None]),
    ("a file that may not be there", ":80 {\n  @m file /nothing\n  respond @m 404\n  file_server\n}\n", [None]),
    ("two lines of paths", ":80 {\n  @m {\n    path *.js\n    path *.map\n  }\n  respond @m 404\n  file_server\n}\n", [True]),
    ("block matcher", ":80 {\n  @maps {\n    path *.map *.gz\n  }\n  error @maps 403\n  file_server\n}\n", [True]),
    ("pattern", ":80 {\n  @maps path_regexp \\.map$\n  respond @maps 404\n  file_server\n}\n", [True]),
    ("only some visitors", ":80 {\n  @maps {\n    path *.map\n    remote_ip 10.0.0.0/8\n  }\n  respond @maps 404\n  file_server\n}\n", [None]),
    ("not", ":80 {\n  @rest not path *.map\n  respond @rest 404\n  file_server\n}\n", [False]),
    ("header only", ":80 {\n  @maps path *.map\n  header @maps X-A b\n  file_server\n}\n", [False]),
    ("without braces", "shop.example\nroot * /srv\nrespond *.map 404\nfile_server\n", [True]),
    ("route keeps the order", ":80 {\n  route {\n    file_server\n    respond *.map 404\n  }\n}\n", [False]),
    ("placeholders", ":80 {\n  try_files {path} /index.html\n  respond *.map 410\n  file_server\n}\n", [True]),
    ("says hello", ":80 {\n  respond *.map 200\n}\n", [False]),
]  # fmt: skip
HOSTS = [
    ("_redirects", f"{MAP} /404 404!\n/* /index.html 200\n", 1),
    ("_redirects", f"/* /index.html 200\n{MAP} /404 404!\n", None),
    ("_redirects", f"{MAP} /404 404\n", None),
    ("_redirects", f"# {MAP} /404 404!\n", None),
    ("_redirects", "/*.map /404 404!\n", None),
    ("_redirects", "/*/index-D4x9.js.map /404 404!\n", None),
    ("_redirects", "/assets/* /404 404!\n", 1),
    ("_redirects", "/old/*.map /404 404!\n", None),
    ("netlify.toml", f'[[redirects]]\nfrom="{MAP}"\nto="/404"\nstatus=404\nforce=true\n', 0),
    ("netlify.toml", f'[[redirects]]\nfrom="/*"\nto="/index.html"\nstatus=200\n[[redirects]]\nfrom="{MAP}"\nto="/404"\nstatus=404\nforce=true\n', None),
    ("netlify.toml", f'[[redirects]]\nfrom="{MAP}"\nto="/404"\nstatus=404\nforce=true\nconditions={{Country=["DE"]}}\n', None),
    ("netlify.toml", '[[redirects]]\nfrom="/*.map"\nto="/404"\nstatus=404\nforce=true\n', None),
    ("vercel.json", '{"routes": [{"src": "/(.*)\\\\.map", "status": 404}]}', 0),
    ("vercel.json", '{"routes": [{"handle": "filesystem"}, {"src": "/(.*)\\\\.map", "status": 404}]}', None),
    ("vercel.json", '{"routes": [{"src": "/(.*)", "dest": "/$1"}, {"src": "/(.*)\\\\.map", "status": 404}]}', None),
    ("vercel.json", '{"redirects": [{"source": "/:path*.map", "destination": "/"}]}', 0),
    ("vercel.json", '{"headers": [{"source": "/(.*).map", "headers": []}]}', None),
    ("vercel.json", "[]", None),
    ("vercel.json", "{", None),
    ("firebase.json", '{"hosting": {"ignore": ["**/*.map"]}}', 0),
    ("firebase.json", '{"hosting": {"ignore": ["firebase.json"]}}', None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "refused"), [pytest.param(t, r, id=n) for n, t, r in NGINX])
def test_nginx_answers_by_its_precedence(text, refused):
    assert [nginx.answer(s, MAP).refused for s in nginx.servers(parse_nginx(text))] == refused


@pytest.mark.parametrize(("text", "refused"), [pytest.param(t, r, id=n) for n, t, r in CADDY])
def test_caddy_answers_in_its_own_order(text, refused):
    assert [a.refused for a in caddy.answers(parse_caddy(text), MAP)] == refused


@pytest.mark.parametrize(("name", "text", "line"), HOSTS)
def test_a_host_answers_by_its_first_rule(name, text, line):
    assert host_rule(name, text, (MAP,)) == line


def test_the_line_is_that_of_the_rule():
    text = "server {\n  root /srv;\n  location ~ \\.map$ {\n    deny all;\n  }\n}\n"
    assert nginx.answer(nginx.servers(parse_nginx(text))[0], MAP).line == 4


@pytest.mark.parametrize("text", ["server {", "}", "a 'b", "{" * 5_000, "a{" * 5_000, "a;" * 6_000])
def test_what_does_not_parse_is_an_error(text):
    for parse in (parse_nginx, parse_caddy):
        try:
            parse(text)
        except ParseError as error:
            assert error.line is not None
