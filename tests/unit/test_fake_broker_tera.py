"""The part of Tera that the fake broker renders, and that it says so where it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker.tera import TeraError, compile_template

PARAMETERS: JsonObject = {
    "name": "web",
    "replicas": 2,
    "on": True,
    "off": False,
    "image": {"tag": "1.2"},
    "ports": [80, 443],
    "nothing": None,
}


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
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
    ],
)
def test_what_is_understood_is_rendered(text: str, rendered: str) -> None:
    assert compile_template(text).render(PARAMETERS) == rendered


@pytest.mark.parametrize(
    "text",
    [
        "{{ x",
        "{% if x",
        "{% if x %}",
        "{% for x %}{% endfor %}",
        "{% endif %}",
        "{% include 'x' %}",
        "{{ x | nofilter }}",
        "{{ x | upper(value=1) }}",
        "{{ 1 + 1 }}",
        "{{ }}",
        "{% if a == b %}{% endif %}",
    ],
)
def test_what_is_not_understood_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(TeraError):
        compile_template(text)


@pytest.mark.parametrize("text", ["{{ missing }}", "{{ name.deeper }}", "{% for x in name %}{% endfor %}"])
def test_what_is_not_there_is_refused_when_it_is_rendered(text: str) -> None:
    template = compile_template(text)
    with pytest.raises(TeraError):
        template.render(PARAMETERS)


@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "|", "if ", "else", "endif", "for x in y", "x"])
    ).map("".join)
    | st.text()
)
def test_any_text_is_a_template_or_refused(text: str) -> None:
    try:
        compile_template(text).render({"x": 1, "y": [1]})
    except TeraError:
        return
