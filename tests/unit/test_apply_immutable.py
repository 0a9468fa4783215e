"""Which refusals mean that only a new object would help."""

from __future__ import annotations

import pytest

from brokkr_core.apply import ApplyPolicy
from brokkr_core.apply.immutable import immutable_fields
from brokkr_core.apply.recreate import LONGEST_STEM, may_recreate, probe_name
from brokkr_core.errors import ApiError, Cause, InvalidError, StaleWriteError
from brokkr_core.manifest.names import LABEL_LENGTH
from engine_support import live, wanted

IMMUTABLE = Cause(reason="FieldValueInvalid", message='Invalid value: "x": field is immutable', field="spec.selector")


def refused(*causes: Cause, status: int = 422, reason: str = "Invalid") -> ApiError:
    return InvalidError(status=status, reason=reason, message="no", causes=causes)


@pytest.mark.parametrize(
    "message",
    [
        'Invalid value: "Other": field is immutable',
        "Forbidden: updates to statefulset spec for fields other than 'replicas' and 'template' are forbidden",
        "Forbidden: field is immutable when `immutable` is set",
        "Forbidden: spec is immutable after creation except resources.requests for bound claims",
        "Forbidden: pod updates may not change fields other than `spec.containers[*].image`",
        'Invalid value: ["10.0.0.1"]: may not change once set',
        "Invalid value: cannot change roleRef",
    ],
)
def test_the_words_of_the_servers_own_validation_are_known(message: str) -> None:
    reason = "FieldValueForbidden" if message.startswith("Forbidden") else "FieldValueInvalid"

    assert immutable_fields(refused(Cause(reason=reason, message=message, field="spec.x"))) == ("spec.x",)


@pytest.mark.parametrize(
    "error",
    [
        refused(),
        refused(IMMUTABLE, Cause(reason="FieldValueRequired", message="Required value", field="spec.a")),
        refused(Cause(reason="FieldValueInvalid", message="must be positive", field="spec.a")),
        refused(Cause(reason="FieldValueRequired", message="field is immutable", field="spec.a")),
        refused(Cause(reason="FieldValueInvalid", message="field is immutable")),
        refused(IMMUTABLE, reason="Forbidden"),
        refused(IMMUTABLE, status=500),
        StaleWriteError(status=409, reason="Conflict", message="field is immutable", causes=[IMMUTABLE]),
    ],
)
def test_any_other_refusal_is_no_reason_to_delete_anything(error: ApiError) -> None:
    assert immutable_fields(error) == ()
    assert not may_recreate(wanted(live()), live(), error, ApplyPolicy(recreate=True))


def test_recreating_needs_the_policys_or_the_objects_word() -> None:
    manifest = wanted(live())
    named = [wanted(live()).with_annotations({"brokkr.io/recreate": value}) for value in ("enabled", "disabled")]

    assert not may_recreate(manifest, live(), refused(IMMUTABLE), ApplyPolicy())
    assert may_recreate(manifest, live(), refused(IMMUTABLE), ApplyPolicy(recreate=True))
    assert may_recreate(named[0], live(), refused(IMMUTABLE), ApplyPolicy())
    assert not may_recreate(named[1], live(), refused(IMMUTABLE), ApplyPolicy(recreate=True))


@pytest.mark.parametrize(
    "kind",
    [("v1", "Namespace"), ("v1", "PersistentVolumeClaim"), ("apiextensions.k8s.io/v1", "CustomResourceDefinition")],
)
def test_kinds_that_hold_data_are_never_recreated(kind: tuple[str, str]) -> None:
    body = live(kind[1], api_version=kind[0])

    assert not may_recreate(wanted(body), body, refused(IMMUTABLE), ApplyPolicy(recreate=True))


def test_what_has_an_owner_or_does_not_exist_is_never_recreated() -> None:
    policy = ApplyPolicy(recreate=True)

    assert not may_recreate(wanted(live()), None, refused(IMMUTABLE), policy)
    assert not may_recreate(
        wanted(live()), live(metadata={"ownerReferences": [{"uid": "u9"}]}), refused(IMMUTABLE), policy
    )


@pytest.mark.parametrize("name", ["web", "a" * 253, "a" * (LONGEST_STEM - 1) + "-b", "a.b"])
def test_a_probe_has_a_name_of_its_own_that_every_kind_takes(name: str) -> None:
    assert probe_name(name) != name
    assert len(probe_name(name)) <= LABEL_LENGTH
    assert ".-" not in probe_name(name)
    assert "--" not in probe_name(name)
