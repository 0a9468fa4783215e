"""Give a change its class: the worst that any rule of the table says of it. Pure."""

from __future__ import annotations

from brokkr_core.apply.reversibility.table import RULES
from brokkr_core.apply.reversibility.transition import Transition, laid_over
from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action
from brokkr_core.model.reversibility import Classed, Reversibility

_ORDER = list(Reversibility)
#: Actions of a forecast that change something.
_CHANGES = frozenset({Action.CREATED, Action.CONFIGURED, Action.RECREATED})


def classify(
    manifest: Manifest,
    action: Action,
    *,
    before: JsonObject | None,
    would: JsonObject | None = None,
    changed: tuple[str, ...] = (),
) -> Classed:
    """Say how far a change could be taken back.

    Args:
        manifest: the desired object.
        action: what would be done.
        before: what stands there, or None.
        would: what the server says would stand there, or None when it was not asked; then the manifest has to do.
        changed: the fields because of which an object is recreated.

    Returns:
        The worst class that a rule gives it, with the paths and reasons of all rules of that class.
    """
    if action not in _CHANGES:
        return Classed()
    below = before if before is not None and action is Action.CONFIGURED else {}
    transition = Transition(
        kind=manifest.ref.group_kind,
        action=action,
        before=before or {},
        after=would if would is not None else laid_over(below, manifest.body),
        changed=changed,
    )
    found = [(rule, paths) for rule in RULES if (paths := rule.of(transition)) is not None]
    if not found:
        return Classed()
    worst = max((rule.reversibility for rule, _ in found), key=_ORDER.index)
    deciding = [(rule, paths) for rule, paths in found if rule.reversibility is worst]
    return Classed(
        reversibility=worst,
        rules=tuple(rule.name for rule, _ in deciding),
        reason="; ".join(rule.reason for rule, _ in deciding),
        paths=tuple(dict.fromkeys(path for _, paths in deciding for path in paths)),
    )
