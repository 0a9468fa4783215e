"""Deployment health: look at everything that is tracked, and tell the broker how it is (contract 5.9, 12.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import structlog
from attrs import field, frozen

from brokkr_agent.duties.finding import Finding, PodCount, counted, missing, of_object, of_pod, report_of, unseen
from brokkr_agent.duties.kin import POD, Kin
from brokkr_core.apply import InventoryStore, ReadyPolicy
from brokkr_core.apply.readiness import RULES
from brokkr_core.errors import ApiError, BrokerError, InputError
from brokkr_core.kube import KubeClient
from brokkr_core.model.broker import ObjectHealth
from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.ref import GroupKind, ObjectRef, ref_of

_log = structlog.get_logger("health")

#: Tells the broker about some deployment objects.
Report = Callable[[Sequence[ObjectHealth]], None]

_POD = POD.group_kind

#: Groups of Kubernetes itself, ``.k8s.io`` left out; other groups of that name are somebody's definitions.
_BUILTIN = frozenset(
    {"admissionregistration", "apiextensions", "apiregistration", "certificates", "coordination", "discovery"}
    | {"events", "flowcontrol.apiserver", "networking", "node", "rbac.authorization", "resource", "scheduling"}
    | {"storage"}
)


@frozen(kw_only=True)
class _Seen:
    """What was found about one deployment object."""

    findings: list[Finding] = field(factory=list)
    pods: list[PodCount] = field(factory=list)


class Health:
    """Reports the health of every deployment object that stands in an inventory.

    Args:
        client: the cluster.
        store: the inventories.
        agent_id: who we are, and whose inventories are read.
        report: tells the broker.
        policy: asked once a look what counts as ready where that is a matter of taste.
    """

    def __init__(
        self,
        *,
        client: KubeClient,
        store: InventoryStore,
        agent_id: str,
        report: Report,
        policy: Callable[[], ReadyPolicy],
    ) -> None:
        self._client = client
        self._store = store
        self._agent_id = agent_id
        self._report = report
        self._policy = policy
        self._refused: frozenset[str] = frozenset()

    def round(self) -> None:
        """Look at everything once and report it."""
        tracked = self._tracked()
        reports = self.look(tracked)
        refused = frozenset(tell_all(reports, self._report))
        for object_id in sorted(refused - self._refused):
            _log.warning(
                "the broker does not take the health of an object; the others were told", deployment_object_id=object_id
            )
        self._refused = refused

    def look(self, tracked: dict[ObjectRef, str]) -> list[ObjectHealth]:
        """Look at tracked objects and their pods: one LIST per kind and namespace.

        Args:
            tracked: each object, and the id of its deployment object.

        Returns:
            One report per deployment object, by id.
        """
        policy = self._policy()
        seen = {object_id: _Seen() for object_id in tracked.values()}
        groups: dict[tuple[GroupKind, str], list[ObjectRef]] = defaultdict(list)
        for ref in tracked:
            groups[ref.group_kind, ref.namespace].append(ref)
        well: set[ObjectRef] = set()
        for refs in groups.values():
            for ref, told in self._objects(refs, policy):
                seen[tracked[ref]].findings.extend(told)
                well |= set() if told else {ref}
        kin = Kin(self._client, tracked)
        for namespace in sorted({ref.namespace for ref in tracked if ref.namespace}):
            here = {tracked[ref] for ref in tracked if ref.namespace == namespace}
            self._pods(kin, namespace, [seen[one] for one in here], seen, well, policy=policy)
        now = datetime.now(UTC)
        return [report_of(one, seen[one].findings, seen[one].pods, at=now) for one in sorted(seen)]

    def _tracked(self) -> dict[ObjectRef, str]:
        """Return what the inventories name; a stack without a committed revision has no object to report on."""
        found: dict[ObjectRef, str] = {}
        for stack_id, inventory in sorted(self._store.load_all(self._agent_id).items()):
            if isinstance(inventory, InputError):
                _log.warning("health of a stack cannot be told", stack_id=stack_id, error=str(inventory))
            elif inventory.revision:
                found.update({entry.ref: inventory.revision for entry in inventory.entries})
        return found

    def _objects(self, refs: list[ObjectRef], policy: ReadyPolicy) -> Iterable[tuple[ObjectRef, tuple[Finding, ...]]]:
        """Judge the objects of one kind in one namespace; of kinds without a status only metadata is read."""
        kind, wanted = refs[0], set(refs)
        told: dict[ObjectRef, tuple[Finding, ...]] = {ref: (missing(ref),) for ref in refs}
        served = self._client.discovery.find(kind.group, kind.version, kind.kind)
        if served is None:
            return told.items()
        try:
            plain = not _has_status(kind.group_kind)
            for body in self._client.list(served, namespace=kind.namespace, metadata_only=plain):
                if (ref := ref_of(body)) in wanted:
                    told[ref] = () if plain else self._object(body, policy)
        except ApiError as error:
            return dict.fromkeys(refs, (unseen(f"{kind.kind}:{error.reason or error.status}"),)).items()
        return told.items()

    def _object(self, body: JsonObject, policy: ReadyPolicy) -> tuple[Finding, ...]:
        if ref_of(body).group_kind == _POD:
            return ()  # it is judged with the other pods
        return of_object(body, now=self._client.now(), policy=policy)

    def _pods(
        self,
        kin: Kin,
        namespace: str,
        here: list[_Seen],
        seen: dict[str, _Seen],
        well: set[ObjectRef],
        *,
        policy: ReadyPolicy,
    ) -> None:
        """Judge the pods of one namespace. One that failed and was replaced does not count: its workload is well."""
        try:
            for object_id, origin, pod in kin.pods(namespace):
                if origin is not None and origin in well and origin.group_kind != _POD and _failed(pod):
                    continue
                seen[object_id].findings.extend(of_pod(pod, now=self._client.now(), policy=policy))
                if (count := counted(pod)) is not None:
                    seen[object_id].pods.append(count)
        except ApiError as error:
            for one in here:
                one.findings.append(unseen(f"Pod:{error.reason or error.status}"))


def tell_all(reports: Sequence[ObjectHealth], report: Report) -> list[str]:
    """Report in one batch; when the broker refuses it, half by half, so that one unknown object hides no other.

    Args:
        reports: at most one per deployment object.
        report: tells the broker; refuses a batch as a whole (contract 5.9).

    Returns:
        The ids of the objects that the broker does not take.

    Raises:
        BrokerError: any refusal that is not about single objects.
        NetworkError: the broker did not answer.
    """
    if not reports:
        return []
    try:
        report(reports)
    except BrokerError as error:
        if error.status != 422:
            raise
        if len(reports) == 1:
            return [reports[0].id]
        middle = len(reports) // 2
        return tell_all(reports[:middle], report) + tell_all(reports[middle:], report)
    return []


def _has_status(kind: GroupKind) -> bool:
    """Whether a kind can be anything but there: those with a rule of their own, and whatever somebody defined."""
    builtin = "." not in kind.group or kind.group.removesuffix(".k8s.io") in _BUILTIN
    return kind in RULES or not builtin


def _failed(pod: JsonObject) -> bool:
    return dig(pod, "status", "phase") == "Failed"
