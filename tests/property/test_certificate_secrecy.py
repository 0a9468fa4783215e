"""No value of any object is ever in a certificate, whatever became of the object."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.ref import ref_of
from brokkr_core.rollback import Entry, Undone, aggregate, certify, verify
from brokkr_core.rollback.merge import three_way
from certificate_support import FACTS, KEY, checked
from engine_support import live

#: Long enough not to turn up in a certificate by chance, and in every alphabet that JSON escapes.
values = st.tuples(st.text(max_size=8), st.integers(10**11, 10**12)).map(lambda pair: f"{pair[0]}{pair[1]}")
data = st.dictionaries(st.sampled_from(["a", "b", "app.properties", "tls.key", "x"]), values, max_size=4)


@st.composite
def stories(draw: st.DrawFn) -> tuple[Entry, JsonObject | None, list[str]]:
    """What was recorded of a Secret or a ConfigMap, what stands there, and every value that occurs in it."""
    kind = draw(st.sampled_from(["Secret", "ConfigMap"]))
    member = draw(st.sampled_from(["data", "stringData", "binaryData", "spec"]))
    states: list[JsonObject] = []
    found: list[str] = []
    for version in ("1", "2", "3"):
        inner: dict[str, Json] = dict(draw(data))
        nested: list[Json] = [*draw(st.lists(values, max_size=2))]
        note = draw(values)
        found += [str(value) for value in [*inner.values(), *nested, note]]
        body = live(kind, version=version, metadata={"annotations": {"note": note}})
        states.append({**body, member: {**inner, "list": nested}})
    before, after, now = states
    entry = Entry(
        ref=ref_of(before),
        before=draw(st.sampled_from([before, None])),
        after=draw(st.sampled_from([after, None])),
        created=draw(st.booleans()),
        deleted=draw(st.booleans()),
        refused=draw(st.booleans()),
        bounded=draw(st.booleans()),
    )
    return entry, draw(st.sampled_from([now, before, None])), found


@given(story=stories())
def test_no_value_of_an_object_is_in_its_certificate(story: tuple[Entry, JsonObject | None, list[str]]) -> None:
    entry, now, found = story
    contested = three_way(entry.before, entry.after, now).contested if entry.before and entry.after and now else ()
    finding = verify(entry, now, contested=contested)
    undone = Undone(verdict=aggregate([finding]), findings=(finding,), bodies={entry.ref: now})
    certificate = certify(undone, [entry], FACTS, key=KEY)
    document = json.dumps(checked(certificate), ensure_ascii=False)

    for text in (document, json.dumps(checked(certificate)), repr(certificate), repr(undone), str(finding)):
        assert [value for value in found if value in text] == []
    assert KEY.decode() not in document
