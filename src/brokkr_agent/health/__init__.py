"""How the agent does, told over HTTP: to a kubelet, to Prometheus, and to people."""

from brokkr_agent.health.answers import CHANNEL, PATHS, Answer, answer_to
from brokkr_agent.health.board import Board
from brokkr_agent.health.component import Component
from brokkr_agent.health.head import Asked, read_head
from brokkr_agent.health.picture import Picture
from brokkr_agent.health.server import HealthServer

__all__ = [
    "CHANNEL",
    "PATHS",
    "Answer",
    "Asked",
    "Board",
    "Component",
    "HealthServer",
    "Picture",
    "answer_to",
    "read_head",
]
