"""Delete one object: exactly the state that was looked at, or not at all."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.apply.identity import resource_version, terminating, uid
from brokkr_core.apply.inventory.values import StackKey
from brokkr_core.apply.prune.candidates import Candidate, failed, gone, look, may_take_along
from brokkr_core.apply.prune.contents import foreign_content
from brokkr_core.apply.prune.guards import content_reason, keep_reason
from brokkr_core.apply.prune.policy import PrunePolicy
from brokkr_core.errors import BrokkrError, StaleWriteError, StoppedError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.outcome import Action, Outcome

#: How often an object that others keep writing to is read and decided about again.
TRIES = 5


@frozen(kw_only=True)
class Errand:
    """What every deletion of a run needs to know."""

    client: KubeClient
    key: StackKey
    policy: PrunePolicy
    applied: frozenset[str] = frozenset()  #: uids of what the revision consists of

    def carry_out(self, candidate: Candidate) -> Outcome | JsonObject:
        """Delete one object, if it may go.

        The deletion carries the uid and resourceVersion of what was decided about, so the server refuses it if
        anybody wrote in between; then the object is read and decided about again.

        Args:
            candidate: the object as it was looked at.

        Returns:
            The outcome when there is nothing to wait for, else the object whose deletion was asked for.

        Raises:
            StoppedError: a stop was asked for; nothing was deleted.
        """
        one = candidate
        for _ in range(TRIES):
            settled, live = self._settled(one), one.live
            if settled is not None or live is None:
                return settled or gone(one.ref)
            if terminating(live):
                return live
            try:
                was_there = self.client.delete(one.ref, uid=uid(live), resource_version=resource_version(live))
            except StaleWriteError:
                one = look(self.client, self.key, one.entry, policy=self.policy, applied=self.applied)
            except StoppedError:
                raise
            except BrokkrError as error:
                return failed(one.ref, error)
            else:
                return live if was_there else gone(one.ref)
        message = f"not deleted: somebody kept writing to it, {TRIES} times in a row"
        return Outcome(ref=one.ref, action=Action.FAILED, code="Contested", message=message)

    def _settled(self, one: Candidate) -> Outcome | None:
        """Decide once more, now that it is known what was applied and that whatever depended on it is gone."""
        if one.settled is not None or one.live is None:
            return one.settled
        reason = keep_reason(one.entry, one.live, self.key, self.policy, applied=self.applied)
        if reason is not None or may_take_along(one.ref, self.policy):
            return reason
        try:
            foreign = next(foreign_content(self.client, one.live, {}), "")
        except StoppedError:
            raise
        except BrokkrError as error:
            return failed(one.ref, error)
        return content_reason(one.ref, foreign) if foreign else None
