"""What a field diff shows, and what it keeps to itself."""

from __future__ import annotations

import pytest

from brokkr_core.apply.difference.changes import changes
from brokkr_core.apply.difference.credentials import LARGE_ANNOTATION, LAST_APPLIED
from brokkr_core.apply.difference.sealing import LONGEST_TEXT, Sealer
from brokkr_core.model.change import Change
from brokkr_core.model.json import Json, JsonObject
from engine_support import live

SEALER = Sealer(key=b"0123456789abcdef")
HIDDEN = "hunter2"


def texts(before: JsonObject | None, after: JsonObject) -> dict[str, tuple[str | None, str | None]]:
    return {one.path: (one.before, one.after) for one in changes(before, after, SEALER)}


def gadget(**spec: Json) -> JsonObject:
    return live("Gadget", api_version="shop.example.com/v1", spec=spec)


def deployment(**container: Json) -> JsonObject:
    containers: list[Json] = [{"name": "web", **container}]
    return live("Deployment", api_version="apps/v1", spec={"template": {"spec": {"containers": containers}}})


def test_a_changed_field_shows_both_values_and_a_new_one_was_absent() -> None:
    assert changes(live(data={"a": "1", "c": "x"}), live(data={"a": "2", "b": "1"}), SEALER) == (
        Change(path="data.a", before='"1"', after='"2"'),
        Change(path="data.b", before=None, after='"1"'),
        Change(path="data.c", before='"x"', after=None),
    )


def test_a_change_is_one_line_and_one_json_object() -> None:
    change = Change(path="spec.replicas", before=None, after="3")

    assert str(change) == "spec.replicas: absent -> 3"
    assert change.to_json() == {"path": "spec.replicas", "before": None, "after": "3"}


def test_a_long_value_is_cut() -> None:
    ((before, after),) = texts(live(data={"a": "x" * 1000}), live(data={"a": "y"})).values()

    assert before is not None
    assert len(before) == LONGEST_TEXT
    assert before.endswith("…")
    assert after == '"y"'


def test_nothing_in_a_text_moves_the_cursor() -> None:
    ((_, after),) = texts(live(data={}), live(data={"a": "\x1b[2J\u202e\x9b\ud800é"})).values()

    assert after == '"\\u001b[2J\\u202e\\x9b\\ud800é"'


def test_a_secret_shows_whether_a_value_changed_and_never_which() -> None:
    found = texts(live("Secret", data={"a": HIDDEN, "b": "x"}), live("Secret", data={"a": "x", "b": HIDDEN}))

    assert HIDDEN not in str(found)
    assert all(side and side.startswith("sealed:") for pair in found.values() for side in pair)
    assert found["data.a"] == tuple(reversed(found["data.b"]))


def test_another_run_has_other_digests() -> None:
    assert SEALER.digest(HIDDEN) == SEALER.digest(HIDDEN)
    assert SEALER.digest(HIDDEN) != Sealer(key=b"fedcba9876543210").digest(HIDDEN)
    assert SEALER.digest("1") != SEALER.digest(1)


def test_a_sealer_does_not_show_its_key_and_takes_no_short_one() -> None:
    assert "0123456789abcdef" not in repr(SEALER)
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        Sealer(key=b"short")


def test_of_a_new_secret_only_the_keys_are_shown() -> None:
    found = texts(None, live("Secret", stringData={"password": HIDDEN}, type="Opaque"))

    assert found["stringData.password"] == (None, "sealed")
    assert found["type"] == (None, '"Opaque"')
    assert "metadata.name" not in found


def test_a_misspelt_member_of_a_secret_is_sealed_too() -> None:
    assert texts(None, live("Secret", stringdata={"password": HIDDEN}))["stringdata.password"] == (None, "sealed")


def test_whatever_is_annotated_on_a_secret_may_be_a_copy_of_it() -> None:
    found = texts(live("Secret"), live("Secret", metadata={"annotations": {"shop/original": f'{{"a":"{HIDDEN}"}}'}}))

    assert HIDDEN not in str(found)


@pytest.mark.parametrize(
    ("key", "value", "sealed"),
    [
        (LAST_APPLIED, "{}", True),
        ("shop.example.com/api-token", HIDDEN, True),
        ("shop.example.com/copy", "x" * (LARGE_ANNOTATION + 1), True),
        ("shop.example.com/team", "blue", False),
    ],
)
def test_annotations_that_hold_copies_or_credentials_are_sealed(key: str, value: str, *, sealed: bool) -> None:
    ((_, after),) = texts(live(), live(metadata={"annotations": {key: value}})).values()

    assert after is not None
    assert after.startswith("sealed:") is sealed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (deployment(env=[]), deployment(env=[{"name": "DB_PASSWORD", "value": HIDDEN}])),
        (
            deployment(env=[{"name": "DB_PASSWORD", "value": "x"}]),
            deployment(env=[{"name": "DB_PASSWORD", "value": HIDDEN}]),
        ),
        (deployment(), deployment(env=[{"name": "DB_PASSWORD", "value": HIDDEN}])),
        (
            deployment(env=[{"name": "A", "value": "1"}, {"name": "API_KEY", "value": HIDDEN}]),
            deployment(env=[{"name": "API_KEY", "value": HIDDEN}, {"name": "A", "value": "1"}]),
        ),
        (deployment(args=["-v"]), deployment(args=["--token", HIDDEN])),
        (deployment(args=["-v"]), deployment(args=[f"--token={HIDDEN}"])),
        (live(data={}), live(data={"DB_PASSWORD": HIDDEN})),
        (live(data={}), live(data={"app.yaml": f"db:\n  password: {HIDDEN}\n"})),
        (gadget(), gadget(dbPassword=HIDDEN)),
        (gadget(), gadget(credentials={"deep": [HIDDEN, {"name": "x", "v": HIDDEN}]})),
        (gadget(items=[1]), gadget(items=[{"token": HIDDEN}])),
        (gadget(users=[{"name": "labels"}]), gadget(users=[{"name": "labels", "password": HIDDEN}])),
        (gadget(), gadget(template={"kind": "Secret", "data": {"a": HIDDEN}})),
        (gadget(url="http://x"), gadget(url=f"http://web:{HIDDEN}@x")),
    ],
)
def test_credentials_are_sealed_wherever_they_stand(before: JsonObject, after: JsonObject) -> None:
    for one, other in ((before, after), (after, before)):
        found = changes(one, other, SEALER)
        assert "sealed:" in str(found)
        assert HIDDEN not in str(found) + str([change.to_json() for change in found])
    assert HIDDEN not in str(changes(None, after, SEALER))


@pytest.mark.parametrize(
    ("spec", "path", "text"),
    [
        ({"passwordSecretRef": {"name": "db", "key": "password"}}, "spec.passwordSecretRef.key", '"password"'),
        ({"secretName": "db"}, "spec.secretName", '"db"'),
        ({"createSecret": True}, "spec.createSecret", "true"),
        ({"token": None}, "spec.token", "null"),
        ({"size": 3}, "spec.size", "3"),
    ],
)
def test_what_points_at_a_credential_stays_readable(spec: JsonObject, path: str, text: str) -> None:
    assert texts(gadget(), gadget(**spec))[path] == (None, text)


def test_names_of_fields_say_nothing_in_kinds_of_kubernetes_itself() -> None:
    before, after = deployment(), deployment(resizePolicy=[{"topologyKey": "zone"}])

    assert (
        texts(before, after)["spec.template.spec.containers[name=web].resizePolicy"][1] == '[{"topologyKey": "zone"}]'
    )
