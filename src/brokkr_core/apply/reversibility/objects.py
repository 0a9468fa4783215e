"""What is true of any kind: deleting to create anew, finalizers, flags that never go back. Pure."""

from __future__ import annotations

from brokkr_core.apply.prune.finalizers import is_well_known
from brokkr_core.apply.reversibility.rule import Found, Rule, recreated
from brokkr_core.apply.reversibility.transition import Transition
from brokkr_core.model.json import JsonObject, as_list, as_text, dig
from brokkr_core.model.kinds import CLAIM, CONFIG_MAP, DEFINITION, NAMESPACE, SECRET, VOLUME
from brokkr_core.model.reversibility import Reversibility


def _created_with_finalizer(transition: Transition) -> Found:
    return ("metadata.finalizers",) if transition.created and _foreign_finalizers(transition.after) else None


def _recreated_with_finalizer(transition: Transition) -> Found:
    return ("metadata.finalizers",) if transition.recreated and _foreign_finalizers(transition.before) else None


def _sealed(transition: Transition) -> Found:
    sealed = transition.updated and transition.old("immutable") is not True and transition.new("immutable") is True
    return ("immutable",) if sealed else None


def _declared(transition: Transition) -> Found:
    return () if transition.declared == "false" else None


def _foreign_finalizers(body: JsonObject) -> bool:
    """Whether somebody else than Kubernetes has to agree before an object goes."""
    names = [as_text(one) for one in as_list(dig(body, "metadata", "finalizers"))]
    return not all(map(is_well_known, names))


RULES = (
    Rule(
        name="recreated",
        reversibility=Reversibility.IDENTITY_LOSS,
        when="deleted and created anew, because an immutable field changes",
        reason="what is deleted comes back under another uid, and what the server gave it may be given to others",
        finds=recreated,
    ),
    Rule(
        name="recreated-content",
        kinds=(NAMESPACE, DEFINITION, CLAIM, VOLUME),
        reversibility=Reversibility.IRREVERSIBLE,
        when="deleted and created anew",
        reason="what it holds goes with it and does not come back",
        finds=recreated,
    ),
    Rule(
        name="recreated-finalizer",
        reversibility=Reversibility.IRREVERSIBLE,
        when="deleted and created anew, with a finalizer that is not Kubernetes' own",
        reason="whoever put the finalizer there cleans up behind the deleted object, outside of it",
        finds=_recreated_with_finalizer,
    ),
    Rule(
        name="created-finalizer",
        reversibility=Reversibility.IRREVERSIBLE,
        when="created with a finalizer that is not Kubernetes' own",
        reason="deleting it again waits for somebody else to take the finalizer off",
        finds=_created_with_finalizer,
    ),
    Rule(
        name="sealed",
        kinds=(CONFIG_MAP, SECRET),
        reversibility=Reversibility.IDENTITY_LOSS,
        when="`immutable: true` is set",
        reason="the flag can never be taken off again, and data can never change again",
        finds=_sealed,
    ),
    Rule(
        name="declared",
        reversibility=Reversibility.IRREVERSIBLE,
        when='annotated `brokkr.io/idempotent: "false"`, whatever changes',
        reason="its author says that applying it does something that taking it back does not undo",
        finds=_declared,
    ),
)
