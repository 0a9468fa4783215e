"""What a stack owns: its inventory, and what another agent left that no inventory names."""

from __future__ import annotations

from attrs import field, frozen

from brokkr_core.apply import Inventory, InventoryStore, StackKey, adopt, adopt_known, touched_by_others
from brokkr_core.kube import KubeClient


@frozen(kw_only=True)
class Searches:
    """What this process has searched the cluster for, so that no stack is searched for twice.

    It is kept in memory on purpose: a stack whose first revision failed and was put back leaves no trace on the
    cluster, and a process that starts anew searches once more.
    """

    everywhere: dict[StackKey, Inventory] = field(factory=dict)  #: stacks without an inventory, and what was found
    kinds: dict[StackKey, tuple[str, str]] = field(factory=dict)  #: inventory's and wanted revision of the last search


@frozen(kw_only=True)
class Owned:
    """Answers what a stack owns; one stack is asked for by one thread at a time."""

    client: KubeClient
    store: InventoryStore
    searches: Searches

    def of(self, key: StackKey, *, revision: str, removal: bool) -> Inventory:
        """Return everything a stack owns.

        A stack without an inventory is searched for by annotation in the whole cluster, once. A stack with one is
        searched for among the kinds in it when somebody else may have deployed it since, or when it is removed.

        Args:
            key: the stack.
            revision: id of the deployment object it is to be brought to.
            removal: whether everything of it has to go.
        """
        known = self.store.load(key)
        if known is None:
            if key not in self.searches.everywhere:
                self.searches.everywhere[key] = adopt(self.client, key)
            return self.searches.everywhere[key]
        asked = (known.revision, revision)
        if known.revision == revision and not removal:
            return known
        if not removal and (self.searches.kinds.get(key) == asked or not touched_by_others(self.client, known)):
            return known
        found = adopt_known(self.client, key, known)
        if found == known:
            self.searches.kinds[key] = asked
        return found

    def remember(self, key: StackKey, inventory: Inventory) -> None:
        """Write down what a stack owns. From now on only the inventory knows: whoever deletes it wants a search."""
        self.store.save(key, inventory)
        self.searches.everywhere.pop(key, None)

    def forget(self, key: StackKey) -> None:
        """Delete the inventory of a stack that owns nothing; that it owns nothing need not be found out again."""
        self.store.forget(key)
        self.searches.everywhere[key] = Inventory()
