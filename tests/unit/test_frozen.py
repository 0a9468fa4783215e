"""Values that do not load attrs are to their users what attrs would have made of them."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from attrs.exceptions import FrozenInstanceError

from brokkr_core.manifest import Limits
from brokkr_core.model.manifest import Manifest, Origin
from brokkr_core.model.ref import GroupKind, ObjectRef

TWIN = attrs.make_class(
    "ObjectRef",
    {
        "group": attrs.field(),
        "kind": attrs.field(),
        "namespace": attrs.field(default=""),
        "name": attrs.field(),
        "version": attrs.field(default="", eq=False, order=False),
    },
    kw_only=True,
    frozen=True,
    slots=True,
    order=True,
)

REFS = [
    {"group": "apps", "kind": "Deployment", "namespace": "a", "name": "x", "version": "v1"},
    {"group": "apps", "kind": "Deployment", "namespace": "a", "name": "x", "version": "v1beta1"},
    {"group": "", "kind": "Node", "name": "x"},
    {"group": "", "kind": "Node", "name": "y"},
]


def manifest() -> Manifest:
    ref = ObjectRef(group="", kind="ConfigMap", name="a", version="v1")
    return Manifest(ref=ref, body={"kind": "ConfigMap"}, origin=Origin(source="s", document=2))


def test_a_value_shows_itself_as_a_value_of_attrs_does() -> None:
    assert [repr(ObjectRef(**one)) for one in REFS] == [repr(TWIN(**one)) for one in REFS]
    assert repr(manifest()) == (
        "Manifest(ref=ObjectRef(group='', kind='ConfigMap', namespace='', name='a', version='v1'), "
        "origin=Origin(source='s', document=2, first_line=0, last_line=0, item=0))"
    )


@pytest.mark.parametrize("how", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge])
def test_values_compare_as_values_of_attrs_do(how: Callable[[object, object], bool]) -> None:
    ours = [how(ObjectRef(**one), ObjectRef(**other)) for one in REFS for other in REFS]

    assert ours == [how(TWIN(**one), TWIN(**other)) for one in REFS for other in REFS]


def test_equal_values_have_the_same_hash_and_other_classes_are_never_equal() -> None:
    one, same, *_ = (ObjectRef(**one) for one in REFS)

    assert len({one, same}) == 1
    assert one != TWIN(**REFS[0])
    pair: object = ("a", "b")
    assert GroupKind(group="a", kind="b") != pair
    with pytest.raises(TypeError):
        _ = one < 1  # type: ignore[operator]


def test_a_value_cannot_be_changed() -> None:
    ref: Any = ObjectRef(**REFS[0])

    with pytest.raises(FrozenInstanceError):
        ref.name = "y"
    with pytest.raises(FrozenInstanceError):
        ref.more = "y"
    with pytest.raises(FrozenInstanceError):
        del ref.name
    assert ref == ObjectRef(**REFS[0])


@pytest.mark.parametrize("wrong", [{"group": "", "kind": "Node"}, REFS[0] | {"more": 1}], ids=["missing", "unknown"])
def test_a_value_takes_its_fields_and_no_others(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        ObjectRef(**wrong)
    make: Any = ObjectRef
    with pytest.raises(TypeError):
        make("apps", "Deployment", "a", "x")


def test_attrs_knows_the_fields() -> None:
    assert attrs.has(ObjectRef)
    assert [one.name for one in attrs.fields(Manifest)] == ["ref", "body", "origin"]
    assert attrs.fields(ObjectRef) is attrs.fields(ObjectRef)
    ours = [(one.name, one.default, one.eq, one.order, one.kw_only) for one in attrs.fields(ObjectRef)]
    assert ours == [(one.name, one.default, one.eq, one.order, one.kw_only) for one in attrs.fields(TWIN)]


def test_attrs_makes_changed_copies_and_plain_values() -> None:
    changed = attrs.evolve(manifest(), ref=attrs.evolve(manifest().ref, name="b"))

    assert (changed.ref.name, changed.ref.version, changed.origin.document) == ("b", "v1", 2)
    assert attrs.asdict(changed)["ref"]["name"] == "b"


def test_a_value_survives_copying_and_pickling() -> None:
    one = manifest()

    for twin in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert twin == one
        assert (twin.origin, twin.ref.version) == (one.origin, "v1")


def test_a_default_that_is_made_is_made_for_each_value() -> None:
    ref = ObjectRef(**REFS[2])

    assert Manifest(ref=ref, body={}).origin is not Manifest(ref=ref, body={}).origin


def test_a_check_of_the_class_is_run() -> None:
    with pytest.raises(ValueError, match="'keys' must be >= 1: 0"):
        attrs.evolve(Limits(), keys=0)
