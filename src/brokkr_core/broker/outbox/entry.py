"""What an outbox holds: how one attempt ended, and how far the telling of it has come."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from brokkr_core.model.broker import NewAgentEvent


@frozen(kw_only=True)
class Result:
    """How one attempt ended.

    Args:
        attempt_id: names the attempt; of two results of one attempt the first counts.
        stack_id: results of one stack are told in the order in which they were added.
        event: what the broker is to hear.
    """

    attempt_id: str
    stack_id: str
    event: NewAgentEvent


class Added(Enum):
    """What became of a result that was handed to an outbox."""

    NEW = "new"  #: it is kept until the broker has it
    KNOWN = "known"  #: that attempt has its result already; nothing was changed
    FULL = "full"  #: there is no room, and the result is NOT kept; nothing that waits is ever dropped for it


class EntryState(Enum):
    """How far the telling has come."""

    WAITING = "waiting"  #: the broker certainly does not have it
    SENDING = "sending"  #: it was sent, or was about to be; the broker may have it
    DELIVERED = "delivered"  #: the broker has it; kept without its message, so that it is not added again
    SET_ASIDE = "set aside"  #: the broker will never take it; kept to be looked at


@frozen(kw_only=True)
class Entry:
    """One result in an outbox.

    Args:
        result: how the attempt ended.
        state: how far the telling has come.
        after: id of the newest event that the broker had of that deployment object before this one was sent.
        why: why it was set aside.
    """

    result: Result
    state: EntryState
    after: str = ""
    why: str = ""
