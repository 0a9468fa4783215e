"""The three-way rule, case by case."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject, dig
from brokkr_core.rollback.merge import three_way
from engine_support import live as stored


def spec(value: JsonObject) -> JsonObject:
    return {"apiVersion": "v1", "metadata": {"name": "one"}, "spec": value}


@pytest.mark.parametrize(
    ("before", "after", "live", "merged", "contested"),
    [
        # nobody else wrote
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 1}, ()),
        ({}, {"a": 2}, {"a": 2}, {}, ()),
        ({"a": 1}, {}, {}, {"a": 1}, ()),
        ({"a": {"x": 1}}, {"a": [1]}, {"a": [1]}, {"a": {"x": 1}}, ()),
        ({"a": None}, {}, {}, {"a": None}, ()),
        ({}, {"a": None}, {"a": None}, {}, ()),
        ({"a": 1}, {"a": True}, {"a": True}, {"a": 1}, ()),
        ({"a": {}}, {}, {}, {"a": {}}, ()),
        ({}, {"a": {"x": {"y": 1}}}, {"a": {"x": {"y": 1}}}, {}, ()),
        # back already
        ({"a": 1}, {"a": 2}, {"a": 1}, {"a": 1}, ()),
        ({}, {"a": 2}, {}, {}, ()),
        # somebody else wrote elsewhere
        ({"a": 1}, {"a": 2}, {"a": 2, "b": 3}, {"a": 1, "b": 3}, ()),
        ({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}, ()),
        ({"b": 1}, {"a": 1, "b": 1}, {"a": 1}, {}, ()),
        # somebody else wrote into what only we had made
        ({}, {"m": {"a": 1}}, {"m": {"a": 1, "b": 2}}, {"m": {"b": 2}}, ()),
        ({}, {"m": {"a": 1}}, {"m": {"b": 2}}, {"m": {"b": 2}}, ()),
        ({}, {"m": {"a": 1}}, {"m": {}}, {}, ()),
        ({}, {"m": {"a": 1}}, {"m": {"a": 9}}, {"m": {"a": 9}}, ("spec.m.a",)),
        # somebody else wrote where we had taken everything away
        ({"m": {"a": 1}}, {}, {"m": {"b": 2}}, {"m": {"a": 1, "b": 2}}, ()),
        ({"m": {"a": 1}}, {}, {"m": {"a": 9}}, {"m": {"a": 9}}, ("spec.m.a",)),
        # contested
        ({"a": 1}, {"a": 2}, {"a": 3}, {"a": 3}, ("spec.a",)),
        ({"a": 1}, {"a": 2}, {}, {}, ("spec.a",)),
        ({"a": 1}, {"a": 2}, {"a": True}, {"a": True}, ("spec.a",)),
        ({"a": [1]}, {"a": [2]}, {"a": [2, 3]}, {"a": [2, 3]}, ("spec.a",)),
        ({"a.b": 1}, {"a.b": 2}, {"a.b": 3}, {"a.b": 3}, ("spec[a.b]",)),
        ({}, {"m": {}}, {"m": {"b": 1}}, {"m": {"b": 1}}, ("spec.m",)),
    ],
)
def test_what_we_changed_goes_back_and_what_others_wrote_stays(
    before: JsonObject, after: JsonObject, live: JsonObject, merged: JsonObject, contested: tuple[str, ...]
) -> None:
    found = three_way(spec(before), spec(after), spec(live))

    assert found.body["spec"] == merged
    assert found.contested == contested


def test_metadata_that_the_server_manages_stays_as_it_is() -> None:
    before: JsonObject = {"metadata": {"name": "one", "uid": "u1", "resourceVersion": "1", "labels": {"a": "1"}}}
    after: JsonObject = {"metadata": {"name": "one", "uid": "u1", "resourceVersion": "2"}}
    live: JsonObject = {"metadata": {"name": "one", "uid": "u1", "resourceVersion": "3", "generation": 9}}

    assert three_way(before, after, live).body["metadata"] == {**live["metadata"], "labels": {"a": "1"}}  # type: ignore[dict-item]


def test_labels_that_we_added_go_and_the_member_with_them() -> None:
    before: JsonObject = {"metadata": {"name": "one"}}
    after: JsonObject = {"metadata": {"name": "one", "labels": {"a": "1"}}}

    assert three_way(before, after, after).body["metadata"] == {"name": "one"}


@pytest.mark.parametrize("status", [{"phase": "Bound"}, None, 0])
def test_the_status_stays_since_some_kinds_keep_it_with_everything_else(status: Json) -> None:
    body = {**spec({"a": 2}), "status": status}

    assert three_way({**spec({"a": 1}), "status": {"phase": "Old"}}, body, body).body["status"] == status


def test_an_object_without_a_status_does_not_get_one() -> None:
    assert "status" not in three_way(spec({}), spec({"a": 1}), spec({"a": 1})).body


COUNTER = "deployment.kubernetes.io/revision"


@pytest.mark.parametrize("others", [{}, {"a": "1"}], ids=["alone", "beside others"])
@pytest.mark.parametrize("counted", ["3", "4", "5"], ids=["not yet", "once", "twice"])
def test_what_a_controller_counts_is_neither_put_back_nor_anybodys_dispute(
    others: dict[str, Json], counted: str
) -> None:
    """Seen on a real API server: a run whose answer was lost is recorded with what the controller made of it since."""

    def counting(value: str, image: str, **more: Json) -> JsonObject:
        return stored(
            "Deployment", api_version="apps/v1", metadata={"annotations": {**more, COUNTER: value}}, spec=image
        )

    merged = three_way(
        counting("3", "old", **others), counting("4", "new", **{**others, "b": "2"}), counting(counted, "new", **others)
    )

    assert merged.contested == ()
    assert dig(merged.body, "metadata", "annotations") == {**others, COUNTER: counted}
    assert merged.body["spec"] == "old"


def test_an_object_that_only_a_controller_has_annotated_keeps_the_count() -> None:
    before = stored("Deployment", api_version="apps/v1", spec="old")
    after = stored(
        "Deployment", api_version="apps/v1", spec="new", metadata={"annotations": {COUNTER: "1", "ours": "1"}}
    )
    merged = three_way(before, after, after)

    assert dig(merged.body, "metadata", "annotations") == {COUNTER: "1"}
    assert merged.contested == ()
