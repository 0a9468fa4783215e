"""Records that carry a new PAK: the only moment it is ever told (contract 2.2)."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.broker.credentials import Pak
from brokkr_core.model.broker import Agent, Generator


@frozen(kw_only=True)
class IssuedAgent:
    """An agent and its new PAK; store the PAK now, it cannot be read back."""

    agent: Agent
    pak: Pak


@frozen(kw_only=True)
class IssuedGenerator:
    """A generator and its new PAK; store the PAK now, it cannot be read back."""

    generator: Generator
    pak: Pak


@frozen(kw_only=True)
class CreatedAgentBody:
    """The answer to creating an agent, which names the PAK differently from rotating (contract 6.1)."""

    agent: Agent
    initial_pak: Pak
