"""How far each deployment is: followed, kept for a while, and told to whoever listens."""

from brokkr_agent.deployments.board import Deployments, Listener, News, result_of
from brokkr_agent.deployments.routes import routes_of
from brokkr_agent.deployments.values import Begun, Counts, ObjectProgress, Phase, Progress, Result, State

__all__ = [
    "Begun",
    "Counts",
    "Deployments",
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
