"""Every setting, defined once: its default, when a change takes effect, what it means, and what is allowed."""

from brokkr_agent.settings.auditing import Auditing
from brokkr_agent.settings.definition import (
    TYPE_WORDS,
    Applies,
    Setting,
    defined_in,
    setting,
)
from brokkr_agent.settings.deployment import Deployment
from brokkr_agent.settings.identity import Identity
from brokkr_agent.settings.pace import Pace
from brokkr_agent.settings.telemetry import Telemetry
from brokkr_agent.settings.watching import Watching

__all__ = [
    "TYPE_WORDS",
    "Applies",
    "Auditing",
    "Deployment",
    "Identity",
    "Pace",
    "Setting",
    "Telemetry",
    "Watching",
    "defined_in",
    "setting",
]
