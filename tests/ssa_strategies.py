"""Generated manifests for the properties of server-side apply."""

from __future__ import annotations

from typing import cast

from hypothesis import strategies as st

from brokkr_core.model.json import Json, JsonObject, as_object, dig
from cluster_support import deployment

short = st.sampled_from(["", "1", "2"])
environment = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("ABC")}, optional={"value": short}),
    unique_by=lambda item: str(item["name"]),
    max_size=3,
)
ports = st.lists(
    st.fixed_dictionaries({"containerPort": st.sampled_from([80, 81])}, optional={"name": st.sampled_from("pq")}),
    unique_by=lambda item: str(item["containerPort"]),
    max_size=2,
)
containers = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from("mn"), "image": st.sampled_from(["i:1", "i:2"])},
        optional={
            "env": environment,
            "ports": ports,
            "args": st.lists(short, max_size=2),
            "tty": st.booleans(),
            "resources": st.just({"requests": {"cpu": "0.5"}}),
        },
    ),
    unique_by=lambda item: str(item["name"]),
    min_size=1,
    max_size=2,
)


@st.composite
def deployments(draw: st.DrawFn) -> JsonObject:
    """A Deployment named ``web`` with the parts of a manifest that merge, vanish or get defaults."""
    body = deployment(replicas=draw(st.sampled_from([None, 0, 1, 3])))
    spec = as_object(dig(body, "spec", "template", "spec"))
    spec["containers"] = cast("Json", draw(containers))
    if draw(st.booleans()):
        spec["volumes"] = [{"name": "v", "emptyDir": {}}]
    if draw(st.booleans()):
        spec["nodeSelector"] = cast("Json", draw(st.dictionaries(st.just("n"), short, max_size=1)))
    if draw(st.booleans()):
        as_object(body["spec"])["strategy"] = {"type": draw(st.sampled_from(["Recreate", "RollingUpdate"]))}
    return body


json_values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | short,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
json_objects: st.SearchStrategy[JsonObject] = st.dictionaries(st.sampled_from("abc"), json_values, max_size=3)
