"""How far each deployment is: followed, kept for a while, and told to whoever listens."""

from brokkr_agent.deployments.board import Deployments, Listener, News, result_of
from brokkr_agent.deployments.frames import Frames
from brokkr_agent.deployments.home import Home
from brokkr_agent.deployments.kube_events import KubeEvents
from brokkr_agent.deployments.routes import routes_of
from brokkr_agent.deployments.values import Begun, Counts, ObjectProgress, Phase, Progress, Result, State

__all__ = [
    "Begun",
    "Counts",
    "Deployments",
    "Frames",
    "Home",
    "KubeEvents",
    "Listener",
    "News",
    "ObjectProgress",
    "Phase",
    "Progress",
    "Result",
    "State",
    "result_of",
    "routes_of",
]
