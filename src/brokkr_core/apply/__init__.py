"""Make a cluster match a plan: preflight, apply in parallel, wait until ready, prune."""

from brokkr_core.apply.applier import Applier
from brokkr_core.apply.conflicts.rule import ConflictRule
from brokkr_core.apply.inventory.adopt import adopt, adopt_known, touched_by_others
from brokkr_core.apply.inventory.store import InventoryStore
from brokkr_core.apply.inventory.values import Entry, Inventory, StackKey
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.preflight.forecast import Forecast
from brokkr_core.apply.preflight.memory import Memory
from brokkr_core.apply.preflight.run import preflight
from brokkr_core.apply.preflight.schema import check_schema
from brokkr_core.apply.preflight.sizes import check_size
from brokkr_core.apply.prune.budget import PruneRefusedError, check_budget, leaving
from brokkr_core.apply.prune.candidates import Candidate, survey
from brokkr_core.apply.prune.policy import PrunePolicy, TakeAlong
from brokkr_core.apply.prune.pruner import Pruner
from brokkr_core.apply.readiness import Readiness, State, assess
from brokkr_core.apply.readiness.policy import ClassTimeout, PodPatience, ReadyPolicy
from brokkr_core.apply.recorder import NoRecorder, Recorder
from brokkr_core.apply.resolve import resolve
from brokkr_core.apply.reversibility.allow import ALL, RESTORABLE, parse_allowed
from brokkr_core.apply.reversibility.classify import classify
from brokkr_core.apply.run import apply_plan, preview_plan
from brokkr_core.model.conflict import Conflicts
from brokkr_core.model.reversibility import Classed, Reversibility

__all__ = [
    "ALL",
    "RESTORABLE",
    "Applier",
    "ApplyPolicy",
    "Candidate",
    "ClassTimeout",
    "Classed",
    "ConflictRule",
    "Conflicts",
    "Entry",
    "Forecast",
    "Inventory",
    "InventoryStore",
    "Memory",
    "NoRecorder",
    "PodPatience",
    "PrunePolicy",
    "PruneRefusedError",
    "Pruner",
    "Readiness",
    "ReadyPolicy",
    "Recorder",
    "Reversibility",
    "StackKey",
    "State",
    "TakeAlong",
    "adopt",
    "adopt_known",
    "apply_plan",
    "assess",
    "check_budget",
    "check_schema",
    "check_size",
    "classify",
    "leaving",
    "parse_allowed",
    "preflight",
    "preview_plan",
    "resolve",
    "survey",
    "touched_by_others",
]
