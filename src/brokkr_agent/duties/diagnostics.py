"""Diagnostics: claimed, collected, and handed in once (contract 5.10, 12.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from attrs import evolve

from brokkr_agent.duties.collect import Collector
from brokkr_agent.duties.shapes import failed_result
from brokkr_agent.errors import own_failure
from brokkr_agent.reading import read
from brokkr_core.apply import InventoryStore, StackKey, resolve
from brokkr_core.broker import BrokerClient
from brokkr_core.errors import BrokerError, BrokkrError, InputError, NetworkError, StoppedError, UsageError
from brokkr_core.kube import KubeClient
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.work import DiagnosticRequest, NewDiagnosticResult

_log = structlog.get_logger("diagnostics")

#: Answers to a claim or a result that say that somebody else has seen to it, or nobody may any more.
_OVER = frozenset({403, 404, 409})


class Diagnostics:
    """Answers operators who want to know how a deployment object is.

    Args:
        broker: the broker.
        cluster: the cluster.
        store: the inventories: what a deployment object consists of.
        agent_id: who we are.
        stop: asked before each request is claimed.
    """

    def __init__(
        self,
        broker: BrokerClient,
        cluster: KubeClient,
        *,
        store: InventoryStore,
        agent_id: str,
        stop: Callable[[], bool],
    ) -> None:
        self._broker = broker
        self._cluster = cluster
        self._store = store
        self._agent_id = agent_id
        self._stop = stop
        self._collector = Collector(cluster=cluster, stop=stop)
        self._untold: dict[str, NewDiagnosticResult] = {}

    def round(self) -> None:
        """Hand in what is left from last time, then see to what is pending."""
        for request_id in list(self._untold):
            self._submit(request_id)
        for request in self._broker.diagnostics.pending(self._agent_id):
            if self._stop():
                return
            if self._claimed(request):
                self._untold[request.id] = self._result(request)
                self._submit(request.id)

    def _claimed(self, request: DiagnosticRequest) -> bool:
        try:
            self._broker.diagnostics.claim(request.id)
        except BrokerError as error:
            if error.status not in _OVER:
                raise
            return False
        return True

    def _result(self, request: DiagnosticRequest) -> NewDiagnosticResult:
        object_id = request.deployment_object_id
        try:
            return self._collector.collect(object_id, self._tracked(object_id))
        except StoppedError:
            raise
        except BrokkrError as error:
            return failed_result(str(error), at=datetime.now(UTC))
        except Exception as error:
            _log.exception("diagnostics crashed", request=request.id)
            return failed_result(own_failure(error), at=datetime.now(UTC))

    def _tracked(self, object_id: str) -> frozenset[ObjectRef]:
        """Find what an object consists of: by its inventory, or by its text, if the broker lets us read that (5.8)."""
        for stack_id in self._store.stacks(self._agent_id):
            try:
                inventory = self._store.load(StackKey(stack_id=stack_id, owner_id=self._agent_id))
            except InputError:
                continue
            if inventory is not None and inventory.revision == object_id:
                return frozenset(entry.ref for entry in inventory.entries)
        try:
            text = self._broker.deployment_objects.get(object_id).yaml_content
            manifests = resolve(
                read(text, source=f"deployment object {object_id}"), self._cluster.discovery, only=self._cluster.only
            )
        except (BrokerError, InputError):
            return frozenset()
        return frozenset(one.ref for one in manifests)

    def _submit(self, request_id: str) -> None:
        """Hand a result in; without an answer it is tried again, and 409 then says that it had arrived."""
        log = _log.bind(request=request_id)
        try:
            self._broker.diagnostics.submit(request_id, self._untold[request_id])
        except NetworkError as error:
            log.warning("diagnostics not handed in yet", error=str(error))
            return
        except (BrokerError, UsageError) as error:
            status = error.status if isinstance(error, BrokerError) else 413
            if status == 413 and self._untold[request_id].log_tails is not None:
                self._untold[request_id] = evolve(self._untold[request_id], log_tails=None)
                self._submit(request_id)
                return
            log.warning("the broker takes no result for these diagnostics", error=str(error))
        else:
            log.info("diagnostics handed in")
        del self._untold[request_id]
