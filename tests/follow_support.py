"""Frames of agents as the client itself writes them."""

from __future__ import annotations

from brokkr_core.broker.channel import Outgoing
from brokkr_core.broker.channel.outgoing import Packer
from channel_support import NOW


def frame_of(said: Outgoing, agent_id: str) -> str:
    """Write what an agent says as a frame."""
    return Packer(agent_id=agent_id, frame_bytes=65536).pack(said, NOW).text
