"""What the agent counts and measures, for Prometheus. Every registry is handed in, none is shared by the process."""

from brokkr_agent.metrics.families import Families
from brokkr_agent.metrics.ledger import Ledger
from brokkr_agent.metrics.phases import Phases, RunMetrics
from brokkr_agent.metrics.readings import Readings
from brokkr_agent.metrics.written import written

__all__ = ["Families", "Ledger", "Phases", "Readings", "RunMetrics", "written"]
