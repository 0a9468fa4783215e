"""Meet the broker: wait for it, learn who we are, and join the generators."""

from __future__ import annotations

import structlog

from brokkr_agent.config import AgentSettings
from brokkr_core.broker import BrokerClient
from brokkr_core.errors import UsageError
from brokkr_core.model.broker import Agent

_log = structlog.get_logger("agent")


def introduce(broker: BrokerClient, settings: AgentSettings) -> Agent:
    """Wait for the broker, learn our own id from the PAK, and join the generators.

    Args:
        broker: the broker, with the agent's own PAK.
        settings: the section ``[agent]``.

    Returns:
        Who we are.

    Raises:
        BrokerError, NetworkError: the broker did not let us start.
        UsageError: the PAK is no agent's, or that of another one than the settings name.
        StoppedError: stopped while still waiting for the broker.
    """
    _log.info("waiting for the broker", url=settings.broker_url)
    broker.wait_ready(deadline_seconds=float(settings.max_retries))
    identity = broker.auth.whoami()
    if identity.agent is None:
        raise UsageError("the PAK belongs to an administrator or a generator; an agent needs its own agent PAK")
    me = broker.agents.get(identity.agent)
    for wanted, found, key in (
        (settings.agent_name, me.name, "agent_name"),
        (settings.cluster_name, me.cluster_name, "cluster_name"),
    ):
        if wanted and wanted != found:
            raise UsageError(f"agent.{key} is {wanted!r}, but the PAK belongs to the agent with {found!r}")
    for generator_id in settings.generators:
        broker.generators.register(generator_id)
    _log.info("agent is known", agent=me.name, cluster=me.cluster_name, id=me.id, status=me.status)
    return me
