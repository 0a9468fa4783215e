"""The part of Tera that the fake broker renders, and that it says so where it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.testing.broker.tera import TeraError, compile_template
from tera_cases import PARAMETERS, RENDERED


@pytest.mark.parametrize(("text", "rendered"), RENDERED)
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
