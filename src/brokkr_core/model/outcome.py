"""What became of each object, and of the run."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from brokkr_core.errors import Cause
from brokkr_core.model.change import Change
from brokkr_core.model.conflict import Conflict
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.manifest import Origin
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.reversibility import Classed


class Action(StrEnum):
    """The one end an object comes to in a run."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"
    RECREATED = "recreated"
    PRUNED = "pruned"
    SKIPPED = "skipped"  #: left alone on purpose; the message says why
    BLOCKED = "blocked"  #: not tried because something it waits for did not succeed
    CONFLICT = "conflict"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    NOT_OBSERVED = "not-observed"


#: The ends that count as success.
GOOD = frozenset({Action.CREATED, Action.CONFIGURED, Action.UNCHANGED, Action.RECREATED, Action.PRUNED, Action.SKIPPED})


@frozen(kw_only=True)
class Outcome:
    """What became of one object. ``changed`` holds field paths; what stands there is told by a dry run only.

    ``changes`` has texts that may be shown to anybody (see ``Change``), so no report holds a secret.
    """

    ref: ObjectRef
    action: Action
    message: str = ""
    code: str = ""  #: the server's reason, or one of ours such as ``DependencyFailed``
    causes: tuple[Cause, ...] = ()
    conflicts: tuple[Conflict, ...] = ()  #: fields of other managers, and what was decided about each
    changed: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    classed: Classed = field(factory=Classed)  #: how far the change can be taken back; told by a dry run and a refusal
    blocked_by: tuple[ObjectRef, ...] = ()  #: the chain, nearest first
    origin: Origin | None = None
    uid: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether this end counts as success."""
        return self.action in GOOD

    def to_json(self) -> JsonObject:
        """Return the outcome as JSON, empty members left out."""
        values: dict[str, Json] = {
            "object": str(self.ref),
            "apiVersion": self.ref.api_version,
            "kind": self.ref.kind,
            "namespace": self.ref.namespace,
            "name": self.ref.name,
            "action": str(self.action),
            "code": self.code,
            "message": self.message,
            "causes": [{"field": c.field, "reason": c.reason, "message": c.message} for c in self.causes],
            "conflicts": [conflict.to_json() for conflict in self.conflicts],
            "changed": list(self.changed),
            "changes": [change.to_json() for change in self.changes],
            "reversibility": None if self.classed.exact else self.classed.to_json(),
            "blockedBy": [str(ref) for ref in self.blocked_by],
            "origin": str(self.origin) if self.origin else "",
            "seconds": round(self.seconds, 3),
        }
        return {key: value for key, value in values.items() if value not in ("", [], None)}


@frozen(kw_only=True)
class Report:
    """What became of a whole run: exactly one outcome per object, and whether it was put back.

    ``verdict`` is empty when nothing had to be put back, else the rollback's verdict (design 5.4).
    """

    outcomes: tuple[Outcome, ...] = ()
    dry_run: bool = False
    begun: bool = True  #: False when the preflight refused the run and nothing was written
    verdict: str = ""
    restored: tuple[str, ...] = field(factory=tuple)  #: one line per object put back, or why it was not

    @property
    def ok(self) -> bool:
        """Whether every object came to a good end."""
        return all(outcome.ok for outcome in self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The outcomes that did not come to a good end."""
        return tuple(outcome for outcome in self.outcomes if not outcome.ok)

    def counts(self) -> dict[str, int]:
        """Count the outcomes by action, in the order the actions are declared, zeros left out."""
        found = [outcome.action for outcome in self.outcomes]
        return {str(action): found.count(action) for action in Action if action in found}

    def to_json(self) -> JsonObject:
        """Return the report as one JSON document."""
        return {
            "ok": self.ok,
            "dryRun": self.dry_run,
            "counts": dict(self.counts()),
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
            "verdict": self.verdict,
            "restored": list(self.restored),
        }
