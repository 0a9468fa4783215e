"""What readiness needs to know beside the object itself, asked for once in a run."""

from __future__ import annotations

from brokkr_core.apply.readiness import RULES, Facts
from brokkr_core.apply.readiness.extensions import backends
from brokkr_core.apply.readiness.subject import Backend
from brokkr_core.apply.waiting.roll import ONCE
from brokkr_core.errors import BrokkrError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject, as_list, as_text, dig
from brokkr_core.model.kinds import CLAIM
from brokkr_core.model.ref import GroupKind, ObjectRef

WEBHOOKS = frozenset(
    GroupKind(group="admissionregistration.k8s.io", kind=kind)
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
)


def rests_on_others(ref: ObjectRef, body: JsonObject) -> bool:
    """Tell whether an object may stop being ready while it stays the same: a webhook, by what it calls.

    Args:
        ref: which object.
        body: the object as it was read.

    Returns:
        Whether its own version says nothing about its readiness.
    """
    return ref.group_kind in WEBHOOKS and bool(backends(body))


class FactFinder:
    """Finds facts and remembers them.

    Args:
        client: the cluster.
    """

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._modes: dict[str, str] = {}

    def of(self, ref: ObjectRef, body: JsonObject, *, given: frozenset[Backend] = frozenset()) -> Facts:
        """Return what is known about an object; what cannot be found out stays unknown.

        Args:
            ref: which object.
            body: the object as it was read.
            given: Services that are taken to answer without being asked.

        Returns:
            The facts that its rule may ask for.
        """
        if ref.group_kind == CLAIM:
            return Facts(binding_mode=self._mode(body))
        if ref.group_kind in WEBHOOKS:
            return Facts(unreached=frozenset(one for one in backends(body) - given if not self._answers(one)))
        if ref.group_kind in RULES or body.get("status"):
            return Facts()
        try:
            resource = self._client.discovery.find(ref.group, ref.version, ref.kind)
        except BrokkrError:
            return Facts()
        return Facts(status_subresource="status" in resource.subresources if resource is not None else None)

    def _mode(self, claim: JsonObject) -> str:
        name = as_text(dig(claim, "spec", "storageClassName"))
        if not name or dig(claim, "status", "phase") == "Bound":
            return ""
        if name not in self._modes:
            self._modes[name] = self._asked(name)
        return self._modes[name]

    def _asked(self, name: str) -> str:
        ref = ObjectRef(group="storage.k8s.io", version="v1", kind="StorageClass", name=name)
        try:
            found = self._client.find(ref)
        except BrokkrError:
            return ""
        # The mode that the API server fills in, should it be missing (storage.k8s.io/v1 StorageClass).
        return as_text(dig(found, "volumeBindingMode")) or "Immediate" if found is not None else ""

    def _answers(self, backend: Backend) -> bool:
        """Whether a Service has a ready endpoint; asked each time, because it may change. Who cannot ask says yes."""
        try:
            slices = self._client.discovery.find("discovery.k8s.io", "v1", "EndpointSlice")
            if slices is None:
                return True
            label = f"kubernetes.io/service-name={backend.name}"
            pages = self._client.pages(slices, namespace=backend.namespace, labels=label, retry=ONCE)
            return any(is_served(body) for page in pages for body in page.items)
        except BrokkrError:
            return True


def is_served(endpoint_slice: JsonObject) -> bool:
    """Whether an EndpointSlice has a ready endpoint; one that says nothing about it is ready (discovery.k8s.io/v1)."""
    return any(
        dig(endpoint, "conditions", "ready") is not False for endpoint in as_list(endpoint_slice.get("endpoints"))
    )
