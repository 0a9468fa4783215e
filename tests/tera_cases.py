"""Templates in the part of Tera that the fake broker understands, and what the real one was seen to render."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject

PARAMETERS: JsonObject = {
    "name": "web",
    "replicas": 2,
    "on": True,
    "off": False,
    "image": {"tag": "1.2"},
    "ports": [80, 443],
    "nothing": None,
}

RENDERED: list[tuple[str, str]] = [
    ("plain { text }", "plain { text }"),
    ("{{ name }}-{{replicas}}", "web-2"),
    ("{{ image.tag }}", "1.2"),
    ("{{ on }} {{ off }} {{ nothing }}|", "true false |"),
    ("{{ ports }} {{ image }}", "[80, 443] [object]"),
    ("{{ missing | default(value='x') }}", "x"),
    ("{{ name | default(value=3) | upper }}", "WEB"),
    ('{{ "A b " | lower | trim }}', "a b"),
    ("{{ ports | length }} {{ ports | json_encode }}", "2 [80,443]"),
    ("{% if on %}a{% else %}b{% endif %}", "a"),
    ("{% if off %}a{% elif on %}b{% else %}c{% endif %}", "b"),
    ("{% if not missing %}a{% endif %}", "a"),
    ("{% for port in ports %}{{ port }};{% endfor %}", "80;443;"),
    ("{% for a in ports %}{% if a %}{{ name }}{% endif %}{% endfor %}", "webweb"),
    ("a{# not seen #}b", "ab"),
    ("a\n{%- if on -%}\n b\n{%- endif %}", "ab"),
]
