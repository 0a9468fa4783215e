"""The disruption controller, scripted: it sees every PodDisruptionBudget, and counts nothing."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, dig
from brokkr_core.testing.cluster.controllers.writing import alive, observed, uid, write_status
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.resource import StorageId
from brokkr_core.testing.cluster.store import Event

BUDGETS: StorageId = ("policy", "poddisruptionbudgets")


def see_budgets(core: Core, event: Event) -> None:
    """Say that a budget was seen; without pods to count it allows no disruption."""
    if event.storage_id != BUDGETS or event.type == "DELETED":
        return
    budget = alive(core, BUDGETS, event.key, uid(event.body))
    if budget is None or observed(budget):
        return
    condition: JsonObject = {
        "type": "DisruptionAllowed",
        "status": "False",
        "observedGeneration": dig(budget, "metadata", "generation"),
        "lastTransitionTime": core.now,
        "reason": "InsufficientPods",
        "message": "",
    }
    counts: JsonObject = dict.fromkeys(("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"), 0)
    seen: JsonObject = {"observedGeneration": dig(budget, "metadata", "generation"), "conditions": [condition]}
    write_status(core, BUDGETS, event.key, {**counts, **seen})
