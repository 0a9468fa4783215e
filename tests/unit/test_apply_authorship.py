"""Who created it: only what nobody else can have created counts as ours."""

from __future__ import annotations

import pytest

from brokkr_core.apply.authorship import created_by
from brokkr_core.model.json import Json, JsonObject
from engine_support import live

BORN = "2026-01-01T00:00:05Z"


def entry(
    manager: str = "us", operation: str = "Apply", *, time: str = BORN, sub: str = "", fields: Json = None
) -> Json:
    made: JsonObject = {"manager": manager, "operation": operation, "time": time, "fieldsV1": fields or {"f:data": {}}}
    return made | ({"subresource": sub} if sub else {})


COUNTER: JsonObject = {"f:metadata": {"f:annotations": {".": {}, "f:deployment.kubernetes.io/revision": {}}}}
LABEL: Json = {"f:metadata": {"f:labels": {"f:team": {}}}}
NOTE: Json = {"f:metadata": {"f:annotations": {"f:example.com/note": {}}}}


@pytest.mark.parametrize(
    ("entries", "ours"),
    [
        ([entry()], True),
        ([entry(), entry("controller", "Update", sub="status")], True),
        ([entry(), entry("controller", "Update", fields=COUNTER)], True),
        ([entry(time="2026-01-01T00:00:06Z")], True),
        ([entry(time="2026-01-01T00:00:07Z")], False),
        ([entry(time="")], False),
        ([entry(operation="Update")], False),
        ([entry("somebody")], False),
        ([entry(), entry("kubectl", "Update")], False),
        ([entry(), entry("kubectl", "Update", fields=LABEL)], False),
        ([entry(), entry("kubectl", "Update", fields=NOTE)], False),
        ([entry(), entry("kubectl", "Update", fields=COUNTER | {"f:spec": {}})], False),
        ([], False),
    ],
    ids=[
        "nobody else",
        "a controller wrote status",
        "a controller counted",
        "the second turned in between",
        "we came later",
        "no time",
        "not by apply",
        "not by us",
        "an updater owns data",
        "an updater owns a label",
        "an updater owns an annotation",
        "an updater owns more than a counter",
        "nobody owns anything",
    ],
)
def test_only_an_object_that_nobody_else_can_have_created_is_ours(entries: list[JsonObject], ours: bool) -> None:
    body = live(metadata={"creationTimestamp": BORN, "managedFields": [*entries]})

    assert created_by(body, "us") is ours


@pytest.mark.parametrize(("generation", "ours"), [(1, True), (2, False)])
def test_an_object_whose_generation_has_moved_had_other_values_before_ours(generation: int, ours: bool) -> None:
    body = live(metadata={"creationTimestamp": BORN, "managedFields": [entry()], "generation": generation})

    assert created_by(body, "us") is ours
