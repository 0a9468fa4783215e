"""Conflicts as data: who owns the field, which rule speaks about it, and the manifest without it."""

from __future__ import annotations

import pytest

from brokkr_core.apply.conflicts.read import decide, read_conflicts, without, written
from brokkr_core.apply.conflicts.rule import ConflictRule
from brokkr_core.errors import Cause, UsageError
from brokkr_core.model.conflict import Conflict, Conflicts
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.ref import GroupKind

KIND = GroupKind(group="apps", kind="Deployment")
WEB = 'k:{"name":"web"}'
IMAGE = ("f:spec", "f:containers", WEB, "f:image")


def cause(path: str, manager: str = "kubectl", *, more: str = "") -> Cause:
    return Cause(reason="FieldManagerConflict", message=f'conflict with "{manager}"{more} using v1', field=path)


def owned_by(manager: str, fields: JsonObject, **more: Json) -> JsonObject:
    entry: JsonObject = {"manager": manager, "operation": "Update", "time": "2026-01-02T03:04:05Z", "fieldsV1": fields}
    return {"metadata": {"managedFields": [{**entry, **more}]}}


def conflict(path: str, manager: str = "kubectl") -> Conflict:
    return Conflict(path=path, manager=manager)


def test_a_conflict_names_manager_operation_and_time_of_the_live_owner() -> None:
    live = owned_by("kubectl", {"f:spec": {"f:containers": {WEB: {".": {}, "f:image": {}}}}})
    found = read_conflicts([cause('.spec.containers[name="web"].image')], live, manager="us")

    (one,) = found
    assert one == Conflict(
        path='.spec.containers[name="web"].image', manager="kubectl", operation="Update", time="2026-01-02T03:04:05Z"
    )
    assert found[one] == IMAGE


def test_a_key_with_dots_is_not_taken_for_a_path() -> None:
    live = owned_by("kubectl", {"f:data": {"f:a.b": {}, "f:a": {"f:b": {}}}})

    assert set(read_conflicts([cause(".data.a.b")], live, manager="us").values()) <= {
        ("f:data", "f:a.b"),
        ("f:data", "f:a", "f:b"),
    }


def test_an_owner_that_is_gone_leaves_what_the_server_said() -> None:
    found = read_conflicts([cause(".data.a", more=' with subresource "scale"')], {}, manager="us")

    assert found == {Conflict(path=".data.a", manager="kubectl", subresource="scale"): ()}


def test_causes_that_are_no_conflicts_are_passed_over() -> None:
    assert read_conflicts([Cause(reason="FieldValueInvalid", message="no", field=".a")], {}, manager="us") == {}


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        (".spec.replicas", ".spec.replicas", True),
        (".spec", ".spec.replicas", True),
        (".spec.rep", ".spec.replicas", False),
        (".spec.containers[*].image", '.spec.containers[name="web"].image', True),
        (".spec.containers", '.spec.containers[name="web"].image', True),
        (".metadata.labels.*", ".metadata.labels.app", True),
        ("*", ".anything", True),
        (".spec.containers[name=web]", '.spec.containers[name="web"].image', False),
    ],
)
def test_a_rule_covers_its_path_and_what_lies_below(pattern: str, path: str, covered: bool) -> None:
    around = (".spec", ".spec.containers", '.spec.containers[name="web"]') if path.endswith(".image") else (".spec",)
    rule = ConflictRule(path=pattern, decision=Conflicts.TAKE)

    assert rule.covers(conflict(path), KIND, around=around) is covered


def test_a_rule_about_a_name_says_nothing_of_longer_names_with_dots() -> None:
    rules = [ConflictRule(path=".data.tls", decision=Conflicts.TAKE)]
    found = {conflict(".data.tls.crt"): ("f:data", "f:tls.crt"), conflict(".data.tls"): ("f:data", "f:tls")}

    assert [one.decision for one in decide(found, KIND, rules=rules, otherwise=Conflicts.FAIL)] == ["fail", "take"]


def test_a_rule_may_be_about_some_managers_and_kinds_only() -> None:
    rule = ConflictRule(path="*", decision=Conflicts.YIELD, managers=("kube-*",), kinds=frozenset({KIND}))

    assert rule.covers(conflict(".a", "kube-controller-manager"), KIND)
    assert not rule.covers(conflict(".a", "kubectl"), KIND)
    assert not rule.covers(conflict(".a", "kube-controller-manager"), GroupKind(group="", kind="Service"))


def test_the_first_rule_decides_and_the_policy_where_none_does() -> None:
    rules = (
        ConflictRule(path=".spec.replicas", decision=Conflicts.YIELD),
        ConflictRule(path=".spec", decision=Conflicts.TAKE),
    )
    found: dict[Conflict, tuple[str, ...]] = {
        conflict(".spec.replicas"): ("f:spec", "f:replicas"),
        conflict(".spec.paused"): ("f:spec", "f:paused"),
        conflict(".metadata.labels.a"): ("f:metadata", "f:labels", "f:a"),
    }
    decided = decide(found, KIND, rules=rules, otherwise=Conflicts.FAIL)

    assert [one.decision for one in decided] == [Conflicts.YIELD, Conflicts.TAKE, Conflicts.FAIL]


def test_a_field_is_left_out_without_touching_the_manifest() -> None:
    body: JsonObject = {"spec": {"containers": [{"name": "web", "image": "a"}, {"name": "log", "image": "b"}]}}
    left = without(body, [IMAGE])

    assert left == {"spec": {"containers": [{"name": "web"}, {"name": "log", "image": "b"}]}}
    assert body["spec"] == {"containers": [{"name": "web", "image": "a"}, {"name": "log", "image": "b"}]}


def test_objects_that_lose_their_last_member_go_too() -> None:
    assert without({"spec": {"a": {"b": 1}}, "kind": "X"}, [("f:spec", "f:a", "f:b")]) == {"kind": "X"}


def test_items_of_sets_and_with_default_keys_are_found() -> None:
    body: JsonObject = {"finalizers": ["a", "b"], "ports": [{"port": 80, "name": "http"}]}
    key = 'k:{"port":80,"protocol":"TCP"}'

    assert without(body, [("f:finalizers", 'v:"a"'), ("f:ports", key, "f:name"), ("f:nowhere", "f:at-all")]) == {
        "finalizers": ["b"],
        "ports": [{"port": 80}],
    }


def test_of_items_that_share_a_part_of_their_key_the_right_one_is_found() -> None:
    body: JsonObject = {"ports": [{"port": 53, "name": "a"}, {"port": 53, "protocol": "UDP", "name": "b"}]}

    assert without(body, [("f:ports", 'k:{"port":53,"protocol":"UDP"}', "f:name")]) == {
        "ports": [{"port": 53, "name": "a"}, {"port": 53, "protocol": "UDP"}]
    }


def test_a_path_is_written_as_the_server_writes_it() -> None:
    key = 'k:{"protocol":"TCP","port":80}'

    assert written(("f:spec", "f:ports", key, "f:name")) == '.spec.ports[port=80,protocol="TCP"].name'
    assert written(("f:finalizers", 'v:"a"')) == '.finalizers[="a"]'
    assert written(("f:list", "i:2")) == ".list[2]"


def test_a_conflict_reads_well() -> None:
    one = Conflict(path=".spec.replicas", manager="hpa", operation="Update", subresource="scale", time="2026-01-01")

    assert str(one) == ".spec.replicas: owned by 'hpa' (Update through scale, 2026-01-01)"
    assert str(conflict(".a")) == ".a: owned by 'kubectl'"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (".spec.replicas=yield", ConflictRule(path=".spec.replicas", decision=Conflicts.YIELD)),
        (
            '.ports[port=80,protocol="TCP"]=take',
            ConflictRule(path='.ports[port=80,protocol="TCP"]', decision=Conflicts.TAKE),
        ),
        (" *=fail@a, b* ", ConflictRule(path="*", decision=Conflicts.FAIL, managers=("a", "b*"))),
    ],
)
def test_a_rule_is_read_as_people_write_it(text: str, rule: ConflictRule) -> None:
    assert ConflictRule.parse(text) == rule


@pytest.mark.parametrize("text", ["", ".spec", "spec.replicas=take", ".spec=steal", "=take"])
def test_a_rule_that_cannot_be_read_says_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageError, match=r"write path=decision, such as \.spec\.replicas=yield"):
        ConflictRule.parse(text)
