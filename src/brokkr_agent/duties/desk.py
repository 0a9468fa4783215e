"""What a duty works with."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from brokkr_agent.config import AgentSettings
from brokkr_agent.rules import Rules
from brokkr_agent.telemetry.speaker import Speaker
from brokkr_core.apply import InventoryStore
from brokkr_core.broker import BrokerClient
from brokkr_core.kube import KubeClient


@frozen(kw_only=True)
class Desk:
    """What a duty works with."""

    settings: AgentSettings
    agent_id: str
    broker: BrokerClient
    cluster: KubeClient
    store: InventoryStore
    rules: Rules
    stop: Callable[[], bool]  #: asked between operations
    sleep: Callable[[float], bool]  #: waits so many seconds, or until a stop
    on_stop: Callable[[Callable[[], None]], None]  #: calls somebody who waits for something else at a stop
    voice: Speaker
