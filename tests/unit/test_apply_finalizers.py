"""An object that does not go: who holds it, in words that help."""

from __future__ import annotations

from brokkr_core.apply.prune.finalizers import held_by
from brokkr_core.model.json import Json
from engine_support import condition, live


def test_a_finalizer_of_kubernetes_says_what_it_waits_for() -> None:
    body = live("PersistentVolumeClaim", metadata={"finalizers": ["kubernetes.io/pvc-protection"]})

    assert held_by(body) == "finalizers: kubernetes.io/pvc-protection (a pod still uses it)"


def test_a_finalizer_of_somebody_names_who_put_it_there() -> None:
    owned: Json = {"f:metadata": {"f:finalizers": {".": {}, 'v:"example.com/x"': {}}}}
    fields: list[Json] = [
        {"manager": "operator", "operation": "Update", "fieldsV1": owned},
        {"manager": "other", "operation": "Apply", "fieldsV1": {"f:data": {}}},
    ]
    body = live(metadata={"finalizers": ["example.com/x", "example.com/y"], "managedFields": fields})

    assert held_by(body) == "finalizers: example.com/x (set by operator), example.com/y"


def test_a_namespace_tells_what_is_left_in_it() -> None:
    conditions: list[Json] = [
        condition("NamespaceContentRemaining", "True", message="widgets.example.com has 1 resource instances"),
        condition("NamespaceFinalizersRemaining", "True", message="example.com/x in 1 resource instances"),
        condition("NamespaceDeletionContentFailure", "False", message="all is well"),
    ]
    body = live("Namespace", "lab", spec={"finalizers": ["kubernetes"]}, status={"conditions": conditions})

    assert held_by(body) == (
        "finalizers: kubernetes (objects in it are still there); "
        "NamespaceContentRemaining: widgets.example.com has 1 resource instances; "
        "NamespaceFinalizersRemaining: example.com/x in 1 resource instances"
    )


def test_a_pod_that_takes_its_time_says_how_much_it_has() -> None:
    assert held_by(live("Pod", metadata={"deletionGracePeriodSeconds": 30})) == (
        "finalizers: none; it has 30 s of grace"
    )


def test_the_words_of_a_controller_are_cut() -> None:
    conditions: list[Json] = [condition("Terminating", "True", message="x" * 10_000)]

    assert len(held_by(live(status={"conditions": conditions}))) < 600
