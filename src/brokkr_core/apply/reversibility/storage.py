"""Claims and volumes: what is grown, bound or wiped is not put back by an API server. Pure."""

from __future__ import annotations

from functools import partial

from brokkr_core.apply.reversibility.rule import Found, Rule, those
from brokkr_core.apply.reversibility.transition import Transition
from brokkr_core.model.kinds import CLAIM, VOLUME
from brokkr_core.model.reversibility import Reversibility


def _grown(transition: Transition) -> Found:
    return those(transition, "spec.resources.requests.storage") if transition.updated else None


def _given(path: str, transition: Transition) -> Found:
    """Find a field that an object gets for the first time."""
    return (path,) if transition.updated and not transition.old(path) and transition.new(path) else None


def _takes_volume(transition: Transition) -> Found:
    """Only a claim with a class of its own gets a new volume; the empty class stands for volumes that are there."""
    if not transition.created:
        return _given("spec.volumeName", transition)
    if transition.new("spec.volumeName"):
        return ("spec.volumeName",)
    return ("spec.storageClassName",) if transition.new("spec.storageClassName") == "" else None


def _deletes_storage(transition: Transition) -> Found:
    path = "spec.persistentVolumeReclaimPolicy"
    return (path,) if transition.created and transition.new(path) == "Delete" else None


def _bound_anew(transition: Transition) -> Found:
    members = ("spec.claimRef.namespace", "spec.claimRef.name", "spec.claimRef.uid")
    return ("spec.claimRef",) if transition.updated and those(transition, *members) else None


RULES = (
    Rule(
        name="claim-grown",
        kinds=(CLAIM,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="asks for more storage",
        reason="a volume never shrinks",
        finds=_grown,
    ),
    Rule(
        name="claim-attributes",
        kinds=(CLAIM,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="gets a `volumeAttributesClassName` for the first time",
        reason="a claim that has a class can get another one, but not none again",
        finds=partial(_given, "spec.volumeAttributesClassName"),
    ),
    Rule(
        name="claim-takes-volume",
        kinds=(CLAIM,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="created for a volume that exists: with a `volumeName`, or with an empty `storageClassName`",
        reason="deleting the claim again releases that volume, and its reclaim policy may delete what was in it",
        finds=_takes_volume,
    ),
    Rule(
        name="volume-deletes",
        kinds=(VOLUME,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="created with the reclaim policy `Delete`",
        reason="deleting the volume again may delete the storage that it stands for, which was there before",
        finds=_deletes_storage,
    ),
    Rule(
        name="volume-claim",
        kinds=(VOLUME,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="another `claimRef`, or none, or one for the first time",
        reason="the volume may be bound at once, and what the new claim does to its data stays",
        finds=_bound_anew,
    ),
    Rule(
        name="volume-nodes",
        kinds=(VOLUME,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="gets a `nodeAffinity` for the first time",
        reason="the affinity of a volume can be set but never taken off",
        finds=partial(_given, "spec.nodeAffinity"),
    ),
)
