"""What does not fit into a cluster is said before anything is sent."""

from __future__ import annotations

import pytest

from brokkr_core.apply.difference.paths import SERVER_METADATA
from brokkr_core.apply.preflight.sizes import LARGEST_ANNOTATIONS, LARGEST_OBJECT, check_size
from brokkr_core.errors import Cause, InvalidError
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ref_of
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_support import live


def manifest_of(body: JsonObject) -> Manifest:
    metadata = {key: value for key, value in as_object(body["metadata"]).items() if key not in SERVER_METADATA}
    return Manifest(ref=ref_of(body), body={**body, "metadata": metadata})


def causes(body: JsonObject) -> list[tuple[str, str]]:
    return [(cause.reason, cause.field) for cause in check_size(manifest_of(body))]


def annotated(**annotations: str) -> JsonObject:
    return live(namespace="default", metadata={"annotations": {**annotations}})


def gadget(**spec: Json) -> JsonObject:
    return live("Gadget", api_version="example.com/v1", spec=spec)


def test_what_fits_has_no_causes() -> None:
    assert check_size(manifest_of(live(data={"a": "x" * 1000}))) == ()


@pytest.mark.parametrize("over", [0, 1])
def test_annotations_are_counted_as_the_server_counts_them(over: int) -> None:
    body = annotated(a="x" * (LARGEST_ANNOTATIONS - 100), b="é" * 49 + "x" * over)
    manifest = manifest_of(body)
    with EmbeddedCluster() as cluster:
        client = KubeClient(cluster.transport())
        if over:
            with pytest.raises(InvalidError):
                client.apply(manifest.body, manifest.ref, manager="tests", force=True)
        else:
            client.apply(manifest.body, manifest.ref, manager="tests", force=True)

    assert causes(body) == [("FieldValueTooLong", "metadata.annotations")] * over


def test_the_message_names_object_limit_and_largest_part_and_no_value() -> None:
    (cause,) = check_size(manifest_of(annotated(small="s3cr3t", large="x" * LARGEST_ANNOTATIONS)))

    assert cause == Cause(
        reason="FieldValueTooLong",
        field="metadata.annotations",
        message="the annotations of ConfigMap/default/one have 256 KiB, and the most is 256 KiB; "
        "the largest is large with 256 KiB",
    )


def test_an_object_too_large_to_be_stored_is_named_with_its_largest_part() -> None:
    (cause,) = check_size(manifest_of(gadget(a="x", deep={"list": ["x", "x" * LARGEST_OBJECT]})))

    assert (cause.reason, cause.field) == ("RequestEntityTooLarge", "spec.deep.list[1]")
    assert cause.message == (
        "Gadget/shop/one has 1.50 MiB, and a cluster keeps 1.50 MiB at most; "
        "the largest part is spec.deep.list[1] with 1.50 MiB"
    )


def test_many_parts_of_one_size_are_named_by_what_holds_them() -> None:
    data: JsonObject = {f"k{number}": "x" * 100_000 for number in range(20)}

    assert causes(live(data=data)) == [("RequestEntityTooLarge", "data")]


def test_escapes_count_only_where_the_object_is_stored_as_json() -> None:
    lines = "\n" * (LARGEST_OBJECT // 2)

    assert causes(live(data={"a": lines})) == []
    assert causes(gadget(a=lines)) == [("RequestEntityTooLarge", "spec.a")]
