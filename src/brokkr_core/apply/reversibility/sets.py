"""StatefulSets: the claims of their pods, and pods that wait for each other. Pure."""

from __future__ import annotations

from brokkr_core.apply.reversibility.rule import Found, Rule
from brokkr_core.apply.reversibility.transition import Transition
from brokkr_core.model.json import Json, as_int
from brokkr_core.model.kinds import STATEFUL_SET
from brokkr_core.model.reversibility import Reversibility

_RETENTION = "spec.persistentVolumeClaimRetentionPolicy"


def _claims_left(transition: Transition) -> Found:
    if not transition.new("spec.volumeClaimTemplates"):
        return None
    if transition.created and transition.new(f"{_RETENTION}.whenDeleted") != "Delete":
        return ("spec.volumeClaimTemplates",)
    grows = transition.updated and _replicas(transition.new("spec.replicas")) > _replicas(
        transition.old("spec.replicas")
    )
    return ("spec.replicas",) if grows and transition.new(f"{_RETENTION}.whenScaled") != "Delete" else None


def _claims_deleted(transition: Transition) -> Found:
    if not transition.old("spec.volumeClaimTemplates"):
        return None
    if transition.recreated and transition.old(f"{_RETENTION}.whenDeleted") == "Delete":
        return (_RETENTION,)
    shrinks = _replicas(transition.new("spec.replicas")) < _replicas(transition.old("spec.replicas"))
    deletes = transition.new(f"{_RETENTION}.whenScaled") == "Delete"
    return ("spec.replicas",) if transition.updated and shrinks and deletes else None


def _in_order(transition: Transition) -> Found:
    ordered = transition.new_text("spec.podManagementPolicy", "OrderedReady") == "OrderedReady"
    rolling = transition.new_text("spec.updateStrategy.type", "RollingUpdate") == "RollingUpdate"
    moved = transition.updated and ordered and rolling and transition.moves("spec.template")
    return ("spec.template",) if moved else None


def _replicas(value: Json) -> int:
    return as_int(value, default=1)


RULES = (
    Rule(
        name="claims-left",
        kinds=(STATEFUL_SET,),
        reversibility=Reversibility.VALUE_ONLY,
        when="created or scaled up with `volumeClaimTemplates`, unless their retention policy is `Delete`",
        reason="the claims that its controller makes for new pods stay when the pods go",
        finds=_claims_left,
    ),
    Rule(
        name="claims-deleted",
        kinds=(STATEFUL_SET,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="scaled down, or deleted and created anew, with `volumeClaimTemplates` "
        "whose retention policy for it is `Delete`",
        reason="its controller deletes the claims of pods that go, and the data with them",
        finds=_claims_deleted,
    ),
    Rule(
        name="pods-in-order",
        kinds=(STATEFUL_SET,),
        reversibility=Reversibility.VALUE_ONLY,
        when="another template, where pods are replaced one after the other",
        reason="a new pod that never gets ready is not replaced when the old template is back; it has to be deleted",
        finds=_in_order,
    ),
)
