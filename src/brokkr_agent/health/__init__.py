"""How the agent does, told over HTTP: to a kubelet, to Prometheus, and to people."""

from brokkr_agent.health.answers import CHANNEL, PATHS, answer_to
from brokkr_agent.health.board import Board
from brokkr_agent.health.component import Component
from brokkr_agent.health.picture import Picture

__all__ = ["CHANNEL", "PATHS", "Board", "Component", "Picture", "answer_to"]
