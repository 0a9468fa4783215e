"""When an object is ready: kstatus' rules per kind with their holes closed, as pure functions over what was read."""

from brokkr_core.apply.readiness.assess import assess
from brokkr_core.apply.readiness.gone import gone
from brokkr_core.apply.readiness.state import Readiness, State
from brokkr_core.apply.readiness.subject import Facts
from brokkr_core.apply.readiness.table import RULES

__all__ = ["RULES", "Facts", "Readiness", "State", "assess", "gone"]
