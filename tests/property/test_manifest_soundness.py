"""The quick look at an object and the thorough one never disagree."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from brokkr_core.manifest.identity import check_body, identity, sound_identity

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", " ", "a", "a.b", "A", "x" * 64, "x" * 254, "a/b", "a:b", "..", 0, 1, True, False, [], {}]
)
TEXTS = st.one_of(ODD, st.dictionaries(st.sampled_from("ab"), ODD, max_size=2))
METADATA = st.fixed_dictionaries(
    {}, optional={"name": ODD, "generateName": ODD, "namespace": ODD, "labels": TEXTS, "annotations": TEXTS}
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "apiVersion": st.one_of(ODD, st.sampled_from(["v1", "apps/v1", "rbac.authorization.k8s.io/v1", "a/b/c"])),
        "kind": st.one_of(ODD, st.sampled_from(["Service", "Secret", "Role"])),
        "metadata": st.one_of(ODD, METADATA),
    },
)


@given(BODIES)
@example({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a.b"}})
@example({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a.b", "labels": None}})
def test_an_object_is_sound_exactly_when_nothing_is_wrong_with_it(body: dict[str, Any]) -> None:
    ref = sound_identity(body)

    if ref is not None:
        assert check_body(body) == []
        assert ref == identity(body)
        assert ref.version == identity(body).version
    elif check_body(body) == []:
        # What is left to the thorough look although it is fine: an empty value that is written.
        assert body["metadata"]["namespace"] is None
