"""What differs between two states: every difference has a path, and no path has a value."""

from __future__ import annotations

import pytest

from brokkr_core.apply.difference.paths import below, beyond_stamp, changed_paths, comparable, same, step
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.wire import CHECKSUM, STACK


def spec(value: Json) -> JsonObject:
    return {"spec": value}


def containers(*names: str) -> JsonObject:
    return spec([{"name": name, "image": "a"} for name in names])


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        (spec({"a": 1}), spec({"a": 1}), ()),
        (spec({"a": 1}), spec({"a": 2}), ("spec.a",)),
        (spec({"a": 1}), spec({"a": True}), ("spec.a",)),
        (spec({"a": 0}), spec({"a": False}), ("spec.a",)),
        (spec({"a": 1}), spec({"a": 1.0}), ("spec.a",)),
        (spec({"a": None}), spec({}), ("spec.a",)),
        (spec({"a": {}}), spec({}), ("spec.a",)),
        (spec({}), spec({"a": {"b": {"c": 1}, "d": 2}}), ("spec.a.b.c", "spec.a.d")),
        (spec({"a": {"b": 1}}), spec({"a": [1]}), ("spec.a",)),
        (spec({"a": [1]}), spec({"a": [True]}), ("spec.a",)),
        (spec({"a": [1, 2]}), spec({"a": [2, 1]}), ("spec.a",)),
        (spec([{"name": "x", "v": 1}]), spec([{"name": "x", "v": 2}]), ("spec[name=x].v",)),
        (spec([{"name": "x"}]), spec([{"name": "x"}, {"name": "y"}]), ("spec[name=y]",)),
        (spec([{"name": "x"}, {"name": "x"}]), spec([{"name": "x"}]), ("spec",)),
        (spec([{"name": 1}]), spec([{"name": True}]), ("spec",)),
        ({"data": {"app.properties": "1"}}, {"data": {"app.properties": "2"}}, ("data[app.properties]",)),
        ({"status": {"a": 1}}, {"status": {"a": 2}}, ()),
    ],
)
def test_a_difference_is_named_by_its_path(before: JsonObject, after: JsonObject, paths: tuple[str, ...]) -> None:
    assert changed_paths(before, after) == paths


def test_the_order_of_named_items_is_a_difference() -> None:
    assert changed_paths(containers("a", "b"), containers("b", "a")) == ("spec",)


def test_an_item_in_between_does_not_change_the_order_of_the_others() -> None:
    assert changed_paths(containers("a", "c"), containers("a", "b", "c")) == ("spec[name=b]",)


@pytest.mark.parametrize(
    "member",
    ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid", "deletionTimestamp"],
)
def test_what_the_server_manages_is_no_difference(member: str) -> None:
    assert changed_paths({"metadata": {member: "1"}}, {"metadata": {}}) == ()


@pytest.mark.parametrize("member", ["labels", "finalizers", "ownerReferences", "name", "generateName"])
def test_what_people_write_in_the_metadata_is_a_difference(member: str) -> None:
    assert changed_paths({"metadata": {member: ["1"]}}, {"metadata": {}}) == (f"metadata.{member}",)


def test_a_controllers_counter_is_no_difference_even_as_the_only_annotation() -> None:
    counted: JsonObject = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}}}

    assert changed_paths(counted, {"metadata": {}}) == ()


def test_the_first_annotations_of_an_object_are_named_one_by_one() -> None:
    stamped: JsonObject = {"metadata": {"annotations": {STACK: "s", CHECKSUM: "c", "mine": "1"}}}

    assert beyond_stamp(changed_paths({"metadata": {}}, stamped)) == ("metadata.annotations.mine",)


def test_comparing_changes_neither_state() -> None:
    body: JsonObject = {
        "metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}, "uid": "u"},
        "status": 1,
    }
    comparable(body)

    assert body == {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}, "uid": "u"}, "status": 1}


@pytest.mark.parametrize(
    ("path", "root", "within"),
    [
        ("data.a", "data.a", True),
        ("data.a.b", "data.a", True),
        ("data[a.b]", "data", True),
        ("spec.x[name=y].z", "spec.x", True),
        ("data[a.b]", "data.a", False),
        ("data.ab", "data.a", False),
        ("data", "data.a", False),
        ("data[a.b]", "data[a.c]", False),
    ],
)
def test_a_path_lies_within_another_only_by_whole_steps(path: str, root: str, within: bool) -> None:
    assert below(path, root) is within


def test_a_key_with_marks_stands_in_brackets() -> None:
    assert step(step("metadata.annotations", "k8s.io/a"), "b") == "metadata.annotations[k8s.io/a].b"


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), (1, 1.0), ([1], [True]), ({"a": 0}, {"a": False})])
def test_json_equality_tells_kinds_of_values_apart(one: Json, other: Json) -> None:
    assert not same(one, other)
    assert same(one, one)
