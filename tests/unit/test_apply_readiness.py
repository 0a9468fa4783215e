"""When an object is ready, rule by rule; and that nothing is called failed that may still become ready."""

from __future__ import annotations

import pytest

from brokkr_core.apply.readiness import State, assess
from brokkr_core.model.json import Json, JsonObject
from engine_support import API_VERSIONS, condition, with_status

READY, WAITS, FAILED = State.READY, State.IN_PROGRESS, State.FAILED

TABLE = [
    # any kind
    ("no rule and no status", with_status("ConfigMap"), READY),
    ("being deleted", with_status("ConfigMap", deletionTimestamp="now"), WAITS),
    ("not observed", with_status("Gadget", {"observedGeneration": 1}), WAITS),
    ("observed", with_status("Gadget", {"observedGeneration": 2}), READY),
    ("observed as text", with_status("Gadget", {"observedGeneration": "1"}), READY),
    ("Ready", with_status("Gadget", {"conditions": [condition("Ready", "True")]}), READY),
    ("not Ready", with_status("Gadget", {"conditions": [condition("Ready", "False")]}), WAITS),
    ("Ready unknown", with_status("Gadget", {"conditions": [condition("Ready", "Unknown")]}), WAITS),
    ("Reconciling", with_status("Gadget", {"conditions": [condition("Reconciling", "True")]}), WAITS),
    ("Stalled", with_status("Gadget", {"conditions": [condition("Stalled", "True")]}), FAILED),
    ("not Stalled", with_status("Gadget", {"conditions": [condition("Stalled", "False")]}), READY),
    (
        "Stalled, not observed",
        with_status("Gadget", {"observedGeneration": 1, "conditions": [condition("Stalled", "True")]}),
        WAITS,
    ),
    (
        "Stalled before",
        with_status("Gadget", {"conditions": [condition("Stalled", "True", observedGeneration=1)]}),
        WAITS,
    ),
    (
        "Stalled now",
        with_status("Gadget", {"conditions": [condition("Stalled", "True", observedGeneration=2)]}),
        FAILED,
    ),
    ("Ready before", with_status("Gadget", {"conditions": [condition("Ready", "True", observedGeneration=1)]}), WAITS),
    ("Ready now", with_status("Gadget", {"conditions": [condition("Ready", "True", observedGeneration=2)]}), READY),
    (
        "another condition before",
        with_status("Gadget", {"conditions": [condition("Synced", "True", observedGeneration=1)]}),
        READY,
    ),
    (
        "Stalled and being deleted",
        with_status("Gadget", {"conditions": [condition("Stalled", "True")]}, deletionTimestamp="now"),
        WAITS,
    ),
    # what others need
    ("Namespace active", with_status("Namespace", {"phase": "Active"}), READY),
    ("Namespace terminating", with_status("Namespace", {"phase": "Terminating"}), WAITS),
    ("definition without a status", with_status("CustomResourceDefinition"), WAITS),
    (
        "definition installing",
        with_status(
            "CustomResourceDefinition",
            {"conditions": [condition("NamesAccepted", "True"), condition("Established", "False", "Installing")]},
        ),
        WAITS,
    ),
    (
        "definition established",
        with_status(
            "CustomResourceDefinition",
            {"conditions": [condition("NamesAccepted", "True"), condition("Established", "True")]},
        ),
        READY,
    ),
    (
        "definition established without its names",
        with_status("CustomResourceDefinition", {"conditions": [condition("Established", "True")]}),
        WAITS,
    ),
    (
        "definition whose names are taken",
        with_status(
            "CustomResourceDefinition",
            {
                "conditions": [
                    condition("NamesAccepted", "False", "ListKindConflict"),
                    condition("Established", "False", "NotAccepted"),
                ]
            },
        ),
        FAILED,
    ),
    ("APIService without a status", with_status("APIService"), WAITS),
    (
        "APIService not available",
        with_status("APIService", {"conditions": [condition("Available", "False", "MissingEndpoints")]}),
        WAITS,
    ),
    ("APIService available", with_status("APIService", {"conditions": [condition("Available", "True")]}), READY),
]


@pytest.mark.parametrize(("body", "state"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_an_object_is_as_far_as_its_status_says(body: JsonObject, state: State) -> None:
    assert assess(body).state is state


@pytest.mark.parametrize("body", [row[1] for row in TABLE if row[2] is not READY], ids=lambda body: str(body["kind"]))
def test_what_is_not_ready_says_what_is_missing(body: JsonObject) -> None:
    found = assess(body)

    assert found.reason
    assert found.message


@pytest.mark.parametrize("status", [None, "text", 7, [], {}, {"conditions": "x"}, {"conditions": [None, "x", {}]}])
@pytest.mark.parametrize("kind", API_VERSIONS)
def test_a_status_that_makes_no_sense_is_never_a_failure(kind: str, status: Json) -> None:
    assert assess(with_status(kind, status)).state is not FAILED


@pytest.mark.parametrize("kind", API_VERSIONS)
def test_an_object_that_is_being_deleted_is_neither_ready_nor_failed(kind: str) -> None:
    conditions: list[Json] = [condition("Ready", "True"), condition("Failed", "True"), condition("Stalled", "True")]
    found = assess(
        with_status(kind, {"phase": "Failed", "conditions": conditions}, deletionTimestamp="now", finalizers=["x/y"])
    )

    assert found.state is WAITS
    assert "x/y" in found.message


@pytest.mark.parametrize("kind", API_VERSIONS)
def test_a_status_of_an_earlier_generation_never_fails_with_status(kind: str) -> None:
    conditions: list[Json] = [
        condition("Failed", "True"),
        condition("Stalled", "True"),
        condition("NamesAccepted", "False"),
        condition("Progressing", "False", "ProgressDeadlineExceeded"),
    ]

    assert (
        assess(with_status(kind, {"observedGeneration": 1, "phase": "Failed", "conditions": conditions})).state is WAITS
    )
