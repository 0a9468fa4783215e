"""The cluster a deployment goes to, and where its records are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve, field, frozen

from brokkr_agent.config import AgentSettings
from brokkr_agent.owned import Owned, Searches
from brokkr_core.apply import Candidate, Inventory, InventoryStore, Memory, StackKey
from brokkr_core.kube import KubeClient
from brokkr_core.rollback import DirectoryStore, Entry, JournalStore, MemoryStore, SecretStore
from brokkr_core.rollback.journal import Chain, end
from brokkr_core.rollback.put_back import RESUMED


@frozen(kw_only=True)
class Carried:
    """What a run did that was not ended, for the next run of its stack to go on with."""

    inventory: Inventory  #: what the stack owned before that run
    entries: tuple[Entry, ...] = ()
    chain: Chain | None = None  #: the end of that run's journal

    def stood(self, gone: Sequence[Candidate], owned: Inventory) -> tuple[Sequence[Candidate], Inventory]:
        """Leave out what only unfinished runs have added: no revision has ever stood with it.

        A process that dies again and again leaves something of every revision. That is more and more to delete, and
        must not be taken for a revision that empties the stack by mistake.

        Args:
            gone: what left the stack.
            owned: what it owns.

        Returns:
            The same of what stood.
        """
        before = {entry.ref for entry in self.inventory.entries}
        created = {entry.ref for entry in self.entries if entry.created} - before
        counted = [one for one in gone if one.ref not in created]
        stood = before | {one.ref for one in counted if one.goes}
        return counted, evolve(owned, entries=tuple(entry for entry in owned.entries if entry.ref in stood))


@frozen(kw_only=True)
class Unfinished:
    """Runs that were begun and not ended, as far as this process knows. One stack is worked on by one thread."""

    stacks: set[StackKey] = field(factory=set)  #: to be seen to before anything else happens to them
    carried: dict[StackKey, Carried] = field(factory=dict)

    def hand_over(self, key: StackKey) -> None:
        """The next run has written down what it carries: the journal it came from has nothing more to say."""
        carried = self.carried.pop(key, None)
        if carried and carried.chain:
            end(carried.chain, RESUMED)


@frozen(kw_only=True)
class Target:
    """The cluster a deployment goes to, and where its records are kept."""

    client: KubeClient
    store: InventoryStore
    namespace: str = "default"  #: for namespaced objects that name none (contract 11.4)
    journals: JournalStore = field(factory=MemoryStore)
    memory: Memory = field(factory=Memory, repr=False)  #: of objects seen as wanted; shared by all stacks
    searches: Searches = field(factory=Searches)  #: shared by all deployments of a process
    unfinished: Unfinished = field(factory=Unfinished)
    token: Callable[[], str] = lambda: ""  #: of the Lease under which this process works

    @property
    def owned(self) -> Owned:
        """What the stacks own."""
        return Owned(client=self.client, store=self.store, searches=self.searches)


def journals_of(settings: AgentSettings, client: KubeClient, owner_id: str) -> JournalStore:
    """Return where an agent's runs are recorded: in the cluster, unless the settings name a directory."""
    if settings.journal_path:
        return DirectoryStore(path=settings.journal_path)
    return SecretStore(client, namespace=settings.namespace or client.namespace, owner_id=owner_id)
