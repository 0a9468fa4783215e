"""Laws of the parts that server-side apply is made of."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

from hypothesis import assume, event, given
from hypothesis import strategies as st

from brokkr_core.model.json import Json, JsonObject, as_object, dig
from brokkr_core.testing.cluster import Cluster, EmbeddedCluster
from brokkr_core.testing.cluster.compare import compare
from brokkr_core.testing.cluster.copying import fresh_object
from brokkr_core.testing.cluster.decode import decode
from brokkr_core.testing.cluster.defaulting import default_object
from brokkr_core.testing.cluster.fieldset import field_set, from_fields_v1, to_fields_v1, with_named_parents
from brokkr_core.testing.cluster.kinds import builtin_resources
from brokkr_core.testing.cluster.merge import merge, remove
from brokkr_core.testing.cluster.outline import Outlined, findings
from brokkr_core.testing.cluster.patches import apply_merge_patch, apply_strategic_patch
from brokkr_core.testing.cluster.quantity import canonical
from brokkr_core.testing.cluster.schema import ANY
from brokkr_core.testing.cluster.typed import misfits
from cluster_support import MERGE_PATCH, STRATEGIC_PATCH, Client, without_version
from ssa_strategies import deployments, json_objects

DEPLOYMENTS = ("apps", "deployments")
NODE = next(resource.node for resource in builtin_resources() if resource.kind == "Deployment")


def fresh_client() -> Client:
    return Client(EmbeddedCluster().transport())


@given(body=deployments())
def test_a_manifest_applied_twice_changes_nothing_the_second_time(body: JsonObject) -> None:
    client = fresh_client()
    first = client.apply(body).expect(201)
    assert client.apply(body).expect(200).body == first.body


@given(one=deployments(), two=deployments())
def test_applying_back_and_forth_comes_back_to_the_same_values(one: JsonObject, two: JsonObject) -> None:
    # A strategy that changes leaves numbers behind that belong to nobody, and the server then refuses them.
    assume(dig(one, "spec", "strategy") == dig(two, "spec", "strategy"))
    client = fresh_client()
    first = client.apply(one).expect(201)
    client.apply(two).expect(200)
    back = client.apply(one).expect(200)
    assert back.get("spec") == first.get("spec")
    assert back.get("metadata", "managedFields") is not None


@given(body=deployments())
def test_an_applied_object_equals_a_posted_one(body: JsonObject) -> None:
    applied, posted = fresh_client().apply(body).expect(201), fresh_client().create(body).expect(201)
    assert applied.get("spec") == posted.get("spec")


@given(body=deployments(), other=deployments())
def test_a_forced_apply_wins_in_every_field_it_names(body: JsonObject, other: JsonObject) -> None:
    assume(dig(body, "spec", "strategy") == dig(other, "spec", "strategy"))
    client = fresh_client()
    client.create(other, fieldManager="editor").expect(201)
    forced = client.apply(body, force=True).expect(200)
    again = client.apply(body).expect(200)
    assert again.body == forced.body


@given(live=deployments(), config=deployments())
def test_what_was_read_before_reads_the_same_when_it_is_read_again(live: JsonObject, config: JsonObject) -> None:
    known = decode(live, NODE).body
    merged = merge(known, config, NODE)
    assert isinstance(merged, dict)
    assert decode(merged, NODE, known) == decode(merged, NODE)


@given(body=deployments(), text=st.text(min_size=1))
def test_configurations_of_one_outline_own_the_same(body: JsonObject, text: str) -> None:
    other = retold(body, text)
    assert Outlined(body) == Outlined(other)
    assert field_set(body, NODE) == field_set(other, NODE)
    assert not misfits(body, NODE)
    assert not misfits(other, NODE)


def retold(value: JsonObject, text: str) -> JsonObject:
    """The same with other texts, except in lists, whose items are told apart by them; what is empty stays empty."""
    return {
        name: retold(member, text)
        if isinstance(member, dict)
        else text
        if member and isinstance(member, str)
        else member
        for name, member in value.items()
    }


@given(live=deployments(), config=deployments(), text=st.text(min_size=1))
def test_what_is_read_as_it_was_sent_need_not_be_read(live: JsonObject, config: JsonObject, text: str) -> None:
    as_object(config["spec"]).pop("replicas", None)
    found = findings(Outlined(config), NODE)
    event(f"read as sent: {found.read_as_sent}")
    if found.read_as_sent:
        other = retold(config, text)
        assert decode(other, NODE).body == other
        known = default_object(DEPLOYMENTS, decode(live, NODE).body)
        merged = as_object(merge(known, config, NODE))
        assert default_object(DEPLOYMENTS, decode(merged, NODE, known).body) == default_object(DEPLOYMENTS, merged)


def test_texts_that_say_something_are_read_as_they_were_sent() -> None:
    labels: JsonObject = {"app": "web", "empty": ""}
    told: JsonObject = {"kind": "Deployment", "metadata": {"name": "web", "labels": labels}}
    assert findings(Outlined(told), NODE).read_as_sent
    for spec in ({"replicas": 0}, {"strategy": {"type": ""}}, {"paused": False}, {"selector": None}):
        assert not findings(Outlined({**told, "spec": cast("Json", spec)}), NODE).read_as_sent


@given(one=json_objects, other=json_objects)
def test_another_outline_is_another_thing(one: JsonObject, other: JsonObject) -> None:
    if Outlined(one) == Outlined(other):
        assert field_set(one, ANY) == field_set(other, ANY)


def test_an_empty_text_is_told_from_one_that_says_something() -> None:
    for named in ({"type": "", "x": "1"}, {"type": "a", "x": ""}, {"type": "", "x": ""}):
        assert Outlined({"spec": cast("Json", named)}) != Outlined({"spec": {"type": "a", "x": "1"}})


@given(body=deployments())
def test_field_sets_survive_being_written_down(body: JsonObject) -> None:
    paths = field_set(body, NODE)
    assert from_fields_v1(fresh_object(to_fields_v1(frozenset(paths)))) == paths


@given(body=deployments())
def test_merging_an_object_into_itself_changes_nothing(body: JsonObject) -> None:
    assert merge(body, body, NODE) == body
    assert compare(body, merge(body, body, NODE), NODE).same


@given(one=deployments(), two=deployments())
def test_a_comparison_is_the_same_backwards_with_added_and_removed_swapped(one: JsonObject, two: JsonObject) -> None:
    there, back = compare(one, two, NODE), compare(two, one, NODE)
    assert (there.added, there.removed, there.modified) == (back.removed, back.added, back.modified)


@given(body=deployments())
def test_removing_everything_owned_leaves_nothing_owned(body: JsonObject) -> None:
    left = remove(body, with_named_parents(field_set(body, NODE), NODE), NODE)
    assert left is None or not field_set(left, NODE)


@given(body=deployments())
def test_reading_an_object_twice_is_reading_it_once(body: JsonObject) -> None:
    once = decode(body, NODE)
    assert once.unknown == once.mistyped == []
    assert decode(once.body, NODE).body == once.body


@given(target=json_objects, patch=json_objects)
def test_a_merge_patch_applied_twice_is_applied_once(target: JsonObject, patch: JsonObject) -> None:
    once = apply_merge_patch(target, patch)
    assert apply_merge_patch(once, patch) == once


@given(target=json_objects, patch=json_objects)
def test_patches_leave_their_target_alone(target: JsonObject, patch: JsonObject) -> None:
    before = repr(target)
    apply_merge_patch(target, patch)
    apply_strategic_patch(target, patch, ANY)
    assert repr(target) == before


@given(body=deployments())
def test_strategic_and_merge_patches_that_change_nothing_keep_the_version(body: JsonObject) -> None:
    client = fresh_client()
    made = client.create(body).expect(201)
    same: Json = {"spec": made.get("spec")}
    for kind in (MERGE_PATCH, STRATEGIC_PATCH):
        assert client.patch(body, same, kind).expect(200).body == made.body


@given(number=st.integers(0, 10**15), suffix=st.sampled_from(["n", "u", "m", "", "k", "M", "G", "Ki", "Mi", "Gi"]))
def test_a_quantity_keeps_its_value_and_settles_at_once(number: int, suffix: str) -> None:
    written = canonical(f"{number}{suffix}")
    assert canonical(written) == written
    assert value(written) == value(f"{number}{suffix}")


FACTORS = {
    **{suffix: Fraction(1000) ** power for suffix, power in {"n": -3, "u": -2, "m": -1, "": 0}.items()},
    **{suffix: Fraction(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Fraction(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}


def value(quantity: str) -> Fraction:
    digits = quantity.rstrip("numkKMGTPEi")
    return Fraction(digits) * FACTORS[quantity.removeprefix(digits)]


@given(bodies=st.lists(deployments(), min_size=1, max_size=4))
def test_two_clusters_that_get_the_same_requests_are_the_same(bodies: list[JsonObject]) -> None:
    def run() -> dict[tuple[str, str, str, str], JsonObject]:
        with EmbeddedCluster() as embedded:
            client = Client(embedded.transport())
            for body in bodies:
                client.apply(body)
            return embedded.cluster.objects()

    assert run() == run()
    assert Cluster().objects() == Cluster().objects()


@given(body=deployments())
def test_a_dry_run_tells_what_the_write_does(body: JsonObject) -> None:
    client = fresh_client()
    client.apply(body, "first")
    changed: JsonObject = {**body, "metadata": {"name": "web", "labels": {"x": "y"}}}
    dry = client.apply(changed, "first", dryRun="All").expect(200)
    wet = client.apply(changed, "first").expect(200)
    assert without_version(dry.body) == without_version(wet.body)
