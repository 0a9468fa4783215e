"""Which stack an object of the cluster comes from: by its own annotations, or up the chain of its controllers."""

from __future__ import annotations

from collections.abc import Callable

from brokkr_agent.duties.kin import LEVELS, controller_and_uid
from brokkr_agent.recent import Recent
from brokkr_core.apply.identity import uid
from brokkr_core.errors import ApiError
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, dig, text_map
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import OWNER, STACK

#: An answer counts for this long, a negative one too (contract 12.5).
SECONDS = 300.0


class Origins:
    """Finds the stack of an object: one metadata GET for each object that was not seen lately.

    Every object that was deployed carries the annotations of contract 11.1, and what a controller made of it names it
    as its owner. Safe for one thread.

    Args:
        client: the cluster.
        agent_id: only stacks of this agent count.
        most: so many objects are remembered.
        monotonic: seconds that only ever go forward.
    """

    def __init__(self, client: KubeClient, agent_id: str, *, most: int, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._agent_id = agent_id
        self._known: Recent[str, str] = Recent(most, SECONDS)
        self._monotonic = monotonic

    def stack_of(self, ref: ObjectRef, object_uid: str) -> str:
        """Find the stack of an object that somebody named.

        Args:
            ref: the object.
            object_uid: its uid; an object of the same name with another uid is not meant. Empty when it is not known.

        Returns:
            The stack's id; empty when the object comes from none of ours, or cannot be seen.

        Raises:
            NetworkError: the cluster did not answer.
        """
        return self._climb(ref, object_uid, None)

    def stack_of_body(self, ref: ObjectRef, body: JsonObject) -> str:
        """Find the stack of an object that was read already; otherwise as :meth:`stack_of`."""
        return self._climb(ref, uid(body), body)

    def _climb(self, here: ObjectRef, here_uid: str, body: JsonObject | None) -> str:
        asked: list[str] = []
        found = ""
        for _ in range(LEVELS + 1):
            key = here_uid or str(here)
            known = self._known.get(key, self._monotonic())
            if known is not None:
                found = known
                break
            asked.append(key)
            body = body or self._read(here)
            if body is None or here_uid not in ("", uid(body)):
                break
            above = controller_and_uid(body)
            found = self._mine(body)
            if found or above is None:
                break
            here, here_uid = above
            body = None
        for key in asked:
            self._known.put(key, found, self._monotonic())
        return found

    def _mine(self, body: JsonObject) -> str:
        annotations = text_map(dig(body, "metadata", "annotations"))
        return annotations.get(STACK, "") if annotations.get(OWNER) == self._agent_id else ""

    def _read(self, ref: ObjectRef) -> JsonObject | None:
        try:
            served = self._client.discovery.find(ref.group, ref.version, ref.kind)
            return self._client.find(ref, metadata_only=True) if served else None
        except ApiError:
            return None  # it may not be seen, so nothing is told of it
