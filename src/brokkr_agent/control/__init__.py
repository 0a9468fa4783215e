"""How a running agent is asked and told things over HTTP."""

from brokkr_agent.control.api import Api, control_server
from brokkr_agent.control.gate import Gate
from brokkr_agent.control.route import Route, find
from brokkr_agent.control.token import TokenFile

__all__ = ["Api", "Gate", "Route", "TokenFile", "control_server", "find"]
