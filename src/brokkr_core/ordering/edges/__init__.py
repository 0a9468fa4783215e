"""Why one manifest comes before another: one rule a theme, each reading a whole bundle."""

from brokkr_core.ordering.edges.finding import Finding, Rule
from brokkr_core.ordering.edges.rules import RULES
from brokkr_core.ordering.edges.waves import wave_edges, waves_of

__all__ = ["RULES", "Finding", "Rule", "wave_edges", "waves_of"]
