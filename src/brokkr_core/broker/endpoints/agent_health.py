"""The health of deployment objects as an agent reports it (contract 5.9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from brokkr_core.broker import operations
from brokkr_core.broker.codec import encode
from brokkr_core.broker.endpoints.ask import tell
from brokkr_core.broker.operations import BODY_LIMIT_BYTES, Caller
from brokkr_core.errors import UsageError
from brokkr_core.model.broker import ObjectHealth

#: Any other makes the broker refuse the whole batch (contract 5.9).
STATUSES = frozenset({"healthy", "degraded", "failing", "unknown"})

#: Room for ``{"deployment_objects":[]}`` and then some.
_BATCH_BYTES = BODY_LIMIT_BYTES - 1024


class AgentHealth:
    """Health reports of agents."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def report(self, agent_id: str, objects: Iterable[ObjectHealth]) -> None:
        """Report the health of deployment objects, in several requests when one would be too large.

        Each report replaces the last one for the same object, so a batch that failed half way is simply
        sent again.

        Args:
            agent_id: whose report it is.
            objects: at most one entry for each deployment object; none sends nothing.

        Raises:
            UsageError: an object stands twice, has an unknown status, or is too large alone; all faults at
                once, and nothing was sent.
            BrokerError: 422 ``foreign_key_violation`` when the broker does not know an object; nothing of
                that request was stored.
        """
        entries = list(objects)
        _check(entries)
        for batch in list(_batches(entries)):
            body = {"deployment_objects": batch}
            tell(self._caller, operations.AGENT_HEALTH, body=body, agent_id=agent_id)


def _check(entries: list[ObjectHealth]) -> None:
    faults = [
        f"deployment object {name} stands {count} times in one health report; the broker answers 500"
        for name, count in Counter(entry.id for entry in entries).items()
        if count > 1
    ]
    faults += [
        f"deployment object {entry.id}: status {entry.status[:40]!r} is none of {', '.join(sorted(STATUSES))}"
        for entry in entries
        if entry.status not in STATUSES
    ]
    if faults:
        raise UsageError("; ".join(faults))


def _batches(entries: list[ObjectHealth]) -> Iterator[list[ObjectHealth]]:
    batch: list[ObjectHealth] = []
    size = 0
    for entry in entries:
        length = len(encode(entry)) + 1
        if length > _BATCH_BYTES:
            raise UsageError(f"deployment object {entry.id}: its health has {length} bytes, send less detail")
        if size + length > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += length
    if batch:
        yield batch
