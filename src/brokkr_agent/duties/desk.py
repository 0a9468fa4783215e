"""What a duty works with."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from brokkr_agent.config import AgentSettings
from brokkr_agent.configuration import Configuration
from brokkr_agent.rules import Rules, rules_of
from brokkr_agent.telemetry.speaker import Speaker
from brokkr_core.apply import InventoryStore
from brokkr_core.broker import BrokerClient
from brokkr_core.kube import KubeClient


@frozen(kw_only=True)
class Desk:
    """What a duty works with."""

    configuration: Configuration
    agent_id: str
    broker: BrokerClient
    cluster: KubeClient
    store: InventoryStore
    stop: Callable[[], bool]  #: asked between operations
    sleep: Callable[[float], bool]  #: waits so many seconds, or until a stop
    on_stop: Callable[[Callable[[], None]], None]  #: calls somebody who waits for something else at a stop
    voice: Speaker

    @property
    def settings(self) -> AgentSettings:
        """The settings in force; whoever works by more than one of them asks once a round."""
        return self.configuration.now.agent

    @property
    def rules(self) -> Rules:
        """What a deployment may do, by the settings in force."""
        return rules_of(self.settings)
