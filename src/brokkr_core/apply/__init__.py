"""Make a cluster match a plan: preflight, apply in parallel, wait until ready, prune."""

from brokkr_core.apply.adopt import adopt
from brokkr_core.apply.applier import Applier
from brokkr_core.apply.inventory import Entry, Inventory, InventoryStore, StackKey
from brokkr_core.apply.policy import ApplyPolicy, Conflicts, PrunePolicy
from brokkr_core.apply.preflight import Forecast, preflight
from brokkr_core.apply.prune import Pruner, PruneRefusedError, check_budget, leaving
from brokkr_core.apply.readiness import Readiness, State, assess
from brokkr_core.apply.recorder import NoRecorder, Recorder
from brokkr_core.apply.resolve import resolve
from brokkr_core.apply.run import apply_plan, preview_plan
from brokkr_core.apply.schema import check_schema
from brokkr_core.apply.sizes import check_size

__all__ = [
    "Applier",
    "ApplyPolicy",
    "Conflicts",
    "Entry",
    "Forecast",
    "Inventory",
    "InventoryStore",
    "NoRecorder",
    "PrunePolicy",
    "PruneRefusedError",
    "Pruner",
    "Readiness",
    "Recorder",
    "StackKey",
    "State",
    "adopt",
    "apply_plan",
    "assess",
    "check_budget",
    "check_schema",
    "check_size",
    "leaving",
    "preflight",
    "preview_plan",
    "resolve",
]
