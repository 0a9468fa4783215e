"""The object of the cluster that stands for a stack: the root of its inventory."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from brokkr_core.apply import StackKey
from brokkr_core.model.ref import ObjectRef


@frozen(kw_only=True)
class Home:
    """Finds the object that stands for a stack.

    Args:
        namespace: where the agent keeps its inventories.
        owner: the agent's id; asked when it is needed, since the broker tells it.
    """

    namespace: str
    owner: Callable[[], str]

    def __call__(self, stack_id: str) -> ObjectRef:
        """Return the root of the inventory of a stack; it may not be there yet, or any more."""
        name = StackKey(stack_id=stack_id, owner_id=self.owner()).object_name
        return ObjectRef(group="", version="v1", kind="ConfigMap", namespace=self.namespace, name=name)
