"""When an agent's rounds fall: spread over the interval by its id, so that a fleet does not ask all at once."""

from __future__ import annotations

from hashlib import sha256

#: A fraction is made of so many bytes; seven would round up to 1.
_BYTES = 6


def phase_of(agent_id: str, purpose: str) -> float:
    """Choose where in an interval an agent's rounds fall.

    Args:
        agent_id: whose rounds.
        purpose: what they are for, such as ``poll``; two purposes of one agent fall apart, too.

    Returns:
        A fraction from 0 to below 1, always the same for the same agent and evenly spread over many.
    """
    digest = sha256(f"{purpose}:{agent_id}".encode()).digest()
    return int.from_bytes(digest[:_BYTES]) / 2.0 ** (8 * _BYTES)


def wait_for_phase(now: float, interval: float, phase: float) -> float:
    """Tell how long it is to the next round.

    Args:
        now: seconds of a clock that all agents share, such as the time of day.
        interval: seconds from one round to the next.
        phase: from :func:`phase_of`.

    Returns:
        Seconds, more than 0 and at most the interval; 0 when there is no interval.
    """
    if interval <= 0:
        return 0.0
    # A remainder can round up to the interval itself.
    return interval - (now - phase * interval) % interval or interval
