"""A running agent, asked from another process over its control API."""

from brokkr_agent.remote.client import ControlClient
from brokkr_agent.remote.follow import Away, Back, Follower, Listed, News, Removed, Update
from brokkr_agent.remote.seen import Seen
from brokkr_agent.remote.sse import ServerSentEvent, read_events

__all__ = [
    "Away",
    "Back",
    "ControlClient",
    "Follower",
    "Listed",
    "News",
    "Removed",
    "Seen",
    "ServerSentEvent",
    "Update",
    "read_events",
]
