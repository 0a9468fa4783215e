"""Where a client may go: everywhere, or one namespace and nothing else, so that a Role is enough for it."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.errors import ForbiddenError
from brokkr_core.kube.discovery import Resource


@frozen(kw_only=True)
class Scope:
    """Where a client may go.

    What lies outside is refused before it is sent, as a server would refuse it to somebody who has only a Role there.

    Args:
        namespace: the one namespace, or empty for the whole cluster.
    """

    namespace: str = ""

    def collection(self, resource: Resource, namespace: str) -> str:
        """Return the namespace to list or watch in.

        Args:
            resource: which collection.
            namespace: the namespace that is asked for; empty means all there are to this client.

        Raises:
            ForbiddenError: it lies outside.
        """
        if not self.namespace:
            return namespace
        if not resource.namespaced or namespace not in ("", self.namespace):
            raise self._outside(resource, f"list {resource.plural}", namespace)
        return self.namespace

    def check(self, resource: Resource, namespace: str, name: str) -> None:
        """Refuse an object that lies outside.

        Raises:
            ForbiddenError: it does.
        """
        if self.namespace and not (resource.namespaced and namespace == self.namespace):
            raise self._outside(resource, f"{resource.plural} {name!r}", namespace)

    def _outside(self, resource: Resource, what: str, namespace: str) -> ForbiddenError:
        where = f"in namespace {namespace!r}" if resource.namespaced and namespace else "at the cluster scope"
        message = f"{what} {where}: this client is confined to namespace {self.namespace!r}, so it was not asked for"
        return ForbiddenError(status=403, reason="OutsideNamespace", message=message)
